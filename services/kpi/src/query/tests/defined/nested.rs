//! A formula for each entity, then an aggregate over the entities; two dates of one period.

use bellwether_domain::CivilDate;
use bellwether_domain::exact::Exact;

use super::*;
use crate::scan::fixture::Deal;

/// Purchases per buying account, and the share of them that bought twice or more.
pub(super) const PURCHASES: &str = "
    unit: count
    formula: bought
    items: { what: accounts that bought, measure: bought }
    absent_reason: no_won_deals
    measures:
      - name: bought
        class: nested
        per: account
        aggregate: mean
        formula: n
        measures:
          - { name: n, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
";

/// What of the open value at a period's start is still open at its end, account by account and never more than it was.
const KEPT: &str = "
    unit: ratio
    currency: spot
    formula: kept / base
    items: { what: accounts with open value at the start, measure: base }
    interval: { method: delta }
    measures:
      - &base
        name: base
        class: nested
        per: account
        aggregate: sum
        of: money
        where: start > 0
        formula: start
        none: no_base
        zero: no_base
        measures:
          - { name: start, table: open_deals, class: stock, aggregate: sum, expression: amount, at: start }
          - { name: end, table: open_deals, class: stock, aggregate: sum, expression: amount, at: end }
      - name: kept
        class: nested
        per: account
        aggregate: sum
        of: money
        where: start > 0
        formula: min(start, end)
        measures:
          - { name: start, table: open_deals, class: stock, aggregate: sum, expression: amount, at: start }
          - { name: end, table: open_deals, class: stock, aggregate: sum, expression: amount, at: end }
";

pub(super) fn kept() -> String {
    KEPT.replace("      - &base\n        name: base", "      - name: base")
}

pub(super) fn open(
    account: &'static str,
    created: &'static str,
    closed: Option<&'static str>,
    amount: i64,
) -> Deal {
    Deal {
        account,
        created,
        closed,
        outcome: if closed.is_some() { "won" } else { "" },
        amount: Some(amount),
        ..Deal::OPEN
    }
}

#[test]
fn purchases_are_counted_per_account() {
    let won = |account, owner| Deal {
        account,
        owner,
        ..Deal::won("2017-02-01", 100)
    };
    let fixture = Fixture::new(&[
        won("Acme", "Ann"),
        won("Acme", "Ann"),
        won("Acme", "Bob"),
        won("Bolt", "Bob"),
        // Whose deal nobody knows is no account that buys often.
        won("", "Bob"),
        Deal::lost("2017-02-01", "price"),
    ]);
    assert_eq!(told(&fixture, PURCHASES, &spring()), ["2 2"]);
    assert_eq!(
        told(&fixture, PURCHASES, &by(spring(), &["owner"])),
        ["Ann 2 1", "Bob 1 2"]
    );
    assert_eq!(told(&Fixture::new(&[]), PURCHASES, &spring()), ["no_won_deals 0"]);
    let sure = format!("    interval: {{ method: t }}{PURCHASES}");
    let interval = rows_with(&fixture, &sure, &spring()).remove(0).interval;
    let expected = bellwether_stats::t_interval(2, &Exact::from(4), &Exact::from(9 + 1));
    let shown = |interval: &bellwether_stats::Interval| interval.to_strings(15);
    assert!(expected.is_some());
    assert_eq!(interval.as_ref().map(shown), expected.as_ref().map(shown));
    let again = PURCHASES
        .replace("aggregate: mean", "aggregate: share")
        .replace("formula: n", "formula: n >= 2")
        .replace("unit: count", "unit: ratio");
    assert_eq!(told(&fixture, &again, &spring()), ["0.5 2"]);
    let count = again.replace("aggregate: share", "aggregate: count");
    assert_eq!(told(&fixture, &count, &spring()), ["1 1"]);
    let median = PURCHASES.replace("aggregate: mean", "aggregate: median");
    assert_eq!(told(&fixture, &median, &spring()), ["2 2"]);
}

#[test]
fn what_is_kept_is_told_account_by_account() {
    let fixture = Fixture::new(&[
        open("Acme", "2017-01-01", None, 10_000),
        open("Acme", "2017-02-10", None, 5_000),
        open("Bolt", "2017-01-01", Some("2017-02-15"), 20_000),
        open("Bolt", "2017-02-20", None, 8_000),
        open("Cog", "2017-02-02", None, 50_000),
    ]);
    let february = ranged("tested", "2017-02-01", "2017-03-01");
    // Acme keeps 100 of 100, whatever it added; Bolt 80 of 200; Cog was not there.
    let rows = rows_with(&fixture, &kept(), &february);
    assert_eq!((text(&rows[0]), rows[0].n), ("0.6".to_owned(), 2));
    let expected = bellwether_stats::ratio_delta(
        2,
        &Exact::from(180),
        &Exact::from(300),
        &Exact::from(10_000 + 6_400),
        &Exact::from(10_000 + 16_000),
        &Exact::from(10_000 + 40_000),
    );
    let shown = |interval: &bellwether_stats::Interval| interval.to_strings(15);
    assert_eq!(rows[0].interval.as_ref().map(shown), expected.as_ref().map(shown));
    let net = kept().replace("min(start, end)", "end");
    assert_eq!(told(&fixture, &net, &february), ["0.766666666666666667 2"]);
    assert_eq!(told(&fixture, &kept(), &asked(&["tested"])), ["no_base 0"]);
}

#[test]
fn the_previous_period_and_this_one_meet_in_an_account() {
    let won = |account, day, amount| Deal {
        account,
        ..Deal::won(day, amount)
    };
    let fixture = Fixture::new(&[
        won("Acme", "2017-01-05", 100),
        won("Acme", "2017-02-05", 300),
        won("Bolt", "2017-01-05", 500),
        won("Cog", "2017-02-05", 900),
    ]);
    let keys = PURCHASES.replace("formula: n\n", "formula: now / before\n").replace(
        "          - { name: n,",
        "          - { name: before, at: previous, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }\n          - { name: now,",
    );
    // One of Acme, none of Bolt; of Cog there is nothing to compare with.
    let february = ranged("tested", "2017-02-01", "2017-03-01");
    let rows = rows_with(&fixture, &keys, &february);
    assert_eq!(
        (text(&rows[0]), rows[0].n, rows[0].missing),
        ("0.5".to_owned(), 2, 1)
    );
}

#[test]
fn money_is_converted_for_each_entity_and_rounded_once() {
    let euro = |account| Deal {
        account,
        currency: "EUR",
        ..Deal::won("2017-03-01", 1)
    };
    let mut fixture = Fixture::new(&[euro("Acme"), euro("Bolt"), euro("Cog")]);
    let day = "2017-03-01".parse::<CivilDate>().unwrap().days();
    fixture.rates = vec![("EUR", day, None, "1.4".parse().unwrap())];
    let keys = "
    unit: money
    currency: booked
    formula: it
    items: { what: accounts, measure: it }
    measures:
      - name: it
        class: nested
        per: account
        aggregate: sum
        of: money
        formula: amount
        measures:
          - { name: amount, table: closings, class: flow, aggregate: sum, expression: amount }
";
    // 3 x 1.4 = 4.2 minor units, not 3 x 1.
    assert_eq!(told(&fixture, keys, &spring()), ["0.04 3"]);
}

#[test]
fn wrong_keys_are_told() {
    let cases = [
        ("per: account", "per: amount", "measures.bought.per"),
        ("per: account", "per: lead", "measures.bought.per"),
        (
            "formula: n\n",
            "formula: m\n",
            "measures.bought.formula: `m`, column 1",
        ),
        (
            "formula: n\n",
            "formula: n > 1\n",
            "measures.bought.formula: `n > 1`, column 1",
        ),
        ("aggregate: mean", "aggregate: share", "measures.bought.formula"),
        (
            "aggregate: mean",
            "aggregate: distinct",
            "measures.bought.aggregate",
        ),
        (
            "per: account",
            "per: account\n        table: closings",
            "measures.bought.table",
        ),
        (
            "per: account",
            "per: account\n        where: n",
            "measures.bought.where",
        ),
        (
            "table: closings",
            "table: closing",
            "measures.bought.measures.n.table",
        ),
        (
            "filter: \"outcome",
            "filter: \"outcom",
            "measures.bought.measures.n.filter",
        ),
        ("class: flow", "class: nested", "measures.bought.measures.n.class"),
        ("name: n,", "name: or,", "measures.bought.measures.or.name"),
        (
            "aggregate: count",
            "aggregate: sum, expression: amount",
            "currency",
        ),
    ];
    for (right, wrong, expected) in cases {
        let keys = PURCHASES.replacen(right, wrong, 1);
        assert_ne!(keys, PURCHASES, "{right}");
        let error = tried_with(&Fixture::new(&[]), &keys, &spring()).unwrap_err();
        assert!(error.message.contains(expected), "{wrong}: {}", error.message);
    }
}
