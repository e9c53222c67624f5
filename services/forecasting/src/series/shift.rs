//! A sudden new level: from one period to the next, and it stays.

use super::gaps::median;

/// A sudden new level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The first value of the new level.
    pub at: usize,
    /// How much higher it is.
    pub by: f64,
}

/// How many times the usual difference between neighbouring windows a shift must be: a series that wanders makes such
/// differences all the time.
const UNUSUAL: f64 = 10.0;

/// How many median absolute deviations of the windows beside it a shift must be. High, as [`UNUSUAL`]: where the level was
/// lifted for nothing the forecast is spoilt, where it was not the models find the new level by themselves.
const APART: f64 = 8.0;

/// The share of the shift that must happen from one value to the next.
const SUDDEN: f64 = 0.6;

/// The newest sudden new level of `y` (finite, without gaps), season apart: between the medians of a season (at least six
/// values) before and after.
pub fn find(y: &[f64], season: usize) -> Option<Shift> {
    let window = season.max(6);
    let n = y.len();
    if n / window < 4 {
        return None;
    }
    let level = |from: usize| median(&mut y[from..from + window].to_vec()).unwrap_or(0.0);
    let levels: Vec<f64> = (0..=n - window).map(level).collect();
    let jump = |at: usize| levels[at] - levels[at - window];
    let mut sizes: Vec<f64> = (window..=n - window).map(|at| jump(at).abs()).collect();
    let usual = median(&mut sizes)?;
    // Values a season apart are compared, so that the season itself is no jump.
    let lag = season.max(1);
    let sudden = |at: usize| {
        let here = y[at] - y[at - lag];
        let before = if at > lag {
            y[at - 1] - y[at - 1 - lag]
        } else {
            0.0
        };
        here - before
    };
    (window..=n - window)
        .filter(|&at| at > lag)
        .map(|at| Shift { at, by: jump(at) })
        .filter(|shift| shift.by.abs() > UNUSUAL * usual && sudden(shift.at) / shift.by > SUDDEN)
        .filter(|shift| shift.by.abs() > APART * spread(y, shift.at, window))
        .max_by(|one, other| one.by.abs().total_cmp(&other.by.abs()))
}

/// The larger of the median absolute deviations of the windows before and after.
fn spread(y: &[f64], at: usize, window: usize) -> f64 {
    let of = |values: &[f64]| {
        let middle = median(&mut values.to_vec()).unwrap_or(0.0);
        let mut off: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
        median(&mut off).unwrap_or(0.0)
    };
    of(&y[at - window..at]).max(of(&y[at..at + window]))
}

/// Brings what was before a shift to the new level: by the ratio of levels where all values are above zero (so that
/// seasons grow with it), by the difference otherwise.
pub fn lift(y: &mut [f64], shift: Shift, season: usize) {
    let window = season.max(6);
    let positive = y.iter().all(|value| *value > 0.0);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let before = mean(&y[shift.at - window..shift.at]);
    let ratio = mean(&y[shift.at..shift.at + window]) / before;
    for value in &mut y[..shift.at] {
        *value = if positive {
            *value * ratio
        } else {
            *value + shift.by
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    fn noise(seed: u64, n: usize) -> Vec<f64> {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        (0..n).map(|_| dice.random_range(-1.0..1.0)).collect()
    }

    #[test]
    fn a_new_level_is_found_and_lifted() {
        for season in [1, 4, 12] {
            let mut y: Vec<f64> = noise(1, 96)
                .iter()
                .enumerate()
                .map(|(at, noise)| {
                    40.0 + noise + (at % season) as f64 * 0.5 + if at >= 60 { 25.0 } else { 0.0 }
                })
                .collect();
            let shift = find(&y, season).unwrap();
            assert_eq!(shift.at, 60, "{season}: {shift:?}");
            lift(&mut y, shift, season);
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            assert!((mean(&y[..60]) - mean(&y[60..])).abs() < 3.0, "{season}");
            assert_eq!(find(&y, season), None);
        }
    }

    #[test]
    fn what_wanders_climbs_or_rests_has_none() {
        let mut found = 0;
        for seed in 0..100 {
            let mut level = 100.0;
            let walk: Vec<f64> = noise(seed, 80)
                .iter()
                .map(|step| {
                    level += step;
                    level
                })
                .collect();
            found += usize::from(find(&walk, 1).is_some());
        }
        assert!(found <= 5, "{found}");
        let line: Vec<f64> = (0..80).map(f64::from).collect();
        assert_eq!(
            (find(&line, 1), find(&[3.0; 80], 4), find(&[1.0; 5], 1)),
            (None, None, None)
        );
    }
}
