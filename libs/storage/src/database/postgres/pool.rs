//! Connections to a PostgreSQL server.
//!
//! The driver's own pool tests each connection when it comes back, and waits for the answer for ever: against a peer that
//! swallows everything, each place in that pool is lost until the kernel gives up, after a quarter of an hour. Here a
//! connection comes back only when its last statement has ended and no transaction is open; any other is closed on the
//! spot and its place is free at once. So no connection of unknown state is ever handed out, and none needs a test.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::Statement;
use sea_orm::sea_query::Values;
use sea_query_sqlx::SqlxValues;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgQueryResult, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use crate::error::postgres::{connection_is_lost, ended_without_answer, worth_connecting_again};

/// A connection that nobody used for so long is not trusted: firewalls forget such connections without a word.
const LONGEST_IDLE: Duration = Duration::from_secs(60);
/// After so long a connection is replaced, so that a server's memory and a changed address do not matter for ever.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Up to `size` connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    connect: PgConnectOptions,
    size: u32,
    acquire_timeout: Duration,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: PgConnection,
    born: Instant,
    since: Instant,
}

/// Which connection a caller wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Want {
    /// Any that is free.
    Any,
    /// A new one, because the last one turned out to be broken.
    Fresh,
}

impl Pool {
    pub(super) fn new(connect: PgConnectOptions, size: u32, acquire_timeout: Duration) -> Self {
        let inner = Inner {
            connect,
            size,
            acquire_timeout,
            permits: Arc::new(Semaphore::new(size as usize)),
            idle: Mutex::new(Vec::new()),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A connection for one piece of work. A server that refuses, or is starting, is asked again until the time is up.
    pub(super) async fn acquire(&self, want: Want) -> Result<Lease, sqlx::Error> {
        let timeout = self.inner.acquire_timeout;
        let acquired = tokio::time::timeout(timeout, self.inner.acquire(want));
        acquired.await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    /// Forgets the connections that nobody uses: what happened to one will have happened to them.
    pub(super) fn forget_idle(&self) {
        self.inner.idle().clear();
    }

    /// Hands out nothing more, waits up to `patience` for what is in use, and says good-bye to the server.
    pub(super) async fn close(&self, patience: Duration) {
        let all = self.inner.permits.acquire_many(self.inner.size);
        let settled = tokio::time::timeout(patience, all).await;
        self.inner.permits.close();
        drop(settled);
        let idle = std::mem::take(&mut *self.inner.idle());
        for idle in idle {
            let farewell = tokio::time::timeout(Duration::from_millis(500), idle.connection.close());
            farewell.await.ok();
        }
    }
}

impl Inner {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn acquire(self: &Arc<Self>, want: Want) -> Result<Lease, sqlx::Error> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
        if let Some(idle) = self.take_idle(want) {
            return Ok(self.lease(idle.connection, idle.born, permit));
        }
        // In a task of its own: callers that have less time than a handshake takes would break off each one, and the
        // pool would stay empty for ever. A connection that nobody waits for any more becomes an idle one.
        let pool = Arc::clone(self);
        let connecting = async move {
            let connected = tokio::time::timeout(pool.acquire_timeout, pool.connect()).await;
            let connection = connected.map_err(|_| sqlx::Error::PoolTimedOut)??;
            Ok(pool.lease(connection, Instant::now(), permit))
        };
        let connected = tokio::spawn(connecting.in_current_span()).await;
        connected.map_err(|ended| ended_without_answer(&ended))?
    }

    fn lease(
        self: &Arc<Self>,
        connection: PgConnection,
        born: Instant,
        permit: OwnedSemaphorePermit,
    ) -> Lease {
        Lease {
            connection: Some(connection),
            born,
            settled: true,
            in_transaction: false,
            pool: Arc::clone(self),
            _permit: permit,
        }
    }

    fn take_idle(&self, want: Want) -> Option<Idle> {
        let mut idle = self.idle();
        if want == Want::Fresh {
            // Its place is for the new one.
            idle.pop();
            return None;
        }
        while let Some(last) = idle.pop() {
            if last.since.elapsed() < LONGEST_IDLE && last.born.elapsed() < LONGEST_LIFE {
                return Some(last);
            }
        }
        None
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.connect.connect().await {
                Ok(connection) => return Ok(connection),
                Err(error) if worth_connecting_again(&error) => {
                    tracing::debug!(error = %error, "the database cannot be reached yet");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// One statement and what its caller wants of it.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    /// The number of rows that it touched.
    Execute(Statement),
    /// Its rows.
    Rows(Statement),
    /// One or several statements without values, sent as they are.
    Plain(String),
}

/// What the server answered.
pub(crate) enum Answer {
    Done(PgQueryResult),
    Rows(Vec<PgRow>),
}

impl Answer {
    pub(crate) fn done(self) -> PgQueryResult {
        match self {
            Self::Done(done) => done,
            Self::Rows(_) => PgQueryResult::default(),
        }
    }

    pub(crate) fn rows(self) -> Vec<PgRow> {
        match self {
            Self::Done(_) => Vec::new(),
            Self::Rows(rows) => rows,
        }
    }
}

/// A connection in use. It goes back to the pool when it is dropped, unless a statement or transaction was left open.
pub(super) struct Lease {
    connection: Option<PgConnection>,
    born: Instant,
    /// Whether the last statement has ended, well or not, on a connection that lives.
    settled: bool,
    in_transaction: bool,
    pool: Arc<Inner>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Runs a statement. A caller that stops waiting for it leaves a connection that is not used again.
    ///
    /// `named` keeps the prepared statement on the server for the next time.
    pub(super) async fn ask(&mut self, ask: Ask, named: bool) -> Result<Answer, sqlx::Error> {
        self.settled = false;
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        let answer = match ask {
            Ask::Execute(statement) => {
                let query = sqlx::query_with(AssertSqlSafe(statement.sql), values(statement.values));
                query
                    .persistent(named)
                    .execute(connection)
                    .await
                    .map(Answer::Done)
            }
            Ask::Rows(statement) => {
                let query = sqlx::query_with(AssertSqlSafe(statement.sql), values(statement.values));
                query
                    .persistent(named)
                    .fetch_all(connection)
                    .await
                    .map(Answer::Rows)
            }
            Ask::Plain(sql) => {
                let plain = connection.execute(AssertSqlSafe(sql));
                plain.await.map(Answer::Done)
            }
        };
        self.settled = answer
            .as_ref()
            .err()
            .is_none_or(|error| !connection_is_lost(error));
        answer
    }

    /// Opens a transaction by the statements in `sql`.
    pub(super) async fn begin(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.in_transaction = true;
        self.ask(Ask::Plain(sql.to_owned()), false).await.map(|_| ())
    }

    /// Ends the transaction by `COMMIT` or `ROLLBACK`.
    pub(super) async fn end(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.ask(Ask::Plain(sql.to_owned()), false).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Whether a further statement can be sent.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let healthy = self.settled && !self.in_transaction && !self.pool.permits.is_closed();
        let Some(connection) = self.connection.take().filter(|_| healthy) else {
            return;
        };
        // Before the permit goes, so that its next holder finds it.
        self.pool.idle().push(Idle {
            connection,
            born: self.born,
            since: Instant::now(),
        });
    }
}

fn values(values: Option<Values>) -> SqlxValues {
    SqlxValues(values.unwrap_or_else(|| Values(Vec::new())))
}
