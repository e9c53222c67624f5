//! What a definition says about its measures and its interval, key by key. Unknown keys are refused.

use serde::Deserialize;

use super::stretch::{Elapsed, Stretch};
use super::{AbsentReason, CurrencyPolicy, Scale};

/// A measure as defined.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureSource {
    /// The name in the formula.
    pub name: String,
    /// The fact table; a nested measure has none.
    #[serde(default)]
    pub table: String,
    /// When its facts count.
    pub class: Class,
    /// How rows (of a nested measure: entities) become a number.
    pub aggregate: Aggregate,
    /// The SQL expression that is aggregated; needed but for counts, where it leaves out what is null. Of `distinct` a
    /// column of codes.
    #[serde(default)]
    pub expression: String,
    /// The SQL condition on rows; empty = all.
    #[serde(default)]
    pub filter: String,
    /// What the expression's numbers are; left out = as the column has it.
    #[serde(default)]
    pub of: Option<Scale>,
    /// Of a `quantile` or `survival_quantile`: which one, a decimal number between 0 and 1.
    #[serde(default)]
    pub q: Option<String>,
    /// The period it looks at.
    #[serde(default)]
    pub window: Window,
    /// When in that period: of a stock the instant, of a flow only the period.
    #[serde(default)]
    pub at: At,
    /// Counts only rows of which a second instant lies so to the period.
    #[serde(default)]
    pub due: Option<DueSource>,
    /// A dimension of the grouping that it sums over.
    #[serde(default)]
    pub across: Option<String>,
    /// The reason when a division by it fails because there is no item; left out = the KPI's.
    #[serde(default)]
    pub none: Option<AbsentReason>,
    /// The reason when a division by it fails although there are items, or when all lack the expression; left out =
    /// `no_amounts`, of a lag `not_mature` or `not_reached`.
    #[serde(default)]
    pub zero: Option<AbsentReason>,
    /// Of a lag: the column of the instant at which the row's wait begins; left out = `valid_from`.
    #[serde(default)]
    pub start: Option<String>,
    /// Of a lag: the column of the instant at which it ends, null = not yet.
    #[serde(default)]
    pub end: Option<String>,
    /// Of a lag: the column of the instant of another end, after which this one cannot come.
    #[serde(default)]
    pub competes: Option<String>,
    /// Of a lag by the business clock: the column of the instant of the end, as `end` counts business time.
    #[serde(default)]
    pub happened: Option<String>,
    /// Of a stock, in place of an expression: the column of an instant; what is aggregated is how long ago that was.
    #[serde(default)]
    pub age: Option<String>,
    /// Of a lag or an age: what clock its columns tell.
    #[serde(default)]
    pub clock: Timing,
    /// Of a lag: the window of `converted` and `matured`, the age of `curve`.
    #[serde(default)]
    pub within: Option<Elapsed>,
    /// Of a `sum` or `weighted_mean`: the column of whole numbers that each value is multiplied with.
    #[serde(default)]
    pub weight: Option<String>,
    /// Which exchange rates its money is converted at; left out = as the KPI says.
    #[serde(default)]
    pub currency: Option<CurrencyPolicy>,
    /// Of a measure of a nested one: whether all rows of an entity count, those of other groups and of what is filtered
    /// out too.
    #[serde(default)]
    pub whole: bool,
    /// Of a nested measure: what entities are told apart by. A column of codes; `account`, where accounts that were merged
    /// count as the one that is left; or `customer`, where an account counts as its topmost parent.
    #[serde(default)]
    pub per: Option<String>,
    /// Of a `spread` over quotas: whether those of teams count too, each in place of what is below it.
    #[serde(default)]
    pub holders: Holders,
    /// Of a nested measure: the formula over its own measures that is evaluated for each entity.
    #[serde(default)]
    pub formula: String,
    /// Of a nested measure: a condition over its own measures; other entities do not count. Empty = all that have a row.
    #[serde(default, rename = "where")]
    pub only: String,
    /// Of a nested measure: its own measures.
    #[serde(default)]
    pub measures: Vec<MeasureSource>,
}

/// Where a second instant of a row must lie: `from <= column < before`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DueSource {
    /// The column of the instant.
    pub column: String,
    /// Not before this edge of the period.
    #[serde(default)]
    pub from: Option<Edge>,
    /// Before this edge of the period.
    #[serde(default)]
    pub before: Option<Edge>,
    /// Whether rows without such an instant count too.
    #[serde(default)]
    pub missing: bool,
}

/// An edge of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Edge {
    Start,
    End,
    /// The end, or as-of while it has not come: where a stock stands.
    Now,
    /// As-of, whatever the period.
    AsOf,
}

/// When the facts of a measure count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Events in the period.
    Flow,
    /// What holds at the period's end.
    Stock,
    /// What began in the period, and how long it took to end.
    Lag,
    /// A formula for each entity over measures of its own, then an aggregate over the entities.
    Nested,
}

/// How rows become a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// How many rows; with an expression, those where it is not null. Nested: entities for which the formula is true.
    Count,
    /// The sum.
    Sum,
    /// The mean of those that are not null.
    Mean,
    /// The median, type 7.
    Median,
    /// A quantile, type 7.
    Quantile,
    /// How many different codes.
    Distinct,
    /// Nested: the share of the entities for which the formula is true.
    Share,
    /// Of rows that hold during the period: the sum, each amount by the share of its days that lie in it.
    Spread,
    /// The sum of values times their weights, by the sum of the weights.
    WeightedMean,
    /// Of rows that hold during the period: the working days that they have in it, up to as-of.
    WorkingDays,
    /// Lag: how many began.
    Started,
    /// Lag: of how many the whole window has passed.
    Matured,
    /// Lag: how many of those ended within the window.
    Converted,
    /// Lag: the probability of having ended by an age (Kaplan-Meier; with competing ends Aalen-Johansen).
    Curve,
    /// Lag: the least age by which that share has ended (Kaplan-Meier).
    SurvivalQuantile,
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
    /// So long up to the end of the one asked for.
    Rolling(Stretch),
    /// All the time before the one asked for.
    Before,
    /// All the time up to as-of, whatever the one asked for.
    Ever,
}

/// When in its period a measure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// A flow counts in the period, a stock at its end.
    #[default]
    Period,
    /// A stock at the start.
    Start,
    /// A stock at the end.
    End,
    /// As `window: previous`.
    Previous,
    /// A stock at any time in it; a row counts once.
    During,
}

/// Whose quotas count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holders {
    /// Every row.
    #[default]
    Rows,
    /// A team's own on the days where it has one, else the sum of those directly below it: teams, and reps in it.
    Tree,
    /// The same, but by `team` a team above others has what the reps directly in it are to reach: to stand beside what
    /// those did.
    Members,
}

/// What clock the columns of a lag tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// Time as it passes.
    #[default]
    Elapsed,
    /// Time while the tenant works.
    Business,
}

/// How far the truth may lie from a value: 95 %.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntervalSource {
    /// How it is found.
    #[serde(default)]
    pub method: Method,
    /// Wilson: the measure that counts successes.
    #[serde(default)]
    pub successes: Option<String>,
    /// Wilson: the measure that counts trials.
    #[serde(default)]
    pub trials: Option<String>,
    /// The others, but the delta method: the measure it is about; left out = the one that the formula is.
    #[serde(default)]
    pub measure: Option<String>,
    /// The delta method: whether the value is a part of a whole, so that the interval ends at 0 and 1.
    #[serde(default)]
    pub share: bool,
    /// The delta method: whether it is chance too how many items there are, so that totals and what is measured against
    /// a fixed number are as uncertain as they are. Sums of several tables and periods then all move, each by itself.
    #[serde(default)]
    pub totals: bool,
}

/// How an interval is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Of a share: the score interval of Wilson.
    #[default]
    Wilson,
    /// Of a mean: Student's t.
    T,
    /// Of a median or quantile: binomial order statistics.
    Quantile,
    /// Of a count: Garwood's exact Poisson interval.
    Garwood,
    /// Of a formula over sums: the delta method over the items.
    Delta,
    /// Of a curve or survival quantile: Greenwood's variance.
    Greenwood,
}

impl Aggregate {
    /// The name used in definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Quantile => "quantile",
            Self::Distinct => "distinct",
            Self::Share => "share",
            Self::Spread => "spread",
            Self::WeightedMean => "weighted_mean",
            Self::WorkingDays => "working_days",
            Self::Started => "started",
            Self::Matured => "matured",
            Self::Converted => "converted",
            Self::Curve => "curve",
            Self::SurvivalQuantile => "survival_quantile",
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
            Self::Lag => "lag",
            Self::Nested => "nested",
        }
    }
}
