//! What comes after the deal, and what selling costs, as facts need it.

use bellwether_domain::record::{
    Contract, MetricSample, Order, OrderType, Spend, SpendCategory, Subscription,
};

use super::super::TenantFacts;
use crate::facts;
use crate::table::{Dict, NULL};

/// Teaches the words of closed sets.
pub(super) fn closed_words(words: &mut impl FnMut(Dict, &[&str])) {
    use OrderType::{CreditNote, Invoice};
    words(
        Dict::OrderType,
        &[OrderType::Order, Invoice, CreditNote].map(OrderType::name),
    );
    use SpendCategory::{Marketing, Other, SalesPayroll, Tools, Training};
    words(
        Dict::SpendCategory,
        &[Marketing, SalesPayroll, Tools, Training, Other].map(SpendCategory::name),
    );
}

impl TenantFacts {
    /// `None` for one without an amount, which no checked record is.
    pub(in super::super) fn coded_subscription(
        &mut self,
        says: &Subscription,
    ) -> Option<facts::Subscription> {
        Some(facts::Subscription {
            account: self.dict(Dict::Account).intern(&says.account_id),
            product: self.code(Dict::Product, says.product.as_ref()),
            mrr: self.amount(Some(says.mrr))?,
            started: says.started,
            ended: says.ended,
        })
    }

    pub(in super::super) fn coded_contract(&mut self, says: &Contract) -> facts::Contract {
        let checks = says.compliance_checks.iter();
        let checks = checks.map(|check| facts::Check {
            check: self.dict(Dict::Check).intern(&check.name),
            due: check.due.days(),
            done: check.done.map(|day| day.days()),
        });
        let checks = checks.collect();
        facts::Contract {
            account: self.code(Dict::Account, says.account_id.as_ref()),
            deal: self.code(Dict::Deal, says.opportunity_id.as_ref()),
            signed: says.signed,
            document: says.document_present,
            term: says.term_months,
            start: says.start_date.map(|day| day.days()),
            end: says.term_end().map(|day| day.days()),
            checks,
        }
    }

    pub(in super::super) fn coded_order(&mut self, says: &Order) -> facts::Order {
        facts::Order {
            account: self.code(Dict::Account, says.account_id.as_ref()),
            deal: self.code(Dict::Deal, says.opportunity_id.as_ref()),
            order_type: self.dict(Dict::OrderType).intern(says.order_type.name()),
            at: says.at,
            revenue: self.amount(says.revenue),
            lines: self.coded_lines(&says.lines),
        }
    }

    /// `None` for one without an amount, which no checked record is.
    pub(in super::super) fn coded_spend(&mut self, says: &Spend) -> Option<facts::Spend> {
        Some(facts::Spend {
            category: self.dict(Dict::SpendCategory).intern(says.category.name()),
            channel: self.code(Dict::Channel, says.channel.as_ref()),
            campaign: self.code(Dict::Campaign, says.campaign.as_ref()),
            amount: self.amount(Some(says.amount))?,
            start: says.period_start.days(),
            end: says.period_end.days(),
        })
    }

    pub(in super::super) fn coded_sample(&mut self, says: &MetricSample) -> facts::Sample {
        let team = says.dimensions.get("team").map_or(0, |id| self.team(id));
        let mut of = |dict: Dict, name: &str| self.code(dict, says.dimensions.get(name));
        let (value, weight) = says.millionths().unwrap_or((NULL, NULL));
        facts::Sample {
            owner: of(Dict::Rep, "owner"),
            account: of(Dict::Account, "account"),
            product: of(Dict::Product, "product"),
            channel: of(Dict::Channel, "channel"),
            campaign: of(Dict::Campaign, "campaign"),
            source: of(Dict::Source, "source"),
            team,
            metric: self.dict(Dict::Metric).intern(&says.name),
            at: says.at,
            value,
            weight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dictionaries;
    use super::*;

    #[test]
    fn a_credit_note_has_the_code_that_facts_know() {
        let dictionaries = dictionaries();
        let code = dictionaries[Dict::OrderType as usize].code(OrderType::CreditNote.name());
        assert_eq!(code, Some(facts::CREDIT_NOTE));
    }
}
