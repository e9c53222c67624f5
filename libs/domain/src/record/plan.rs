//! What a tenant means by its numbers and wants of them: own KPIs, targets, scorecards.

use std::collections::BTreeMap;

use super::decimal::millionths;
use crate::money::Money;
use crate::period::Grain;
use crate::time::CivilDate;

/// A KPI of the tenant's own, or what the tenant says about a built-in one; the record's id is the KPI's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KpiDefinition {
    /// YAML of one KPI with the keys of the built-in catalogue; empty = the built-in KPI of this id.
    pub definition: String,
    /// Whether it may be relied on.
    pub status: KpiStatus,
    /// Of a deprecated one: the id of the KPI to use instead.
    pub deprecated_for: Option<String>,
    /// What makes it something to steer by; `None` = it is only measured.
    pub promotion: Option<Promotion>,
    /// Who wrote this version.
    pub author: Option<String>,
    /// Why this version was written.
    pub note: Option<String>,
}

/// Whether a definition may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KpiStatus {
    /// Still being worked out.
    #[default]
    Draft,
    /// Checked, and somebody answers for it.
    Certified,
    /// To be used no more; it still answers.
    Deprecated,
}

/// What it takes to steer by a number. Any part may be missing in a record; promoting asks for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Promotion {
    /// Who answers for reaching the target.
    pub owner: Option<String>,
    /// The id of the target's record.
    pub target_id: Option<String>,
    /// The day by which it is to be reached.
    pub deadline: Option<CivilDate>,
    /// What one does about it when it is off.
    pub action: Option<String>,
    /// The source of a benchmark in words, or `own` for the KPI's own past.
    pub benchmark: Option<String>,
    /// How often it is looked at.
    pub cadence: Option<ReviewCadence>,
}

/// How often something is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ReviewCadence {
    Weekly,
    Monthly,
    Quarterly,
}

/// What a KPI is to reach in a period, for the company or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The KPI's id.
    pub kpi: String,
    /// Whose target it is: values by name of the dimension; empty = the company's.
    pub holder: BTreeMap<String, String>,
    /// First day of the period.
    pub period_start: CivilDate,
    /// Day after the last day of the period.
    pub period_end: CivilDate,
    /// What is to be reached.
    pub goal: Goal,
    /// How the goal is spread over the period.
    pub shape: TargetShape,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When it is at risk, and when off.
    pub thresholds: Thresholds,
    /// Why it is what it is.
    pub note: Option<String>,
}

impl Target {
    /// The id of the target of a KPI, period and holder, where nobody gives it another: such as
    /// `bookings.2026-10-01.2027-01-01.team=West`. A dimension without a value says nothing of the holder.
    #[must_use]
    pub fn id_of(
        kpi: &str,
        period_start: &str,
        period_end: &str,
        holder: &BTreeMap<String, String>,
    ) -> String {
        let mut id = format!("{kpi}.{period_start}.{period_end}");
        for (dimension, value) in holder.iter().filter(|(_, value)| !value.is_empty()) {
            id.push_str(&format!(".{dimension}={value}"));
        }
        id
    }
}

/// What is to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// A decimal number in the KPI's unit, at most 6 decimals.
    Value(String),
    /// An amount, of a KPI of money.
    Amount(Money),
}

impl Goal {
    /// A value in millionths; `None` for an amount, and for a text that is no such number, which no checked record has.
    #[must_use]
    pub fn millionths(&self) -> Option<i64> {
        match self {
            Self::Value(text) => millionths(text),
            Self::Amount(_) => None,
        }
    }
}

/// How a goal is spread over its period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TargetShape {
    /// Evenly over its days.
    #[default]
    Linear,
    /// Evenly over its days of business.
    BusinessDays,
    /// As the KPI went in the same periods of the years before.
    Seasonal,
    /// By the weights of equal parts of the period, first to last; of a checked record 1 to 366, not all 0.
    Weights(Vec<u32>),
}

/// Shares of the pace, as decimal texts between 0 and 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// Below it the target is at risk.
    pub warn_below: String,
    /// Below it the target is off; at most `warn_below`.
    pub bad_below: String,
    /// By how much more it must recover before its status gets better again.
    pub hysteresis: String,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            warn_below: "0.9".to_owned(),
            bad_below: "0.75".to_owned(),
            hysteresis: "0".to_owned(),
        }
    }
}

impl Thresholds {
    /// `warn_below`, `bad_below` and `hysteresis` in millionths; `None` for texts that no checked record has.
    #[must_use]
    pub fn millionths(&self) -> Option<[i64; 3]> {
        let [warn, bad, back] =
            [&self.warn_below, &self.bad_below, &self.hysteresis].map(|text| millionths(text));
        Some([warn?, bad?, back?])
    }
}

/// A few KPIs that are looked at together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scorecard {
    /// Its name for people.
    pub name: String,
    /// The KPIs, the most important first.
    pub items: Vec<ScorecardItem>,
    /// What it is narrowed to: values by name of the dimension; empty = the company.
    pub filters: BTreeMap<String, String>,
    /// The periods that it shows.
    pub period: Grain,
    /// Who looks at it.
    pub owner: Option<String>,
    /// What it is for.
    pub note: Option<String>,
}

/// A KPI on a scorecard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScorecardItem {
    /// The KPI's id.
    pub kpi: String,
    /// How much it counts, relative to the others; from 1.
    pub weight: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_without_values_is_the_company() {
        let id = |holder: &[(&str, &str)]| {
            let holder = holder
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Target::id_of("bookings", "2026-10-01", "2027-01-01", &holder.collect())
        };
        assert_eq!(id(&[]), "bookings.2026-10-01.2027-01-01");
        assert_eq!(id(&[("team", "")]), id(&[]));
        assert_eq!(id(&[("region", ""), ("team", "West")]), id(&[("team", "West")]));
        assert_eq!(
            id(&[("team", "West")]),
            "bookings.2026-10-01.2027-01-01.team=West"
        );
    }
}
