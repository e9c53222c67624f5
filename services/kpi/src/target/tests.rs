//! Shapes, paces, ranges and statuses, worked out by hand; and what must hold of any of them.

mod facts;

use std::cell::Cell;

use bellwether_domain::exact::Exact;
use bellwether_domain::period::Period;
use bellwether_domain::record::TargetShape;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Instant, Result, Zone};
use proptest::prelude::*;

use super::*;
use crate::catalogue::{Catalogue, Direction};
use crate::formula::Growth;

fn exact(text: &str) -> Exact {
    text.parse().unwrap()
}

fn days(text: &str) -> Period {
    let (start, end) = text.split_once(' ').unwrap();
    Period::new(start.parse().unwrap(), end.parse().unwrap())
}

/// What a KPI had come to is told by a function of the period's year and the part of it that has passed.
struct Told<F>(F);

impl<F: Fn(Period, f64) -> Option<Exact>> Course for Told<F> {
    fn so_far(&self, period: Period, passed: &Exact) -> Result<Option<Exact>> {
        Ok((self.0)(period, passed.to_f64() / f64::from(period.days())))
    }
}

fn nothing() -> impl Course {
    Told(|_, _| None)
}

fn share(shape: &TargetShape, period: Period, passed: &str, course: &dyn Course) -> (String, Followed) {
    let settings = Settings::default();
    let found = expected(shape, period, &exact(passed), &Rules::new(&settings), course).unwrap();
    (found.share.to_decimal_string(), found.by)
}

#[test]
fn a_shape_says_how_much_is_expected_by_a_day() {
    let november = days("2026-11-01 2026-12-01");
    let none = nothing();
    assert_eq!(
        share(&TargetShape::Linear, november, "15", &none),
        ("0.5".into(), Followed::Days)
    );
    // November 2026 begins on a Sunday and has 21 working days, of which 10 are over by the 15th, a Sunday.
    let working = share(&TargetShape::BusinessDays, november, "15", &none);
    assert_eq!(
        working,
        (
            "0.476190476190476190".trim_end_matches('0').into(),
            Followed::WorkingTime
        )
    );
    // Four equal parts of 7.5 days: 10 + 20 of 100, and a third of the third part's 30.
    let weights = TargetShape::Weights(vec![10, 20, 30, 40]);
    assert_eq!(
        share(&weights, november, "17.5", &none),
        ("0.4".into(), Followed::Weights)
    );
}

#[test]
fn a_season_is_the_mean_of_the_years_before() {
    let quarter = days("2026-10-01 2027-01-01");
    // Halfway 2025 had come to 30 %, 2024 to 50 %; of 2023 nothing is known.
    let course = Told(|period: Period, part: f64| {
        let half = match period.start.to_string().get(..4) {
            Some("2025") => 30,
            Some("2024") => 50,
            _ => return None,
        };
        let sum = if part >= 1.0 {
            100
        } else if part >= 0.5 {
            half
        } else {
            0
        };
        Some(Exact::from(sum))
    });
    assert_eq!(
        share(&TargetShape::Seasonal, quarter, "46", &course),
        ("0.4".into(), Followed::Seasons(2))
    );
    assert_eq!(
        share(&TargetShape::Seasonal, quarter, "46", &nothing()),
        ("0.5".into(), Followed::DaysForLackOfYears)
    );
}

#[test]
fn days_of_23_and_25_hours_are_days() {
    let zone = Zone::named("America/New_York").unwrap();
    for (period, half) in [
        ("2026-03-08 2026-03-09", "2026-03-08T16:30:00Z"),
        ("2026-11-01 2026-11-02", "2026-11-01T16:30:00Z"),
    ] {
        let period = days(period);
        let at: Instant = half.parse().unwrap();
        assert_eq!(elapsed(period, at, &zone), exact("0.5"), "{half}");
        assert_eq!(instant_at(period, &exact("0.5"), &zone), at, "{half}");
    }
    let march = days("2026-03-01 2026-04-01");
    let at = |text: &str| elapsed(march, text.parse().unwrap(), &zone);
    assert_eq!(at("2026-03-09T04:00:00Z"), exact("8"), "the 8th has 23 hours");
    assert_eq!(at("2026-02-01T00:00:00Z"), exact("0"));
    assert_eq!(at("2026-05-01T00:00:00Z"), exact("31"));
}

/// Of 100 each, 60, 40 and 50 came in the second half: mean 50, s 10; t of 2 degrees of freedom is 4.30265273, times
/// 10 √(4/3).
#[test]
fn what_may_still_come_is_learned_from_the_past() {
    let settings = Settings::default();
    let course = Told(|period: Period, part: f64| {
        let half = match period.start.to_string().as_str() {
            "2026-07-01" => 40,
            "2026-04-01" => 60,
            "2026-01-01" | "2025-10-01" => 50,
            _ => return None,
        };
        Some(Exact::from(if part >= 1.0 { 100 } else { half }))
    });
    let found = rest(
        days("2026-10-01 2027-01-01"),
        &exact("46"),
        "2026-11-16T00:00:00Z".parse().unwrap(),
        &Rules::new(&settings),
        &course,
    )
    .unwrap()
    .unwrap();
    assert_eq!((found.periods, found.mean), (3, exact("50")));
    assert_eq!(found.range.low.unwrap().to_significant(9), "0.317245765");
    assert_eq!(found.range.high.unwrap().to_significant(9), "99.6827542");
}

fn facts<'a>(value: &'a Exact, target: &'a Exact, expected: &'a Exact) -> Facts<'a> {
    Facts {
        value,
        target,
        growth: Growth::Adds,
        direction: Direction::Up,
        expected,
        rest: None,
        interval: None,
        is_state: false,
        small_n: false,
        over: false,
    }
}

fn coming(mean: &str, low: &str, high: &str) -> Option<Rest> {
    Some(Rest {
        periods: 8,
        mean: exact(mean),
        range: range(low, high),
    })
}

#[test]
fn a_projection_is_the_value_and_what_came_in_the_rest_of_the_past() {
    let (value, target, half) = (exact("600"), exact("1000"), exact("0.5"));
    let found = outlook(&Facts {
        rest: coming("500", "400", "900"),
        ..facts(&value, &target, &half)
    });
    assert_eq!((found.attainment, found.pace), (exact("0.6"), exact("0.1")));
    assert_eq!(
        (found.projection, found.method),
        (Some(exact("1100")), Method::Past(8))
    );
    let likely = found.likely.unwrap();
    assert_eq!(
        (likely.low, likely.high),
        (Some(exact("1000")), Some(exact("1500")))
    );
    let judged = found.judged.unwrap();
    assert_eq!((judged.low, judged.high), (Some(exact("1")), Some(exact("1.5"))));
    // Of costs less is better: as far above as the other would be below.
    let costs = outlook(&Facts {
        direction: Direction::Down,
        rest: coming("500", "400", "900"),
        ..facts(&value, &target, &half)
    });
    let judged = costs.judged.unwrap();
    assert_eq!((judged.low, judged.high), (Some(exact("0.5")), Some(exact("1"))));
}

#[test]
fn without_a_past_only_an_interval_tells_a_range() {
    let (value, target, half) = (exact("600"), exact("1000"), exact("0.5"));
    assert_eq!(outlook(&facts(&value, &target, &half)).likely, None);
    let interval = bellwether_stats::Interval::between(&exact("500"), &exact("700"));
    let found = outlook(&Facts {
        interval: Some(&interval),
        ..facts(&value, &target, &half)
    });
    let likely = found.likely.unwrap();
    assert_eq!(
        (likely.low, likely.high),
        (Some(exact("1000")), Some(exact("1400")))
    );
    // A rate is not projected: it is judged by its interval.
    let rate = outlook(&Facts {
        growth: Growth::Stands,
        interval: Some(&interval),
        ..facts(&value, &target, &half)
    });
    assert_eq!((rate.projection, rate.pace), (Some(exact("600")), exact("-0.4")));
    assert_eq!(rate.likely.unwrap().high, Some(exact("700")));
}

fn range(low: &str, high: &str) -> Bounds {
    let end = |text: &str| (!text.is_empty()).then(|| exact(text));
    Bounds {
        low: end(low),
        high: end(high),
    }
}

#[test]
fn a_status_needs_all_of_the_range_on_one_side() {
    let rules = Thresholds::default();
    let status = |low, high| judge(&range(low, high), &rules, None);
    assert_eq!(status("0.9", "1.2"), Status::OnTrack);
    assert_eq!(status("0.89", "1.2"), Status::TooEarly);
    assert_eq!(status("0.5", "0.9"), Status::TooEarly);
    assert_eq!(status("0.5", "0.89"), Status::AtRisk);
    assert_eq!(status("0.5", "0.74"), Status::Off);
    assert_eq!(status("", ""), Status::TooEarly);
    assert_eq!(status("0.95", ""), Status::OnTrack);
}

#[test]
fn a_status_gets_better_only_when_it_has_recovered_enough() {
    let rules = Thresholds {
        hysteresis: exact("0.05"),
        ..Thresholds::default()
    };
    // Yesterday it was at risk; today it is just above the threshold, which is not enough.
    let asked = Cell::new(0);
    let past = ["0.92", "0.93", "0.85", "0.70"];
    let earlier = |back: usize| {
        asked.set(asked.get().max(back));
        Ok(past.get(back - 1).map(|end| range("0.1", end)))
    };
    let settled = settle(&range("0.1", "0.94"), &rules, earlier).unwrap();
    assert_eq!(
        (settled, asked.get()),
        ((Status::AtRisk, true), 3),
        "no further than it must"
    );
    // Where nothing was worse before, the same range says nothing.
    let calm = |back: usize| Ok((back == 1).then(|| range("0.1", "1.2")));
    let settled = settle(&range("0.1", "0.94"), &rules, calm).unwrap();
    assert_eq!(settled, (Status::TooEarly, false));
    // What is clear by itself is not asked about.
    let never = |_: usize| -> Result<Option<Bounds>> { panic!("nobody asks") };
    assert_eq!(
        settle(&range("0.1", "0.5"), &rules, never).unwrap().0,
        Status::Off
    );
    assert_eq!(
        settle(&range("1", "1.5"), &rules, never).unwrap().0,
        Status::OnTrack
    );
}

#[test]
fn what_kpis_are_made_of_says_how_they_grow() {
    let catalogue = Catalogue::built_in().unwrap();
    let of = |id: &str| growth(catalogue.kpi(id).unwrap());
    for id in ["bookings", "deals_won", "deals_created", "pipeline_created"] {
        assert_eq!(of(id), Growth::Adds, "{id}");
    }
    for id in ["quota_attainment", "bookings_per_rep", "activities_per_rep"] {
        assert_eq!(of(id), Growth::Grows, "{id}");
    }
    for id in [
        "win_rate",
        "average_deal_size",
        "sales_cycle_median",
        "pipeline_value",
        "open_deals",
    ] {
        assert_eq!(of(id), Growth::Stands, "{id}");
    }
    let state = |id: &str| is_state(catalogue.kpi(id).unwrap());
    assert!(state("pipeline_value") && state("open_deals"));
    assert!(!state("win_rate") && !state("bookings"));
}

fn shapes() -> impl Strategy<Value = TargetShape> {
    prop_oneof![
        Just(TargetShape::Linear),
        Just(TargetShape::BusinessDays),
        Just(TargetShape::Seasonal),
        proptest::collection::vec(0_u32..50, 1..20)
            .prop_filter("not all 0", |weights| weights.iter().any(|weight| *weight > 0))
            .prop_map(TargetShape::Weights),
    ]
}

fn periods() -> impl Strategy<Value = Period> {
    (17_000_i32..21_000, 1_i32..400).prop_map(|(start, length)| {
        let start = bellwether_domain::CivilDate::from_days(start);
        Period::new(start, start.plus_days(length))
    })
}

proptest! {
    #[test]
    fn a_shape_rises_from_nothing_to_all(shape in shapes(), period in periods(), parts in proptest::collection::vec(0_u32..=1000, 1..8)) {
        let settings = Settings { zone: Zone::named("Europe/Berlin").unwrap(), ..Settings::default() };
        let rules = Rules::new(&settings);
        // What came before rises and falls: money that is paid back.
        let course = Told(|period: Period, part: f64| {
            let wave = (part * 12.0).sin() * 0.2 * (1.0 - part);
            Some(Exact::from(((part + wave) * 1e6) as i64 + i64::from(period.days() > 5)))
        });
        let at = |thousandths: u32| {
            let passed = Exact::ratio(thousandths, 1000).unwrap() * Exact::from(period.days());
            expected(&shape, period, &passed, &rules, &course).unwrap().share
        };
        prop_assert_eq!(at(1000), Exact::one());
        let mut parts = parts;
        parts.sort_unstable();
        let shares: Vec<Exact> = parts.iter().map(|part| at(*part)).collect();
        let inside = |share: &Exact| !share.is_negative() && *share <= Exact::one();
        prop_assert!(shares.iter().all(inside));
        if !matches!(shape, TargetShape::Seasonal) {
            prop_assert_eq!(at(0), Exact::zero());
            prop_assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }

    #[test]
    fn exactly_on_plan_is_a_pace_of_0_and_ends_on_the_target(target in 1_u64..1_000_000, parts in 1_u32..1000) {
        let (target, share) = (Exact::from(target), Exact::ratio(parts, 1000).unwrap());
        let value = &target * &share;
        let found = outlook(&facts(&value, &target, &share));
        prop_assert!(found.pace.is_zero());
        prop_assert_eq!(found.projection, Some(target));
    }

    #[test]
    fn at_the_end_of_the_period_the_projection_is_the_value(value in 0_u64..1_000_000, target in 1_u64..1_000_000) {
        let (value, target, all) = (Exact::from(value), Exact::from(target), Exact::one());
        let open = outlook(&facts(&value, &target, &all));
        prop_assert_eq!(open.projection.as_ref(), Some(&value));
        let over = outlook(&Facts { over: true, ..facts(&value, &target, &all) });
        prop_assert_eq!(over.likely, Some(Bounds::point(&value)));
        prop_assert_eq!(over.projection, Some(value));
    }

    #[test]
    fn a_range_holds_its_projection(value in 0_u64..1_000_000, rests in proptest::collection::vec(0_u32..1000, 8)) {
        let settings = Settings::default();
        let rests = &rests;
        let course = Told(|period: Period, part: f64| {
            let back = (20_000 - period.start.days()).div_euclid(30);
            let rest = rests[usize::try_from(back).unwrap() % 8];
            Some(Exact::from(1_000 - if part < 1.0 { rest } else { 0 }))
        });
        let start = bellwether_domain::CivilDate::from_days(20_000);
        let (period, as_of) = (Period::new(start, start.plus_days(30)), Zone::utc().start_of_day(start.plus_days(10)));
        let rest = rest(period, &exact("10"), as_of, &Rules::new(&settings), &course).unwrap();
        prop_assert_eq!(rest.as_ref().map(|rest| rest.periods), Some(8));
        let (value, target, third) = (Exact::from(value), exact("500"), Exact::ratio(1, 3).unwrap());
        let found = outlook(&Facts { rest, ..facts(&value, &target, &third) });
        let (likely, projection) = (found.likely.unwrap(), found.projection.unwrap());
        prop_assert!(likely.low.is_some_and(|low| low <= projection && low >= value));
        prop_assert!(likely.high.is_some_and(|high| high >= projection));
    }

    #[test]
    fn time_passes_as_it_is_told(start in 17_000_i32..21_000, length in 1_i32..100, thousandths in 0_u32..=1000) {
        let zone = Zone::named("America/New_York").unwrap();
        let start = bellwether_domain::CivilDate::from_days(start);
        let period = Period::new(start, start.plus_days(length));
        let passed = Exact::ratio(thousandths, 1000).unwrap() * Exact::from(length);
        let at = instant_at(period, &passed, &zone);
        let again = elapsed(period, at, &zone);
        prop_assert!((again - passed).abs() < exact("0.000000001"));
    }
}
