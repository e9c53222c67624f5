//! Fiscal calendars: years that start in another month, and years of whole weeks (4-4-5 and its kin).

use std::fmt;
use std::str::FromStr;

use crate::time::CivilDate;

/// What a fiscal month is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CalendarPattern {
    /// A civil month.
    #[default]
    Calendar,
    /// Quarters of four, four and five weeks.
    FourFourFive,
    /// Quarters of four, five and four weeks.
    FourFiveFour,
    /// Quarters of five, four and four weeks.
    FiveFourFour,
}

impl CalendarPattern {
    /// All patterns, as the documentation lists them.
    pub const ALL: [Self; 4] = [
        Self::Calendar,
        Self::FourFourFive,
        Self::FourFiveFour,
        Self::FiveFourFour,
    ];

    /// The name used in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::FourFourFive => "4-4-5",
            Self::FourFiveFour => "4-5-4",
            Self::FiveFourFour => "5-4-4",
        }
    }

    /// Weeks from the start of a quarter to the start of each of its months.
    fn month_weeks(self) -> [i32; 3] {
        match self {
            Self::Calendar | Self::FourFourFive => [0, 4, 8],
            Self::FourFiveFour => [0, 4, 9],
            Self::FiveFourFour => [0, 5, 9],
        }
    }
}

/// A name that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a fiscal pattern: calendar, 4-4-5, 4-5-4 or 5-4-4")]
pub struct UnknownPattern(pub String);

impl fmt::Display for CalendarPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for CalendarPattern {
    type Err = UnknownPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|pattern| pattern.name() == text)
            .ok_or_else(|| UnknownPattern(text.to_owned()))
    }
}

/// When a tenant's fiscal year starts and what its months are. The default starts in January by civil months.
///
/// With a pattern of weeks the year starts on the Monday nearest to the first day of the start month (Thursday
/// goes back, Friday goes on), so that from January it is the year of ISO 8601 weeks. It has 52 or 53 weeks in
/// four quarters of 13; the 53rd week belongs to the last month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FiscalCalendar {
    start_month: u8,
    pattern: CalendarPattern,
}

impl FiscalCalendar {
    /// A calendar whose years start in a month (1 = January to 12); `None` when there is no such month.
    #[must_use]
    pub fn new(start_month: u8, pattern: CalendarPattern) -> Option<Self> {
        (1..=12)
            .contains(&start_month)
            .then_some(Self { start_month, pattern })
    }

    /// The month in (or around the first day of) which the year starts, 1 to 12.
    #[must_use]
    pub fn start_month(&self) -> u8 {
        self.start_month
    }

    /// What a fiscal month is.
    #[must_use]
    pub fn pattern(&self) -> CalendarPattern {
        self.pattern
    }

    /// Months from January to the start month.
    pub(super) fn month_shift(&self) -> i32 {
        i32::from(self.start_month) - 1
    }

    /// The number of the fiscal month, of weeks, that holds a day: twelve times the year plus 0 to 11.
    pub(super) fn week_month_of(&self, day: CivilDate) -> i32 {
        // A year may start up to three days before or after its month, so the candidate is next year's.
        let mut year = i32::from(day.to_jiff().year()) + 1;
        while year > 0 && self.start_of_week_year(year) > day {
            year -= 1;
        }
        let weeks = (day.days() - self.start_of_week_year(year).days()).div_euclid(7);
        let quarter = (weeks / 13).min(3);
        let week = weeks - quarter * 13;
        let month = self
            .pattern
            .month_weeks()
            .iter()
            .filter(|&&first| first <= week)
            .count();
        year * 12 + quarter * 3 + i32::try_from(month).unwrap_or(3) - 1
    }

    /// The first day of the fiscal month, of weeks, of a number.
    pub(super) fn start_of_week_month(&self, index: i32) -> CivilDate {
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12));
        let months = self.pattern.month_weeks();
        let within = months.get((month % 3) as usize).copied().unwrap_or(0);
        let weeks = month / 3 * 13 + within;
        self.start_of_week_year(year)
            .plus_days(weeks * 7)
            .min(self.start_of_week_year(year + 1))
    }

    /// The Monday nearest to the first day of the start month of a year.
    fn start_of_week_year(&self, year: i32) -> CivilDate {
        let first = first_of_month(year * 12 + self.month_shift());
        let after_monday = (first.days() + 3).rem_euclid(7);
        first.plus_days(if after_monday <= 3 {
            -after_monday
        } else {
            7 - after_monday
        })
    }
}

impl Default for FiscalCalendar {
    fn default() -> Self {
        Self {
            start_month: 1,
            pattern: CalendarPattern::Calendar,
        }
    }
}

/// Days from 1970-01-01 to 0001-01-01 and to 9999-12-31, the first and last day of [`CivilDate`].
const FIRST_DAY: i32 = -719_162;
const LAST_DAY: i32 = 2_932_896;

/// The first day of a civil month, numbered from January of the year 0, clamped to the years 1 to 9999.
pub(super) fn first_of_month(index: i32) -> CivilDate {
    let edge = if index < 12 { FIRST_DAY } else { LAST_DAY };
    let year = i16::try_from(index.div_euclid(12)).ok();
    let month = i8::try_from(index.rem_euclid(12) + 1).ok();
    year.zip(month)
        .and_then(|(year, month)| CivilDate::from_ymd(year, month, 1))
        .unwrap_or_else(|| CivilDate::from_days(edge))
}
