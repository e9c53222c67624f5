//! Subscriptions, contracts, orders, spend and samples.

use bellwether_domain::Money;
use bellwether_domain::record::{
    ComplianceCheck, Contract, MetricSample, Order, OrderType, Spend, SpendCategory, Subscription,
};

use super::opportunity::{line_to_proto, lines, whole};
use super::stand_in::{NOTHING, period, some_day};
use crate::convert::fields::{Fields, known, money_to_proto, plain};
use crate::convert::time::when_to_proto;
use crate::{sales, types};

/// An amount that must be there.
fn required_money(field: &str, money: Option<&types::Money>, fields: &mut Fields) -> Option<Money> {
    if money.is_none() {
        fields.add(field, "is missing: give an amount of money");
    }
    fields.money(field, money)
}

pub(super) fn subscription(message: &sales::Subscription, fields: &mut Fields) -> Subscription {
    let account_id = known(&message.account_id);
    if account_id.is_none() {
        fields.add("subscription.account_id", "is missing: name the account");
    }
    let mrr = required_money("subscription.mrr", message.mrr.as_ref(), fields);
    let started = fields.required_when("subscription.started_at", message.started_at.as_ref());
    let ended = fields.when("subscription.ended_at", message.ended_at.as_ref());
    Subscription {
        account_id: account_id.unwrap_or_default(),
        product: known(&message.product),
        mrr: mrr.unwrap_or(NOTHING),
        ended: ended.filter(|_| started.is_some()),
        started: started.unwrap_or_else(some_day),
    }
}

pub(super) fn subscription_to_proto(subscription: &Subscription) -> sales::Subscription {
    sales::Subscription {
        account_id: subscription.account_id.clone(),
        product: plain(subscription.product.as_ref()),
        mrr: Some(money_to_proto(subscription.mrr)),
        started_at: Some(when_to_proto(subscription.started)),
        ended_at: subscription.ended.map(when_to_proto),
    }
}

pub(super) fn contract(message: &sales::Contract, fields: &mut Fields) -> Contract {
    let checks = message.compliance_checks.iter().enumerate();
    let compliance_checks = checks
        .filter_map(|(index, check)| compliance_check(index, check, fields))
        .collect();
    let compliance_checks = whole(compliance_checks, message.compliance_checks.len());
    Contract {
        account_id: known(&message.account_id),
        opportunity_id: known(&message.opportunity_id),
        signed: fields.when("contract.signed_at", message.signed_at.as_ref()),
        document_present: message.document_present,
        start_date: fields.date("contract.start_date", &message.start_date),
        end_date: fields.date("contract.end_date", &message.end_date),
        term_months: message.term_months,
        compliance_checks,
    }
}

fn compliance_check(
    index: usize,
    check: &sales::ComplianceCheck,
    fields: &mut Fields,
) -> Option<ComplianceCheck> {
    let at = format!("contract.compliance_checks[{index}]");
    let due = fields.required_date(&format!("{at}.due_date"), &check.due_date);
    let done = fields.date(&format!("{at}.done_date"), &check.done_date);
    Some(ComplianceCheck {
        name: check.name.clone(),
        due: due?,
        done,
    })
}

pub(super) fn contract_to_proto(contract: &Contract) -> sales::Contract {
    let check = |check: &ComplianceCheck| sales::ComplianceCheck {
        name: check.name.clone(),
        due_date: check.due.to_string(),
        done_date: check.done.map(|day| day.to_string()).unwrap_or_default(),
    };
    sales::Contract {
        account_id: plain(contract.account_id.as_ref()),
        opportunity_id: plain(contract.opportunity_id.as_ref()),
        signed_at: contract.signed.map(when_to_proto),
        document_present: contract.document_present,
        start_date: contract.start_date.map(|day| day.to_string()).unwrap_or_default(),
        end_date: contract.end_date.map(|day| day.to_string()).unwrap_or_default(),
        term_months: contract.term_months,
        compliance_checks: contract.compliance_checks.iter().map(check).collect(),
    }
}

pub(super) fn order(message: &sales::Order, fields: &mut Fields) -> Order {
    let at = fields.required_when("order.at", message.at.as_ref());
    let order_type = fields.choice("order.type", message.r#type, |value| {
        Some(match value {
            sales::OrderType::Unspecified | sales::OrderType::Order => OrderType::Order,
            sales::OrderType::Invoice => OrderType::Invoice,
            sales::OrderType::CreditNote => OrderType::CreditNote,
        })
    });
    let revenue = fields.money("order.revenue", message.revenue.as_ref());
    let lines = lines("order.lines", &message.lines, fields);
    Order {
        account_id: known(&message.account_id),
        opportunity_id: known(&message.opportunity_id),
        at: at.unwrap_or_else(some_day),
        order_type: order_type.unwrap_or_default(),
        revenue,
        lines,
    }
}

pub(super) fn order_to_proto(order: &Order) -> sales::Order {
    let order_type = match order.order_type {
        OrderType::Order => sales::OrderType::Order,
        OrderType::Invoice => sales::OrderType::Invoice,
        OrderType::CreditNote => sales::OrderType::CreditNote,
    };
    sales::Order {
        account_id: plain(order.account_id.as_ref()),
        opportunity_id: plain(order.opportunity_id.as_ref()),
        at: Some(when_to_proto(order.at)),
        r#type: order_type.into(),
        revenue: order.revenue.map(money_to_proto),
        lines: order.lines.iter().map(line_to_proto).collect(),
    }
}

pub(super) fn spend(message: &sales::Spend, fields: &mut Fields) -> Spend {
    let category = fields.choice("spend.category", message.category, |value| match value {
        sales::SpendCategory::Unspecified => None,
        sales::SpendCategory::Marketing => Some(SpendCategory::Marketing),
        sales::SpendCategory::SalesPayroll => Some(SpendCategory::SalesPayroll),
        sales::SpendCategory::Tools => Some(SpendCategory::Tools),
        sales::SpendCategory::Training => Some(SpendCategory::Training),
        sales::SpendCategory::Other => Some(SpendCategory::Other),
    });
    if message.category == 0 {
        let text = "is missing: give marketing, sales_payroll, tools, training or other";
        fields.add("spend.category", text);
    }
    let amount = required_money("spend.amount", message.amount.as_ref(), fields);
    let period_start = fields.required_date("spend.period_start", &message.period_start);
    let period_end = fields.required_date("spend.period_end", &message.period_end);
    let (period_start, period_end) = period(period_start, period_end);
    Spend {
        category: category.unwrap_or(SpendCategory::Other),
        channel: known(&message.channel),
        campaign: known(&message.campaign),
        amount: amount.unwrap_or(NOTHING),
        period_start,
        period_end,
    }
}

pub(super) fn spend_to_proto(spend: &Spend) -> sales::Spend {
    let category = match spend.category {
        SpendCategory::Marketing => sales::SpendCategory::Marketing,
        SpendCategory::SalesPayroll => sales::SpendCategory::SalesPayroll,
        SpendCategory::Tools => sales::SpendCategory::Tools,
        SpendCategory::Training => sales::SpendCategory::Training,
        SpendCategory::Other => sales::SpendCategory::Other,
    };
    sales::Spend {
        category: category.into(),
        channel: plain(spend.channel.as_ref()),
        campaign: plain(spend.campaign.as_ref()),
        amount: Some(money_to_proto(spend.amount)),
        period_start: spend.period_start.to_string(),
        period_end: spend.period_end.to_string(),
    }
}

pub(super) fn metric_sample(message: &sales::MetricSample, fields: &mut Fields) -> MetricSample {
    let at = fields.required_when("metric_sample.at", message.at.as_ref());
    let given = message.dimensions.iter().filter(|(_, value)| !value.is_empty());
    MetricSample {
        name: message.name.clone(),
        dimensions: given.map(|(name, value)| (name.clone(), value.clone())).collect(),
        at: at.unwrap_or_else(some_day),
        value: message.value.clone(),
        weight: known(&message.weight).unwrap_or_else(|| "1".to_owned()),
    }
}

pub(super) fn metric_sample_to_proto(sample: &MetricSample) -> sales::MetricSample {
    sales::MetricSample {
        name: sample.name.clone(),
        dimensions: sample.dimensions.clone(),
        at: Some(when_to_proto(sample.at)),
        value: sample.value.clone(),
        weight: sample.weight.clone(),
    }
}
