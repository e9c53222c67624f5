//! Transactions that no caller can leave open.
//!
//! A gRPC handler is dropped at its deadline and when its client disconnects. A transaction that lived in the handler
//! would be dropped between two statements, even inside BEGIN, and its connection would go back to the pool in an
//! unknown state. Here every transaction lives in a task that runs to its end, whoever waits for it.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tracing::Instrument;

use crate::database::Engine;
use crate::database::postgres::{Ask, PgTransaction};
use crate::error::storage_error;
use crate::observe;
use crate::readers::{exec_error, query_error};

/// The one handle of an open transaction, used like a connection through `&*txn`. It is committed or rolled back by
/// whoever opened it.
#[derive(Debug)]
pub struct Txn(Arc<Transaction>);

impl Deref for Txn {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.0
    }
}

/// An open transaction.
#[derive(Debug)]
pub struct Transaction(Open);

#[derive(Debug)]
enum Open {
    File(DatabaseTransaction),
    Server(PgTransaction),
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Open::File(_) => DbBackend::Sqlite,
            Open::Server(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Open::File(open) => open.execute_raw(stmt).await,
            Open::Server(open) => {
                let answer = open.ask(Ask::Execute(stmt)).await.map_err(exec_error)?;
                Ok(answer.done().into())
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Open::File(open) => open.execute_unprepared(sql).await,
            Open::Server(open) => {
                let answer = open.ask(Ask::Plain(sql.to_owned())).await.map_err(exec_error)?;
                Ok(answer.done().into())
            }
        }
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Open::File(open) => open.query_one_raw(stmt).await,
            Open::Server(_) => Ok(self.query_all_raw(stmt).await?.into_iter().next()),
        }
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Open::File(open) => open.query_all_raw(stmt).await,
            Open::Server(open) => {
                let answer = open.ask(Ask::Rows(stmt)).await.map_err(query_error)?;
                Ok(answer.rows().into_iter().map(QueryResult::from).collect())
            }
        }
    }
}

impl Transaction {
    async fn begin(engine: &Engine, mode: Mode) -> Result<Self> {
        let open = match engine {
            Engine::File(file) => Open::File(file.begin(mode).await.map_err(storage_error)?),
            Engine::Server(server) => {
                let begun = server.begin(mode).await;
                Open::Server(begun.map_err(query_error).map_err(storage_error)?)
            }
        };
        Ok(Self(open))
    }

    async fn commit(self) -> Result<(), WriteError> {
        let unknown = |error| WriteError {
            error: storage_error(error),
            outcome: Outcome::Unknown,
        };
        match self.0 {
            Open::File(open) => open.commit().await.map_err(unknown),
            Open::Server(open) if open.has_failed() => {
                end(open.rollback().await.map_err(query_error));
                Err(rolled_back(Error::internal(
                    "a transaction was to be committed although a statement in it had failed or was given up",
                )))
            }
            Open::Server(open) => open.commit().await.map_err(|(error, outcome)| WriteError {
                error: storage_error(query_error(error)),
                outcome,
            }),
        }
    }

    async fn rollback(self) {
        match self.0 {
            Open::File(open) => end(open.rollback().await),
            Open::Server(open) => end(open.rollback().await.map_err(query_error)),
        }
    }
}

/// A rollback that fails closes the connection; either way nothing was written.
fn end(ended: Result<(), DbErr>) {
    ended
        .inspect_err(|error| tracing::warn!(error = %error, "rollback failed"))
        .ok();
}

/// What is known about the effect of a write that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was written.
    RolledBack,
    /// COMMIT was sent and no answer came. It may even take place later, when the bytes under way arrive: only a
    /// transaction that takes the same lock first can read for certain whether it did.
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

impl WriteError {
    /// Whether nothing was written and the same write may succeed when it is begun again: the connection broke, the
    /// server is away or was restarted, or another transaction was in the way.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.outcome == Outcome::RolledBack
            && self.error.code == ErrorCode::Unavailable
            && self.error.reason == ErrorReason::StorageUnavailable
    }
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

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Read,
    Write,
}

/// Runs `work` in a transaction of `engine`, in a task of its own.
pub(crate) async fn run<T, F, Fut>(engine: Arc<Engine>, mode: Mode, work: F) -> Result<T, WriteError>
where
    T: Send + 'static,
    F: FnOnce(Txn) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T>> + Send + 'static,
{
    let span = observe::transaction(&engine, mode);
    let noted = span.clone();
    let whole = async move {
        let done = transact(&engine, mode, work).await;
        done.inspect_err(|failed| observe::refusal(&noted, failed.error.code))
    };
    match tokio::spawn(whole.instrument(span)).await {
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

async fn transact<T, F, Fut>(engine: &Engine, mode: Mode, work: F) -> Result<T, WriteError>
where
    F: FnOnce(Txn) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let opened = Transaction::begin(engine, mode).await.map_err(rolled_back)?;
    let shared = Arc::new(opened);
    let done = within(engine.transaction_timeout(), work(Txn(Arc::clone(&shared)))).await;
    let Some(transaction) = Arc::into_inner(shared) else {
        return Err(rolled_back(Error::internal(
            "a transaction outlived the work that it was opened for",
        )));
    };
    match done {
        Ok(value) if mode == Mode::Write => transaction.commit().await.map(|()| value),
        done => {
            transaction.rollback().await;
            done.map_err(rolled_back)
        }
    }
}

/// Bounds the work between BEGIN and the end where the database is reached over a network: a peer that is gone may
/// never say so.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(limit) = limit else {
        return work.await;
    };
    let done = tokio::time::timeout(limit, work).await;
    done.unwrap_or_else(|_| {
        Err(Error::unavailable(
            ErrorReason::StorageUnavailable,
            "the database did not answer in time",
        ))
    })
}

fn rolled_back(error: Error) -> WriteError {
    WriteError {
        error,
        outcome: Outcome::RolledBack,
    }
}
