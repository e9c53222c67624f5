//! Intervals that hold what they promise.
//!
//! A model's own standard deviation is too small: it knows its noise, but not that it may be the wrong model. On M3, 80 %
//! intervals of good packages hold 64 to 75 %. So the half-width of an interval is the models' standard deviation times
//!
//! 1. a factor by kind of series, step and level: the quantile of what was missed, in standard deviations, over thousands
//!    of simulated series of the kind (split conformal prediction: Vovk, Gammerman & Shafer 2005; Lei et al. 2018). The
//!    program that simulates them and prints the table is `examples/learn_intervals.rs`;
//! 2. the series' own scale: how much more or less than is usual for the kind was missed at its own earlier origins,
//!    shrunk towards 1 as a few origins deserve, or towards what was missed in series beside it ([`Pool`]);
//! 3. the shape of its errors ([`Tails`]): where a few holidays make the standard deviation, most errors are smaller than
//!    a normal distribution of that width would have them, and a few are larger. So 80 and 95 % get factors of their own.

mod learn;
mod learned;
mod past;
mod pool;

pub use learn::{Case, Learned, learn};
pub use past::{Past, Tails};
pub use pool::Pool;

use super::combine::Miss;

/// The steps for which factors are kept (from 1); between them they are interpolated.
pub const STEPS: [usize; 9] = [1, 2, 4, 7, 12, 18, 28, 42, 56];

/// The levels for which factors are kept; between them their ratio to the normal quantile is interpolated.
pub const LEVELS: [f64; 5] = [0.5, 0.8, 0.9, 0.95, 0.99];

/// The two-sided normal quantiles of [`LEVELS`].
const QUANTILES: [f64; LEVELS.len()] = [
    0.674_489_750_2,
    1.281_551_565_5,
    1.644_853_627_0,
    1.959_963_984_5,
    2.575_829_303_5,
];

/// The largest miss that counts, in standard deviations.
const MOST: f64 = 12.0;

/// What decides which factors apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// 0 without a season, 1 with one of months or quarters in a year, 2 with one of days, weeks or hours: they have more
    /// noise beside what their level moves.
    pub rhythm: usize,
    /// How long the history is: 0 up to 40 values, 1 up to 100, 2 up to 200, 3 beyond.
    pub length: usize,
}

impl Kind {
    /// How many kinds there are.
    pub const COUNT: usize = 12;

    /// The kind of a series of `n` values with these seasons, shortest first.
    pub fn of(n: usize, seasons: &[usize]) -> Self {
        let rhythm = match seasons.first() {
            None | Some(0 | 1) => 0,
            Some(2..=4 | 6 | 12) => 1,
            Some(_) => 2,
        };
        let length = match n {
            0..=40 => 0,
            41..=100 => 1,
            101..=200 => 2,
            _ => 3,
        };
        Self { rhythm, length }
    }

    /// Its place in the table, below [`Kind::COUNT`].
    pub fn place(self) -> usize {
        4 * self.rhythm + self.length
    }
}

/// By how much intervals of one series are to be stretched at each step and level, beside what is usual for its kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    kind: Kind,
    /// By step, and by level of [`LEVELS`].
    by: Vec<[f64; LEVELS.len()]>,
}

impl Stretch {
    /// From what is known of the series itself, and of its company.
    pub fn of(past: &Past, pool: Option<&Pool>) -> Self {
        Self::with(&learned::TABLE, past, pool)
    }

    fn with(table: &Learned, past: &Past, pool: Option<&Pool>) -> Self {
        let company = |step: usize| pool.map_or(1.0, |pool| pool.at(step));
        let own = own_scale(&past.misses, |step| {
            table.usual(past.kind, step) * company(step).sqrt()
        });
        let trust = past.origins as f64 / (past.origins as f64 + table.doubt);
        let factor = libm::exp(trust * libm::log(own));
        let tails = past.tails.as_ref();
        let tails = tails.map_or([0.0; LEVELS.len()], |tails| {
            tails.beside(&table.tails[past.kind.place()])
        });
        let at =
            |(step, first): (usize, &f64)| tails.map(|tail| factor * company(step) * libm::exp(tail * first));
        Self {
            kind: past.kind,
            by: past.first.iter().enumerate().map(at).collect(),
        }
    }

    /// Half of the width of the interval at `level` by step, in standard deviations of the models.
    pub fn half_widths(&self, level: f64) -> Vec<f64> {
        self.widths(&learned::TABLE, level)
    }

    fn widths(&self, table: &Learned, level: f64) -> Vec<f64> {
        let quantile = normal_quantile(level);
        let width = |(step, by): (usize, &[f64; LEVELS.len()])| {
            let mut known = table.widths(self.kind, step);
            let mut least = 0.0;
            for (width, by) in known.iter_mut().zip(by) {
                // Whatever the tails say, a higher level has a wider interval.
                *width = (*width * by).max(least);
                least = *width * WIDER;
            }
            at_quantile(&known, quantile)
        };
        self.by.iter().enumerate().map(width).collect()
    }
}

/// The least ratio of the widths of neighbouring [`LEVELS`].
const WIDER: f64 = 1.02;

/// The width at a normal quantile, on the lines between those known at [`QUANTILES`] and through nothing at 0.
fn at_quantile(known: &[f64; LEVELS.len()], quantile: f64) -> f64 {
    match QUANTILES.iter().position(|known| *known >= quantile) {
        None => known[LEVELS.len() - 1] * quantile / QUANTILES[LEVELS.len() - 1],
        Some(0) => known[0] * quantile / QUANTILES[0],
        Some(upper) => {
            let (from, to) = (QUANTILES[upper - 1], QUANTILES[upper]);
            let share = (quantile - from) / (to - from);
            known[upper - 1] * (1.0 - share) + known[upper] * share
        }
    }
}

/// What was missed beside what is usual, on average; 1 where nothing could be looked at.
fn own_scale(misses: &[Miss], usual: impl Fn(usize) -> f64) -> f64 {
    if misses.is_empty() {
        return 1.0;
    }
    let sum: f64 = misses.iter().map(|miss| root(miss) / usual(miss.step)).sum();
    let mean = sum / misses.len() as f64;
    (mean * mean).clamp(0.25, 4.0)
}

/// The root of the size of a miss. Means are taken of roots: what was missed on a few holidays says little about how wide
/// the interval of other days must be.
fn root(miss: &Miss) -> f64 {
    miss.by.abs().min(MOST).sqrt()
}

/// The place in [`STEPS`] that is nearest to `step` (from 0).
fn nearest(step: usize) -> usize {
    let far = |which: &usize| STEPS[*which].abs_diff(step + 1);
    (0..STEPS.len()).min_by_key(far).unwrap_or(0)
}

/// The value at `step` (from 0) on the line between the two nearest of [`STEPS`].
fn between(values: &[f64; STEPS.len()], step: usize) -> f64 {
    let step = step + 1;
    let upper = STEPS.iter().position(|known| *known >= step);
    match upper {
        None => values[STEPS.len() - 1],
        Some(0) => values[0],
        Some(upper) => {
            let (from, to) = (STEPS[upper - 1] as f64, STEPS[upper] as f64);
            let share = (step as f64 - from) / (to - from);
            values[upper - 1] * (1.0 - share) + values[upper] * share
        }
    }
}

/// The quantile of the standard normal distribution for a two-sided level: 1.96 for 0.95. By bisection of the error
/// function: exact to 1e-12.
pub fn normal_quantile(level: f64) -> f64 {
    let level = level.clamp(0.0, 1.0 - 1e-12);
    let (mut low, mut high) = (0.0, 8.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if libm::erf(middle / std::f64::consts::SQRT_2) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests;
