//! Parts that several answers have.

use bellwether_contracts::convert::{instant_to_proto, position_to_proto};
use bellwether_contracts::forecasting::{Absence, Band, Basis, Estimate, ForecastPeriod};
use bellwether_contracts::kpi::Watermark;
use bellwether_domain::CivilDate;

use crate::pipeline::{Refusal, Spread};
use crate::source::Stands;
use crate::trend::Unfit;

/// What an answer stands on.
pub(super) fn basis(stands: &Stands, forecast_id: &str, cached: bool) -> Basis {
    Basis {
        as_of: Some(instant_to_proto(stands.as_of)),
        watermark: Some(Watermark {
            position: Some(position_to_proto(stands.position)),
            recorded_at: stands.recorded_at.map(instant_to_proto),
        }),
        model_version: super::model_version(),
        forecast_id: forecast_id.to_owned(),
        cached,
    }
}

/// A period from one civil day number to another, exclusive.
pub(super) fn period(start: i32, end: i32) -> ForecastPeriod {
    ForecastPeriod {
        start: CivilDate::from_days(start).to_string(),
        end: CivilDate::from_days(end).to_string(),
    }
}

/// Numbers of a distribution, each divided by `unit`.
pub(super) fn estimate(spread: &Spread, unit: f64) -> Estimate {
    let band = |band: &crate::pipeline::Band| Band {
        level: band.level,
        low: band.low / unit,
        high: band.high / unit,
    };
    Estimate {
        mean: spread.mean / unit,
        median: spread.median / unit,
        bands: spread.bands.iter().map(band).collect(),
    }
}

/// Why a series has no forecast.
pub(super) fn unfit(unfit: &Unfit) -> (Absence, String) {
    let absence = match unfit {
        Unfit::Empty | Unfit::AllMissing => Absence::NoHistory,
        Unfit::TooShort { .. } => Absence::TooLittleHistory,
        _ => Absence::NoModel,
    };
    (absence, unfit.to_string())
}

/// Why a pipeline has no forecast.
pub(super) fn refusal(refusal: &Refusal) -> (Absence, String) {
    let absence = match refusal {
        Refusal::NoDeals => Absence::NoHistory,
        Refusal::TooFewClosed { .. } | Refusal::NoSnapshot { .. } => Absence::TooLittleHistory,
        Refusal::NothingOpen => Absence::NothingOpen,
        _ => Absence::NoModel,
    };
    (absence, refusal.to_string())
}
