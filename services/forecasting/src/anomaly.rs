//! Where a series left what was to be expected of it: single values (spikes) and new levels (shifts).
//!
//! [`detect`] takes the season out, learns how much the series wanders and how noisy it is, and asks at each period
//! whether a single value or a new level is too unlikely to be either. Only closed periods are looked at: a month that
//! is half over is no drop. [`drivers`] tells which parts of a sum made it.

mod detect;
mod drivers;
mod level;
mod noise;
mod ready;
mod search;
mod season;
mod sentence;
mod tell;

#[cfg(test)]
mod injected;
#[cfg(test)]
mod tests;

pub use detect::detect;
pub use drivers::{Driver, drivers};
pub use sentence::{Period, sentence};

/// What to look for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watch {
    /// How many of the newest periods have not closed yet: they are left out.
    pub open: usize,
    /// How unlikely something must be, in standard errors; 3 to 12. The lower, the more is found, and the more of it is
    /// chance: at [`Watch::USUAL`] less than one in 1,000 points of normal noise is named, and one in 400 of wild noise.
    pub limit: f64,
    /// How much a level must change, as a share of what was to be expected (0.05 = 5 %), to be named; smaller shifts are
    /// real but nobody's business. Spikes must be twice as large.
    pub least: f64,
}

impl Watch {
    /// The usual limit, in standard errors.
    pub const USUAL: f64 = 5.5;
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            open: 0,
            limit: Self::USUAL,
            least: 0.03,
        }
    }
}

/// What kind of anomaly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A value, or a few in a row, that have nothing to do with those before and after.
    Spike,
    /// A new level that stayed for a while.
    Shift,
}

/// One anomaly.
#[derive(Debug, Clone, PartialEq)]
pub struct Anomaly {
    /// What kind.
    pub kind: Kind,
    /// The first period of it: an index into the values that were handed in.
    pub from: usize,
    /// The last period of it. Of a shift: the last one before the series came back or found yet another level.
    pub to: usize,
    /// Whether it goes on in the newest closed period.
    pub ongoing: bool,
    /// What was to be expected per period, season included: the mean over its periods.
    pub expected: f64,
    /// What came instead: the mean over those of its periods that have a value.
    pub actual: f64,
    /// `actual / expected - 1`; absent where nothing, or less than nothing, was to be expected.
    pub change: Option<f64>,
    /// How unlikely it is, in standard errors; below 0 for a drop.
    pub strength: f64,
    /// The first of as many periods, whole seasons earlier, to compare with when asking what moved: a Tuesday with the
    /// Tuesday before. Absent when the series had not begun.
    pub before: Option<usize>,
}

impl Anomaly {
    /// How many periods it has, 1 or more.
    #[must_use]
    pub fn periods(&self) -> usize {
        self.to + 1 - self.from
    }
}

/// What was found in a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// The anomalies, by their first period.
    pub anomalies: Vec<Anomaly>,
    /// What was to be expected of each closed period, from the periods around it and anomalies apart: a new level is
    /// usual only after a while (four weeks of days, 14 months). As long as the closed part of the series; absent before its
    /// first value.
    pub usual: Vec<Option<Usual>>,
    /// The seasons that were taken out, shortest first.
    pub seasons: Vec<usize>,
}

/// What was to be expected of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// The middle.
    pub expected: f64,
    /// The lower end of what is not a spike.
    pub low: f64,
    /// The upper end of it.
    pub high: f64,
}
