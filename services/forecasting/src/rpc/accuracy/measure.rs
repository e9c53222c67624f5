//! How good forecasts were, from what is kept of them.

use std::collections::BTreeMap;

use bellwether_contracts::forecasting::{Accuracy, Coverage, GetAccuracyRequest};
use bellwether_domain::time::DAY_MICROS;

use super::show;
use crate::accuracy::{Alarm, Band, By, Drift, Served as Said, Side, accuracy, drift};
use crate::store::{Kind, Member, Point, Served};

/// From so many comparisons on it is told that intervals do not hold: after a few, what held is 0 or 100 % as it happens.
const FEWEST_TOLD: usize = 10;

/// What a forecast is about.
#[derive(Debug, Clone)]
struct About {
    kind: Kind,
    kpi: String,
    member: Option<Member>,
}

/// The same, as a text that sorts as answers do: kind, KPI, the whole before its groups.
fn name(about: &About) -> String {
    let member = about.member.as_ref();
    let (dimension, missing) = member.map_or(("", false), |member| {
        (member.dimension.as_str(), member.name.is_none())
    });
    let name = member
        .and_then(|member| member.name.as_deref())
        .unwrap_or_default();
    format!(
        "{}\0{}\0{dimension}\0{missing}\0{name}",
        about.kpi, about.kind as i32
    )
}

/// One value as told equally far ahead: what it is of, the model, the step, the period's first and last day.
type Value = (String, String, u32, i32, i32);

/// The rows of an answer.
pub(super) fn measured(asked: &GetAccuracyRequest, scored: Vec<Served>) -> Vec<Accuracy> {
    let mut abouts: BTreeMap<String, About> = BTreeMap::new();
    // Of forecasts of one value that looked equally far ahead the last one counts.
    let mut newest: BTreeMap<Value, (i64, Said)> = BTreeMap::new();
    for served in scored {
        for point in &served.points {
            if point.member.is_some() && !asked.by_group {
                continue;
            }
            let about = About {
                kind: served.kind,
                kpi: point.kpi.clone(),
                member: point.member.clone(),
            };
            let of = name(&about);
            let model = if asked.by_model {
                point.model.clone()
            } else {
                String::new()
            };
            // Conditions make another KPI of it: they are never mixed up.
            let value = format!("{of}\0{:?}", served.filters);
            let key = (value, model.clone(), point.step, point.start, point.end);
            let said = said(&served, point, &of, model);
            let made = served.as_of.as_micros();
            if newest.get(&key).is_none_or(|(last, _)| *last <= made) {
                newest.insert(key, (made, said));
            }
            abouts.entry(of).or_insert(about);
        }
    }
    let all: Vec<Said> = newest.into_values().map(|(_, said)| said).collect();
    let by = By {
        of: true,
        model: asked.by_model,
        owner: false,
        steps: asked.by_step,
    };
    let watched: Vec<Drift> = drift(&all, by);
    let rows = accuracy(&all, by);
    rows.iter()
        .filter_map(|row| shown(row, &abouts, &watched))
        .collect()
}

fn said(served: &Served, point: &Point, of: &str, model: String) -> Said {
    let made = served.as_of.as_micros().div_euclid(DAY_MICROS);
    Said {
        of: of.to_owned(),
        model,
        owner: String::new(),
        made: i32::try_from(made).unwrap_or(i32::MAX),
        due: point.end,
        steps: point.step,
        said: point.mean,
        bands: point
            .intervals
            .iter()
            .map(|interval| Band {
                level: interval.level,
                low: interval.low,
                high: interval.high,
            })
            .collect(),
        scale: point.scale,
        came: point.actual,
    }
}

fn shown(
    row: &crate::accuracy::Accuracy,
    abouts: &BTreeMap<String, About>,
    watched: &[Drift],
) -> Option<Accuracy> {
    let about = abouts.get(row.key.of.as_ref()?)?;
    let drift = watched.iter().find(|drift| drift.key == row.key);
    let alarms: Vec<&Alarm> = drift.map(|drift| drift.standing().collect()).unwrap_or_default();
    let mut notes: Vec<String> = alarms.iter().map(|alarm| words(alarm)).collect();
    let broken = row.coverage.iter();
    let broken = broken.filter(|coverage| coverage.broken && coverage.n >= FEWEST_TOLD);
    notes.extend(broken.map(|coverage| {
        let percent = |share: f64| share * 100.0;
        format!(
            "intervals of {:.0} % held {:.0} % of the time, and chance alone leaves {:.0} to {:.0}",
            percent(coverage.level),
            percent(coverage.share),
            percent(coverage.low),
            percent(coverage.high)
        )
    }));
    Some(Accuracy {
        kpi: about.kpi.clone(),
        kind: show::kind(about.kind).into(),
        model: row.key.model.clone().unwrap_or_default(),
        step: row.key.steps.unwrap_or(0),
        group: about.member.as_ref().map(show::group),
        n: row.n as u64,
        wape: row.wape,
        bias: row.bias,
        mase: row.mase,
        coverage: row
            .coverage
            .iter()
            .map(|coverage| Coverage {
                level: coverage.level,
                held: coverage.share,
                n: coverage.n as u64,
            })
            .collect(),
        drift: !alarms.is_empty(),
        notes,
    })
}

/// An alarm for people.
pub(super) fn words(alarm: &Alarm) -> String {
    let since = bellwether_domain::CivilDate::from_days(alarm.since);
    let what = match alarm.side {
        Side::TooHigh => "less comes than is forecast",
        Side::TooLow => "more comes than is forecast",
        Side::TooSure => "intervals hold less often than they promise",
    };
    format!("{what}, about since {since}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Interval;
    use bellwether_domain::{Instant, Position};

    fn served(as_of_day: i64, mean: f64, actual: f64, member: Option<&str>, step: u32) -> Served {
        let point = Point {
            kpi: "bookings".to_owned(),
            unit: "USD".to_owned(),
            member: member.map(|name| Member {
                dimension: "owner".to_owned(),
                name: Some(name.to_owned()),
            }),
            model: "ets".to_owned(),
            step,
            start: 100,
            end: 130,
            mean,
            intervals: vec![Interval {
                level: 0.8,
                low: mean - 5.0,
                high: mean + 5.0,
            }],
            scale: Some(4.0),
            actual: Some(actual),
            scored_at: None,
        };
        Served {
            id: format!("{as_of_day}"),
            kind: Kind::Trend,
            filters: Vec::new(),
            made_at: Instant::from_micros(0),
            as_of: Instant::from_micros(as_of_day * DAY_MICROS),
            position: Position::default(),
            model_version: String::new(),
            points: vec![point],
        }
    }

    #[test]
    fn a_few_misses_are_not_told_as_broken_intervals() {
        let notes = |n: i64| {
            let missed = |at: i64| {
                let mut one = served(90, 20.0, 10.0, None, 1);
                one.id = at.to_string();
                one.points[0].start += i32::try_from(at).unwrap() * 30;
                one.points[0].end += i32::try_from(at).unwrap() * 30;
                one
            };
            let all = (0..n).map(missed).collect();
            let rows = measured(&GetAccuracyRequest::default(), all);
            assert_eq!(rows[0].n, u64::try_from(n).unwrap());
            rows[0].notes.iter().any(|note| note.contains("chance alone"))
        };
        assert!(!notes(1) && !notes(9) && notes(10));
    }

    #[test]
    fn the_last_forecast_of_a_value_counts_and_groups_are_told_apart_when_asked() {
        let all = vec![
            served(90, 20.0, 10.0, None, 1),
            served(95, 14.0, 10.0, None, 1),
            served(60, 20.0, 10.0, None, 2),
            served(90, 3.0, 2.0, Some("ann"), 1),
        ];
        let rows = measured(&GetAccuracyRequest::default(), all.clone());
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].n, rows[0].wape, rows[0].bias, rows[0].mase),
            (2, Some(0.7), Some(0.7), Some(1.75))
        );
        let coverage = &rows[0].coverage[0];
        assert_eq!((coverage.level, coverage.held, coverage.n), (0.8, 0.5, 2));
        let asked = GetAccuracyRequest {
            by_step: true,
            by_group: true,
            ..GetAccuracyRequest::default()
        };
        let rows = measured(&asked, all);
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.group.as_ref().and_then(|group| group.name.clone()),
                    row.step,
                    row.n,
                )
            })
            .collect();
        assert_eq!(told, [(None, 1, 1), (None, 2, 1), (Some("ann".to_owned()), 1, 1)]);
    }
}
