//! What holds during a period: quotas by the days that lie in it, and who was there at any time.

use bellwether_domain::CivilDate;
use bellwether_domain::exact::Exact;
use proptest::prelude::*;

use super::*;
use crate::scan::fixture::{Deal, Fixture};
use crate::table::{Column, Table};

const QUOTA: &str = "
    unit: money
    currency: booked
    formula: quota
    items: { what: quotas, measure: quota }
    absent_reason: no_quota
    measures:
      - { name: quota, table: quotas, class: stock, at: during, aggregate: spread, expression: amount }
";

fn day(text: &str) -> String {
    text.parse::<CivilDate>().unwrap().days().to_string()
}

/// Adds a quota of so many minor units over the days `span`, of which this version holds from and to.
fn add(
    fixture: &mut Fixture,
    owner: &str,
    held: (&str, &str),
    span: (&str, &str),
    amount: i64,
    currency: &str,
) {
    fixture.row(
        Table::Quotas,
        held,
        &[
            (Column::Owner, owner),
            (Column::Amount, &amount.to_string()),
            (Column::Currency, currency),
            (Column::StartDay, &day(span.0)),
            (Column::EndDay, &day(span.1)),
        ],
    );
}

const QUARTER: (&str, &str) = ("2017-01-01", "2017-04-01");

#[test]
fn a_quota_is_spread_over_its_days() {
    let mut fixture = Fixture::new(&[]);
    add(&mut fixture, "Ann", QUARTER, QUARTER, 9_000, "USD");
    add(&mut fixture, "Bob", QUARTER, QUARTER, 1_000, "USD");
    let of = |ask: Ask| told(&fixture, QUOTA, &ask);
    assert_eq!(of(spring()), ["100 2"]);
    assert_eq!(
        of(cut(
            by(ranged("tested", "2017-01-01", "2017-04-01"), &["owner"]),
            Grain::Month
        )),
        [
            "Ann 31 1",
            "Bob 3.44 1",
            "Ann 28 1",
            "Bob 3.11 1",
            "Ann 31 1",
            "Bob 3.44 1"
        ]
    );
    // The quota of a period that still runs, or is to come, is that of all of it.
    assert_eq!(of(as_of(spring(), "2017-01-10")), ["100 2"]);
    assert_eq!(of(ranged("tested", "2017-04-01", "2017-05-01")), ["no_quota 0"]);
    assert_eq!(of(ranged("tested", "2017-03-31", "2017-05-01")), ["1.11 2"]);
}

#[test]
fn a_later_version_counts_from_the_day_on_which_it_holds() {
    let mut fixture = Fixture::new(&[]);
    add(
        &mut fixture,
        "Ann",
        ("2017-01-01", "2017-02-01"),
        QUARTER,
        9_000,
        "USD",
    );
    add(
        &mut fixture,
        "Ann",
        ("2017-02-01", "2017-04-01"),
        QUARTER,
        18_000,
        "USD",
    );
    assert_eq!(told(&fixture, QUOTA, &spring()), ["149 2"]);
    assert_eq!(
        told(&fixture, QUOTA, &ranged("tested", "2017-02-01", "2017-03-01")),
        ["56 1"]
    );
}

#[test]
fn a_quota_in_another_currency_is_converted_before_it_is_rounded() {
    let mut fixture = Fixture::new(&[]);
    let days = QUARTER.0.parse::<CivilDate>().unwrap().days();
    fixture.rates = vec![("EUR", days, None, "1.5".parse().unwrap())];
    add(&mut fixture, "Ann", QUARTER, QUARTER, 1_000, "EUR");
    add(&mut fixture, "Ann", QUARTER, QUARTER, 1_000, "USD");
    // 10 x 1.5 x 31/90 + 10 x 31/90 = 8.6111
    assert_eq!(
        told(&fixture, QUOTA, &ranged("tested", "2017-01-01", "2017-02-01")),
        ["8.61 2"]
    );
}

/// The share of the reps with a quota who won as much.
const ATTAINING: &str = "
    unit: ratio
    currency: booked
    formula: attaining / measured
    items: { what: reps with a quota, measure: measured }
    interval: { successes: attaining, trials: measured }
    measures:
      - name: attaining
        class: nested
        per: owner
        aggregate: count
        formula: quota > 0 and won / quota >= 1
        measures:
          - { name: won, table: closings, class: flow, aggregate: sum, expression: amount, filter: \"outcome = 'won'\" }
          - { name: quota, table: quotas, class: stock, at: during, aggregate: spread, expression: amount }
      - name: measured
        class: nested
        per: owner
        aggregate: count
        formula: quota > 0
        none: no_quota
        measures:
          - { name: quota, table: quotas, class: stock, at: during, aggregate: spread, expression: amount }
";

#[test]
fn attainment_is_told_rep_by_rep() {
    let won = |owner, amount| Deal {
        owner,
        ..Deal::won("2017-02-01", amount)
    };
    let mut fixture = Fixture::new(&[won("Ann", 9_000), won("Bob", 999), won("Cy", 50_000), won("", 1)]);
    for (owner, amount) in [("Ann", 9_000), ("Bob", 1_000), ("Dee", 5)] {
        add(&mut fixture, owner, QUARTER, QUARTER, amount, "USD");
    }
    let quarter = ranged("tested", QUARTER.0, QUARTER.1);
    let rows = rows_with(&fixture, ATTAINING, &quarter);
    assert_eq!(
        (text(&rows[0]), rows[0].n),
        ("0.333333333333333333".to_owned(), 3)
    );
    assert_eq!(rows[0].interval, bellwether_stats::wilson(1, 3));
    assert_eq!(
        told(&fixture, ATTAINING, &ranged("tested", "2017-05-01", "2017-06-01")),
        ["no_quota 0"]
    );
}

#[test]
fn who_was_there_at_any_time_counts_once() {
    let keys = "
    unit: count
    formula: reps
    items: { what: reps, measure: reps }
    measures:
      - { name: reps, table: employment, class: stock, at: during, aggregate: distinct, expression: owner }
";
    let mut fixture = Fixture::new(&[]);
    for (owner, from, to) in [
        ("Ann", "2016-01-01", "2017-02-15"),
        ("Ann", "2017-02-15", ""),
        ("Bob", "2016-01-01", "2017-01-01"),
        ("Cy", "2016-01-01", "2017-01-02"),
        ("Dee", "2017-04-30", ""),
    ] {
        fixture.row(Table::Employment, (from, to), &[(Column::Owner, owner)]);
    }
    let months = cut(spring(), Grain::Month);
    let of = |ask: &Ask| {
        rows_with(&fixture, keys, ask)
            .iter()
            .map(text)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&months), ["2", "1", "1", "2", "2"]);
    assert_eq!(of(&spring()), ["3"]);
    assert_eq!(of(&as_of(spring(), "2017-03-01")), ["2"]);
}

#[test]
fn wrong_keys_are_told() {
    for (right, wrong, expected) in [
        ("at: during", "at: end", "measures.quota.at"),
        ("table: quotas", "table: open_deals", "measures.quota.aggregate"),
        (", expression: amount", "", "measures.quota.expression"),
        ("class: stock", "class: flow", "measures.quota.at"),
    ] {
        let error = tried_with(&Fixture::new(&[]), &QUOTA.replacen(right, wrong, 1), &spring()).unwrap_err();
        assert!(error.message.contains(expected), "{wrong}: {}", error.message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The months of a quota are the quota, whatever the version that holds; exactly, so here without money.
    #[test]
    fn parts_of_a_span_sum_to_it(
        quotas in proptest::collection::vec((0..3_usize, 1..60_i32, 1..150_i32, 0..1_000_i64), 1..12),
        grain in 0..5_usize,
    ) {
        let mut fixture = Fixture::new(&[]);
        let first = "2017-01-01".parse::<CivilDate>().unwrap();
        for (owner, start, length, count) in &quotas {
            let (from, to) = (first.plus_days(*start).to_string(), first.plus_days(start + length).to_string());
            let told = [
                (Column::Owner, ["Ann", "Bob", ""][*owner].to_owned()),
                (Column::Count, count.to_string()),
                (Column::StartDay, day(&from)),
                (Column::EndDay, day(&to)),
            ];
            let told: Vec<(Column, &str)> = told.iter().map(|(column, text)| (*column, text.as_str())).collect();
            fixture.row(Table::Quotas, (&from, &to), &told);
        }
        let keys = QUOTA.replace("expression: amount", "expression: count").replace("unit: money", "unit: count").replace("    currency: booked\n", "");
        let year = ranged("tested", "2017-01-01", "2018-01-01");
        let whole: i64 = quotas.iter().map(|quota| quota.3).sum();
        for ask in [cut(year.clone(), Grain::ALL[grain]), by(year.clone(), &["owner"]), year] {
            let rows = rows_with(&fixture, &keys, &ask);
            let sum: Exact = rows.iter().filter_map(|row| row.value.clone().ok()).map(|text| text.parse::<Exact>().unwrap()).sum();
            // Quotients are written with 18 digits.
            prop_assert!((sum - Exact::from(whole)).abs() < Exact::from_scaled(1, 9));
        }
    }
}
