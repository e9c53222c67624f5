//! Follows one tenant's log: load what was saved, take in what came since, save from time to time.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bellwether_contracts::convert::instant_from_proto;
use bellwether_contracts::ingestion::Change;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Position, Result, TenantId};
use tokio::time::Instant;

use super::backoff::Backoff;
use super::feed::{self, Message};
use super::meter::Weight;
use super::tenants::{Head, Progress, Tenant, Tenants};
use crate::checkpoint;
use crate::config::Config;
use crate::tenant::{Input, Marks, TenantFacts};

/// A session that lasted so long was a good one.
const GOOD_SESSION: Duration = Duration::from_secs(1);
/// So often the log must refuse a position before the facts are read anew; one that it does not hold yet, also for as
/// long as a feed may be silent: a peer that lags longer has lost what it does not hold.
const REFUSALS: u32 = 3;

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
    /// The feed: on from where the facts stand, unless the log says that it cannot go on from there.
    Feed(Error),
    /// The facts: they are read anew.
    Facts(Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Feed(error)
    }
}

/// How often in a row the log refused where the facts stand, and since when.
#[derive(Default)]
struct Refusals {
    count: u32,
    since: Option<Instant>,
}

/// What the newest checkpoint holds, and when to look for the next.
struct Saved {
    seq: u64,
    next: Instant,
}

impl Follower {
    /// Until feeds are told to end; when calls have finished too, a last checkpoint.
    pub(super) async fn run(self, head: Head) {
        let shutdown = self.tenants.shutdown().clone();
        let mut saved = Saved {
            seq: 0,
            next: Instant::now() + self.interval(),
        };
        let follow = async {
            saved.seq = self.load(head).await;
            let mut backoff = Backoff::new();
            let mut refusals = Refusals::default();
            loop {
                let (before, began) = (self.entry.at(), Instant::now());
                match self.session(&mut saved).await {
                    Ok(()) => refusals = Refusals::default(),
                    Err(broken) => self.recover(broken, &mut saved, &mut refusals).await,
                }
                if self.entry.at() > before {
                    refusals = Refusals::default();
                }
                if self.entry.at() > before || began.elapsed() > GOOD_SESSION {
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

    fn silence(&self) -> Duration {
        Duration::from_millis(self.config.feed_silence_ms.max(1))
    }

    /// Takes over the newest checkpoint, if it is of this life of the log and not ahead of it; its seq, or 0.
    async fn load(&self, head: Head) -> u64 {
        let folder = self.folder.clone();
        let loaded = tokio::task::spawn_blocking(move || checkpoint::load(&folder)).await;
        let Some(facts) = loaded.ok().flatten() else {
            return 0;
        };
        let at = facts.position();
        // Where they meet they must agree; where the head is further on, the feed begins with the change at the
        // checkpoint, and nothing is shown before it has been heard.
        let foreign = at == head.position && differs(facts.marks().recorded_at, head.recorded_at);
        if at.epoch != head.position.epoch || at.seq > head.position.seq || foreign {
            tracing::warn!(tenant = %self.tenant, checkpoint = %at, head = %head.position, "checkpoint is not of this log, left out");
            return 0;
        }
        let marks = self.put(facts);
        self.entry.progress.send_modify(|progress| progress.marks = marks);
        at.seq
    }

    /// Puts a state in place of another, whatever became of that one.
    fn put(&self, facts: TenantFacts) -> Arc<Marks> {
        let marks = Arc::new(facts.marks());
        *self.entry.facts.write().unwrap_or_else(PoisonError::into_inner) = facts;
        self.entry.facts.clear_poison();
        marks
    }

    /// One subscription, until it ends.
    async fn session(&self, saved: &mut Saved) -> Result<(), Broken> {
        let at = self.entry.at();
        let mut feed = feed::subscribe(self.tenants.link(), &self.tenant, at, self.silence()).await?;
        loop {
            let message = tokio::select! {
                biased;
                // First, as there may always be a message.
                () = tokio::time::sleep_until(saved.next) => {
                    let since = Instant::now();
                    self.save(saved).await;
                    feed.excuse(since);
                    continue;
                }
                message = feed.next() => message?,
            };
            let Some(message) = message else { return Ok(()) };
            let since = Instant::now();
            self.take(message).await?;
            let unsaved = self.entry.at().seq.saturating_sub(saved.seq);
            if unsaved >= self.config.checkpoint_changes.max(1).max(saved.seq / 4) {
                self.save(saved).await;
            }
            feed.excuse(since);
        }
    }

    /// The whole log into facts that hold nothing yet. Where it breaks off, the next session goes on.
    async fn snapshot(&self) -> Result<(), Broken> {
        let mut feed = feed::snapshot(self.tenants.link(), &self.tenant, self.silence()).await?;
        while let Some(message) = feed.next().await? {
            let since = Instant::now();
            self.take(message).await?;
            feed.excuse(since);
        }
        Ok(())
    }

    /// Takes in one message of the feed.
    async fn take(&self, message: Message) -> Result<(), Broken> {
        let head = message.head;
        let marks = Arc::clone(&self.entry.progress.borrow().marks);
        let at = marks.position;
        if head.epoch != at.epoch && head.epoch != 0 {
            let message = format!("the log has begun a new life: it stands at {head}, the facts at {at}");
            return Err(Broken::Feed(anew(message)));
        }
        let Some(first) = message.changes.first() else {
            return Ok(());
        };
        let recorded_at = first
            .recorded_at
            .as_ref()
            .and_then(|at| instant_from_proto(at).ok());
        if first.seq == at.seq && differs(recorded_at, marks.recorded_at) {
            let message = format!(
                "the log has another history: its change {} is not the one seen",
                at.seq
            );
            return Err(Broken::Facts(anew(message)));
        }
        let entry = Arc::clone(&self.entry);
        let applied = tokio::task::spawn_blocking(move || apply(&entry, &message.changes)).await;
        let panicked = |error| Error::internal(format!("a change could not be taken in: {error}"));
        applied
            .map_err(panicked)
            .and_then(|applied| applied)
            .map(|(at, weight)| {
                self.tenants
                    .meter()
                    .note(self.tenant.as_str(), head.seq, at.seq, weight)
            })
            .map_err(Broken::Facts)
    }

    /// After a failed session: the state is dropped where it cannot go on from where it stands, and only there.
    async fn recover(&self, broken: Broken, saved: &mut Saved, refusals: &mut Refusals) {
        let (error, head) = match broken {
            Broken::Feed(error) if error.reason != ErrorReason::SnapshotRequired => {
                tracing::warn!(tenant = %self.tenant, error = %error, "feed broke off, trying again");
                return;
            }
            Broken::Feed(error) => {
                refusals.count += 1;
                match self.refused(&error, refusals).await {
                    Some(head) => (error, head),
                    None => return,
                }
            }
            Broken::Facts(error) => {
                self.note_failure(&error);
                // Without an answer the head of before: if the log has a new life, the next session finds out.
                let before = self.entry.progress.borrow().start;
                let head = self.tenants.head(&self.tenant).await;
                (error, head.unwrap_or(before))
            }
        };
        *refusals = Refusals::default();
        self.begin_anew(&error, head).await;
        saved.seq = 0;
        let Err(broken) = self.snapshot().await else {
            return;
        };
        if let Broken::Facts(error) = &broken {
            self.note_failure(error);
        }
        let (Broken::Feed(error) | Broken::Facts(error)) = broken;
        tracing::warn!(tenant = %self.tenant, error = %error, "snapshot broke off, going on by the feed");
    }

    /// Changes could not be taken in. That the log has another history is no failure of the facts.
    fn note_failure(&self, error: &Error) {
        if error.reason != ErrorReason::SnapshotRequired {
            self.tenants.meter().failed(self.tenant.as_str());
            let failed = |progress: &mut Progress| progress.failures = progress.failures.saturating_add(1);
            self.entry.progress.send_modify(failed);
        }
    }

    /// The log cannot go on from where the facts stand: its head, if they are to be read anew.
    async fn refused(&self, error: &Error, refusals: &mut Refusals) -> Option<Position> {
        let since = *refusals.since.get_or_insert_with(Instant::now);
        let Ok(head) = self.tenants.end_of_log(&self.tenant).await else {
            tracing::warn!(tenant = %self.tenant, error = %error, "feed was refused, trying again");
            return None;
        };
        if self.may_go_on(&head, refusals.count, since.elapsed()) {
            let (head, at) = (head.position, self.entry.at());
            tracing::warn!(tenant = %self.tenant, head = %head, at = %at, "the log is behind the facts, waiting");
            return None;
        }
        Some(head.position)
    }

    /// Whether the facts can stay although the log refused their position: its end is further back, in the same
    /// history, as that of a peer that lags is. What was lost by a restore is told apart by the next change, or by the
    /// time that passes without one.
    fn may_go_on(&self, head: &Head, refusals: u32, lasted: Duration) -> bool {
        let at = self.entry.at();
        if head.position.epoch != at.epoch {
            return false;
        }
        if head.position.seq >= at.seq {
            // It has come so far meanwhile; or it keeps no longer what comes next.
            return refusals < REFUSALS;
        }
        if refusals >= REFUSALS && lasted >= self.silence() {
            return false;
        }
        let facts = self.entry.facts.read().unwrap_or_else(PoisonError::into_inner);
        !differs(facts.recorded_at(head.position.seq), head.recorded_at)
    }

    /// Drops the state and what was saved of it.
    async fn begin_anew(&self, error: &Error, head: Position) {
        tracing::warn!(tenant = %self.tenant, error = %error, head = %head, "facts are read anew from the beginning");
        // First nothing is shown any more, then it goes away.
        let fresh = TenantFacts::of_epoch(head.epoch);
        let marks = Arc::new(fresh.marks());
        self.entry.progress.send_modify(|progress| {
            progress.marks = marks;
            progress.start = head;
        });
        self.put(fresh);
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
            let _alone = entry.saving.lock().unwrap_or_else(PoisonError::into_inner);
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

fn anew(message: String) -> Error {
    Error::new(ErrorCode::OutOfRange, ErrorReason::SnapshotRequired, message)
}

/// Whether two instants are known not to be the same.
fn differs<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

/// Takes changes in under one write lock; where the facts then stand is made known. Gives that and their weight.
fn apply(entry: &Tenant, changes: &[Change]) -> Result<(Position, Weight)> {
    let inputs: Vec<Input> = changes.iter().map(Input::read).collect::<Result<_>>()?;
    let mut facts = entry
        .facts
        .write()
        .map_err(|_| Error::internal("the facts are damaged"))?;
    inputs.iter().try_for_each(|input| facts.apply(input))?;
    let (marks, weight) = (Arc::new(facts.marks()), Weight::of(&facts));
    drop(facts);
    let at = marks.position;
    entry.progress.send_modify(|progress| progress.take_in(marks));
    Ok((at, weight))
}
