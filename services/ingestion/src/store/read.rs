//! Reading a tenant's log: records as they stand at a position, and changes in order.

use std::collections::HashMap;

use bellwether_contracts::convert::{instant_to_proto, kind_from_proto, kind_to_proto};
use bellwether_contracts::ingestion::{self, StoredRecord};
use bellwether_contracts::{ingestion::change::Payload, sales};
use bellwether_domain::{Error, Instant, Position, RecordKey, RecordKind, Result};
use bellwether_storage::{Database, Readers};
use prost::Message as _;

use super::entity::{change, head, tenant_head};
use super::{Scoped, unsigned};
use crate::log::current;

/// The most changes in one batch of the feed.
const FEED_ROWS: u64 = 1_000;
/// The most bytes in one batch of the feed, unless a single change is larger.
const FEED_BYTES: i64 = 1024 * 1024;

/// A tenant's log, as it stood when the reader was made. Changes are never altered, so reading goes on at leisure.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    db: Database,
    head: tenant_head::Model,
}

/// Some records of a kind, by id.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) records: Vec<StoredRecord>,
    /// The id to go on after; `None` when there is no more.
    pub(crate) next: Option<String>,
}

impl Reader {
    pub(super) fn new(db: Database, head: tenant_head::Model) -> Self {
        Self { db, head }
    }

    fn scope(&self) -> Scoped<'_, Readers> {
        Scoped::new(self.db.read(), self.head.tenant)
    }

    /// The log's last position.
    pub(crate) fn position(&self) -> Position {
        Position {
            epoch: unsigned(self.head.epoch),
            seq: unsigned(self.head.seq),
        }
    }

    /// When its last change was recorded.
    pub(crate) fn recorded_at(&self) -> Instant {
        Instant::from_micros(self.head.recorded_at)
    }

    /// The current version of a record.
    pub(crate) async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>> {
        let Some(head) = self.scope().head(key).await?.filter(|head| head.hash.is_some()) else {
            return Ok(None);
        };
        let change = self.scope().change(unsigned(head.seq)).await?;
        change.map(stored_record).transpose()
    }

    /// The id of the record that a record was merged into; `None` when it was not, or is there again.
    pub(crate) async fn survivor(&self, key: &RecordKey) -> Result<Option<String>> {
        let Some(head) = self.scope().head(key).await?.filter(|head| head.hash.is_none()) else {
            return Ok(None);
        };
        let seq = unsigned(head.seq);
        Ok(self.scope().survivors(&[seq]).await?.remove(&seq))
    }

    /// Up to `limit` records of a kind whose ids come after `after`, as they stood at `seq`.
    pub(crate) async fn list(&self, kind: RecordKind, seq: u64, after: &str, limit: usize) -> Result<Stored> {
        let mut seqs: Vec<u64> = Vec::with_capacity(limit);
        let mut after = after.to_owned();
        let mut more = true;
        while more && seqs.len() < limit {
            let missing = limit - seqs.len();
            let mut heads = self.scope().heads_after(kind, &after, missing as u64 + 1).await?;
            more = heads.len() > missing;
            heads.truncate(missing);
            if let Some(last) = heads.last() {
                after.clone_from(&last.id);
            }
            seqs.extend(self.at(seq, heads).await?);
        }
        let rows = self.scope().changes(&seqs).await?;
        let mut rows: HashMap<u64, change::Model> =
            rows.into_iter().map(|row| (unsigned(row.seq), row)).collect();
        let found = seqs.iter().filter_map(|seq| rows.remove(seq)).map(stored_record);
        Ok(Stored {
            records: found.collect::<Result<_>>()?,
            next: more.then_some(after),
        })
    }

    /// The changes that were current at `seq` of the records that stand at `heads` now, in the same order; records that
    /// were not there then are left out.
    async fn at(&self, seq: u64, heads: Vec<head::Model>) -> Result<Vec<u64>> {
        let moved = heads
            .iter()
            .map(|head| unsigned(head.last_seq))
            .filter(|last| *last > seq);
        let mut chains = self.scope().chains(&moved.collect::<Vec<_>>()).await?;
        let then = heads.into_iter().filter_map(|head| {
            if unsigned(head.last_seq) <= seq {
                return head.hash.is_some().then_some(unsigned(head.seq));
            }
            let chain = chains.remove(&head.id)?;
            let known = chain.into_iter().filter(|change| change.seq <= seq);
            current(known).map(|change| change.seq)
        });
        Ok(then.collect())
    }

    /// The next changes after a sequence number, in order and without gaps; none at the end of the log.
    pub(crate) async fn changes(&self, after: u64) -> Result<Vec<ingestion::Change>> {
        let sizes = self.scope().sizes(after, FEED_ROWS).await?;
        let mut bytes = 0;
        let within = sizes.iter().take_while(|(_, size)| {
            bytes += size;
            bytes <= FEED_BYTES
        });
        let Some((last, _)) = within.last().or(sizes.first()) else {
            return Ok(Vec::new());
        };
        let rows = self.scope().range(after, *last).await?;
        let gapless = rows
            .iter()
            .zip(after + 1..)
            .all(|(row, seq)| unsigned(row.seq) == seq);
        if !gapless {
            return Err(Error::internal(format!("the log has a gap after {after}")));
        }
        let gone = rows.iter().filter(|row| row.payload.is_none());
        let gone: Vec<u64> = gone.map(|row| unsigned(row.seq)).collect();
        let mut survivors = self.scope().survivors(&gone).await?;
        let change = |row: change::Model| {
            let survivor = survivors.remove(&unsigned(row.seq));
            feed_change(row, survivor)
        };
        rows.into_iter().map(change).collect()
    }
}

fn stored_record(row: change::Model) -> Result<StoredRecord> {
    Ok(StoredRecord {
        seq: unsigned(row.seq),
        effective_at: Some(instant_to_proto(Instant::from_micros(row.effective_at))),
        recorded_at: Some(instant_to_proto(Instant::from_micros(row.recorded_at))),
        record: Some(record_of(&row.payload.unwrap_or_default())?),
    })
}

fn feed_change(row: change::Model, survivor: Option<String>) -> Result<ingestion::Change> {
    let kind = kind_from_proto(row.kind).ok_or_else(|| damaged(row.seq))?;
    let payload = match (&row.payload, kind) {
        (None, _) => Payload::Tombstone(ingestion::Tombstone {
            merged_into: survivor.unwrap_or_default(),
        }),
        (Some(bytes), RecordKind::Settings) => {
            let settings = ingestion::TenantSettings::decode(bytes.as_slice());
            Payload::Settings(settings.map_err(|_| damaged(row.seq))?)
        }
        (Some(bytes), _) => Payload::Record(record_of(bytes)?),
    };
    Ok(ingestion::Change {
        seq: unsigned(row.seq),
        kind: kind_to_proto(kind).into(),
        id: row.id,
        prev_seq: unsigned(row.prev_seq),
        effective_at: Some(instant_to_proto(Instant::from_micros(row.effective_at))),
        recorded_at: Some(instant_to_proto(Instant::from_micros(row.recorded_at))),
        source_version: unsigned(row.source_version),
        payload: Some(payload),
    })
}

fn record_of(payload: &[u8]) -> Result<sales::Record> {
    sales::Record::decode(payload).map_err(|_| Error::internal("a stored record cannot be read"))
}

fn damaged(seq: i64) -> Error {
    Error::internal(format!("change {seq} cannot be read"))
}
