//! The one way to write: committers, one task a tenant and process, behind a handle that is cheap to clone.
//!
//! Records are read, checked and encoded by the caller's side before they queue. The committer gathers what has queued,
//! small interactive writes before bulk, and runs one transaction. A caller that goes away takes nothing with it: its
//! work is either dropped from the queue or runs to its commit.

mod committer;
mod meter;
mod queue;
mod tail;
mod tenants;

use std::sync::Arc;

use bellwether_contracts::{convert, ingestion, sales};
use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, ErrorReason, Position, RecordKey, Result, TenantId};
use bellwether_runtime::Host;
use tokio::sync::{oneshot, watch};

use crate::config::Config;
use crate::log::{self, Reply, Request, RequestName, UpsertReply, Work};
use crate::store::Store;
use queue::Job;
use tail::Tail;
use tenants::{Edition, Tenant, Tenants};

/// The most records that one batch may hold.
pub(crate) const MAX_BATCH: usize = 5_000;
/// The longest request id, in bytes.
const MAX_REQUEST_ID: usize = 128;
/// Batches above this many records are read and checked off the async threads.
const LARGE_BATCH: usize = 32;

/// Which queue a write stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for it: goes first.
    Interactive,
    /// Part of something long.
    Bulk,
}

/// Records to be written together.
#[derive(Debug, Clone)]
pub struct UpsertBatch {
    /// 1 to 5,000 records, written in this order.
    pub records: Vec<sales::Record>,
    /// Names the request within the tenant, at most 128 bytes: the same id and records give the first reply again.
    pub request_id: Option<String>,
    /// Write nothing when one record is refused.
    pub all_or_nothing: bool,
    /// Of a batch of one: the change that must hold the record's current version; 0 = there must be no such record.
    pub expected: Option<u64>,
    /// Which queue it stands in.
    pub priority: Priority,
}

/// A tenant's settings as they hold now.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrentSettings {
    /// The settings; the defaults when none were declared.
    pub settings: Settings,
    /// Whether the tenant declared them.
    pub declared: bool,
    /// Names this edition; another edition has another one.
    pub etag: String,
}

/// The handle to the committers.
#[derive(Debug, Clone)]
pub struct Writer {
    tenants: Arc<Tenants>,
}

impl Writer {
    pub(crate) fn new(store: Store, host: &Host, config: &Config) -> Self {
        let shared = store.is_shared();
        let tenants = Arc::new(Tenants::new(store, host, config));
        if shared {
            let tail = Tail {
                tenants: Arc::clone(&tenants),
                clock: Arc::clone(&host.clock),
                poll: config.tail_poll(),
                stop: host.shutdown.workers().clone(),
            };
            host.shutdown.spawn(tail.run());
        }
        Self { tenants }
    }

    /// Writes a batch of records. Makes the tenant if it is new.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for an empty or too large batch or a too long request id, `ALREADY_EXISTS` for a request id
    /// that was used with other records, `UNAVAILABLE` and `RESOURCE_EXHAUSTED` as storage has it. Records that break
    /// the rules are no error: they are [`Written::Rejected`](crate::Written::Rejected).
    pub async fn upsert(&self, tenant: &TenantId, batch: UpsertBatch) -> Result<UpsertReply> {
        self.upsert_records(tenant, batch).await.map(UpsertReply::from)
    }

    /// A tenant's settings as they hold now; the defaults for a tenant that declared none.
    ///
    /// # Errors
    /// As storage has it.
    pub async fn settings(&self, tenant: &TenantId) -> Result<CurrentSettings> {
        let (seq, settings) = self.tenants.store.settings(tenant).await?;
        Ok(CurrentSettings {
            settings,
            declared: seq > 0,
            etag: log::etag(self.tenants.store.epoch(), seq),
        })
    }

    /// Replaces a tenant's settings and gives the log's position after it. Makes the tenant if it is new.
    ///
    /// # Errors
    /// `ABORTED` when `etag` is of another edition than the one that holds, `ALREADY_EXISTS` for a request id that was
    /// used for something else, otherwise as storage has it.
    pub async fn put_settings(
        &self,
        tenant: &TenantId,
        settings: &Settings,
        etag: Option<String>,
        request_id: Option<String>,
    ) -> Result<(CurrentSettings, Position)> {
        let reply = self.update_settings(tenant, settings, etag, request_id).await?;
        let message = reply.settings.unwrap_or_default();
        let settings = convert::settings_from_proto(&message)
            .map_err(|violations| Error::violations(ErrorReason::Internal, violations))?;
        let position = reply.position.as_ref().map(convert::position_from_proto);
        let current = CurrentSettings {
            settings,
            declared: true,
            etag: reply.etag,
        };
        Ok((current, position.unwrap_or_default()))
    }

    pub(crate) async fn upsert_records(
        &self,
        tenant: &TenantId,
        batch: UpsertBatch,
    ) -> Result<ingestion::UpsertRecordsResponse> {
        if batch.records.is_empty() {
            let message = "is empty: give at least one record";
            return Err(Error::invalid(ErrorReason::InvalidField, "records", message));
        }
        if batch.records.len() > MAX_BATCH {
            let message = format!("holds {}: at most {MAX_BATCH} are allowed", batch.records.len());
            return Err(Error::invalid(ErrorReason::InvalidField, "records", message));
        }
        if batch.expected.is_some() && batch.records.len() != 1 {
            let message = "is of a request with one record: leave it out";
            return Err(Error::invalid(ErrorReason::InvalidField, "expected_seq", message));
        }
        let id = checked_id(batch.request_id)?;
        let tenant = self.tenants.tenant(tenant);
        let edition = self.tenants.edition(&tenant).await?;
        let UpsertBatch {
            records,
            all_or_nothing,
            expected,
            priority,
            ..
        } = batch;
        let terms = (all_or_nothing, expected);
        let large = records.len() > LARGE_BATCH;
        let request = move || upsert_request(records, id, terms, &edition);
        let request = if large {
            let read = tokio::task::spawn_blocking(request).await;
            read.map_err(|_| Error::internal("reading a batch of records failed"))?
        } else {
            request()
        };
        match self.submit(&tenant, request, priority).await? {
            Reply::Upsert(reply) => Ok(reply),
            Reply::Delete(_) | Reply::Settings(_) | Reply::Merge(_) => Err(foreign_reply()),
        }
    }

    pub(crate) async fn delete(
        &self,
        tenant: &TenantId,
        key: RecordKey,
        (expected, request_id): (Option<u64>, Option<String>),
    ) -> Result<ingestion::DeleteRecordResponse> {
        let hash = || content_of(&[b"delete", &key.kind.number().to_le_bytes(), key.id.as_bytes()]);
        let name = checked_id(request_id)?.map(|id| RequestName { id, hash: hash() });
        let request = Request {
            name,
            settings_seq: 0,
            work: Work::Delete { key, expected },
        };
        let tenant = self.tenants.tenant(tenant);
        match self.submit(&tenant, request, Priority::Interactive).await? {
            Reply::Delete(reply) => Ok(reply),
            Reply::Upsert(_) | Reply::Settings(_) | Reply::Merge(_) => Err(foreign_reply()),
        }
    }

    /// Merges records into another one of their kind.
    pub(crate) async fn merge(
        &self,
        tenant: &TenantId,
        survivor: RecordKey,
        losers: Vec<RecordKey>,
        request_id: Option<String>,
    ) -> Result<ingestion::MergeRecordsResponse> {
        let name = checked_id(request_id)?.map(|id| {
            let kind = survivor.kind.number().to_le_bytes();
            let mut parts: Vec<&[u8]> = vec![&b"merge"[..], &kind, survivor.id.as_bytes()];
            parts.extend(losers.iter().map(|loser| loser.id.as_bytes()));
            let hash = content_of(&parts);
            RequestName { id, hash }
        });
        let request = Request {
            name,
            settings_seq: 0,
            work: Work::Merge { survivor, losers },
        };
        let tenant = self.tenants.tenant(tenant);
        match self.submit(&tenant, request, Priority::Interactive).await? {
            Reply::Merge(reply) => Ok(reply),
            Reply::Upsert(_) | Reply::Delete(_) | Reply::Settings(_) => Err(foreign_reply()),
        }
    }

    pub(crate) async fn update_settings(
        &self,
        tenant: &TenantId,
        settings: &Settings,
        etag: Option<String>,
        request_id: Option<String>,
    ) -> Result<ingestion::UpdateSettingsResponse> {
        let settings = log::prepare_settings(settings);
        let expected = etag.as_deref().unwrap_or_default().as_bytes();
        let hash = || content_of(&[b"settings", &settings.payload, expected]);
        let name = checked_id(request_id)?.map(|id| RequestName { id, hash: hash() });
        let request = Request {
            name,
            settings_seq: 0,
            work: Work::Settings { settings, etag },
        };
        let tenant = self.tenants.tenant(tenant);
        match self.submit(&tenant, request, Priority::Interactive).await? {
            Reply::Settings(reply) => Ok(reply),
            Reply::Upsert(_) | Reply::Delete(_) | Reply::Merge(_) => Err(foreign_reply()),
        }
    }

    /// The last sequence number of a tenant that this process knows of; 0 before the first. Changes at each commit, and
    /// while somebody holds the receiver, soon after each commit of another process.
    pub(crate) fn watch(&self, tenant: &TenantId) -> watch::Receiver<u64> {
        self.tenants.tenant(tenant).head.subscribe()
    }

    /// Queues a request and waits for its reply. When this future is dropped the request is dropped with it, unless
    /// its transaction has begun; that one runs to its end.
    async fn submit(&self, tenant: &Arc<Tenant>, request: Request, priority: Priority) -> Result<Reply> {
        let (done, reply) = oneshot::channel();
        let queue = self.tenants.queue(tenant);
        let sent = queue.send(Job { request, done }, priority).await;
        sent.map_err(|_| stopped())?;
        reply.await.map_err(|_| stopped())?
    }
}

fn upsert_request(
    records: Vec<sales::Record>,
    id: Option<String>,
    (all_or_nothing, expected): (bool, Option<u64>),
    edition: &Edition,
) -> Request {
    let prepare = |record| log::prepare(record, &edition.settings);
    let records: Vec<_> = records.into_iter().map(prepare).collect();
    let hash = || {
        // What was expected to stand is no part of what is asked for: once it was done, it stands no more.
        let mut contents = Vec::with_capacity(records.len() * 16 + 16);
        contents.extend_from_slice(if all_or_nothing { b"upsert all" } else { b"upsert" });
        for record in &records {
            contents.extend_from_slice(&record.content());
        }
        log::content_hash(&contents)
    };
    Request {
        name: id.map(|id| RequestName { id, hash: hash() }),
        settings_seq: edition.seq,
        work: Work::Upsert {
            records,
            all_or_nothing,
            expected,
        },
    }
}

/// The hash of some parts; lengths keep ("ab", "c") and ("a", "bc") apart.
fn content_of(parts: &[&[u8]]) -> log::ContentHash {
    let mut whole = Vec::new();
    for part in parts {
        whole.extend_from_slice(&part.len().to_le_bytes());
        whole.extend_from_slice(part);
    }
    log::content_hash(&whole)
}

fn checked_id(id: Option<String>) -> Result<Option<String>> {
    let id = id.filter(|id| !id.is_empty());
    if id.as_ref().is_some_and(|id| id.contains('\0')) {
        let message = "holds a NUL character: no text that is stored may";
        return Err(Error::invalid(ErrorReason::InvalidField, "request_id", message));
    }
    if let Some(long) = id.as_ref().filter(|id| id.len() > MAX_REQUEST_ID) {
        let message = format!(
            "is {} bytes long: at most {MAX_REQUEST_ID} are allowed",
            long.len()
        );
        return Err(Error::invalid(ErrorReason::InvalidField, "request_id", message));
    }
    Ok(id)
}

fn stopped() -> Error {
    Error::unavailable(
        ErrorReason::ShuttingDown,
        "the server is shutting down: send it again later",
    )
}

fn foreign_reply() -> Error {
    Error::internal("the log answered another request than the one asked")
}
