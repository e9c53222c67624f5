//! A line of a scorecard in plain sentences.

use bellwether_contracts::kpi::{
    Attainment, Direction, KpiComparison, ProjectionMethod, Range, ScorecardLine, StatusReason, TargetStatus,
};

use super::change;
use crate::commands::ValueRow;
use crate::output::{Tone, compact};

/// Benchmarks that are shown; `kpi show` has all.
const MOST_BENCHMARKS: usize = 2;

/// A status in a word or two, and how it is coloured; `over` = the period is.
pub(crate) fn status(attainment: &Attainment, over: bool) -> (&'static str, Tone) {
    match (attainment.status(), attainment.reason()) {
        (TargetStatus::OnTrack, _) if over => ("reached", Tone::Good),
        (TargetStatus::OnTrack, _) => ("on track", Tone::Good),
        (TargetStatus::TooEarly, _) if over => ("too close", Tone::Quiet),
        (TargetStatus::TooEarly, _) => ("too early", Tone::Quiet),
        (TargetStatus::AtRisk, _) => ("at risk", Tone::Bad),
        (TargetStatus::Off, _) => ("off", Tone::Bad),
        (_, StatusReason::NotBegun) => ("not begun", Tone::Quiet),
        (_, StatusReason::NoValue) => ("no value", Tone::Quiet),
        (_, StatusReason::NoTarget) => ("no target", Tone::Quiet),
        _ => ("", Tone::Plain),
    }
}

/// A range for eyes: `1.90M to 2.30M USD`, `1.90M USD or more`; `None` = it is open on both sides.
pub(crate) fn range(likely: &Range, unit: &str) -> Option<String> {
    let shown = |end: &Option<String>| end.as_deref().map(|end| compact(end, unit));
    match (shown(&likely.low), shown(&likely.high)) {
        (Some(low), Some(high)) if low == high => Some(low),
        (Some(low), Some(high)) => Some(between(&low, &high, " to ")),
        (Some(low), None) => Some(format!("{low} or more")),
        (None, Some(high)) => Some(format!("{high} or less")),
        (None, None) => None,
    }
}

/// Two figures; their unit is said once where it is the same.
fn between(low: &str, high: &str, word: &str) -> String {
    match (low.rsplit_once(' '), high.rsplit_once(' ')) {
        (Some((number, one)), Some((_, other))) if one == other => format!("{number}{word}{high}"),
        _ => format!("{low}{word}{high}"),
    }
}

/// One plain sentence about a KPI beside its target; `size` is what the period is called, such as quarter.
pub(crate) fn told(line: &ScorecardLine, size: &str, over: bool) -> String {
    let value = line.value.clone().unwrap_or_default();
    let attainment = line.attainment.clone().unwrap_or_default();
    let name = if line.name.is_empty() {
        &value.kpi
    } else {
        &line.name
    };
    let Some(number) = value.value.as_deref() else {
        let why = ValueRow(value.clone()).absent_reason().unwrap_or_default();
        return format!("{name} has no value yet: {}.", why.replace('_', " "));
    };
    let shown = compact(number, &value.unit);
    match attainment.reason() {
        StatusReason::NoTarget | StatusReason::Unspecified => {
            return format!(
                "{name} is {shown}{}; there is no target for this {size}.",
                moved(line, size)
            );
        }
        StatusReason::NotBegun => return format!("The period of {name} has not begun."),
        _ => {}
    }
    let wanted = compact(&attainment.target, &value.unit);
    let share = |share: &Option<String>| share.as_deref().map(|share| compact(share, "ratio"));
    let reached = share(&attainment.attainment).unwrap_or_default();
    let head = match share(&attainment.expected_share) {
        Some(_) if over => format!("{name} came to {shown}, {reached} of the {wanted} wanted"),
        Some(expected) => {
            format!("{name} has {reached} of the {wanted} wanted, where {expected} was expected by now")
        }
        None if line.direction() == Direction::Down => {
            format!("{name} is {shown}, where at most {wanted} is wanted")
        }
        None => format!("{name} is {shown}, where at least {wanted} is wanted"),
    };
    format!("{head}{}.", ending(line, &attainment, size, over))
}

/// What follows from where it stands.
fn ending(line: &ScorecardLine, attainment: &Attainment, size: &str, over: bool) -> String {
    let value = line.value.clone().unwrap_or_default();
    let likely = attainment.likely.clone().unwrap_or_default();
    let ends = range(&likely, &value.unit);
    let is_range = likely.low != likely.high;
    let grows = attainment.expected_share.is_some();
    let comes = match (&ends, grows) {
        (Some(ends), true) if !over => match attainment.past_periods {
            0 => format!("; the {size} is likely to end at {ends}"),
            past => format!("; going by the {past} {size}s before, this one is likely to end at {ends}"),
        },
        (Some(ends), false) if is_range => format!("; chance leaves {ends}"),
        _ => String::new(),
    };
    let warn = compact(&attainment.warn_below, "ratio");
    let bad = compact(&attainment.bad_below, "ratio");
    let all = if is_range && !over {
        "all of that is "
    } else {
        "that is "
    };
    let worse = |limit: &str| {
        if line.direction() == Direction::Down {
            format!("{comes}; {all}too far above it")
        } else {
            format!("{comes}; {all}below {limit} of it")
        }
    };
    match (attainment.status(), attainment.reason()) {
        (_, StatusReason::Held) => format!("{comes}; it has not recovered enough to be called better"),
        (TargetStatus::OnTrack, _) if over => format!("{comes}; reached, as {warn} of it is enough"),
        (TargetStatus::OnTrack, _) => format!("{comes}: on track"),
        (TargetStatus::AtRisk, _) => worse(&warn),
        (TargetStatus::Off, _) => worse(&bad),
        (_, StatusReason::NoDirection) => format!("{comes}; neither more nor less of it is better"),
        (_, StatusReason::FewItems) => format!("; on {} items that says little", value.n),
        (_, StatusReason::NoRange) => no_range(attainment, size),
        _ if over => format!("{comes}: too close to tell"),
        _ => format!("{comes}: too early to tell"),
    }
}

/// What is said where nothing tells how far the end may lie off.
fn no_range(attainment: &Attainment, size: &str) -> String {
    match attainment.method() {
        ProjectionMethod::ShareOnly => {
            format!("; too few {size}s before it are known to tell how this one will end")
        }
        _ => "; nothing tells how sure that is".to_owned(),
    }
}

/// How it moved against the period before: `, +12.4 % on the same days of the quarter before`.
fn moved(line: &ScorecardLine, size: &str) -> String {
    let text = line.previous.as_ref().and_then(change::text);
    text.map_or_else(String::new, |text| format!(", {text} on the {size} before"))
}

/// What it was before, and what others reach: a sentence each.
pub(super) fn beside(line: &ScorecardLine, size: &str) -> Vec<String> {
    let value = line.value.clone().unwrap_or_default();
    let mut out = Vec::new();
    let a_year = |moved: &KpiComparison| change::text(moved);
    if let Some(text) = line.last_year.as_ref().and_then(a_year) {
        out.push(format!("{text} on a year before."));
    }
    if let Some(own) = &line.own {
        let (low, high) = (compact(&own.low, &value.unit), compact(&own.high, &value.unit));
        let median = compact(&own.median, &value.unit);
        let (half, periods) = (between(&low, &high, " to "), own.periods);
        out.push(format!(
            "Own last {periods} {size}s: middle half {half}, median {median}."
        ));
    }
    for other in line.benchmarks.iter().take(MOST_BENCHMARKS) {
        let (value, source, date) = (&other.value, &other.source, &other.date);
        let whose = match other.segment.as_str() {
            "not told" => String::new(),
            segment => format!("{segment}; "),
        };
        out.push(format!("Others: {value} ({whose}{source}, {date})."));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::kpi::{Benchmark, KpiValue, Quartiles};

    fn line(unit: &str, value: &str, attainment: Attainment) -> ScorecardLine {
        ScorecardLine {
            name: "Bookings".to_owned(),
            direction: Direction::Up.into(),
            value: Some(KpiValue {
                kpi: "bookings".to_owned(),
                unit: unit.to_owned(),
                value: (!value.is_empty()).then(|| value.to_owned()),
                ..KpiValue::default()
            }),
            attainment: Some(attainment),
            ..ScorecardLine::default()
        }
    }

    fn aimed(status: TargetStatus, reason: StatusReason, likely: Option<(&str, &str)>) -> Attainment {
        Attainment {
            target: "2000000".to_owned(),
            attainment: Some("0.6".to_owned()),
            expected_share: Some("0.576".to_owned()),
            likely: likely.map(|(low, high)| Range {
                low: (!low.is_empty()).then(|| low.to_owned()),
                high: (!high.is_empty()).then(|| high.to_owned()),
            }),
            status: status.into(),
            reason: reason.into(),
            warn_below: "0.9".to_owned(),
            bad_below: "0.75".to_owned(),
            method: ProjectionMethod::ShareOnly.into(),
            ..Attainment::default()
        }
    }

    #[test]
    fn a_manager_is_told_what_it_comes_to_in_one_sentence() {
        let told = |attainment, over| told(&line("USD", "1200000", attainment), "quarter", over);
        let on_track = aimed(
            TargetStatus::OnTrack,
            StatusReason::Range,
            Some(("1900000", "2300000")),
        );
        assert_eq!(
            told(on_track, false),
            "Bookings has 60.0 % of the 2.00M USD wanted, where 57.6 % was expected by now; the quarter is likely to \
             end at 1.90M to 2.30M USD: on track."
        );
        let early = aimed(
            TargetStatus::TooEarly,
            StatusReason::RangeReachesBoth,
            Some(("1500000", "")),
        );
        assert!(told(early, false).ends_with("end at 1.50M USD or more: too early to tell."));
        let off = aimed(
            TargetStatus::Off,
            StatusReason::Range,
            Some(("1000000", "1400000")),
        );
        assert!(told(off, false).ends_with("1.00M to 1.40M USD; all of that is below 75.0 % of it."));
        let new = aimed(TargetStatus::TooEarly, StatusReason::NoRange, None);
        assert!(
            told(new, false)
                .ends_with("; too few quarters before it are known to tell how this one will end.")
        );
        let over = aimed(
            TargetStatus::Off,
            StatusReason::Final,
            Some(("1200000", "1200000")),
        );
        assert_eq!(
            told(over, true),
            "Bookings came to 1.20M USD, 60.0 % of the 2.00M USD wanted; that is below 75.0 % of it."
        );
    }

    #[test]
    fn what_a_range_was_learned_from_is_told() {
        let learned = Attainment {
            past_periods: 8,
            ..aimed(
                TargetStatus::TooEarly,
                StatusReason::RangeReachesBoth,
                Some(("1500000", "2500000")),
            )
        };
        let text = told(&line("USD", "1200000", learned), "quarter", false);
        let end = "; going by the 8 quarters before, this one is likely to end at 1.50M to 2.50M USD: too early to tell.";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn what_cannot_be_judged_says_why() {
        let nothing = Attainment {
            reason: StatusReason::NoTarget.into(),
            ..Attainment::default()
        };
        let mut plain = line("USD", "1200000", nothing);
        plain.previous = Some(KpiComparison {
            relative: Some("0.124".to_owned()),
            ..KpiComparison::default()
        });
        assert_eq!(
            told(&plain, "quarter", false),
            "Bookings is 1.20M USD, +12.4 % on the quarter before; there is no target for this quarter."
        );
        let absent = line(
            "USD",
            "",
            aimed(TargetStatus::Unspecified, StatusReason::NoValue, None),
        );
        assert!(told(&absent, "quarter", false).starts_with("Bookings has no value yet"));
    }

    #[test]
    fn own_quartiles_stand_beside_sourced_benchmarks() {
        let mut line = line("ratio", "0.31", Attainment::default());
        line.own = Some(Quartiles {
            low: "0.25".to_owned(),
            median: "0.28".to_owned(),
            high: "0.33".to_owned(),
            periods: 8,
        });
        line.benchmarks = vec![Benchmark {
            value: "20 to 30 %".to_owned(),
            source: "a page".to_owned(),
            date: "2025".to_owned(),
            segment: "B2B".to_owned(),
            ..Benchmark::default()
        }];
        assert_eq!(
            beside(&line, "quarter"),
            [
                "Own last 8 quarters: middle half 25.0 to 33.0 %, median 28.0 %.",
                "Others: 20 to 30 % (B2B; a page, 2025)."
            ]
        );
    }
}
