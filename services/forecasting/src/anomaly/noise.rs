//! How noisy a series is, and how much its level wanders, whatever anomalies are in it.
//!
//! Differences between values `lag` apart have the variance `2 noise² + lag wander²` in a random walk seen through noise
//! (Muth 1960). Medians of their sizes hold it against spikes and shifts; a line through them by lag tells both.

use super::season::median;

/// The standard deviation of a normal distribution in medians of its absolute deviation.
const MAD: f64 = 1.482_602_218_505_602;

/// The standard deviation of a normal distribution in means of its absolute deviation: `√(π/2)`.
const MEAN: f64 = 1.253_314_137_315_500_1;

/// How a series moves when nothing happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Noise {
    /// The standard deviation of the noise of single values; above 0.
    pub(super) sd: f64,
    /// The variance of a step of the level, over that of the noise.
    pub(super) wander: f64,
    /// The shortest season; 1 for none.
    pub(super) season: usize,
    /// The variance of the noise by phase of the season, over that of all: their mean is about 1. One phase without a
    /// season.
    pub(super) by_phase: Vec<f64>,
}

impl Noise {
    /// Of values without season and slope, of which those that are `there` count. `None` when there are too few to tell,
    /// or they are all alike.
    pub(super) fn of(y: &[f64], there: &[bool], season: usize) -> Option<Self> {
        // Of a short history not the long lags: a level that came and went is in most of their differences.
        let long = (y.len() / 12).max(8);
        let most = (2 * season).max(8).min(long).min(y.len() / 4);
        if most < 2 {
            return None;
        }
        let variances: Vec<f64> = (1..=most).map(|lag| variance(y, there, lag)).collect();
        let (noise, step) = line(&variances);
        if noise <= 0.0 || noise.is_nan() {
            return None;
        }
        // A level that nothing moves still forgets: what was long ago says little about now.
        let memory = (4 * season).max(28) as f64;
        Some(Self {
            season,
            sd: noise.sqrt(),
            wander: (step / noise).clamp(1.0 / (memory * memory), 100.0),
            by_phase: by_phase(y, there, season, noise.sqrt()),
        })
    }
}

/// The variance of differences `lag` apart, from their median size; from their mean size where more than half are 0.
fn variance(y: &[f64], there: &[bool], lag: usize) -> f64 {
    let pairs = (lag..y.len()).filter(|&at| there[at] && there[at - lag]);
    let mut sizes: Vec<f64> = pairs.map(|at| (y[at] - y[at - lag]).abs()).collect();
    let mean = sizes.iter().sum::<f64>() / sizes.len().max(1) as f64 * MEAN;
    let middle = MAD * median(&mut sizes);
    // Counts of few often stay the same: the median then says that nothing ever moves.
    let sd = if middle > 1e-9 * mean {
        middle.max(0.1 * mean)
    } else {
        mean
    };
    sd * sd
}

/// Noise and step from variances by lag, both as variances: the weighted line `2 noise + lag step`, the first lags
/// counting most.
fn line(variances: &[f64]) -> (f64, f64) {
    let (mut weights, mut lags, mut values, mut squares, mut products) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (at, value) in variances.iter().enumerate() {
        let lag = (at + 1) as f64;
        let weight = 1.0 / lag;
        weights += weight;
        lags += weight * lag;
        values += weight * value;
        squares += weight * lag * lag;
        products += weight * lag * value;
    }
    let slope = (weights * products - lags * values) / (weights * squares - lags * lags);
    let slope = if slope.is_finite() { slope.max(0.0) } else { 0.0 };
    let start = (values - slope * lags) / weights;
    // A walk that nobody sees through noise would leave none: then a tenth is taken for it.
    let first = variances.first().copied().unwrap_or(0.0);
    let noise = (start / 2.0).max(first * 0.1);
    (noise, slope)
}

/// The variance of each phase beside that of all, drawn towards 1 by ten values' worth.
fn by_phase(y: &[f64], there: &[bool], season: usize, sd: f64) -> Vec<f64> {
    const PRIOR: f64 = 10.0;
    if season < 2 || y.len() < 8 * season {
        return vec![1.0];
    }
    // Beside the mean of both neighbours: 1.5 times the variance of the noise.
    let off = |at: usize| (y[at] - (y[at - 1] + y[at + 1]) / 2.0).abs();
    let mut phases = vec![Vec::new(); season];
    for at in 1..y.len() - 1 {
        if there[at - 1] && there[at] && there[at + 1] {
            phases[at % season].push(off(at));
        }
    }
    let ratio = |phase: &mut Vec<f64>| {
        let n = phase.len() as f64;
        let own = (MAD * median(phase) / sd).powi(2) / 1.5;
        ((n * own + PRIOR) / (n + PRIOR)).clamp(0.2, 5.0)
    };
    let mut ratios: Vec<f64> = phases.iter_mut().map(ratio).collect();
    let mean = ratios.iter().sum::<f64>() / season as f64;
    ratios.iter_mut().for_each(|ratio| *ratio /= mean);
    ratios
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    /// A walk with steps of standard deviation `step` seen through noise of standard deviation 1.
    fn walk(step: f64) -> Vec<f64> {
        let mut dice = ChaCha8Rng::seed_from_u64(5);
        // The sum of twelve evenly spread numbers is next to normal, with variance 1.
        let mut normal = || (0..12).map(|_| dice.random_range(-0.5..0.5)).sum::<f64>();
        let mut level = 0.0;
        (0..2_000)
            .map(|_| {
                level += step * normal();
                level + normal()
            })
            .collect()
    }

    #[test]
    fn noise_and_wander_are_told_apart_in_spite_of_anomalies() {
        for step in [0.0, 0.2, 1.0] {
            let mut y = walk(step);
            for at in (0..2_000).step_by(50) {
                y[at] += 40.0;
            }
            y[1_000..].iter_mut().for_each(|value| *value += 30.0);
            let noise = Noise::of(&y, &[true; 2_000], 1).unwrap();
            assert!((noise.sd - 1.0).abs() < 0.15, "{step}: {noise:?}");
            assert!(
                (noise.wander.sqrt() - step).abs() < 0.1 + 0.1 * step,
                "{step}: {noise:?}"
            );
        }
    }

    #[test]
    fn what_does_not_move_has_no_noise() {
        assert_eq!(Noise::of(&[3.0; 50], &[true; 50], 7), None);
        assert_eq!(Noise::of(&[1.0, 2.0], &[true; 2], 1), None);
        assert_eq!(Noise::of(&[], &[], 1), None);
        let mut one = vec![0.0; 50];
        one[20] = 5.0;
        assert!(Noise::of(&one, &[true; 50], 1).unwrap().sd > 0.0);
    }
}
