//! The transaction that writes a group of requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bellwether_domain::{
    Error, ErrorCode, ErrorReason, Instant, Position, RecordKey, RecordKind, Result, TenantId,
};
use bellwether_storage::{Txn, WriteError, storage_error};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait};

use super::entity::tenant_head;
use super::settle::Trace;
use super::{Scoped, Store, life, locked_head, settings_at, signed, unsigned};
use crate::log::{ContentHash, Plan, Planner, Reply, Request, RequestName, Work, prepare_again};

/// Named requests and the replies that are kept of them.
type Kept = Vec<(RequestName, Vec<u8>)>;

/// What a group of requests wrote.
#[derive(Debug)]
pub(crate) struct Committed {
    /// One reply a request, in order.
    pub(crate) replies: Vec<Result<Reply>>,
    /// The log's last sequence number.
    pub(crate) seq: u64,
    /// When its last change was recorded.
    pub(crate) recorded_at: Instant,
    /// Whether any change was written.
    pub(crate) wrote: bool,
    /// Whether other settings hold than some request was checked with.
    pub(crate) settings_changed: bool,
    /// The epoch of the log.
    pub(crate) epoch: u64,
    /// What was written, where others write to the log too.
    pub(super) trace: Option<Trace>,
}

impl Store {
    /// Writes a group of requests in one transaction. After an error the first part is what would have been written;
    /// it counts only when the commit's outcome is unknown and the log turns out to hold it.
    pub(crate) async fn commit(
        &self,
        tenant: &TenantId,
        requests: Vec<Request>,
        now: Instant,
    ) -> (Option<Committed>, Option<WriteError>) {
        let kept = Arc::new(Mutex::new(None));
        let (tenant, keep) = (tenant.clone(), Arc::clone(&kept));
        let work = move |txn: Txn| async move {
            let committed = write(&*txn, &tenant, requests, now).await?;
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(committed);
            Ok(())
        };
        let failed = self.db.write(work).await.err();
        let committed: Option<Committed> = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(committed) = &committed {
            self.saw_epoch(committed.epoch);
        }
        (committed, failed)
    }
}

async fn write<C: ConnectionTrait>(
    txn: &C,
    tenant: &TenantId,
    mut requests: Vec<Request>,
    now: Instant,
) -> Result<Committed> {
    let head = locked_head(txn, tenant).await?;
    let new = head.is_none();
    let known = match head {
        Some(head) => head,
        None => unborn(tenant, life::current(txn).await?),
    };
    let scope = Scoped::new(txn, known.tenant);
    let given = given_replies(&scope, &requests).await?;
    let stale = read_again_if_stale(&scope, known.settings_seq, &mut requests).await?;
    let at = Position {
        epoch: unsigned(known.epoch),
        seq: unsigned(known.seq),
    };
    let recorded_at = Instant::from_micros(known.recorded_at);
    let mut planner = Planner::new(at, recorded_at, unsigned(known.settings_seq), now);
    look_up(&scope, &requests, &mut planner).await?;
    let (replies, kept) = answer(requests, given, &mut planner);
    let plan = planner.finish();
    let wrote = plan.seq != at.seq;
    let shared = txn.get_database_backend() == DbBackend::Postgres;
    let committed = Committed {
        replies,
        seq: plan.seq,
        recorded_at: plan.recorded_at,
        wrote,
        settings_changed: stale || plan.settings_seq != unsigned(known.settings_seq),
        epoch: at.epoch,
        trace: (shared && wrote).then(|| Trace::of(at.seq, &plan.changes, &kept)),
    };
    // Refusals do not make a tenant.
    if wrote || (!new && !kept.is_empty()) {
        store(txn, known, new, plan, kept).await?;
    }
    Ok(committed)
}

/// Plans each request that was not answered before; gives the replies, and those of named requests that are to be kept.
fn answer(
    requests: Vec<Request>,
    mut given: HashMap<String, (ContentHash, Vec<u8>)>,
    planner: &mut Planner,
) -> (Vec<Result<Reply>>, Kept) {
    let mut replies = Vec::with_capacity(requests.len());
    let mut kept: Kept = Vec::new();
    for request in requests {
        let reply = match request.name {
            None => planner.run(request.work),
            Some(name) => match given.get(&name.id) {
                Some((hash, reply)) if *hash == name.hash => Reply::decode(reply),
                Some(_) => Err(key_reused(&name.id)),
                None => planner.run(request.work).inspect(|reply| {
                    let bytes = reply.encode();
                    given.insert(name.id.clone(), (name.hash, bytes.clone()));
                    kept.push((name, bytes));
                }),
            },
        };
        replies.push(reply);
    }
    (replies, kept)
}

/// A tenant before its first write. No row has its number.
fn unborn(tenant: &TenantId, epoch: i64) -> tenant_head::Model {
    tenant_head::Model {
        tenant: 0,
        name: tenant.to_string(),
        seq: 0,
        recorded_at: i64::MIN,
        epoch,
        settings_seq: 0,
    }
}

async fn given_replies<C: ConnectionTrait>(
    scope: &Scoped<'_, C>,
    requests: &[Request],
) -> Result<HashMap<String, (ContentHash, Vec<u8>)>> {
    let names = requests.iter().filter_map(|request| request.name.as_ref());
    let names: Vec<&str> = names.map(|name| name.id.as_str()).collect();
    let mut given = HashMap::new();
    for row in scope.requests(&names).await? {
        let hash = ContentHash::try_from(row.hash.as_slice());
        let hash = hash.map_err(|_| Error::internal("a stored hash has a wrong length"))?;
        given.insert(row.key, (hash, row.reply));
    }
    Ok(given)
}

/// Checks records again that were checked with settings that hold no more; says whether there were any.
async fn read_again_if_stale<C: ConnectionTrait>(
    scope: &Scoped<'_, C>,
    settings_seq: i64,
    requests: &mut [Request],
) -> Result<bool> {
    let mut current = None;
    for request in requests {
        let Work::Upsert { records, .. } = &mut request.work else {
            continue;
        };
        if request.settings_seq == unsigned(settings_seq) {
            continue;
        }
        let settings = match &current {
            Some(settings) => settings,
            None => &*current.insert(settings_at(scope, settings_seq).await?.1),
        };
        let old = std::mem::take(records);
        *records = old
            .into_iter()
            .map(|record| prepare_again(record, settings))
            .collect();
    }
    Ok(current.is_some())
}

/// Tells the planner what the log knows of the records that are named.
async fn look_up<C: ConnectionTrait>(
    scope: &Scoped<'_, C>,
    requests: &[Request],
    planner: &mut Planner,
) -> Result<()> {
    let mut ids: HashMap<RecordKind, Vec<&str>> = HashMap::new();
    for key in requests.iter().flat_map(Request::keys) {
        ids.entry(key.kind).or_default().push(&key.id);
    }
    for (kind, mut ids) in ids {
        ids.sort_unstable();
        ids.dedup();
        for (key, head) in scope.heads(kind, &ids).await? {
            planner.know_head(key, head);
        }
    }
    look_up_merges(scope, requests, planner).await?;
    let explicit = requests.iter().flat_map(Request::explicit_versions);
    let wanted: Vec<_> = explicit
        .filter(|(key, version)| planner.must_know(key, *version))
        .collect();
    for ((key, version), payload) in scope.versions(&wanted).await? {
        planner.know_version(&key, version, &payload);
    }
    Ok(())
}

/// Tells the planner which of the records that are to be taken back were merged away before, and which were merged into
/// them.
async fn look_up_merges<C: ConnectionTrait>(
    scope: &Scoped<'_, C>,
    requests: &[Request],
    planner: &mut Planner,
) -> Result<()> {
    let mut keys: Vec<RecordKey> = requests.iter().flat_map(Request::taken).cloned().collect();
    let mut losers: HashMap<RecordKind, Vec<&str>> = HashMap::new();
    for key in requests.iter().flat_map(Request::losers) {
        losers.entry(key.kind).or_default().push(&key.id);
    }
    for (kind, ids) in losers {
        let followers = scope.followers(kind, &ids).await?;
        let ids: Vec<&str> = followers.iter().map(String::as_str).collect();
        for (key, head) in scope.heads(kind, &ids).await? {
            planner.know_head(key.clone(), head);
            keys.push(key);
        }
    }
    let gone: Vec<(u64, &RecordKey)> = keys
        .iter()
        .filter_map(|key| Some((planner.tombstone(key)?, key)))
        .collect();
    let seqs: Vec<u64> = gone.iter().map(|(seq, _)| *seq).collect();
    let survivors = scope.survivors(&seqs).await?;
    for (seq, key) in gone {
        if let Some(survivor) = survivors.get(&seq) {
            planner.know_merge(key, survivor);
        }
    }
    Ok(())
}

async fn store<C: ConnectionTrait>(
    txn: &C,
    known: tenant_head::Model,
    new: bool,
    plan: Plan,
    kept: Kept,
) -> Result<()> {
    let moved = tenant_head::ActiveModel {
        seq: Set(signed(plan.seq)),
        recorded_at: Set(plan.recorded_at.as_micros()),
        settings_seq: Set(signed(plan.settings_seq)),
        ..Default::default()
    };
    let tenant = if new {
        let born = tenant_head::ActiveModel {
            name: Set(known.name),
            epoch: Set(known.epoch),
            ..moved
        };
        let inserted = tenant_head::Entity::insert(born).exec(txn).await;
        inserted.map_err(storage_error)?.last_insert_id
    } else {
        if unsigned(known.seq) != plan.seq {
            let moved = tenant_head::ActiveModel {
                tenant: Set(known.tenant),
                ..moved
            };
            moved.update(txn).await.map_err(storage_error)?;
        }
        known.tenant
    };
    let scope = Scoped::new(txn, tenant);
    scope.insert_changes(plan.changes).await?;
    scope.insert_heads(plan.born).await?;
    scope.move_heads(plan.moved).await?;
    scope.insert_requests(kept).await
}

fn key_reused(id: &str) -> Error {
    Error::new(
        ErrorCode::AlreadyExists,
        ErrorReason::IdempotencyKeyReused,
        format!("request id `{id}` was used before for another request: give a new request a new id"),
    )
}
