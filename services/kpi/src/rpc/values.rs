//! Answers as messages.

use std::sync::Arc;

use bellwether_contracts::convert::{instant_to_proto, when_to_proto};
use bellwether_contracts::kpi::{self, GroupValue, Interval, KpiValue, QueryKpisResponse};

use crate::catalogue::{AbsentReason, Dimension};
use crate::query::{Answer, Row};
use crate::table::Dict;

/// Significant digits of the bounds of intervals.
pub(super) const INTERVAL_DIGITS: u32 = 15;

/// The answer as a message, without watermarks: those are of the moment at which it is shown.
pub(crate) fn response_of(answer: &Answer) -> QueryKpisResponse {
    let as_of = instant_to_proto(answer.as_of);
    let value = |row: &Row| KpiValue {
        as_of: Some(as_of),
        ..value_of(row)
    };
    QueryKpisResponse {
        values: answer.rows.iter().map(value).collect(),
        ..QueryKpisResponse::default()
    }
}

/// A value as a message, without as-of and watermark.
pub(crate) fn value_of(row: &Row) -> KpiValue {
    let group = |(place, (dimension, name)): (usize, &(Dimension, Option<Arc<str>>))| GroupValue {
        dimension: dimension.name().to_owned(),
        name: name.as_ref().map(ToString::to_string),
        rest: row.rest && place == 0,
    };
    let (value, reason) = match &row.value {
        Ok(value) => (Some(value.clone()), kpi::AbsentReason::Unspecified),
        Err(reason) => (None, reason_of(*reason)),
    };
    let interval = row.interval.as_ref().map(|interval| {
        let (low, high) = interval.to_strings(INTERVAL_DIGITS);
        Interval { low, high }
    });
    KpiValue {
        kpi: row.kpi.to_string(),
        period_start: row.start.map(when_to_proto),
        period_end: row.end.map(when_to_proto),
        group: row.group.iter().enumerate().map(group).collect(),
        value,
        unit: row.unit.to_string(),
        absent_reason: reason.into(),
        n: row.n,
        interval,
        small_n: row.small_n,
        missing: row.missing,
        as_of: None,
        watermark: None,
        definition_version: row.version,
        path: kpi::Path::Scan.into(),
        path_reason: row.path_reason.to_string(),
        receipt: String::new(),
        rank: None,
    }
}

pub(super) fn reason_of(reason: AbsentReason) -> kpi::AbsentReason {
    match reason {
        AbsentReason::NoClosedDeals => kpi::AbsentReason::NoClosedDeals,
        AbsentReason::NoWonDeals => kpi::AbsentReason::NoWonDeals,
        AbsentReason::NoAmounts => kpi::AbsentReason::NoAmounts,
        AbsentReason::NoBase => kpi::AbsentReason::NoBase,
        AbsentReason::NoLostDeals => kpi::AbsentReason::NoLostDeals,
        AbsentReason::NoCycle => kpi::AbsentReason::NoCycle,
        AbsentReason::NoUnits => kpi::AbsentReason::NoUnits,
        AbsentReason::NoQuota => kpi::AbsentReason::NoQuota,
        AbsentReason::QuotaMet => kpi::AbsentReason::QuotaMet,
        AbsentReason::NoLeads => kpi::AbsentReason::NoLeads,
        AbsentReason::NotMature => kpi::AbsentReason::NotMature,
        AbsentReason::NoReps => kpi::AbsentReason::NoReps,
        AbsentReason::NotReached => kpi::AbsentReason::NotReached,
        AbsentReason::NoOpenDeals => kpi::AbsentReason::NoOpenDeals,
        AbsentReason::NoCreatedDeals => kpi::AbsentReason::NoCreatedDeals,
        AbsentReason::NoActivities => kpi::AbsentReason::NoActivities,
        AbsentReason::NoCustomers => kpi::AbsentReason::NoCustomers,
        AbsentReason::NoNewCustomers => kpi::AbsentReason::NoNewCustomers,
        AbsentReason::NoChurn => kpi::AbsentReason::NoChurn,
        AbsentReason::NoMargin => kpi::AbsentReason::NoMargin,
        AbsentReason::Never => kpi::AbsentReason::Never,
        AbsentReason::NoMrr => kpi::AbsentReason::NoMrr,
        AbsentReason::NoCosts => kpi::AbsentReason::NoCosts,
        AbsentReason::NoRevenue => kpi::AbsentReason::NoRevenue,
        AbsentReason::NoContracts => kpi::AbsentReason::NoContracts,
        AbsentReason::NoChecks => kpi::AbsentReason::NoChecks,
        AbsentReason::NoOrders => kpi::AbsentReason::NoOrders,
        AbsentReason::NoSamples => kpi::AbsentReason::NoSamples,
        AbsentReason::NoReplies => kpi::AbsentReason::NoReplies,
        AbsentReason::NoContacts => kpi::AbsentReason::NoContacts,
    }
}

/// The kind of the records whose ids a dictionary holds.
pub(crate) fn kind_of(dict: Dict) -> &'static str {
    match dict {
        Dict::Deal => "opportunity",
        Dict::Lead => "lead",
        Dict::Activity => "activity",
        Dict::Quota => "quota",
        Dict::Rep => "rep",
        Dict::Account => "account",
        Dict::Team => "team",
        Dict::Subscription => "subscription",
        Dict::Contract => "contract",
        Dict::Order => "order",
        Dict::Spend => "spend",
        Dict::Sample => "metric_sample",
        // No record: a value that an entity is told apart by.
        _ => "",
    }
}
