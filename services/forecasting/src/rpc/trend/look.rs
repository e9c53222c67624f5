//! The history of a KPI as kpi tells it, and the periods that come next.

use std::collections::HashMap;

use bellwether_contracts::convert::{when_from_proto, when_to_proto};
use bellwether_contracts::kpi::{self, Filter, KnownAt, KpiValue, QueryKpisRequest, known_at};
use bellwether_contracts::status::from_status;
use bellwether_domain::period::{Grain, period_of};
use bellwether_domain::settings::Settings;
use bellwether_domain::{CivilDate, Error, ErrorReason, Instant, Result, When};

use crate::facts::{History, Period};
use crate::rpc::Desk;
use crate::rpc::read::Past;
use crate::series::Series;
use crate::source::{At, Least, SeriesAsk, Stands};

/// The first year that is looked at where nobody says from when.
const YEARS: [(Grain, i16); 3] = [(Grain::Day, 3), (Grain::Week, 6), (Grain::Month, 12)];
/// The same of longer periods.
const MOST_YEARS: i16 = 40;

/// What is known of a KPI.
#[derive(Debug)]
pub(super) struct Looked {
    /// The whole first, where it was asked for, then groups by name; all of the same periods.
    pub(super) histories: Vec<History>,
    pub(super) stands: Stands,
}

impl Looked {
    /// The unit of the values; empty without any.
    pub(super) fn unit(&self) -> String {
        self.histories
            .first()
            .map(|history| history.unit.clone())
            .unwrap_or_default()
    }

    /// The periods that are over.
    pub(super) fn periods(&self) -> &[Period] {
        self.histories.first().map_or(&[], |history| &history.periods)
    }
}

/// Asks kpi for the history; of the whole too, where it is told apart and `whole` says so.
///
/// # Errors
/// What kpi says; `INVALID_ARGUMENT` for a KPI that is always told apart by something else.
pub(super) async fn look(desk: &Desk, past: &Past, whole: bool) -> Result<Looked> {
    let stands = desk.stands("history.as_of", &past.at).await?;
    begun(past.from, &stands)?;
    let at = over(past, &stands);
    let ask = SeriesAsk {
        kpi: past.kpi.clone(),
        from: past.from.unwrap_or_else(|| usual_start(past.grain, &stands)),
        // Beyond as-of, or the period that runs would be cut there and look as if it were over.
        to: Some(When::Day(
            stands
                .zone
                .date_of(stands.as_of)
                .plus_days(longest(past.grain) + 1),
        )),
        grain: past.grain,
        group_by: Vec::new(),
        filters: past.filters.clone(),
    };
    let mut told = None;
    if whole || past.group_by.is_none() {
        let answer = desk.source.histories(&at, &ask).await?;
        let by = &answer.says.definition.always_by;
        if by.is_empty() {
            told = Some(answer);
        } else if past.group_by.as_ref() != Some(by) {
            let message = format!("`{}` is always told apart by {by}: ask for that", past.kpi);
            return Err(Error::invalid(
                ErrorReason::InvalidField,
                "history.group_by",
                message,
            ));
        }
    }
    let mut histories: Vec<History> = Vec::new();
    let mut at_last = told.as_ref().map(|told| told.stands.clone());
    if let Some(told) = told {
        histories.extend(told.says.groups);
    }
    if let Some(dimension) = &past.group_by {
        let group_by = vec![dimension.clone()];
        let answer = desk.source.histories(&at, &SeriesAsk { group_by, ..ask }).await?;
        let groups = answer.says.groups;
        match histories.first() {
            Some(whole) => {
                let periods = whole.periods.clone();
                histories.extend(groups.into_iter().map(|group| onto(group, &periods)));
            }
            // Without a whole there are no groups either, but where the whole was not asked for.
            None => histories = groups,
        }
        at_last = Some(answer.stands);
    }
    Ok(Looked {
        histories,
        stands: at_last.unwrap_or(stands),
    })
}

/// Refuses a history that begins when it is to end: kpi would name an end that nobody gave.
///
/// # Errors
/// It begins at as-of or later.
fn begun(from: Option<When>, stands: &Stands) -> Result<()> {
    match from {
        Some(from) if from.start_in(&stands.zone) >= stands.as_of => {
            let last = Instant::from_micros(stands.as_of.as_micros() - 1);
            let text = format!(
                "{from} is after {}, the last day that counts: leave it out, or name an earlier day",
                stands.zone.date_of(last)
            );
            Err(Error::invalid(ErrorReason::InvalidField, "history.from", text))
        }
        _ => Ok(()),
    }
}

/// The most days that a period has.
fn longest(grain: Grain) -> i32 {
    match grain {
        Grain::Day => 1,
        Grain::Week => 7,
        Grain::Month => 31,
        Grain::FiscalMonth => 42,
        Grain::Quarter => 92,
        Grain::FiscalQuarter => 120,
        Grain::Year | Grain::FiscalYear => 380,
    }
}

/// As of when: where nobody says, the present day has not come to its end.
fn over(past: &Past, stands: &Stands) -> At {
    let as_of = past.at.as_of.unwrap_or_else(|| {
        let today = stands
            .zone
            .date_of(Instant::from_micros(stands.as_of.as_micros() - 1));
        When::At(stands.zone.start_of_day(today))
    });
    At {
        tenant: past.at.tenant.clone(),
        as_of: Some(as_of),
        known_at: Some(stands.position.seq),
        least: Least::Position(stands.position),
    }
}

/// From when a history is of use.
fn usual_start(grain: Grain, stands: &Stands) -> When {
    let today = stands.zone.date_of(stands.as_of).to_jiff();
    let years = YEARS
        .iter()
        .find(|(of, _)| *of == grain)
        .map_or(MOST_YEARS, |(_, years)| *years);
    let first = CivilDate::from_ymd((today.year() - years).max(1), 1, 1).unwrap_or(CivilDate::from_days(0));
    // A Monday, so that the first week is a whole one.
    let monday = first.plus_days(-i32::from(first.to_jiff().weekday().to_monday_zero_offset()));
    When::Day(if grain == Grain::Week { monday } else { first })
}

/// A history of other periods: what it does not tell is 0 of values that add up, and missing otherwise.
fn onto(history: History, periods: &[Period]) -> History {
    if history.periods == periods {
        return history;
    }
    let places: HashMap<String, usize> = history
        .periods
        .iter()
        .enumerate()
        .map(|(at, period)| (period.start.to_string(), at))
        .collect();
    let at: Vec<Option<usize>> = periods
        .iter()
        .map(|period| places.get(&period.start.to_string()).copied())
        .collect();
    let none = history.adds.over_groups.then_some(0.0);
    let moved = |series: &Series, none: Option<f64>| Series {
        values: at
            .iter()
            .map(|at| at.map_or(none, |at| series.values.get(at).copied().flatten()))
            .collect(),
        seasons: series.seasons.clone(),
    };
    let share = history.share.as_ref().map(|share| crate::facts::Share {
        numerator: moved(&share.numerator, Some(0.0)),
        denominator: moved(&share.denominator, Some(0.0)),
    });
    History {
        series: moved(&history.series, none),
        items: at
            .iter()
            .map(|at| at.and_then(|at| history.items.get(at).copied()).unwrap_or(0))
            .collect(),
        periods: periods.to_vec(),
        share,
        ..history
    }
}

/// The periods after those that are over, as civil day numbers: the running one first.
///
/// # Errors
/// What kpi says.
pub(super) async fn coming(
    desk: &Desk,
    past: &Past,
    looked: &Looked,
    horizon: usize,
) -> Result<Vec<(i32, i32)>> {
    let Some(last) = looked.periods().last() else {
        return Ok(Vec::new());
    };
    let stands = &looked.stands;
    let from = last.end.day_in(&stands.zone);
    let longest = longest(past.grain);
    let count = i32::try_from(horizon + 1).unwrap_or(i32::MAX);
    let days = count.saturating_mul(longest);
    let filter = |(dimension, value): &(String, Option<String>)| Filter {
        dimension: dimension.clone(),
        value: value.clone(),
    };
    let request = QueryKpisRequest {
        tenant: past.at.tenant.clone(),
        kpis: vec![past.kpi.clone()],
        from: Some(when_to_proto(When::Day(from))),
        to: Some(when_to_proto(When::Day(from.plus_days(days)))),
        grain: grain(past.grain).into(),
        group_by: looked.histories[0]
            .group
            .iter()
            .map(|(dimension, _)| dimension.clone())
            .collect(),
        filters: past.filters.iter().map(filter).collect(),
        as_of: Some(when_to_proto(When::At(stands.as_of))),
        known_at: Some(KnownAt {
            at: Some(known_at::At::Seq(stands.position.seq)),
        }),
        ..QueryKpisRequest::default()
    };
    let answer = desk
        .source
        .kpis()
        .query_kpis(request)
        .await
        .map_err(|status| from_status(&status))?;
    let mut periods: Vec<(i32, i32)> = answer
        .into_inner()
        .values
        .iter()
        .filter_map(|value| days_of(value, stands))
        .collect();
    periods.sort_unstable();
    periods.dedup();
    // The last one is cut by the end of the range.
    periods.truncate(periods.len().saturating_sub(1).min(horizon));
    if periods.is_empty() {
        periods = plain(from, past.grain, horizon);
    }
    Ok(periods)
}

fn days_of(value: &KpiValue, stands: &Stands) -> Option<(i32, i32)> {
    let day = |when: &bellwether_contracts::types::DateOrTime| {
        Some(when_from_proto(when).ok()??.day_in(&stands.zone).days())
    };
    let (start, end) = (
        day(value.period_start.as_ref()?)?,
        day(value.period_end.as_ref()?)?,
    );
    (start < end).then_some((start, end))
}

/// Periods of a plain calendar, where kpi tells none because no group is there yet.
fn plain(mut from: CivilDate, grain: Grain, count: usize) -> Vec<(i32, i32)> {
    let calendar = Settings::default().fiscal;
    let mut periods = Vec::with_capacity(count);
    for _ in 0..count {
        let period = period_of(from, grain, &calendar);
        periods.push((period.start.days(), period.end.days()));
        from = period.end;
    }
    periods
}

fn grain(grain: Grain) -> kpi::Grain {
    match grain {
        Grain::Day => kpi::Grain::Day,
        Grain::Week => kpi::Grain::Week,
        Grain::Month => kpi::Grain::Month,
        Grain::Quarter => kpi::Grain::Quarter,
        Grain::Year => kpi::Grain::Year,
        Grain::FiscalMonth => kpi::Grain::FiscalMonth,
        Grain::FiscalQuarter => kpi::Grain::FiscalQuarter,
        Grain::FiscalYear => kpi::Grain::FiscalYear,
    }
}

#[cfg(test)]
mod tests;
