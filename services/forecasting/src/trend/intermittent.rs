//! Demand that comes now and then: sizes and distances are smoothed apart.

use super::{Fitted, Model, Unfit};
use crate::series::zeros;

/// How models of such demand come to the mean of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intermittent {
    /// Croston (1972) with the correction of Syntetos & Boylan (2005): size over distance, times `1 - alpha / 2`.
    Croston,
    /// Teunter, Syntetos & Babai (2011): the chance of a demand is smoothed in every period, so that what dies out is
    /// forecast to die out.
    Tsb,
    /// The mean of the history: what is hard to beat where nothing changes.
    Mean,
}

/// How quickly sizes and distances are smoothed; the middle of what the literature advises for few demands.
const ALPHA: f64 = 0.1;

impl Model for Intermittent {
    fn name(&self) -> &'static str {
        match self {
            Self::Croston => "croston",
            Self::Tsb => "tsb",
            Self::Mean => "mean",
        }
    }

    fn fit(&self, y: &[f64], _season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        if let Some(at) = y.iter().position(|value| !value.is_finite()) {
            return Err(Unfit::NotFinite { at });
        }
        if y.is_empty() {
            return Err(Unfit::Empty);
        }
        let levels = match self {
            Self::Croston => croston(y),
            Self::Tsb => tsb(y),
            Self::Mean => running_mean(y),
        };
        let (&level, before) = levels.split_last().ok_or(Unfit::Empty)?;
        let squares: f64 = y.iter().map(|value| (value - level) * (value - level)).sum();
        let sd = (squares / y.len() as f64).sqrt();
        if !(level.is_finite() && sd.is_finite()) {
            return Err(Unfit::NotFound);
        }
        Ok(Fitted {
            name: self.name(),
            fitted: before.to_vec(),
            mean: vec![level; horizon],
            sd: vec![sd; horizon],
            parameters: 1,
        })
    }
}

/// What would have been said before each value and, last, after all of them.
fn croston(y: &[f64]) -> Vec<f64> {
    let found = zeros::intervals(y);
    let Some(&(distance, size)) = found.first() else {
        return vec![0.0; y.len() + 1];
    };
    let (mut distance, mut size, mut since) = (distance, size, 0.0);
    let mut levels = Vec::with_capacity(y.len() + 1);
    for value in y {
        levels.push((1.0 - ALPHA / 2.0) * size / distance);
        since += 1.0;
        if *value != 0.0 {
            size += ALPHA * (value - size);
            distance += ALPHA * (since - distance);
            since = 0.0;
        }
    }
    levels.push((1.0 - ALPHA / 2.0) * size / distance);
    levels
}

/// See [`croston`].
fn tsb(y: &[f64]) -> Vec<f64> {
    let found = zeros::intervals(y);
    if found.is_empty() {
        return vec![0.0; y.len() + 1];
    }
    let mut chance = found.len() as f64 / y.len() as f64;
    let mut size = found.iter().map(|(_, size)| size).sum::<f64>() / found.len() as f64;
    let mut levels = Vec::with_capacity(y.len() + 1);
    for value in y {
        levels.push(chance * size);
        if *value == 0.0 {
            chance -= ALPHA * chance;
        } else {
            chance += ALPHA * (1.0 - chance);
            size += ALPHA * (value - size);
        }
    }
    levels.push(chance * size);
    levels
}

/// See [`croston`].
fn running_mean(y: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut levels = vec![y.first().copied().unwrap_or(0.0)];
    for (at, value) in y.iter().enumerate() {
        sum += value;
        levels.push(sum / (at as f64 + 1.0));
    }
    levels
}

/// The band of a single period's demand at `level`: quantiles of what periods had, the newest [`WINDOW`] of them.
/// Symmetric bands around a mean make no sense where most periods are zero.
pub fn band(y: &[f64], level: f64) -> (f64, f64) {
    let mut recent: Vec<f64> = y[y.len().saturating_sub(WINDOW)..].to_vec();
    recent.sort_by(f64::total_cmp);
    let n = recent.len() as f64;
    let at = |share: f64| -> f64 {
        // The ranks of split conformal prediction: one more value than there are (Vovk, Gammerman & Shafer 2005).
        let rank = (share * (n + 1.0)).ceil().clamp(1.0, n.max(1.0)) as usize;
        recent.get(rank - 1).copied().unwrap_or(0.0)
    };
    // What is zero more often than the lower tail leaves the whole tail to the upper side.
    let zeros = recent.iter().filter(|value| **value == 0.0).count() as f64 / n.max(1.0);
    let below = ((1.0 - level) / 2.0).min(if zeros > (1.0 - level) / 2.0 { 0.0 } else { 1.0 });
    let high = at(level + below);
    (if below == 0.0 { 0.0 } else { at(below) }, high)
}

/// How many of the newest periods the band looks at.
const WINDOW: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::simulate::sparse;

    #[test]
    fn croston_by_hand() {
        // First demand 4 after 2 periods; then 2 after 3: size 4 - .2 = 3.8, distance 2 + .1 = 2.1.
        let levels = croston(&[0.0, 4.0, 0.0, 0.0, 2.0]);
        let truth = 0.95 * 3.8 / 2.1;
        assert!((levels[5] - truth).abs() < 1e-12);
        assert!((levels[0] - 0.95 * 2.0).abs() < 1e-12);
    }

    #[test]
    fn what_dies_out_is_forecast_to_die_out() {
        let mut y = vec![0.0, 3.0, 0.0, 2.0, 0.0, 4.0];
        y.extend([0.0; 40]);
        let tsb = Intermittent::Tsb.fit(&y, 1, 1).unwrap().mean[0];
        let croston = Intermittent::Croston.fit(&y, 1, 1).unwrap().mean[0];
        assert!(tsb < 0.05 && croston > 1.0, "{tsb} {croston}");
        let never = Intermittent::Croston.fit(&[0.0; 9], 1, 2).unwrap();
        assert_eq!(never.mean, [0.0, 0.0]);
    }

    #[test]
    fn bands_hold_at_least_what_they_promise() {
        let (mut held, mut all) = (0, 0);
        for seed in 0..200 {
            let made = sparse(seed, 60, 10);
            let (low, high) = band(&made.past, 0.8);
            held += made
                .future
                .iter()
                .filter(|value| (low..=high).contains(value))
                .count();
            all += made.future.len();
        }
        let share = f64::from(held as u32) / f64::from(all as u32);
        assert!((0.78..0.9).contains(&share), "{share}");
    }
}
