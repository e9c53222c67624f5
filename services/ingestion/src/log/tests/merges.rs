//! Merges on small histories, and on random ones.

use bellwether_contracts::ingestion::MergeRecordsResponse;
use bellwether_testkit::sample::account;

use super::*;

fn company(id: &str) -> RecordKey {
    RecordKey {
        kind: RecordKind::Account,
        id: id.to_owned(),
    }
}

fn put(log: &mut Log, id: &str, industry: &str) -> Written {
    let record = bellwether_contracts::convert::record_to_proto(&account(id, industry, "EU"));
    log.put(record)
}

fn merge(log: &mut Log, losers: &[&str], survivor: &str) -> bellwether_domain::Result<MergeRecordsResponse> {
    let work = Work::Merge {
        survivor: company(survivor),
        losers: losers.iter().map(|id| company(id)).collect(),
    };
    log.run(work).map(|reply| match reply {
        Reply::Merge(reply) => reply,
        other => panic!("{other:?}"),
    })
}

/// The record that the latest tombstone of a record names.
fn survivor<'a>(log: &'a Log, id: &str) -> Option<&'a str> {
    let head = log.heads.get(&company(id))?;
    log.changes[head.seq as usize - 1].merged_into.as_deref()
}

#[test]
fn losers_name_the_survivor_and_those_merged_before_follow() {
    let mut log = Log::default();
    for id in ["a", "b", "c", "d"] {
        put(&mut log, id, "retail");
    }
    let reply = merge(&mut log, &["b", "a"], "c").unwrap();
    assert_eq!((reply.seqs, reply.followers), (vec![5, 6], 0));
    let reply = merge(&mut log, &["c"], "d").unwrap();
    assert_eq!((reply.seqs, reply.followers, log.changes.len()), (vec![7], 2, 9));
    for id in ["a", "b", "c"] {
        assert_eq!(survivor(&log, id), Some("d"));
    }
    let chain: Vec<(u64, &str, u64)> = log.changes[4..]
        .iter()
        .map(|change| (change.seq, change.key.id.as_str(), change.prev_seq))
        .collect();
    assert_eq!(
        chain,
        [(5, "b", 2), (6, "a", 1), (7, "c", 3), (8, "a", 6), (9, "b", 5)]
    );
    assert_eq!(log.replayed(), log.kept());
}

#[test]
fn what_is_not_there_is_merged_with_nothing() {
    let mut log = Log::default();
    put(&mut log, "a", "retail");
    put(&mut log, "b", "retail");
    merge(&mut log, &["a"], "b").unwrap();
    let refused = merge(&mut log, &["x", "b", "a"], "a").unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
    let told: Vec<String> = refused.violations.iter().map(ToString::to_string).collect();
    let expected = [
        "survivor_id: there is no account `a` any more: it was merged into account `b`",
        "loser_ids[0]: there is no account `x`",
        "loser_ids[2]: there is no account `a` any more: it was merged into account `b`",
    ];
    assert_eq!(told, expected);
    assert!(merge(&mut log, &["b"], "a").is_err(), "a circle");
    assert_eq!(log.changes.len(), 3);
    let deleted = log
        .run(Work::Delete {
            key: company("a"),
            expected: None,
        })
        .unwrap_err();
    assert!(deleted.message.contains("merged into account `b`"), "{deleted}");
}

#[test]
fn a_loser_that_is_written_again_is_there_again_and_follows_nobody() {
    let mut log = Log::default();
    for id in ["a", "b", "c"] {
        put(&mut log, id, "retail");
    }
    merge(&mut log, &["a"], "b").unwrap();
    assert_eq!(put(&mut log, "a", "retail"), Written::Created { seq: 5 });
    assert_eq!(merge(&mut log, &["b"], "c").unwrap().followers, 0);
    assert_eq!((survivor(&log, "a"), survivor(&log, "b")), (None, Some("c")));
    assert_eq!(merge(&mut log, &["c"], "a").unwrap().followers, 1);
    assert_eq!((survivor(&log, "b"), survivor(&log, "c")), (Some("a"), Some("a")));
}

#[test]
fn merges_of_one_group_see_each_other() {
    let mut log = Log::default();
    for id in ["a", "b", "c"] {
        put(&mut log, id, "retail");
    }
    let work = |loser: &str, survivor: &str| Work::Merge {
        survivor: company(survivor),
        losers: vec![company(loser)],
    };
    let replies = log.run_all(vec![work("a", "b"), work("b", "a"), work("b", "c")]);
    let done: Vec<bool> = replies.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, false, true]);
    assert_eq!((survivor(&log, "a"), survivor(&log, "b")), (Some("c"), Some("c")));
    let Ok(reply) = &replies[2] else { panic!() };
    assert_eq!(Reply::decode(&reply.encode()).unwrap(), *reply);
}

proptest! {
    /// Whatever is written, deleted and merged: no record names a survivor that was merged away itself, and the heads are
    /// what the log itself tells.
    #[test]
    fn no_survivor_was_merged_away(steps in prop::collection::vec((0..5_u8, 0..5_u8, 0..5_u8), 1..40)) {
        let mut log = Log::default();
        let name = |number: u8| format!("c{number}");
        for (what, one, other) in steps {
            let before = log.changes.len();
            match what {
                0 => {
                    log.run(Work::Delete { key: company(&name(one)), expected: None }).ok();
                }
                1 | 2 => {
                    put(&mut log, &name(one), &name(other));
                }
                _ if one != other => {
                    let refused = merge(&mut log, &[&name(one)], &name(other)).is_err();
                    prop_assert!(!refused || log.changes.len() == before);
                }
                _ => {}
            }
            for number in 0..5 {
                if let Some(into) = survivor(&log, &name(number)) {
                    prop_assert_eq!(survivor(&log, into), None, "c{} names {}", number, into);
                }
            }
        }
        prop_assert_eq!(log.replayed(), log.kept());
    }
}
