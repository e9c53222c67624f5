//! The rules a record must keep beyond the types of its fields; every broken one is reported.

mod commerce;
mod opportunity;
mod plan;

use std::str::FromStr;

use super::{Activity, AttributeValue, Body, FxRate, Lead, LineItem, Quota, QuotaTarget, Record, Rep};
use crate::error::Violation;
use crate::ids::RecordKind;
use crate::money::Money;
use crate::settings::Settings;
use crate::time::{When, Zone};

/// Longest id, name or other short text, in bytes.
const MAX_TEXT: usize = 1024;
/// Longest id in bytes.
const MAX_ID: usize = 256;

/// Every rule that `record` breaks under `settings` (zone, stages, declared fields); empty = fit to be logged.
#[must_use]
pub fn check(record: &Record, settings: &Settings) -> Vec<Violation> {
    let mut found = Found {
        out: Vec::new(),
        zone: &settings.zone,
    };
    found.id("id", &record.id);
    for (name, value) in &record.attributes {
        found.attribute(record.kind(), name, value, settings);
    }
    match &record.body {
        Body::Account(account) => {
            found.text("account.name", &account.name);
            if account.parent_id.as_deref() == Some(record.id.as_str()) {
                found.add("account.parent_id", "an account cannot be its own parent");
            }
        }
        Body::Rep(rep) => found.rep(rep, &record.id),
        Body::Team(team) => {
            if team.parent_id.as_deref() == Some(record.id.as_str()) {
                found.add("team.parent_id", "a team cannot be its own parent");
            }
        }
        Body::Lead(lead) => found.lead(lead),
        Body::Opportunity(deal) => found.opportunity(deal, settings),
        Body::Activity(activity) => found.activity(activity),
        Body::Quota(quota) => found.quota(quota),
        Body::FxRate(rate) => found.fx_rate(rate),
        Body::Subscription(subscription) => found.subscription(subscription),
        Body::Contract(contract) => found.contract(contract),
        Body::Order(order) => found.order(order),
        Body::Spend(spend) => found.spend(spend),
        Body::MetricSample(sample) => found.metric_sample(sample),
        Body::KpiDefinition(kpi) => found.kpi_definition(&record.id, kpi),
        Body::Target(target) => found.target(target),
        Body::Scorecard(scorecard) => found.scorecard(scorecard),
    }
    found.out
}

struct Found<'a> {
    out: Vec<Violation>,
    zone: &'a Zone,
}

impl Found<'_> {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.out.push(Violation::new(field, message));
    }

    fn id(&mut self, field: &str, id: &str) {
        if id.is_empty() {
            self.add(field, "is missing: give the record's id in the source");
        } else if id.len() > MAX_ID {
            self.add(
                field,
                format!("is {} bytes long: at most {MAX_ID} are allowed", id.len()),
            );
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        if text.len() > MAX_TEXT {
            self.add(
                field,
                format!("is {} bytes long: at most {MAX_TEXT} are allowed", text.len()),
            );
        }
    }

    /// A field that a tenant may declare: it must be declared for the kind, and hold what it is declared to hold.
    fn attribute(&mut self, kind: RecordKind, name: &str, value: &AttributeValue, settings: &Settings) {
        let field = format!("attributes.{name}");
        if let AttributeValue::Text(text) = value {
            self.text(&field, text);
        }
        let of = kind.name();
        let declared = || settings.attributes.iter().filter(move |one| one.kind == of);
        if let Some(one) = declared().find(|one| one.name == name) {
            let (given, right) = (value.attribute_type().name(), one.attribute_type.name());
            if given != right {
                self.add(
                    &field,
                    format!("is given as {given}, but declared as {right} for {kind}"),
                );
            }
            return;
        }
        let known: Vec<String> = declared()
            .map(|one| format!("{} ({})", one.name, one.attribute_type.name()))
            .collect();
        let known = if known.is_empty() {
            "the tenant's settings declare no field for it".to_owned()
        } else {
            format!("declared are {}", known.join(", "))
        };
        self.add(&field, format!("is not declared for {kind}: {known}"));
    }

    /// Days are compared as days when both are dates, else as instants in the tenant's zone.
    fn before(&self, first: When, second: When) -> bool {
        match (first, second) {
            (When::At(a), When::At(b)) => a < b,
            _ => first.day_in(self.zone) < second.day_in(self.zone),
        }
    }

    fn not_before(&mut self, field: &str, at: Option<When>, start_name: &str, start: Option<When>) {
        if let (Some(at), Some(start)) = (at, start)
            && self.before(at, start)
        {
            self.add(field, format!("{at} is before {start_name} {start}"));
        }
    }

    fn amount(&mut self, field: &str, amount: Option<Money>) {
        if let Some(amount) = amount.filter(|amount| amount.minor < 0) {
            self.add(field, format!("{amount} is negative: amounts are 0 or more"));
        }
    }

    fn rep(&mut self, rep: &Rep, id: &str) {
        self.text("rep.name", &rep.name);
        self.not_before(
            "rep.end_date",
            rep.end_date.map(When::Day),
            "start_date",
            rep.start_date.map(When::Day),
        );
        if rep.manager.as_deref() == Some(id) {
            self.add("rep.manager", "a rep cannot be their own manager");
        }
    }

    fn lead(&mut self, lead: &Lead) {
        self.not_before("lead.mql_at", lead.mql_at, "created_at", lead.created);
        self.not_before("lead.sql_at", lead.sql_at, "created_at", lead.created);
        self.not_before("lead.converted_at", lead.converted_at, "created_at", lead.created);
    }

    fn activity(&mut self, activity: &Activity) {
        if activity.rep_id.is_none()
            && activity.lead_id.is_none()
            && activity.opportunity_id.is_none()
            && activity.account_id.is_none()
        {
            self.add(
                "activity",
                "names neither rep, lead, opportunity nor account: give at least one",
            );
        }
        for (index, one) in activity.evidence.iter().enumerate() {
            let at = format!("activity.evidence[{index}]");
            if one.step.is_empty() {
                self.add(
                    &format!("{at}.step"),
                    "is missing: name the step of the methodology",
                );
            }
            self.text(&format!("{at}.step"), &one.step);
            if let Some(score) = one.score.filter(|score| *score > 3) {
                self.add(
                    &format!("{at}.score"),
                    format!("{score} is more than 3: scores are 0 to 3"),
                );
            }
        }
    }

    fn quota(&mut self, quota: &Quota) {
        if quota.period_end <= quota.period_start {
            let (start, end) = (quota.period_start, quota.period_end);
            self.add(
                "quota.period_end",
                format!("{end} is not after period_start {start} (the end is exclusive)"),
            );
        }
        if let QuotaTarget::Amount(amount) = quota.target {
            self.amount("quota.amount", Some(amount));
        }
    }

    fn fx_rate(&mut self, rate: &FxRate) {
        if !positive_decimal(&rate.rate) {
            self.add(
                "fx_rate.rate",
                format!("`{}` is not a positive decimal number such as 1.0832", rate.rate),
            );
        }
        if rate.base == rate.quote {
            self.add(
                "fx_rate.quote_currency",
                format!(
                    "{} is the base currency too: a rate needs two currencies",
                    rate.quote
                ),
            );
        }
    }

    /// Product lines of a deal or an order.
    fn lines(&mut self, list: &str, lines: &[LineItem]) {
        for (index, line) in lines.iter().enumerate() {
            let at = format!("{list}[{index}]");
            if line.product.is_empty() {
                self.add(&format!("{at}.product"), "is missing: name the product");
            }
            let decimals = line
                .units
                .split_once('.')
                .map_or(0, |(_, fraction)| fraction.len());
            if !positive_decimal(&line.units) || decimals > 6 || line.units.len() - decimals > 10 {
                self.add(
                    &format!("{at}.units"),
                    format!("`{}` is not a positive decimal number", line.units),
                );
            }
            self.amount(&format!("{at}.amount"), line.amount);
        }
    }

    fn history(&mut self, field: &str, instants: impl Iterator<Item = When>, created: Option<When>) {
        let instants: Vec<When> = instants.collect();
        if let (Some(first), Some(created)) = (instants.first(), created)
            && self.before(*first, created)
        {
            self.add(field, format!("begins {first}, before created_at {created}"));
        }
        if let Some(pair) = instants.windows(2).find(|pair| self.before(pair[1], pair[0])) {
            self.add(
                field,
                format!(
                    "{} comes after {}: give the entries oldest first",
                    pair[1], pair[0]
                ),
            );
        }
    }
}

/// Whether a text is a plain decimal number above 0.
fn positive_decimal(text: &str) -> bool {
    let plain = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.matches('.').count() <= 1;
    plain && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) && text.len() <= 32
}

/// Whether a text is a decimal number from 0 to 1.
#[must_use]
pub fn check_probability(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && f64::from_str(text).is_ok_and(|p| (0.0..=1.0).contains(&p))
}

#[cfg(test)]
mod tests;
