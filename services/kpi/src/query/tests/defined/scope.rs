//! Whose rows a caller may see: an answer is that over only the records of those reps.

use bellwether_domain::{ErrorCode, ErrorReason};
use proptest::prelude::*;

use super::*;
use crate::scan::fixture::Deal;
use crate::tenant::Attribute;

/// Mia leads Ann and Bob, Bob leads Cy; Dee leads herself.
const REPORTS: [(&str, &str); 4] = [("Ann", "Mia"), ("Bob", "Mia"), ("Cy", "Bob"), ("Dee", "Dee")];
const REPS: [&str; 6] = ["Ann", "Bob", "Cy", "Dee", "Mia", ""];

fn own(rep: &str) -> Caller {
    Caller::Own(rep.to_owned())
}

fn subtree(rep: &str) -> Caller {
    Caller::Subtree(rep.to_owned())
}

fn seen(ask: &Ask, caller: Caller) -> Ask {
    Ask {
        caller,
        ..ask.clone()
    }
}

fn fixture(deals: &[Deal]) -> Fixture {
    let mut fixture = Fixture::new(deals);
    // All of them are known, also those without a deal.
    for rep in &REPS[..5] {
        fixture.attribute_from(Attribute::Region, rep, "2017-01-01", "North");
    }
    fixture.reports = REPORTS.to_vec();
    fixture
}

fn deals() -> impl Strategy<Value = Vec<Deal>> {
    let deal = (
        0..6_usize,
        0..3_usize,
        0..3_usize,
        0..4_usize,
        proptest::option::of(1..500_i64),
    )
        .prop_map(|(owner, account, day, outcome, amount)| {
            let outcome = ["won", "lost", "no_decision", ""][outcome];
            Deal {
                owner: REPS[owner],
                account: ["Acme", "Bolt", ""][account],
                closed: (!outcome.is_empty()).then_some(["2017-01-31", "2017-02-01", "2017-03-15"][day]),
                outcome,
                amount,
                ..Deal::OPEN
            }
        });
    proptest::collection::vec(deal, 0..40)
}

#[test]
fn a_rep_sees_own_rows_and_a_manager_those_of_the_subtree() {
    let deals: Vec<Deal> = REPS
        .iter()
        .zip([1, 2, 4, 8, 16, 32])
        .flat_map(|(owner, count)| {
            vec![
                Deal {
                    owner,
                    ..Deal::won("2017-02-01", 100)
                };
                count
            ]
        })
        .collect();
    let fixture = fixture(&deals);
    let count = |caller| value(&fixture, &seen(&asked(&["deals_won"]), caller)).0;
    assert_eq!(count(Caller::All), "63");
    assert_eq!(
        [own("Ann"), own("Mia"), own("Nobody"), own("")].map(count),
        ["1", "16", "0", "0"]
    );
    assert_eq!(
        [
            subtree("Mia"),
            subtree("Bob"),
            subtree("Cy"),
            subtree("Dee"),
            subtree("Nobody"),
            subtree("")
        ]
        .map(count),
        ["23", "6", "4", "8", "0", "0"]
    );
    // A filter cannot widen it, and a grouping shows no one else.
    let other = filtered(seen(&asked(&["deals_won"]), own("Ann")), "owner", "Bob");
    assert_eq!(value(&fixture, &other).0, "0");
    let grouped = by(seen(&asked(&["deals_won"]), subtree("Bob")), &["owner"]);
    assert_eq!(table(&fixture, &grouped), ["- Bob 2 2", "- Cy 4 4"]);
}

#[test]
fn equal_questions_of_callers_who_see_other_rows_are_other_questions() {
    let catalogue = Catalogue::built_in().unwrap();
    let fixture = fixture(&[]);
    let words = |caller| {
        let ask = seen(&asked(&["deals_won"]), caller);
        Question::new(&catalogue, &ask, fixture.settings(0), now()).unwrap()
    };
    let all = [Caller::All, own("Ann"), own("Bob"), subtree("Ann"), own("")].map(words);
    for (index, one) in all.iter().enumerate() {
        assert!(all[..index].iter().all(|other| other.words != one.words));
        // Who reports to whom matters only to managers.
        assert_eq!(one.reads.reps, index == 3);
    }
}

#[test]
fn what_belongs_to_nobody_is_only_for_those_who_see_all() {
    // Every table of this catalogue has owners; a tree of reps is what a caller without all rows needs.
    for kpi in Catalogue::built_in().unwrap().all() {
        let ask = seen(&asked(&[&kpi.definition.id]), own("Ann"));
        match tried(&fixture(&[]), &ask) {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(
                    (error.code, error.reason),
                    (ErrorCode::PermissionDenied, ErrorReason::ScopeMismatch)
                );
                assert!(error.message.contains(&kpi.definition.id), "{}", error.message);
            }
        }
    }
}

const KPIS: [&str; 7] = [
    "win_rate",
    "bookings",
    "open_deals",
    "pipeline_created",
    "median_deal_size",
    "sales_velocity",
    "loss_reason_mix",
];

const ACCOUNTS: &str = "
    unit: count
    formula: often + accounts / 2
    items: { what: accounts, measure: accounts }
    measures:
      - { name: accounts, table: closings, class: flow, aggregate: distinct, expression: account }
      - name: often
        class: nested
        per: account
        aggregate: count
        formula: n > 1
        measures:
          - { name: n, table: closings, class: flow, aggregate: count }
";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_answer_is_that_over_only_the_records_of_those_reps(
        deals in deals(), rep in 0..6_usize, tree in proptest::bool::ANY, grain in 0..Grain::ALL.len(),
    ) {
        let rep = REPS[rep];
        let reports_to = |owner: &str| {
            let mut at = owner;
            for _ in 0..4 {
                if at == rep {
                    return true;
                }
                at = REPORTS.iter().find(|(one, _)| *one == at).map_or("", |(_, manager)| manager);
            }
            at == rep
        };
        let caller = if tree { subtree(rep) } else { own(rep) };
        let visible = |deal: &&Deal| {
            !rep.is_empty() && if tree { reports_to(deal.owner) } else { deal.owner == rep }
        };
        let theirs: Vec<Deal> = deals.iter().filter(visible).cloned().collect();
        let (whole, only) = (fixture(&deals), fixture(&theirs));
        for kpi in KPIS {
            let ask = by(cut(ranged(kpi, "2017-01-01", "2017-06-01"), Grain::ALL[grain]), &["owner", "account"]);
            for ask in [asked(&[kpi]), ask] {
                prop_assert_eq!(table(&whole, &seen(&ask, caller.clone())), table(&only, &ask), "{}", kpi);
            }
        }
        let ask = spring();
        prop_assert_eq!(told(&whole, ACCOUNTS, &seen(&ask, caller.clone())), told(&only, ACCOUNTS, &ask));
    }
}
