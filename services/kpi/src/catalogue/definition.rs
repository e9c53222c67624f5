//! What a definition file says, key by key. Unknown keys are refused.

use serde::Deserialize;

use super::AbsentReason;
use super::about::{Benchmark, FunnelStage, SalesModel, Standing, Status};
use super::measure::{IntervalSource, MeasureSource};

/// A file of definitions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The KPIs in it.
    pub(super) kpis: Vec<Definition>,
}

/// A KPI as defined.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// `[a-z][a-z0-9_]*`; a tenant's own may leave it to its record.
    #[serde(default)]
    pub id: String,
    /// From 1; rises with every change of meaning. Of a tenant's own the log counts it.
    #[serde(default)]
    pub version: u32,
    /// Whether it may be relied on; left out = a draft. A certified one has an owner, says what counts and what does
    /// not, and has a caveat.
    #[serde(default)]
    pub status: Status,
    /// Who answers for the definition.
    #[serde(default)]
    pub owner: String,
    /// Whether it is only measured, or steered by; left out = a metric.
    #[serde(default)]
    pub class: Standing,
    /// The name for people.
    pub name: String,
    /// What it tells, in a sentence or two.
    pub description: String,
    /// What counts, in words.
    #[serde(default)]
    pub counts: String,
    /// What does not count, in words.
    #[serde(default)]
    pub leaves_out: String,
    /// The formula in words.
    pub in_words: String,
    /// The formula over measures: `+ - * /`, parentheses, numbers, `min max abs coalesce if pow`, comparisons, `and or not`.
    pub formula: String,
    /// What its values are counted in.
    pub unit: Unit,
    /// Which way is good.
    pub direction: Direction,
    /// Whether it moves before results do.
    pub leading: bool,
    /// How often to look at it.
    pub cadence: Cadence,
    /// The part of the funnel it watches.
    pub funnel_stage: FunnelStage,
    /// The ways of selling that it is of use to; left out = all.
    #[serde(default)]
    pub sales_models: Vec<SalesModel>,
    /// Which exchange rates it uses; left out = it has no money.
    #[serde(default)]
    pub currency: CurrencyPolicy,
    /// What `n` counts.
    pub items: Items,
    /// The reason when there is no item; left out = the formula still holds (counts and sums are 0).
    #[serde(default)]
    pub absent_reason: Option<AbsentReason>,
    /// How its interval is found; left out = none.
    #[serde(default)]
    pub interval: Option<IntervalSource>,
    /// Up to when events count when nothing is said.
    #[serde(default)]
    pub as_of: AsOf,
    /// A dimension by which it is always grouped.
    #[serde(default)]
    pub always_by: Option<String>,
    /// The dimensions to offer; left out = all that the tables of its measures share.
    #[serde(default)]
    pub dimensions: Option<Vec<String>>,
    /// The numbers that the formula is made of.
    pub measures: Vec<MeasureSource>,
    /// What to keep in mind.
    #[serde(default)]
    pub caveats: Vec<String>,
    /// What others reach; never a target.
    #[serde(default)]
    pub benchmarks: Vec<Benchmark>,
}

/// What `n` counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// In words.
    pub what: String,
    /// The measure that counts them.
    pub measure: String,
    /// The measure that tells how many lack an amount; left out = the same.
    #[serde(default)]
    pub missing: Option<String>,
    /// The measure whose groups are shown: of what is shared by credit all who have a part; left out = the same.
    #[serde(default)]
    pub groups: Option<String>,
}

/// Up to when events count when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsOf {
    /// The end of today.
    #[default]
    Day,
    /// The end of the current minute: what waits grows older while nothing happens.
    Minute,
}

/// What values are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Unit {
    Ratio,
    Count,
    Money,
    MoneyPerDay,
    MoneyPerUnit,
    Days,
    Minutes,
    Months,
    /// So many times something: 3.1 x.
    Times,
    /// Points of a scale, such as those of a survey.
    Points,
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Direction {
    Up,
    Down,
    Neutral,
}

/// How often to look at a KPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Cadence {
    Weekly,
    Monthly,
    Quarterly,
}

/// Which exchange rates are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurrencyPolicy {
    /// The KPI has no money.
    #[default]
    None,
    /// The rate of each event's day.
    Booked,
    /// The rate at as-of.
    Spot,
    /// One rate for all periods: the tenant's budget rates, else the rates at as-of.
    Constant,
    /// Of a measure only: the rate just before the start of the period that it looks at.
    Start,
    /// Of a measure only: the rate just before the end of that period, or before as-of while it has not come.
    End,
}

impl Unit {
    /// What values are counted in, but for money, whose unit has the name of a currency.
    #[must_use]
    pub fn plain_name(self) -> Option<&'static str> {
        match self {
            Self::Ratio => Some("ratio"),
            Self::Count => Some("count"),
            Self::Days => Some("days"),
            Self::Minutes => Some("minutes"),
            Self::Months => Some("months"),
            Self::Times => Some("times"),
            Self::Points => Some("points"),
            Self::Money | Self::MoneyPerDay | Self::MoneyPerUnit => None,
        }
    }
}
