//! The rules of the log on small histories, and on random ones.

use std::collections::{BTreeMap, HashMap};

use bellwether_contracts::sales;
use bellwether_domain::settings::Settings;
use bellwether_domain::{ErrorCode, ErrorReason, Instant, Position, RecordKey, Violation};
use bellwether_testkit::sample::deal;
use proptest::prelude::*;

use super::*;

mod merges;

const NOW: i64 = 1_500_000_000_000_000;

/// A log in memory: the planner with the heads and versions of what was written before.
#[derive(Default)]
struct Log {
    changes: Vec<Change>,
    heads: HashMap<RecordKey, Head>,
    settings_seq: u64,
}

impl Log {
    fn run(&mut self, work: Work) -> bellwether_domain::Result<Reply> {
        self.run_all(vec![work]).pop().unwrap()
    }

    fn run_all(&mut self, works: Vec<Work>) -> Vec<bellwether_domain::Result<Reply>> {
        let seq = self.changes.len() as u64;
        let last = self
            .changes
            .last()
            .map_or(Instant::MIN, |change| change.recorded_at);
        let now = Instant::from_micros(NOW + seq as i64 * 1_000_000);
        let mut planner = Planner::new(Position { epoch: 9, seq }, last, self.settings_seq, now);
        for (key, head) in &self.heads {
            planner.know_head(key.clone(), *head);
        }
        for change in self.changes.iter().filter(|change| change.explicit) {
            planner.know_version(&change.key, change.version, change.payload.as_deref().unwrap());
        }
        for change in &self.changes {
            if let Some(survivor) = &change.merged_into
                && planner.tombstone(&change.key) == Some(change.seq)
            {
                planner.know_merge(&change.key, survivor);
            }
        }
        let replies = works.into_iter().map(|work| planner.run(work)).collect();
        let plan = planner.finish();
        self.settings_seq = plan.settings_seq;
        self.changes.extend(plan.changes);
        self.heads.extend(plan.born.into_iter().chain(plan.moved));
        replies
    }

    fn upsert(&mut self, records: Vec<sales::Record>) -> Vec<Written> {
        let settings = Settings::default();
        let records = records
            .into_iter()
            .map(|record| prepare(record, &settings))
            .collect();
        let work = Work::Upsert {
            records,
            all_or_nothing: false,
            expected: None,
        };
        match self.run(work).unwrap() {
            Reply::Upsert(reply) => UpsertReply::from(reply).written,
            other => panic!("{other:?}"),
        }
    }

    fn put(&mut self, record: sales::Record) -> Written {
        self.upsert(vec![record]).pop().unwrap()
    }

    fn delete(&mut self, id: &str) -> bellwether_domain::Result<Reply> {
        self.run(Work::Delete {
            key: key(id),
            expected: None,
        })
    }

    /// The change that holds what a record says now.
    fn shown(&self, id: &str) -> Option<&Change> {
        let head = self.heads.get(&key(id)).filter(|head| head.hash.is_some())?;
        Some(&self.changes[head.seq as usize - 1])
    }

    /// The heads as the log itself tells them.
    fn replayed(&self) -> BTreeMap<String, Option<u64>> {
        let mut chains: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        for change in &self.changes {
            chains.entry(change.key.id.clone()).or_default().push(Version {
                seq: change.seq,
                version: change.version,
                tombstone: change.payload.is_none(),
            });
        }
        let current = |chain: Vec<Version>| super::current(chain).map(|change| change.seq);
        chains
            .into_iter()
            .map(|(id, chain)| (id, current(chain)))
            .collect()
    }

    fn kept(&self) -> BTreeMap<String, Option<u64>> {
        let shown = |head: &Head| head.hash.map(|_| head.seq);
        self.heads
            .iter()
            .map(|(key, head)| (key.id.clone(), shown(head)))
            .collect()
    }
}

fn key(id: &str) -> RecordKey {
    RecordKey {
        kind: RecordKind::Opportunity,
        id: id.to_owned(),
    }
}

fn amount(id: &str, major: u64) -> sales::Record {
    deal(id).amount(&major.to_string()).created("2017-01-02").proto()
}

fn at(id: &str, major: u64, effective: &str) -> sales::Record {
    deal(id)
        .amount(&major.to_string())
        .created("2017-01-02")
        .effective(effective)
        .proto()
}

#[test]
fn what_is_known_changes_nothing_and_a_b_a_ends_at_a() {
    let mut log = Log::default();
    assert_eq!(log.put(amount("d", 1)), Written::Created { seq: 1 });
    assert_eq!(log.put(amount("d", 1)), Written::Unchanged { seq: 1 });
    assert_eq!(log.put(amount("d", 2)), Written::Changed { seq: 2 });
    assert_eq!(log.put(amount("d", 1)), Written::Changed { seq: 3 });
    let seqs: Vec<(u64, u64)> = log
        .changes
        .iter()
        .map(|change| (change.seq, change.prev_seq))
        .collect();
    assert_eq!(seqs, [(1, 0), (2, 1), (3, 2)]);
    assert_eq!(log.shown("d").unwrap().seq, 3);
}

#[test]
fn the_first_version_holds_from_creation_later_ones_from_arrival() {
    let mut log = Log::default();
    log.upsert(vec![amount("d", 1), deal("undated").proto()]);
    log.put(amount("d", 2));
    let effective: Vec<String> = log
        .changes
        .iter()
        .map(|change| change.version.effective_at.to_string())
        .collect();
    let recorded: Vec<i64> = log
        .changes
        .iter()
        .map(|change| change.recorded_at.as_micros())
        .collect();
    assert_eq!(effective[0], "2017-01-02T00:00:00Z");
    assert_eq!(
        recorded,
        [NOW, NOW + 1, NOW + 2_000_000],
        "rises strictly though the clock stands still"
    );
    assert_eq!(log.changes[1].version.effective_at, log.changes[1].recorded_at);
    assert_eq!(log.changes[2].version.effective_at, log.changes[2].recorded_at);
}

#[test]
fn an_assigned_version_is_never_before_the_current_one() {
    let mut log = Log::default();
    log.put(at("d", 1, "2030-01-01T00:00:00Z"));
    assert_eq!(log.put(amount("d", 2)), Written::Changed { seq: 2 });
    assert_eq!(
        log.shown("d").unwrap().version.effective_at.to_string(),
        "2030-01-01T00:00:00.000001Z"
    );
}

#[test]
fn versions_with_keys_of_their_own_may_come_in_any_order() {
    let mut log = Log::default();
    log.put(at("d", 3, "2017-03-01T00:00:00Z"));
    assert_eq!(
        log.put(at("d", 2, "2017-02-01T00:00:00Z")),
        Written::Changed { seq: 2 }
    );
    assert_eq!(
        log.shown("d").unwrap().seq,
        1,
        "a late version does not become the current one"
    );
    assert_eq!(
        log.put(at("d", 2, "2017-02-01T00:00:00Z")),
        Written::Unchanged { seq: 1 }
    );
    assert_eq!(
        log.put(at("d", 5, "2017-02-01T00:00:00Z")),
        Written::Changed { seq: 3 }
    );
    assert_eq!(
        log.put(at("d", 2, "2017-02-01T00:00:00Z")),
        Written::Changed { seq: 4 },
        "A, B, A of one key"
    );
    assert_eq!(
        log.put(at("d", 4, "2017-03-01T00:00:00Z")),
        Written::Changed { seq: 5 }
    );
    assert_eq!(
        log.shown("d").unwrap().seq,
        5,
        "of equal keys the later change counts"
    );
    let higher = deal("d")
        .amount("9")
        .created("2017-01-02")
        .effective("2017-03-01T00:00:00Z")
        .version(1)
        .proto();
    assert_eq!(log.put(higher), Written::Changed { seq: 6 });
    assert_eq!(
        log.put(at("d", 4, "2017-03-01T00:00:00Z")),
        Written::Unchanged { seq: 6 }
    );
    assert_eq!(log.replayed(), log.kept());
}

#[test]
fn two_versions_in_one_batch_work_in_order() {
    let mut log = Log::default();
    let written = log.upsert(vec![
        amount("d", 1),
        amount("d", 2),
        amount("d", 2),
        amount("d", 1),
    ]);
    let expected = [
        Written::Created { seq: 1 },
        Written::Changed { seq: 2 },
        Written::Unchanged { seq: 2 },
        Written::Changed { seq: 3 },
    ];
    assert_eq!(written, expected);
    let written = log.upsert(vec![
        at("e", 1, "2017-05-01T00:00:00Z"),
        at("e", 2, "2017-04-01T00:00:00Z"),
        at("e", 2, "2017-04-01T00:00:00Z"),
        at("e", 1, "2017-05-01T00:00:00Z"),
    ]);
    let expected = [
        Written::Created { seq: 4 },
        Written::Changed { seq: 5 },
        Written::Unchanged { seq: 4 },
        Written::Unchanged { seq: 4 },
    ];
    assert_eq!(written, expected);
}

#[test]
fn a_deleted_record_comes_back_by_a_later_version_only() {
    let mut log = Log::default();
    assert_eq!(log.delete("d").unwrap_err().code, ErrorCode::NotFound);
    log.put(at("d", 1, "2030-01-01T00:00:00Z"));
    log.delete("d").unwrap();
    assert!(log.shown("d").is_none());
    assert_eq!(log.delete("d").unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(
        log.put(at("d", 1, "2030-01-01T00:00:00Z")),
        Written::Unchanged { seq: 2 },
        "a late replay"
    );
    assert_eq!(
        log.put(at("d", 7, "2017-01-05T00:00:00Z")),
        Written::Changed { seq: 3 }
    );
    assert!(
        log.shown("d").is_none(),
        "what was true before the deletion does not undo it"
    );
    assert_eq!(log.put(amount("d", 1)), Written::Created { seq: 4 });
    assert_eq!(log.shown("d").unwrap().seq, 4);
    assert_eq!(log.replayed(), log.kept());
}

#[test]
fn every_violation_is_told_and_all_or_nothing_writes_nothing() {
    let mut log = Log::default();
    let mut bad = amount("bad", 1);
    bad.source_version = u64::MAX;
    if let Some(sales::record::Body::Opportunity(body)) = &mut bad.body {
        body.stage.clear();
    }
    let records = || {
        [amount("good", 1), bad.clone()]
            .map(|record| prepare(record, &Settings::default()))
            .to_vec()
    };
    for all_or_nothing in [true, false] {
        let work = Work::Upsert {
            records: records(),
            all_or_nothing,
            expected: None,
        };
        let Reply::Upsert(reply) = log.run(work).unwrap() else {
            panic!()
        };
        let written = UpsertReply::from(reply).written;
        let first = if all_or_nothing {
            Written::NotWritten
        } else {
            Written::Created { seq: 1 }
        };
        assert_eq!(written[0], first);
        let Written::Rejected(violations) = &written[1] else {
            panic!("{written:?}")
        };
        let fields: Vec<&str> = violations
            .iter()
            .map(|one: &Violation| one.field.as_str())
            .collect();
        assert_eq!(fields, ["opportunity.stage", "source_version"]);
        assert_eq!(log.changes.len(), usize::from(!all_or_nothing));
    }
}

#[test]
fn settings_are_replaced_only_in_the_edition_that_was_read() {
    let mut log = Log::default();
    let put = |log: &mut Log, etag: Option<&str>, budget: &str| {
        let settings = Settings {
            constant_currency_budget: Some(budget.to_owned()),
            ..Settings::default()
        };
        let etag = etag.map(str::to_owned);
        log.run(Work::Settings {
            settings: prepare_settings(&settings),
            etag,
        })
    };
    let Reply::Settings(first) = put(&mut log, Some("9.0"), "a").unwrap() else {
        panic!()
    };
    assert_eq!(first.etag, "9.1");
    assert_eq!(
        put(&mut log, Some("9.0"), "b").unwrap_err().code,
        ErrorCode::Aborted
    );
    assert_eq!(
        put(&mut log, Some("?"), "b").unwrap_err().code,
        ErrorCode::Aborted
    );
    let Reply::Settings(same) = put(&mut log, None, "a").unwrap() else {
        panic!()
    };
    assert_eq!((same.etag.as_str(), log.changes.len()), ("9.1", 1));
    let Reply::Settings(second) = put(&mut log, Some("9.1"), "b").unwrap() else {
        panic!()
    };
    assert_eq!(second.etag, "9.2");
}

#[test]
fn a_record_is_written_where_it_stands_as_its_editor_read_it() {
    let mut log = Log::default();
    let put = |log: &mut Log, major: u64, expected: u64| {
        let records = vec![prepare(amount("d", major), &Settings::default())];
        let work = Work::Upsert {
            records,
            all_or_nothing: false,
            expected: Some(expected),
        };
        match log.run(work) {
            Ok(Reply::Upsert(reply)) => Ok(reply.results[0].seq),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err((error.code, error.reason)),
        }
    };
    let conflict = Err((ErrorCode::Aborted, ErrorReason::EditConflict));
    assert_eq!(put(&mut log, 1, 7), conflict, "there is none yet");
    assert_eq!(put(&mut log, 1, 0), Ok(1));
    assert_eq!(put(&mut log, 2, 0), conflict, "there is one already");
    assert_eq!(put(&mut log, 2, 1), Ok(2));
    assert_eq!(put(&mut log, 3, 1), conflict, "somebody else was first");
    assert_eq!(put(&mut log, 2, 2), Ok(2), "nothing new is no conflict");
    let key = RecordKey {
        kind: RecordKind::Opportunity,
        id: "d".to_owned(),
    };
    log.run(Work::Delete { key, expected: None }).unwrap();
    let records = vec![prepare(amount("d", 4), &Settings::default())];
    let work = Work::Upsert {
        records,
        all_or_nothing: false,
        expected: Some(0),
    };
    assert!(log.run(work).is_ok(), "one that was taken back is not there");
}

#[test]
fn a_reply_survives_being_kept() {
    let mut log = Log::default();
    let records = vec![prepare(amount("d", 1), &Settings::default())];
    let reply = log
        .run(Work::Upsert {
            records,
            all_or_nothing: true,
            expected: None,
        })
        .unwrap();
    assert_eq!(Reply::decode(&reply.encode()).unwrap(), reply);
    assert!(Reply::decode(&[]).is_err() && Reply::decode(&[7]).is_err());
}

/// A history of few records with few keys: id, effective day, source version, amount.
fn history() -> impl Strategy<Value = Vec<(u8, u8, u64, u64)>> {
    prop::collection::vec((0..3_u8, 1..5_u8, 0..2_u64, 0..3_u64), 1..24)
}

fn versions(history: &[(u8, u8, u64, u64)]) -> Vec<sales::Record> {
    let version = |(id, day, version, amount): &(u8, u8, u64, u64)| {
        deal(&format!("d{id}"))
            .amount(&amount.to_string())
            .effective(&format!("2017-01-0{day}T00:00:00Z"))
            .version(*version)
            .proto()
    };
    history.iter().map(version).collect()
}

fn said(log: &Log) -> BTreeMap<String, Option<Vec<u8>>> {
    let ids = log.heads.keys().map(|key| key.id.clone());
    ids.map(|id| {
        let payload = log.shown(&id).and_then(|change| change.payload.clone());
        (id, payload)
    })
    .collect()
}

proptest! {
    /// Keys of the source decide which version is current, not the order of arrival or how it is cut into batches.
    #[test]
    fn order_does_not_matter_but_between_equal_keys(history in history(), seed in any::<u64>(), cut in 1..6_usize) {
        let mut shuffled: Vec<(usize, (u8, u8, u64, u64))> = history.iter().copied().enumerate().collect();
        // A stable order of the keys' own making: versions of equal key keep theirs.
        shuffled.sort_by_key(|(_, (id, day, version, _))| {
            content_hash(format!("{seed} {id} {day} {version}").as_bytes())
        });
        let shuffled: Vec<_> = shuffled.into_iter().map(|(_, version)| version).collect();
        let (mut one, mut other) = (Log::default(), Log::default());
        for record in versions(&history) {
            one.put(record);
        }
        for batch in versions(&shuffled).chunks(cut) {
            other.upsert(batch.to_vec());
        }
        prop_assert_eq!(said(&one), said(&other));
        prop_assert_eq!(one.changes.len(), other.changes.len());
        prop_assert_eq!(one.replayed(), one.kept());
        prop_assert_eq!(other.replayed(), other.kept());
    }

    /// Whatever is written and deleted, the heads are what the log itself tells, and sending everything again in one
    /// batch twice in a row changes nothing the second time.
    #[test]
    fn the_log_tells_the_heads(
        steps in prop::collection::vec((0..3_u8, 0..4_u8, 1..4_u8, 0..3_u64), 1..30),
    ) {
        let mut log = Log::default();
        for (id, what, day, major) in &steps {
            let id = format!("d{id}");
            match what {
                0 => {
                    log.delete(&id).ok();
                }
                1 | 2 => {
                    log.put(amount(&id, *major));
                }
                _ => {
                    log.put(at(&id, *major, &format!("20{day}7-01-03T00:00:00Z")));
                }
            }
        }
        prop_assert_eq!(log.replayed(), log.kept());
        let gapless = log.changes.iter().zip(1..).all(|(change, seq)| change.seq == seq);
        let rising = log.changes.windows(2).all(|pair| pair[0].recorded_at < pair[1].recorded_at);
        prop_assert!(gapless && rising);
    }
}
