//! At each period: how far a single value is off, and how far the level is off from there on, in standard errors.
//!
//! A Kalman filter of a walk seen through noise, and de Jong and Penzer's smoother, which gives the least-squares size of
//! a spike and of a shift at every period in one pass (P. de Jong & J. Penzer 1998, Diagnosing shocks in time series,
//! JASA 93:796-806; A. C. Harvey & S. J. Koopman 1992).

use super::noise::Noise;

/// How unsure the level is before the first value, in variances of the noise.
const UNKNOWN: f64 = 1e7;

/// What one pass says about a period. Sizes are in the unit of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// What the other periods say that the value should be.
    pub(super) expected: f64,
    /// The standard deviation of the value around that.
    pub(super) sd: f64,
    /// How far the value is off, in standard errors; 0 where there is none.
    pub(super) spike: f64,
    /// By how much the level is higher from here on than before.
    pub(super) shift: f64,
    /// The same in standard errors; 0 before the second value.
    pub(super) jump: f64,
}

struct Step {
    ahead: f64,
    unsure: f64,
    /// The error of the filter's forecast, its variance and the gain; absent where there is no value.
    seen: Option<(f64, f64, f64)>,
}

/// Looks at all periods. Values that are not `there` are skipped.
pub(super) fn look(y: &[f64], there: &[bool], noise: &Noise) -> Vec<Look> {
    let steps = filter(y, there, noise);
    let mut looks = Vec::with_capacity(y.len());
    let (mut after, mut weight) = (0.0_f64, 0.0_f64);
    for (at, step) in steps.iter().enumerate().rev() {
        let own = noise.by_phase[at % noise.by_phase.len()];
        let mut found = Look {
            expected: 0.0,
            sd: 0.0,
            spike: 0.0,
            shift: 0.0,
            jump: 0.0,
        };
        if let Some((error, variance, gain)) = step.seen {
            let off = error / variance - gain * after;
            let precision = 1.0 / variance + gain * gain * weight;
            found.expected = y[at] - off / precision;
            found.sd = noise.sd / precision.sqrt();
            found.spike = off / precision.sqrt() / noise.sd;
            after = error / variance + (1.0 - gain) * after;
            weight = 1.0 / variance + (1.0 - gain) * (1.0 - gain) * weight;
        } else {
            found.expected = step.ahead + step.unsure * after;
            let left = (step.unsure - step.unsure * step.unsure * weight).max(0.0);
            found.sd = (left + own).sqrt() * noise.sd;
        }
        // Before the first value there is no level that could be left.
        if step.unsure < UNKNOWN && weight > 0.0 {
            found.shift = after / weight;
            found.jump = after / weight.sqrt() / noise.sd;
        }
        looks.push(found);
    }
    looks.reverse();
    looks
}

fn filter(y: &[f64], there: &[bool], noise: &Noise) -> Vec<Step> {
    let (mut ahead, mut unsure) = (y.first().copied().unwrap_or(0.0), UNKNOWN);
    let mut steps = Vec::with_capacity(y.len());
    for (at, value) in y.iter().enumerate() {
        if !there[at] {
            steps.push(Step {
                ahead,
                unsure,
                seen: None,
            });
            // As unsure as before the first value, and no more.
            unsure = (unsure + noise.wander).min(UNKNOWN);
            continue;
        }
        let variance = unsure + noise.by_phase[at % noise.by_phase.len()];
        let (error, gain) = (value - ahead, unsure / variance);
        steps.push(Step {
            ahead,
            unsure,
            seen: Some((error, variance, gain)),
        });
        ahead += gain * error;
        unsure = unsure * (1.0 - gain) + noise.wander;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calm(wander: f64) -> Noise {
        Noise {
            season: 1,
            sd: 1.0,
            wander,
            by_phase: vec![1.0],
        }
    }

    /// Values 0 but for tiny noise that sums to nothing.
    fn flat(n: usize) -> Vec<f64> {
        (0..n).map(|at| [0.1, -0.1][at % 2]).collect()
    }

    #[test]
    fn sizes_are_those_of_least_squares() {
        let mut y = flat(40);
        y[30..].iter_mut().for_each(|value| *value += 5.0);
        // Without wander a shift is the difference of the two means, its error √(1/30 + 1/10).
        let looks = look(&y, &[true; 40], &calm(1e-12));
        assert!((looks[30].shift - 5.0).abs() < 1e-4, "{:?}", looks[30]);
        assert!(
            (looks[30].jump - 5.0 / (1.0 / 30.0 + 0.1_f64).sqrt()).abs() < 1e-3,
            "{:?}",
            looks[30]
        );
        let most = looks.iter().map(|look| look.jump).fold(0.0, f64::max);
        assert_eq!(most, looks[30].jump);

        let mut y = flat(40);
        y[12] = 9.0;
        let looks = look(&y, &[true; 40], &calm(1e-12));
        let others = (0..40).filter(|at| *at != 12).map(|at| y[at]).sum::<f64>() / 39.0;
        assert!((looks[12].expected - others).abs() < 1e-4);
        assert!((looks[12].sd - (1.0 + 1.0 / 39.0_f64).sqrt()).abs() < 1e-4);
    }

    #[test]
    fn gaps_and_the_first_value_say_nothing() {
        let mut there = [true; 20];
        there[..3].fill(false);
        there[9] = false;
        let looks = look(&flat(20), &there, &calm(0.1));
        assert!(
            looks[..4]
                .iter()
                .all(|look| look.jump == 0.0 && look.spike.abs() < 2.0),
            "{looks:?}"
        );
        assert_eq!(looks[9].spike, 0.0);
        assert!(looks[9].sd > 1.0 && looks[9].expected.abs() < 0.2);
        assert!(
            looks
                .iter()
                .all(|look| look.expected.is_finite() && look.sd.is_finite())
        );
        assert!(look(&[], &[], &calm(0.1)).is_empty());
    }
}
