//! Periods: how a range of civil days falls into weeks, months and fiscal quarters, and what came before.
//!
//! A previous period is the one before it *by index* (the whole February before March), never the same number
//! of days before; only a range that is no whole number of months falls back to days (KPI rules 5.0 and R8).

mod fiscal;
mod grain;
mod last_year;

#[cfg(test)]
mod tests;

use crate::time::CivilDate;

pub use fiscal::{CalendarPattern, FiscalCalendar, UnknownPattern};
pub use grain::{Grain, UnknownGrain};
pub use last_year::{last_year, last_year_of_range, same_day_last_year};

use grain::{index_of, start_of};

/// Civil days from `start` (inclusive) to `end` (exclusive). Empty when `end <= start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// The first day.
    pub start: CivilDate,
    /// The day after the last one.
    pub end: CivilDate,
}

impl Period {
    /// From the first day to the day after the last one.
    #[must_use]
    pub fn new(start: CivilDate, end: CivilDate) -> Self {
        Self { start, end }
    }

    /// Its length in civil days; 0 when it is empty.
    #[must_use]
    pub fn days(self) -> i32 {
        (self.end.days() - self.start.days()).max(0)
    }

    /// Whether no day is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the day is in it.
    #[must_use]
    pub fn contains(self, day: CivilDate) -> bool {
        self.start <= day && day < self.end
    }
}

/// One row of a range cut by a grain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// The part inside the asked range: what is counted.
    pub period: Period,
    /// The whole period of the grain, which the range may have clipped: what the previous one is taken from.
    pub full: Period,
}

/// The whole period of a grain that holds a day.
#[must_use]
pub fn period_of(day: CivilDate, grain: Grain, calendar: &FiscalCalendar) -> Period {
    full_period(index_of(day, grain, calendar), grain, calendar)
}

/// How many periods [`periods`] would return: cheap, so that an absurd range can be refused before it is cut.
#[must_use]
pub fn count_periods(from: CivilDate, to: CivilDate, grain: Grain, calendar: &FiscalCalendar) -> usize {
    let count = indices(from, to, grain, calendar).map_or(0, |(first, last)| last - first + 1);
    usize::try_from(count).unwrap_or(0)
}

/// All periods of a grain that meet `[from, to)`, in order, without gap or overlap; the first and the last are
/// clipped to the range. Nothing when `to <= from`.
#[must_use]
pub fn periods(from: CivilDate, to: CivilDate, grain: Grain, calendar: &FiscalCalendar) -> Vec<Bucket> {
    let Some((first, last)) = indices(from, to, grain, calendar) else {
        return Vec::new();
    };
    let bucket = |index| {
        let full = full_period(index, grain, calendar);
        Bucket {
            period: Period::new(full.start.max(from), full.end.min(to)),
            full,
        }
    };
    (first..=last).map(bucket).collect()
}

/// The whole period of the grain just before a whole one: the month before a month, the fiscal quarter before
/// a fiscal quarter. Of a clipped period it is the one before its whole period.
#[must_use]
pub fn previous(full: Period, grain: Grain, calendar: &FiscalCalendar) -> Period {
    full_period(index_of(full.start, grain, calendar) - 1, grain, calendar)
}

/// What came before a range without a grain.
///
/// - Whole civil months (so also quarters, years, and fiscal years of a calendar by civil months): the same
///   number of months before.
/// - Else, in a fiscal calendar of weeks, whole fiscal months: the same number of fiscal months before.
/// - Else the same number of days just before.
///
/// An empty range has an empty one before it.
#[must_use]
pub fn previous_of_range(from: CivilDate, to: CivilDate, calendar: &FiscalCalendar) -> Period {
    if to <= from {
        return Period::new(from, from);
    }
    for grain in [Grain::Month, Grain::FiscalMonth] {
        let (first, last) = (index_of(from, grain, calendar), index_of(to, grain, calendar));
        if start_of(first, grain, calendar) == from && start_of(last, grain, calendar) == to {
            return Period::new(start_of(2 * first - last, grain, calendar), from);
        }
    }
    Period::new(from.plus_days(from.days() - to.days()), from)
}

/// Cuts a previous period to the part that has elapsed of the present one (R8, "to date"): as many civil days
/// from its start as lie between the start of `full` and `as_of`, and at most all of it.
///
/// `as_of` is exclusive: the day after the last one that counts. From the end of `full` on nothing is cut; up
/// to its start nothing is left. 30 days into March is all of February.
#[must_use]
pub fn cut_to_elapsed(previous: Period, full: Period, as_of: CivilDate) -> Period {
    if as_of >= full.end {
        return previous;
    }
    let elapsed = (as_of.days() - full.start.days()).max(0);
    Period::new(
        previous.start,
        previous.start.plus_days(elapsed).min(previous.end),
    )
}

/// The indices of the periods that hold the first and the last day of a range; `None` when it is empty.
fn indices(from: CivilDate, to: CivilDate, grain: Grain, calendar: &FiscalCalendar) -> Option<(i32, i32)> {
    let index = |day| index_of(day, grain, calendar);
    (from < to).then(|| (index(from), index(to.plus_days(-1))))
}

fn full_period(index: i32, grain: Grain, calendar: &FiscalCalendar) -> Period {
    Period::new(
        start_of(index, grain, calendar),
        start_of(index + 1, grain, calendar),
    )
}
