//! Words and figures that several `forecast` commands show.

use bellwether_contracts::forecasting::{Absence, Band, Basis, Estimate, ForecastPeriod};
use bellwether_contracts::kpi::GroupValue;
use serde_json::{Map, Value, json};

use crate::cli::twice;
use crate::exit::Failure;
use crate::output::{Page, precise, wrapped};

/// Running text in lines of the page.
pub(super) fn lines(text: &str, page: &Page) -> String {
    wrapped("", "", text, page.width()).join("\n")
}

/// Refuses a level that is named twice: its columns would have one name.
///
/// # Errors
/// It is.
pub(super) fn levels_once(levels: &[f64]) -> Result<(), Failure> {
    twice(levels).map_or(Ok(()), |level| {
        Err(Failure::usage(format!("--levels names {level} twice")))
    })
}

/// The name of a group; empty of the whole.
pub(super) fn group(group: Option<&GroupValue>) -> String {
    group.map_or_else(String::new, |group| {
        group.name.clone().unwrap_or_else(|| "(none)".to_owned())
    })
}

/// A group for programs.
pub(super) fn group_json(group: Option<&GroupValue>) -> Value {
    let Some(group) = group else { return Value::Null };
    json!({ "dimension": group.dimension, "name": group.name })
}

/// The days of a period: `2026-03-01 - 2026-03-31`.
pub(super) fn days(period: Option<&ForecastPeriod>) -> String {
    let Some(period) = period else {
        return String::new();
    };
    let last = period
        .end
        .parse::<bellwether_domain::CivilDate>()
        .map(|end| end.plus_days(-1).to_string());
    match last {
        Ok(last) if last == period.start => last,
        Ok(last) => format!("{} - {last}", period.start),
        Err(_) => period.start.clone(),
    }
}

/// A period for programs: its end is exclusive.
pub(super) fn period_json(out: &mut Map<String, Value>, period: Option<&ForecastPeriod>) {
    let (start, end) = period.map(|period| (&period.start, &period.end)).unzip();
    out.insert("period_start".to_owned(), json!(start));
    out.insert("period_end".to_owned(), json!(end));
}

/// A level for people: `80 %`.
pub(super) fn percent(share: f64) -> String {
    let percent = (share * 1e6).round() / 1e4;
    format!("{percent} %")
}

/// An interval for people: `12 - 15`.
pub(super) fn range(band: &Band, unit: &str) -> String {
    format!("{} - {}", figure(band.low, unit), figure(band.high, unit))
}

/// A number for people.
pub(super) fn figure(value: f64, unit: &str) -> String {
    // An estimate of a count need not be whole, but more than a tenth says nothing.
    let value = if unit == "count" {
        (value * 10.0).round() / 10.0
    } else {
        value
    };
    precise(&format!("{value}"), unit)
}

/// Intervals for programs: `{"level": 0.8, "low": .., "high": ..}`.
pub(super) fn bands_json(bands: &[Band]) -> Value {
    let band = |band: &Band| json!({ "level": band.level, "low": band.low, "high": band.high });
    bands.iter().map(band).collect()
}

/// An estimate for programs.
pub(super) fn estimate_json(estimate: Option<&Estimate>) -> Value {
    let Some(one) = estimate else { return Value::Null };
    json!({ "mean": one.mean, "median": one.median, "intervals": bands_json(&one.bands) })
}

/// The name of a reason why there is no forecast; none where there is one.
pub(super) fn absence(absence: Absence) -> Option<String> {
    let name = absence
        .as_str_name()
        .trim_start_matches("ABSENCE_")
        .to_lowercase();
    (absence != Absence::Unspecified).then_some(name)
}

/// What an answer stands on, for programs.
pub(super) fn basis_json(out: &mut Map<String, Value>, basis: Option<&Basis>) {
    let basis = basis.cloned().unwrap_or_default();
    let as_of = basis.as_of.as_ref().and_then(instant);
    let watermark = basis.watermark.unwrap_or_default();
    let position = watermark.position.unwrap_or_default();
    out.insert("as_of".to_owned(), json!(as_of));
    out.insert(
        "watermark".to_owned(),
        json!({
            "position": format!("{}:{}", position.epoch, position.seq),
            "recorded_at": watermark.recorded_at.as_ref().and_then(instant),
        }),
    );
    out.insert("model_version".to_owned(), json!(basis.model_version));
    out.insert("forecast_id".to_owned(), json!(basis.forecast_id));
    out.insert("cached".to_owned(), json!(basis.cached));
}

/// An instant as text.
pub(super) fn instant(at: &prost_types::Timestamp) -> Option<String> {
    bellwether_contracts::convert::instant_from_proto(at)
        .ok()
        .map(|at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_with_their_last_day() {
        let period = |start: &str, end: &str| ForecastPeriod {
            start: start.to_owned(),
            end: end.to_owned(),
        };
        assert_eq!(
            days(Some(&period("2026-03-01", "2026-04-01"))),
            "2026-03-01 - 2026-03-31"
        );
        assert_eq!(days(Some(&period("2026-03-01", "2026-03-02"))), "2026-03-01");
        assert_eq!(
            (percent(0.8), percent(0.975)),
            ("80 %".to_owned(), "97.5 %".to_owned())
        );
        assert_eq!(
            (figure(12.345, "count"), figure(0.5, "ratio")),
            ("12.30".to_owned(), "50.00 %".to_owned())
        );
        assert_eq!(absence(Absence::Unspecified), None);
        assert_eq!(absence(Absence::NoHistory), Some("no_history".to_owned()));
    }
}
