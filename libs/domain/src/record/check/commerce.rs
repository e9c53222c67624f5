//! The rules of subscriptions, contracts, orders, spend and samples.

use super::Found;
use crate::record::{Contract, MetricSample, Order, Spend, Subscription, millionths};
use crate::settings::AttributeDeclaration;
use crate::time::CivilDate;

/// Longest name of a sampled number, in bytes.
const MAX_NAME: usize = 128;

impl Found<'_> {
    pub(super) fn subscription(&mut self, subscription: &Subscription) {
        self.text(
            "subscription.product",
            subscription.product.as_deref().unwrap_or_default(),
        );
        self.amount("subscription.mrr", Some(subscription.mrr));
        self.not_before(
            "subscription.ended_at",
            subscription.ended,
            "started_at",
            Some(subscription.started),
        );
    }

    pub(super) fn contract(&mut self, contract: &Contract) {
        self.party("contract", [&contract.account_id, &contract.opportunity_id]);
        if let (Some(start), Some(end)) = (contract.start_date, contract.end_date) {
            self.exclusive_end("contract.end_date", end, "start_date", start);
        }
        if contract.term_months == Some(0) {
            self.add("contract.term_months", "is 0: give 1 or more, or leave it out");
        }
        for (index, check) in contract.compliance_checks.iter().enumerate() {
            let field = format!("contract.compliance_checks[{index}].name");
            if check.name.is_empty() {
                self.add(&field, "is missing: say what has to be done");
            } else if contract.compliance_checks[..index]
                .iter()
                .any(|other| other.name == check.name)
            {
                self.add(
                    &field,
                    format!("`{}` stands twice: give each check once", check.name),
                );
            }
            self.text(&field, &check.name);
        }
    }

    pub(super) fn order(&mut self, order: &Order) {
        self.party("order", [&order.account_id, &order.opportunity_id]);
        self.amount("order.revenue", order.revenue);
        self.lines("order.lines", &order.lines);
    }

    pub(super) fn spend(&mut self, spend: &Spend) {
        self.text("spend.channel", spend.channel.as_deref().unwrap_or_default());
        self.text("spend.campaign", spend.campaign.as_deref().unwrap_or_default());
        self.amount("spend.amount", Some(spend.amount));
        self.exclusive_end(
            "spend.period_end",
            spend.period_end,
            "period_start",
            spend.period_start,
        );
    }

    pub(super) fn metric_sample(&mut self, sample: &MetricSample) {
        if !is_name(&sample.name) {
            let message = format!(
                "`{}` is not a name of 1 to {MAX_NAME} of a-z, 0-9, _ and .",
                sample.name
            );
            self.add("metric_sample.name", message);
        }
        for (name, value) in &sample.dimensions {
            let field = format!("metric_sample.dimensions.{name}");
            if !AttributeDeclaration::is_name(name) {
                let message = format!("`{name}` is not a name of 1 to 63 of a-z, 0-9 and _");
                self.add(&field, message);
            }
            self.text(&field, value);
        }
        if millionths(&sample.value).is_none() {
            let message = format!(
                "`{}` is not a decimal number such as -12.5 with at most 6 decimals, between -9223372036854 and 9223372036854",
                sample.value
            );
            self.add("metric_sample.value", message);
        }
        if millionths(&sample.weight).is_none_or(|weight| weight <= 0) {
            let message = format!(
                "`{}` is not a positive decimal number such as 12.5 with at most 6 decimals",
                sample.weight
            );
            self.add("metric_sample.weight", message);
        }
    }

    /// Whom it is about: an account, or an opportunity that tells the account.
    fn party(&mut self, kind: &str, ids: [&Option<String>; 2]) {
        if ids.iter().all(|id| id.is_none()) {
            self.add(kind, "names neither account nor opportunity: give at least one");
        }
    }

    fn exclusive_end(&mut self, field: &str, end: CivilDate, start_name: &str, start: CivilDate) {
        if end <= start {
            let message = format!("{end} is not after {start_name} {start} (the end is exclusive)");
            self.add(field, message);
        }
    }
}

fn is_name(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.');
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(letter)
}
