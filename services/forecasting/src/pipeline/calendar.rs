//! Civil days as plain numbers: day 0 is 1970-01-01, and the time of day is the fraction.

/// The day number of a civil date, by the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date
/// algorithms").
#[must_use]
pub fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year and month (1 to 12) of a day number.
pub(super) fn year_month(day: i64) -> (i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year + era * 400 + i64::from(month <= 2), month)
}

/// The first day of the month that holds `day`.
#[must_use]
pub fn month_start(day: i64) -> i64 {
    let (year, month) = year_month(day);
    day_number(year, month, 1)
}

/// The first day of the month after the one that holds `day`.
pub(super) fn next_month(day: i64) -> i64 {
    let (year, month) = year_month(day);
    if month == 12 {
        day_number(year + 1, 1, 1)
    } else {
        day_number(year, month + 1, 1)
    }
}

/// All first days of months in `from..=to`.
#[must_use]
pub fn month_starts(from: i64, to: i64) -> Vec<i64> {
    let mut start = month_start(from);
    if start < from {
        start = next_month(start);
    }
    let mut starts = Vec::new();
    while start <= to {
        starts.push(start);
        start = next_month(start);
    }
    starts
}

/// The month of the quarter of a day: 0, 1 or 2.
pub(super) fn phase(day: f64) -> usize {
    let (_, month) = year_month(libm::floor(day) as i64);
    ((month - 1) % 3) as usize
}

/// The quarter that holds a day, as the day numbers of its start and its end (the first day after it).
#[must_use]
pub fn quarter_of(day: i64) -> (i64, i64) {
    let (year, month) = year_month(day);
    let first = (month - 1) / 3 * 3 + 1;
    let end = if first == 10 {
        day_number(year + 1, 1, 1)
    } else {
        day_number(year, first + 3, 1)
    };
    (day_number(year, first, 1), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_on_the_calendar() {
        assert_eq!(day_number(1970, 1, 1), 0);
        assert_eq!(day_number(2000, 2, 29), 11_016);
        assert_eq!(day_number(1969, 12, 31), -1);
        for day in (-800_000..800_000).step_by(37) {
            let (year, month) = year_month(day);
            let first = day_number(year, month, 1);
            assert!(
                first <= day && day < next_month(day),
                "day {day} is in {year}-{month}"
            );
            assert_eq!(month_start(day), first);
        }
    }

    #[test]
    fn quarters_hold_their_days() {
        let quarter = (day_number(2017, 10, 1), day_number(2018, 1, 1));
        assert_eq!(quarter_of(day_number(2017, 12, 31)), quarter);
        assert_eq!(quarter_of(day_number(2017, 10, 1)), quarter);
        assert_eq!(
            quarter_of(day_number(2018, 2, 1)),
            (quarter.1, day_number(2018, 4, 1))
        );
    }

    #[test]
    fn months_start_in_order() {
        let starts = month_starts(day_number(2016, 12, 15), day_number(2017, 3, 1));
        assert_eq!(
            starts,
            vec![
                day_number(2017, 1, 1),
                day_number(2017, 2, 1),
                day_number(2017, 3, 1)
            ]
        );
        assert_eq!(phase(day_number(2017, 3, 31) as f64 + 0.5), 2);
        assert!(month_starts(10, 5).is_empty());
    }
}
