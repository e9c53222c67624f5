//! What comes after the deal: subscriptions, contracts, orders; and what selling costs.

use super::LineItem;
use crate::money::Money;
use crate::time::{CivilDate, When};

/// What an account pays each month for a product, from a start to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The account's id.
    pub account_id: String,
    /// The product's name.
    pub product: Option<String>,
    /// Recurring revenue of a month, 0 or more; of a version, from its `effective_at` on.
    pub mrr: Money,
    /// From when it is paid.
    pub started: When,
    /// From when it is not paid any more.
    pub ended: Option<When>,
}

/// An agreement with an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contract {
    /// The account's id.
    pub account_id: Option<String>,
    /// The opportunity that led to it.
    pub opportunity_id: Option<String>,
    /// When all parties had signed; `None` = not signed yet.
    pub signed: Option<When>,
    /// Whether the signed document is on file.
    pub document_present: bool,
    /// First day of the term.
    pub start_date: Option<CivilDate>,
    /// The day after the last day of the term, as the source states it.
    pub end_date: Option<CivilDate>,
    /// Term in months; counts where there is no `end_date`.
    pub term_months: Option<u32>,
    /// What has to be done about it; each name once.
    pub compliance_checks: Vec<ComplianceCheck>,
}

impl Contract {
    /// The day after the last day of the term: as stated, else start and term in months (31 January and a month is the end
    /// of February).
    #[must_use]
    pub fn term_end(&self) -> Option<CivilDate> {
        self.end_date.or_else(|| {
            let months = jiff::Span::new().try_months(i64::from(self.term_months?)).ok()?;
            let end = self.start_date?.to_jiff().checked_add(months).ok()?;
            Some(CivilDate::from_jiff(end))
        })
    }
}

/// Something that has to be done about a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplianceCheck {
    /// What it is called, such as `credit check`.
    pub name: String,
    /// The last day on which it is in time.
    pub due: CivilDate,
    /// The day on which it was done.
    pub done: Option<CivilDate>,
}

/// What an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OrderType {
    /// An order.
    #[default]
    Order,
    /// An invoice.
    Invoice,
    /// A credit note: its amounts count with the opposite sign, and it is no purchase.
    CreditNote,
}

impl OrderType {
    /// The name used as a dimension value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
        }
    }

    /// What its amounts are multiplied with: -1 for a credit note, else 1.
    #[must_use]
    pub fn sign(self) -> i64 {
        match self {
            Self::Order | Self::Invoice => 1,
            Self::CreditNote => -1,
        }
    }
}

/// An order or invoice, or a credit note that takes part of one back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The account's id.
    pub account_id: Option<String>,
    /// The opportunity that led to it.
    pub opportunity_id: Option<String>,
    /// When it was placed or issued.
    pub at: When,
    /// What it is.
    pub order_type: OrderType,
    /// The revenue recognised by it, 0 or more, before its sign; `None` = unknown.
    pub revenue: Option<Money>,
    /// Product lines; amounts are parts of the revenue, before its sign.
    pub lines: Vec<LineItem>,
}

/// What money was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "documented in spend.proto")]
pub enum SpendCategory {
    Marketing,
    SalesPayroll,
    Tools,
    Training,
    Other,
}

impl SpendCategory {
    /// The name used as a dimension value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::SalesPayroll => "sales_payroll",
            Self::Tools => "tools",
            Self::Training => "training",
            Self::Other => "other",
        }
    }
}

/// Money spent on selling in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// What it was spent on.
    pub category: SpendCategory,
    /// The channel, such as `search`.
    pub channel: Option<String>,
    /// The campaign.
    pub campaign: Option<String>,
    /// How much, 0 or more.
    pub amount: Money,
    /// First day of the period that it is spread over.
    pub period_start: CivilDate,
    /// The day after the last day of the period.
    pub period_end: CivilDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_ends_as_stated_or_after_its_months() {
        let end = |start: &str, end: Option<&str>, term_months| {
            let day = |text: &str| text.parse().unwrap();
            let contract = Contract {
                start_date: Some(day(start)),
                end_date: end.map(day),
                term_months,
                ..Contract::default()
            };
            contract.term_end().map(|day| day.to_string())
        };
        assert_eq!(end("2024-01-31", None, Some(1)).as_deref(), Some("2024-02-29"));
        assert_eq!(end("2024-01-01", None, Some(12)).as_deref(), Some("2025-01-01"));
        assert_eq!(
            end("2024-01-01", Some("2024-07-01"), Some(12)).as_deref(),
            Some("2024-07-01")
        );
        assert_eq!(end("2024-01-01", None, None), None);
        assert_eq!(end("2024-01-01", None, Some(u32::MAX)), None);
    }
}
