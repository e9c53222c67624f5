//! A deal, with the histories of the fields that move.

use super::decimal::millionths;
use crate::money::Money;
use crate::time::When;

/// The whole of a deal, as shares count.
const MILLION: i128 = 1_000_000;

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

/// One product of a deal or an order.
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
    /// Who is credited with the deal; empty = the owner alone.
    pub credits: Vec<Credit>,
    /// The discount on the list amount; `None` = list amount less amount.
    pub discount: Option<Money>,
}

/// A rep's part in a deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The rep's id.
    pub rep_id: String,
    /// The part: decimal text above 0 and up to 1, at most 6 decimals.
    pub share: String,
}

impl Credit {
    /// The part in millionths; 0 for a text that is none, which no checked record has.
    #[must_use]
    pub fn millionths(&self) -> i64 {
        millionths(&self.share).unwrap_or(0)
    }
}

impl Opportunity {
    /// Who counts and rates go to: the largest share, of equal ones the first id; the owner where there are no credits.
    #[must_use]
    pub fn primary_owner(&self) -> Option<&str> {
        let largest = self
            .credits
            .iter()
            .min_by_key(|one| (-one.millionths(), &one.rep_id));
        largest
            .map(|one| one.rep_id.as_str())
            .or(self.owner_id.as_deref())
    }

    /// `minor` units of money, 0 or more, split by credits into whole parts that sum to it: what is left after rounding
    /// down goes, one unit each, to the largest remainders, of equal ones to the first id. By id; empty without credits.
    #[must_use]
    pub fn credited(&self, minor: i64) -> Vec<(&str, i64)> {
        let mut parts: Vec<(&str, i64, i128)> = self
            .credits
            .iter()
            .map(|one| {
                let exact = i128::from(minor) * i128::from(one.millionths());
                let whole = i64::try_from(exact / MILLION).unwrap_or(i64::MAX);
                (one.rep_id.as_str(), whole, exact % MILLION)
            })
            .collect();
        let given: i64 = parts.iter().map(|(_, whole, _)| whole).sum();
        parts.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(b.0)));
        let left = usize::try_from(minor - given).unwrap_or(0);
        for part in parts.iter_mut().take(left) {
            part.1 += 1;
        }
        parts.sort_by_key(|(rep, _, _)| *rep);
        parts.into_iter().map(|(rep, whole, _)| (rep, whole)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shared(shares: &[(&str, &str)]) -> Opportunity {
        let credit = |(rep, share): &(&str, &str)| Credit {
            rep_id: (*rep).to_owned(),
            share: (*share).to_owned(),
        };
        Opportunity {
            owner_id: Some("owner".to_owned()),
            credits: shares.iter().map(credit).collect(),
            ..Opportunity::default()
        }
    }

    #[test]
    fn money_is_split_by_largest_remainder() {
        let thirds = shared(&[("c", "0.333333"), ("b", "0.333333"), ("a", "0.333334")]);
        assert_eq!(thirds.credited(100), [("a", 34), ("b", 33), ("c", 33)]);
        assert_eq!(thirds.credited(0), [("a", 0), ("b", 0), ("c", 0)]);
        // 7 cents in halves: 3.5 each, the odd cent goes to the first id.
        let halves = shared(&[("z", "0.5"), ("y", "0.5")]);
        assert_eq!(halves.credited(7), [("y", 4), ("z", 3)]);
        assert_eq!(shared(&[]).credited(7), []);
    }

    #[test]
    fn counts_go_to_the_largest_share_then_to_the_first_id() {
        assert_eq!(shared(&[]).primary_owner(), Some("owner"));
        assert_eq!(shared(&[("b", "0.5"), ("a", "0.5")]).primary_owner(), Some("a"));
        assert_eq!(shared(&[("a", "0.4"), ("b", "0.60")]).primary_owner(), Some("b"));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(minor in 0..=i64::MAX, cuts in prop::collection::btree_set(1..1_000_000_i64, 0..6)) {
            let mut bounds: Vec<i64> = cuts.into_iter().collect();
            bounds.insert(0, 0);
            bounds.push(1_000_000);
            let shares: Vec<(String, String)> = bounds
                .windows(2)
                .map(|pair| (format!("r{}", pair[0]), format!("{}.{:06}", (pair[1] - pair[0]) / 1_000_000, (pair[1] - pair[0]) % 1_000_000)))
                .collect();
            let deal = shared(&shares.iter().map(|(rep, share)| (rep.as_str(), share.as_str())).collect::<Vec<_>>());
            let parts = deal.credited(minor);
            prop_assert_eq!(parts.iter().map(|(_, part)| i128::from(*part)).sum::<i128>(), i128::from(minor));
            for (credit, share) in deal.credits.iter().map(|one| (one, one.millionths())) {
                let part = parts.iter().find(|(rep, _)| *rep == credit.rep_id).map_or(-1, |(_, part)| *part);
                let exact = i128::from(minor) * i128::from(share);
                prop_assert!((i128::from(part) * MILLION - exact).abs() < MILLION);
            }
        }
    }
}
