//! Weighted sums and means, rates of a measure's own, working days, and what had happened by as-of.

use bellwether_domain::exact::Exact;
use bellwether_domain::{CivilDate, settings::Settings};

use super::*;
use crate::scan::fixture::Deal;
use crate::table::{Column, Table};

const SCORE: &str = "
    unit: points
    formula: score
    items: { what: samples, measure: score }
    absent_reason: no_base
    measures:
      - { name: score, table: samples, class: flow, aggregate: weighted_mean, expression: value, weight: weight, filter: \"metric = 'nps'\" }
";

fn sample(fixture: &mut Fixture, at: &str, (metric, channel): (&str, &str), value: &str, weight: &str) {
    let told = [
        (Column::Metric, metric),
        (Column::Channel, channel),
        (Column::Value, value),
        (Column::Weight, weight),
    ];
    fixture.row(Table::Samples, (at, ""), &told);
}

#[test]
fn a_mean_of_samples_weighs_each_by_its_weight() {
    let mut fixture = Fixture::new(&[]);
    sample(&mut fixture, "2017-02-01", ("nps", "web"), "50000000", "3000000");
    sample(&mut fixture, "2017-02-02", ("nps", "web"), "-10500000", "1000000");
    sample(&mut fixture, "2017-03-01", ("nps", "phone"), "20000000", "500000");
    sample(
        &mut fixture,
        "2017-03-01",
        ("tickets", "phone"),
        "99000000",
        "1000000",
    );
    sample(&mut fixture, "2017-04-01", ("nps", "phone"), "", "1000000");
    // (150 - 10.5 + 10) / 4.5
    assert_eq!(told(&fixture, SCORE, &spring()), ["33.2222222222222222 3"]);
    assert_eq!(
        told(&fixture, SCORE, &by(spring(), &["channel"])),
        ["phone 20 1", "web 34.875 2"]
    );
    assert_eq!(
        told(&fixture, SCORE, &ranged("tested", "2017-04-01", "2017-05-01")),
        ["no_amounts 0"]
    );
    assert_eq!(
        told(&fixture.reversed(), SCORE, &cut(spring(), Grain::Month)),
        ["no_base 0", "34.875 2", "20 1", "no_amounts 0", "no_base 0"]
    );
}

const WEIGHTED: &str = "
    unit: money
    currency: spot
    formula: weighted
    items: { what: open deals, measure: weighted }
    measures:
      - { name: weighted, table: open_deals, class: stock, aggregate: sum, expression: amount, weight: probability }
";

fn open(fixture: &mut Fixture, amount: &str, currency: &str, probability: &str) {
    let told = [
        (Column::Amount, amount),
        (Column::Currency, currency),
        (Column::Probability, probability),
    ];
    fixture.row(Table::OpenDeals, ("2017-01-01", ""), &told);
}

#[test]
fn a_weighted_sum_is_exact_and_rounded_once() {
    let mut fixture = Fixture::new(&[]);
    for _ in 0..3 {
        open(&mut fixture, "101", "USD", "333333");
    }
    // 3 x 1.01 x 0.333333 = 1.00999...
    assert_eq!(told(&fixture, WEIGHTED, &spring()), ["1.01 3"]);
    open(&mut fixture, "1000", "EUR", "500000");
    let day = "2017-05-31".parse::<CivilDate>().unwrap().days();
    fixture.rates = vec![("EUR", day, None, "1.1".parse().unwrap())];
    let ask = as_of(spring(), "2017-05-31");
    // And 5.00 x 1.1.
    assert_eq!(told(&fixture, WEIGHTED, &ask), ["6.51 4"]);
    // A deal without a chance has no weight, as one without an amount has none.
    open(&mut fixture, "1000", "USD", "");
    assert_eq!(told(&fixture, WEIGHTED, &ask), ["6.51 4"]);
    let refused = tried_with(
        &fixture,
        &WEIGHTED.replace("weight: probability", "weight: amount"),
        &ask,
    );
    assert!(refused.unwrap_err().message.contains("money is no weight"));
    let refused = tried_with(
        &fixture,
        &WEIGHTED.replace("aggregate: sum", "aggregate: mean"),
        &ask,
    );
    assert!(refused.unwrap_err().message.contains("weighted means"));
}

const EXCHANGE: &str = "
    unit: money
    currency: spot
    formula: then_now - then
    items: { what: subscriptions, measure: then }
    measures:
      - { name: then, table: subscriptions, class: stock, aggregate: sum, expression: amount, at: start, currency: start }
      - { name: then_now, table: subscriptions, class: stock, aggregate: sum, expression: amount, at: start, currency: end }
";

#[test]
fn what_rates_did_between_start_and_end_is_a_part_of_its_own() {
    let mut fixture = Fixture::new(&[]);
    let told_of = [(Column::Amount, "10000"), (Column::Currency, "EUR")];
    fixture.row(Table::Subscriptions, ("2016-01-01", ""), &told_of);
    let rate = |day: &str, rate: &str| -> (&'static str, i32, Option<&'static str>, Exact) {
        let day = day.parse::<CivilDate>().unwrap().days();
        ("EUR", day, None, rate.parse().unwrap())
    };
    fixture.rates = vec![
        rate("2016-12-31", "1.0"),
        rate("2017-01-31", "1.25"),
        rate("2017-02-28", "1.2"),
    ];
    let months = cut(ranged("tested", "2017-01-01", "2017-03-01"), Grain::Month);
    // The rates are those of 31 December, 31 January and 28 February.
    assert_eq!(told(&fixture, EXCHANGE, &months), ["25 1", "-5 1"]);
    assert_eq!(
        told(&fixture, EXCHANGE, &ranged("tested", "2017-01-01", "2017-03-01")),
        ["20 1"]
    );
    let of_all = EXCHANGE.replace("currency: spot\n", "currency: start\n");
    let refused = tried_with(&fixture, &of_all, &months).unwrap_err();
    assert!(
        refused.message.contains("policies of a measure"),
        "{}",
        refused.message
    );
}

const WORKED: &str = "
    unit: count
    formula: days
    items: { what: reps, measure: days }
    measures:
      - { name: days, table: employment, class: stock, at: during, aggregate: working_days }
";

#[test]
fn working_days_are_counted_up_to_as_of() {
    let settings = Settings {
        holidays: vec!["2017-01-02".parse().unwrap()],
        ..Settings::default()
    };
    let mut fixture = Fixture::in_zone(&[], settings);
    let mut employ = |owner, from, to| {
        fixture.row(Table::Employment, (from, to), &[(Column::Owner, owner)]);
    };
    employ("Ann", "2016-01-01", "");
    employ("Bob", "2017-01-16", "2017-01-18");
    employ("Cleo", "2017-02-01", "");
    let january = ranged("tested", "2017-01-01", "2017-02-01");
    // 22 weekdays, the 2nd is a holiday; and two days of Bob's.
    assert_eq!(told(&fixture, WORKED, &january), ["23 2"]);
    assert_eq!(
        told(&fixture, WORKED, &by(january.clone(), &["owner"])),
        ["Ann 21 1", "Bob 2 1"]
    );
    assert_eq!(
        told(&fixture, WORKED, &as_of(january, "2017-01-16")),
        ["11 2"],
        "Ann's 3rd to 16th and Bob's 16th"
    );
}

/// Of the deals created in a period, those won by as-of.
const COHORT: &str = "
    unit: ratio
    formula: won / created
    items: { what: deals created, measure: created }
    absent_reason: no_base
    measures:
      - { name: created, table: created_deals, class: flow, aggregate: count }
      - { name: won, table: created_deals, class: flow, aggregate: count, due: { column: won_at, before: as_of } }
";

#[test]
fn a_win_counts_for_its_cohort_from_its_day_until_it_is_taken_back() {
    let fixture = Fixture::new(&[
        Deal::won("2017-03-01", 100),
        Deal {
            reopened: Some("2017-07-01"),
            ..Deal::won("2017-05-01", 100)
        },
        Deal::lost("2017-02-01", ""),
        Deal::OPEN,
    ]);
    let january = ranged("tested", "2017-01-01", "2017-02-01");
    let at = |day| told(&fixture, COHORT, &as_of(january.clone(), day));
    assert_eq!(at("2017-02-28"), ["0 4"]);
    assert_eq!(at("2017-03-01"), ["0.25 4"]);
    assert_eq!(at("2017-06-30"), ["0.5 4"]);
    assert_eq!(at("2017-07-01"), ["0.25 4"], "reopened (R3)");
}
