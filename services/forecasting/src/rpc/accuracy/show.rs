//! Forecasts that were served, as messages.

use std::collections::BTreeMap;

use bellwether_contracts::convert::{instant_to_proto, position_to_proto};
use bellwether_contracts::forecasting::{Band, ForecastKind, ServedForecast, ServedPoint};
use bellwether_contracts::kpi::GroupValue;

use crate::rpc::write::period;
use crate::store::{Interval, Kind, Member, Point, Served};

/// A forecast, with how many chances were kept beside each.
pub(super) fn served(served: &Served, chances: &BTreeMap<String, u64>) -> ServedForecast {
    ServedForecast {
        id: served.id.clone(),
        kind: kind(served.kind).into(),
        made_at: Some(instant_to_proto(served.made_at)),
        as_of: Some(instant_to_proto(served.as_of)),
        position: Some(position_to_proto(served.position)),
        model_version: served.model_version.clone(),
        points: served.points.iter().map(point).collect(),
        chances: chances.get(&served.id).copied().unwrap_or(0),
    }
}

pub(super) fn kind(kind: Kind) -> ForecastKind {
    match kind {
        Kind::Trend => ForecastKind::Trend,
        Kind::Pipeline => ForecastKind::Pipeline,
        Kind::Override => ForecastKind::Override,
        Kind::OpportunityScores => ForecastKind::OpportunityScores,
        Kind::LeadScores => ForecastKind::LeadScores,
        Kind::ChurnScores => ForecastKind::ChurnScores,
        Kind::Retention => ForecastKind::Retention,
        Kind::Attainment => ForecastKind::Attainment,
    }
}

pub(super) fn group(member: &Member) -> GroupValue {
    GroupValue {
        dimension: member.dimension.clone(),
        name: member.name.clone(),
        rest: false,
    }
}

fn point(point: &Point) -> ServedPoint {
    let band = |interval: &Interval| Band {
        level: interval.level,
        low: interval.low,
        high: interval.high,
    };
    ServedPoint {
        kpi: point.kpi.clone(),
        unit: point.unit.clone(),
        group: point.member.as_ref().map(group),
        model: point.model.clone(),
        step: point.step,
        period: Some(period(point.start, point.end)),
        mean: point.mean,
        bands: point.intervals.iter().map(band).collect(),
        actual: point.actual,
        scored_at: point.scored_at.map(instant_to_proto),
    }
}
