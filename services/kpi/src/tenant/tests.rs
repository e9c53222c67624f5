//! Logs for tests, what a state says of itself, and what it must say.

mod answered;
mod customers;
mod people;
mod plans;
pub(crate) mod replay;
mod stages;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bellwether_contracts::convert::{instant_to_proto, kind_to_proto, record_to_proto, settings_to_proto};
use bellwether_contracts::ingestion::{Change, Tombstone, change::Payload};
use bellwether_domain::record::{Body, Opportunity, Record, StageChange};
use bellwether_domain::settings::{Pipeline, Settings, Stage, StageClass};
use bellwether_domain::{Instant, Money, RecordKind, When, Zone};

use super::*;
use crate::table::{MORSEL_ROWS, Slice};

/// A log that grows.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) changes: Vec<Change>,
}

/// The instant `n` hours after 2017-01-01.
pub(crate) fn hour(n: i64) -> Instant {
    Instant::from_micros((17_167 * 24 + n) * 3_600_000_000)
}

impl Log {
    pub(crate) fn put(&mut self, kind: RecordKind, id: &str, key: (Instant, u64), payload: Payload) {
        let seq = self.changes.len() as u64 + 1;
        self.changes.push(Change {
            seq,
            kind: kind_to_proto(kind).into(),
            id: id.to_owned(),
            prev_seq: 0,
            effective_at: Some(instant_to_proto(key.0)),
            recorded_at: Some(instant_to_proto(hour(100_000 + i64::try_from(seq).unwrap()))),
            source_version: key.1,
            payload: Some(payload),
        });
    }

    pub(crate) fn record(&mut self, id: &str, key: (Instant, u64), body: Body) {
        let record = Record {
            id: id.to_owned(),
            effective_at: Some(key.0),
            source_version: key.1,
            attributes: BTreeMap::new(),
            body,
        };
        self.put(record.kind(), id, key, Payload::Record(record_to_proto(&record)));
    }

    pub(crate) fn deal(&mut self, id: &str, key: (Instant, u64), deal: Opportunity) {
        self.record(id, key, Body::Opportunity(Box::new(deal)));
    }

    pub(crate) fn tombstone(&mut self, kind: RecordKind, id: &str, key: (Instant, u64)) {
        self.put(kind, id, key, Payload::Tombstone(Tombstone::default()));
    }

    pub(crate) fn merge(&mut self, kind: RecordKind, loser: &str, survivor: &str, key: (Instant, u64)) {
        let merged_into = survivor.to_owned();
        self.put(kind, loser, key, Payload::Tombstone(Tombstone { merged_into }));
    }

    pub(crate) fn settings(&mut self, settings: &Settings) {
        let at = hour(100_000 + self.changes.len() as i64);
        let payload = Payload::Settings(settings_to_proto(settings));
        self.put(RecordKind::Settings, "settings", (at, 0), payload);
    }

    pub(crate) fn inputs(&self) -> Vec<Input> {
        self.changes
            .iter()
            .map(|change| Input::read(change).unwrap())
            .collect()
    }

    /// The state after the first `seq` changes, from nothing.
    pub(crate) fn replay(&self, seq: usize) -> TenantFacts {
        let mut facts = TenantFacts::of_epoch(1);
        for change in &self.changes[..seq] {
            facts.apply(&Input::read(change).unwrap()).unwrap();
        }
        facts
    }
}

/// Settings with a pipeline in a zone.
pub(crate) fn settings(zone: &str, engaging_qualifies: bool) -> Settings {
    let stage = |name: &str, class, qualified| Stage {
        name: name.to_owned(),
        class,
        qualified,
        probability: None,
    };
    let stages = vec![
        stage("Prospecting", StageClass::Open, false),
        stage("Engaging", StageClass::Open, engaging_qualifies),
        stage("Signed", StageClass::Won, false),
        stage("Lost", StageClass::Lost, false),
    ];
    let pipelines = vec![Pipeline {
        id: "sales".to_owned(),
        stages,
    }];
    Settings {
        zone: Zone::named(zone).unwrap(),
        pipelines,
        ..Settings::default()
    }
}

/// A deal in a stage, created 2017-01-01.
pub(crate) fn deal(stage: &str, major: i64) -> Opportunity {
    Opportunity {
        stage: stage.to_owned(),
        owner_id: Some("anna".to_owned()),
        amount: Some(Money {
            minor: major * 100,
            currency: Currency::USD,
        }),
        created: Some("2017-01-01".parse().unwrap()),
        ..Opportunity::default()
    }
}

/// Everything that can be seen of a state as known at `seq`, one line a row, in order.
pub(crate) fn dump(facts: &TenantFacts, seq: u64) -> String {
    let mut lines = Vec::new();
    for table in Table::ALL {
        facts.scan(table, table.columns(), None, seq, &mut |morsel| {
            assert!(morsel.rows <= MORSEL_ROWS);
            for row in (0..morsel.rows).filter(|row| morsel.recorded.is_none_or(|known| known[*row])) {
                let mut line = table.name().to_owned();
                for (column, values) in table.columns().iter().zip(&morsel.columns) {
                    let value = match values {
                        Slice::I64(values) => values[row].to_string(),
                        Slice::I32(values) => values[row].to_string(),
                        Slice::U8(values) => values[row].to_string(),
                        Slice::Code(codes) => {
                            let crate::table::Storage::Code(dict) = column.storage() else {
                                unreachable!()
                            };
                            format!("{}:{}", codes[row], facts.dictionary(dict).name(codes[row]))
                        }
                    };
                    write!(line, " {}={value}", column.name()).unwrap();
                }
                lines.push(line);
            }
        });
    }
    lines.sort_unstable();
    for dict in [Dict::Rep, Dict::Team, Dict::Account] {
        let names = facts.display_names(dict, seq);
        assert_eq!(names.len(), facts.dictionary(dict).len());
    }
    lines.push(format!(
        "{} {:?}",
        facts.settings_version(seq),
        facts.settings(seq)
    ));
    lines.push(people::shown(facts, seq));
    let rate = |day| facts.rate(Currency::from_code("EUR").unwrap(), Currency::USD, day, None, seq);
    lines.push(format!("{:?}", [17_166, 17_170, 17_180].map(rate)));
    lines.join("\n")
}

fn count(facts: &TenantFacts, table: Table, seq: u64) -> usize {
    dump(facts, seq)
        .lines()
        .filter(|line| line.starts_with(&format!("{} ", table.name())))
        .count()
}

#[test]
fn a_correction_changes_what_is_known_from_then_on_only() {
    let mut log = Log::default();
    log.settings(&settings("UTC", true));
    let won = |closed: &str| Opportunity {
        closed: Some(closed.parse().unwrap()),
        stage_history: vec![
            StageChange {
                at: "2017-01-01".parse().unwrap(),
                stage: "Engaging".to_owned(),
            },
            StageChange {
                at: "2017-03-01".parse().unwrap(),
                stage: "Signed".to_owned(),
            },
        ],
        ..deal("Signed", 100)
    };
    log.deal("d", (hour(0), 0), won("2017-03-01"));
    log.deal("d", (hour(0), 1), won("2017-02-27"));
    log.tombstone(RecordKind::Opportunity, "d", (hour(9000), 0));
    let facts = log.replay(4);
    let closed_on = |seq| {
        let mut days = Vec::new();
        facts.scan(Table::Closings, &[Column::Day], None, seq, &mut |morsel| {
            let Slice::I32(all) = morsel.columns[0] else {
                unreachable!()
            };
            let known = |row: &usize| morsel.recorded.is_none_or(|known| known[*row]);
            days.extend((0..morsel.rows).filter(known).map(|row| all[row]));
        });
        days
    };
    assert_eq!(
        [closed_on(1), closed_on(2), closed_on(3), closed_on(4)],
        [vec![], vec![17_226], vec![17_224], vec![]]
    );
    assert_eq!(
        (
            count(&facts, Table::CreatedDeals, 3),
            count(&facts, Table::CreatedDeals, 4)
        ),
        (1, 0)
    );
    assert_eq!(
        facts.store.table(Table::CreatedDeals).1.len(),
        2,
        "the creation is told of the other win, and taken back"
    );
}

#[test]
fn settings_move_instants_to_other_days_but_not_dates() {
    let mut log = Log::default();
    log.deal("date", (hour(0), 0), deal("Won", 1));
    let late = "2017-06-01T02:00:00Z".parse().unwrap();
    log.deal(
        "instant",
        (hour(0), 0),
        Opportunity {
            created: Some(When::At(late)),
            ..deal("Engaging", 1)
        },
    );
    log.settings(&settings("America/New_York", true));
    let facts = log.replay(3);
    let day = |id: &str, seq| {
        let id = format!("deal={}:{id} ", facts.dictionary(Dict::Deal).code(id).unwrap());
        let dump = dump(&facts, seq);
        let line = dump
            .lines()
            .find(|line| line.starts_with("created_deals") && line.contains(&id))
            .unwrap();
        line.split(' ')
            .find(|part| part.starts_with("day="))
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (day("date", 2), day("date", 3)),
        ("day=17167".into(), "day=17167".into())
    );
    assert_eq!(
        (day("instant", 2), day("instant", 3)),
        ("day=17318".into(), "day=17317".into())
    );
    assert_eq!((facts.settings_version(2), facts.settings_version(3)), (0, 3));
}

#[test]
fn the_log_gives_instants_and_sequence_numbers() {
    let mut log = Log::default();
    log.deal("a", (hour(0), 0), deal("Engaging", 1));
    log.deal("b", (hour(0), 0), deal("Engaging", 1));
    let facts = log.replay(2);
    assert_eq!((facts.recorded_at(0), facts.recorded_at(3)), (None, None));
    assert_eq!(facts.recorded_at(2), Some(hour(100_002)));
    let seqs = [100_000, 100_001, 100_002, 200_000].map(|n| facts.seq_at(hour(n)));
    assert_eq!(seqs, [0, 1, 2, 2]);
    assert_eq!(facts.position(), Position { epoch: 1, seq: 2 });
}

#[test]
fn a_gap_in_the_feed_is_refused_and_a_repeat_is_not_counted_twice() {
    let mut log = Log::default();
    for id in ["a", "b", "c"] {
        log.deal(id, (hour(0), 0), deal("Engaging", 1));
    }
    let inputs = log.inputs();
    let mut facts = TenantFacts::of_epoch(1);
    facts.apply(&inputs[0]).unwrap();
    facts.apply(&inputs[0]).unwrap();
    assert_eq!(count(&facts, Table::OpenDeals, 9), 1);
    assert!(facts.apply(&inputs[2]).is_err());
}

#[test]
fn parts_of_a_scan_hand_out_each_row_once() {
    let mut log = Log::default();
    for number in 0..(MORSEL_ROWS + 500) {
        log.deal(&format!("d{number}"), (hour(0), 0), deal("Engaging", 1));
    }
    let facts = log.replay(log.changes.len());
    let rows = |seq: usize, part| {
        let mut rows = 0;
        facts.scan_part(
            Table::OpenDeals,
            &[Column::Deal],
            None,
            seq as u64,
            part,
            &mut |morsel| {
                rows += morsel
                    .recorded
                    .map_or(morsel.rows, |known| known.iter().filter(|known| **known).count());
            },
        );
        rows
    };
    let parts: Vec<usize> = (0..3)
        .map(|index| rows(MORSEL_ROWS + 500, Part { index, of: 3 }))
        .collect();
    assert_eq!(parts, [MORSEL_ROWS, 500, 0]);
    assert_eq!(
        (rows(MORSEL_ROWS + 9, Part::WHOLE), rows(77, Part::WHOLE)),
        (MORSEL_ROWS + 9, 77)
    );
    let mut pruned = 0;
    facts.scan(Table::OpenDeals, &[], Some(0..=17_000), u64::MAX, &mut |_| {
        pruned += 1
    });
    assert_eq!(pruned, 0);
    let rows: usize = Table::ALL.iter().map(|table| facts.live_rows(*table)).sum();
    let per_row = facts.bytes() / rows;
    assert!(
        per_row <= 120,
        "{per_row} bytes a row, in columns that have just grown"
    );
}
