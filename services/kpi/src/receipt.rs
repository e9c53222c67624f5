//! Receipts: all that a value depends on, sealed, so that it can be computed again and compared. The caller's tenant and
//! scope are part of the seal and not of the text: for anybody else a receipt is one that was tampered with.

mod derivation;
mod seal;
#[cfg(test)]
mod tests;

use bellwether_contracts::convert::{instant_from_proto, position_from_proto};
use bellwether_contracts::kpi::{Filter, KnownAt, KpiValue, QueryKpisRequest, known_at};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{Instant, Position};

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
}

impl Receipt {
    /// The receipt of a value that answers a question.
    pub(crate) fn new(question: &QueryKpisRequest, value: &KpiValue, derivation: Derivation) -> Self {
        Self {
            value: Some(bare(value)),
            grain: question.grain,
            group_by: question.group_by.clone(),
            filters: question.filters.clone(),
            derivation: Some(derivation),
        }
    }

    /// The value as given.
    pub(crate) fn claimed(&self) -> KpiValue {
        self.value.clone().unwrap_or_default()
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
        }
    }

    /// The names of the value's group.
    pub(crate) fn group(&self) -> Vec<Option<String>> {
        let value = self.value.iter().flat_map(|value| &value.group);
        value.map(|part| part.name.clone()).collect()
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
