//! A scorecard put beside the facts: all of it from one state of them.

use std::collections::BTreeMap;

use bellwether_domain::exact::Exact;
use bellwether_domain::period::{Grain, Period, period_of, previous};
use bellwether_domain::{CivilDate, Error, ErrorReason, Instant, Position, Result};

use super::balance::{Kind, Warning, balance};
use super::quartiles::{Quartiles, quartiles};
use super::whose::Whose;
use super::{Card, Origin};
use crate::catalogue::{Benchmark, Direction, Kpi};
use crate::query::{Answer, Ask, Base, Both, Caller, Row};
use crate::target::{Aim, Desk, Filters, PAST_PERIODS, Standing, if_priced, part_of, pursue};

/// Months of history beside each KPI.
pub const TREND_MONTHS: usize = 12;
/// Targets that are named where one is held before them.
const MOST_NAMED: usize = 3;

/// A scorecard beside the facts.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The period, whole.
    pub period: Period,
    /// The last civil day that counts.
    pub last_day: CivilDate,
    /// Up to when events counted, exclusive.
    pub as_of: Instant,
    /// A line a KPI.
    pub lines: Vec<Line>,
    /// The KPIs beside the same part of the period before; `None` = an exchange rate of then is missing.
    pub previous: Option<Both>,
    /// The same a year before.
    pub last_year: Option<Both>,
    /// How much of the log it stands on.
    pub position: Position,
    /// When the change at the position was recorded.
    pub recorded_at: Option<Instant>,
    /// What there is to know about the scorecard.
    pub warnings: Vec<Warning>,
}

/// A KPI on a scorecard.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What it counts relative to the others.
    pub weight: u32,
    /// Which way is good.
    pub direction: Direction,
    /// Whether it moves before results do.
    pub leading: bool,
    /// Its value in the period so far.
    pub row: Row,
    /// What is aimed at in the period.
    pub aim: Option<Aim>,
    /// The target's own period, where that is longer.
    pub part_of: Option<Period>,
    /// Where it stands beside that.
    pub standing: Standing,
    /// What it was in closed periods of the same length.
    pub quartiles: Option<Quartiles>,
    /// What others reach.
    pub benchmarks: Vec<Benchmark>,
    /// The last months, the present one as far as it has come.
    pub trend: Vec<Row>,
}

/// Puts a scorecard beside the facts, with the targets that there are, the one that was changed last first.
///
/// # Errors
/// As [`crate::query::answer()`]; `NOT_FOUND` and `INVALID_ARGUMENT` for a KPI that the caller named and that cannot be shown.
pub fn render(
    desk: &Desk<'_>,
    card: &Card,
    caller: &Caller,
    whose: &Whose,
    aims: &[Aim],
) -> Result<Rendered> {
    let (shown, mut warnings) = balance(card, desk.catalogue(), caller);
    check(card, &shown, desk)?;
    let last_day = desk.last_day();
    let period = period_of(last_day, card.period, &desk.settings.fiscal);
    let filters: Filters = card
        .filters
        .iter()
        .map(|(dimension, value)| (dimension.clone(), Some(value.clone())))
        .collect();
    let past = Past::read(desk, card, &shown, period, &filters)?;
    let holder = whose.holder(&card.filters);
    let mut lines = Vec::with_capacity(shown.len());
    for (kpi, weight) in &shown {
        let found = holder
            .as_ref()
            .and_then(|holder| aim_of(aims, kpi, holder, period));
        warnings.extend(found.and_then(|found| twice(aims, found)));
        lines.push(line(desk, kpi, *weight, period, &past, found, &filters)?);
    }
    Ok(Rendered {
        period,
        last_day,
        as_of: past.now.as_of,
        position: past.now.position,
        recorded_at: past.now.recorded_at,
        previous: past.previous,
        last_year: past.last_year,
        lines,
        warnings,
    })
}

/// What a caller names must be there to be shown.
fn check(card: &Card, shown: &[(&Kpi, u32)], desk: &Desk<'_>) -> Result<()> {
    if card.origin == Origin::Caller {
        for (id, _) in &card.items {
            let kpi = desk.catalogue().kpi(id)?;
            if let Some(dimension) = &kpi.always_by {
                let message = format!(
                    "{id} is not a single number and has no place on a scorecard: `kpi query {id}` shows it by its \
                     dimension {}",
                    dimension.name()
                );
                return Err(Error::invalid(ErrorReason::InvalidField, "kpis", message));
            }
        }
    }
    if shown.is_empty() {
        let message = "the scorecard has no KPI that you can be shown: name some, such as win_rate";
        return Err(Error::invalid(ErrorReason::InvalidField, "kpis", message));
    }
    Ok(())
}

/// What is asked about all KPIs at once.
struct Past {
    now: Answer,
    previous: Option<Both>,
    last_year: Option<Both>,
    periods: Vec<Row>,
    months: Vec<Row>,
}

impl Past {
    fn read(
        desk: &Desk<'_>,
        card: &Card,
        shown: &[(&Kpi, u32)],
        period: Period,
        filters: &Filters,
    ) -> Result<Self> {
        let ids: Vec<&str> = shown.iter().map(|(kpi, _)| kpi.definition.id.as_str()).collect();
        let calendar = &desk.settings.fiscal;
        let ask = desk.question(&ids, period, Some(card.period), filters);
        let back = |grain: Grain, from: Period, count: usize| {
            (0..count)
                .fold(from, |one, _| previous(one, grain, calendar))
                .start
        };
        let rows = |from: CivilDate, to: CivilDate, grain: Grain| {
            let ask: Ask = desk.question(&ids, Period::new(from, to), Some(grain), filters);
            let answer = if_priced(desk.answer(&ask))?;
            Ok::<_, Error>(answer.map(|answer| answer.rows).unwrap_or_default())
        };
        // One more than is looked at: the records may begin within the first.
        let first = back(card.period, period, PAST_PERIODS + 1);
        let month = period_of(desk.last_day(), Grain::FiscalMonth, calendar);
        Ok(Self {
            now: desk.answer(&ask)?,
            previous: if_priced(desk.both(&ask, &Base::Previous))?,
            last_year: if_priced(desk.both(&ask, &Base::LastYear))?,
            periods: rows(first, period.start, card.period)?,
            months: rows(
                back(Grain::FiscalMonth, month, TREND_MONTHS - 1),
                desk.last_day().plus_days(1),
                Grain::FiscalMonth,
            )?,
        })
    }
}

/// The target of a KPI and holder for a period: the one of just that period, else the one of the shortest that holds it; of
/// several of one period the first.
fn aim_of<'a>(
    aims: &'a [Aim],
    kpi: &Kpi,
    holder: &BTreeMap<String, String>,
    period: Period,
) -> Option<&'a Aim> {
    aims.iter()
        .filter(|aim| aim.kpi == kpi.definition.id && aim.holder == *holder)
        .filter(|aim| aim.period.start <= period.start && period.end <= aim.period.end)
        .min_by_key(|aim| aim.period.days())
}

/// What to know where others are put aside for a target.
fn twice(aims: &[Aim], held: &Aim) -> Option<Warning> {
    let others = aims.iter().filter(|aim| {
        aim.kpi == held.kpi && aim.holder == held.holder && aim.period == held.period && aim.id != held.id
    });
    let mut others: Vec<String> = others.map(|aim| format!("`{}`", aim.id)).collect();
    others.sort_unstable();
    let rest = others.len().saturating_sub(MOST_NAMED);
    others.truncate(MOST_NAMED);
    if others.is_empty() {
        return None;
    }
    let more = match rest {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let (kpi, id, others) = (&held.kpi, &held.id, others.join(", "));
    Some(Warning {
        kind: Kind::TargetTwice,
        kpi: kpi.clone(),
        message: format!(
            "{kpi} has several targets of one period: `{id}` holds, as it was changed last, and not {others}{more}"
        ),
    })
}

fn line(
    desk: &Desk<'_>,
    kpi: &Kpi,
    weight: u32,
    period: Period,
    past: &Past,
    found: Option<&Aim>,
    filters: &Filters,
) -> Result<Line> {
    let id = kpi.definition.id.as_str();
    let of = |rows: &[Row]| -> Vec<Row> { rows.iter().filter(|row| &*row.kpi == id).cloned().collect() };
    let row = of(&past.now.rows)
        .into_iter()
        .next()
        .ok_or_else(|| Error::internal(format!("`{id}` has no value in its period")))?;
    let aim = match found {
        Some(aim) if aim.period != period => Some(part_of(desk, aim, period, filters)?),
        other => other.cloned(),
    };
    // Nothing is left of a target for a part in which nothing was expected, or, of a season, less than nothing.
    let aim = aim.filter(|aim| aim.value > Exact::zero());
    let standing = match &aim {
        Some(aim) => pursue(desk, aim, filters, &row)?,
        None => Standing::without_target(),
    };
    let before = of(&past.periods);
    Ok(Line {
        name: kpi.definition.name.clone(),
        weight,
        direction: kpi.definition.direction,
        leading: kpi.definition.leading,
        part_of: found
            .filter(|found| found.period != period && aim.is_some())
            .map(|found| found.period),
        aim,
        standing,
        quartiles: quartiles(&before.iter().collect::<Vec<_>>()),
        benchmarks: kpi.definition.benchmarks.clone(),
        trend: of(&past.months),
        row,
    })
}
