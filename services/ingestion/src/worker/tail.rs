//! Sees what other processes write: one task a process asks where the logs of all followed tenants stand, and wakes
//! their followers. It only wakes: followers look by themselves as well, so that nothing depends on it.
//!
//! It also notices a database that is another one than before, restored or failed over, and begins the new epoch: at
//! once after the database was away, and every so often. What was written in between is of the old epoch, and those who
//! followed it start over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{Clock, Result, TenantId};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::tenants::{Tenant, Tenants};

/// The longest pause while the database is away.
const LONGEST: Duration = Duration::from_secs(1);
/// How often the database is asked who it is, unless it was away.
const WHO: Duration = Duration::from_secs(15);

/// The task before it runs.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) tenants: Arc<Tenants>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) poll: Duration,
    pub(super) stop: CancellationToken,
}

impl Tail {
    /// Works until it is told to stop.
    pub(super) async fn run(self) {
        let mut pause = self.poll;
        let mut who_due = Instant::now() + WHO;
        loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stop.cancelled() => return,
            }
            let mut looked = self.look().await;
            if looked.is_ok() && Instant::now() >= who_due {
                looked = self.tenants.store.renew_epoch(self.clock.now()).await;
                who_due = Instant::now() + WHO;
            }
            match looked {
                Ok(()) => pause = self.poll,
                Err(error) => {
                    if pause == self.poll {
                        tracing::warn!(error = %error, "the logs cannot be looked at: followers wait");
                    }
                    pause = (pause * 2).min(LONGEST);
                    who_due = Instant::now();
                }
            }
        }
    }

    async fn look(&self) -> Result<()> {
        let followed = self.tenants.followed();
        if followed.is_empty() {
            return Ok(());
        }
        let ids: Vec<&TenantId> = followed.iter().map(|tenant| &tenant.id).collect();
        let named = followed.iter().map(|tenant| (tenant.id.as_str(), tenant));
        let named: HashMap<&str, &Arc<Tenant>> = named.collect();
        for standing in self.tenants.store.standings(&ids).await? {
            if let Some(tenant) = named.get(standing.tenant.as_str()) {
                tenant.reached(standing.seq);
                tenant.settings_are_of(standing.settings_seq);
            }
        }
        Ok(())
    }
}
