//! A row of the budget, its JSON line, and the averages that rows are made of.

use std::io::Write as _;

use anyhow::Result;
use serde_json::{Value, json};

/// What a row must hold.
#[derive(Clone, Copy)]
pub(crate) enum Must {
    /// Nothing yet: a report.
    Nothing,
    /// Ours is at least so many times the anchor.
    RatioAtLeast(f64),
    /// Ours is at most so many times the anchor.
    RatioAtMost(f64),
    /// Ours is at most so much, in the row's unit.
    OursAtMost(f64),
}

/// One measured row.
pub(crate) struct Row {
    /// Its name in the budget.
    pub(crate) name: String,
    /// Ours, a median.
    pub(crate) ours: f64,
    /// The anchor's, a median of the same run.
    pub(crate) anchor: Option<f64>,
    /// Of both.
    pub(crate) unit: &'static str,
    /// The bar.
    pub(crate) must: Must,
    /// How many runs the medians stand on.
    pub(crate) runs: usize,
    /// How it was taken.
    pub(crate) note: String,
}

impl Row {
    /// Ours in parts of the anchor's.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.anchor.map(|anchor| self.ours / anchor)
    }

    fn json(&self) -> Value {
        let (must, holds) = match self.must {
            Must::Nothing => (Value::Null, Value::Null),
            Must::RatioAtLeast(bar) => (
                json!(format!(">= {bar:.2}")),
                json!(self.ratio().is_some_and(|ratio| ratio >= bar)),
            ),
            Must::RatioAtMost(bar) => (
                json!(format!("<= {bar:.2}")),
                json!(self.ratio().is_some_and(|ratio| ratio <= bar)),
            ),
            Must::OursAtMost(bar) => (json!(format!("<= {bar} {}", self.unit)), json!(self.ours <= bar)),
        };
        json!({
            "row": self.name,
            "ours": short(self.ours),
            "anchor": self.anchor.map(short),
            "unit": self.unit,
            "ratio": self.ratio().map(short),
            "must": must,
            "holds": holds,
            "runs": self.runs,
            "note": self.note,
        })
    }

    /// Prints its JSON line on stdout.
    pub(crate) fn print(&self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", self.json())?;
        Ok(out.flush()?)
    }
}

/// A number with four digits at most after its first ones; a whole one from 1,000 on.
fn short(number: f64) -> Value {
    if number.abs() >= 1000.0 {
        return json!(number.round() as i64);
    }
    let digits = 3 - number.abs().max(1e-9).log10().floor() as i32;
    let scale = 10_f64.powi(digits);
    json!((number * scale).round() / scale)
}

/// The middle of the samples, or the mean of the middle two.
pub(crate) fn median(samples: &[f64]) -> f64 {
    (quantile(samples, 0.5) + quantile_from_above(samples)) / 2.0
}

/// The smallest sample that at least the share `q` of the samples does not exceed.
pub(crate) fn quantile(samples: &[f64], q: f64) -> f64 {
    let sorted = sorted(samples);
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// The geometric mean of positive numbers.
pub(crate) fn geometric_mean(numbers: &[f64]) -> f64 {
    let logs: f64 = numbers.iter().map(|number| number.ln()).sum();
    (logs / numbers.len() as f64).exp()
}

fn quantile_from_above(samples: &[f64]) -> f64 {
    sorted(samples)[samples.len() / 2]
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}
