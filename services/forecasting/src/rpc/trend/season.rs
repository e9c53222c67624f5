//! What of a KPI comes back with the calendar, as messages.

use bellwether_contracts::forecasting::{
    Absence, Cycle, GetSeasonalityResponse, Seasonality, SeasonalityPoint,
};
use bellwether_domain::{Error, Result};

use super::show::group;
use super::{Looked, write};
use crate::facts::History;
use crate::rpc::read::Past;
use crate::trend::{Parts, decompose};

/// Takes histories apart.
///
/// # Errors
/// `INTERNAL` when the models broke.
pub(super) async fn seasonality(past: &Past, looked: Looked) -> Result<GetSeasonalityResponse> {
    let kpi = past.kpi.clone();
    let split = tokio::task::spawn_blocking(move || {
        let mut seasonalities: Vec<Seasonality> = looked
            .histories
            .iter()
            .map(|history| apart(&looked, history))
            .collect();
        if seasonalities.is_empty() {
            seasonalities.push(Seasonality {
                absence: Absence::NoHistory.into(),
                reason: format!("nothing was ever counted of `{kpi}` there"),
                ..Seasonality::default()
            });
        }
        GetSeasonalityResponse {
            seasonalities,
            unit: looked.unit(),
            basis: Some(write::basis(&looked.stands, "", false)),
        }
    });
    split
        .await
        .map_err(|error| Error::internal(format!("the history cannot be taken apart: {error}")))
}

fn apart(looked: &Looked, history: &History) -> Seasonality {
    let known = Seasonality {
        group: group(history),
        ..Seasonality::default()
    };
    match decompose(&history.series) {
        Ok(parts) => shown(known, looked, history, &parts),
        Err(why) => {
            let (absence, reason) = write::unfit(&why);
            Seasonality {
                absence: absence.into(),
                reason,
                ..known
            }
        }
    }
}

fn shown(known: Seasonality, looked: &Looked, history: &History, parts: &Parts) -> Seasonality {
    let zone = &looked.stands.zone;
    let cycle = |cycle: &crate::trend::decompose::Cycle| Cycle {
        length: u32::try_from(cycle.length).unwrap_or(u32::MAX),
        strength: cycle.strength,
        pattern: cycle.pattern.clone(),
    };
    let periods = history.periods.iter().skip(parts.skipped).enumerate();
    let point = |(at, of): (usize, &crate::facts::Period)| {
        let (trend, rest) = (*parts.trend.get(at)?, *parts.rest.get(at)?);
        Some(SeasonalityPoint {
            period: Some(write::period(
                of.start.day_in(zone).days(),
                of.end.day_in(zone).days(),
            )),
            trend,
            season: parts
                .seasons
                .iter()
                .filter_map(|season| season.values.get(at))
                .sum(),
            rest,
        })
    };
    Seasonality {
        trend_strength: parts.trend_strength,
        cycles: parts.seasons.iter().map(cycle).collect(),
        points: periods.filter_map(point).collect(),
        ..known
    }
}
