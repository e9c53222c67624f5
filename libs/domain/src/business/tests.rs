//! Working time by hand, and against a count minute by minute.

use proptest::prelude::*;

use super::*;
use crate::settings::WorkingDay;

const HOUR: i64 = 3_600_000_000;

fn settings(zone: &str, hours: &[(u8, u16, u16)], holidays: &[&str]) -> Settings {
    let day = |(weekday, opens, closes): &(u8, u16, u16)| WorkingDay {
        weekday: *weekday,
        opens: opens * 60,
        closes: closes * 60,
    };
    Settings {
        zone: Zone::named(zone).unwrap(),
        business_hours: hours.iter().map(day).collect(),
        holidays: holidays.iter().map(|day| day.parse().unwrap()).collect(),
        ..Settings::default()
    }
}

fn always(zone: &str) -> BusinessClock {
    let hours: Vec<_> = (1..=7).map(|weekday| (weekday, 0, 24)).collect();
    BusinessClock::new(&settings(zone, &hours, &[]))
}

/// Working minutes between two instants.
fn minutes(clock: &BusinessClock, from: &str, to: &str) -> i64 {
    (clock.b(to.parse().unwrap()) - clock.b(from.parse().unwrap())) / MINUTE_MICROS
}

#[test]
fn nights_and_weekends_do_not_count() {
    let clock = BusinessClock::new(&Settings::default());
    let cases = [
        // 2017-01-02 was a Monday.
        ("2017-01-02T10:00:00Z", "2017-01-02T10:45:00Z", 45),
        ("2017-01-02T16:30:00Z", "2017-01-03T09:15:00Z", 45),
        ("2017-01-06T16:00:00Z", "2017-01-09T10:00:00Z", 120),
        ("2017-01-07T03:00:00Z", "2017-01-08T23:00:00Z", 0),
        ("2017-01-02T00:00:00Z", "2017-01-09T00:00:00Z", 5 * 8 * 60),
        ("2017-01-02T18:00:00Z", "2017-01-02T20:00:00Z", 0),
        ("2017-01-03T12:00:00Z", "2017-01-02T12:00:00Z", -8 * 60),
    ];
    for (from, to, expected) in cases {
        assert_eq!(minutes(&clock, from, to), expected, "{from} to {to}");
    }
    assert_eq!(clock.b(Instant::from_micros(0)), 0);
    // Thursday and Friday; Monday to Wednesday lie before the count begins.
    assert_eq!(clock.b("1970-01-03T00:00:00Z".parse().unwrap()), 16 * HOUR);
    assert_eq!(clock.b("1969-12-29T00:00:00Z".parse().unwrap()), -24 * HOUR);
}

#[test]
fn holidays_count_as_no_work_and_only_once() {
    let holidays = ["2017-01-03", "2017-01-03", "2017-01-08"];
    let clock = BusinessClock::new(&settings("UTC", &[(1, 9, 17), (2, 9, 17), (3, 9, 17)], &holidays));
    let count = |from, to| minutes(&clock, from, to);
    assert_eq!(count("2017-01-02T16:00:00Z", "2017-01-04T10:00:00Z"), 120);
    assert_eq!(count("2017-01-03T10:00:00Z", "2017-01-03T12:00:00Z"), 0);
    assert_eq!(
        count("2017-01-02T00:00:00Z", "2017-01-09T00:00:00Z"),
        16 * 60,
        "a Sunday takes nothing"
    );
}

#[test]
fn days_of_23_and_25_hours_count_what_passes() {
    let clock = always("America/New_York");
    // 2017-03-12 had 23 hours, 2017-11-05 had 25, each from midnight to midnight there.
    assert_eq!(
        minutes(&clock, "2017-03-12T05:00:00Z", "2017-03-13T04:00:00Z"),
        23 * 60
    );
    assert_eq!(
        minutes(&clock, "2017-11-05T04:00:00Z", "2017-11-06T05:00:00Z"),
        25 * 60
    );
    let nights = settings("America/New_York", &[(7, 1, 3)], &[]);
    let clock = BusinessClock::new(&nights);
    assert_eq!(
        minutes(&clock, "2017-03-12T05:00:00Z", "2017-03-13T04:00:00Z"),
        60,
        "02 to 03 was left out"
    );
    assert_eq!(
        minutes(&clock, "2017-11-05T04:00:00Z", "2017-11-06T05:00:00Z"),
        180,
        "01 to 02 came twice"
    );
    assert_eq!(
        minutes(&clock, "2017-11-11T00:00:00Z", "2017-11-13T00:00:00Z"),
        120,
        "a common Sunday"
    );
    let missing = BusinessClock::new(&settings("America/New_York", &[(7, 2, 3)], &[]));
    assert_eq!(
        minutes(&missing, "2017-03-12T05:00:00Z", "2017-03-13T04:00:00Z"),
        0
    );
}

#[test]
fn working_days_around_a_change_of_the_wall_clock_are_as_long_as_others() {
    let clock = BusinessClock::new(&settings("Europe/Berlin", &[(1, 9, 17), (7, 9, 17)], &[]));
    // The clock went forward on Sunday 2017-03-26: 09:00 was 08:00 UTC on Saturday and 07:00 UTC that day.
    assert_eq!(
        minutes(&clock, "2017-03-26T06:59:00Z", "2017-03-26T07:30:00Z"),
        30
    );
    assert_eq!(
        minutes(&clock, "2017-03-25T00:00:00Z", "2017-03-28T00:00:00Z"),
        16 * 60
    );
}

#[test]
fn a_day_that_a_zone_left_out_has_no_hours() {
    // Samoa went from Thursday 2011-12-29 straight to Saturday.
    let clock = BusinessClock::new(&settings(
        "Pacific/Apia",
        &[(4, 9, 17), (5, 9, 17), (6, 9, 17)],
        &[],
    ));
    assert_eq!(
        minutes(&clock, "2011-12-29T10:00:00Z", "2012-01-01T09:59:00Z"),
        16 * 60
    );
}

#[test]
fn hours_that_meet_are_counted_once() {
    let clock = BusinessClock::new(&settings(
        "UTC",
        &[(1, 9, 12), (1, 11, 13), (1, 14, 15), (1, 16, 16)],
        &[],
    ));
    assert_eq!(
        minutes(&clock, "2017-01-02T00:00:00Z", "2017-01-03T00:00:00Z"),
        5 * 60
    );
    assert_eq!(
        minutes(&clock, "2017-01-02T12:30:00Z", "2017-01-02T14:30:00Z"),
        60
    );
}

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

fn random_settings() -> impl Strategy<Value = Settings> {
    let hours = proptest::collection::vec((1..=7_u8, 0..24_u16, 1..24_u16), 0..9);
    let holidays = proptest::collection::vec(14_000..19_000_i32, 0..40);
    (0..ZONES.len(), hours, holidays).prop_map(|(zone, hours, holidays)| {
        let hours: Vec<_> = hours
            .into_iter()
            .map(|(weekday, opens, long)| (weekday, opens, (opens + long).min(24)))
            .collect();
        Settings {
            holidays: holidays.into_iter().map(CivilDate::from_days).collect(),
            ..settings(ZONES[zone], &hours, &[])
        }
    })
}

/// 2008-05-01 to 2022-01-08, where the zones above changed their clocks in every way.
fn micros() -> impl Strategy<Value = i64> {
    14_000 * DAY_MICROS..19_000 * DAY_MICROS
}

proptest! {
    #[test]
    fn it_never_runs_backwards_nor_faster_than_the_wall_clock(
        settings in random_settings(), starts in proptest::collection::vec(micros(), 1..20), long in 1..3 * DAY_MICROS,
    ) {
        let clock = BusinessClock::new(&settings);
        let b = |at| clock.b(Instant::from_micros(at));
        for start in starts {
            let (middle, end) = (start + long / 3, start + long);
            let whole = b(end) - b(start);
            prop_assert!((0..=end - start).contains(&whole), "{} of {}", whole, end - start);
            prop_assert_eq!((b(middle) - b(start)) + (b(end) - b(middle)), whole);
        }
    }

    #[test]
    fn round_the_clock_is_the_wall_clock(zone in 0..ZONES.len(), from in micros(), to in micros()) {
        let clock = always(ZONES[zone]);
        let b = |at| clock.b(Instant::from_micros(at));
        prop_assert_eq!(b(to) - b(from), to - from);
    }

    #[test]
    fn it_counts_the_minutes_at_which_the_wall_clock_shows_working_hours(
        settings in random_settings(), start in micros(), length in 1..6_i64 * 24 * 60,
    ) {
        // St. John's changed its clock a minute after midnight: the hour shown twice is then of two days.
        prop_assume!(settings.zone.name() != "America/St_Johns");
        let clock = BusinessClock::new(&settings);
        let start = start / MINUTE_MICROS;
        let mut expected = 0;
        for minute in start..start + length {
            let at = Instant::from_micros(minute * MINUTE_MICROS);
            let wall = settings.zone.to_datetime(at);
            let shown = u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs());
            let day = CivilDate::from_jiff(wall.date());
            let works = |one: &WorkingDay| {
                usize::from(one.weekday) == weekday(day.days()) + 1 && (one.opens..one.closes).contains(&shown)
            };
            if !settings.holidays.contains(&day) && settings.business_hours.iter().any(works) {
                expected += 1;
            }
        }
        let b = |minute: i64| clock.b(Instant::from_micros(minute * MINUTE_MICROS));
        prop_assert_eq!((b(start + length) - b(start)) / MINUTE_MICROS, expected);
    }
}
