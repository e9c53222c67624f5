//! Tests of periods: known calendars, clipping, what came before, and the laws of tiling.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> CivilDate {
    text.parse().expect("a test writes days")
}

fn span(start: &str, end: &str) -> Period {
    Period::new(day(start), day(end))
}

fn weeks(start_month: u8, pattern: CalendarPattern) -> FiscalCalendar {
    FiscalCalendar::new(start_month, pattern).expect("a month of the year")
}

fn civil(start_month: u8) -> FiscalCalendar {
    weeks(start_month, CalendarPattern::Calendar)
}

#[test]
fn names_round_trip() {
    for grain in Grain::ALL {
        assert_eq!(grain.to_string().parse(), Ok(grain));
    }
    for pattern in CalendarPattern::ALL {
        assert_eq!(pattern.to_string().parse(), Ok(pattern));
    }
    let error = "months".parse::<Grain>().expect_err("no such grain").to_string();
    assert!(
        error.contains("`months`") && error.contains("fiscal_quarter"),
        "{error}"
    );
    assert!("445".parse::<CalendarPattern>().is_err());
    assert_eq!(FiscalCalendar::new(0, CalendarPattern::Calendar), None);
    assert_eq!(FiscalCalendar::new(13, CalendarPattern::Calendar), None);
}

#[test]
fn edges_are_clipped_and_know_their_whole() {
    let months = periods(
        day("2017-01-15"),
        day("2017-03-02"),
        Grain::Month,
        &FiscalCalendar::default(),
    );
    let clipped: Vec<_> = months.iter().map(|bucket| bucket.period).collect();
    let full: Vec<_> = months.iter().map(|bucket| bucket.full).collect();
    let expected = [
        span("2017-01-15", "2017-02-01"),
        span("2017-02-01", "2017-03-01"),
        span("2017-03-01", "2017-03-02"),
    ];
    assert_eq!(clipped, expected);
    let expected = [
        span("2017-01-01", "2017-02-01"),
        span("2017-02-01", "2017-03-01"),
        span("2017-03-01", "2017-04-01"),
    ];
    assert_eq!(full, expected);
}

#[test]
fn weeks_start_on_monday() {
    let calendar = FiscalCalendar::default();
    assert_eq!(
        period_of(day("2017-01-01"), Grain::Week, &calendar),
        span("2016-12-26", "2017-01-02")
    );
    assert_eq!(
        period_of(day("2017-01-02"), Grain::Week, &calendar),
        span("2017-01-02", "2017-01-09")
    );
    assert_eq!(
        count_periods(day("2017-01-01"), day("2018-01-01"), Grain::Week, &calendar),
        53
    );
}

#[test]
fn empty_and_inverted_ranges_have_no_periods() {
    let calendar = FiscalCalendar::default();
    for (from, to) in [("2017-01-01", "2017-01-01"), ("2017-01-02", "2017-01-01")] {
        assert!(periods(day(from), day(to), Grain::Day, &calendar).is_empty());
        assert_eq!(count_periods(day(from), day(to), Grain::Day, &calendar), 0);
        assert!(previous_of_range(day(from), day(to), &calendar).is_empty());
    }
}

#[test]
fn fiscal_years_by_civil_months() {
    let april = civil(4);
    let of = |grain| period_of(day("2018-02-10"), grain, &april);
    assert_eq!(of(Grain::FiscalYear), span("2017-04-01", "2018-04-01"));
    assert_eq!(of(Grain::FiscalQuarter), span("2018-01-01", "2018-04-01"));
    assert_eq!(of(Grain::FiscalMonth), span("2018-02-01", "2018-03-01"));
    let february = civil(2);
    assert_eq!(
        period_of(day("2018-01-31"), Grain::FiscalQuarter, &february),
        span("2017-11-01", "2018-02-01")
    );
}

#[test]
fn four_five_four_from_february() {
    let retail = weeks(2, CalendarPattern::FourFiveFour);
    let of = |text, grain| period_of(day(text), grain, &retail);
    assert_eq!(
        of("2017-06-01", Grain::FiscalYear),
        span("2017-01-30", "2018-01-29")
    );
    assert_eq!(
        of("2017-03-01", Grain::FiscalMonth),
        span("2017-02-27", "2017-04-03")
    );
    assert_eq!(
        of("2017-12-31", Grain::FiscalQuarter),
        span("2017-10-30", "2018-01-29")
    );
    // 1 February 2024 is a Thursday and goes back, 1 February 2025 a Saturday and goes on: 53 weeks.
    let long = of("2024-06-01", Grain::FiscalYear);
    assert_eq!((long, long.days()), (span("2024-01-29", "2025-02-03"), 371));
}

#[test]
fn the_fifty_third_week_goes_to_the_last_month() {
    let calendar = weeks(1, CalendarPattern::FourFourFive);
    let year = period_of(day("2020-06-01"), Grain::FiscalYear, &calendar);
    assert_eq!(year, span("2019-12-30", "2021-01-04"));
    let months = periods(year.start, year.end, Grain::FiscalMonth, &calendar);
    let weeks: Vec<_> = months.iter().map(|bucket| bucket.full.days() / 7).collect();
    assert_eq!(weeks, [4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 6]);
    let quarters = periods(year.start, year.end, Grain::FiscalQuarter, &calendar);
    let weeks: Vec<_> = quarters.iter().map(|bucket| bucket.full.days() / 7).collect();
    assert_eq!(weeks, [13, 13, 13, 14]);
}

#[test]
fn from_january_it_is_the_year_of_iso_weeks() {
    let calendar = weeks(1, CalendarPattern::FiveFourFour);
    for year in 1990..2060_i16 {
        let middle = CivilDate::from_ymd(year, 7, 1).expect("a day");
        let start = period_of(middle, Grain::FiscalYear, &calendar).start;
        let iso = start.to_jiff().iso_week_date();
        assert_eq!(
            (iso.year(), iso.week(), iso.weekday()),
            (year, 1, jiff::civil::Weekday::Monday)
        );
    }
}

#[test]
fn previous_is_by_index() {
    let calendar = FiscalCalendar::default();
    let before = |full, grain| previous(full, grain, &calendar);
    assert_eq!(
        before(span("2017-03-01", "2017-04-01"), Grain::Month),
        span("2017-02-01", "2017-03-01")
    );
    assert_eq!(
        before(span("2017-01-01", "2017-04-01"), Grain::Quarter),
        span("2016-10-01", "2017-01-01")
    );
    assert_eq!(
        before(span("2017-01-01", "2018-01-01"), Grain::Year),
        span("2016-01-01", "2017-01-01")
    );
    assert_eq!(
        before(span("2017-01-02", "2017-01-09"), Grain::Week),
        span("2016-12-26", "2017-01-02")
    );
    assert_eq!(
        before(span("2017-03-01", "2017-03-02"), Grain::Day),
        span("2017-02-28", "2017-03-01")
    );
}

#[test]
fn ranges_of_whole_months_go_back_by_months() {
    let before = |from, to| previous_of_range(day(from), day(to), &FiscalCalendar::default());
    assert_eq!(
        before("2017-03-01", "2017-04-01"),
        span("2017-02-01", "2017-03-01")
    );
    assert_eq!(
        before("2017-01-01", "2018-01-01"),
        span("2016-01-01", "2017-01-01")
    );
    assert_eq!(
        before("2017-04-01", "2017-07-01"),
        span("2017-01-01", "2017-04-01")
    );
    assert_eq!(
        before("2017-02-01", "2017-07-01"),
        span("2016-09-01", "2017-02-01")
    );
    assert_eq!(
        before("2017-03-01", "2017-03-31"),
        span("2017-01-30", "2017-03-01")
    );
    assert_eq!(
        before("2017-03-05", "2017-03-06"),
        span("2017-03-04", "2017-03-05")
    );
}

#[test]
fn ranges_of_whole_fiscal_months_go_back_by_fiscal_months() {
    let calendar = weeks(1, CalendarPattern::FourFourFive);
    let before = |from, to| previous_of_range(day(from), day(to), &calendar);
    // The short year after the long one of 53 weeks.
    assert_eq!(
        before("2021-01-04", "2022-01-03"),
        span("2019-12-30", "2021-01-04")
    );
    // Five weeks, before them four.
    assert_eq!(
        before("2021-03-01", "2021-04-05"),
        span("2021-02-01", "2021-03-01")
    );
    // Civil months are still months.
    assert_eq!(
        before("2017-03-01", "2017-04-01"),
        span("2017-02-01", "2017-03-01")
    );
}

#[test]
fn the_previous_period_is_cut_to_the_elapsed_part() {
    let (february, march) = (span("2017-02-01", "2017-03-01"), span("2017-03-01", "2017-04-01"));
    let cut = |as_of| cut_to_elapsed(february, march, day(as_of));
    assert_eq!(cut("2017-03-11"), span("2017-02-01", "2017-02-11"));
    assert_eq!(cut("2017-03-31"), february);
    assert_eq!(cut("2017-04-01"), february);
    assert_eq!(cut("2018-01-01"), february);
    assert!(cut("2017-03-01").is_empty());
    assert!(cut("2016-01-01").is_empty());
    // All of the shorter present month has passed: all of the longer previous one counts.
    assert_eq!(
        cut_to_elapsed(march, span("2017-04-01", "2017-05-01"), day("2017-05-01")),
        march
    );
}

#[test]
fn the_edges_of_time_do_not_panic() {
    let (first, last) = (day("0001-01-01"), day("9999-12-31"));
    for grain in Grain::ALL {
        for calendar in [civil(1), civil(12), weeks(1, CalendarPattern::FourFourFive)] {
            for edge in [first, last] {
                let _ = previous(period_of(edge, grain, &calendar), grain, &calendar);
            }
            let _ = previous_of_range(first, last, &calendar);
            assert!(count_periods(first, last, grain, &calendar) >= 9998);
        }
    }
}

fn any_day() -> impl Strategy<Value = CivilDate> {
    (-30_000_i32..60_000).prop_map(CivilDate::from_days)
}

fn any_grain() -> impl Strategy<Value = Grain> {
    proptest::sample::select(Grain::ALL.to_vec())
}

fn any_calendar() -> impl Strategy<Value = FiscalCalendar> {
    (1_u8..=12, proptest::sample::select(CalendarPattern::ALL.to_vec()))
        .prop_map(|(month, pattern)| weeks(month, pattern))
}

proptest! {
    #[test]
    fn periods_tile_the_range(
        from in any_day(), length in 1_i32..1500, grain in any_grain(), calendar in any_calendar(),
    ) {
        let to = from.plus_days(length);
        let buckets = periods(from, to, grain, &calendar);
        prop_assert_eq!(buckets.len(), count_periods(from, to, grain, &calendar));
        prop_assert_eq!(buckets.first().map(|bucket| bucket.period.start), Some(from));
        prop_assert_eq!(buckets.last().map(|bucket| bucket.period.end), Some(to));
        for bucket in &buckets {
            prop_assert!(!bucket.period.is_empty());
            prop_assert!(bucket.full.start <= bucket.period.start && bucket.period.end <= bucket.full.end);
            prop_assert_eq!(period_of(bucket.period.start, grain, &calendar), bucket.full);
            prop_assert_eq!(period_of(bucket.full.end.plus_days(-1), grain, &calendar), bucket.full);
        }
        for pair in buckets.windows(2) {
            prop_assert_eq!(pair[0].period.end, pair[1].period.start);
            prop_assert_eq!(pair[0].full.end, pair[1].full.start);
        }
    }

    #[test]
    fn the_previous_of_the_next_is_itself(
        start in any_day(), grain in any_grain(), calendar in any_calendar(),
    ) {
        let full = period_of(start, grain, &calendar);
        prop_assert!(full.contains(start));
        let next = period_of(full.end, grain, &calendar);
        prop_assert_eq!(previous(next, grain, &calendar), full);
        prop_assert_eq!(previous(full, grain, &calendar).end, full.start);
    }

    #[test]
    fn years_of_weeks_have_52_or_53(start in any_day(), calendar in any_calendar()) {
        prop_assume!(calendar.pattern() != CalendarPattern::Calendar);
        let year = period_of(start, Grain::FiscalYear, &calendar);
        prop_assert!(matches!(year.days(), 364 | 371), "{:?}", year);
        let months = periods(year.start, year.end, Grain::FiscalMonth, &calendar);
        let quarters = periods(year.start, year.end, Grain::FiscalQuarter, &calendar);
        prop_assert_eq!((months.len(), quarters.len()), (12, 4));
        for quarter in &quarters[..3] {
            prop_assert_eq!(quarter.full.days(), 91);
        }
        prop_assert!(months[..11].iter().all(|month| matches!(month.full.days(), 28 | 35)));
    }

    #[test]
    fn what_came_before_a_range_ends_where_it_starts(
        from in any_day(), length in 1_i32..1500, calendar in any_calendar(),
    ) {
        let before = previous_of_range(from, from.plus_days(length), &calendar);
        prop_assert_eq!(before.end, from);
        prop_assert!(!before.is_empty());
    }

    #[test]
    fn whole_periods_without_a_grain_have_the_same_previous(
        start in any_day(), calendar in any_calendar(),
        grain in proptest::sample::select(vec![Grain::Month, Grain::Quarter, Grain::Year]),
    ) {
        let full = period_of(start, grain, &calendar);
        let by_range = previous_of_range(full.start, full.end, &calendar);
        prop_assert_eq!(by_range, previous(full, grain, &calendar));
    }

    #[test]
    fn a_cut_is_never_longer_than_what_has_elapsed(
        start in any_day(), grain in any_grain(), calendar in any_calendar(), as_of in any_day(),
    ) {
        let full = period_of(start, grain, &calendar);
        let before = previous(full, grain, &calendar);
        let cut = cut_to_elapsed(before, full, as_of);
        prop_assert_eq!(cut.start, before.start);
        prop_assert!(cut.end <= before.end);
        if full.contains(as_of) {
            prop_assert_eq!(cut.days(), before.days().min(as_of.days() - full.start.days()));
        }
    }
}
