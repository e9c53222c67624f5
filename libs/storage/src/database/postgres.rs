//! One schema of a PostgreSQL database: connections for writing, connections for reading, and what each transaction
//! says first.

mod migrate;
mod pool;
#[cfg(test)]
mod tests;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{Error, Result};
use sea_orm_migration::MigratorTrait;
use sqlx::postgres::PgConnectOptions;
use tracing::Instrument as _;

use super::place::ServerUrl;
use crate::error::postgres::{connection_is_lost, ended_without_answer, timed_out};
use crate::transaction::Mode;
use pool::{Answer, Lease, Pool, Want};

pub(crate) use pool::Ask;
pub(crate) use transaction::PgTransaction;

/// How long `BEGIN` or `ROLLBACK` may take at the server: they do nothing, so a peer that is slower is not there.
const PROMPT: Duration = Duration::from_millis(1_500);
/// How long a COMMIT may take: it waits for disks and replicas, but for no other transaction.
const COMMIT: Duration = Duration::from_secs(5);
/// How much longer than the server itself a reader waits before it takes the server for gone.
const GRACE: Duration = Duration::from_secs(2);
/// How often a read is tried when its connection breaks.
const READ_ATTEMPTS: usize = 3;

/// How a PostgreSQL server is used.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Connections that write at the same time; at least 1.
    pub writers: u32,
    /// How long a caller waits for a connection, free or new, before it is told UNAVAILABLE.
    pub acquire_timeout: Duration,
    /// How long opening waits for a server that cannot be reached yet.
    pub start_timeout: Duration,
    /// The longest statement (`statement_timeout` of the server).
    pub statement_timeout: Duration,
    /// The longest wait for a lock (`lock_timeout` of the server).
    pub lock_timeout: Duration,
    /// The longest transaction, from BEGIN up to COMMIT: after it the connection is thrown away.
    pub transaction_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            writers: 4,
            acquire_timeout: Duration::from_secs(2),
            start_timeout: Duration::from_secs(15),
            statement_timeout: Duration::from_secs(8),
            lock_timeout: Duration::from_secs(4),
            transaction_timeout: Duration::from_secs(12),
        }
    }
}

/// An open schema.
pub(crate) struct Postgres {
    writers: Pool,
    readers: Pool,
    begin_write: String,
    begin_snapshot: String,
    /// What stands before each read; behind a pooler, where no setting outlives a transaction.
    begin_read: Option<String>,
    options: PostgresOptions,
    /// Database and schema, as spans name them.
    namespace: String,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres")
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects to the server of `url` and brings the tables in `schema` up to date.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a malformed URL, `FAILED_PRECONDITION` when the server refuses this user or has no such
    /// database, `UNAVAILABLE` when it cannot be reached.
    pub(crate) async fn open<M: MigratorTrait>(
        url: &str,
        schema: &'static str,
        readers: u32,
        options: &PostgresOptions,
    ) -> Result<Self> {
        let server = ServerUrl::parse(url)?;
        let told = |error: Error| at(&server.address(), error);
        migrate::up::<M>(&server, schema, options).await.map_err(told)?;
        let settings = settings(schema, options);
        let pooled = server.transaction_pooler;
        let pool = |size: u32, read_only: bool| {
            let connect = connect_options(&server, &settings, read_only);
            Pool::new(connect, size.max(1), options.acquire_timeout)
        };
        let local = if pooled { local(&settings) } else { String::new() };
        Ok(Self {
            writers: pool(options.writers, false),
            readers: pool(readers, true),
            begin_write: format!("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE{local}"),
            begin_snapshot: format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{local}"),
            begin_read: pooled.then(|| format!("BEGIN READ ONLY{local}")),
            namespace: format!("{}|{schema}", server.database()),
            options: options.clone(),
        })
    }

    /// Database and schema, as semantic conventions write them.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The longest transaction.
    pub(crate) fn transaction_timeout(&self) -> Duration {
        self.options.transaction_timeout
    }

    /// Opens a transaction. To be called in a task that no caller can drop.
    ///
    /// A connection that turns out to be broken at BEGIN is replaced: nothing has happened yet.
    pub(crate) async fn begin(&self, mode: Mode) -> Result<PgTransaction, sqlx::Error> {
        let (pool, sql) = match mode {
            Mode::Write => (&self.writers, &self.begin_write),
            Mode::Read => (&self.readers, &self.begin_snapshot),
        };
        let mut want = Want::Any;
        loop {
            let mut lease = pool.acquire(want).await?;
            let begun = within(self.prompt(), lease.begin(sql)).await;
            let (named, again) = (self.named(), want == Want::Any);
            match begun {
                Ok(()) => return Ok(PgTransaction::new(lease, named)),
                // A pooler without a free session is slow to begin; another connection to it would be as slow.
                Err(error) if again && connection_is_lost(&error) && (named || !timed_out(&error)) => {
                    self.note_lost(pool, &error);
                    want = Want::Fresh;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads outside any transaction. Each attempt runs to its end in a task of its own, whoever waits for it; a read
    /// whose connection breaks is tried again.
    pub(crate) async fn read(self: &Arc<Self>, ask: Ask) -> Result<Answer, sqlx::Error> {
        let mut want = Want::Any;
        let mut attempt = 1;
        loop {
            let lease = self.readers.acquire(want).await?;
            let task = tokio::spawn(Arc::clone(self).read_once(lease, ask.clone()).in_current_span());
            let done = task.await.map_err(|ended| ended_without_answer(&ended))?;
            match done {
                Err(error) if attempt < READ_ATTEMPTS && connection_is_lost(&error) && !timed_out(&error) => {
                    self.note_lost(&self.readers, &error);
                    want = Want::Fresh;
                    attempt += 1;
                }
                Err(error) => {
                    self.note_lost(&self.readers, &error);
                    return Err(error);
                }
                done => return done,
            }
        }
    }

    async fn read_once(self: Arc<Self>, mut lease: Lease, ask: Ask) -> Result<Answer, sqlx::Error> {
        let patience = self.options.statement_timeout + GRACE;
        let Some(begin) = &self.begin_read else {
            return within(patience, lease.ask(ask, true)).await;
        };
        within(self.prompt(), lease.begin(begin)).await?;
        let done = within(patience, lease.ask(ask, false)).await;
        if lease.is_settled() {
            within(PROMPT, lease.end("ROLLBACK")).await?;
        }
        done
    }

    /// A connection that answered nothing was in the same network as the others.
    fn note_lost(&self, pool: &Pool, error: &sqlx::Error) {
        if timed_out(error) {
            pool.forget_idle();
        }
    }

    /// How long BEGIN may take: behind a pooler it is there that one waits for a free session.
    fn prompt(&self) -> Duration {
        if self.named() {
            PROMPT
        } else {
            self.options.acquire_timeout
        }
    }

    /// Whether prepared statements may be kept on the server: not when the next transaction may have another one.
    fn named(&self) -> bool {
        self.begin_read.is_none()
    }

    /// Closes all connections; transactions in flight end first.
    pub(crate) async fn close(&self) {
        let patience = self.options.transaction_timeout + GRACE;
        tokio::join!(self.writers.close(patience), self.readers.close(patience));
    }
}

/// What a statement of this schema relies on.
fn settings(schema: &str, options: &PostgresOptions) -> Vec<(&'static str, String)> {
    let milliseconds = |duration: Duration| duration.as_millis().max(1).to_string();
    vec![
        ("search_path", schema.to_owned()),
        ("statement_timeout", milliseconds(options.statement_timeout)),
        ("lock_timeout", milliseconds(options.lock_timeout)),
        (
            "idle_in_transaction_session_timeout",
            milliseconds(options.transaction_timeout),
        ),
    ]
}

/// The settings as they follow a BEGIN.
fn local(settings: &[(&'static str, String)]) -> String {
    let each = settings.iter();
    each.map(|(name, value)| format!("; SET LOCAL {name} = '{value}'"))
        .collect()
}

fn connect_options(
    server: &ServerUrl,
    settings: &[(&'static str, String)],
    read_only: bool,
) -> PgConnectOptions {
    let mut options = server.options.clone();
    if options.get_application_name().is_none() {
        options = options.application_name("bellwether");
    }
    if server.transaction_pooler {
        // A pooler refuses what it cannot give to the next client too.
        return options.extra_float_digits(None).statement_cache_capacity(0);
    }
    options = options.options(settings.iter().map(|(name, value)| (*name, value.as_str())));
    if read_only {
        options = options.options([("default_transaction_read_only", "on")]);
    }
    options
}

/// Bounds a step of a conversation; a step that is given up leaves its connection unusable.
async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let silence = |_| std::io::Error::new(std::io::ErrorKind::TimedOut, "the server did not answer in time");
    let done = tokio::time::timeout(limit, step).await;
    done.map_err(|elapsed| sqlx::Error::Io(silence(elapsed)))?
}

/// Names the server in the error of opening it.
fn at(address: &str, error: Error) -> Error {
    let mut named = error;
    named.message = format!("PostgreSQL at {address}: {}", named.message);
    named
}
