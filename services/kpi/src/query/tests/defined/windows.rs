//! Rolling windows, and second instants that must lie so to the period.

use proptest::prelude::*;

use super::*;
use crate::scan::fixture::{Deal, Fixture};
use crate::table::{Column, Table};

const ROLLING: &str = "
    unit: count
    formula: won
    items: { what: deals won, measure: won }
    measures:
      - { name: won, table: closings, class: flow, aggregate: count, window: { rolling: 2 months } }
";

#[test]
fn a_rolling_window_ends_where_the_period_does() {
    let days = [
        "2016-12-31",
        "2017-01-01",
        "2017-01-31",
        "2017-02-28",
        "2017-03-31",
        "2017-05-31",
    ];
    let fixture = Fixture::new(&days.map(|day| Deal::won(day, 100)));
    let months = cut(spring(), Grain::Month);
    let starts = |lines: Vec<Row>| lines.iter().map(text).collect::<Vec<_>>();
    assert_eq!(
        starts(rows_with(&fixture, ROLLING, &months)),
        ["3", "3", "2", "1", "1"]
    );
    // While a period runs its window ends at as-of: from 15 January on.
    assert_eq!(told(&fixture, ROLLING, &as_of(spring(), "2017-03-14")), ["2 2"]);
    // Without a range it ends at as-of too.
    assert_eq!(
        told(&fixture, ROLLING, &as_of(asked(&["tested"]), "2017-02-28")),
        ["3 3"]
    );
}

#[test]
fn a_stock_stands_at_the_start_of_its_window_and_at_its_end() {
    let keys = |at: &str| {
        format!(
            "
    unit: count
    formula: open
    items: {{ what: deals open, measure: open }}
    measures:
      - {{ name: open, table: open_deals, class: stock, aggregate: count, {at} }}
"
        )
    };
    let created = |created, closed| Deal {
        created,
        closed,
        outcome: if closed.is_some() { "lost" } else { "" },
        ..Deal::OPEN
    };
    let fixture = Fixture::new(&[
        created("2017-01-10", None),
        created("2017-02-10", Some("2017-03-10")),
        created("2017-02-20", None),
    ]);
    let march = ranged("tested", "2017-03-01", "2017-04-01");
    let of = |at: &str| told(&fixture, &keys(at), &march)[0].clone();
    assert_eq!(
        ["at: start", "at: end", "at: period", "at: previous"].map(of),
        ["3 3", "2 2", "2 2", "3 3"]
    );
    assert_eq!(of("window: { rolling: 2 months }, at: start"), "1 1");
    assert_eq!(of("window: previous, at: start"), "1 1");
    // From the beginning there was nothing.
    assert_eq!(told(&fixture, &keys("at: start"), &asked(&["tested"])), ["0 0"]);
}

#[test]
fn a_second_instant_tells_what_is_due_and_what_was_pushed() {
    let keys = |due: &str| {
        format!(
            "
    unit: count
    formula: open
    items: {{ what: deals open, measure: open }}
    measures:
      - {{ name: open, table: open_deals, class: stock, aggregate: count, at: start, due: {{ column: expected_day, {due} }} }}
"
        )
    };
    let mut fixture = Fixture::new(&[]);
    for (index, expected) in ["2017-02-20", "2017-03-01", "2017-03-31", "2017-04-01", ""]
        .iter()
        .enumerate()
    {
        let deal = format!("deal {index}");
        fixture.row(
            Table::OpenDeals,
            ("2017-01-01", ""),
            &[(Column::Deal, &deal), (Column::ExpectedDay, expected)],
        );
    }
    let march = ranged("tested", "2017-03-01", "2017-04-01");
    let of = |due: &str| told(&fixture, &keys(due), &march)[0].clone();
    assert_eq!(of("from: start, before: end"), "2 2");
    assert_eq!(of("before: end"), "3 3");
    assert_eq!(of("before: end, missing: true"), "4 4");
    assert_eq!(of("from: end"), "1 1");
    // The edge is that of the whole period, also while it runs.
    let running = as_of(march.clone(), "2017-03-10");
    assert_eq!(
        told(&fixture, &keys("from: start, before: end"), &running),
        ["2 2"]
    );
}

/// The deals that were due in the period at its start and are expected after its end now, and those that are still open.
const PUSHED: &str = "
    unit: ratio
    formula: pushed / due
    items: { what: deals due, measure: due }
    measures:
      - name: due
        class: nested
        per: deal
        aggregate: count
        formula: due > 0
        none: no_base
        measures:
          - { name: due, table: open_deals, class: stock, aggregate: count, at: start, due: { column: expected_day, from: start, before: end } }
      - name: pushed
        class: nested
        per: deal
        aggregate: count
        formula: due > 0 and later > 0
        measures:
          - { name: due, table: open_deals, class: stock, aggregate: count, at: start, due: { column: expected_day, from: start, before: end } }
          - { name: later, table: open_deals, class: stock, aggregate: count, at: end, due: { column: expected_day, from: end } }
";

#[test]
fn a_push_is_seen_deal_by_deal() {
    let mut fixture = Fixture::new(&[]);
    let mut open = |deal, from, to, expected| {
        let told = [(Column::Deal, deal), (Column::ExpectedDay, expected)];
        fixture.row(Table::OpenDeals, (from, to), &told);
    };
    // Pushed; pushed and pulled in again; kept; closed; never due.
    open("a", "2017-01-01", "2017-03-10", "2017-03-20");
    open("a", "2017-03-10", "", "2017-05-01");
    open("b", "2017-01-01", "2017-03-10", "2017-03-20");
    open("b", "2017-03-10", "2017-03-20", "2017-05-01");
    open("b", "2017-03-20", "", "2017-03-30");
    open("c", "2017-01-01", "", "2017-03-31");
    open("d", "2017-01-01", "2017-03-15", "2017-03-15");
    open("e", "2017-01-01", "", "2017-05-01");
    let march = ranged("tested", "2017-03-01", "2017-04-01");
    assert_eq!(told(&fixture, PUSHED, &march), ["0.25 4"]);
    assert_eq!(told(&fixture, PUSHED, &as_of(march, "2017-03-12")), ["0.5 4"]);
}

/// Accounts that were won in the period and never before.
const NEW: &str = "
    unit: count
    formula: new
    items: { what: accounts won for the first time, measure: new }
    measures:
      - name: new
        class: nested
        per: account
        aggregate: count
        formula: now > 0 and before = 0
        measures:
          - { name: now, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
          - { name: before, window: before, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
";

#[test]
fn a_customer_is_new_once() {
    let won = |account, day| Deal {
        account,
        ..Deal::won(day, 100)
    };
    let fixture = Fixture::new(&[
        won("Acme", "2017-01-10"),
        won("Acme", "2017-02-10"),
        won("Bolt", "2017-02-01"),
        won("Bolt", "2017-02-20"),
        Deal {
            account: "Cog",
            ..Deal::lost("2017-01-10", "price")
        },
        won("Cog", "2017-03-01"),
        won("", "2017-03-01"),
    ]);
    let months = cut(ranged("tested", "2017-01-01", "2017-05-01"), Grain::Month);
    assert_eq!(told(&fixture, NEW, &months), ["1 1", "1 1", "1 1", "0 0"]);
    assert_eq!(
        told(&fixture, NEW, &ranged("tested", "2017-02-01", "2017-05-01")),
        ["2 2"]
    );
    assert_eq!(told(&fixture, NEW, &asked(&["tested"])), ["3 3"]);
}

/// Of the deals created in the period those that are won by as-of.
const COHORT: &str = "
    unit: ratio
    formula: won / created
    items: { what: deals created, measure: created }
    interval: { successes: won, trials: created }
    measures:
      - name: created
        class: nested
        per: deal
        aggregate: count
        formula: created > 0
        none: no_created_deals
        measures:
          - { name: created, table: created_deals, class: flow, aggregate: count }
      - name: won
        class: nested
        per: deal
        aggregate: count
        formula: created > 0 and won > 0
        measures:
          - { name: created, table: created_deals, class: flow, aggregate: count }
          - { name: won, window: ever, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
";

#[test]
fn a_cohort_is_followed_until_as_of() {
    let created = |created, outcome, closed| Deal {
        created,
        outcome,
        closed: (!outcome.is_empty()).then_some(closed),
        ..Deal::OPEN
    };
    let fixture = Fixture::new(&[
        created("2017-01-01", "won", "2017-03-01"),
        created("2017-01-10", "lost", "2017-02-01"),
        created("2017-01-20", "", ""),
        created("2017-02-01", "won", "2017-04-01"),
    ]);
    let months = cut(ranged("tested", "2017-01-01", "2017-04-01"), Grain::Month);
    let third = "0.333333333333333333 3";
    assert_eq!(
        told(&fixture, COHORT, &months),
        [third, "1 1", "no_created_deals 0"]
    );
    assert_eq!(
        told(&fixture, COHORT, &as_of(months, "2017-03-31")),
        [third, "0 1", "no_created_deals 0"]
    );
    let row = rows_with(&fixture, COHORT, &ranged("tested", "2017-01-01", "2017-02-01")).remove(0);
    assert_eq!(row.interval, bellwether_stats::wilson(1, 3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A window that rolls over the months is the months together.
    #[test]
    fn rolling_months_are_the_months(days in proptest::collection::vec((1..6_u8, 1..28_u8), 0..40)) {
        let names: Vec<String> = days.iter().map(|(month, day)| format!("2017-{month:02}-{day:02}")).collect();
        let deals: Vec<Deal> = names.iter().map(|day| Deal::won(day.clone().leak(), 1)).collect();
        let fixture = Fixture::new(&deals);
        let plain = ROLLING.replace(", window: { rolling: 2 months }", "");
        let count = |keys: &str| -> Vec<u64> {
            rows_with(&fixture, keys, &cut(spring(), Grain::Month)).iter().map(|row| row.n).collect()
        };
        let months = count(&plain);
        let rolling = count(ROLLING);
        for month in 0..months.len() {
            let before = month.checked_sub(1).map_or(0, |before| months[before]);
            prop_assert_eq!(rolling[month], months[month] + before);
        }
    }
}
