//! Intervals by the method of the definition, against the same computed from single deals.

use bellwether_domain::exact::Exact;
use bellwether_stats::{
    Interval, covariance_of_means, garwood, quantile_interval, ratio_delta, smooth_delta, t_interval,
};

use super::*;
use crate::scan::fixture::Deal;

/// Some deals won and lost, of different amounts and cycles; one without an amount.
fn deals() -> Vec<Deal> {
    let days = ["2017-02-01", "2017-02-11", "2017-03-03", "2017-03-20"];
    let deal = |index: usize| Deal {
        outcome: ["won", "lost", "won", "no_decision"][index % 4],
        amount: (index != 8).then_some(1_000 + (index as i64 * 7_919) % 9_001),
        owner: ["Ann", "Bob"][index % 2],
        ..Deal::won(days[index % 3], 0)
    };
    (0..40).map(deal).collect()
}

fn interval(keys: &str) -> Option<Interval> {
    rows_with(&Fixture::new(&deals()), keys, &spring())
        .remove(0)
        .interval
}

fn shown(interval: Option<&Interval>) -> Option<(String, String)> {
    interval.map(|interval| interval.to_strings(15))
}

fn whole(cents: i64) -> Exact {
    Exact::from_scaled(cents, 2)
}

/// Amounts of the deals won, in cents.
fn won() -> Vec<i64> {
    let won = deals().into_iter().filter(|deal| deal.outcome == "won");
    let mut won: Vec<i64> = won.filter_map(|deal| deal.amount).collect();
    won.sort_unstable();
    won
}

fn single(unit: &str, method: &str, measure: &str) -> String {
    format!(
        "
    unit: {unit}
    currency: booked
    formula: it
    items: {{ what: deals, measure: it }}
    interval: {{ method: {method} }}
    measures:
      - {{ name: it, table: closings, class: flow, filter: \"outcome = 'won'\", {measure} }}
"
    )
}

#[test]
fn a_mean_has_students() {
    let found = interval(&single("money", "t", "aggregate: mean, expression: amount"));
    let (sum, squares): (i64, i64) = (won().iter().sum(), won().iter().map(|cents| cents * cents).sum());
    let expected = t_interval(won().len() as u64, &whole(sum), &Exact::from_scaled(squares, 4));
    assert!(expected.is_some());
    assert_eq!(shown(found.as_ref()), shown(expected.as_ref()));
    // The same of a quotient of sums, when the measure is named.
    let quotient = single("money", "t, measure: it", "aggregate: sum, expression: amount")
        .replace("formula: it", "formula: it / n")
        + "      - { name: n, table: closings, class: flow, filter: \"outcome = 'won'\", aggregate: count, expression: amount }\n";
    assert_eq!(shown(interval(&quotient).as_ref()), shown(expected.as_ref()));
}

#[test]
fn quantiles_have_order_statistics_and_counts_garwoods() {
    let exact: Vec<Exact> = won().iter().map(|cents| whole(*cents)).collect();
    for (aggregate, q) in [("median", "0.5"), ("quantile, q: \"0.75\"", "0.75")] {
        let found = interval(&single(
            "money",
            "quantile",
            &format!("aggregate: {aggregate}, expression: amount"),
        ));
        let expected = quantile_interval(&exact, &q.parse().unwrap()).map(|found| found.interval);
        assert_eq!(shown(found.as_ref()), shown(expected.as_ref()), "{q}");
    }
    let count = interval(&single("count", "garwood", "aggregate: count"));
    let n = deals().iter().filter(|deal| deal.outcome == "won").count() as u64;
    assert_eq!(shown(count.as_ref()), shown(Some(&garwood(n))));
    let row = rows_with(
        &Fixture::new(&deals()),
        &single("count", "garwood", "aggregate: count"),
        &spring(),
    )
    .remove(0);
    assert!(!row.small_n, "ten points are points of a rate");
}

const VALUE: &str = "
    unit: ratio
    currency: booked
    formula: won_amount / decided_amount
    items: { what: deals, measure: decided_amount }
    absent_reason: no_closed_deals
    interval: { method: delta }
    measures:
      - { name: won_amount, table: closings, class: flow, aggregate: sum, expression: amount, filter: \"outcome = 'won'\" }
      - { name: decided_amount, table: closings, class: flow, aggregate: sum, expression: amount, filter: \"outcome IN ('won', 'lost')\" }
";

#[test]
fn a_ratio_of_sums_has_that_of_the_delta_method() {
    let decided = deals().into_iter().filter(|deal| deal.outcome != "no_decision");
    let pairs: Vec<(i64, i64)> = decided
        .filter_map(|deal| {
            deal.amount
                .map(|amount| (if deal.outcome == "won" { amount } else { 0 }, amount))
        })
        .collect();
    let sum = |of: &dyn Fn(&(i64, i64)) -> i64| pairs.iter().map(of).sum::<i64>();
    let square = |sum: i64| Exact::from_scaled(sum, 4);
    let expected = ratio_delta(
        pairs.len() as u64,
        &whole(sum(&|pair| pair.0)),
        &whole(sum(&|pair| pair.1)),
        &square(sum(&|pair| pair.0 * pair.0)),
        &square(sum(&|pair| pair.0 * pair.1)),
        &square(sum(&|pair| pair.1 * pair.1)),
    );
    assert!(expected.is_some());
    assert_eq!(shown(interval(VALUE).as_ref()), shown(expected.as_ref()));
}

#[test]
fn a_part_of_a_whole_is_between_none_and_all() {
    let nearly_all = |amount| Deal {
        amount: Some(amount),
        ..Deal::won("2017-02-01", 0)
    };
    let lost = Deal {
        amount: Some(900),
        ..Deal::lost("2017-02-01", "price")
    };
    let fixture = Fixture::new(&[nearly_all(1_000), nearly_all(9_000), nearly_all(100), lost]);
    let of = |keys: &str| rows_with(&fixture, keys, &spring()).remove(0).interval.unwrap();
    let share = VALUE.replace("method: delta", "method: delta, share: true");
    assert!(of(VALUE).high() > Exact::one());
    assert_eq!(
        (of(&share).low(), of(&share).high()),
        (of(VALUE).low(), Exact::one())
    );
}

#[test]
fn a_ratio_in_another_currency_is_as_uncertain() {
    let abroad: Vec<Deal> = deals()
        .into_iter()
        .map(|deal| Deal {
            currency: "EUR",
            ..deal
        })
        .collect();
    let mut fixture = Fixture::new(&abroad);
    for day in ["2017-02-01", "2017-02-11", "2017-03-03"] {
        let day = day.parse::<bellwether_domain::CivilDate>().unwrap().days();
        fixture.rates.push(("EUR", day, None, "2".parse().unwrap()));
    }
    let found = rows_with(&fixture, VALUE, &spring()).remove(0).interval;
    assert_eq!(shown(found.as_ref()), shown(interval(VALUE).as_ref()));
}

const VELOCITY: &str = "
    unit: money_per_day
    currency: booked
    formula: open * (won / closed) * (won_amount / priced) / (cycle_time / timed)
    items: { what: deals closed, measure: closed, missing: won_amount }
    interval: { method: delta }
    measures:
      - { name: open, table: open_deals, class: stock, aggregate: count }
      - { name: won, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
      - { name: closed, table: closings, class: flow, aggregate: count }
      - { name: won_amount, table: closings, class: flow, aggregate: sum, expression: amount, filter: \"outcome = 'won'\" }
      - { name: priced, table: closings, class: flow, aggregate: count, expression: amount, filter: \"outcome = 'won'\" }
      - { name: cycle_time, table: closings, class: flow, aggregate: sum, expression: cycle, filter: \"outcome = 'won'\" }
      - { name: timed, table: closings, class: flow, aggregate: count, expression: cycle, filter: \"outcome = 'won'\" }
";

#[test]
fn velocity_is_as_uncertain_as_what_it_is_made_of() {
    let mut deals = deals();
    deals.extend(vec![Deal::OPEN; 5]);
    let fixture = Fixture::new(&deals);
    let row = rows_with(&fixture, VELOCITY, &spring()).remove(0);
    // Of each closed deal: won, closed, amount when won, priced, days when won, timed.
    let of_deal = |deal: &Deal| -> [Exact; 6] {
        let won = deal.outcome == "won";
        let days = fixture.micros(deal.closed.unwrap()) - fixture.micros(deal.created);
        let days = Exact::ratio(days, bellwether_domain::time::DAY_MICROS).unwrap();
        let flag = |flag: bool| Exact::from(i64::from(flag));
        [
            flag(won),
            Exact::one(),
            whole(deal.amount.filter(|_| won).unwrap_or(0)),
            flag(won && deal.amount.is_some()),
            if won { days } else { Exact::zero() },
            flag(won),
        ]
    };
    let closed: Vec<[Exact; 6]> = deals
        .iter()
        .filter(|deal| deal.closed.is_some())
        .map(of_deal)
        .collect();
    let sums: Vec<Exact> = (0..6).map(|i| closed.iter().map(|one| &one[i]).sum()).collect();
    let products: Vec<Vec<Exact>> = (0..6)
        .map(|i| {
            (0..6)
                .map(|j| closed.iter().map(|one| &one[i] * &one[j]).sum())
                .collect()
        })
        .collect();
    let value: Exact = {
        let ratio = |a: usize, b: usize| sums[a].checked_div(&sums[b]).unwrap();
        (Exact::from(5) * ratio(0, 1) * ratio(2, 3))
            .checked_div(&ratio(4, 5))
            .unwrap()
    };
    let n = closed.len() as u64;
    let slope = |sign: i64, of: usize| {
        let mean = sums[of].checked_div(&Exact::from(n)).unwrap();
        (&value * Exact::from(sign)).checked_div(&mean).unwrap()
    };
    let gradient: Vec<Exact> = [1, -1, 1, -1, -1, 1]
        .into_iter()
        .zip(0..)
        .map(|(sign, of)| slope(sign, of))
        .collect();
    let expected = smooth_delta(
        n,
        &value,
        &gradient,
        &covariance_of_means(n, &sums, &products).unwrap(),
    );
    assert!(expected.is_some());
    assert_eq!(shown(row.interval.as_ref()), shown(expected.as_ref()));
    assert_eq!((text(&row), row.n), (value.to_decimal_string(), 40));
}

#[test]
fn too_few_items_have_none() {
    let two = Fixture::new(&[Deal::won("2017-02-01", 100), Deal::OPEN]);
    for keys in [
        VALUE,
        VELOCITY,
        &single("money", "t", "aggregate: mean, expression: amount"),
    ] {
        let row = rows_with(&two, keys, &spring()).remove(0);
        assert!(
            row.interval.is_none() && row.small_n && row.value.is_ok(),
            "{keys}"
        );
    }
}

#[test]
fn wrong_keys_are_told() {
    let cases = [
        ("t", "aggregate: count", "interval.method"),
        (
            "quantile",
            "aggregate: mean, expression: amount",
            "interval.method",
        ),
        (
            "t, successes: it",
            "aggregate: mean, expression: amount",
            "interval.successes",
        ),
        ("wilson", "aggregate: count", "interval.successes"),
        ("garwood, measure: at", "aggregate: count", "interval.measure"),
        ("garwood, share: true", "aggregate: count", "interval.share"),
        ("bayes", "aggregate: count", "bayes"),
    ];
    for (method, measure, expected) in cases {
        let keys = single("count", method, measure);
        let error = tried_with(&Fixture::new(&[]), &keys, &spring()).unwrap_err();
        assert!(error.message.contains(expected), "{method}: {}", error.message);
    }
}

const GROWTH: &str = "
    unit: ratio
    currency: constant
    formula: now / base - 1
    items: { what: deals, measure: now }
    interval: { method: delta, totals: true }
    measures:
      - { name: now, table: closings, class: flow, aggregate: sum, expression: amount, filter: \"outcome = 'won'\" }
      - { name: base, table: closings, class: flow, aggregate: sum, expression: amount, filter: \"outcome = 'won'\", window: previous, none: no_base, zero: no_base }
";

#[test]
fn growth_is_as_uncertain_as_both_of_its_periods() {
    let won = |day, amount| Deal::won(day, amount);
    let fixture = Fixture::new(&[
        won("2017-01-05", 1_000),
        won("2017-01-15", 3_000),
        won("2017-01-25", 2_000),
        won("2017-02-05", 4_000),
        won("2017-02-15", 5_000),
    ]);
    let february = ranged("tested", "2017-02-01", "2017-03-01");
    let row = rows_with(&fixture, GROWTH, &february).remove(0);
    assert_eq!((text(&row), row.n), ("0.5".to_owned(), 2));
    // As a ratio over the five deals of both: each brings its amount to one period, and nothing to the other.
    let square = |sum: i64| Exact::from_scaled(sum, 4);
    let (after, before) = (16_000_000 + 25_000_000, 1_000_000 + 9_000_000 + 4_000_000);
    let ratio = ratio_delta(
        5,
        &whole(9_000),
        &whole(6_000),
        &square(after),
        &Exact::zero(),
        &square(before),
    )
    .unwrap();
    let (found, ratio) = (row.interval.unwrap(), ratio);
    let one = |text: &Exact| (text + Exact::one()).to_decimal_string();
    assert_eq!(one(&found.low())[..12], ratio.low().to_decimal_string()[..12]);
    assert_eq!(one(&found.high())[..12], ratio.high().to_decimal_string()[..12]);
}

#[test]
fn against_a_fixed_number_it_is_chance_how_many_deals_there_are() {
    let keys = "
    unit: ratio
    currency: booked
    formula: won / 100
    items: { what: deals, measure: won }
    interval: { method: delta, totals: true }
    measures:
      - { name: won, table: closings, class: flow, aggregate: sum, expression: amount }
";
    let fixture = Fixture::new(&vec![Deal::won("2017-02-01", 1_000); 25]);
    let row = rows_with(&fixture, keys, &spring()).remove(0);
    assert_eq!(text(&row), "2.5");
    // 25 deals of 10.00: the variance of the sum is 25 x 100 x 25/24, and t of 24 degrees of freedom 2.0638985616.
    let half = 2.063_898_561_6 * (2_500.0_f64 * 25.0 / 24.0).sqrt() / 100.0;
    let found = row.interval.unwrap();
    let high: f64 = found.high().to_decimal_string().parse().unwrap();
    assert!((high - (2.5 + half)).abs() < 1e-9, "{high}");
    // Whatever varies: with a fixed number of like deals there would be no doubt at all.
    let fixed = keys.replace(", totals: true", "");
    let found = rows_with(&fixture, &fixed, &spring()).remove(0).interval.unwrap();
    assert_eq!(found.low(), found.high());
}
