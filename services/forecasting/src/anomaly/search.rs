//! The search itself: what is most unlikely is taken out, and what is left is looked at again.

use super::level::{Look, look};
use super::noise::Noise;
use super::season::median;

/// How many values must lie between a shift and the next at least: fewer may as well be spikes.
const STAY: usize = 4;
/// How many times as long a new level is compared with what was before it.
const BEFORE: usize = 3;
/// What of a shift must be left beside that time.
const HALF_OF_IT: f64 = 0.5;
/// By how many periods the place of a shift may be corrected when others are found.
const NEAR: usize = 3;

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

/// The series with what was found so far taken out.
pub(super) struct Search {
    noise: Noise,
    pub(super) limits: [f64; 2],
    /// How far shifts must be apart, in values.
    stay: usize,
    /// Without season, and without the shifts found.
    pub(super) y: Vec<f64>,
    /// The values that are there and are no spikes.
    pub(super) there: Vec<bool>,
    /// How many values there are before each period, to begin with.
    before: Vec<usize>,
    pub(super) looks: Vec<Look>,
    pub(super) spikes: Vec<usize>,
    pub(super) shifts: Vec<Shift>,
    /// Where a shift would only be the way back from what came before.
    barred: Vec<bool>,
}

impl Search {
    /// Searches until nothing is unlikely; `limits` are those of spikes and of shifts, in standard errors.
    pub(super) fn run(y: Vec<f64>, there: Vec<bool>, noise: Noise, limits: [f64; 2]) -> Self {
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
