//! Receipts: all that a value depends on, sealed, so that it can be computed again and compared. The caller's tenant and
//! scope are part of the seal and not of the text: for anybody else a receipt is one that was tampered with.

mod derivation;
mod seal;
#[cfg(test)]
mod tests;

use bellwether_contracts::convert::{instant_from_proto, position_from_proto};
use bellwether_contracts::kpi::{
    Elapsed, Filter, GroupValue, KnownAt, KpiValue, QueryKpisRequest, Top, known_at,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{Instant, Position};

use crate::query::Named;
pub(crate) use derivation::Derivation;
pub(crate) use seal::Seal;

/// What a receipt says.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Receipt {
    /// The value as given: the cell (KPI, definition version, period, group), as-of, the position, and what it was.
    #[prost(message, optional, tag = "1")]
    pub(crate) value: Option<KpiValue>,
    /// How the question's range was cut: what the period before is depends on it.
    #[prost(int32, tag = "2")]
    grain: i32,
    /// The dimensions of the question.
    #[prost(string, repeated, tag = "3")]
    group_by: Vec<String>,
    /// The conditions of the question.
    #[prost(message, repeated, tag = "4")]
    filters: Vec<Filter>,
    /// By what the value was made from the records.
    #[prost(message, optional, tag = "5")]
    pub(crate) derivation: Option<Derivation>,
    /// As of when owners and attributes count.
    #[prost(int32, tag = "6")]
    dimensions_at: i32,
    /// Which groups are told apart, over the range of the question.
    #[prost(message, optional, tag = "7")]
    top: Option<Top>,
    /// In what the elapsed part of a running period is counted: how much of the period before it counts.
    #[prost(int32, tag = "8")]
    elapsed: i32,
}

impl Receipt {
    /// The receipt of a value that answers a question.
    pub(crate) fn new(question: &QueryKpisRequest, value: &KpiValue, derivation: Derivation) -> Self {
        let top = question.top.clone().map(|top| {
            let own = top.from.is_some() || top.to.is_some();
            Top {
                by: question
                    .kpis
                    .first()
                    .filter(|_| top.by.is_empty())
                    .unwrap_or(&top.by)
                    .clone(),
                from: if own {
                    top.from.clone()
                } else {
                    question.from.clone()
                },
                to: if own { top.to.clone() } else { question.to.clone() },
                ..top
            }
        });
        Self {
            value: Some(bare(value)),
            grain: question.grain,
            group_by: question.group_by.clone(),
            filters: question.filters.clone(),
            derivation: Some(derivation),
            dimensions_at: question.dimensions_at,
            top,
            elapsed: question.elapsed,
        }
    }

    /// The value as given.
    pub(crate) fn claimed(&self) -> KpiValue {
        self.value.clone().unwrap_or_default()
    }

    /// Whether two receipts are of the same value: of one KPI, period and group of one question.
    pub(crate) fn is_of_same(&self, other: &Self) -> bool {
        let cell = |one: &Self| {
            let value = one.claimed();
            (value.kpi, value.period_start, value.period_end, value.group)
        };
        let filters = |one: &Self| {
            let mut filters: Vec<_> = one
                .filters
                .iter()
                .map(|one| (one.dimension.clone(), one.value.clone()))
                .collect();
            filters.sort_unstable();
            filters
        };
        let counted = |one: &Self| one.elapsed == i32::from(Elapsed::WorkingDays);
        let how = |one: &Self| (one.grain, one.dimensions_at, one.top.clone(), counted(one));
        cell(self) == cell(other) && how(self) == how(other) && filters(self) == filters(other)
    }

    /// How much of the log the value stands on.
    pub(crate) fn position(&self) -> Position {
        let watermark = self.value.as_ref().and_then(|value| value.watermark);
        let position = watermark.and_then(|watermark| watermark.position);
        position.as_ref().map(position_from_proto).unwrap_or_default()
    }

    /// When the change at that position was recorded.
    pub(crate) fn recorded_at(&self) -> Option<Instant> {
        let watermark = self.value.as_ref()?.watermark?;
        instant_from_proto(watermark.recorded_at.as_ref()?).ok()
    }

    /// The question whose one period holds the value, as it was known then.
    pub(crate) fn question(&self, tenant: &str) -> QueryKpisRequest {
        let value = self.claimed();
        QueryKpisRequest {
            tenant: tenant.to_owned(),
            kpis: vec![value.kpi],
            from: value.period_start,
            to: value.period_end,
            grain: self.grain,
            group_by: self.group_by.clone(),
            filters: self.filters.clone(),
            as_of: value.as_of.map(|at| DateOrTime {
                value: Some(date_or_time::Value::Instant(at)),
            }),
            known_at: Some(KnownAt {
                at: Some(known_at::At::Seq(self.position().seq)),
            }),
            min_position: None,
            receipts: false,
            ranks: false,
            dimensions_at: self.dimensions_at,
            top: self.top.clone(),
            elapsed: self.elapsed,
        }
    }

    /// The names of the value's group.
    pub(crate) fn group(&self) -> Vec<Named> {
        let value = self.value.iter().flat_map(|value| &value.group);
        let named = |part: &GroupValue| match &part.name {
            _ if part.rest => Named::Rest,
            Some(name) => Named::Name(name.clone()),
            None => Named::Missing,
        };
        value.map(named).collect()
    }
}

/// A value without how it was come by, which proves nothing.
pub(crate) fn bare(value: &KpiValue) -> KpiValue {
    KpiValue {
        path: 0,
        path_reason: String::new(),
        receipt: String::new(),
        ..value.clone()
    }
}
