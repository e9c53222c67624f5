//! As-of, known-at, ranges, periods, zones and what came before.

use bellwether_domain::period::{CalendarPattern, FiscalCalendar};
use bellwether_domain::settings::Settings;
use bellwether_domain::{CivilDate, ErrorCode, ErrorReason, Zone};

use super::*;
use crate::scan::fixture::Deal;

#[test]
fn events_before_as_of_count_and_a_day_means_its_end() {
    let fixture = Fixture::new(&[Deal::won("2017-03-01", 1), Deal::won("2017-03-02T12:00:00Z", 1)]);
    let won = |when: &str| value(&fixture, &as_of(asked(&["deals_won"]), when)).0;
    assert_eq!(
        ["2017-02-28", "2017-03-01", "2017-03-02"].map(won),
        ["0", "1", "2"]
    );
    assert_eq!(won("2017-03-01T00:00:00Z"), "0");
    assert_eq!(won("2017-03-02T12:00:00Z"), "1");
    assert_eq!(won("2017-03-02T12:00:00.000001Z"), "2");
    // None given: the end of today, whatever the time.
    let answer = tried(&fixture, &asked(&["deals_won"])).unwrap();
    assert_eq!(answer.as_of.to_string(), "2020-01-02T00:00:00Z");
}

#[test]
fn a_reopened_deal_shows_the_win_only_before() {
    let fixture = Fixture::new(&[Deal {
        reopened: Some("2017-04-01"),
        ..Deal::won("2017-03-01", 100)
    }]);
    let at = |kpi: &str, when: &str| value(&fixture, &as_of(asked(&[kpi]), when)).0;
    assert_eq!(
        ["2017-02-28", "2017-03-01", "2017-03-31", "2017-04-01"].map(|day| at("deals_won", day)),
        ["0", "1", "1", "0"]
    );
    assert_eq!(
        ["2017-02-28", "2017-03-01", "2017-03-31", "2017-04-01"].map(|day| at("open_deals", day)),
        ["1", "0", "0", "1"]
    );
    assert_eq!(at("average_selling_price", "2017-04-01"), "no_won_deals");
}

#[test]
fn known_at_takes_back_what_was_recorded_later() {
    let retracted = Deal {
        gone: 5,
        ..Deal::won("2017-03-01", 100)
    };
    let late = Deal {
        seq: 8,
        ..Deal::won("2017-03-01", 100)
    };
    let fixture = Fixture::new(&[retracted, late.clone(), Deal { seq: 3, ..late }]);
    let known = |known_at| Ask {
        known_at: Some(known_at),
        ..asked(&["deals_won"])
    };
    let won = |known_at| value(&fixture, &known(known_at)).0;
    assert_eq!(
        [0, 1, 3, 4, 5, 8, 10].map(|seq| won(KnownAt::Seq(seq))),
        ["0", "1", "2", "2", "1", "2", "2"]
    );
    let instant = |text: &str| KnownAt::Instant(text.parse().unwrap());
    assert_eq!(won(instant("1970-01-01T00:00:04.5Z")), "2");
    assert_eq!(won(instant("1969-01-01T00:00:00Z")), "0");
    let answer = tried(&fixture, &known(KnownAt::Seq(4))).unwrap();
    assert_eq!((answer.position.epoch, answer.position.seq), (7, 4));
    assert_eq!(answer.recorded_at.unwrap().to_string(), "1970-01-01T00:00:04Z");
    assert_eq!(
        tried(&fixture, &known(KnownAt::Seq(0))).unwrap().recorded_at,
        None
    );
    for ahead in [KnownAt::Seq(11), instant("2020-01-02T00:00:01Z")] {
        let error = refused(&fixture, &known(ahead));
        assert_eq!(
            (error.code, error.reason),
            (ErrorCode::OutOfRange, ErrorReason::BeyondHorizon)
        );
    }
    assert_eq!(won(KnownAt::Instant(now())), "2");
    assert_eq!(won(instant("2020-01-02T00:00:00Z")), "2", "the end of today");
}

#[test]
fn ranges_are_half_open_and_either_end_may_be_left_out() {
    let fixture = Fixture::new(&[
        Deal::won("2017-03-01", 1),
        Deal::won("2017-04-01", 1),
        Deal::won("2017-05-01", 1),
    ]);
    let row = |from: Option<&str>, to: Option<&str>| {
        let read = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let row = rows(
            &fixture,
            &Ask {
                from: read(from),
                to: read(to),
                ..asked(&["deals_won"])
            },
        )
        .remove(0);
        let shown = |when: Option<When>| when.map_or("-".to_owned(), |when| when.to_string());
        format!("{} {} {}", shown(row.start), shown(row.end), text(&row))
    };
    assert_eq!(
        row(Some("2017-03-01"), Some("2017-05-01")),
        "2017-03-01 2017-05-01 2"
    );
    assert_eq!(row(None, Some("2017-04-01")), "- 2017-04-01 1");
    assert_eq!(row(Some("2017-03-02"), None), "2017-03-02 - 2");
    assert_eq!(row(None, None), "- - 3");
    // An instant that is the start of a day is shown as the day.
    assert_eq!(
        row(Some("2017-03-01T00:00:00Z"), Some("2017-03-01T00:00:00.5Z")),
        "2017-03-01 2017-03-01T00:00:00.5Z 1"
    );
}

#[test]
fn stocks_stand_at_the_period_end_or_as_of_whichever_is_first() {
    let fixture = Fixture::new(&[
        Deal {
            created: "2017-01-10",
            ..Deal::won("2017-03-01", 100)
        },
        Deal {
            created: "2017-02-01",
            amount: Some(300),
            ..Deal::OPEN
        },
    ]);
    let monthly = cut(ranged("open_deals", "2017-01-01", "2017-05-01"), Grain::Month);
    let values = |ask: &Ask| rows(&fixture, ask).iter().map(text).collect::<Vec<_>>();
    // A deal that closes at an instant is open up to it: open at the end of February, closed on 1 March.
    assert_eq!(values(&monthly), ["1", "2", "1", "1"]);
    assert_eq!(values(&as_of(monthly, "2017-01-31")), ["1", "1", "1", "1"]);
    assert_eq!(values(&as_of(asked(&["pipeline_value"]), "2017-02-01")), ["4"]);
    let row = &rows(&fixture, &as_of(asked(&["open_deals"]), "2017-02-01"))[0];
    assert_eq!((row.start, row.end), (None, None));
    assert_eq!(
        values(&as_of(
            ranged("open_deals", "2017-01-01", "2017-01-05"),
            "2017-02-01"
        )),
        ["0"]
    );
}

#[test]
fn a_grain_cuts_the_range_and_clips_its_edges() {
    let fixture = Fixture::new(&[Deal::won("2017-03-15", 1)]);
    let bounds = |grain, from: &str, to: &str| {
        let rows = rows(&fixture, &cut(ranged("deals_won", from, to), grain));
        let mut bounds: Vec<String> = rows.iter().map(|row| row.start.unwrap().to_string()).collect();
        bounds.push(rows.last().unwrap().end.unwrap().to_string());
        bounds.join(" ")
    };
    assert_eq!(
        bounds(Grain::Month, "2017-01-15", "2017-03-10"),
        "2017-01-15 2017-02-01 2017-03-01 2017-03-10"
    );
    assert_eq!(
        bounds(Grain::Week, "2017-03-01", "2017-03-14"),
        "2017-03-01 2017-03-06 2017-03-13 2017-03-14"
    );
    assert_eq!(
        bounds(Grain::Year, "2016-12-31", "2017-01-02"),
        "2016-12-31 2017-01-01 2017-01-02"
    );
    assert_eq!(
        bounds(Grain::Day, "2017-01-01T18:00:00Z", "2017-01-02T06:00:00Z"),
        "2017-01-01T18:00:00Z 2017-01-02 2017-01-02T06:00:00Z"
    );
    // Without `to` the range ends at as-of.
    let open = cut(
        Ask {
            from: Some("2017-03-01".parse().unwrap()),
            ..asked(&["deals_won"])
        },
        Grain::Month,
    );
    assert_eq!(rows(&fixture, &as_of(open, "2017-04-10")).len(), 2);
}

#[test]
fn ranges_that_cannot_be_are_refused() {
    let fixture = Fixture::new(&[]);
    let reason = |ask: &Ask| {
        let error = refused(&fixture, ask);
        (error.code, error.reason, error.message)
    };
    let inverted = reason(&ranged("win_rate", "2018-01-01", "2017-01-01"));
    assert_eq!(
        (inverted.0, inverted.1),
        (ErrorCode::InvalidArgument, ErrorReason::InvalidRange)
    );
    assert!(inverted.2.contains("from 2018-01-01 to 2017-01-01"));
    assert_eq!(
        reason(&ranged("win_rate", "2017-01-01", "2017-01-01")).1,
        ErrorReason::InvalidRange
    );
    let unbounded = reason(&cut(asked(&["win_rate"]), Grain::Month));
    assert!(unbounded.1 == ErrorReason::InvalidRange && unbounded.2.contains("range"));
    let absurd = reason(&cut(ranged("win_rate", "0001-01-01", "9999-01-01"), Grain::Day));
    assert!(
        absurd.1 == ErrorReason::InvalidRange && absurd.2.contains("3651694 periods"),
        "{}",
        absurd.2
    );
}

#[test]
fn days_are_those_of_the_zone_and_dates_are_the_same_in_every_zone() {
    let deals = [
        Deal::won("2017-03-01", 1),
        Deal::won("2017-03-12", 1),
        // Still 31 March in New York.
        Deal::won("2017-04-01T03:00:00Z", 1),
    ];
    let monthly = cut(ranged("deals_won", "2017-02-01", "2017-05-01"), Grain::Month);
    let values = |fixture: &Fixture| rows(fixture, &monthly).iter().map(text).collect::<Vec<_>>();
    assert_eq!(values(&Fixture::new(&deals)), ["0", "2", "1"]);
    let settings = Settings {
        zone: Zone::named("America/New_York").unwrap(),
        ..Settings::default()
    };
    let fixture = Fixture::in_zone(&deals, settings);
    assert_eq!(values(&fixture), ["0", "3", "0"]);
    // The day of 23 hours is a day like any other.
    let daily = cut(ranged("deals_won", "2017-03-11", "2017-03-14"), Grain::Day);
    assert_eq!(
        rows(&fixture, &daily).iter().map(text).collect::<Vec<_>>(),
        ["0", "1", "0"]
    );
    assert_eq!(
        value(&fixture, &as_of(asked(&["deals_won"]), "2017-03-31")).0,
        "3"
    );
}

/// Bookings: 100 in January, 200 on 10 February, 300 on 20 February, 400 on 5 March, 500 on 25 March.
fn growing() -> Fixture {
    Fixture::new(&[
        Deal::won("2017-01-05", 100),
        Deal::won("2017-02-10", 200),
        Deal::won("2017-02-20", 300),
        Deal::won("2017-03-05", 400),
        Deal::won("2017-03-25", 500),
    ])
}

#[test]
fn growth_is_against_the_whole_previous_period_of_the_same_index() {
    let fixture = growing();
    let growth = |ask: &Ask| rows(&fixture, ask).iter().map(text).collect::<Vec<_>>();
    let monthly = |from, to| cut(ranged("revenue_growth_rate", from, to), Grain::Month);
    assert_eq!(
        growth(&monthly("2017-01-01", "2017-05-01")),
        ["no_base", "4", "0.8", "-1"]
    );
    // The range clips the present period, never the previous one.
    assert_eq!(growth(&monthly("2017-03-10", "2017-04-01")), ["0"]);
    // Without a grain: whole months against as many months, else days against days.
    assert_eq!(
        growth(&ranged("revenue_growth_rate", "2017-03-01", "2017-04-01")),
        ["0.8"]
    );
    assert_eq!(
        growth(&ranged("revenue_growth_rate", "2017-02-01", "2017-04-01")),
        ["13"]
    );
    assert_eq!(
        growth(&ranged("revenue_growth_rate", "2017-03-01", "2017-03-11")),
        ["0.333333333333333333"]
    );
    assert_eq!(growth(&asked(&["revenue_growth_rate"])), ["no_base"]);
    let hours = ranged(
        "revenue_growth_rate",
        "2017-03-05T00:00:00Z",
        "2017-03-18T12:00:00Z",
    );
    assert_eq!(growth(&hours), ["0.333333333333333333"]);
}

#[test]
fn a_running_period_is_compared_with_the_same_elapsed_part() {
    let fixture = growing();
    let growth = |when: &str| {
        let ask = as_of(
            cut(
                ranged("revenue_growth_rate", "2017-03-01", "2017-05-01"),
                Grain::Month,
            ),
            when,
        );
        rows(&fixture, &ask).iter().map(text).collect::<Vec<_>>()
    };
    // Up to 9 March: February up to the 9th had nothing; up to the 10th it had 200; from the 28th on all of it.
    assert_eq!(growth("2017-03-09"), ["no_base", "no_base"]);
    assert_eq!(growth("2017-03-10"), ["1", "no_base"]);
    assert_eq!(growth("2017-03-20"), ["-0.2", "no_base"]);
    assert_eq!(growth("2017-03-30"), ["0.8", "no_base"]);
    assert_eq!(growth("2017-03-31"), ["0.8", "no_base"]);
    // Within a day, the same time of the day.
    assert_eq!(growth("2017-03-10T00:00:00Z")[0], "no_base");
    assert_eq!(growth("2017-03-10T00:00:01Z")[0], "1");
    let whole = as_of(
        ranged("revenue_growth_rate", "2017-03-01", "2017-04-01"),
        "2017-03-10",
    );
    assert_eq!(value(&fixture, &whole), ("1".to_owned(), 1));
}

/// A company with one deal won on the Monday of every week from 2018 to 2021, whose fiscal year is the year of ISO weeks:
/// that of 2020 has 53.
fn weekly(pattern: CalendarPattern) -> Fixture {
    let mondays = (0..209).map(|week| CivilDate::from_days(17_532 + 7 * week).to_string());
    let won = |day: String| Deal::won(day.leak(), 100);
    let settings = Settings {
        fiscal: FiscalCalendar::new(1, pattern).unwrap(),
        ..Settings::default()
    };
    Fixture::in_zone(&mondays.map(won).collect::<Vec<_>>(), settings)
}

#[test]
fn fiscal_months_hold_their_weeks_and_the_53rd_goes_to_the_last() {
    for (pattern, weeks) in [
        (CalendarPattern::FourFourFive, [4, 4, 5]),
        (CalendarPattern::FourFiveFour, [4, 5, 4]),
        (CalendarPattern::FiveFourFour, [5, 4, 4]),
    ] {
        let fixture = weekly(pattern);
        // The fiscal year of 2020 is from 2019-12-30 to 2021-01-03.
        let ask = as_of(ranged("deals_won", "2019-12-30", "2021-01-04"), "2021-12-31");
        let found = |grain| -> Vec<u64> {
            rows(&fixture, &cut(ask.clone(), grain))
                .iter()
                .map(|row| row.n)
                .collect()
        };
        let mut months: Vec<u64> = weeks.repeat(4);
        months[11] += 1;
        assert_eq!(found(Grain::FiscalMonth), months, "{pattern:?}");
        assert_eq!(found(Grain::FiscalQuarter), [13, 13, 13, 14]);
        assert_eq!(found(Grain::FiscalYear), [53]);
    }
}

#[test]
fn fiscal_periods_are_compared_by_index_and_by_the_elapsed_part() {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    for pattern in [
        CalendarPattern::FourFourFive,
        CalendarPattern::FourFiveFour,
        CalendarPattern::FiveFourFour,
    ] {
        let fixture = weekly(pattern);
        let beside = |from: &str, to: &str, day: &str, grain: Option<Grain>, base: Base| {
            let ask = Ask {
                grain,
                ..as_of(ranged("deals_won", from, to), day)
            };
            let both = answer_both(&fixture, &CATALOGUE, &ask, &base, now(), 1).unwrap();
            let pair = |pair: &Pair| (pair.now.n, pair.base.as_ref().map(|base| base.n));
            both.pairs.iter().map(pair).collect::<Vec<_>>()
        };
        let (quarter, year) = (Some(Grain::FiscalQuarter), Some(Grain::FiscalYear));
        let late = "2021-12-31";
        // The last quarter of 2020 has 14 weeks: beside the third, and beside the last of 2019.
        let last = ("2020-09-28", "2021-01-04");
        assert_eq!(
            beside(last.0, last.1, late, quarter, Base::Previous),
            [(14, Some(13))]
        );
        assert_eq!(
            beside(last.0, last.1, late, quarter, Base::LastYear),
            [(14, Some(13))]
        );
        assert_eq!(
            beside(last.0, last.1, late, None, Base::LastYear),
            [(14, Some(13))],
            "whole months without a grain"
        );
        assert_eq!(
            beside("2019-12-30", "2021-01-04", late, year, Base::LastYear),
            [(53, Some(52))]
        );
        // The first of 2021 stands beside that of 2020, and, after six of its weeks, beside six of the 14 before.
        let first = ("2021-01-04", "2021-04-05");
        assert_eq!(
            beside(first.0, first.1, late, quarter, Base::LastYear),
            [(13, Some(13))]
        );
        let sixth = "2021-02-14";
        assert_eq!(
            beside(first.0, first.1, sixth, quarter, Base::Previous),
            [(6, Some(6))]
        );
        assert_eq!(
            beside(first.0, first.1, sixth, quarter, Base::LastYear),
            [(6, Some(6))]
        );
        // To date: the 53rd week of 2020 has nothing beside it in 2019.
        let (all, to_date) = (("2019-12-30", "2021-01-04"), "2020-12-30");
        assert_eq!(
            beside(all.0, all.1, to_date, year, Base::LastYear),
            [(53, Some(52))]
        );
        assert_eq!(
            beside(all.0, all.1, "2020-06-28", year, Base::LastYear),
            [(26, Some(26))]
        );
        // Week 53 has none a year before.
        assert_eq!(
            beside(
                "2020-12-28",
                "2021-01-04",
                late,
                Some(Grain::Week),
                Base::LastYear
            ),
            [(1, None)]
        );
    }
}
