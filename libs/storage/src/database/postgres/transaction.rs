//! A transaction on a PostgreSQL server.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::PgDatabaseError;
use tokio::sync::Mutex;

use super::pool::{Answer, Ask, Lease};
use super::{PROMPT, within};
use crate::error::postgres::{connection_is_lost, is_final};
use crate::transaction::Outcome;

/// An open transaction. Dropped without an end, its connection is closed, which makes the server roll back.
pub(crate) struct PgTransaction {
    lease: Mutex<Lease>,
    named: bool,
    /// Whether a statement failed or was given up: the server takes no further one, and would answer COMMIT by rolling back silently.
    failed: AtomicBool,
}

impl std::fmt::Debug for PgTransaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgTransaction").finish_non_exhaustive()
    }
}

impl PgTransaction {
    pub(super) fn new(lease: Lease, named: bool) -> Self {
        Self {
            lease: Mutex::new(lease),
            named,
            failed: AtomicBool::new(false),
        }
    }

    /// Runs a statement.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Answer, sqlx::Error> {
        let mut lease = self.lease.lock().await;
        if !lease.is_settled() {
            let gone = std::io::Error::new(std::io::ErrorKind::NotConnected, "the connection is gone");
            return Err(sqlx::Error::Io(gone));
        }
        // Until it has succeeded it has failed: its caller may stop waiting.
        let failed_before = self.failed.swap(true, Ordering::Relaxed);
        let answer = lease.ask(ask, self.named).await;
        if answer.is_ok() {
            self.failed.store(failed_before, Ordering::Relaxed);
        }
        answer
    }

    /// Whether a statement failed or was given up, so that there is nothing to commit.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Commits, and says what is known when that fails.
    pub(crate) async fn commit(self) -> Result<(), (sqlx::Error, Outcome)> {
        let mut lease = self.lease.into_inner();
        let committed = within(super::COMMIT, lease.end("COMMIT")).await;
        committed.map_err(|error| {
            let outcome = match &error {
                // The server refused: a deferred constraint, a serialization failure.
                sqlx::Error::Database(told)
                    if !connection_is_lost(&error)
                        && told.try_downcast_ref::<PgDatabaseError>().is_some_and(is_final) =>
                {
                    Outcome::RolledBack
                }
                _ => Outcome::Unknown,
            };
            (error, outcome)
        })
    }

    /// Rolls back, or closes the connection when it does not answer.
    pub(crate) async fn rollback(self) -> Result<(), sqlx::Error> {
        let mut lease = self.lease.into_inner();
        if lease.is_settled() {
            within(PROMPT, lease.end("ROLLBACK")).await?;
        }
        Ok(())
    }
}
