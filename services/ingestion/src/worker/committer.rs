//! The task that writes a tenant's log: takes a group from the queue, commits it, answers everyone.
//!
//! A group that fails for a reason that passes is written again, without those whose callers have gone meanwhile. After a
//! commit of unknown outcome the log is asked first: nothing is written twice, and nothing is called failed that is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_domain::{Clock, Error, ErrorReason, Result};
use bellwether_storage::Outcome;
use tokio_util::sync::CancellationToken;

use super::meter::Meter;
use super::queue::{Gather, Job, Queue};
use super::tenants::Tenant;
use crate::log::Request;
use crate::store::{Committed, Pauses, Store};

/// How long a database that went away in the middle of a commit is asked what became of it.
const ASK: Duration = Duration::from_secs(5);
const ASK_PAUSE: Duration = Duration::from_millis(100);

/// A committer before it runs.
#[derive(Debug)]
pub(super) struct Committer {
    pub(super) tenant: Arc<Tenant>,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) gather: Gather,
    pub(super) meter: Meter,
    pub(super) stop: CancellationToken,
}

/// What became of an attempt to write a group.
enum Attempt {
    Done(Committed),
    Failed(Error),
    /// Nothing was written, and the next attempt may succeed.
    Again(Error),
}

impl Committer {
    /// Works until it is told to stop and nothing waits.
    pub(super) async fn run(self, mut queue: Queue) {
        while let Some(group) = queue.next(self.gather, &self.stop).await {
            self.serve(group).await;
        }
    }

    async fn serve(&self, mut group: Vec<Job>) {
        let since = Instant::now();
        // A database of one process loses no connection: its requests are not needed a second time.
        let keep = self.store.is_shared();
        let mut pauses = Pauses::new();
        loop {
            // Whoever went away before the work began does not want it any more.
            group.retain(|job| !job.done.is_closed());
            if group.is_empty() {
                return;
            }
            let rows: usize = group.iter().map(|job| job.request.rows()).sum();
            let requests = group.iter_mut().map(|job| job.request(keep)).collect();
            let done = match self.attempt(requests).await {
                Attempt::Done(committed) => Ok(committed),
                Attempt::Failed(error) => Err(error),
                Attempt::Again(error) => {
                    if keep && pauses.pause().await {
                        tracing::info!(tenant = %self.tenant.id, error = %error, "a group of writes is tried again");
                        continue;
                    }
                    Err(error)
                }
            };
            self.meter.count(group.len(), rows, since.elapsed(), done.is_ok());
            return self.answer(group, done);
        }
    }

    fn answer(&self, group: Vec<Job>, done: Result<Committed>) {
        match done {
            Ok(committed) => {
                if committed.settings_changed {
                    self.tenant.forget_settings();
                }
                // Followers first: a caller that reads its own write finds them awake.
                self.tenant.reached(committed.seq);
                for (job, reply) in group.into_iter().zip(committed.replies) {
                    job.done.send(reply).ok();
                }
            }
            Err(error) => {
                tracing::warn!(tenant = %self.tenant.id, error = %error, "a group of writes failed");
                for job in group {
                    job.done.send(Err(error.clone())).ok();
                }
            }
        }
    }

    async fn attempt(&self, requests: Vec<Request>) -> Attempt {
        let now = self.clock.now();
        let (committed, failed) = self.store.commit(&self.tenant.id, requests, now).await;
        match (committed, failed) {
            (Some(committed), None) => Attempt::Done(committed),
            (None, None) => Attempt::Failed(Error::internal("a commit left no result")),
            (Some(committed), Some(failed)) if failed.outcome == Outcome::Unknown => {
                match self.took_place(&committed).await {
                    Ok(true) => Attempt::Done(committed),
                    Ok(false) => Attempt::Again(failed.error),
                    Err(_) => Attempt::Failed(unknown()),
                }
            }
            (_, Some(failed)) if failed.is_transient() => Attempt::Again(failed.error),
            (_, Some(failed)) => Attempt::Failed(failed.error),
        }
    }

    /// Only the commit itself leaves open what happened: the log knows, as soon as it can be read.
    async fn took_place(&self, committed: &Committed) -> Result<bool> {
        let since = Instant::now();
        loop {
            match self.store.holds(&self.tenant.id, committed).await {
                Err(error) if since.elapsed() < ASK => {
                    tracing::info!(tenant = %self.tenant.id, error = %error, "the log is asked again what became of a commit");
                    tokio::time::sleep(ASK_PAUSE).await;
                }
                known => return known,
            }
        }
    }
}

fn unknown() -> Error {
    Error::unavailable(
        ErrorReason::StorageUnavailable,
        "it is not known whether the write took place: send it again with the same request id",
    )
}
