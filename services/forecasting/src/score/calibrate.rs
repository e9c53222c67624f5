//! From logits to probabilities that hold: one slope and one level.
//!
//! Only a line is laid through the logits, so that what each feature adds stays a sum (Platt 1999). Where the level comes
//! from when the world moves on, [`super::level`] decides.

use libm::{exp, fabs, log, sqrt};
use serde::{Deserialize, Serialize};

use super::logistic::{loss, probability};

/// How strongly a slope is held near 1, in rows of log-loss by squared logarithm.
const SLOPE_PRIOR: f64 = 20.0;
/// How strongly a shift of all rows is held near 0, in curvature: about that of 30 rows at even chances.
pub(super) const SHIFT_PRIOR: f64 = 8.0;

/// `level + slope * logit` is the logit that is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration {
    pub(super) level: f64,
    pub(super) slope: f64,
    /// How the level was found, in words.
    pub(super) rule: String,
}

/// Rows held out together: their logits and how they ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) logits: &'a [f64],
    pub(super) outcomes: &'a [bool],
}

/// The slope that makes logits of rows held out fit best, each group with a level of its own.
pub(super) fn slope(groups: &[Held<'_>]) -> f64 {
    let cost = |slope: f64| {
        let groups: f64 = groups.iter().map(|group| group_cost(group, slope)).sum();
        groups + SLOPE_PRIOR * log(slope) * log(slope)
    };
    // Golden section on the logarithm of the slope, 0.2 to 2.
    let golden = 0.618_033_988_749_894_9;
    let (mut low, mut high) = (log(0.2), log(2.0));
    let mut inner = [high - golden * (high - low), low + golden * (high - low)];
    let mut costs = inner.map(|at| cost(exp(at)));
    for _ in 0..16 {
        if costs[0] <= costs[1] {
            high = inner[1];
            inner = [high - golden * (high - low), inner[0]];
            costs = [cost(exp(inner[0])), costs[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + golden * (high - low)];
            costs = [costs[1], cost(exp(inner[1]))];
        }
    }
    exp(0.5 * (low + high))
}

fn group_cost(group: &Held<'_>, slope: f64) -> f64 {
    let logits: Vec<f64> = group.logits.iter().map(|logit| slope * logit).collect();
    let level = shift(&logits, group.outcomes, SHIFT_PRIOR);
    total(&logits, group.outcomes, level)
}

/// What must be added to logits so that as many end well as they say, held near 0 by a prior, in curvature.
pub(super) fn shift(logits: &[f64], outcomes: &[bool], prior: f64) -> f64 {
    let mut shift = 0.0;
    for _ in 0..25 {
        let (mut slope, mut bend) = (prior * shift, prior);
        for (logit, won) in logits.iter().zip(outcomes) {
            let p = probability(logit + shift);
            slope += p - f64::from(u8::from(*won));
            bend += p * (1.0 - p);
        }
        let step = (slope / bend).clamp(-2.0, 2.0);
        shift -= step;
        if fabs(step) < 1e-10 {
            break;
        }
    }
    shift
}

pub(super) fn total(logits: &[f64], outcomes: &[bool], shift: f64) -> f64 {
    logits
        .iter()
        .zip(outcomes)
        .map(|(logit, won)| loss(logit + shift, *won))
        .sum()
}

/// The mean of values and its standard error.
pub(super) fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, sqrt(squares / (count - 1.0).max(1.0) / count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(row: usize, salt: u64) -> f64 {
        crate::frame::mix(row as u64 * 11 + salt) as f64 / u64::MAX as f64
    }

    /// Rows whose logits are what they are said to be, but for a shift by row.
    fn rows(count: usize, shift: impl Fn(usize) -> f64, slope: f64) -> (Vec<f64>, Vec<bool>) {
        let logits: Vec<f64> = (0..count).map(|row| 6.0 * chance(row, 1) - 3.0).collect();
        let won = |row: usize| chance(row, 2) < probability(slope * logits[row] + shift(row));
        let outcomes = (0..count).map(won).collect();
        (logits, outcomes)
    }

    #[test]
    fn a_shift_and_a_slope_are_found_again() {
        let (logits, outcomes) = rows(8000, |_| 0.7, 1.0);
        assert!((shift(&logits, &outcomes, SHIFT_PRIOR) - 0.7).abs() < 0.1);
        let (logits, outcomes) = rows(8000, |_| 0.0, 0.5);
        let groups = [0..4000, 4000..8000].map(|range| Held {
            logits: &logits[range.clone()],
            outcomes: &outcomes[range],
        });
        let found = slope(&groups);
        assert!((found - 0.5).abs() < 0.06, "{found}");
    }

    #[test]
    fn one_class_and_nothing_stay_finite() {
        let held = Held {
            logits: &[1.0; 900],
            outcomes: &[true; 900],
        };
        assert!(slope(&[held]).is_finite());
        let none = Held {
            logits: &[],
            outcomes: &[],
        };
        assert!(slope(&[none]).is_finite());
    }
}
