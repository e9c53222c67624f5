//! Instants, civil days, and the difference between them.
//!
//! A date-only field is that day as written in every zone and counts from the day's first instant there.

mod zone;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

pub use zone::Zone;

/// Microseconds in a day of 24 hours.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

impl Instant {
    /// Before every instant that a record can carry.
    pub const MIN: Self = Self(i64::MIN);
    /// After every instant that a record can carry.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC, without trailing zeros of the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<Timestamp>()
            .map(|at| Self(at.as_microsecond()))
            .map_err(|_| format!("`{text}` is not an instant such as 2017-03-01T09:30:00Z"))
    }
}

/// A day on the calendar, from year 1 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CivilDate(Date);

impl CivilDate {
    /// The day of a year, month and day of month, if there is one.
    #[must_use]
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        Date::new(year, month, day).ok().map(Self)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i32 {
        let epoch = Date::constant(1970, 1, 1);
        let seconds = self.0.duration_since(epoch).as_secs();
        i32::try_from(seconds / 86_400).unwrap_or(0)
    }

    /// The day `days` after 1970-01-01, clamped to the years 1 to 9999.
    #[must_use]
    pub fn from_days(days: i32) -> Self {
        const FIRST: i32 = -719_162;
        const LAST: i32 = 2_932_896;
        let span = SignedDuration::from_hours(i64::from(days.clamp(FIRST, LAST)) * 24);
        let epoch = Date::constant(1970, 1, 1);
        Self(epoch.checked_add(span).unwrap_or(epoch))
    }

    /// The day `days` later (earlier, when negative).
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self::from_days(self.days().saturating_add(days))
    }

    /// As jiff's type, for calendar arithmetic.
    #[must_use]
    pub fn to_jiff(self) -> Date {
        self.0
    }

    /// From jiff's type.
    #[must_use]
    pub fn from_jiff(date: Date) -> Self {
        Self(date)
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for CivilDate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a date such as 2017-03-01");
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' || !text.is_ascii() {
            return Err(bad());
        }
        let number = |part: &str| {
            if part.bytes().all(|b| b.is_ascii_digit()) {
                part.parse::<i16>().ok()
            } else {
                None
            }
        };
        let (year, month, day) = (number(&text[..4]), number(&text[5..7]), number(&text[8..]));
        let (Some(year), Some(month), Some(day)) = (year, month, day) else {
            return Err(bad());
        };
        let (month, day) = (
            i8::try_from(month).map_err(|_| bad())?,
            i8::try_from(day).map_err(|_| bad())?,
        );
        Self::from_ymd(year, month, day).ok_or_else(|| format!("`{text}` is not a day of the calendar"))
    }
}

/// A field that is either a day as written or a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// A civil day: the same day in every zone.
    Day(CivilDate),
    /// A point in time.
    At(Instant),
}

impl When {
    /// The instant it counts from: a day counts from its first instant in `zone`.
    #[must_use]
    pub fn start_in(self, zone: &Zone) -> Instant {
        match self {
            Self::Day(day) => zone.start_of_day(day),
            Self::At(at) => at,
        }
    }

    /// The civil day it falls on in `zone`.
    #[must_use]
    pub fn day_in(self, zone: &Zone) -> CivilDate {
        match self {
            Self::Day(day) => day,
            Self::At(at) => zone.date_of(at),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::At(at) => at.fmt(f),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(at) = text.parse::<Instant>() {
            return Ok(Self::At(at));
        }
        text.parse::<CivilDate>().map(Self::Day).map_err(|message| {
            if message.ends_with("calendar") {
                message
            } else {
                format!("`{text}` is neither a date such as 2017-03-01 nor an instant such as 2017-03-01T09:30:00Z")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_23_and_25_hours_start_at_midnight() {
        let zone = Zone::named("America/New_York").unwrap();
        let hours = |day: &str| {
            let day: CivilDate = day.parse().unwrap();
            (zone.start_of_day(day.plus_days(1)).as_micros() - zone.start_of_day(day).as_micros())
                / 3_600_000_000
        };
        assert_eq!(
            (hours("2017-03-12"), hours("2017-11-05"), hours("2017-06-01")),
            (23, 25, 24)
        );
    }

    #[test]
    fn a_day_without_midnight_starts_after_the_gap() {
        let zone = Zone::named("America/Sao_Paulo").unwrap();
        let start = zone.start_of_day("2017-10-15".parse().unwrap());
        assert_eq!(start.to_string(), "2017-10-15T03:00:00Z");
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in [
            "2017-02-30",
            "2017-13-01",
            "2017-1-1",
            "0000-01-01",
            "2017-02-3x",
            "20170203",
        ] {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
        assert!("2016-02-29".parse::<CivilDate>().is_ok());
    }

    #[test]
    fn days_count_from_the_epoch() {
        let cases = [
            ("1970-01-01", 0),
            ("2017-01-01", 17_167),
            ("1969-12-31", -1),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896),
        ];
        assert_eq!(CivilDate::from_days(i32::MAX).days(), 2_932_896);
        for (text, days) in cases {
            let day: CivilDate = text.parse().unwrap();
            assert_eq!((day.days(), CivilDate::from_days(days)), (days, day));
        }
    }
}
