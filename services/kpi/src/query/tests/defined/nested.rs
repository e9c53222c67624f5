//! A formula for each entity, then an aggregate over the entities; two dates of one period.

use bellwether_domain::CivilDate;
use bellwether_domain::exact::Exact;
use proptest::prelude::*;

use super::*;
use crate::scan::fixture::Deal;

/// Purchases per buying account, and the share of them that bought twice or more.
const PURCHASES: &str = "
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

fn kept() -> String {
    KEPT.replace("      - &base\n        name: base", "      - name: base")
}

fn open(account: &'static str, created: &'static str, closed: Option<&'static str>, amount: i64) -> Deal {
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

const DAYS: [&str; 5] = [
    "2017-01-01",
    "2017-01-31",
    "2017-02-01",
    "2017-02-28",
    "2017-03-15",
];

fn deals() -> impl Strategy<Value = Vec<Deal>> {
    let deal = (
        0..4_usize,
        0..3_usize,
        0..5_usize,
        proptest::option::of(0..5_usize),
        0..300_i64,
    )
        .prop_map(|(account, owner, start, end, amount)| Deal {
            owner: ["Ann", "Bob", ""][owner],
            ..open(
                ["Acme", "Bolt", "Cog", ""][account],
                DAYS[start],
                end.map(|end| DAYS[end.max(start)]),
                amount,
            )
        });
    proptest::collection::vec(deal, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// As gross retention: never more than all, and where there is nothing to keep there is no value.
    #[test]
    fn what_is_kept_is_at_most_all(deals in deals(), grain in 0..Grain::ALL.len()) {
        let fixture = Fixture::new(&deals);
        let keys = kept();
        for ask in [spring(), cut(spring(), Grain::ALL[grain]), by(spring(), &["owner"])] {
            for row in rows_with(&fixture, &keys, &ask) {
                match &row.value {
                    Ok(value) => {
                        let value: Exact = value.parse().unwrap();
                        prop_assert!(!value.is_negative() && value <= Exact::one(), "{value:?}");
                        prop_assert!(row.n > 0);
                    }
                    Err(reason) => prop_assert_eq!((reason.name(), row.n), ("no_base", 0)),
                }
            }
        }
    }

    /// Order of rows, morsels and threads changes nothing; a sum over entities of a count is the count.
    #[test]
    fn entities_add_up_in_any_order(deals in deals(), grain in 0..Grain::ALL.len()) {
        let sums = PURCHASES.replace("aggregate: mean", "aggregate: sum").replace("    absent_reason: no_won_deals\n", "");
        let mut turned = deals.clone();
        turned.reverse();
        let ask = cut(by(spring(), &["owner"]), Grain::ALL[grain]);
        for keys in [&sums, &kept(), &PURCHASES.to_owned()] {
            let lines = told(&Fixture::new(&deals), keys, &ask);
            prop_assert_eq!(&told(&Fixture::new(&turned), keys, &ask), &lines);
            prop_assert_eq!(&told(&Fixture::new(&deals).reversed(), keys, &ask), &lines);
        }
        let named = deals.iter().filter(|deal| !deal.account.is_empty() && deal.outcome == "won").count();
        let whole = told(&Fixture::new(&deals), &sums, &spring());
        prop_assert_eq!(whole[0].split(' ').next().unwrap(), named.to_string());
        // Roll-up = direct: a flow's entities of the parts are those of the whole, part by part.
        let parts = rows_with(&Fixture::new(&deals), &sums, &by(spring(), &["owner", "account"]));
        let sum: Exact = parts.iter().map(|row| text(row).parse::<Exact>().unwrap()).sum();
        prop_assert_eq!(sum, Exact::from(named));
    }
}
