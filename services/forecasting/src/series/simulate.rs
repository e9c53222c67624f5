//! Made-up series of which the truth is known, to learn from and to test against.
//!
//! No data of anybody is in them: levels that wander, slopes that come and go, seasons that change, noise with heavy
//! tails, sudden new levels and single outliers, each more or less of it by chance.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A made-up series: what a forecaster may see, and what came after.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// The history.
    pub past: Vec<f64>,
    /// The values after it.
    pub future: Vec<f64>,
    /// The season that it was made with; 1 for none.
    pub season: usize,
}

/// Chance.
struct Dice(ChaCha8Rng);

impl Dice {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0.random_range(low..high)
    }

    fn chance(&mut self, share: f64) -> bool {
        self.0.random_range(0.0..1.0) < share
    }

    /// Between `low` and `high`, each order of magnitude alike.
    fn scale(&mut self, low: f64, high: f64) -> f64 {
        libm::exp(self.between(libm::log(low), libm::log(high)))
    }

    /// Standard normal (Box & Muller 1958).
    fn normal(&mut self) -> f64 {
        let (size, turn) = (self.between(f64::MIN_POSITIVE, 1.0), self.between(0.0, 1.0));
        (-2.0 * libm::log(size)).sqrt() * libm::cos(2.0 * std::f64::consts::PI * turn)
    }

    /// Heavy-tailed with variance 1: one in ten is three times as wide.
    fn heavy(&mut self) -> f64 {
        let width = if self.chance(0.1) { 3.0 } else { 1.0 };
        self.normal() * width / 1.8_f64.sqrt()
    }
}

/// How a made-up series moves; noise has size 1, everything else is beside that.
struct Recipe {
    noise: f64,
    wander: f64,
    pull: f64,
    slope: f64,
    slope_wander: f64,
    damping: f64,
    memory: f64,
    season: Vec<f64>,
    season_wander: f64,
    steps: f64,
    outliers: f64,
    heavy: bool,
    /// How often days begin that are not as others are: closed ones, holidays, campaigns.
    odd_days: f64,
}

/// How much the level of a period moves beside its noise, where that of a month is 1: over the `k` periods of a month noise
/// averages out and moves add up, by `k` together if noises had nothing to do with each other. They do, so that it is the
/// third root here: weeks, days and hours.
fn fine(season: usize) -> f64 {
    match season {
        52 => 0.62,
        5 | 7 => 0.32,
        24 => 0.11,
        _ => 1.0,
    }
}

/// The most days in a row that are not as others are.
const ODD: f64 = 10.0;

impl Recipe {
    fn roll(dice: &mut Dice, season: usize) -> Self {
        let mut recipe = Self::of_months(dice, season);
        recipe.wander *= fine(season);
        recipe.slope_wander *= fine(season);
        if matches!(season, 5 | 7 | 24) && dice.chance(0.5) {
            recipe.odd_days = dice.scale(0.003, 0.03);
        }
        recipe
    }

    fn of_months(dice: &mut Dice, season: usize) -> Self {
        let yearly = season.max(4) as f64;
        Self {
            noise: 1.0,
            wander: if dice.chance(0.8) {
                dice.scale(0.03, 1.2)
            } else {
                0.0
            },
            // Half of all levels come back to where they belong.
            pull: if dice.chance(0.5) {
                dice.scale(0.01, 0.4)
            } else {
                0.0
            },
            slope: if dice.chance(0.6) {
                dice.normal() * 1.5 / yearly
            } else {
                0.0
            },
            slope_wander: if dice.chance(0.4) {
                dice.scale(0.005, 0.15)
            } else {
                0.0
            },
            damping: if dice.chance(0.5) {
                dice.between(0.8, 0.98)
            } else {
                1.0
            },
            memory: if dice.chance(0.5) {
                dice.between(-0.3, 0.8)
            } else {
                0.0
            },
            season: pattern(dice, season),
            season_wander: if dice.chance(0.5) {
                dice.scale(0.01, 0.2)
            } else {
                0.0
            },
            steps: if dice.chance(0.3) {
                dice.between(0.002, 0.015)
            } else {
                0.0
            },
            outliers: if dice.chance(0.3) {
                dice.between(0.003, 0.02)
            } else {
                0.0
            },
            heavy: dice.chance(0.4),
            odd_days: 0.0,
        }
    }
}

/// A seasonal pattern of mean 0: a wave or two, single peaks, or each position by itself; one in four has none.
fn pattern(dice: &mut Dice, season: usize) -> Vec<f64> {
    let mut values = vec![0.0; season.max(1)];
    if season < 2 || dice.chance(0.25) {
        return values;
    }
    let height = dice.scale(0.5, 6.0);
    let waves = dice.between(0.0, 1.0);
    let (start, second) = (dice.between(0.0, 1.0), dice.between(0.0, 0.6));
    for (at, value) in values.iter_mut().enumerate() {
        let turn = 2.0 * std::f64::consts::PI * (at as f64 / season as f64 + start);
        let wave = libm::sin(turn) + second * libm::sin(2.0 * turn);
        *value = height * (waves * wave + (1.0 - waves) * dice.normal());
    }
    let mean = values.iter().sum::<f64>() / season as f64;
    values.iter_mut().for_each(|value| *value -= mean);
    values
}

/// A made-up series of `n + horizon` values with (or, one in four, without) a season of length `season`. The same seed
/// gives the same series.
pub fn simulate(seed: u64, n: usize, season: usize, horizon: usize) -> Simulated {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let recipe = Recipe::roll(&mut dice, season);
    let mut values = walk(&mut dice, &recipe, n + horizon);
    // Business series are above zero; in half of them everything grows with the level.
    let spread = values.iter().map(|value| value.abs()).fold(1.0, f64::max);
    if dice.chance(0.5) {
        let width = dice.between(0.1, 0.9) / spread;
        values
            .iter_mut()
            .for_each(|value| *value = libm::exp(*value * width));
    } else {
        let level = spread * dice.between(1.05, 6.0);
        values.iter_mut().for_each(|value| *value += level);
    }
    let unit = dice.scale(1.0, 10_000.0);
    values.iter_mut().for_each(|value| *value *= unit);
    let future = values.split_off(n);
    Simulated {
        past: values,
        future,
        season: season.max(1),
    }
}

fn walk(dice: &mut Dice, recipe: &Recipe, n: usize) -> Vec<f64> {
    let mut season = recipe.season.clone();
    let (mut level, mut away, mut slope, mut before) = (0.0, 0.0, recipe.slope, 0.0);
    let mut values = Vec::with_capacity(n);
    let (mut odd_until, mut odd) = (0, 0.0);
    for at in 0..n {
        let shock = |dice: &mut Dice| if recipe.heavy { dice.heavy() } else { dice.normal() };
        slope = recipe.slope * (1.0 - recipe.damping)
            + recipe.damping * slope
            + recipe.slope_wander * shock(dice);
        level += slope;
        away += recipe.wander * shock(dice) - recipe.pull * away;
        if dice.chance(recipe.steps) {
            level += 6.0 * dice.normal();
        }
        before = recipe.memory * before + recipe.noise * shock(dice);
        let phase = at % season.len();
        season[phase] += recipe.season_wander * dice.normal();
        let mut value = level + away + before + season[phase];
        if dice.chance(recipe.outliers) {
            value += 8.0 * dice.normal();
        }
        if recipe.odd_days > 0.0 && at >= odd_until && dice.chance(recipe.odd_days) {
            odd_until = at + dice.scale(1.0, ODD) as usize;
            // Most of them are quieter than usual.
            odd = dice.between(3.0, 9.0) * if dice.chance(0.7) { -1.0 } else { 1.0 };
        }
        if at < odd_until {
            value += odd;
        }
        values.push(value);
    }
    values
}

/// A made-up series of demand that comes now and then: `n + horizon` counts, most of them zero.
pub fn sparse(seed: u64, n: usize, horizon: usize) -> Simulated {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let share = dice.between(0.1, 0.6);
    let size = dice.scale(1.0, 20.0);
    let mut values: Vec<f64> = (0..n + horizon)
        .map(|_| {
            if dice.chance(share) {
                (size * libm::exp(0.5 * dice.normal())).ceil()
            } else {
                0.0
            }
        })
        .collect();
    let future = values.split_off(n);
    Simulated {
        past: values,
        future,
        season: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_series() {
        let one = simulate(3, 60, 12, 18);
        assert_eq!(one, simulate(3, 60, 12, 18));
        assert_ne!(one, simulate(4, 60, 12, 18));
        assert_eq!((one.past.len(), one.future.len()), (60, 18));
    }

    #[test]
    fn values_are_finite_and_above_zero() {
        for seed in 0..300 {
            let made = simulate(seed, 80, [1, 4, 7, 12, 52][seed as usize % 5], 20);
            let all = made.past.iter().chain(&made.future);
            assert!(
                all.into_iter().all(|value| value.is_finite() && *value > 0.0),
                "{seed}"
            );
        }
        assert!(sparse(1, 50, 5).past.contains(&0.0));
    }
}
