//! Transactions that no caller can leave open.
//!
//! A gRPC handler is dropped at its deadline and when its client disconnects. A transaction that lived in the handler
//! would be dropped between two statements, even inside BEGIN, and its connection would go back to the pool in an
//! unknown state. Here every transaction lives in a task that runs to its end, whoever waits for it.

use std::ops::Deref;
use std::sync::Arc;

use bellwether_domain::{Error, ErrorReason, Result};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tracing::Instrument;

use crate::error::storage_error;

/// An open transaction, used like a connection through `&*txn`. It is committed or rolled back by whoever opened it.
#[derive(Debug)]
pub struct Txn(Arc<DatabaseTransaction>);

impl Deref for Txn {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.0
    }
}

/// What is known about the effect of a write that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was written.
    RolledBack,
    /// The commit itself failed: read again to learn whether it took place.
    Unknown,
}

/// A write that failed, and what is known about its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteError {
    /// The error as a caller should see it.
    pub error: Error,
    /// Whether anything may have been written.
    pub outcome: Outcome,
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for WriteError {}

impl From<WriteError> for Error {
    fn from(failed: WriteError) -> Self {
        failed.error
    }
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Read,
    Write,
}

/// Runs `work` in a transaction on `connection`, in a task of its own.
pub(crate) async fn run<T, F, Fut>(
    connection: DatabaseConnection,
    mode: Mode,
    work: F,
) -> Result<T, WriteError>
where
    T: Send + 'static,
    F: FnOnce(Txn) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T>> + Send + 'static,
{
    let task = tokio::spawn(transact(connection, mode, work).in_current_span());
    match task.await {
        Ok(done) => done,
        Err(join) if join.is_panic() => Err(rolled_back(Error::internal(
            "a transaction panicked and was rolled back",
        ))),
        Err(_) => Err(rolled_back(Error::unavailable(
            ErrorReason::ShuttingDown,
            "the process is shutting down",
        ))),
    }
}

async fn transact<T, F, Fut>(connection: DatabaseConnection, mode: Mode, work: F) -> Result<T, WriteError>
where
    F: FnOnce(Txn) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let opened = begin(&connection, mode).await.map_err(rolled_back)?;
    let shared = Arc::new(opened);
    let done = work(Txn(Arc::clone(&shared))).await;
    let Some(transaction) = Arc::into_inner(shared) else {
        return Err(rolled_back(Error::internal(
            "a transaction outlived the work that it was opened for",
        )));
    };
    match done {
        Ok(value) if mode == Mode::Write => {
            let committed = transaction.commit().await;
            committed.map_err(|error| WriteError {
                error: storage_error(error),
                outcome: Outcome::Unknown,
            })?;
            Ok(value)
        }
        done => {
            // A rollback that fails closes the connection; either way nothing was written.
            let ended = transaction.rollback().await;
            ended
                .inspect_err(|error| tracing::warn!(error = %error, "rollback failed"))
                .ok();
            done.map_err(rolled_back)
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that opens transactions, inside a task of their own"
)]
async fn begin(connection: &DatabaseConnection, mode: Mode) -> Result<DatabaseTransaction> {
    // A deferred transaction that turns into a writer can fail half-way; a writer says so at BEGIN.
    let sqlite = if mode == Mode::Write {
        SqliteTransactionMode::Immediate
    } else {
        SqliteTransactionMode::Deferred
    };
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(sqlite),
        ..TransactionOptions::default()
    };
    connection
        .begin_with_options(options)
        .await
        .map_err(storage_error)
}

fn rolled_back(error: Error) -> WriteError {
    WriteError {
        error,
        outcome: Outcome::RolledBack,
    }
}
