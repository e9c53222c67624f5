//! Where a KPI left what was to be expected of it, as messages.

use bellwether_contracts::forecasting::{
    Absence, Anomaly, AnomalyDriver, AnomalyKind, DetectAnomaliesResponse, KpiAnomalies,
};
use bellwether_contracts::kpi::GroupValue;
use bellwether_domain::period::Grain;
use bellwether_domain::{Error, Result};

use super::show::group;
use super::{Looked, write};
use crate::anomaly::{self, Kind, Period, Watch, detect, drivers, sentence};
use crate::facts::History;
use crate::rpc::read::Past;

/// The most drivers of an anomaly that are told.
const MOST_DRIVERS: usize = 20;

/// Looks for anomalies in a history; `parts` are the groups that may have driven them.
///
/// # Errors
/// `INTERNAL` when the models broke.
pub(super) async fn anomalies(
    past: &Past,
    looked: Looked,
    parts: Vec<History>,
    watch: Watch,
) -> Result<DetectAnomaliesResponse> {
    let (kpi, length) = (past.kpi.clone(), length(past.grain));
    let found = tokio::task::spawn_blocking(move || {
        let mut found: Vec<KpiAnomalies> = looked
            .histories
            .iter()
            .map(|history| one(&looked, history, &parts, watch, length))
            .collect();
        if found.is_empty() {
            found.push(KpiAnomalies {
                absence: Absence::NoHistory.into(),
                reason: format!("nothing was ever counted of `{kpi}` there"),
                ..KpiAnomalies::default()
            });
        }
        DetectAnomaliesResponse {
            anomalies: found,
            unit: looked.unit(),
            basis: Some(write::basis(&looked.stands, "", false)),
        }
    });
    found
        .await
        .map_err(|error| Error::internal(format!("the history cannot be looked at: {error}")))
}

fn one(looked: &Looked, history: &History, parts: &[History], watch: Watch, length: Period) -> KpiAnomalies {
    let known = KpiAnomalies {
        group: group(history),
        ..KpiAnomalies::default()
    };
    let found = match detect(&history.series, watch) {
        Ok(found) => found,
        Err(why) => {
            let (absence, reason) = write::unfit(&why);
            return KpiAnomalies {
                absence: absence.into(),
                reason,
                ..known
            };
        }
    };
    let season = found.seasons.first().copied().unwrap_or(1);
    let shown = found.anomalies.iter().filter_map(|anomaly| {
        let driven = driven(anomaly, parts, season);
        shown(looked, history, anomaly, driven, length)
    });
    KpiAnomalies {
        anomalies: shown.collect(),
        ..known
    }
}

fn driven(anomaly: &anomaly::Anomaly, parts: &[History], season: usize) -> Vec<AnomalyDriver> {
    // Names may be missing: places stand for them.
    let named: Vec<(String, Vec<Option<f64>>)> = parts
        .iter()
        .enumerate()
        .map(|(place, part)| (format!("{place:08}"), part.series.values.clone()))
        .collect();
    let told = drivers(anomaly, &named, season).into_iter().take(MOST_DRIVERS);
    let driver = |driver: anomaly::Driver| {
        let part = parts.get(driver.name.parse::<usize>().ok()?)?;
        let group: Option<GroupValue> = group(part);
        Some(AnomalyDriver {
            group,
            usual: driver.usual,
            actual: driver.actual,
            share: driver.share,
        })
    };
    told.filter_map(driver).collect()
}

fn shown(
    looked: &Looked,
    history: &History,
    anomaly: &anomaly::Anomaly,
    drivers: Vec<AnomalyDriver>,
    length: Period,
) -> Option<Anomaly> {
    let zone = &looked.stands.zone;
    let (first, last) = (
        history.periods.get(anomaly.from)?,
        history.periods.get(anomaly.to)?,
    );
    let period = write::period(first.start.day_in(zone).days(), last.end.day_in(zone).days());
    let kind = match anomaly.kind {
        Kind::Spike => AnomalyKind::Spike,
        Kind::Shift => AnomalyKind::Shift,
    };
    Some(Anomaly {
        kind: kind.into(),
        period: Some(period),
        periods: u32::try_from(anomaly.periods()).unwrap_or(u32::MAX),
        ongoing: anomaly.ongoing,
        expected: anomaly.expected,
        actual: anomaly.actual,
        change: anomaly.change,
        strength: anomaly.strength,
        words: sentence(anomaly, length),
        drivers,
    })
}

fn length(grain: Grain) -> Period {
    match grain {
        Grain::Day => Period::Day,
        Grain::Week => Period::Week,
        Grain::Month | Grain::FiscalMonth => Period::Month,
        Grain::Quarter | Grain::FiscalQuarter => Period::Quarter,
        Grain::Year | Grain::FiscalYear => Period::Year,
    }
}
