//! Since when forecasts are off: CUSUM of what came beside what was said, period by period.
//!
//! E. S. Page (1954), Continuous inspection schemes, Biometrika 41:100-115. One sum each for forecasts that are too
//! high, too low, and too sure of themselves. Errors are in standard deviations as the intervals have them, so that one
//! limit serves all. A single miss, however large, raises no alarm; two periods off by 2.5 standard deviations do.

use std::collections::BTreeMap;

use bellwether_stats::normal_two_sided;

use super::score::{sort, usable};
use super::{Band, By, Key, Served};

/// What each period forgives, in standard errors.
const SLACK: f64 = 0.5;
/// What sets the alarm off, in standard errors. Two-sided and of independent errors: once in about 170 periods by
/// chance (W. H. Woodall & B. M. Adams 1993).
const ALARM: f64 = 4.0;
/// A larger error counts as this: less than [`ALARM`] and [`SLACK`] together, so that one miss is no drift.
const MOST: f64 = 4.0;
/// The share of variance that errors of the same period are taken to have in common.
const SHARED: f64 = 1.0 / 3.0;
/// How many times as many misses as promised the third sum looks for.
const MORE: f64 = 2.5;
/// The most that level promises to miss, for the third sum: intervals nearer to 80 % tell sooner.
const NEAR: f64 = 0.8;
/// What sets it off: a likelihood ratio of exp(3).
const NARROW: f64 = 3.0;

/// What rounding may keep a sum from its limit.
const ROUNDING: f64 = 1e-6;

/// In what way forecasts are off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Less comes than is said.
    TooHigh,
    /// More comes than is said.
    TooLow,
    /// Misses are more frequent than the intervals promise.
    TooSure,
}

/// An alarm, and when it was one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// In what way forecasts were off.
    pub side: Side,
    /// The [`Served::due`] of the first period that counts towards it: about when it began.
    pub since: i32,
    /// That of the period that raised it.
    pub raised: i32,
    /// That of the period in which the sum had come back to 0; absent while the alarm stands.
    pub over: Option<i32>,
}

/// The watch over the forecasts of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// What the forecasts have in common.
    pub key: Key,
    /// How many periods were watched.
    pub periods: usize,
    /// Where the sum of "too high" stands, in limits: 1 raises an alarm.
    pub too_high: f64,
    /// Where the sum of "too low" stands.
    pub too_low: f64,
    /// Where the sum of "too sure" stands.
    pub too_sure: f64,
    /// All alarms, in the order of their raising.
    pub alarms: Vec<Alarm>,
}

impl Drift {
    /// The alarms that stand.
    pub fn standing(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.iter().filter(|alarm| alarm.over.is_none())
    }
}

/// Watches what was served. Of the forecasts of one thing for one period by one model and owner the newest counts, since
/// those of longer horizons miss the same surprise again (set [`By::steps`] to watch each horizon by itself). Forecasts
/// without an interval are left out.
#[must_use]
pub fn drift(served: &[Served], by: By) -> Vec<Drift> {
    let mut all: Vec<&Served> = served.iter().filter(|one| one.truth().is_some()).collect();
    sort(&mut all);
    let mut rows: BTreeMap<Key, BTreeMap<i32, BTreeMap<[&str; 3], &Served>>> = BTreeMap::new();
    for one in all {
        let key = by.key(&one.of, &one.model, &one.owner, one.steps);
        let period = rows.entry(key).or_default().entry(one.due).or_default();
        // In the order of their making: the newest stays.
        period.insert([&one.of, &one.model, &one.owner], one);
    }
    rows.into_iter()
        .map(|(key, periods)| {
            let periods = periods.into_iter();
            watched(
                key,
                periods.map(|(due, period)| (due, period.into_values().collect())),
            )
        })
        .collect()
}

fn watched<'a>(key: Key, periods: impl Iterator<Item = (i32, Vec<&'a Served>)>) -> Drift {
    let mut sums = [
        Sum::new(Side::TooHigh),
        Sum::new(Side::TooLow),
        Sum::new(Side::TooSure),
    ];
    let (mut alarms, mut watched) = (Vec::new(), 0);
    for (due, period) in periods {
        let errors: Vec<f64> = period.iter().filter_map(|one| error(one)).collect();
        if errors.is_empty() {
            continue;
        }
        watched += 1;
        let n = errors.len() as f64;
        let together = 1.0 + (n - 1.0) * SHARED;
        let z = (errors.iter().sum::<f64>() / (n * together).sqrt()).clamp(-MOST, MOST);
        let misses: f64 = period.iter().filter_map(|one| missed(one)).sum::<f64>() / together;
        let steps = [(z - SLACK) / ALARM, (-z - SLACK) / ALARM, misses / NARROW];
        for (sum, step) in sums.iter_mut().zip(steps) {
            sum.add(step, due, &mut alarms);
        }
    }
    let [too_high, too_low, too_sure] = sums.map(|sum| sum.value);
    Drift {
        key,
        periods: watched,
        too_high,
        too_low,
        too_sure,
        alarms,
    }
}

/// How much too high a forecast was, in standard deviations of its interval on that side.
fn error(one: &Served) -> Option<f64> {
    let came = one.truth()?;
    let band = nearest(one)?;
    let z = normal_two_sided(band.level);
    // Halves, so that the difference of two huge numbers stays a number.
    let off = one.said / 2.0 - came / 2.0;
    let reach = if off > 0.0 {
        one.said / 2.0 - band.low / 2.0
    } else {
        band.high / 2.0 - one.said / 2.0
    };
    if off == 0.0 {
        return Some(0.0);
    }
    if reach <= 0.0 {
        return Some(MOST.copysign(off));
    }
    Some((off / reach * z).clamp(-MOST, MOST))
}

/// The logarithm of how much likelier the hit or miss is if misses are [`MORE`] times as frequent as promised.
fn missed(one: &Served) -> Option<f64> {
    let came = one.truth()?;
    let band = nearest(one)?;
    let promised = 1.0 - band.level;
    let looked_for = (promised * MORE).min((1.0 + promised) / 2.0);
    let held = (band.low..=band.high).contains(&came);
    let ratio = if held {
        (1.0 - looked_for) / (1.0 - promised)
    } else {
        looked_for / promised
    };
    Some(libm::log(ratio))
}

/// The interval whose level is nearest to 80 %.
fn nearest(one: &Served) -> Option<&Band> {
    let far = |band: &Band| (band.level - NEAR).abs();
    one.bands
        .iter()
        .filter(|band| usable(band))
        .min_by(|one, other| far(one).total_cmp(&far(other)))
}

/// One sum, in limits.
struct Sum {
    side: Side,
    value: f64,
    since: i32,
    /// Where its standing alarm is in the list.
    alarm: Option<usize>,
}

impl Sum {
    fn new(side: Side) -> Self {
        Self {
            side,
            value: 0.0,
            since: 0,
            alarm: None,
        }
    }

    fn add(&mut self, step: f64, due: i32, alarms: &mut Vec<Alarm>) {
        if self.value <= 0.0 {
            self.since = due;
        }
        // Not beyond two limits: a repaired model is not to be punished for as long as it was wrong.
        self.value = (self.value + step).clamp(0.0, 2.0);
        if self.value >= 1.0 - ROUNDING && self.alarm.is_none() {
            self.alarm = Some(alarms.len());
            alarms.push(Alarm {
                side: self.side,
                since: self.since,
                raised: due,
                over: None,
            });
        }
        if self.value <= 0.0
            && let Some(standing) = self.alarm.take()
        {
            alarms[standing].over = Some(due);
        }
    }
}

#[cfg(test)]
mod tests;
