//! Says that this process lives, for the imports that it runs, and ends those of processes that say so no more.

use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{Clock, Error, Instant, Result};
use rand::TryRngCore as _;
use tokio_util::sync::CancellationToken;

use crate::store::{Lease, Store};

const LEFT_RUNNING: &str =
    "the process ended before the import did: what was committed stays, sending the files again is safe";

/// The name of this process among those that run imports, and how long its word counts. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Keeper {
    store: Store,
    clock: Arc<dyn Clock>,
    owner: Arc<str>,
    lasts: Duration,
}

impl Keeper {
    pub(super) fn new(store: Store, clock: Arc<dyn Clock>, lasts: Duration) -> Result<Self> {
        let mut name = [0; 16];
        let filled = rand::rngs::OsRng.try_fill_bytes(&mut name);
        filled.map_err(|error| Error::internal(format!("the system gives no random bytes: {error}")))?;
        Ok(Self {
            store,
            clock,
            owner: blake3::hash(&name).to_hex()[..32].into(),
            lasts,
        })
    }

    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    /// The lease of an import that begins, or goes on, now.
    pub(super) fn lease(&self) -> Lease {
        let lasts = i64::try_from(self.lasts.as_micros()).unwrap_or(i64::MAX);
        Lease {
            owner: self.owner.to_string(),
            until: Instant::from_micros(self.clock.now().as_micros().saturating_add(lasts)),
        }
    }

    /// Turns imports into failed ones whose process is gone.
    ///
    /// # Errors
    /// As storage has it.
    pub(super) async fn sweep(&self) -> Result<()> {
        let failed = self
            .store
            .fail_left_imports(self.clock.now(), LEFT_RUNNING)
            .await?;
        if failed > 0 {
            tracing::warn!(imports = failed, "imports were running when their process ended");
        }
        Ok(())
    }

    /// Renews and sweeps until it is told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.lasts / 3) => {}
                () = stop.cancelled() => return,
            }
            let kept = self.store.keep_imports(&self.lease()).await;
            // The own word first: an import of this process is not to be swept for a database that was away.
            let swept = if kept.is_ok() { self.sweep().await } else { kept };
            if let Err(error) = swept {
                tracing::warn!(error = %error, "the leases of imports cannot be renewed");
            }
        }
    }
}
