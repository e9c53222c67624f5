//! The share of customers still there, by how long ago they came.

use bellwether_domain::exact::Exact;
use bellwether_stats::KaplanMeier;

use super::customer::check;
use super::life::{self, Life};
use super::{Customer, MONTH, Refusal};

/// The most months that are shown.
const MOST: u32 = 1_200;

/// How long customers stayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// How many customers had started.
    pub n: u64,
    /// How many of them had left.
    pub ended: u64,
    /// The curve, month by month from 0 for as long as anybody was observed, a hundred years at most.
    pub points: Vec<CurvePoint>,
    /// After how many days half of them had left; absent when that has not happened.
    pub median: Option<i64>,
    /// Where the median of all such customers lies: the lower end of its 95 % interval, absent when not reached.
    pub median_low: Option<i64>,
    /// The upper end, absent when not reached: it may be any longer.
    pub median_high: Option<i64>,
    /// How long customers stay on average.
    pub life: Life,
}

/// The curve at one age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// The age in months of 30.44 days.
    pub month: u32,
    /// The same in days.
    pub day: i64,
    /// The share still there after that day.
    pub share: f64,
    /// The lower end of its 95 % interval (Greenwood, log-log scale); absent while nobody, or nobody but all, had left.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// How many were observed so long.
    pub at_risk: u64,
}

/// The survival curve (Kaplan-Meier) of customers as known at the start of the day `as_of`.
///
/// # Errors
/// Nobody had started by then, or somebody ends before the start.
pub fn survival(customers: &[Customer], as_of: i32) -> Result<Curve, Refusal> {
    check(customers)?;
    let records: Vec<(i64, bool)> = customers
        .iter()
        .filter_map(|customer| customer.stay(as_of))
        .collect();
    let curve = KaplanMeier::new(&records).ok_or(Refusal::Nobody)?;
    let half = Exact::from_scaled(5, 1);
    let between = curve.quantile_interval(&half);
    let months = months(curve.observed_to());
    Ok(Curve {
        n: curve.n(),
        ended: records.iter().filter(|record| record.1).count() as u64,
        points: (0..=months).filter_map(|month| point(&curve, month)).collect(),
        median: curve.quantile(&half),
        median_low: between.low,
        median_high: between.high,
        life: life::of(&records),
    })
}

/// How many whole months of a curve are shown that was observed for so many days.
pub(super) fn months(days: i64) -> u32 {
    ((days as f64 / MONTH) as u32).min(MOST)
}

fn point(curve: &KaplanMeier, month: u32) -> Option<CurvePoint> {
    let day = (f64::from(month) * MONTH).round() as i64;
    let found = curve.at(day)?;
    let ends = found.interval.as_ref();
    Some(CurvePoint {
        month,
        day,
        share: found.share.to_f64(),
        low: ends.map(|interval| interval.low().to_f64()),
        high: ends.map(|interval| interval.high().to_f64()),
        at_risk: found.at_risk,
    })
}
