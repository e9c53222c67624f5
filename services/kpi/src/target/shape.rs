//! How much of a target is expected by a point of its period: from 0 at its start to 1 at its end. It never falls, but of a
//! season in which more was taken back than came.

use bellwether_domain::exact::Exact;
use bellwether_domain::period::{Period, last_year_of_range, previous_of_range};
use bellwether_domain::record::TargetShape;
use bellwether_domain::settings::Settings;
use bellwether_domain::{BusinessClock, Instant, Result, Zone};

use super::course::Course;

/// Years that a season is learned from, at most.
const MOST_YEARS: usize = 3;

/// The tenant's rules of time.
#[derive(Debug)]
pub struct Rules<'a> {
    /// The settings.
    pub settings: &'a Settings,
    business: BusinessClock,
}

impl<'a> Rules<'a> {
    /// Under these settings.
    #[must_use]
    pub fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            business: BusinessClock::new(settings),
        }
    }
}

/// How much is expected, and what that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// From 0 to 1.
    pub share: Exact,
    /// What it follows.
    pub by: Followed,
}

/// What an expectation follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// The days of the period.
    Days,
    /// The tenant's working time in it.
    WorkingTime,
    /// The same period of so many years before.
    Seasons(u32),
    /// The days of the period, as there is no year before to learn from.
    DaysForLackOfYears,
    /// The weights that were given.
    Weights,
}

/// Days of a period that have passed at an instant, a running day by the part of it.
#[must_use]
pub fn elapsed(period: Period, at: Instant, zone: &Zone) -> Exact {
    let day = zone.date_of(at);
    if day < period.start {
        return Exact::zero();
    }
    if day >= period.end {
        return Exact::from(period.days());
    }
    let [start, end] = [day, day.plus_days(1)].map(|day| zone.start_of_day(day).as_micros());
    let of_day = Exact::ratio(at.as_micros().clamp(start, end) - start, end - start).unwrap_or_default();
    Exact::from(day.days() - period.start.days()) + of_day
}

/// The instant at which so many days of a period have passed.
#[must_use]
pub fn instant_at(period: Period, days: &Exact, zone: &Zone) -> Instant {
    let whole = i32::try_from(days.floor())
        .unwrap_or(i32::MAX)
        .clamp(0, period.days());
    let day = period.start.plus_days(whole);
    let start = zone.start_of_day(day).as_micros();
    let rest = days - &Exact::from(whole);
    if whole == period.days() || rest.is_zero() {
        return Instant::from_micros(start);
    }
    let length = zone.start_of_day(day.plus_days(1)).as_micros() - start;
    let passed = (rest * Exact::from(length)).round_half_even_to_integer();
    Instant::from_micros(start + i64::try_from(passed).unwrap_or(0).clamp(0, length))
}

/// How much is expected when so many days of the period have passed.
///
/// # Errors
/// What stands in the way of computing the years before.
pub fn expected(
    shape: &TargetShape,
    period: Period,
    days: &Exact,
    rules: &Rules<'_>,
    course: &dyn Course,
) -> Result<Expected> {
    let by_days = |by| Expected {
        share: by_days(period, days),
        by,
    };
    Ok(match shape {
        TargetShape::Linear => by_days(Followed::Days),
        TargetShape::BusinessDays => match by_working_time(period, days, rules) {
            Some(share) => Expected {
                share,
                by: Followed::WorkingTime,
            },
            None => by_days(Followed::Days),
        },
        TargetShape::Weights(weights) => Expected {
            share: by_weights(weights, period, days),
            by: Followed::Weights,
        },
        TargetShape::Seasonal => {
            by_seasons(period, days, rules, course)?.unwrap_or_else(|| by_days(Followed::DaysForLackOfYears))
        }
    })
}

fn by_days(period: Period, days: &Exact) -> Exact {
    within(days.checked_div(&Exact::from(period.days())))
}

/// `None` when nobody works in the period.
fn by_working_time(period: Period, days: &Exact, rules: &Rules<'_>) -> Option<Exact> {
    let zone = &rules.settings.zone;
    let worked = |days: &Exact| rules.business.b(instant_at(period, days, zone));
    let start = worked(&Exact::zero());
    let all = worked(&Exact::from(period.days())) - start;
    (all > 0).then(|| within(Exact::ratio(worked(days) - start, all)))
}

/// Within a part evenly over its days; parts may begin within a day.
fn by_weights(weights: &[u32], period: Period, days: &Exact) -> Exact {
    let parts = Exact::from(weights.len() as u64);
    let all: Exact = weights.iter().map(|weight| Exact::from(u64::from(*weight))).sum();
    let passed = by_days(period, days) * parts;
    let whole = usize::try_from(passed.floor()).unwrap_or(0);
    let mut sum: Exact = weights
        .iter()
        .take(whole)
        .map(|weight| Exact::from(u64::from(*weight)))
        .sum();
    if let Some(weight) = weights.get(whole) {
        let rest = &passed - &Exact::from(whole as u64);
        sum += &(Exact::from(u64::from(*weight)) * rest);
    }
    within(sum.checked_div(&all))
}

/// The mean over the years before of how much of its period's value each had by then; years of another length by the same
/// part of it. `None` when there is no year to learn from.
fn by_seasons(
    period: Period,
    days: &Exact,
    rules: &Rules<'_>,
    course: &dyn Course,
) -> Result<Option<Expected>> {
    let mut found = Vec::new();
    let mut year = period;
    for _ in 0..MOST_YEARS {
        let before = last_year_of_range(year.start, year.end, &rules.settings.fiscal);
        if before == year {
            break;
        }
        year = before;
        if !is_told(year, rules, course)? {
            break;
        }
        if let Some(share) = share_of(year, &scaled(days, period, year), course)? {
            found.push(share);
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    let years = found.len();
    let mean = found
        .iter()
        .sum::<Exact>()
        .checked_div(&Exact::from(years as u64));
    Ok(Some(Expected {
        share: within(mean),
        by: Followed::Seasons(u32::try_from(years).unwrap_or(u32::MAX)),
    }))
}

/// Whether the records tell all of a past period: there is something in it, and in the one before it.
pub(super) fn is_told(period: Period, rules: &Rules<'_>, course: &dyn Course) -> Result<bool> {
    let before = previous_of_range(period.start, period.end, &rules.settings.fiscal);
    for one in [period, before] {
        let all = course.so_far(one, &Exact::from(one.days()))?;
        if !all.is_some_and(|all| !all.is_zero() && !all.is_negative()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How much of its value a past period had after so many days, from 0 to 1; `None` when that cannot be told.
pub(super) fn share_of(period: Period, days: &Exact, course: &dyn Course) -> Result<Option<Exact>> {
    let all = course.so_far(period, &Exact::from(period.days()))?;
    let then = course.so_far(period, days)?;
    let share = then.zip(all).and_then(|(then, all)| then.checked_div(&all));
    Ok(share.map(|share| within(Some(share))))
}

/// So many days of one period as those of another, by the part of each.
pub(super) fn scaled(days: &Exact, period: Period, other: Period) -> Exact {
    let part = days.checked_div(&Exact::from(period.days())).unwrap_or_default();
    part * Exact::from(other.days())
}

fn within(share: Option<Exact>) -> Exact {
    share.unwrap_or_default().max(Exact::zero()).min(Exact::one())
}
