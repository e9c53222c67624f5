//! What a definition file says, key by key. Unknown keys are refused.

use serde::Deserialize;

use super::{AbsentReason, Scale};

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
    /// `[a-z][a-z0-9_]*`.
    pub id: String,
    /// From 1; rises with every change of meaning.
    pub version: u32,
    /// The name for people.
    pub name: String,
    /// What it tells, in a sentence or two.
    pub description: String,
    /// The formula in words.
    pub in_words: String,
    /// The formula over measures: `+ - * /`, parentheses, numbers.
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
    pub funnel_stage: String,
    /// Which exchange rates it uses; left out = it has no money.
    #[serde(default)]
    pub currency: CurrencyPolicy,
    /// What `n` counts.
    pub items: Items,
    /// The reason when there is no item; left out = the formula still holds (counts and sums are 0).
    #[serde(default)]
    pub absent_reason: Option<AbsentReason>,
    /// The counts of a Wilson interval; left out = none.
    #[serde(default)]
    pub interval: Option<IntervalSource>,
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

/// A measure as defined.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureSource {
    /// The name in the formula.
    pub name: String,
    /// The fact table.
    pub table: String,
    /// When its facts count.
    pub class: Class,
    /// How rows become a number.
    pub aggregate: Aggregate,
    /// The SQL expression that is aggregated; needed but for counts, where it leaves out what is null.
    #[serde(default)]
    pub expression: String,
    /// The SQL condition on rows; empty = all.
    #[serde(default)]
    pub filter: String,
    /// What the expression's numbers are; left out = as the column has it.
    #[serde(default)]
    pub of: Option<Scale>,
    /// The period it looks at.
    #[serde(default)]
    pub window: Window,
    /// A dimension of the grouping that it sums over.
    #[serde(default)]
    pub across: Option<String>,
    /// The reason when a division by it fails because there is no item; left out = the KPI's.
    #[serde(default)]
    pub none: Option<AbsentReason>,
    /// The reason when a division by it fails although there are items, or when all lack the expression; left out =
    /// `no_amounts`.
    #[serde(default)]
    pub zero: Option<AbsentReason>,
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
}

/// The counts of a Wilson interval.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntervalSource {
    /// The measure that counts successes.
    pub successes: String,
    /// The measure that counts trials.
    pub trials: String,
}

/// What others reach.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// The value or band, as the source gives it.
    pub value: String,
    /// Where it was read.
    pub source: String,
    /// When it was read or published.
    pub date: String,
    /// Whom it is about.
    pub segment: String,
}

/// When the facts of a measure count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Events in the period.
    Flow,
    /// What holds at the period's end.
    Stock,
}

/// How rows become a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// How many rows; with an expression, those where it is not null.
    Count,
    /// The sum.
    Sum,
    /// The median, type 7.
    Median,
}

/// The period that a measure looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The one asked for.
    #[default]
    This,
    /// The one before it.
    Previous,
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
}

impl Aggregate {
    /// The name used in definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Median => "median",
        }
    }
}

impl Class {
    /// The name used in definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Stock => "stock",
        }
    }
}
