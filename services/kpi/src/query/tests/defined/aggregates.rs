//! Means, quantiles and distinct codes.

use bellwether_domain::CivilDate;
use bellwether_domain::exact::Exact;
use proptest::prelude::*;

use super::*;
use crate::scan::fixture::Deal;

fn keys(measure: &str) -> String {
    format!(
        "
    unit: money
    currency: booked
    formula: it
    items: {{ what: deals, measure: it }}
    absent_reason: no_won_deals
    measures:
      - {{ name: it, table: closings, class: flow, {measure} }}
"
    )
}

fn of(account: &'static str, owner: &'static str, amount: Option<i64>) -> Deal {
    Deal {
        account,
        owner,
        amount,
        ..Deal::won("2017-02-05", 0)
    }
}

fn sample() -> Fixture {
    Fixture::new(&[
        of("Acme", "Ann", Some(1_000)),
        of("Acme", "Ann", Some(2_000)),
        of("Bolt", "Ann", Some(4_000)),
        of("Bolt", "Bob", Some(10_000)),
        of("", "Bob", None),
        Deal {
            account: "Cog",
            ..Deal::lost("2017-02-06", "price")
        },
    ])
}

const WON: &str = "filter: \"outcome = 'won'\"";

#[test]
fn a_mean_is_of_those_that_have_a_value() {
    let mean = keys(&format!("aggregate: mean, expression: amount, {WON}"));
    assert_eq!(told(&sample(), &mean, &spring()), ["42.5 4"]);
    assert_eq!(rows_with(&sample(), &mean, &spring())[0].missing, 1);
    assert_eq!(
        told(&sample(), &mean, &by(spring(), &["owner"])),
        ["Ann 23.3333333333333333 3", "Bob 100 1"]
    );
    assert_eq!(told(&Fixture::new(&[]), &mean, &spring()), ["no_won_deals 0"]);
}

#[test]
fn the_sum_of_a_mean_is_converted_by_day_and_rounded_once() {
    let mut fixture = Fixture::new(&[
        of("Acme", "Ann", Some(1_000)),
        Deal {
            currency: "EUR",
            ..of("Acme", "Ann", Some(333))
        },
    ]);
    let day = "2017-02-05".parse::<CivilDate>().unwrap().days();
    fixture.rates = vec![("EUR", day, None, "1.5".parse().unwrap())];
    // 3.33 EUR are 4.995 USD: 10 + 4.995 = 14.995, half to even 15.00 (of 1499.5 minor units 1500).
    let mean = keys("aggregate: mean, expression: amount");
    assert_eq!(told(&fixture, &mean, &spring()), ["7.5 2"]);
}

#[test]
fn a_quantile_is_of_type_7() {
    let quantile = |q: &str| {
        keys(&format!(
            "aggregate: quantile, q: \"{q}\", expression: amount, {WON}"
        ))
    };
    assert_eq!(told(&sample(), &quantile("0.9"), &spring()), ["82 4"]);
    assert_eq!(told(&sample(), &quantile("0.25"), &spring()), ["17.5 4"]);
    let median = keys(&format!("aggregate: median, expression: amount, {WON}"));
    assert_eq!(
        told(&sample(), &quantile("0.5"), &spring()),
        told(&sample(), &median, &spring())
    );
}

#[test]
fn distinct_codes_are_counted_once_in_each_cell() {
    let accounts = keys(&format!("aggregate: distinct, expression: account, {WON}"))
        .replace("unit: money", "unit: count");
    assert_eq!(told(&sample(), &accounts, &spring()), ["2 2"]);
    assert_eq!(
        told(&sample(), &accounts, &by(spring(), &["owner"])),
        ["Ann 2 2", "Bob 1 1"]
    );
    let all = accounts.replace(WON, "across: owner");
    assert_eq!(
        told(&sample(), &all, &by(spring(), &["owner"])),
        ["Ann 3 3", "Bob 3 3"]
    );
    let deals = accounts.replace("expression: account", "expression: deal");
    assert_eq!(told(&sample(), &deals, &spring()), ["5 5"]);
    let zero = accounts.replace("    absent_reason: no_won_deals\n", "");
    assert_eq!(told(&Fixture::new(&[]), &zero, &spring()), ["0 0"]);
}

#[test]
fn wrong_keys_are_told() {
    let cases = [
        ("aggregate: quantile, expression: amount", "measures.it.q"),
        (
            "aggregate: quantile, q: \"1\", expression: amount",
            "measures.it.q",
        ),
        ("aggregate: mean, q: \"0.5\", expression: amount", "measures.it.q"),
        ("aggregate: mean", "measures.it.expression"),
        (
            "aggregate: distinct, expression: amount",
            "measures.it.expression",
        ),
        ("aggregate: distinct", "measures.it.expression"),
        ("aggregate: share", "measures.it.aggregate"),
        ("aggregate: converted, within: 3 days", "measures.it.aggregate"),
        ("aggregate: count, end: amount", "measures.it.end"),
        ("aggregate: count, at: start", "measures.it.at"),
        ("aggregate: count, per: account", "measures.it.per"),
        (
            "aggregate: count, window: previous, at: previous",
            "measures.it.at",
        ),
        (
            "aggregate: count, window: { rolling: 3 fortnights }",
            "fortnights",
        ),
        (
            "aggregate: count, due: { column: owner, from: start }",
            "measures.it.due.column",
        ),
        ("aggregate: count, due: { column: amount }", "measures.it.due"),
        (
            "aggregate: quantile, q: \"0.9\", expression: amount, across: owner",
            "measures.it.across",
        ),
    ];
    for (measure, expected) in cases {
        let error = tried_with(&sample(), &keys(measure), &spring()).unwrap_err();
        assert!(error.message.contains(expected), "{measure}: {}", error.message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Distinct accounts of the whole are at most those of the parts together, and as many where the parts share none.
    #[test]
    fn distinct_counts_agree_with_a_set(deals in proptest::collection::vec((0..4_usize, 0..3_usize), 0..30)) {
        let accounts = ["Acme", "Bolt", "Cog", ""];
        let owners = ["Ann", "Bob", ""];
        let all: Vec<Deal> = deals.iter().map(|(account, owner)| of(accounts[*account], owners[*owner], Some(1))).collect();
        let fixture = Fixture::new(&all);
        let keys = keys("aggregate: distinct, expression: account").replace("    absent_reason: no_won_deals\n", "");
        // Where nobody knows an account it is not known that there is none.
        prop_assume!(all.is_empty() || all.iter().any(|deal| !deal.account.is_empty()));
        let set: std::collections::BTreeSet<_> = all.iter().map(|deal| deal.account).filter(|name| !name.is_empty()).collect();
        prop_assert_eq!(&text(&rows_with(&fixture, &keys, &spring())[0]), &set.len().to_string());
        let parts = rows_with(&fixture, &keys, &by(spring(), &["account"]));
        let sum: Exact = parts.iter().filter_map(|row| row.value.clone().ok()).map(|text| text.parse::<Exact>().unwrap()).sum();
        prop_assert_eq!(sum, Exact::from(set.len()));
    }
}
