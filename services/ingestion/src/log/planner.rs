//! Decides what a group of requests writes, given the heads of the records that they name.

use std::collections::{BTreeSet, HashMap};

use bellwether_contracts::convert::position_to_proto;
use bellwether_contracts::ingestion::{
    self, DeleteRecordResponse, UpdateSettingsResponse, UpsertOutcome, UpsertRecordsResponse, UpsertResult,
};
use bellwether_domain::{Error, ErrorCode, ErrorReason, Instant, Position, RecordKey, Result};
use prost::Message as _;

use super::reply::violation_to_proto;
use super::{
    Change, ContentHash, Fit, Prepared, Reply, VersionKey, Work, content_hash, etag, read_etag, settings_key,
};

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The change that holds the current version, or the tombstone.
    pub(crate) seq: u64,
    /// The record's latest change.
    pub(crate) last_seq: u64,
    /// The content of the current version; `None` when it is a tombstone.
    pub(crate) hash: Option<ContentHash>,
    /// The key of the current version.
    pub(crate) version: VersionKey,
}

/// A record within a group of requests.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) head: Option<Head>,
    /// Contents of versions below the current one; of equal keys the last counts.
    known: Vec<(VersionKey, ContentHash)>,
    /// Whether it stood anywhere before this group.
    stood: bool,
    written: bool,
    /// The survivor, where the head is the tombstone of a merge.
    pub(super) merged_into: Option<String>,
}

impl Slot {
    /// The content of the latest change with a key.
    fn content_at(&self, version: VersionKey) -> Option<ContentHash> {
        let head = self.head?;
        if head.version == version {
            return head.hash;
        }
        let known = self.known.iter().rev().find(|(known, _)| *known == version);
        known.map(|(_, hash)| *hash)
    }
}

/// What a change says, before it has a place in the log.
pub(super) struct Content {
    explicit: Option<VersionKey>,
    created: Option<Instant>,
    source_version: u64,
    /// `None` = a tombstone, as is a missing payload.
    hash: Option<ContentHash>,
    payload: Option<Vec<u8>>,
    /// Of a tombstone: the record that answers for it.
    merged_into: Option<String>,
}

impl Content {
    /// The end of a record, and who answers for it from then on.
    pub(super) fn tombstone(merged_into: Option<String>) -> Self {
        Self {
            explicit: None,
            created: None,
            source_version: 0,
            hash: None,
            payload: None,
            merged_into,
        }
    }

    /// The log's own name for a version that the source did not name: after the current one, so that what was
    /// recorded last is current.
    fn assigned(&self, head: Option<Head>, recorded_at: Instant) -> VersionKey {
        let effective_at = match head {
            None => self.created.unwrap_or(recorded_at),
            Some(head) => {
                let next = head.version.effective_at.as_micros().saturating_add(1);
                recorded_at.max(Instant::from_micros(next))
            }
        };
        VersionKey {
            effective_at,
            source_version: self.source_version,
        }
    }
}

/// What a group of requests writes.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The changes, in order.
    pub(crate) changes: Vec<Change>,
    /// The heads of records that had none.
    pub(crate) born: Vec<(RecordKey, Head)>,
    /// The heads that moved.
    pub(crate) moved: Vec<(RecordKey, Head)>,
    /// The log's last sequence number afterwards.
    pub(crate) seq: u64,
    /// When the last change was recorded.
    pub(crate) recorded_at: Instant,
    /// The change that holds the settings; 0 = none.
    pub(crate) settings_seq: u64,
}

/// Plans requests one after the other; each sees what those before it wrote.
#[derive(Debug)]
pub(crate) struct Planner {
    epoch: u64,
    now: Instant,
    pub(super) slots: HashMap<RecordKey, Slot>,
    /// Records that may have been merged into another, by that one.
    pub(super) followers: HashMap<RecordKey, BTreeSet<RecordKey>>,
    plan: Plan,
}

impl Planner {
    /// A planner over a log that stands at `seq`, whose last change was recorded at `recorded_at`.
    pub(crate) fn new(at: Position, recorded_at: Instant, settings_seq: u64, now: Instant) -> Self {
        Self {
            epoch: at.epoch,
            now,
            slots: HashMap::new(),
            followers: HashMap::new(),
            plan: Plan {
                seq: at.seq,
                recorded_at,
                settings_seq,
                changes: Vec::new(),
                born: Vec::new(),
                moved: Vec::new(),
            },
        }
    }

    /// Tells where a record stands. Records that nothing is told of are new.
    pub(crate) fn know_head(&mut self, key: RecordKey, head: Head) {
        let slot = self.slots.entry(key).or_default();
        slot.head = Some(head);
        slot.stood = true;
    }

    /// Tells the latest content of a version below the current one.
    pub(crate) fn know_version(&mut self, key: &RecordKey, version: VersionKey, payload: &[u8]) {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.known.push((version, content_hash(payload)));
        }
    }

    /// The change that took a record back; `None` when it is there, or nothing was told of it.
    pub(crate) fn tombstone(&self, key: &RecordKey) -> Option<u64> {
        let head = self.slots.get(key)?.head?;
        head.hash.is_none().then_some(head.seq)
    }

    /// Whether the content of a version must be told before a record with that key is planned: it may stand below the
    /// current one.
    pub(crate) fn must_know(&self, key: &RecordKey, version: VersionKey) -> bool {
        let head = self.slots.get(key).and_then(|slot| slot.head);
        head.is_some_and(|head| version < head.version)
    }

    /// The position after everything planned so far.
    pub(super) fn position(&self) -> Position {
        Position {
            epoch: self.epoch,
            seq: self.plan.seq,
        }
    }

    /// Plans one request.
    ///
    /// # Errors
    /// `NOT_FOUND` for the deletion or merge of a record that is not there, `ABORTED` for settings that changed meanwhile
    /// and for a record that does not stand where it is expected; such
    /// a request writes nothing.
    pub(crate) fn run(&mut self, work: Work) -> Result<Reply> {
        match work {
            Work::Upsert {
                records,
                all_or_nothing,
                expected,
            } => {
                if let Some(fit) = records.iter().find_map(|one| one.verdict.as_ref().ok()) {
                    self.expect(&fit.key, expected)?;
                }
                Ok(Reply::Upsert(self.upsert(records, all_or_nothing)))
            }
            Work::Delete { key, expected } => self.delete(key, expected).map(Reply::Delete),
            Work::Merge { survivor, losers } => self.merge(&survivor, losers).map(Reply::Merge),
            Work::Settings { settings, etag } => {
                self.settings(settings, etag.as_deref()).map(Reply::Settings)
            }
        }
    }

    /// What is to be written.
    pub(crate) fn finish(self) -> Plan {
        let mut plan = self.plan;
        for (key, slot) in self.slots.into_iter().filter(|(_, slot)| slot.written) {
            let heads = if slot.stood {
                &mut plan.moved
            } else {
                &mut plan.born
            };
            heads.extend(slot.head.map(|head| (key, head)));
        }
        // Neighbours in the table are written together.
        plan.born.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        plan.moved.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        plan
    }

    /// Refuses a record that does not stand any more as its editor read it.
    fn expect(&self, key: &RecordKey, expected: Option<u64>) -> Result<()> {
        let Some(expected) = expected else {
            return Ok(());
        };
        let head = self.slots.get(key).and_then(|slot| slot.head);
        let current = head.filter(|head| head.hash.is_some()).map_or(0, |head| head.seq);
        if current == expected {
            return Ok(());
        }
        let message = match (expected, current) {
            (0, _) => format!("there is a {key} already"),
            (_, 0) => format!("there is no {key} any more"),
            _ => format!("{key} was changed meanwhile: read it again and repeat the change"),
        };
        Err(Error::new(ErrorCode::Aborted, ErrorReason::EditConflict, message))
    }

    fn upsert(&mut self, records: Vec<Prepared>, all_or_nothing: bool) -> UpsertRecordsResponse {
        let none = all_or_nothing && records.iter().any(|record| record.verdict.is_err());
        let results = records
            .into_iter()
            .map(|record| match record.verdict {
                Err(violations) => UpsertResult {
                    outcome: UpsertOutcome::Rejected.into(),
                    seq: 0,
                    violations: violations.into_iter().map(violation_to_proto).collect(),
                },
                Ok(_) if none => result(UpsertOutcome::NotWritten, 0),
                Ok(fit) => {
                    let (outcome, seq) = self.upsert_one(fit, record.payload);
                    result(outcome, seq)
                }
            })
            .collect();
        UpsertRecordsResponse {
            position: Some(position_to_proto(self.position())),
            results,
        }
    }

    fn upsert_one(&mut self, fit: Fit, payload: Vec<u8>) -> (UpsertOutcome, u64) {
        let slot = self.slots.get(&fit.key);
        let head = slot.and_then(|slot| slot.head);
        let explicit = fit.explicit_version();
        let of_same_key = explicit.and_then(|version| slot?.content_at(version));
        let compared = of_same_key.or(head.and_then(|head| head.hash));
        if let Some(head) = head
            && compared == Some(fit.hash)
        {
            return (UpsertOutcome::Unchanged, head.seq);
        }
        let new = head
            .is_none_or(|head| head.hash.is_none() && explicit.is_none_or(|version| version >= head.version));
        let outcome = if new {
            UpsertOutcome::Created
        } else {
            UpsertOutcome::Changed
        };
        let content = Content {
            explicit,
            created: fit.created,
            source_version: fit.source_version,
            hash: Some(fit.hash),
            payload: Some(payload),
            merged_into: None,
        };
        (outcome, self.write(fit.key, content))
    }

    fn delete(&mut self, key: RecordKey, expected: Option<u64>) -> Result<DeleteRecordResponse> {
        if let Some(error) = self.missing(&key) {
            return Err(error);
        }
        self.expect(&key, expected)?;
        self.write(key, Content::tombstone(None));
        Ok(DeleteRecordResponse {
            position: Some(position_to_proto(self.position())),
        })
    }

    pub(super) fn write(&mut self, key: RecordKey, content: Content) -> u64 {
        let (seq, recorded_at) = self.next();
        let slot = self.slots.entry(key.clone()).or_default();
        let version = content
            .explicit
            .unwrap_or_else(|| content.assigned(slot.head, recorded_at));
        let prev_seq = slot.head.map_or(0, |head| head.last_seq);
        let (head, below) = match slot.head {
            Some(head) if version < head.version => (
                Head {
                    last_seq: seq,
                    ..head
                },
                Some((version, content.hash)),
            ),
            head => {
                let fresh = Head {
                    seq,
                    last_seq: seq,
                    hash: content.hash,
                    version,
                };
                slot.merged_into.clone_from(&content.merged_into);
                (fresh, head.map(|head| (head.version, head.hash)))
            }
        };
        slot.head = Some(head);
        slot.known
            .extend(below.and_then(|(version, hash)| Some((version, hash?))));
        slot.written = true;
        self.plan.changes.push(Change {
            seq,
            key,
            prev_seq,
            version,
            recorded_at,
            explicit: content.explicit.is_some(),
            payload: content.payload,
            merged_into: content.merged_into,
        });
        seq
    }

    fn settings(&mut self, settings: Prepared, expected: Option<&str>) -> Result<UpdateSettingsResponse> {
        let current = self.plan.settings_seq;
        if let Some(expected) = expected
            && read_etag(expected) != Some((self.epoch, current))
        {
            let message = format!(
                "the settings are of edition {} now: read them again and repeat the change",
                etag(self.epoch, current)
            );
            return Err(Error::new(
                ErrorCode::Aborted,
                ErrorReason::SettingsConflict,
                message,
            ));
        }
        let fit = settings
            .verdict
            .map_err(|violations| Error::violations(ErrorReason::InvalidSettings, violations))?;
        let message = ingestion::TenantSettings::decode(settings.payload.as_slice())
            .map_err(|_| Error::internal("settings that were just encoded cannot be read"))?;
        let (_, seq) = self.upsert_one(fit, settings.payload);
        self.plan.settings_seq = seq;
        Ok(UpdateSettingsResponse {
            settings: Some(message),
            etag: etag(self.epoch, seq),
            position: Some(position_to_proto(self.position())),
        })
    }

    /// The next sequence number, and an instant after the last one.
    fn next(&mut self) -> (u64, Instant) {
        let next = self.plan.recorded_at.as_micros().saturating_add(1);
        self.plan.seq += 1;
        self.plan.recorded_at = self.now.max(Instant::from_micros(next));
        (self.plan.seq, self.plan.recorded_at)
    }
}

fn result(outcome: UpsertOutcome, seq: u64) -> UpsertResult {
    UpsertResult {
        outcome: outcome.into(),
        seq,
        violations: Vec::new(),
    }
}

/// The answer about a record that is not there.
pub(crate) fn no_such_record(key: &RecordKey) -> Error {
    if *key == settings_key() {
        return Error::not_found(ErrorReason::RecordNotFound, "the tenant has declared no settings");
    }
    Error::not_found(ErrorReason::RecordNotFound, format!("there is no {key}"))
}
