//! Splits of changes: known ones, and the laws that hold for all.

mod catalogue;
mod retention;

use std::sync::LazyLock;

use bellwether_domain::{CivilDate, Instant};
use proptest::prelude::*;

use super::*;
use crate::query::{Ask, Base, answer, levels};
use crate::scan::fixture::{Deal, Fixture};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
const JANUARY: (&str, &str) = ("2017-01-01", "2017-02-01");
const FEBRUARY: (&str, &str) = ("2017-02-01", "2017-03-01");
/// Of every shape that can be split.
const KPIS: [&str; 6] = [
    "deals_won",
    "bookings",
    "win_rate",
    "win_rate_value",
    "average_deal_size",
    "sales_cycle_mean",
];

fn now() -> Instant {
    "2020-01-01T00:00:00Z".parse().unwrap()
}

fn fixture(deals: &[Deal]) -> Fixture {
    let mut fixture = Fixture::new(deals);
    let day = |text: &str| text.parse::<CivilDate>().unwrap().days();
    fixture.rates = vec![
        ("EUR", day("2017-01-10"), None, "1.1".parse().unwrap()),
        ("EUR", day("2017-02-10"), None, "1.3".parse().unwrap()),
        ("EUR", day("2019-12-31"), None, "1.2".parse().unwrap()),
    ];
    fixture
}

fn ask(kpi: &str, (from, to): (&str, &str)) -> Ask {
    Ask {
        kpis: vec![kpi.to_owned()],
        from: Some(from.parse().unwrap()),
        to: Some(to.parse().unwrap()),
        group_by: vec!["owner".to_owned()],
        ..Ask::default()
    }
}

fn explained(
    deals: &[Deal],
    kpi: &str,
    period: (&'static str, &'static str),
    other: (&str, &str),
) -> Result<Explained> {
    let shape = Shape::find(&CATALOGUE, kpi)?;
    let base = Base::Range(other.0.parse().unwrap(), other.1.parse().unwrap());
    let (ask, fixture) = (ask(kpi, period), fixture(deals));
    let read = levels(&fixture, &CATALOGUE, (&ask, &base), shape.chain, now(), 2)?;
    shape.explain(CATALOGUE.kpi(kpi)?, &read)
}

/// What the KPI is in a period, over all.
fn whole(deals: &[Deal], kpi: &str, period: (&'static str, &'static str)) -> Option<Exact> {
    let ask = Ask {
        group_by: Vec::new(),
        ..ask(kpi, period)
    };
    let answer = answer(&fixture(deals), &CATALOGUE, &ask, now(), 2).unwrap();
    answer.rows[0].value.as_ref().ok()?.parse().ok()
}

fn told(found: &Explained) -> Vec<String> {
    let effects = found.effects.iter().map(|index| &found.split.effects[*index]);
    let mut lines: Vec<String> = effects
        .map(|(effect, value)| format!("{effect:?} {}", value.to_exact_string()))
        .collect();
    for part in &found.split.parts {
        let name = part.key.1.as_deref().unwrap_or("none");
        lines.push(format!("{name} {}", part.change().to_exact_string()));
    }
    lines
}

fn owned(owner: &'static str, deal: Deal) -> Deal {
    Deal { owner, ..deal }
}

/// January: Ann 2 deals of 100.00, Bob 1 of 400.00. February: Ann 3 of 100.00, Cy 1 of 40.00 EUR.
fn deals() -> Vec<Deal> {
    vec![
        owned("Ann", Deal::won("2017-01-10", 10_000)),
        owned("Ann", Deal::won("2017-01-11", 10_000)),
        owned("Bob", Deal::won("2017-01-12", 40_000)),
        owned("Ann", Deal::won("2017-02-10", 10_000)),
        owned("Ann", Deal::won("2017-02-11", 10_000)),
        owned("Ann", Deal::won("2017-02-12", 10_000)),
        Deal {
            currency: "EUR",
            ..owned("Cy", Deal::won("2017-02-13", 4_000))
        },
    ]
}

#[test]
fn bookings_are_split_by_volume_mix_price_and_rates_of_exchange() {
    // Per deal 600/3 = 200 and 352/4 = 88: V = 144 at the mean. Bob and Cy are in one period only, so all of them is volume
    // and mix; nobody's price moved.
    let found = explained(&deals(), "bookings", FEBRUARY, JANUARY).unwrap();
    assert_eq!(
        told(&found),
        [
            "Volume 144",
            "Mix -392",
            "Price 0",
            "Fx 0",
            "Ann 100",
            "Bob -400",
            "Cy 52"
        ]
    );
    assert_eq!(found.split.before, Exact::from(600));
    assert_eq!(found.split.after, Exact::from(352));
}

#[test]
fn other_rates_of_exchange_are_an_effect_of_their_own() {
    let euro = |closed| Deal {
        currency: "EUR",
        ..owned("Ann", Deal::won(closed, 10_000))
    };
    // 100 EUR are 110 USD in January and 130 in February: the price did not move.
    let found = explained(
        &[euro("2017-01-10"), euro("2017-02-10")],
        "bookings",
        FEBRUARY,
        JANUARY,
    );
    assert_eq!(
        told(&found.unwrap()),
        ["Volume 0", "Mix 0", "Price 0", "Fx 20", "Ann 20"]
    );
}

/// Kitagawa (1955): of a rate, half the sum of the rates times the change of the share, and the other way round.
#[test]
fn a_win_rate_is_split_by_mix_and_rate() {
    let mut deals = Vec::new();
    // Ann 8 of 10, then 6 of 20; Bob 1 of 10, then 1 of 5.
    for (owner, day, won, closed) in [
        ("Ann", "2017-01-10", 8, 10),
        ("Bob", "2017-01-10", 1, 10),
        ("Ann", "2017-02-10", 6, 20),
        ("Bob", "2017-02-10", 1, 5),
    ] {
        deals.extend((0..won).map(|_| owned(owner, Deal::won(day, 100))));
        deals.extend((won..closed).map(|_| owned(owner, Deal::lost(day, "price"))));
    }
    let found = explained(&deals, "win_rate", FEBRUARY, JANUARY).unwrap();
    // Shares 0.5, 0.5 -> 0.8, 0.2; rates 0.8, 0.1 -> 0.3, 0.2: mix 0.3 x 0.55 - 0.3 x 0.15, rate 0.65 x -0.5 + 0.35 x 0.1.
    assert_eq!(told(&found)[..2], ["Mix 0.12", "Rate -0.29"]);
    assert_eq!(found.split.change().to_exact_string(), "-0.17");
}

#[test]
fn what_cannot_be_split_is_refused_with_some_that_can() {
    for kpi in ["median_deal_size", "loss_reason_mix", "revenue_growth_rate"] {
        let refused = Shape::find(&CATALOGUE, kpi).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidArgument, "{kpi}");
        let text = &refused.violations[0].message;
        assert!(
            text.contains("average_deal_size") && text.contains("more"),
            "{text}"
        );
    }
    assert!(KPIS.iter().all(|kpi| Shape::find(&CATALOGUE, kpi).is_ok()));
    let none = explained(&[], "win_rate", FEBRUARY, JANUARY).unwrap_err();
    assert_eq!(none.code, ErrorCode::FailedPrecondition);
    assert_eq!(
        explained(&[], "bookings", FEBRUARY, JANUARY).unwrap().split.parts,
        []
    );
}

fn any_deals() -> impl Strategy<Value = Vec<Deal>> {
    let deal = (0..5_usize, 0..2_usize, 0..3_usize, 1_i64..5_000, 0..4_usize);
    let deal = deal.prop_map(|(owner, month, outcome, amount, currency)| {
        let day = ["2017-01-17", "2017-02-16"][month];
        let deal = match outcome {
            0 => Deal::lost(day, "price"),
            _ => Deal::won(day, amount),
        };
        Deal {
            owner: ["Ann", "Bob", "Cy", "Dee", ""][owner],
            amount: (amount % 7 != 0).then_some(amount),
            currency: if currency == 0 { "EUR" } else { "USD" },
            ..deal
        }
    });
    proptest::collection::vec(deal, 0..30)
}

fn sum(values: impl Iterator<Item = Exact>) -> Exact {
    values.sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_left_over_and_the_ends_are_the_answers(deals in any_deals(), kpi in 0..KPIS.len(), top in 0..4_usize) {
        let kpi = KPIS[kpi];
        let Ok(found) = explained(&deals, kpi, FEBRUARY, JANUARY) else {
            let ends = [JANUARY, FEBRUARY].map(|period| whole(&deals, kpi, period));
            prop_assert!(ends.iter().any(Option::is_none), "{} has a value in both periods", kpi);
            return Ok(());
        };
        let split = &found.split;
        let of_effects = sum(found.effects.iter().map(|index| split.effects[*index].1.clone()));
        prop_assert_eq!(&of_effects, &split.change());
        prop_assert_eq!(&sum(split.parts.iter().map(|part| part.change())), &split.change());
        let movers = split.movers(top);
        let named = sum(movers.parts.iter().map(|part| part.change())) + sum(movers.rest.iter().cloned());
        prop_assert_eq!(&named, &split.change(), "movers and the rest are the whole");
        let unit = Exact::from_scaled(1, if split.before.is_integer() || kpi != "win_rate" { 2 } else { 9 });
        for (told, period) in [(&split.before, JANUARY), (&split.after, FEBRUARY)] {
            let Some(answer) = whole(&deals, kpi, period) else {
                prop_assert!(told.is_zero(), "absent");
                continue;
            };
            if ["bookings", "deals_won"].contains(&kpi) {
                prop_assert_eq!(told, &answer, "{} to the minor unit", kpi);
            }
            prop_assert!((told - &answer).abs() <= unit, "{} is {:?}, not {:?}", kpi, answer, told);
        }
    }

    #[test]
    fn names_and_order_of_groups_change_nothing(deals in any_deals(), kpi in 0..KPIS.len(), turn in 0..30_usize) {
        let kpi = KPIS[kpi];
        let renamed = |deal: &Deal| Deal {
            owner: match deal.owner {
                "Ann" => "Zoe",
                "Bob" => "",
                "Cy" => "Bob",
                "" => "Ann",
                other => other,
            },
            ..deal.clone()
        };
        let mut other: Vec<Deal> = deals.iter().map(renamed).collect();
        other.rotate_left(turn % deals.len().max(1));
        other.reverse();
        let effects = |deals: &[Deal]| {
            let found = explained(deals, kpi, FEBRUARY, JANUARY).ok()?;
            let mut parts: Vec<Exact> = found.split.parts.iter().map(|part| part.change()).collect();
            parts.sort();
            Some((found.split.effects.clone(), parts.len()))
        };
        prop_assert_eq!(effects(&deals), effects(&other));
    }

    #[test]
    fn swapped_periods_turn_every_sign(deals in any_deals(), kpi in 0..KPIS.len()) {
        let kpi = KPIS[kpi];
        let there = explained(&deals, kpi, FEBRUARY, JANUARY);
        let back = explained(&deals, kpi, JANUARY, FEBRUARY);
        let (Ok(there), Ok(back)) = (&there, &back) else {
            prop_assert!(there.is_err() && back.is_err());
            return Ok(());
        };
        let turned = |found: &Explained| -> Vec<Exact> {
            found.split.effects.iter().map(|(_, value)| -value.clone()).collect()
        };
        let plain: Vec<Exact> = there.split.effects.iter().map(|(_, value)| value.clone()).collect();
        prop_assert_eq!(plain, turned(back));
    }
}
