//! Intervals that hold what they promise.
//!
//! A model's own standard deviation is too small: it knows its noise, but not that it may be the wrong model. On M3, 80 %
//! intervals of good packages hold 64 to 75 %. So the half-width of an interval is the models' standard deviation times
//!
//! 1. a factor by kind of series, step and level: the quantile of what was missed, in standard deviations, over thousands
//!    of simulated series of the kind (split conformal prediction: Vovk, Gammerman & Shafer 2005; Lei et al. 2018). The
//!    program that simulates them and prints the table is `examples/learn_intervals.rs`;
//! 2. the series' own scale: how much more or less than is usual for the kind was missed at its own earlier origins,
//!    shrunk towards 1 as a few origins deserve, or towards what was missed in series beside it ([`Pool`]).

mod learn;
mod learned;

pub use learn::{Case, Learned, learn};

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
    /// Whether it has a season.
    pub seasonal: bool,
    /// How long the history is: 0 up to 40 values, 1 up to 100, 2 beyond.
    pub length: usize,
}

impl Kind {
    /// How many kinds there are.
    pub const COUNT: usize = 6;

    /// The kind of a series of `n` values.
    pub fn of(n: usize, seasonal: bool) -> Self {
        let length = match n {
            0..=40 => 0,
            41..=100 => 1,
            _ => 2,
        };
        Self { seasonal, length }
    }

    /// Its place in the table, below [`Kind::COUNT`].
    pub fn place(self) -> usize {
        self.length + if self.seasonal { 3 } else { 0 }
    }
}

/// What was missed in series beside this one: how wide intervals must be in this company.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// By step of [`STEPS`]: what was missed beside what is usual for the kind.
    scales: [f64; STEPS.len()],
}

/// How much of what the company missed is believed, as a power: series of one company are hit by the same shocks, so that
/// many of them are not as much as they seem.
const BELIEVED: f64 = 0.7;

/// The fewest series whose misses make a pool.
const COMPANY: usize = 8;

impl Pool {
    /// The pool of several series' kinds and misses; `None` when they are too few.
    pub fn of(all: &[(Kind, &[Miss])]) -> Option<Self> {
        let spoken: Vec<&(Kind, &[Miss])> = all.iter().filter(|(_, misses)| !misses.is_empty()).collect();
        if spoken.len() < COMPANY {
            return None;
        }
        let (mut sums, mut counts) = ([0.0; STEPS.len()], [0.0_f64; STEPS.len()]);
        for (kind, misses) in spoken {
            for miss in *misses {
                let which = nearest(miss.step);
                sums[which] += miss.by.abs().min(MOST) / learned::TABLE.usual(*kind, miss.step);
                counts[which] += 1.0;
            }
        }
        // Steps that nobody looked back so far ahead for are like all others.
        let total = sums.iter().sum::<f64>() / counts.iter().sum::<f64>().max(1.0);
        let mut scales = [1.0; STEPS.len()];
        for (scale, (sum, count)) in scales.iter_mut().zip(sums.iter().zip(counts)) {
            let seen = (sum + 30.0 * total) / (count + 30.0);
            *scale = libm::pow(seen, BELIEVED).clamp(0.5, 2.5);
        }
        Some(Self { scales })
    }

    /// The scale at `step` (from 0).
    fn at(&self, step: usize) -> f64 {
        between(&self.scales, step)
    }
}

/// By how much intervals of one series are to be stretched at each step, beside what is usual for its kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch(Vec<f64>);

impl Stretch {
    /// From what was missed at `origins` earlier origins of the series itself, and in its company.
    pub fn of(kind: Kind, misses: &[Miss], origins: usize, pool: Option<&Pool>, horizon: usize) -> Self {
        Self::with(&learned::TABLE, kind, misses, origins, pool, horizon)
    }

    fn with(
        table: &Learned,
        kind: Kind,
        misses: &[Miss],
        origins: usize,
        pool: Option<&Pool>,
        horizon: usize,
    ) -> Self {
        let company = |step: usize| pool.map_or(1.0, |pool| pool.at(step));
        let own = own_scale(misses, |step| table.usual(kind, step) * company(step));
        let trust = origins as f64 / (origins as f64 + table.doubt);
        let factor = libm::exp(trust * libm::log(own));
        Self((0..horizon).map(|step| factor * company(step)).collect())
    }

    /// Half of the width of the interval at `level` by step, in standard deviations of the models.
    pub fn half_widths(&self, kind: Kind, level: f64) -> Vec<f64> {
        let quantile = normal_quantile(level);
        let width =
            |(step, stretch): (usize, &f64)| stretch * learned::TABLE.factor(kind, (level, quantile), step);
        self.0.iter().enumerate().map(width).collect()
    }
}

/// What was missed beside what is usual, on average; 1 where nothing could be looked at.
fn own_scale(misses: &[Miss], usual: impl Fn(usize) -> f64) -> f64 {
    if misses.is_empty() {
        return 1.0;
    }
    let sum: f64 = misses
        .iter()
        .map(|miss| miss.by.abs().min(MOST) / usual(miss.step))
        .sum();
    (sum / misses.len() as f64).clamp(0.25, 4.0)
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
