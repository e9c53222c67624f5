//! What may still come in a period: learned from what came in the rest of those that are over.

use bellwether_domain::exact::Exact;
use bellwether_domain::period::{Period, previous_of_range};
use bellwether_domain::{Instant, Result};
use bellwether_stats::{Interval, next_value_interval};

use super::course::Course;
use super::shape::{Rules, is_told, scaled};

/// Periods that are looked back at, at most.
pub const PAST_PERIODS: usize = 8;
/// Fewer tell nothing about how far the next one may lie off.
const LEAST: usize = 3;

/// The ends of a range; `None` = it is open there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bounds {
    /// The lower end.
    pub low: Option<Exact>,
    /// The upper end.
    pub high: Option<Exact>,
}

impl Bounds {
    /// Of one value.
    #[must_use]
    pub fn point(value: &Exact) -> Self {
        Self {
            low: Some(value.clone()),
            high: Some(value.clone()),
        }
    }

    /// Of an interval.
    #[must_use]
    pub fn of(interval: &Interval) -> Self {
        Self {
            low: Some(interval.low()),
            high: Some(interval.high()),
        }
    }

    /// Each end by a function that falls where the other rises.
    #[must_use]
    pub(super) fn turned(&self, map: impl Fn(&Exact) -> Exact) -> Self {
        Self {
            low: self.high.as_ref().map(&map),
            high: self.low.as_ref().map(&map),
        }
    }

    /// Each end by a function that never falls.
    #[must_use]
    pub(super) fn mapped(&self, map: impl Fn(&Exact) -> Exact) -> Self {
        Self {
            low: self.low.as_ref().map(&map),
            high: self.high.as_ref().map(&map),
        }
    }
}

/// What still came in the rest of past periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Of how many periods it is told.
    pub periods: u64,
    /// The mean.
    pub mean: Exact,
    /// The range of the next one, 95 %; no less than 0 where nothing was ever taken back.
    pub range: Bounds,
}

/// What may still come, from what came in the rest of the last closed periods of the same length once as much of each had
/// passed; `None` = too few of them are told whole.
///
/// The range is [`next_value_interval`] of those rests.
///
/// # Errors
/// What stands in the way of computing the past.
pub fn rest(
    period: Period,
    days: &Exact,
    as_of: Instant,
    rules: &Rules<'_>,
    course: &dyn Course,
) -> Result<Option<Rest>> {
    let zone = &rules.settings.zone;
    let mut rests: Vec<Exact> = Vec::new();
    let mut past = period;
    for _ in 0..PAST_PERIODS {
        past = previous_of_range(past.start, past.end, &rules.settings.fiscal);
        if past.is_empty() || zone.start_of_day(past.end) > as_of {
            continue;
        }
        if !is_told(past, rules, course)? {
            break;
        }
        let all = course.so_far(past, &Exact::from(past.days()))?;
        let then = course.so_far(past, &scaled(days, period, past))?;
        rests.extend(all.zip(then).map(|(all, then)| all - then));
    }
    if rests.len() < LEAST {
        return Ok(None);
    }
    let periods = rests.len() as u64;
    let sum: Exact = rests.iter().sum();
    let squares: Exact = rests.iter().map(|one| one * one).sum();
    let Some(interval) = next_value_interval(periods, &sum, &squares) else {
        return Ok(None);
    };
    let mut range = Bounds::of(&interval);
    if !rests.iter().any(Exact::is_negative) {
        range.low = range.low.map(|low| low.max(Exact::zero()));
    }
    let mean = sum.checked_div(&Exact::from(periods)).unwrap_or_default();
    Ok(Some(Rest { periods, mean, range }))
}
