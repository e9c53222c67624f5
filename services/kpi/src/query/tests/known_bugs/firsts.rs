//! The firsts (KPI rules, section 6) that are told by facts and questions; receipts, streams and scorecards have tests of
//! their own beside their services.

use proptest::prelude::*;

use super::*;
use crate::tenant::tests::replay::{log_of, step};

/// KPIs that need no rate of exchange that a random history may lack.
fn of_counts() -> Vec<&'static str> {
    let counts = catalogue().all().iter().filter(|kpi| {
        let rows = kpi.measures.iter().flat_map(|measure| measure.rows());
        rows.into_iter()
            .all(|rows| rows.scale != crate::catalogue::Scale::Money)
    });
    counts.map(|kpi| kpi.definition.id.as_str()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// 1: any KPI at valid time V as known at K: the same as from the first K changes alone.
    #[test]
    fn first_01_what_was_known_is_what_the_changes_up_to_then_say(
        steps in prop::collection::vec(step(), 1..60),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 3),
        day in 0..60_i32,
    ) {
        let log = log_of(&steps);
        let facts = log.replay(log.changes.len());
        let as_of = bellwether_domain::CivilDate::from_days(17_165 + day);
        let kpis = of_counts();
        prop_assert!(kpis.len() > 40);
        for cut in cuts {
            let seq = cut.index(log.changes.len() + 1);
            let fresh = log.replay(seq);
            for some in kpis.chunks(MOST_KPIS) {
                let ask = Ask {
                    from: Some("2017-01-03".parse().unwrap()),
                    as_of: Some(bellwether_domain::When::Day(as_of)),
                    ..asked(some)
                };
                let then = known(ask.clone(), seq as u64);
                let shown = |rows: Result<Vec<Row>>| {
                    let rows = rows.map_err(|error| error.message);
                    rows.map(|rows| rows.iter().map(|row| (text(row), row.n, row.missing)).collect::<Vec<_>>())
                };
                prop_assert_eq!(shown(answered(&facts, &then)), shown(answered(&fresh, &ask)), "{:?} at {}", some, seq);
            }
        }
    }
}

/// 7: a KPI changed since it was seen, by these edits. (Its laws: `restate/tests.rs`.)
#[test]
fn first_07_a_number_that_was_restated_names_its_edits() {
    use crate::restate::{EditKind, End, restate};
    let told = |version, major: &str| {
        let deal = sample::deal("a")
            .owner("ann")
            .created("2017-01-01")
            .qualified("2017-01-01");
        let deal = deal.won("2017-02-10", major).effective("2017-01-01T00:00:00Z");
        deal.version(version).record()
    };
    let mut company = Company::of([
        told(0, "100"),
        won("b", "ann", "2017-02-20", "50"),
        won("c", "ann", "2017-02-21", "5"),
    ]);
    let before = company.log.changes.len() as u64;
    let put_right = company.tell([told(1, "130")]);
    let deleted = company.delete(bellwether_domain::RecordKind::Opportunity, "c");
    let late = company.tell([won("d", "bob", "2017-02-28", "7")]);
    let facts = company.facts();
    let ask = ranged("bookings", "2017-02-01", "2017-03-01");
    let end = |seq| End {
        seq,
        as_of: "2017-04-01T00:00:00Z".parse().unwrap(),
        catalogue: catalogue(),
    };
    let found = restate(&facts, &ask, &[], (end(before), end(late)), 2).unwrap();
    let told: Vec<(String, String, EditKind, u64)> = found
        .records
        .iter()
        .map(|moved| {
            let edit = &moved.edits[0];
            let change = moved.change.as_ref().unwrap().to_exact_string();
            (moved.id.to_string(), change, edit.kind, edit.seq)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("a".into(), "30".into(), EditKind::Corrected, put_right),
            ("d".into(), "7".into(), EditKind::New, late),
            ("c".into(), "-5".into(), EditKind::Deleted, deleted),
        ]
    );
    assert_eq!(found.parts[0].value.as_ref().unwrap().to_exact_string(), "32");
}
