//! Follows one tenant's log: load what was saved, take in what came since, save from time to time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bellwether_contracts::convert::{position_from_proto, position_to_proto};
use bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient;
use bellwether_contracts::ingestion::{Change, SubscribeRequest, SubscribeResponse};
use bellwether_contracts::status::from_status;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Position, Result, TenantId};
use bellwether_runtime::MAX_MESSAGE_BYTES;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::tenants::{Progress, Tenant, Tenants};
use crate::checkpoint;
use crate::config::Config;
use crate::tenant::{Input, TenantFacts};

/// The task that keeps a tenant's facts.
pub(super) struct Follower {
    pub(super) tenant: TenantId,
    pub(super) entry: Arc<Tenant>,
    pub(super) tenants: Tenants,
    pub(super) config: Config,
    pub(super) folder: PathBuf,
}

/// Why a session ended.
enum Broken {
    /// The feed: as before from where the facts stand, unless the log says that it cannot go on from there.
    Feed(Error),
    /// The facts: they are read anew.
    Facts(Error),
}

impl From<tonic::Status> for Broken {
    fn from(status: tonic::Status) -> Self {
        Self::Feed(from_status(&status))
    }
}

/// What the newest checkpoint holds, and when to look for the next.
struct Saved {
    seq: u64,
    next: Instant,
}

impl Follower {
    /// Until feeds are told to end; when calls have finished too, a last checkpoint.
    pub(super) async fn run(self) {
        let shutdown = self.tenants.shutdown().clone();
        let mut saved = Saved {
            seq: 0,
            next: Instant::now() + self.interval(),
        };
        let follow = async {
            saved.seq = self.load().await;
            let mut backoff = Backoff::new(self.tenant.as_str());
            loop {
                let before = self.entry.progress.borrow().at;
                if let Err(broken) = self.session(&mut saved).await {
                    self.recover(broken, &mut saved).await;
                }
                if self.entry.progress.borrow().at > before {
                    backoff.reset();
                }
                tokio::time::sleep(backoff.next()).await;
            }
        };
        shutdown.streams().run_until_cancelled(follow).await;
        shutdown.workers().cancelled().await;
        self.save(&mut saved).await;
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(self.config.checkpoint_interval_seconds.max(1))
    }

    /// Takes over the newest checkpoint, if it is of this life of the log and not ahead of it; its seq, or 0.
    async fn load(&self) -> u64 {
        let folder = self.folder.clone();
        let loaded = tokio::task::spawn_blocking(move || checkpoint::load(&folder)).await;
        let Some(facts) = loaded.ok().flatten() else {
            return 0;
        };
        let (at, head) = (facts.position(), self.entry.progress.borrow().start);
        if at.epoch != head.epoch || at.seq > head.seq {
            tracing::warn!(tenant = %self.tenant, checkpoint = %at, head = %head, "checkpoint is not of this log, left out");
            return 0;
        }
        self.put(facts);
        self.entry.progress.send_modify(|progress| progress.at = at);
        at.seq
    }

    /// Puts a state in place of another, whatever became of that one.
    fn put(&self, facts: TenantFacts) {
        let mut place = self
            .entry
            .facts
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *place = facts;
        drop(place);
        self.entry.facts.clear_poison();
    }

    /// One subscription, until it ends.
    async fn session(&self, saved: &mut Saved) -> Result<(), Broken> {
        let at = self.entry.progress.borrow().at;
        let channel = self.tenants.link().stream_channel();
        let mut client = ChangeFeedServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let after = (at.seq > 0).then(|| position_to_proto(at));
        let request = SubscribeRequest {
            tenant: self.tenant.to_string(),
            after,
        };
        let mut stream = client.subscribe(request).await?.into_inner();
        loop {
            let response = tokio::select! {
                response = stream.message() => response?,
                () = tokio::time::sleep_until(saved.next) => {
                    self.save(saved).await;
                    continue;
                }
            };
            let Some(response) = response else { return Ok(()) };
            self.take(response).await?;
            let since = self.entry.progress.borrow().at.seq.saturating_sub(saved.seq);
            if since >= self.config.checkpoint_changes.max(1).max(saved.seq / 4) {
                self.save(saved).await;
            }
        }
    }

    /// Takes in one message of the feed.
    async fn take(&self, response: SubscribeResponse) -> Result<(), Broken> {
        let head = response
            .head
            .as_ref()
            .map(position_from_proto)
            .unwrap_or_default();
        let at = self.entry.progress.borrow().at;
        if head.epoch != at.epoch && head.epoch != 0 {
            let message = format!("the log has begun a new life: it stands at {head}, the facts at {at}");
            let error = Error::new(ErrorCode::OutOfRange, ErrorReason::SnapshotRequired, message);
            return Err(Broken::Feed(error));
        }
        if response.changes.is_empty() {
            return Ok(());
        }
        let entry = Arc::clone(&self.entry);
        let applied = tokio::task::spawn_blocking(move || apply(&entry, &response.changes)).await;
        let panicked = |error| Error::internal(format!("a change could not be taken in: {error}"));
        applied
            .map_err(panicked)
            .and_then(|applied| applied)
            .map(|(at, bytes)| {
                self.tenants
                    .meter()
                    .note(self.tenant.as_str(), head.seq, at.seq, bytes)
            })
            .map_err(Broken::Facts)
    }

    /// After a failed session: the state is dropped where it cannot go on from where it stands.
    async fn recover(&self, broken: Broken, saved: &mut Saved) {
        let error = match broken {
            Broken::Feed(error) if error.reason != ErrorReason::SnapshotRequired => {
                tracing::warn!(tenant = %self.tenant, error = %error, "feed broke off, trying again");
                return;
            }
            Broken::Feed(error) | Broken::Facts(error) => error,
        };
        self.begin_anew(&error).await;
        saved.seq = 0;
    }

    /// Drops the state and what was saved of it.
    async fn begin_anew(&self, error: &Error) {
        // Without an answer the head of before: if the log has a new life, the next session finds out.
        let before = self.entry.progress.borrow().start;
        let head = self.tenants.head(&self.tenant).await.unwrap_or(before);
        tracing::warn!(tenant = %self.tenant, error = %error, head = %head, "facts are read anew from the beginning");
        self.put(TenantFacts::of_epoch(head.epoch));
        let at = Position {
            epoch: head.epoch,
            seq: 0,
        };
        self.entry.progress.send_replace(Progress { at, start: head });
        let folder = self.folder.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || checkpoint::forget(&folder)).await {
            tracing::warn!(tenant = %self.tenant, error = %error, "old checkpoints stay");
        }
    }

    /// Writes a checkpoint, if there is anything new. Nothing is taken in meanwhile, so readers are not held up.
    async fn save(&self, saved: &mut Saved) {
        saved.next = Instant::now() + self.interval();
        let (entry, folder, before) = (Arc::clone(&self.entry), self.folder.clone(), saved.seq);
        let write = move || {
            let facts = entry
                .facts
                .read()
                .map_err(|_| std::io::Error::other("the facts are damaged"))?;
            let seq = facts.position().seq;
            if seq > before {
                checkpoint::write(&folder, &facts)?;
            }
            Ok::<u64, std::io::Error>(seq)
        };
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(seq)) => saved.seq = seq,
            Ok(Err(error)) => {
                tracing::warn!(tenant = %self.tenant, error = %error, "no checkpoint was written")
            }
            Err(error) => tracing::warn!(tenant = %self.tenant, error = %error, "no checkpoint was written"),
        }
    }
}

/// Takes changes in under one write lock; where the facts then stand is made known. Gives that and their weight.
fn apply(entry: &Tenant, changes: &[Change]) -> Result<(Position, usize)> {
    let inputs: Vec<Input> = changes.iter().map(Input::read).collect::<Result<_>>()?;
    let mut facts = entry
        .facts
        .write()
        .map_err(|_| Error::internal("the facts are damaged"))?;
    inputs.iter().try_for_each(|input| facts.apply(input))?;
    let (at, bytes) = (facts.position(), facts.bytes());
    drop(facts);
    entry.progress.send_modify(|progress| progress.at = at);
    Ok((at, bytes))
}
