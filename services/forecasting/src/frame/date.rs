//! Dates as exports write them, with or without a time of day: `2017-03-01`, `2017-03-01T12:30:00Z`, `3/1/2017`,
//! `01.03.2017`, `1-Mar-17`.

use serde::{Deserialize, Serialize};

/// Which of two numbers is the day where a date is written as `1/2/2017`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Month, then day, as in the United States.
    MonthFirst,
    /// Day, then month, as nearly everywhere else.
    DayFirst,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// The day that a cell says, in days since 1970-01-01 with the time of day as a fraction (in UTC when it has an offset).
#[must_use]
pub fn day(cell: &str, order: Order) -> Option<f64> {
    let cell = cell.trim();
    let (date, time) = split(cell);
    let (year, month, day) = parts(date, order)?;
    let civil = jiff::civil::Date::new(year, month, day).ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = epoch.until(civil).ok()?.get_days();
    Some(f64::from(days) + time_of_day(time)?)
}

/// The order that the dates of a column are written in: that of the first cell that can be read in one way only; month
/// first when all can be read both ways (the second value says so).
pub fn order<'a>(cells: impl Iterator<Item = &'a str>) -> (Order, bool) {
    let mut both = false;
    for cell in cells {
        let (date, _) = split(cell.trim());
        let Some((first, rest)) = date.split_once(['/', '.', '-']) else {
            continue;
        };
        let second = rest.split(['/', '.', '-']).next().unwrap_or_default();
        let (Ok(first), Ok(second)) = (first.parse::<u16>(), second.parse::<u16>()) else {
            continue;
        };
        match (first, second) {
            (13..=31, 1..=12) => return (Order::DayFirst, false),
            (1..=12, 13..=31) => return (Order::MonthFirst, false),
            (1..=12, 1..=12) if first != second => both = true,
            _ => {}
        }
    }
    // Dots between the parts are a day-first habit, but what decides is never guessed beyond the common case.
    (Order::MonthFirst, both)
}

fn split(cell: &str) -> (&str, &str) {
    let bytes = cell.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    // The T of `01-OCT-2017` is none of a time: that stands between digits.
    let ends = |at: &usize| match bytes[*at] {
        b' ' => true,
        b'T' => *at > 0 && digit(*at - 1) && digit(*at + 1),
        _ => false,
    };
    match (0..bytes.len()).find(ends) {
        // `Mar 1, 2017` and the like are not read: a time begins with a digit.
        Some(at) => (&cell[..at], cell[at + 1..].trim()),
        None => (cell, ""),
    }
}

fn parts(date: &str, order: Order) -> Option<(i16, i8, i8)> {
    let separator = date.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let mut pieces = date.split(separator);
    let (first, second) = (pieces.next()?, pieces.next()?);
    let Some(third) = pieces.next() else {
        return first_of_month(separator, first, second);
    };
    if pieces.next().is_some() {
        return None;
    }
    if first.len() == 4 {
        return Some((digits(first)?, month(second)?, small(third)?));
    }
    let year = match third.len() {
        4 => digits(third)?,
        2 => {
            let year = digits(third)?;
            if year >= 70 { 1900 + year } else { 2000 + year }
        }
        _ => return None,
    };
    if second.len() >= 3 {
        return Some((year, month(second)?, small(first)?));
    }
    match order {
        Order::MonthFirst => Some((year, small(first)?, small(second)?)),
        Order::DayFirst => Some((year, small(second)?, small(first)?)),
    }
}

/// The first day of `2017-03` or `2017/3`, in years that are told from part numbers.
fn first_of_month(separator: char, year: &str, month: &str) -> Option<(i16, i8, i8)> {
    let year = (separator != '.' && year.len() == 4)
        .then(|| digits(year))
        .flatten()?;
    (1900..2200)
        .contains(&year)
        .then(|| small(month))?
        .map(|month| (year, month, 1))
}

fn digits(text: &str) -> Option<i16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

fn small(text: &str) -> Option<i8> {
    (text.len() <= 2)
        .then(|| digits(text))
        .flatten()
        .and_then(|number| i8::try_from(number).ok())
}

fn month(text: &str) -> Option<i8> {
    if let Some(number) = small(text) {
        return Some(number);
    }
    let word = text.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == word)?;
    i8::try_from(at + 1).ok()
}

/// The fraction of a day that `12:30`, `12:30:05.5`, `1:30 PM`, `12:30:00Z` or `12:30:00+02:00` says.
fn time_of_day(time: &str) -> Option<f64> {
    if time.is_empty() {
        return Some(0.0);
    }
    let upper = time.to_ascii_uppercase();
    let (clock, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(clock), _) => (clock.trim_end(), Some(0)),
        (_, Some(clock)) => (clock.trim_end(), Some(12)),
        _ => (upper.as_str(), None),
    };
    let (clock, offset) = match clock.strip_suffix('Z').or_else(|| clock.strip_suffix(" UTC")) {
        Some(clock) => (clock, 0.0),
        None => match clock.rfind(['+', '-']) {
            Some(at) => (&clock[..at], minutes(&clock[at..])?),
            None => (clock, 0.0),
        },
    };
    let mut pieces = clock.trim().split(':');
    let hour: u32 = pieces.next()?.parse().ok()?;
    let minute: u32 = pieces.next()?.parse().ok()?;
    let second: f64 = pieces.next().map_or(Some(0.0), |second| {
        second
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
            .then(|| second.parse().ok())?
    })?;
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    if hour > 24 || minute > 59 || second >= 61.0 || pieces.next().is_some() {
        return None;
    }
    Some((f64::from(hour * 60 + minute) - offset) / 1440.0 + second / 86_400.0)
}

/// The minutes of `+02:00`, `-0530` or `+02`.
fn minutes(offset: &str) -> Option<f64> {
    let sign = if offset.starts_with('-') { -1.0 } else { 1.0 };
    let text: String = offset[1..].chars().filter(|c| *c != ':').collect();
    if !matches!(text.len(), 2 | 4) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: f64 = text[..2].parse().ok()?;
    let rest: f64 = if text.len() == 4 {
        text[2..].parse().ok()?
    } else {
        0.0
    };
    Some(sign * (hours * 60.0 + rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_write_a_day() {
        // 2017-03-01 is day 17,226.
        let cases = [
            ("2017-03-01", 17_226.0),
            ("2017/3/1", 17_226.0),
            ("2017-03", 17_226.0),
            ("2017/3", 17_226.0),
            ("3/1/2017", 17_226.0),
            ("3/1/17", 17_226.0),
            ("1-Mar-2017", 17_226.0),
            ("01-march-17", 17_226.0),
            ("01-OCT-2017", 17_440.0),
            ("01-OCT-2017 06:00", 17_440.25),
            ("01-OCT-17T12:00", 17_440.5),
            ("1-AUGUST-2017", 17_379.0),
            ("01-SEPT-17", 17_410.0),
            ("01-SEPT-17T12:00:00Z", 17_410.5),
            ("2017-03-01T12:00:00Z", 17_226.5),
            ("2017-03-01 06:00", 17_226.25),
            ("2017-03-01T02:00:00+02:00", 17_226.0),
            ("2017-03-01 14:00:00-0400", 17_226.75),
            ("3/1/2017 6:00 PM", 17_226.75),
            ("3/1/2017 12:00 AM", 17_226.0),
            ("1969-12-31", -1.0),
        ];
        for (cell, expected) in cases {
            assert_eq!(day(cell, Order::MonthFirst), Some(expected), "{cell}");
        }
        assert_eq!(day("01.03.2017", Order::DayFirst), Some(17_226.0));
    }

    #[test]
    fn what_is_no_day() {
        for cell in [
            "",
            "12",
            "2017-13-01",
            "2017-02-30",
            "a-b-c",
            "2017-13",
            "1017-01",
            "2017.01",
            "2017-Jan",
            "01-2017",
            "1/2/3/4",
            "2017-01-01 25:00",
            "Mar 1",
            "ü-1-2017",
            "2017-01-01 10:00 +x",
            "1-ü-2017",
            "31/12/2017",
            "T",
            "2017-01-01T",
            "2017-01-01T25:00",
            "ü T",
        ] {
            assert_eq!(day(cell, Order::MonthFirst), None, "{cell}");
        }
    }

    #[test]
    fn the_column_tells_which_number_is_the_day() {
        assert_eq!(
            order(["1/2/2017", "25/2/2017"].into_iter()),
            (Order::DayFirst, false)
        );
        assert_eq!(
            order(["1/2/2017", "2/25/2017"].into_iter()),
            (Order::MonthFirst, false)
        );
        assert_eq!(order(["1/2/2017"].into_iter()), (Order::MonthFirst, true));
        assert_eq!(order(["2017-01-02", "x"].into_iter()), (Order::MonthFirst, false));
    }
}
