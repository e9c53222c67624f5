//! Forecasts and their values as they are stored.

use bellwether_domain::{Error, Instant, Position, Result};
use sea_orm::ActiveValue::Set;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entity::{forecast, point};
use super::{Kind, Member, Point, Served};

impl Kind {
    /// The kind of a number, as it is stored.
    pub(crate) fn of(number: i32) -> Self {
        match number {
            2 => Self::Pipeline,
            3 => Self::Override,
            4 => Self::OpportunityScores,
            5 => Self::LeadScores,
            6 => Self::ChurnScores,
            7 => Self::Retention,
            8 => Self::Attainment,
            _ => Self::Trend,
        }
    }
}

pub(super) fn forecast_model(tenant: &str, served: &Served) -> Result<forecast::ActiveModel> {
    Ok(forecast::ActiveModel {
        tenant: Set(tenant.to_owned()),
        id: Set(served.id.clone()),
        kind: Set(served.kind as i32),
        filters: Set(json(&served.filters)?),
        made_at: Set(served.made_at.as_micros()),
        as_of: Set(served.as_of.as_micros()),
        epoch: Set(signed(served.position.epoch)),
        seq: Set(signed(served.position.seq)),
        model_version: Set(served.model_version.clone()),
    })
}

pub(super) fn point_model(
    tenant: &str,
    forecast: &str,
    ordinal: usize,
    point: &Point,
) -> Result<point::ActiveModel> {
    let member = point.member.as_ref();
    Ok(point::ActiveModel {
        tenant: Set(tenant.to_owned()),
        forecast: Set(forecast.to_owned()),
        ordinal: Set(i32::try_from(ordinal).unwrap_or(i32::MAX)),
        kpi: Set(point.kpi.clone()),
        unit: Set(point.unit.clone()),
        dimension: Set(member.map(|member| member.dimension.clone()).unwrap_or_default()),
        member: Set(member.and_then(|member| member.name.clone())),
        model: Set(point.model.clone()),
        step: Set(i32::try_from(point.step).unwrap_or(i32::MAX)),
        period_start: Set(point.start),
        period_end: Set(point.end),
        mean: Set(point.mean),
        intervals: Set(json(&point.intervals)?),
        scale: Set(point.scale),
        actual: Set(point.actual),
        scored_at: Set(point.scored_at.map(Instant::as_micros)),
    })
}

/// A forecast without its values.
pub(super) fn served(model: forecast::Model) -> Result<Served> {
    Ok(Served {
        id: model.id,
        kind: Kind::of(model.kind),
        filters: read(&model.filters)?,
        made_at: Instant::from_micros(model.made_at),
        as_of: Instant::from_micros(model.as_of),
        position: Position {
            epoch: model.epoch.unsigned_abs(),
            seq: model.seq.unsigned_abs(),
        },
        model_version: model.model_version,
        points: Vec::new(),
    })
}

pub(super) fn point(model: point::Model) -> Result<Point> {
    let dimension = Some(model.dimension).filter(|dimension| !dimension.is_empty());
    let name = model.member;
    Ok(Point {
        kpi: model.kpi,
        unit: model.unit,
        member: dimension.map(|dimension| Member { dimension, name }),
        model: model.model,
        step: model.step.unsigned_abs(),
        start: model.period_start,
        end: model.period_end,
        mean: model.mean,
        intervals: read(&model.intervals)?,
        scale: model.scale,
        actual: model.actual,
        scored_at: model.scored_at.map(Instant::from_micros),
    })
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(value);
    text.map_err(|error| Error::internal(format!("a forecast cannot be written: {error}")))
}

pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    let value = serde_json::from_str(text);
    value.map_err(|error| Error::internal(format!("a forecast is damaged: {error}")))
}

/// A number as it is stored.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
