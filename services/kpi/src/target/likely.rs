//! How far the share that has come by a point of a period strays from what was expected: learned from periods that are over.

use bellwether_domain::exact::Exact;
use bellwether_domain::period::{Period, previous_of_range};
use bellwether_domain::record::TargetShape;
use bellwether_domain::{Instant, Result};
use bellwether_stats::{Interval, deviation_interval};

use super::course::Course;
use super::shape::{Followed, Rules, expected, is_told, scaled, share_of};

/// Periods that are looked back at, at most.
pub const PAST_PERIODS: usize = 8;
/// Fewer tell nothing about how far things stray.
const LEAST: u64 = 2;

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

/// How far the share strays to either side in 95 % of cases, and of how many past periods that is told; `None` = of too
/// few.
///
/// Each of the last periods of the same length whose values are told whole stood at some share of its final value when as
/// much of it had passed; its deviation is that share less the one that the shape expected of it then. The next deviation
/// lies within [`deviation_interval`] of those.
///
/// # Errors
/// What stands in the way of computing the past.
pub fn spread(
    shape: &TargetShape,
    period: Period,
    days: &Exact,
    as_of: Instant,
    rules: &Rules<'_>,
    course: &dyn Course,
) -> Result<Option<(u64, Exact)>> {
    let zone = &rules.settings.zone;
    let now = expected(shape, period, days, rules, course)?;
    let by_days = now.by == Followed::DaysForLackOfYears;
    let (mut seen, mut squares) = (0_u64, Exact::zero());
    let mut past = period;
    for _ in 0..PAST_PERIODS {
        past = previous_of_range(past.start, past.end, &rules.settings.fiscal);
        if past.is_empty() || zone.start_of_day(past.end) > as_of {
            continue;
        }
        if !is_told(past, rules, course)? {
            break;
        }
        let then = scaled(days, period, past);
        let Some(share) = share_of(past, &then, course)? else {
            continue;
        };
        let wanted = expected(shape, past, &then, rules, course)?;
        // What was expected for lack of years says nothing about a season, nor the other way round.
        if (wanted.by == Followed::DaysForLackOfYears) != by_days {
            continue;
        }
        let strayed = share - wanted.share;
        squares += &(&strayed * &strayed);
        seen += 1;
    }
    let interval = deviation_interval(seen, &squares).filter(|_| seen >= LEAST);
    Ok(interval.map(|interval| (seen, interval.half_width())))
}
