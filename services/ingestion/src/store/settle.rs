//! Whether a commit of unknown outcome took place.
//!
//! The answer is in the log. Where other processes write to it too, a change with the expected number and instant may be
//! theirs: there the whole group is compared, by a digest, and only once the tenant's head is locked, because a commit
//! whose connection broke may still be on its way.

use bellwether_domain::{Error, Result, TenantId};
use bellwether_storage::Txn;
use sea_orm::ConnectionTrait;

use super::commit::Committed;
use super::entity::{change, tenant_head};
use super::{Scoped, Store, locked_head, signed, tenant_head_of};
use crate::log::{Change, ContentHash, RequestName};

/// What a group wrote, to be found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    /// The log's last sequence number before the group.
    after: u64,
    digest: ContentHash,
    /// The requests whose replies were kept, by id.
    names: Vec<String>,
}

impl Trace {
    pub(super) fn of(after: u64, changes: &[Change], kept: &[(RequestName, Vec<u8>)]) -> Self {
        let mut digest = blake3::Hasher::new();
        for change in changes {
            let numbers = [
                signed(change.seq),
                change.key.kind.number().into(),
                signed(change.prev_seq),
                change.version.effective_at.as_micros(),
                change.recorded_at.as_micros(),
                signed(change.version.source_version),
                change.explicit.into(),
            ];
            add_change(&mut digest, numbers, &change.key.id, change.payload.as_deref());
        }
        let mut replies: Vec<(&str, &[u8])> = kept
            .iter()
            .map(|(name, reply)| (name.id.as_str(), reply.as_slice()))
            .collect();
        add_replies(&mut digest, &mut replies);
        Self {
            after,
            digest: first_half(&digest),
            names: replies.iter().map(|(id, _)| (*id).to_owned()).collect(),
        }
    }

    async fn is_there<C: ConnectionTrait>(&self, scope: &Scoped<'_, C>, last: u64) -> Result<bool> {
        let mut digest = blake3::Hasher::new();
        for row in scope.range(self.after, signed(last)).await? {
            add_row(&mut digest, &row);
        }
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let kept = scope.requests(&names).await?;
        let mut replies: Vec<(&str, &[u8])> = kept
            .iter()
            .map(|row| (row.key.as_str(), row.reply.as_slice()))
            .collect();
        add_replies(&mut digest, &mut replies);
        Ok(first_half(&digest) == self.digest)
    }
}

impl Store {
    /// Whether a commit of unknown outcome took place. Waits for whoever is writing to the tenant's log.
    ///
    /// # Errors
    /// As storage has it; then it is still not known.
    pub(crate) async fn holds(&self, tenant: &TenantId, committed: &Committed) -> Result<bool> {
        // What wrote nothing is done over again as well.
        if !committed.wrote {
            return Ok(false);
        }
        let (last, at) = (committed.seq, committed.recorded_at.as_micros());
        let Some(trace) = committed.trace.clone() else {
            let head = tenant_head_of(self.db.read(), tenant).await?;
            return holds_change(self.db.read(), head, last, at).await;
        };
        let tenant = tenant.clone();
        let look = move |txn: Txn| async move {
            let Some(head) = locked_head(&*txn, &tenant).await? else {
                return Ok(false);
            };
            trace.is_there(&Scoped::new(&*txn, head.tenant), last).await
        };
        self.db.write(look).await.map_err(Error::from)
    }
}

/// Whether a log that nobody else writes to has a change of an instant.
async fn holds_change<C: ConnectionTrait>(
    connection: &C,
    head: Option<tenant_head::Model>,
    seq: u64,
    recorded_at: i64,
) -> Result<bool> {
    let Some(head) = head else {
        return Ok(false);
    };
    let last = Scoped::new(connection, head.tenant).change(seq).await?;
    Ok(last.is_some_and(|change| change.recorded_at == recorded_at))
}

fn add_row(digest: &mut blake3::Hasher, row: &change::Model) {
    let numbers = [
        row.seq,
        row.kind.into(),
        row.prev_seq,
        row.effective_at,
        row.recorded_at,
        row.source_version,
        row.explicit_key.into(),
    ];
    add_change(digest, numbers, &row.id, row.payload.as_deref());
}

fn add_change(digest: &mut blake3::Hasher, numbers: [i64; 7], id: &str, payload: Option<&[u8]>) {
    for number in numbers {
        digest.update(&number.to_le_bytes());
    }
    add_bytes(digest, id.as_bytes());
    digest.update(&[payload.is_some().into()]);
    add_bytes(digest, payload.unwrap_or_default());
}

fn add_replies(digest: &mut blake3::Hasher, replies: &mut [(&str, &[u8])]) {
    replies.sort_unstable();
    for (id, reply) in replies {
        add_bytes(digest, id.as_bytes());
        add_bytes(digest, reply);
    }
}

fn add_bytes(digest: &mut blake3::Hasher, bytes: &[u8]) {
    digest.update(&(bytes.len() as u64).to_le_bytes());
    digest.update(bytes);
}

fn first_half(digest: &blake3::Hasher) -> ContentHash {
    let mut half = ContentHash::default();
    half.copy_from_slice(&digest.finalize().as_bytes()[..16]);
    half
}
