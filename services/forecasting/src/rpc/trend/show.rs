//! Forecasts of a KPI as messages and as they are kept.

use bellwether_contracts::forecasting::{
    Absence, Band, KpiForecast, KpiForecastPoint, KpiHistoryPoint, ModelShare,
};
use bellwether_contracts::kpi::GroupValue;

use super::Looked;
use crate::course::Course;
use crate::facts::History;
use crate::rpc::read::Past;
use crate::rpc::write::{period, unfit};
use crate::store::{Interval, Member, Point};
use crate::trend::{Forecast, Unfit};

/// How many models a kept forecast names.
const NAMED: usize = 3;

type Said = std::result::Result<Course, Unfit>;

/// The forecasts of an answer.
pub(super) fn forecasts(
    past: &Past,
    looked: &Looked,
    coming: &[(i32, i32)],
    said: &[Said],
) -> Vec<KpiForecast> {
    let all = looked.histories.iter().zip(said);
    let shown: Vec<KpiForecast> = all
        .map(|(history, said)| forecast(looked, history, coming, said))
        .collect();
    if !shown.is_empty() {
        return shown;
    }
    vec![KpiForecast {
        absence: Absence::NoHistory.into(),
        reason: format!("nothing was ever counted of `{}` there", past.kpi),
        ..KpiForecast::default()
    }]
}

fn forecast(looked: &Looked, history: &History, coming: &[(i32, i32)], said: &Said) -> KpiForecast {
    let known = KpiForecast {
        group: group(history),
        history: known(looked, history),
        ..KpiForecast::default()
    };
    let course = match said {
        Ok(course) => course,
        Err(why) => {
            let (absence, reason) = unfit(why);
            return KpiForecast {
                absence: absence.into(),
                reason,
                ..known
            };
        }
    };
    let forecast = &course.forecast;
    let point = |(step, (start, end)): (usize, &(i32, i32))| KpiForecastPoint {
        period: Some(period(*start, *end)),
        mean: forecast.mean[step],
        bands: bands(forecast, step).collect(),
        items: course.items.as_ref().and_then(|items| items.get(step).copied()),
    };
    let model = |(model, weight): &(String, f64)| ModelShare {
        model: model.clone(),
        weight: *weight,
    };
    let mut notes: Vec<String> = forecast.notes.iter().map(ToString::to_string).collect();
    if course.adds_up {
        notes.push("the forecasts of all groups add up to that of the whole".to_owned());
    }
    KpiForecast {
        points: coming
            .iter()
            .enumerate()
            .take(forecast.mean.len())
            .map(point)
            .collect(),
        models: forecast.model.iter().map(model).collect(),
        notes,
        ..known
    }
}

/// The group of a history; none of the whole.
pub(super) fn group(history: &History) -> Option<GroupValue> {
    history.group.first().map(|(dimension, name)| GroupValue {
        dimension: dimension.clone(),
        name: name.clone(),
        rest: false,
    })
}

fn known(looked: &Looked, history: &History) -> Vec<KpiHistoryPoint> {
    let zone = &looked.stands.zone;
    let values = history.periods.iter().zip(&history.series.values);
    let point = |(of, value): (&crate::facts::Period, &Option<f64>)| KpiHistoryPoint {
        period: Some(period(of.start.day_in(zone).days(), of.end.day_in(zone).days())),
        value: *value,
    };
    values.map(point).collect()
}

fn bands(forecast: &Forecast, step: usize) -> impl Iterator<Item = Band> + '_ {
    forecast.bands.iter().map(move |band| Band {
        level: band.level,
        low: band.low[step],
        high: band.high[step],
    })
}

/// The values as they are kept.
pub(super) fn points(past: &Past, looked: &Looked, coming: &[(i32, i32)], said: &[Said]) -> Vec<Point> {
    let unit = looked.unit();
    let mut points = Vec::new();
    for (history, said) in looked.histories.iter().zip(said) {
        let Ok(course) = said else { continue };
        let named = course
            .forecast
            .model
            .iter()
            .take(NAMED)
            .map(|(model, _)| model.as_str());
        let model = named.collect::<Vec<_>>().join(" + ");
        let member = history.group.first().map(|(dimension, name)| Member {
            dimension: dimension.clone(),
            name: name.clone(),
        });
        for (step, (start, end)) in coming.iter().enumerate().take(course.forecast.mean.len()) {
            let interval = |band: Band| Interval {
                level: band.level,
                low: band.low,
                high: band.high,
            };
            points.push(Point {
                kpi: past.kpi.clone(),
                unit: unit.clone(),
                member: member.clone(),
                model: model.clone(),
                step: u32::try_from(step + 1).unwrap_or(u32::MAX),
                start: *start,
                end: *end,
                mean: course.forecast.mean[step],
                intervals: bands(&course.forecast, step).map(interval).collect(),
                scale: course.scale,
                actual: None,
                scored_at: None,
            });
        }
    }
    points
}
