//! A deal, with the histories of the fields that move.

use crate::money::Money;
use crate::time::When;

/// What sort of business a deal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum OpportunityType {
    New,
    Expansion,
    CrossSell,
    Renewal,
}

impl OpportunityType {
    /// The name used as a dimension value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Expansion => "expansion",
            Self::CrossSell => "cross_sell",
            Self::Renewal => "renewal",
        }
    }
}

/// How sure the owner is that the deal closes in the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "documented in opportunity.proto")]
pub enum ForecastCategory {
    Omitted,
    Pipeline,
    BestCase,
    MostLikely,
    Commit,
    Closed,
}

/// One product of a deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineItem {
    /// The product's name.
    pub product: String,
    /// The product's family.
    pub product_family: Option<String>,
    /// How many units, a positive decimal number as text.
    pub units: String,
    /// The line's part of the amount; lines without one share what is left in equal parts.
    pub amount: Option<Money>,
}

/// The deal entered a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageChange {
    /// When.
    pub at: When,
    /// The stage it entered.
    pub stage: String,
}

/// The deal's amount changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountChange {
    /// When.
    pub at: When,
    /// The amount from then on; `None` = unknown.
    pub amount: Option<Money>,
}

/// The deal's owner changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerChange {
    /// When.
    pub at: When,
    /// The owner's rep id from then on.
    pub owner_id: String,
}

/// The deal's expected close changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseDateChange {
    /// When.
    pub at: When,
    /// The expected close from then on; `None` = undated.
    pub expected_close: Option<When>,
}

/// A deal.
///
/// Where a history is given (not empty), it tells the field's past, entry by entry with its own instant; the plain field
/// is then the value after the last entry. Where it is empty, the plain field holds from the version's `effective_at`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Opportunity {
    /// Display name.
    pub name: String,
    /// The account's id.
    pub account_id: Option<String>,
    /// The owner's rep id.
    pub owner_id: Option<String>,
    /// Product lines.
    pub lines: Vec<LineItem>,
    /// Where the deal came from.
    pub source: Option<String>,
    /// The campaign that brought it.
    pub campaign: Option<String>,
    /// What sort of business.
    pub opportunity_type: Option<OpportunityType>,
    /// The pipeline's id; empty = the tenant's first.
    pub pipeline: String,
    /// The amount now.
    pub amount: Option<Money>,
    /// The amount at list price.
    pub list_amount: Option<Money>,
    /// The stage now.
    pub stage: String,
    /// Forecast category.
    pub forecast_category: Option<ForecastCategory>,
    /// The CRM's own probability, 0 to 1, as decimal text.
    pub crm_probability: Option<String>,
    /// The main competitor.
    pub competitor: Option<String>,
    /// Term in months.
    pub term_months: Option<u32>,
    /// How many contacts at the account take part.
    pub contact_count: Option<u32>,
    /// When it is expected to close.
    pub expected_close: Option<When>,
    /// When it was created.
    pub created: Option<When>,
    /// When it was qualified.
    pub qualified: Option<When>,
    /// When it closed, as the source states it; only for a closed stage.
    pub closed: Option<When>,
    /// Why it was lost (or not decided).
    pub loss_reason: Option<String>,
    /// The stages it went through, oldest first.
    pub stage_history: Vec<StageChange>,
    /// The amounts it had, oldest first.
    pub amount_history: Vec<AmountChange>,
    /// The owners it had, oldest first.
    pub owner_history: Vec<OwnerChange>,
    /// The expected closes it had, oldest first.
    pub close_date_history: Vec<CloseDateChange>,
}
