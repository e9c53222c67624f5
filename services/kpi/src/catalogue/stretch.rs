//! Lengths of time in definitions: `90 days`, `15 minutes`, `3 months`.

use bellwether_domain::CivilDate;
use bellwether_domain::time::DAY_MICROS;
use serde::Deserialize;

const MINUTE_MICROS: i64 = 60_000_000;

/// A length that passes: days of 24 hours, hours or minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Elapsed {
    /// In microseconds, above 0.
    pub micros: i64,
    /// Whether it was given in days.
    pub in_days: bool,
}

/// A length of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Stretch {
    /// So many days.
    Days(i32),
    /// So many months.
    Months(i32),
}

impl TryFrom<String> for Elapsed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no length such as `90 days`, `36 hours` or `15 minutes`");
        let (count, unit) = parts(&text).ok_or_else(wrong)?;
        let (micros, in_days) = match unit {
            "day" => (DAY_MICROS, true),
            "hour" => (60 * MINUTE_MICROS, false),
            "minute" => (MINUTE_MICROS, false),
            _ => return Err(wrong()),
        };
        Ok(Self {
            micros: i64::from(count) * micros,
            in_days,
        })
    }
}

impl TryFrom<String> for Stretch {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no length such as `3 months`, `4 weeks` or `90 days`");
        let (count, unit) = parts(&text).ok_or_else(wrong)?;
        match unit {
            "day" => Ok(Self::Days(count)),
            "week" => Ok(Self::Days(7 * count)),
            "month" => Ok(Self::Months(count)),
            "year" => Ok(Self::Months(12 * count)),
            _ => Err(wrong()),
        }
    }
}

/// From 1 to 10,000, and the unit without its plural.
fn parts(text: &str) -> Option<(i32, &str)> {
    let (count, unit) = text.split_once(' ')?;
    let count = count.parse().ok().filter(|count| (1..=10_000).contains(count))?;
    Some((count, unit.strip_suffix('s').unwrap_or(unit)))
}

impl Stretch {
    /// The day so long before another; where a month has no such day, its last.
    #[must_use]
    pub fn before(self, day: CivilDate) -> CivilDate {
        match self {
            Self::Days(days) => day.plus_days(-days),
            Self::Months(months) => {
                let date = day.to_jiff();
                let month = i32::from(date.year()) * 12 + i32::from(date.month()) - 1 - months;
                let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
                let of_month =
                    |last| CivilDate::from_ymd(i16::try_from(year).ok()?, i8::try_from(month).ok()?, last);
                let found = (1..=date.day()).rev().find_map(of_month);
                found.unwrap_or_else(|| CivilDate::from_days(i32::MIN))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_taken_off() {
        let elapsed = |text: &str| Elapsed::try_from(text.to_owned()).map(|one| (one.micros, one.in_days));
        assert_eq!(elapsed("90 days"), Ok((90 * DAY_MICROS, true)));
        assert_eq!(elapsed("1 hour"), Ok((3_600_000_000, false)));
        assert_eq!(elapsed("15 minutes"), Ok((900_000_000, false)));
        for wrong in [
            "90",
            "days",
            "0 days",
            "-1 days",
            "1.5 days",
            "3 months",
            "99999 days",
        ] {
            assert!(elapsed(wrong).is_err(), "{wrong}");
        }
        let before = |text: &str, day: &str| {
            let day: CivilDate = day.parse().unwrap();
            Stretch::try_from(text.to_owned())
                .unwrap()
                .before(day)
                .to_string()
        };
        assert_eq!(before("3 months", "2017-05-31"), "2017-02-28");
        assert_eq!(before("1 year", "2016-02-29"), "2015-02-28");
        assert_eq!(before("2 weeks", "2017-03-01"), "2017-02-15");
        assert!(Stretch::try_from("3 minutes".to_owned()).is_err());
    }
}
