//! The task that writes a tenant's log: takes a group from the queue, commits it, answers everyone.

use std::sync::Arc;

use bellwether_domain::{Clock, Error, ErrorReason, Result};
use bellwether_storage::Outcome;
use tokio_util::sync::CancellationToken;

use super::meter::Meter;
use super::queue::{Gather, Job, Queue};
use super::tenants::Tenant;
use crate::store::{Committed, Store};

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

impl Committer {
    /// Works until it is told to stop and nothing waits.
    pub(super) async fn run(self, mut queue: Queue) {
        while let Some(group) = queue.next(self.gather, &self.stop).await {
            self.serve(group).await;
        }
    }

    async fn serve(&self, group: Vec<Job>) {
        // Whoever went away before the work began does not want it any more.
        let wanted = group.into_iter().filter(|job| !job.done.is_closed());
        let (requests, waiting): (Vec<_>, Vec<_>) = wanted.map(|job| (job.request, job.done)).unzip();
        if requests.is_empty() {
            return;
        }
        let rows = requests.iter().map(crate::log::Request::rows).sum();
        let since = std::time::Instant::now();
        let done = self.commit(requests).await;
        self.meter
            .count(waiting.len(), rows, since.elapsed(), done.is_ok());
        match done {
            Ok(committed) => {
                if committed.settings_changed {
                    self.tenant.forget_settings();
                }
                // Followers first: a caller that reads its own write finds them awake.
                self.tenant.head.send_if_modified(|head| {
                    let moved = committed.seq > *head;
                    *head = (*head).max(committed.seq);
                    moved
                });
                for (done, reply) in waiting.into_iter().zip(committed.replies) {
                    done.send(reply).ok();
                }
            }
            Err(error) => {
                tracing::warn!(tenant = %self.tenant.id, error = %error, "a group of writes failed");
                for done in waiting {
                    done.send(Err(error.clone())).ok();
                }
            }
        }
    }

    async fn commit(&self, requests: Vec<crate::log::Request>) -> Result<Committed> {
        let (committed, failed) = self
            .store
            .commit(&self.tenant.id, requests, self.clock.now())
            .await;
        let Some(failed) = failed else {
            return committed.ok_or_else(|| Error::internal("a commit left no result"));
        };
        // Only the commit itself leaves open what happened: the log knows.
        match (committed, failed.outcome) {
            (Some(committed), Outcome::Unknown) => {
                if self
                    .store
                    .holds(&self.tenant.id, &committed)
                    .await
                    .map_err(|_| unknown())?
                {
                    Ok(committed)
                } else {
                    Err(failed.error)
                }
            }
            _ => Err(failed.error),
        }
    }
}

fn unknown() -> Error {
    Error::unavailable(
        ErrorReason::StorageUnavailable,
        "it is not known whether the write took place: send it again with the same request id",
    )
}
