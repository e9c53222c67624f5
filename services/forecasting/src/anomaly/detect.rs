//! The search: the most unlikely spike or shift first, then the next in what is left, until nothing is unlikely.
//!
//! As C. Chen and L.-M. Liu (1993), Joint estimation of model parameters and outlier effects in time series, JASA
//! 88:284-297, with robust estimates of noise and season in place of refitted ones, so that the first look already
//! knows what is usual.

use super::level::{Look, look};
use super::noise::Noise;
use super::ready::Ready;
use super::season::{median, usual, without};
use super::{Findings, Watch, tell};
use crate::series::Series;
use crate::trend::Unfit;

/// How many values must lie between a shift and the next at least: fewer may as well be spikes.
const STAY: usize = 4;
/// A shift must be so much more unlikely than a spike: a level that wanders makes many that look like one.
const DEARER: f64 = 1.2;
/// How often season and noise are estimated anew without the anomalies found.
const ROUNDS: usize = 3;
/// How many times as long a new level is compared with what was before it.
const BEFORE: usize = 3;
/// What of a shift must be left beside that time.
const HALF_OF_IT: f64 = 0.5;
/// By how many periods the place of a shift may be corrected when others are found.
const NEAR: usize = 3;
/// How many neighbours on either side tell what a value is beside.
const AROUND: usize = 3;
/// Half of normal errors are smaller than this.
const HALF: f64 = 0.674_489_75;
/// 95 % of normal errors are smaller than this.
const MOST: f64 = 1.959_963_98;

/// A new level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    /// The first period of it.
    pub(super) at: usize,
    /// By how much it is higher.
    pub(super) by: f64,
    /// The same in standard errors.
    pub(super) jump: f64,
}

/// What was found, by period.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Found {
    /// Single values, oldest first.
    pub(super) spikes: Vec<usize>,
    /// New levels, oldest first.
    pub(super) shifts: Vec<Shift>,
}

/// All that is known of a series when the search is over.
pub(super) struct View {
    pub(super) ready: Ready,
    /// What the seasons usually add.
    pub(super) season: Vec<f64>,
    /// The values without season and shifts.
    pub(super) steady: Vec<f64>,
    /// The last look at them, spikes left out.
    pub(super) looks: Vec<Look>,
    pub(super) found: Found,
    /// From how many standard errors on a value is a spike.
    pub(super) limit: f64,
}

/// Looks for anomalies in the closed periods of a series. The same series gives the same digits; values of another unit
/// give the same anomalies.
///
/// Fewer than eight values, or values that never move, have none, and nothing is said of what is usual.
///
/// # Errors
/// The series has no closed period, no value, or one that is not finite.
pub fn detect(series: &Series, watch: Watch) -> Result<Findings, Unfit> {
    let ready = Ready::of(series, watch)?;
    let least = if watch.least.is_finite() {
        watch.least.max(0.0)
    } else {
        0.0
    };
    let limit = if watch.limit.is_nan() {
        Watch::USUAL
    } else {
        watch.limit.clamp(3.0, 12.0)
    };
    let (skipped, n, seasons) = (ready.skipped, ready.y.len(), ready.seasons.clone());
    let values = &series.values[skipped..skipped + n];
    let (anomalies, known) = match view(ready, limit) {
        Some(view) => (tell::anomalies(&view, values, least), tell::usual(&view)),
        None => (Vec::new(), vec![None; n]),
    };
    let mut usual = vec![None; skipped];
    usual.extend(known);
    Ok(Findings {
        anomalies,
        usual,
        seasons,
    })
}

fn view(ready: Ready, limit: f64) -> Option<View> {
    let shortest = ready.seasons.first().copied().unwrap_or(1);
    let (mut clean, mut there) = (ready.y.clone(), ready.there.clone());
    let mut last: Option<(Search, Vec<f64>)> = None;
    for _ in 0..ROUNDS {
        let season = usual(&clean, &ready.seasons);
        let quiet = without(&clean, &season);
        // Without its anomalies the series may never move: then those of the round before stand.
        let Some(noise) = Noise::of(&quiet, &there, shortest) else {
            break;
        };
        let limits = [tails(&quiet, &there) * limit, limit * DEARER];
        let search = Search::run(without(&ready.y, &season), ready.there.clone(), noise, limits);
        // What the next round learns from: the series without what was found.
        there.clone_from(&search.there);
        for (at, value) in clean.iter_mut().enumerate() {
            let spike = ready.there[at] && !search.there[at];
            *value = season[at]
                + if spike {
                    search.looks[at].expected
                } else {
                    search.y[at]
                };
        }
        last = Some((search, season));
    }
    last.map(|(search, season)| search.view(ready, season))
}

/// How much heavier the tails of a series are than those of normal noise, 1 or more: the limit is higher by as much.
///
/// Beside the medians of the neighbours, so that neither a shift nor what wanders is taken for tails.
fn tails(y: &[f64], there: &[bool]) -> f64 {
    let kept: Vec<f64> = y
        .iter()
        .zip(there)
        .filter(|(_, there)| **there)
        .map(|(value, _)| *value)
        .collect();
    let mut sizes: Vec<f64> = kept
        .windows(2 * AROUND + 1)
        .map(|window| {
            let around = window
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != AROUND)
                .map(|(_, value)| *value);
            (window[AROUND] - median(&mut around.collect::<Vec<_>>())).abs()
        })
        .collect();
    let middle = median(&mut sizes) / HALF;
    sizes.sort_by(f64::total_cmp);
    let most = sizes.get(sizes.len() * 19 / 20).copied().unwrap_or(0.0) / MOST;
    let ratio = most / middle;
    if ratio.is_finite() { ratio.max(1.0) } else { 1.0 }
}

/// The series with what was found so far taken out.
struct Search {
    noise: Noise,
    limits: [f64; 2],
    /// How far shifts must be apart, in values.
    stay: usize,
    /// Without season, and without the shifts found.
    y: Vec<f64>,
    /// The values that are there and are no spikes.
    there: Vec<bool>,
    /// How many values there are before each period, to begin with.
    before: Vec<usize>,
    looks: Vec<Look>,
    spikes: Vec<usize>,
    shifts: Vec<Shift>,
    /// Where a shift would only be the way back from what came before.
    barred: Vec<bool>,
}

impl Search {
    fn run(y: Vec<f64>, there: Vec<bool>, noise: Noise, limits: [f64; 2]) -> Self {
        let mut count = 0;
        let mut before = Vec::with_capacity(there.len() + 1);
        for there in &there {
            before.push(count);
            count += usize::from(*there);
        }
        before.push(count);
        let looks = look(&y, &there, &noise);
        let barred = vec![false; y.len()];
        let mut search = Self {
            stay: stay(noise.season),
            noise,
            limits,
            y,
            there,
            before,
            looks,
            spikes: Vec::new(),
            shifts: Vec::new(),
            barred,
        };
        // If more than a tenth is unusual, it is how the series is.
        for _ in 0..search.y.len() / 8 + 2 {
            if !search.step() {
                break;
            }
        }
        search
    }

    /// Takes out the most unlikely anomaly; `false` when nothing is unlikely.
    fn step(&mut self) -> bool {
        let spike = most(self.looks.iter().map(|look| look.spike));
        let jumps = (0..self.y.len()).map(|at| {
            if self.may_shift(at) {
                self.looks[at].jump
            } else {
                0.0
            }
        });
        let jump = most(jumps);
        let of_limit = [spike.1 / self.limits[0], jump.1 / self.limits[1]];
        if of_limit[0].max(of_limit[1]) < 1.0 {
            return false;
        }
        if of_limit[1] > of_limit[0] && !self.lasting(jump.0) {
            let near = jump.0.saturating_sub(NEAR)..(jump.0 + NEAR + 1).min(self.y.len());
            self.barred[near].fill(true);
        } else if of_limit[1] > of_limit[0] {
            self.take_out(jump.0);
            self.correct();
            // Beside another past what was a way back may be a way out.
            self.barred.fill(false);
        } else {
            self.there[spike.0] = false;
            self.spikes.push(spike.0);
            self.looks = look(&self.y, &self.there, &self.noise);
        }
        true
    }

    /// Whether enough values lie before and after, and no other shift is found there.
    fn may_shift(&self, at: usize) -> bool {
        let here = self.before[at];
        let apart = |other: usize| self.before[other].abs_diff(here) >= self.stay;
        // The newest level is told when it has stayed half as long.
        let newest = (self.stay / 2).max(STAY);
        let last = self.before[self.y.len()] - here >= newest;
        let others = self.shifts.iter().map(|shift| shift.at);
        last && self.there[at] && !self.barred[at] && others.chain([0]).all(apart)
    }

    /// Whether the new level is one beside the long time before, and not just beside its end: what climbs for weeks and
    /// then falls back, as sales do at the end of a year, has no new level.
    fn lasting(&self, at: usize) -> bool {
        let middle = |from: usize, to: usize| {
            let there = (from..to.min(self.y.len())).filter(|&at| self.there[at]);
            median(&mut there.map(|at| self.y[at]).collect::<Vec<_>>())
        };
        let before = middle(at.saturating_sub(BEFORE * self.stay), at);
        let after = middle(at, at + self.stay);
        (after - before) / self.looks[at].shift >= HALF_OF_IT
    }

    fn take_out(&mut self, at: usize) {
        let Look { shift: by, jump, .. } = self.looks[at];
        self.y[at..].iter_mut().for_each(|value| *value -= by);
        self.shifts.push(Shift { at, by, jump });
        self.looks = look(&self.y, &self.there, &self.noise);
    }

    /// Places and sizes of the shifts anew, each with the others taken out; what is not unlikely any more is put back.
    fn correct(&mut self) {
        let count = self.shifts.len();
        for _ in 0..2 * count {
            // The oldest estimate is taken from the front, and comes back at the end.
            if self.shifts.is_empty() {
                break;
            }
            let shift = self.shifts.remove(0);
            self.y[shift.at..].iter_mut().for_each(|value| *value += shift.by);
            self.looks = look(&self.y, &self.there, &self.noise);
            let near = shift.at.saturating_sub(NEAR)..(shift.at + NEAR + 1).min(self.y.len());
            let jumps = near.clone().map(|at| {
                if self.may_shift(at) {
                    self.looks[at].jump
                } else {
                    0.0
                }
            });
            let (offset, size) = most(jumps);
            if size >= self.limits[1] {
                self.take_out(near.start + offset);
            }
        }
    }

    fn view(mut self, ready: Ready, season: Vec<f64>) -> View {
        self.spikes.sort_unstable();
        self.shifts.sort_unstable_by_key(|shift| shift.at);
        View {
            ready,
            season,
            steady: self.y,
            looks: self.looks,
            found: Found {
                spikes: self.spikes,
                shifts: self.shifts,
            },
            limit: self.limits[0],
        }
    }
}

/// How many values a level must have to be one: two weeks of days, a day of hours.
pub(super) fn stay(season: usize) -> usize {
    match season {
        5 | 7 => 2 * season,
        24.. if season.is_multiple_of(24) => 24,
        _ => STAY,
    }
}

/// Where the largest size is, the first of equal ones, and the size.
fn most(values: impl Iterator<Item = f64>) -> (usize, f64) {
    let mut found = (0, 0.0);
    for (at, value) in values.enumerate() {
        if value.abs() > found.1 {
            found = (at, value.abs());
        }
    }
    found
}
