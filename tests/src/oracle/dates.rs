//! Civil days as plain integers, by the arithmetic of the proleptic Gregorian calendar.

/// Days since 1970-01-01 of a year, month and day.
#[must_use]
pub fn day(year: i32, month: i32, day: i32) -> i32 {
    let before = |year: i32| 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    let months = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let in_year =
        months[usize::try_from(month - 1).expect("months start at 1")] + i32::from(leap && month > 2);
    before(year - 1) + in_year + day - 1 - (before(1969))
}

/// The year, month and day of a day, found by search.
#[must_use]
pub fn parts(of: i32) -> (i32, i32, i32) {
    let mut year = 1970 + of / 366;
    while day(year + 1, 1, 1) <= of {
        year += 1;
    }
    while day(year, 1, 1) > of {
        year -= 1;
    }
    let month = (1..=12)
        .rev()
        .find(|&month| day(year, month, 1) <= of)
        .expect("some month starts before");
    (year, month, of - day(year, month, 1) + 1)
}

/// Reads YYYY-MM-DD.
///
/// # Panics
/// When the text is no date.
#[must_use]
pub fn read(text: &str) -> i32 {
    let part: Vec<i32> = text
        .split('-')
        .map(|part| part.parse().expect("a number"))
        .collect();
    day(part[0], part[1], part[2])
}

/// Writes YYYY-MM-DD.
#[must_use]
pub fn write(of: i32) -> String {
    let (year, month, day) = parts(of);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The start of the period of a grain that holds a day, and the start of the next one.
///
/// # Panics
/// When the grain is none of day, week, month, quarter, year.
#[must_use]
pub fn whole(grain: &str, of: i32) -> (i32, i32) {
    let (year, month, _) = parts(of);
    let months = |first: i32, count: i32| {
        let next = first + count;
        (
            day(year, first, 1),
            if next > 12 {
                day(year + 1, next - 12, 1)
            } else {
                day(year, next, 1)
            },
        )
    };
    match grain {
        "day" => (of, of + 1),
        // 1970-01-01 was a Thursday.
        "week" => (of - (of + 3).rem_euclid(7), of - (of + 3).rem_euclid(7) + 7),
        "month" => months(month, 1),
        "quarter" => months((month - 1) / 3 * 3 + 1, 3),
        "year" => months(1, 12),
        other => panic!("no grain `{other}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(
            (day(1970, 1, 1), day(2017, 1, 1), day(2000, 3, 1)),
            (0, 17_167, 11_017)
        );
        for of in -1000..40_000 {
            assert_eq!(read(&write(of)), of);
        }
        assert_eq!(
            whole("week", day(2017, 1, 1)),
            (day(2016, 12, 26), day(2017, 1, 2))
        );
    }
}
