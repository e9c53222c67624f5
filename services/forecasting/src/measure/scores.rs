//! How good probabilities are: do they rank, are they sharp, and does what was said to happen in 30 of 100 cases happen
//! in 30 of 100.

use libm::{fabs, log};
use serde::{Deserialize, Serialize};

/// Nearest that a probability comes to 0 or 1 in a logarithm, as scikit-learn's `log_loss` does for doubles.
const NEAREST: f64 = 2.220_446_049_250_313e-16;
/// The bins of a calibration curve.
pub const BINS: usize = 10;

/// What a set of probabilities is worth beside what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// How many rows were scored.
    pub n: usize,
    /// How many of them ended well.
    pub positives: usize,
    /// Area under the ROC curve, 0 to 1; absent when all rows ended alike.
    pub auc: Option<f64>,
    /// Mean negative logarithm of the probability of what happened, in nats.
    pub log_loss: f64,
    /// Mean squared difference of probability and outcome, 0 to 1.
    pub brier: f64,
    /// Expected calibration error over [`BINS`] bins of equal width, 0 to 1.
    pub ece: f64,
    /// |sum of probabilities - positives| / positives; absent when there was none.
    pub count_error: Option<f64>,
}

/// One bin of a calibration curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many rows fell into it.
    pub n: usize,
    /// The mean probability that was said.
    pub said: f64,
    /// The share that ended well.
    pub happened: f64,
}

/// All measures of `probabilities` beside `outcomes`; absent without rows, or when the two are not of one length.
/// Probabilities that are no numbers in 0 to 1 are taken as the nearest that is (NaN as 0.5).
#[must_use]
pub fn score(probabilities: &[f64], outcomes: &[bool]) -> Option<Scored> {
    if outcomes.is_empty() || probabilities.len() != outcomes.len() {
        return None;
    }
    let said: Vec<f64> = probabilities.iter().map(|p| proper(*p)).collect();
    let positives = outcomes.iter().filter(|won| **won).count();
    let total: f64 = said.iter().sum();
    let count_error = (positives > 0).then(|| fabs(total - positives as f64) / positives as f64);
    Some(Scored {
        n: outcomes.len(),
        positives,
        auc: auc(&said, outcomes),
        log_loss: log_loss(&said, outcomes),
        brier: brier(&said, outcomes),
        ece: expected_calibration_error(&said, outcomes),
        count_error,
    })
}

/// The area under the ROC curve: the chance that a row that ended well has the higher score, ties counted half
/// (Mann-Whitney U over the product of both counts). Absent when all rows ended alike.
#[must_use]
pub fn auc(scores: &[f64], outcomes: &[bool]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len().min(outcomes.len())).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut below, mut positives) = (0u64, 0u64);
    // Twice U, so that half points stay whole numbers.
    let mut twice = 0u128;
    let mut at = 0;
    while at < order.len() {
        let mut end = at;
        let (mut won, mut lost) = (0u64, 0u64);
        while end < order.len() && scores[order[end]] == scores[order[at]] {
            if outcomes[order[end]] {
                won += 1;
            } else {
                lost += 1;
            }
            end += 1;
        }
        // A score that equals nothing, not even itself, still moves on.
        if end == at {
            return None;
        }
        twice += u128::from(won) * u128::from(2 * below + lost);
        below += lost;
        positives += won;
        at = end;
    }
    let pairs = u128::from(positives) * u128::from(below);
    (pairs > 0).then(|| twice as f64 / (2.0 * pairs as f64))
}

/// The mean negative logarithm of the probability of what happened, in nats; 0 without rows.
#[must_use]
pub fn log_loss(probabilities: &[f64], outcomes: &[bool]) -> f64 {
    mean(probabilities, outcomes, |p, won| {
        let p = p.clamp(NEAREST, 1.0 - NEAREST);
        -log(if won { p } else { 1.0 - p })
    })
}

/// The mean squared difference of probability and outcome; 0 without rows.
#[must_use]
pub fn brier(probabilities: &[f64], outcomes: &[bool]) -> f64 {
    mean(probabilities, outcomes, |p, won| {
        let off = p - f64::from(u8::from(won));
        off * off
    })
}

/// The expected calibration error: over [`BINS`] bins of equal width, the mean distance of what was said and what
/// happened, weighted by rows (Naeini, Cooper and Hauskrecht 2015); 0 without rows.
#[must_use]
pub fn expected_calibration_error(probabilities: &[f64], outcomes: &[bool]) -> f64 {
    let bins = calibration(probabilities, outcomes);
    let rows: usize = bins.iter().map(|bin| bin.n).sum();
    if rows == 0 {
        return 0.0;
    }
    bins.iter()
        .map(|bin| bin.n as f64 / rows as f64 * fabs(bin.said - bin.happened))
        .sum()
}

/// The calibration curve: [`BINS`] bins of equal width, lowest first; the upper edge belongs to the next bin, 1 to the
/// last. A bin without rows says and saw 0.
#[must_use]
pub fn calibration(probabilities: &[f64], outcomes: &[bool]) -> Vec<Bin> {
    let mut sums = [(0usize, 0.0f64, 0usize); BINS];
    for (p, won) in probabilities.iter().zip(outcomes) {
        let p = proper(*p);
        let bin = ((p * BINS as f64) as usize).min(BINS - 1);
        sums[bin].0 += 1;
        sums[bin].1 += p;
        sums[bin].2 += usize::from(*won);
    }
    let bin = |(n, said, won): (usize, f64, usize)| Bin {
        n,
        said: said / n.max(1) as f64,
        happened: won as f64 / n.max(1) as f64,
    };
    sums.into_iter().map(bin).collect()
}

fn proper(p: f64) -> f64 {
    if p.is_nan() { 0.5 } else { p.clamp(0.0, 1.0) }
}

fn mean(probabilities: &[f64], outcomes: &[bool], of: impl Fn(f64, bool) -> f64) -> f64 {
    let rows = probabilities.len().min(outcomes.len());
    let total: f64 = probabilities
        .iter()
        .zip(outcomes)
        .map(|(p, won)| of(proper(*p), *won))
        .sum();
    let rows = rows.max(1) as f64;
    total / rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn known_answers() {
        // Worked out by hand: pairs (0.8, 0.4), (0.8, 0.6), (0.6, 0.4) are in order, (0.6, 0.6) is a tie.
        let said = [0.4, 0.6, 0.6, 0.8];
        let won = [false, true, false, true];
        let scored = score(&said, &won).unwrap();
        close(scored.auc.unwrap(), 3.5 / 4.0);
        close(scored.brier, (0.16 + 0.16 + 0.36 + 0.04) / 4.0);
        let loss = -(0.6f64.ln() + 0.6f64.ln() + 0.4f64.ln() + 0.8f64.ln()) / 4.0;
        close(scored.log_loss, loss);
        // Bins 4: said .4, saw 0; 6: said .6, saw .5; 8: said .8, saw 1.
        close(scored.ece, 0.25 * 0.4 + 0.5 * 0.1 + 0.25 * 0.2);
        close(scored.count_error.unwrap(), 0.4 / 2.0);
    }

    #[test]
    fn all_alike_has_no_ranking() {
        let scored = score(&[0.2, 0.3], &[false, false]).unwrap();
        assert_eq!((scored.auc, scored.count_error), (None, None));
        assert!(scored.log_loss.is_finite());
        assert_eq!(score(&[], &[]), None);
        assert_eq!(score(&[0.1], &[true, false]), None);
    }

    #[test]
    fn certainty_that_was_wrong_stays_a_number() {
        let scored = score(&[0.0, 1.0, f64::NAN, 7.0], &[true, false, true, true]).unwrap();
        assert!(scored.log_loss.is_finite() && scored.log_loss > 18.0);
        assert!(scored.brier <= 1.0 && scored.ece <= 1.0);
        assert_eq!(auc(&[f64::NAN, 1.0], &[true, false]), None);
    }

    #[test]
    fn edges_of_bins_belong_to_the_upper_bin() {
        let bins = calibration(&[0.0, 0.1, 0.999, 1.0], &[false, true, true, true]);
        assert_eq!(
            bins.iter().map(|bin| bin.n).collect::<Vec<_>>(),
            [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]
        );
    }

    #[test]
    fn ranking_ignores_the_scale() {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.7, 0.2];
        let won = [false, false, true, true, false, false];
        let stretched: Vec<f64> = scores.iter().map(|s| s * 1e300 - 5.0).collect();
        assert_eq!(auc(&scores, &won), auc(&stretched, &won));
    }
}
