//! The plan follows from the log alone: whatever arrives in which order, with restarts at any point, and as known at any
//! sequence number.

use bellwether_domain::record::{
    Goal, KpiDefinition, KpiStatus, Scorecard, ScorecardItem, Target, TargetShape, Thresholds,
};
use proptest::prelude::*;

use super::*;
use crate::checkpoint;

fn body(what: u8, says: u8) -> Body {
    match what {
        0 => Body::KpiDefinition(Box::new(KpiDefinition {
            definition: format!("name: {}", says % 3),
            status: [KpiStatus::Draft, KpiStatus::Certified, KpiStatus::Deprecated][usize::from(says % 3)],
            ..KpiDefinition::default()
        })),
        1 => Body::Target(Box::new(Target {
            kpi: "win_rate".to_owned(),
            holder: BTreeMap::new(),
            period_start: "2017-01-01".parse().unwrap(),
            period_end: "2018-01-01".parse().unwrap(),
            goal: Goal::Value(format!("0.{}", says % 4)),
            shape: TargetShape::Linear,
            owner: None,
            thresholds: Thresholds::default(),
            note: None,
        })),
        _ => Body::Scorecard(Scorecard {
            name: format!("{}", says % 3),
            items: vec![ScorecardItem {
                kpi: "win_rate".to_owned(),
                weight: 1,
            }],
            filters: BTreeMap::new(),
            period: bellwether_domain::period::Grain::Month,
            owner: None,
            note: None,
        }),
    }
}

fn log(steps: &[(u8, u8, (i64, u64), u8)]) -> Log {
    let mut log = Log::default();
    for (what, id, (at, version), says) in steps {
        let (id, key) = (["a", "b"][usize::from(*id)], (hour(*at), *version));
        let kinds = [
            RecordKind::KpiDefinition,
            RecordKind::Target,
            RecordKind::Scorecard,
        ];
        if *says == 0 {
            log.tombstone(kinds[usize::from(*what)], id, key);
        } else {
            log.record(id, key, body(*what, *says));
        }
    }
    log
}

/// Everything that the plan says as known at `seq`.
fn told(facts: &TenantFacts, seq: u64) -> String {
    let plans = facts.plans(seq);
    let targets: Vec<_> = plans.targets().collect();
    let scorecards: Vec<_> = plans.scorecards().collect();
    let versions = ["a", "b"].map(|id| (plans.kpi_versions(id), plans.target_versions(id)));
    format!(
        "{:?} {targets:?} {scorecards:?} {versions:?}",
        plans.definitions()
    )
}

proptest! {
    #[test]
    fn a_replay_gives_the_plan_that_grew(
        steps in prop::collection::vec((0..3_u8, 0..2_u8, (0..6_i64, 0..2_u64), 0..8_u8), 1..24),
        restart in any::<prop::sample::Index>(),
    ) {
        let log = log(&steps);
        let folder = tempfile::tempdir().unwrap();
        let restart = restart.index(steps.len());
        let mut facts = TenantFacts::of_epoch(1);
        for (done, input) in log.inputs().iter().enumerate() {
            if done == restart {
                checkpoint::write(folder.path(), &facts).unwrap();
                facts = checkpoint::load(folder.path()).unwrap();
            }
            facts.apply(input).unwrap();
        }
        for seq in 0..=steps.len() {
            let fresh = log.replay(seq);
            prop_assert_eq!(told(&fresh, seq as u64), told(&facts, seq as u64), "as known at {}", seq);
            if seq == steps.len() {
                prop_assert_eq!(fresh.marks(), facts.marks());
            }
        }
    }
}

#[test]
fn definitions_leave_the_marks_of_facts_alone() {
    let mut log = Log::default();
    log.deal("d", (hour(0), 0), deal("Prospecting", 5));
    let before = log.replay(1).marks();
    log.record("fast_wins", (hour(1), 0), body(0, 1));
    let after = log.replay(2).marks();
    assert_eq!((before.defined.seq, after.defined.seq), (0, 2));
    let days = i32::MIN..=i32::MAX;
    for table in Table::ALL {
        assert_eq!(before.table(table, &days), after.table(table, &days));
    }
    assert_eq!(
        (after.reps, after.accounts, after.rates),
        (before.reps, before.accounts, before.rates)
    );
}
