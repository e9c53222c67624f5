//! Laws that hold whatever the facts are.

use bellwether_domain::exact::Exact;
use proptest::prelude::*;

use super::*;
use crate::scan::fixture::Deal;
use crate::tenant::Attribute;

const DAYS: [&str; 7] = [
    "2017-01-01",
    "2017-01-31",
    "2017-02-01",
    "2017-02-28",
    "2017-03-15",
    "2017-04-01",
    "2017-05-20T10:00:00Z",
];
const ADDITIVE: [&str; 5] = [
    "deals_won",
    "bookings",
    "pipeline_value",
    "open_deals",
    "pipeline_created",
];
const DIMENSIONS: [&str; 7] = [
    "owner",
    "team",
    "account",
    "product",
    "currency",
    "account_region",
    "stage",
];

pub(super) fn deals() -> impl Strategy<Value = Vec<Deal>> {
    let names = (0..4_usize, 0..3_usize, 0..3_usize, 0..3_usize);
    let life = (
        0..3_usize,
        0..6_usize,
        0..4_usize,
        proptest::option::of(0_i64..1_000),
        proptest::bool::ANY,
    );
    let deal = (names, life).prop_map(
        |((owner, account, product, reason), (start, end, outcome, amount, qualified))| {
            let end = start.max(end);
            let outcome = ["won", "lost", "no_decision", ""][outcome];
            Deal {
                created: DAYS[start],
                closed: (!outcome.is_empty()).then_some(DAYS[end]),
                outcome,
                amount,
                owner: ["Ann", "Bob", "Cy", ""][owner],
                account: ["Acme", "Bolt", ""][account],
                product: ["Pen", "Ink", ""][product],
                loss_reason: if outcome == "lost" {
                    ["price", "fit", ""][reason]
                } else {
                    ""
                },
                qualified,
                reopened: (end == 1 && !outcome.is_empty()).then_some(DAYS[4]),
                ..Deal::OPEN
            }
        },
    );
    proptest::collection::vec(deal, 0..40)
}

pub(super) fn fixture(deals: &[Deal]) -> Fixture {
    let mut fixture = Fixture::new(deals);
    for (rep, day, team) in [
        ("Ann", DAYS[0], "East"),
        ("Ann", DAYS[3], "West"),
        ("Bob", DAYS[0], "West"),
    ] {
        fixture.attribute_from(Attribute::Team, rep, day, team);
    }
    fixture.attribute_from(Attribute::AccountRegion, "Acme", DAYS[0], "North");
    fixture
}

/// The sum of the values; absent ones (all amounts missing) are nothing.
fn sum(fixture: &Fixture, ask: &Ask) -> Exact {
    rows(fixture, ask)
        .iter()
        .filter_map(|row| row.value.as_ref().ok())
        .map(|text| text.parse::<Exact>().unwrap())
        .sum()
}

fn items(fixture: &Fixture, ask: &Ask) -> u64 {
    rows(fixture, ask).iter().map(|row| row.n + row.missing).sum()
}

fn spring(kpi: &str) -> Ask {
    ranged(kpi, "2017-01-01", "2017-06-01")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parts_sum_to_the_whole(deals in deals(), kpi in 0..ADDITIVE.len(), one in 0..7_usize, two in 0..7_usize) {
        let fixture = fixture(&deals);
        let whole = spring(ADDITIVE[kpi]);
        for dimensions in [vec![DIMENSIONS[one]], vec![DIMENSIONS[one], DIMENSIONS[two]]] {
            if dimensions.len() == 2 && one == two {
                continue;
            }
            let parts = by(whole.clone(), &dimensions);
            prop_assert_eq!(sum(&fixture, &parts), sum(&fixture, &whole));
            prop_assert_eq!(items(&fixture, &parts), items(&fixture, &whole));
        }
    }

    #[test]
    fn periods_of_flows_add_up(deals in deals(), grain in 0..Grain::ALL.len()) {
        let fixture = fixture(&deals);
        for kpi in ["deals_won", "bookings", "pipeline_created", "win_rate"] {
            let cut = cut(spring(kpi), Grain::ALL[grain]);
            prop_assert_eq!(items(&fixture, &cut), items(&fixture, &spring(kpi)));
            if kpi != "win_rate" {
                prop_assert_eq!(sum(&fixture, &cut), sum(&fixture, &spring(kpi)));
            }
        }
    }

    #[test]
    fn filters_are_sets(deals in deals(), kpi in 0..ADDITIVE.len()) {
        let fixture = fixture(&deals);
        let whole = spring(ADDITIVE[kpi]);
        let ann = filtered(whole.clone(), "owner", "Ann");
        let either = filtered(ann.clone(), "owner", "");
        // OR: sets that do not meet add up; naming one twice changes nothing.
        let none = filtered(whole.clone(), "owner", "");
        prop_assert_eq!(sum(&fixture, &either), sum(&fixture, &ann) + sum(&fixture, &none));
        prop_assert_eq!(sum(&fixture, &filtered(ann.clone(), "owner", "Ann")), sum(&fixture, &ann));
        prop_assert_eq!(sum(&fixture, &filtered(ann.clone(), "owner", "Nobody")), sum(&fixture, &ann));
        // AND: in any order, and the same as the row of the grouping.
        let both = filtered(ann.clone(), "product", "Pen");
        let turned = filtered(filtered(whole.clone(), "product", "Pen"), "owner", "Ann");
        prop_assert_eq!(table(&fixture, &both), table(&fixture, &turned));
        let grouped = rows(&fixture, &by(ann.clone(), &["product"]));
        let pen = grouped.iter().find(|row| row.group[0].1.as_deref() == Some("Pen"));
        prop_assert_eq!(pen.map(|row| (row.value.clone(), row.n)), {
            let row = rows(&fixture, &both).remove(0);
            (row.n + row.missing > 0).then_some((row.value, row.n))
        });
        // All values of a dimension are no filter.
        let all = ["Ann", "Bob", "Cy", ""].into_iter().fold(whole.clone(), |ask, name| filtered(ask, "owner", name));
        prop_assert_eq!(table(&fixture, &all), table(&fixture, &whole));
    }

    #[test]
    fn order_of_rows_does_not_matter(deals in deals(), grain in 0..Grain::ALL.len()) {
        let catalogue = Catalogue::built_in().unwrap();
        let owned = catalogue.all().iter().filter(|kpi| kpi.dimensions.contains(&Dimension::Owner));
        let ids: Vec<&str> = owned.map(|kpi| kpi.definition.id.as_str()).collect();
        let mut turned = deals.clone();
        turned.reverse();
        for some in ids.chunks(MOST_KPIS) {
            let grouped = by(asked(some), &["team", "owner"]);
            let ask = Ask { from: spring("x").from, to: spring("x").to, ..cut(grouped, Grain::ALL[grain]) };
            let expected = table(&fixture(&deals), &ask);
            prop_assert_eq!(&expected, &table(&fixture(&turned), &ask));
            prop_assert_eq!(&expected, &table(&fixture(&deals).reversed(), &ask));
        }
    }

    #[test]
    fn shares_of_loss_reasons_sum_to_one(deals in deals()) {
        let fixture = fixture(&deals);
        let rows = rows(&fixture, &by(spring("loss_reason_mix"), &["owner"]));
        let mut owners: Vec<_> = rows.iter().map(|row| row.group[0].1.clone()).collect();
        owners.dedup();
        for owner in owners {
            let shares = rows.iter().filter(|row| row.group[0].1 == owner);
            let whole: Exact = shares.map(|row| row.value.clone().unwrap().parse::<Exact>().unwrap()).sum();
            // Thirds are written with 18 digits.
            prop_assert!((whole - Exact::one()).abs() < Exact::from_scaled(1, 17));
        }
    }

    #[test]
    fn a_later_event_changes_no_earlier_answer(deals in deals(), kpi in 0..ADDITIVE.len()) {
        let before = as_of(asked(&[ADDITIVE[kpi]]), "2017-02-27");
        let late = |deal: &&Deal| deal.created > "2017-02-27";
        let known: Vec<Deal> = deals
            .iter()
            .filter(|deal| !late(deal))
            .map(|deal| Deal {
                closed: deal.closed.filter(|closed| *closed <= "2017-02-27"),
                reopened: None,
                ..deal.clone()
            })
            .collect();
        prop_assert_eq!(value(&fixture(&deals), &before), value(&fixture(&known), &before));
    }
}
