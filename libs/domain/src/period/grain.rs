//! Grains, and the numbering of their periods: period `i` ends where period `i + 1` starts.

use std::fmt;
use std::str::FromStr;

use super::fiscal::{CalendarPattern, FiscalCalendar, first_of_month};
use crate::time::CivilDate;

/// The size of the periods that a range is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grain {
    /// A civil day.
    Day,
    /// Seven days from a Monday.
    Week,
    /// A civil month.
    Month,
    /// Three civil months from January, April, July or October.
    Quarter,
    /// A civil year.
    Year,
    /// A month of the fiscal calendar: a civil month, or four or five weeks.
    FiscalMonth,
    /// Three fiscal months, counted from the start of the fiscal year.
    FiscalQuarter,
    /// Twelve fiscal months.
    FiscalYear,
}

impl Grain {
    /// All grains, as the documentation lists them.
    pub const ALL: [Self; 8] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::FiscalMonth,
        Self::FiscalQuarter,
        Self::FiscalYear,
    ];

    /// The name used in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::FiscalMonth => "fiscal_month",
            Self::FiscalQuarter => "fiscal_quarter",
            Self::FiscalYear => "fiscal_year",
        }
    }
}

/// A name that is no grain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a grain: day, week, month, quarter, year, fiscal_month, fiscal_quarter or fiscal_year")]
pub struct UnknownGrain(pub String);

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Grain {
    type Err = UnknownGrain;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|grain| grain.name() == text)
            .ok_or_else(|| UnknownGrain(text.to_owned()))
    }
}

/// 1970-01-01 was a Thursday: the Monday of its week is three days before.
const MONDAY_OFFSET: i32 = 3;

/// The number of the period that holds a day.
pub(super) fn index_of(day: CivilDate, grain: Grain, calendar: &FiscalCalendar) -> i32 {
    let by_weeks = calendar.pattern() != CalendarPattern::Calendar;
    let month = || month_index(day);
    let fiscal_month = || {
        if by_weeks {
            calendar.week_month_of(day)
        } else {
            month() - calendar.month_shift()
        }
    };
    match grain {
        Grain::Day => day.days(),
        Grain::Week => (day.days() + MONDAY_OFFSET).div_euclid(7),
        Grain::Month => month(),
        Grain::Quarter => month().div_euclid(3),
        Grain::Year => month().div_euclid(12),
        Grain::FiscalMonth => fiscal_month(),
        Grain::FiscalQuarter => fiscal_month().div_euclid(3),
        Grain::FiscalYear => fiscal_month().div_euclid(12),
    }
}

/// The first day of the period of a number, clamped to the years 1 to 9999.
pub(super) fn start_of(index: i32, grain: Grain, calendar: &FiscalCalendar) -> CivilDate {
    let by_weeks = calendar.pattern() != CalendarPattern::Calendar;
    let fiscal_month = |month: i32| {
        if by_weeks {
            calendar.start_of_week_month(month)
        } else {
            first_of_month(month + calendar.month_shift())
        }
    };
    match grain {
        Grain::Day => CivilDate::from_days(index),
        Grain::Week => CivilDate::from_days(index * 7 - MONDAY_OFFSET),
        Grain::Month => first_of_month(index),
        Grain::Quarter => first_of_month(index * 3),
        Grain::Year => first_of_month(index * 12),
        Grain::FiscalMonth => fiscal_month(index),
        Grain::FiscalQuarter => fiscal_month(index * 3),
        Grain::FiscalYear => fiscal_month(index * 12),
    }
}

/// Civil months since January of the year 0.
fn month_index(day: CivilDate) -> i32 {
    let date = day.to_jiff();
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}
