//! The period of the same index a year before (R8).

use super::{CalendarPattern, FiscalCalendar, Grain, Period, full_period, index_of, period_of, start_of};
use crate::time::CivilDate;

/// The period of the same index one year before a whole period of the grain: the same month or quarter, civil or fiscal,
/// the same day, the week of the same number. `None` where the year before has no such period.
///
/// Weeks are numbered in the tenant's fiscal year when that is made of weeks, else in the year of ISO 8601. Week 53 has a
/// counterpart only in a year of 53 weeks, 29 February only in a leap year.
#[must_use]
pub fn last_year(full: Period, grain: Grain, calendar: &FiscalCalendar) -> Option<Period> {
    let back = |periods| {
        let index = index_of(full.start, grain, calendar) - periods;
        Some(full_period(index, grain, calendar))
    };
    match grain {
        Grain::Day => {
            let day = day_before(full.start)?;
            Some(Period::new(day, day.plus_days(1)))
        }
        Grain::Week => week_before(full.start, calendar),
        Grain::Month | Grain::FiscalMonth => back(12),
        Grain::Quarter | Grain::FiscalQuarter => back(4),
        Grain::Year | Grain::FiscalYear => back(1),
    }
}

/// The range one year before a range without a grain.
///
/// - Whole civil months: the same months of the year before.
/// - Else, in a fiscal calendar of weeks, whole fiscal months: those of the same index, so that a year of 53 weeks may
///   stand beside one of 52.
/// - Else the same civil days; 29 February is 28 February.
///
/// An empty range has an empty one before it.
#[must_use]
pub fn last_year_of_range(from: CivilDate, to: CivilDate, calendar: &FiscalCalendar) -> Period {
    for grain in [Grain::Month, Grain::FiscalMonth] {
        let (first, last) = (index_of(from, grain, calendar), index_of(to, grain, calendar));
        if start_of(first, grain, calendar) == from && start_of(last, grain, calendar) == to {
            return Period::new(
                start_of(first - 12, grain, calendar),
                start_of(last - 12, grain, calendar),
            );
        }
    }
    let start = same_day_last_year(from);
    let last = same_day_last_year(to.plus_days(-1));
    Period::new(start, last.plus_days(1).max(start))
}

/// The same civil day of the year before; of 29 February the 28th.
#[must_use]
pub fn same_day_last_year(day: CivilDate) -> CivilDate {
    let whole = day_before(day).or_else(|| day_before(day.plus_days(-1)));
    whole.unwrap_or(day)
}

/// The same civil day of the year before, where there is one.
fn day_before(day: CivilDate) -> Option<CivilDate> {
    let date = day.to_jiff();
    CivilDate::from_ymd(date.year() - 1, date.month(), date.day())
}

fn week_before(monday: CivilDate, calendar: &FiscalCalendar) -> Option<Period> {
    let iso = FiscalCalendar::new(1, CalendarPattern::FourFourFive)?;
    let calendar = match calendar.pattern() {
        CalendarPattern::Calendar => &iso,
        _ => calendar,
    };
    let year = period_of(monday, Grain::FiscalYear, calendar);
    let before = super::previous(year, Grain::FiscalYear, calendar);
    let start = before.start.plus_days(monday.days() - year.start.days());
    (start < before.end).then(|| Period::new(start, start.plus_days(7)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn before(start: &str, grain: Grain, calendar: &FiscalCalendar) -> Option<String> {
        let found = last_year(period_of(day(start), grain, calendar), grain, calendar)?;
        Some(format!("{} {}", found.start, found.end))
    }

    #[test]
    fn months_quarters_and_days_are_those_of_the_same_name() {
        let civil = FiscalCalendar::default();
        let of = |start: &str, grain| before(start, grain, &civil);
        assert_eq!(of("2024-02-01", Grain::Month).unwrap(), "2023-02-01 2023-03-01");
        assert_eq!(of("2024-05-09", Grain::Quarter).unwrap(), "2023-04-01 2023-07-01");
        assert_eq!(of("2024-05-09", Grain::Year).unwrap(), "2023-01-01 2024-01-01");
        assert_eq!(of("2024-03-01", Grain::Day).unwrap(), "2023-03-01 2023-03-02");
        assert_eq!(of("2024-02-29", Grain::Day), None);
    }

    #[test]
    fn weeks_are_those_of_the_same_number_and_a_53rd_may_have_none() {
        let civil = FiscalCalendar::default();
        // 2020 has 53 ISO weeks, 2019 and 2021 have 52. 2021-01-04 is the Monday of week 1, 2019-12-30 that of 2020.
        assert_eq!(
            before("2021-01-04", Grain::Week, &civil).unwrap(),
            "2019-12-30 2020-01-06"
        );
        assert_eq!(before("2020-12-28", Grain::Week, &civil), None);
        // 2026 has 53 weeks again, 2020's 53rd is not the year before's.
        assert_eq!(before("2026-12-28", Grain::Week, &civil), None);
        // In a fiscal year of weeks from February the numbers are those of that year.
        let weeks = FiscalCalendar::new(2, CalendarPattern::FourFourFive).unwrap();
        let year = period_of(day("2024-06-01"), Grain::FiscalYear, &weeks);
        let before_it = super::super::previous(year, Grain::FiscalYear, &weeks);
        let found = week_before(year.start.plus_days(70), &weeks).unwrap();
        assert_eq!(found.start, before_it.start.plus_days(70));
    }

    #[test]
    fn a_range_goes_back_by_months_else_by_days() {
        let of = |from: &str, to: &str, calendar: &FiscalCalendar| {
            let found = last_year_of_range(day(from), day(to), calendar);
            format!("{} {}", found.start, found.end)
        };
        let civil = FiscalCalendar::default();
        assert_eq!(of("2024-02-01", "2024-03-01", &civil), "2023-02-01 2023-03-01");
        assert_eq!(of("2024-02-10", "2024-02-29", &civil), "2023-02-10 2023-03-01");
        assert_eq!(of("2024-02-29", "2024-03-02", &civil), "2023-02-28 2023-03-02");
        // A fiscal year of 53 weeks beside one of 52.
        let weeks = FiscalCalendar::new(1, CalendarPattern::FourFourFive).unwrap();
        assert_eq!(of("2019-12-30", "2021-01-04", &weeks), "2018-12-31 2019-12-30");
    }
}
