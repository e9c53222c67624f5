//! Sales records.

mod activity;
mod commerce;
mod opportunity;
mod people;
mod plan;
mod stand_in;

use std::collections::BTreeMap;

use bellwether_domain::record::{AttributeValue, Body, Record};
use bellwether_domain::{RecordKind, Violation};

use super::fields::Fields;
use super::time::{instant_from_proto, instant_to_proto};
use crate::sales::{self, attribute_value, record};

/// The kind of a wire number; `None` for 0 and unknown numbers.
#[must_use]
pub fn kind_from_proto(number: i32) -> Option<RecordKind> {
    RecordKind::from_number(number)
}

/// The wire kind.
#[must_use]
pub fn kind_to_proto(kind: RecordKind) -> sales::RecordKind {
    sales::RecordKind::try_from(kind.number()).unwrap_or(sales::RecordKind::Unspecified)
}

/// A record of a message.
///
/// # Errors
/// Everything that cannot be read. The rules between fields are [`bellwether_domain::record::check`]'s.
pub fn record_from_proto(message: &sales::Record) -> Result<Record, Vec<Violation>> {
    match read_record(message) {
        (Some(record), violations) if violations.is_empty() => Ok(record),
        (_, violations) => Err(violations),
    }
}

/// What can be read of a message, and everything that cannot: so that the rules between fields can be checked on the
/// readable part, and all violations be told at once. A record beside violations is good for that alone: what cannot be read
/// is left out of it, or something harmless stands for it.
#[must_use]
pub fn read_record(message: &sales::Record) -> (Option<Record>, Vec<Violation>) {
    let mut fields = Fields::default();
    let effective_at = message
        .effective_at
        .as_ref()
        .and_then(|at| fields.take("effective_at", instant_from_proto(at)));
    let attributes = attributes(&message.attributes, &mut fields);
    let body = body(message.body.as_ref(), &mut fields);
    let record = body.map(|body| {
        let id = match &body {
            Body::FxRate(rate) if message.id.is_empty() => rate.natural_id(),
            _ => message.id.clone(),
        };
        Record {
            id,
            effective_at,
            source_version: message.source_version,
            attributes,
            body,
        }
    });
    (record, fields.violations)
}

fn body(message: Option<&record::Body>, fields: &mut Fields) -> Option<Body> {
    let Some(message) = message else {
        let kinds = RecordKind::ALL
            .into_iter()
            .filter(|kind| *kind != RecordKind::Settings);
        let names = kinds.map(RecordKind::name).collect::<Vec<_>>().join(", ");
        fields.add("body", format!("is missing: give one of {names}"));
        return None;
    };
    match message {
        record::Body::Account(account) => Some(Body::Account(people::account(account))),
        record::Body::Rep(rep) => Some(Body::Rep(people::rep(rep, fields))),
        record::Body::Team(team) => Some(Body::Team(people::team(team))),
        record::Body::Lead(lead) => Some(Body::Lead(people::lead(lead, fields))),
        record::Body::Opportunity(deal) => Some(Body::Opportunity(Box::new(opportunity::read(deal, fields)))),
        record::Body::Activity(activity) => Some(Body::Activity(activity::activity(activity, fields))),
        record::Body::Quota(quota) => Some(Body::Quota(people::quota(quota, fields))),
        record::Body::FxRate(rate) => people::fx_rate(rate, fields).map(Body::FxRate),
        record::Body::Subscription(one) => Some(Body::Subscription(commerce::subscription(one, fields))),
        record::Body::Contract(contract) => Some(Body::Contract(commerce::contract(contract, fields))),
        record::Body::Order(order) => Some(Body::Order(commerce::order(order, fields))),
        record::Body::Spend(spend) => Some(Body::Spend(commerce::spend(spend, fields))),
        record::Body::MetricSample(one) => Some(Body::MetricSample(commerce::metric_sample(one, fields))),
        record::Body::KpiDefinition(one) => {
            Some(Body::KpiDefinition(Box::new(plan::kpi_definition(one, fields))))
        }
        record::Body::Target(one) => Some(Body::Target(Box::new(plan::target(one, fields)))),
        record::Body::Scorecard(one) => Some(Body::Scorecard(plan::scorecard(one, fields))),
    }
}

fn attributes(
    message: &BTreeMap<String, sales::AttributeValue>,
    fields: &mut Fields,
) -> BTreeMap<String, AttributeValue> {
    let mut attributes = BTreeMap::new();
    for (name, value) in message {
        let field = format!("attributes.{name}");
        let value = match &value.value {
            Some(attribute_value::Value::Text(text)) => Some(AttributeValue::Text(text.clone())),
            Some(attribute_value::Value::Number(text)) => {
                let number = text.parse::<f64>().is_ok_and(f64::is_finite) && !text.contains(['e', 'E']);
                let read = if number {
                    Ok(text.clone())
                } else {
                    Err(format!("`{text}` is not a number such as 12.50"))
                };
                fields.take(&field, read).map(AttributeValue::Number)
            }
            Some(attribute_value::Value::Date(text)) => {
                fields.required_date(&field, text).map(AttributeValue::Day)
            }
            None => None,
        };
        attributes.extend(value.map(|value| (name.clone(), value)));
    }
    attributes
}

/// A record as a message; reading it back gives an equal record.
#[must_use]
pub fn record_to_proto(record: &Record) -> sales::Record {
    let value = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => attribute_value::Value::Text(text.clone()),
        AttributeValue::Number(text) => attribute_value::Value::Number(text.clone()),
        AttributeValue::Day(day) => attribute_value::Value::Date(day.to_string()),
    };
    let body = match &record.body {
        Body::Account(account) => record::Body::Account(people::account_to_proto(account)),
        Body::Rep(rep) => record::Body::Rep(people::rep_to_proto(rep)),
        Body::Team(team) => record::Body::Team(people::team_to_proto(team)),
        Body::Lead(lead) => record::Body::Lead(people::lead_to_proto(lead)),
        Body::Opportunity(deal) => record::Body::Opportunity(opportunity::write(deal)),
        Body::Activity(activity) => record::Body::Activity(activity::activity_to_proto(activity)),
        Body::Quota(quota) => record::Body::Quota(people::quota_to_proto(quota)),
        Body::FxRate(rate) => record::Body::FxRate(people::fx_rate_to_proto(rate)),
        Body::Subscription(one) => record::Body::Subscription(commerce::subscription_to_proto(one)),
        Body::Contract(contract) => record::Body::Contract(commerce::contract_to_proto(contract)),
        Body::Order(order) => record::Body::Order(commerce::order_to_proto(order)),
        Body::Spend(spend) => record::Body::Spend(commerce::spend_to_proto(spend)),
        Body::MetricSample(one) => record::Body::MetricSample(commerce::metric_sample_to_proto(one)),
        Body::KpiDefinition(one) => record::Body::KpiDefinition(plan::kpi_definition_to_proto(one)),
        Body::Target(one) => record::Body::Target(plan::target_to_proto(one)),
        Body::Scorecard(one) => record::Body::Scorecard(plan::scorecard_to_proto(one)),
    };
    sales::Record {
        id: record.id.clone(),
        effective_at: record.effective_at.map(instant_to_proto),
        source_version: record.source_version,
        attributes: record
            .attributes
            .iter()
            .map(|(name, entry)| {
                (
                    name.clone(),
                    sales::AttributeValue {
                        value: Some(value(entry)),
                    },
                )
            })
            .collect(),
        body: Some(body),
    }
}
