//! Running periods beside as many working days of another one (KPI rule R8), worked out on calendars of 2016 and 2017.

use bellwether_domain::settings::{Settings, WorkingDay};
use bellwether_domain::{CivilDate, ErrorCode, Zone};

use super::*;
use crate::query::{Elapsed, Question};

fn off(days: &[&str]) -> Settings {
    Settings {
        holidays: days.iter().map(|day| day.parse().unwrap()).collect(),
        ..Settings::default()
    }
}

fn working(from: &str, to: &str, as_of: &str) -> Ask {
    Ask {
        as_of: Some(as_of.parse().unwrap()),
        elapsed: Elapsed::WorkingDays,
        ..ask("bookings", from, to)
    }
}

/// A month of one question, and how it is cut by a grain.
fn july(as_of: &str) -> Ask {
    working("2017-07-01", "2017-08-01", as_of)
}

fn both(settings: &Settings, ask: &Ask, base: Base) -> Result<Both> {
    let days = (0..800).map(|day| {
        "2016-01-01"
            .parse::<CivilDate>()
            .unwrap()
            .plus_days(day)
            .to_string()
    });
    let names: Vec<&'static str> = days.map(|day| &*day.leak()).collect();
    // A deal of 1 a day, so that an amount is a number of days.
    let deals: Vec<Deal> = names.iter().map(|day| Deal::won(day, 100)).collect();
    let now = Instant::from_micros(0);
    answer_both(
        &Fixture::in_zone(&deals, settings.clone()),
        &CATALOGUE,
        ask,
        &base,
        now,
        2,
    )
}

/// The period that counts beside the last one asked, and what is in both.
fn beside(settings: &Settings, ask: &Ask, base: Base) -> String {
    let both = both(settings, ask, base).unwrap();
    let pair = both.pairs.last().unwrap();
    let row = pair.base.as_ref().unwrap();
    let number = |row: &Row| row.value.clone().unwrap();
    format!(
        "{}..{} {} | {}",
        row.start.unwrap(),
        row.end.unwrap(),
        number(row),
        number(&pair.now)
    )
}

fn months(ask: Ask) -> Ask {
    Ask {
        grain: Some(Grain::Month),
        ..ask
    }
}

/// July 2017 began on a Saturday, June on a Thursday. As of the end of Monday the 3rd one working day had passed, where
/// three civil days had.
#[test]
fn a_month_that_begins_on_a_weekend_stands_beside_as_many_working_days() {
    let plain = Settings::default();
    let cases = [
        ("2017-07-02", "2017-06-01..2017-06-01 0 | 2"),
        ("2017-07-03", "2017-06-01..2017-06-02 1 | 3"),
        // 1, 2, 5 and 6 June were working days; so was the 7th, and a Saturday and Sunday add none.
        ("2017-07-06", "2017-06-01..2017-06-07 6 | 6"),
        ("2017-07-07", "2017-06-01..2017-06-08 7 | 7"),
        ("2017-07-08", "2017-06-01..2017-06-08 7 | 8"),
        ("2017-07-09", "2017-06-01..2017-06-08 7 | 9"),
        // June had 22, of which the 20th was the 28th; the whole month stands beside the whole one.
        ("2017-07-28", "2017-06-01..2017-06-29 28 | 28"),
        ("2017-07-31", "2017-06-01..2017-07-01 30 | 31"),
    ];
    for (as_of, expected) in cases {
        assert_eq!(beside(&plain, &july(as_of), Base::Previous), expected, "{as_of}");
        assert_eq!(
            beside(&plain, &months(july(as_of)), Base::Previous),
            expected,
            "{as_of}"
        );
    }
    let calendar = Ask {
        elapsed: Elapsed::CalendarDays,
        ..july("2017-07-03")
    };
    assert_eq!(
        beside(&plain, &calendar, Base::Previous),
        "2017-06-01..2017-06-04 3 | 3"
    );
    // July 2016 began on a Friday.
    assert_eq!(
        beside(&plain, &july("2017-07-03"), Base::LastYear),
        "2016-07-01..2016-07-02 1 | 3"
    );
    assert_eq!(
        beside(&plain, &july("2017-07-04"), Base::LastYear),
        "2016-07-01..2016-07-05 4 | 4"
    );
}

#[test]
fn holidays_of_either_period_are_no_working_days() {
    // Tuesday 4 July: four working days up to Friday the 7th, the fourth of June is Tuesday the 6th.
    let fourth = off(&["2017-07-04"]);
    assert_eq!(
        beside(&fourth, &july("2017-07-07"), Base::Previous),
        "2017-06-01..2017-06-07 6 | 7"
    );
    assert_eq!(
        beside(&fourth, &july("2017-07-04"), Base::Previous),
        "2017-06-01..2017-06-02 1 | 4"
    );
    // Whit Monday, 5 June: the fifth working day of June is Thursday the 8th. A holiday on a Saturday takes nothing.
    let whit = off(&["2017-06-05", "2017-07-08", "2017-06-10"]);
    assert_eq!(
        beside(&whit, &july("2017-07-07"), Base::Previous),
        "2017-06-01..2017-06-09 8 | 7"
    );
    assert_eq!(
        beside(&whit, &july("2017-07-10"), Base::Previous),
        "2017-06-01..2017-06-10 9 | 10"
    );
}

/// March 2017 had 23 working days, February 20.
#[test]
fn a_period_with_fewer_working_days_counts_in_full() {
    let plain = Settings::default();
    let march = |as_of| working("2017-03-01", "2017-04-01", as_of);
    assert_eq!(
        beside(&plain, &march("2017-03-27"), Base::Previous),
        "2017-02-01..2017-02-28 27 | 27"
    );
    for as_of in ["2017-03-28", "2017-03-29", "2017-03-30"] {
        let found = beside(&plain, &march(as_of), Base::Previous);
        assert!(found.starts_with("2017-02-01..2017-03-01 28"), "{as_of}: {found}");
    }
    // What has passed is compared in full, and of what has not begun nothing counts.
    let quarter = months(working("2017-01-01", "2017-04-01", "2017-02-01"));
    let both = both(&plain, &quarter, Base::Previous).unwrap();
    let ends: Vec<String> = both
        .pairs
        .iter()
        .map(|pair| pair.base.as_ref().unwrap().end.unwrap().to_string())
        .collect();
    assert_eq!(ends, ["2017-01-01", "2017-01-03", "2017-02-01"]);
}

#[test]
fn of_a_working_day_that_runs_the_same_time_counts() {
    let plain = Settings::default();
    let end = |settings: &Settings, ask: &Ask| {
        let found = both(settings, ask, Base::Previous).unwrap();
        found.pairs[0].base.as_ref().unwrap().end.unwrap().to_string()
    };
    // Noon of the first working day, of the second, and of a Saturday.
    assert_eq!(end(&plain, &july("2017-07-03T12:00:00Z")), "2017-06-01T12:00:00Z");
    assert_eq!(end(&plain, &july("2017-07-04T12:00:00Z")), "2017-06-02T12:00:00Z");
    assert_eq!(end(&plain, &july("2017-07-08T12:00:00Z")), "2017-06-08");
    // Midnight after Friday the 7th and the first instant of Monday: five are over, none runs.
    assert_eq!(end(&plain, &july("2017-07-08T00:00:00Z")), "2017-06-08");
    assert_eq!(end(&plain, &july("2017-07-10T00:00:00Z")), "2017-06-08");
}

/// In Berlin 26 March 2017 had 23 hours and 29 October 25; where every day is a working day, both count as one.
#[test]
fn days_of_23_and_25_hours_are_days() {
    let berlin = Settings {
        zone: Zone::named("Europe/Berlin").unwrap(),
        business_hours: (1..=7)
            .map(|weekday| WorkingDay {
                weekday,
                opens: 540,
                closes: 1_020,
            })
            .collect(),
        ..Settings::default()
    };
    let april = |as_of| working("2017-04-01", "2017-05-01", as_of);
    let october = |as_of| working("2017-10-01", "2017-11-01", as_of);
    assert_eq!(
        beside(&berlin, &april("2017-04-25"), Base::Previous),
        "2017-03-01..2017-03-26 25 | 25"
    );
    assert_eq!(
        beside(&berlin, &april("2017-04-26"), Base::Previous),
        "2017-03-01..2017-03-27 26 | 26"
    );
    assert_eq!(
        beside(&berlin, &october("2017-10-29"), Base::Previous),
        "2017-09-01..2017-09-30 29 | 29"
    );
    let end = |ask: &Ask| {
        let found = both(&berlin, ask, Base::Previous).unwrap();
        found.pairs[0].base.as_ref().unwrap().end.unwrap().to_string()
    };
    // 12 hours into 26 April: 12 hours into 26 March, which began at 23:00 UTC of the day before.
    assert_eq!(end(&april("2017-04-26T10:00:00Z")), "2017-03-26T11:00:00Z");
    // 24.5 hours into 29 October: all of 29 September, and nothing of the day after.
    assert_eq!(end(&october("2017-10-29T22:30:00Z")), "2017-09-30");
}

#[test]
fn growth_and_keys_know_in_which_days_is_counted() {
    let question = |elapsed| {
        let ask = Ask {
            elapsed,
            kpis: vec!["revenue_growth_rate".to_owned()],
            ..july("2017-07-03")
        };
        let question = Question::new(&CATALOGUE, &ask, &Settings::default(), Instant::from_micros(0));
        let base = Base::Previous;
        let growth = both(&Settings::default(), &ask, base).unwrap().pairs[0]
            .now
            .value
            .clone();
        (question.unwrap().words, growth.unwrap())
    };
    let (by_work, by_calendar) = (question(Elapsed::WorkingDays), question(Elapsed::CalendarDays));
    assert_ne!(by_work.0, by_calendar.0);
    // 3 beside 1, and beside 3.
    assert_eq!((by_work.1.as_str(), by_calendar.1.as_str()), ("2", "0"));
}

#[test]
fn a_range_within_days_has_no_working_days() {
    let plain = Settings::default();
    for (from, to, wrong) in [
        ("2017-07-01T09:00:00Z", "2017-08-01", true),
        ("2017-07-01", "2017-07-31T09:00:00Z", true),
        ("2017-07-01T00:00:00Z", "2017-08-01", false),
    ] {
        let found = both(&plain, &working(from, to, "2017-07-03"), Base::LastYear);
        match found {
            Err(refused) => {
                assert!(wrong && refused.code == ErrorCode::InvalidArgument);
                assert_eq!(refused.violations[0].field, "elapsed");
            }
            Ok(_) => assert!(!wrong, "{from}..{to}"),
        }
    }
    // One without an end ends at as-of, and so is always over.
    let open = Ask {
        to: None,
        ..july("2017-07-03")
    };
    let refused = both(&plain, &open, Base::Previous).err().unwrap();
    assert_eq!(refused.violations[0].field, "elapsed");
    // Another range is taken as it is, and a grain tells whole periods.
    let other = Base::Range(
        "2017-05-01T09:00:00Z".parse().unwrap(),
        "2017-05-02T09:00:00Z".parse().unwrap(),
    );
    assert!(
        beside(&plain, &july("2017-07-03"), other).starts_with("2017-05-01T09:00:00Z..2017-05-02T09:00:00Z")
    );
    let within = months(working("2017-07-01T09:00:00Z", "2017-08-01", "2017-07-03"));
    assert!(beside(&plain, &within, Base::Previous).starts_with("2017-06-01..2017-06-02 1"));
}
