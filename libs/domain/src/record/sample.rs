//! Values of business numbers that are measured elsewhere.

use std::collections::BTreeMap;

use super::decimal::millionths;
use crate::time::When;

/// A value of any other business number: tickets, traffic, EBIT, survey scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricSample {
    /// The number's name, such as `forecast.commit`.
    pub name: String,
    /// What the value is of, by name of the dimension; no value is empty.
    pub dimensions: BTreeMap<String, String>,
    /// When it was measured, or the first day or instant of what it covers.
    pub at: When,
    /// Decimal text with at most 6 decimals.
    pub value: String,
    /// How much it weighs in means: decimal text above 0, `1` when the source says nothing.
    pub weight: String,
}

impl MetricSample {
    /// Value and weight in millionths; `None` for texts that are no such numbers, which no checked record has.
    #[must_use]
    pub fn millionths(&self) -> Option<(i64, i64)> {
        Some((millionths(&self.value)?, millionths(&self.weight)?))
    }
}
