//! Targets beside facts made by hand.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::*;
use crate::query::{Ask, Row};
use crate::scan::fixture::{Deal, Fixture};

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    &CATALOGUE
}

/// 100 USD are won on the 10th and on the 20th of every month, from January 2016 to the given days.
fn steady(more: &[Deal]) -> Fixture {
    let mut deals = more.to_vec();
    for year in [2016, 2017] {
        for month in 1..=12 {
            if (year, month) >= (2017, 6) {
                break;
            }
            for day in [10, 20] {
                let text = format!("{year}-{month:02}-{day}");
                deals.push(Deal::won(text.leak(), 10_000));
            }
        }
    }
    Fixture::new(&deals)
}

fn aim(kpi: &str, period: &str, value: &str, shape: TargetShape) -> Aim {
    Aim {
        id: "t".to_owned(),
        kpi: kpi.to_owned(),
        holder: BTreeMap::new(),
        period: days(period),
        value: exact(value),
        shape,
        thresholds: Thresholds::default(),
        owner: String::new(),
    }
}

fn desk<'a>(fixture: &'a Fixture, as_of: &str) -> Desk<'a> {
    let common = Ask {
        as_of: Some(as_of.parse().unwrap()),
        ..Ask::default()
    };
    let now = "2020-01-01T00:00:00Z".parse().unwrap();
    Desk::new(fixture, catalogue(), common, now, 1).unwrap()
}

fn standing(fixture: &Fixture, aim: &Aim, as_of: &str) -> (Row, Standing) {
    let desk = desk(fixture, as_of);
    let filters = Filters::new();
    let answer = desk
        .answer(&desk.question(&[&aim.kpi], aim.period, None, &filters))
        .unwrap();
    let row = answer.rows[0].clone();
    let found = pursue(&desk, aim, &filters, &row).unwrap();
    (row, found)
}

#[test]
fn exactly_on_plan_is_on_track_when_every_month_went_so() {
    let fixture = steady(&[Deal::won("2017-06-10", 10_000)]);
    let june = aim("bookings", "2017-06-01 2017-07-01", "200", TargetShape::Linear);
    let (row, found) = standing(&fixture, &june, "2017-06-15");
    assert_eq!(row.value.unwrap(), "100");
    let outlook = found.outlook.unwrap();
    assert_eq!((outlook.attainment, outlook.pace), (exact("0.5"), exact("0")));
    // In each of the eight months before 100 came in its second half.
    assert_eq!(outlook.method, Method::Past(8));
    assert_eq!(outlook.likely, Some(Bounds::point(&exact("200"))));
    assert_eq!(found.verdict.status, Some(Status::OnTrack));
    assert_eq!(found.verdict.reason, Reason::Range);
}

#[test]
fn a_month_without_a_win_is_off_only_once_others_had_some() {
    let fixture = steady(&[]);
    let june = aim("bookings", "2017-06-01 2017-07-01", "200", TargetShape::Linear);
    // Other months, too, had nothing by the 5th, and 200 after it.
    let (_, early) = standing(&fixture, &june, "2017-06-05");
    assert_eq!(early.verdict.status, Some(Status::OnTrack));
    let (_, late) = standing(&fixture, &june, "2017-06-29");
    assert_eq!(late.verdict.status, Some(Status::Off));
    let (_, over) = standing(&fixture, &june, "2017-06-30");
    assert_eq!(
        over.verdict,
        Verdict {
            status: Some(Status::Off),
            reason: Reason::Final
        }
    );
    assert_eq!(over.outlook.unwrap().projection, Some(exact("0")));
}

#[test]
fn a_season_is_learned_from_the_year_before() {
    let fixture = steady(&[Deal::won("2017-06-10", 10_000)]);
    let june = aim("bookings", "2017-06-01 2017-07-01", "200", TargetShape::Seasonal);
    let (_, found) = standing(&fixture, &june, "2017-06-12");
    let expected = found.expected.unwrap();
    assert_eq!(
        (expected.share, expected.by),
        (exact("0.5"), Followed::Seasons(1))
    );
}

#[test]
fn the_first_month_has_nothing_to_learn_from() {
    let fixture = Fixture::new(&[Deal::won("2017-06-10", 10_000)]);
    let june = aim("bookings", "2017-06-01 2017-07-01", "200", TargetShape::Seasonal);
    let (_, found) = standing(&fixture, &june, "2017-06-15");
    assert_eq!(found.expected.unwrap().by, Followed::DaysForLackOfYears);
    assert_eq!(found.outlook.unwrap().method, Method::ShareOnly);
    assert_eq!(
        found.verdict,
        Verdict {
            status: Some(Status::TooEarly),
            reason: Reason::NoRange
        }
    );
}

#[test]
fn before_its_period_and_without_a_value_nothing_is_judged() {
    let fixture = steady(&[]);
    let july = aim("bookings", "2017-07-01 2017-08-01", "200", TargetShape::Linear);
    let (_, found) = standing(&fixture, &july, "2017-06-15");
    assert_eq!(
        found.verdict,
        Verdict {
            status: None,
            reason: Reason::NotBegun
        }
    );
    let rate = aim("win_rate", "2017-06-01 2017-07-01", "0.3", TargetShape::Linear);
    let (_, found) = standing(&fixture, &rate, "2017-06-15");
    assert_eq!(
        found.verdict,
        Verdict {
            status: None,
            reason: Reason::NoValue
        }
    );
}

#[test]
fn a_rate_is_judged_by_its_interval() {
    let mut deals = Vec::new();
    for _ in 0..30 {
        deals.push(Deal::won("2017-06-05", 10_000));
        deals.push(Deal::lost("2017-06-06", "price"));
    }
    let fixture = Fixture::new(&deals);
    let at = |value: &str| {
        let rate = aim("win_rate", "2017-04-01 2017-07-01", value, TargetShape::Linear);
        let (_, found) = standing(&fixture, &rate, "2017-06-15");
        assert!(found.expected.is_none());
        found.verdict.status
    };
    // 30 of 60: Wilson's interval is 37.7 to 62.3 %.
    assert_eq!(at("0.4"), Some(Status::OnTrack));
    assert_eq!(at("0.5"), Some(Status::TooEarly));
    assert_eq!(at("0.75"), Some(Status::AtRisk));
    assert_eq!(at("0.9"), Some(Status::Off));
}

#[test]
fn what_grows_but_does_not_add_up_is_asked_about_as_of_then() {
    let catalogue = catalogue();
    assert_eq!(growth(catalogue.kpi("bookings_per_rep").unwrap()), Growth::Grows);
    let fixture = steady(&[Deal::won("2017-06-10", 10_000)]);
    let june = aim(
        "bookings_per_rep",
        "2017-06-01 2017-07-01",
        "200",
        TargetShape::Linear,
    );
    // The fixture employs nobody: there is no value, and no made-up one.
    let (_, found) = standing(&fixture, &june, "2017-06-15");
    assert_eq!(found.verdict.reason, Reason::NoValue);
}

#[test]
fn a_month_of_a_target_of_the_year_gets_its_part() {
    let fixture = steady(&[]);
    let desk = desk(&fixture, "2017-06-15");
    let part = |shape: TargetShape, kpi: &str, value: &str| {
        let year = aim(kpi, "2017-01-01 2018-01-01", value, shape);
        let part = part_of(&desk, &year, days("2017-06-01 2017-07-01"), &Filters::new()).unwrap();
        (part.value.to_decimal_string(), part.period.days())
    };
    assert_eq!(part(TargetShape::Linear, "bookings", "3650"), ("300".into(), 30));
    // Twelve equal parts of the year, of which June covers most of the fifth and the sixth.
    let weights = TargetShape::Weights(vec![1; 12]);
    assert_eq!(part(weights, "bookings", "3650"), ("300".into(), 30));
    // A rate of the year is that of each month.
    assert_eq!(part(TargetShape::Linear, "win_rate", "0.3"), ("0.3".into(), 30));
}
