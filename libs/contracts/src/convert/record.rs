//! Sales records.

mod opportunity;
mod people;

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
/// readable part, and all violations be told at once. Unreadable optional fields are left out of the record.
#[must_use]
pub fn read_record(message: &sales::Record) -> (Option<Record>, Vec<Violation>) {
    let mut fields = Fields::default();
    let effective_at = message
        .effective_at
        .as_ref()
        .and_then(|at| fields.take("effective_at", instant_from_proto(at)));
    let attributes = attributes(&message.attributes, &mut fields);
    let body = match &message.body {
        None => {
            fields.add(
                "body",
                "is missing: give one of account, rep, team, lead, opportunity, activity, quota, fx_rate",
            );
            None
        }
        Some(record::Body::Account(account)) => Some(Body::Account(people::account(account))),
        Some(record::Body::Rep(rep)) => Some(Body::Rep(people::rep(rep, &mut fields))),
        Some(record::Body::Team(team)) => Some(Body::Team(people::team(team))),
        Some(record::Body::Lead(lead)) => Some(Body::Lead(people::lead(lead, &mut fields))),
        Some(record::Body::Opportunity(deal)) => {
            Some(Body::Opportunity(Box::new(opportunity::read(deal, &mut fields))))
        }
        Some(record::Body::Activity(activity)) => people::activity(activity, &mut fields).map(Body::Activity),
        Some(record::Body::Quota(quota)) => people::quota(quota, &mut fields).map(Body::Quota),
        Some(record::Body::FxRate(rate)) => people::fx_rate(rate, &mut fields).map(Body::FxRate),
    };
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
        Body::Activity(activity) => record::Body::Activity(people::activity_to_proto(activity)),
        Body::Quota(quota) => record::Body::Quota(people::quota_to_proto(quota)),
        Body::FxRate(rate) => record::Body::FxRate(people::fx_rate_to_proto(rate)),
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
