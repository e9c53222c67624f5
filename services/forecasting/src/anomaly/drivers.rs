//! Which parts of a sum made an anomaly of it.

use super::Anomaly;

/// How many seasons before the anomaly tell what a part usually has.
const SEASONS: usize = 4;

/// What a part has to do with an anomaly.
#[derive(Debug, Clone, PartialEq)]
pub struct Driver {
    /// The part.
    pub name: String,
    /// What it usually has per period: the mean of the same phases in the four seasons before (16 periods without one).
    pub usual: f64,
    /// What it had per period during the anomaly.
    pub actual: f64,
    /// Its change as a share of that of all parts; they sum to 1. Below 0 when it went the other way. Absent when the
    /// parts together did not change.
    pub share: Option<f64>,
}

/// Splits an anomaly of a sum into its parts, each with its values by period (as long as the whole), the largest change
/// first. `season` is the shortest season of the whole, 0 or 1 for none. Missing values count for neither side; a part
/// without any before the anomaly had nothing.
#[must_use]
pub fn drivers(anomaly: &Anomaly, parts: &[(String, Vec<Option<f64>>)], season: usize) -> Vec<Driver> {
    let season = season.max(1);
    let reach = if season == 1 {
        4 * SEASONS
    } else {
        season.saturating_mul(SEASONS)
    };
    let before = anomaly.from.saturating_sub(reach)..anomaly.from;
    let mut found: Vec<Driver> = parts
        .iter()
        .map(|(name, values)| {
            let there = |at: usize| {
                values
                    .get(at)
                    .copied()
                    .flatten()
                    .filter(|value| value.is_finite())
            };
            let usual = |at: usize| {
                mean(
                    before
                        .clone()
                        .filter(|other| other % season == at % season)
                        .filter_map(there),
                )
            };
            let during = anomaly.from..=anomaly.to;
            Driver {
                name: name.clone(),
                usual: mean(during.clone().map(usual)),
                actual: mean(during.filter_map(there)),
                share: None,
            }
        })
        .collect();
    // In units of the largest, so that no sum overflows.
    let change = |driver: &Driver| driver.actual / 2.0 - driver.usual / 2.0;
    let largest = found
        .iter()
        .map(|driver| change(driver).abs())
        .fold(0.0, f64::max);
    let total: f64 = found.iter().map(|driver| change(driver) / largest).sum();
    if total.abs() > 1e-9 {
        for driver in &mut found {
            driver.share = Some(change(driver) / largest / total);
        }
    }
    found.sort_by(|one, other| {
        change(other)
            .abs()
            .total_cmp(&change(one).abs())
            .then_with(|| one.name.cmp(&other.name))
    });
    found
}

/// The mean, 0 of nothing, by steps so that no sum overflows.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let mut mean = 0.0;
    for (at, value) in values.enumerate() {
        let n = (at + 1) as f64;
        mean += value / n - mean / n;
    }
    mean
}
