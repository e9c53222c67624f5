//! Trying a write again that failed for a reason that passes: a lost connection, a deadlock, a database that restarts.

use std::time::{Duration, Instant};

use bellwether_domain::{ErrorCode, Result};
use bellwether_storage::{Outcome, Txn};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::Store;

/// The pause before each further attempt, before chance moves it by up to a half either way.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(400),
];
/// Nothing is begun again this long after the first attempt: callers are told instead.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pauses between the attempts of one write.
#[derive(Debug)]
pub(crate) struct Pauses {
    since: Instant,
    taken: usize,
}

impl Pauses {
    /// Before the first attempt.
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
            taken: 0,
        }
    }

    /// Waits before the next attempt; `false` when there is to be none.
    pub(crate) async fn pause(&mut self) -> bool {
        let Some(pause) = PAUSES.get(self.taken).filter(|_| self.since.elapsed() < PATIENCE) else {
            return false;
        };
        self.taken += 1;
        // Writers that failed together shall not come back together.
        let factor = StdRng::from_os_rng().random_range(0.5..1.5);
        tokio::time::sleep(pause.mul_f64(factor)).await;
        true
    }
}

impl Store {
    /// Runs a write that has the same effect when it is done twice, again and again if need be.
    pub(super) async fn write_again<T, W, F>(&self, work: impl Fn() -> W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(Txn) -> F + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut pauses = Pauses::new();
        loop {
            let failed = match self.db.write(work()).await {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            let unknown = failed.outcome == Outcome::Unknown && failed.error.code == ErrorCode::Unavailable;
            if !(unknown || failed.is_transient()) || !pauses.pause().await {
                return Err(failed.error);
            }
        }
    }
}
