//! How good what was said was, once it is known what came: errors, coverage, calibration, drift, and people's calls beside
//! the model's.
//!
//! Nothing is scored before its time: whoever fills in what came does so when the period is over.

use bellwether_stats::wilson;

mod beside;
mod chances;
mod drift;
mod score;

#[cfg(test)]
mod tests;

pub use beside::{Beside, Errors, beside};
pub use chances::{Calibration, CalibrationBin, Chance, calibration};
pub use drift::{Alarm, Drift, Side, drift};
pub use score::{Accuracy, Coverage, accuracy};

/// An interval of a forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// How often it was to hold, a share between 0 and 1.
    pub level: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A value that was served, and what came.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// What it is about: a KPI, and where it was told apart, of whom.
    pub of: String,
    /// The model, or the kind of call when a person said it.
    pub model: String,
    /// Who said it; empty for the model's own.
    pub owner: String,
    /// As of which civil day it was said, days since 1970-01-01.
    pub made: i32,
    /// The first civil day after its period: on it the truth is known.
    pub due: i32,
    /// How many periods ahead that was.
    pub steps: u32,
    /// The value that was expected.
    pub said: f64,
    /// Its intervals.
    pub bands: Vec<Band>,
    /// The history's mean seasonal difference, where it is known: the unit of MASE.
    pub scale: Option<f64>,
    /// What came; absent while that is not known.
    pub came: Option<f64>,
}

impl Served {
    /// What came, where both it and what was said are numbers.
    fn truth(&self) -> Option<f64> {
        self.came.filter(|came| came.is_finite() && self.said.is_finite())
    }

    /// Whether it can never be scored.
    fn unusable(&self) -> bool {
        !self.said.is_finite() || self.came.is_some_and(|came| !came.is_finite())
    }
}

/// What rows are told apart by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct By {
    /// By what it is about.
    pub of: bool,
    /// By model.
    pub model: bool,
    /// By who said it.
    pub owner: bool,
    /// By how many periods ahead.
    pub steps: bool,
}

/// What the forecasts of a row have in common; what rows are not told apart by is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What they are about.
    pub of: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Who said it.
    pub owner: Option<String>,
    /// How many periods ahead.
    pub steps: Option<u32>,
}

impl By {
    fn key(self, of: &str, model: &str, owner: &str, steps: u32) -> Key {
        Key {
            of: self.of.then(|| of.to_owned()),
            model: self.model.then(|| model.to_owned()),
            owner: self.owner.then(|| owner.to_owned()),
            steps: self.steps.then_some(steps),
        }
    }
}

/// Where the share of all such cases lies: the 95 % interval by Wilson; absent without cases.
fn share_of(hits: usize, n: usize) -> Option<(f64, f64)> {
    let interval = wilson(hits as u64, n as u64)?;
    Some((interval.low().to_f64(), interval.high().to_f64()))
}
