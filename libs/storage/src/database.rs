//! One SQLite file: a single writing connection, a pool of readers, a lock against a second process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectOptions, DatabaseConnection};
use sea_orm_migration::MigratorTrait;

use crate::error::storage_error;
use crate::lock::FileLock;
use crate::transaction::{self, Mode, Txn, WriteError};

/// How a SQLite file is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Connections that read at the same time; at least 1.
    pub readers: u32,
    /// How long a statement waits for a lock of SQLite before it fails.
    pub busy_timeout: Duration,
    /// How long a caller waits for a free connection before it is told UNAVAILABLE.
    pub acquire_timeout: Duration,
    /// Page cache of each connection, in KiB.
    pub cache_kib: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(20),
            cache_kib: 16 * 1024,
        }
    }
}

/// A database that a service owns. Cheap to clone; the file closes with the last clone.
#[derive(Debug, Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    path: PathBuf,
    // Last, so that the connections are gone before another process may come in.
    _lock: FileLock,
}

impl Database {
    /// Opens the file at `path`, creating it if need be, and brings its tables up to date with the migrations of `M`.
    ///
    /// A commit that was acknowledged survives power loss (`journal_mode=WAL`, `synchronous=FULL`).
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` naming the file when another process holds it or it cannot be opened; otherwise as
    /// [`storage_error`].
    pub async fn open_sqlite<M: MigratorTrait>(path: &Path, options: SqliteOptions) -> Result<Self> {
        let lock = FileLock::take(path)?;
        private(path)?;
        let writer = connect(path, &options, Role::Writer).await?;
        M::up(&writer, None)
            .await
            .map_err(|error| in_file(path, storage_error(error)))?;
        let readers = connect(path, &options, Role::Reader).await?;
        let inner = Inner {
            writer,
            readers,
            path: path.to_owned(),
            _lock: lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The connections that read. They refuse to write.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.inner.readers
    }

    /// Runs `work` in one writing transaction and commits when it returns `Ok`.
    ///
    /// The transaction lives in a task of its own: a caller that goes away (deadline, closed connection) stops waiting,
    /// while the work runs to its commit or rollback. Work that panics is rolled back and reported as `INTERNAL`.
    ///
    /// # Errors
    /// What `work` returned, or the error of the database; [`WriteError::outcome`] says whether anything may have been
    /// written.
    pub async fn write<T, F, Fut>(&self, work: F) -> Result<T, WriteError>
    where
        T: Send + 'static,
        F: FnOnce(Txn) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        transaction::run(self.inner.writer.clone(), Mode::Write, work).await
    }

    /// Runs `work` over one unchanging state of the database: several reads that must agree.
    ///
    /// # Errors
    /// What `work` returned, or the error of the database.
    pub async fn snapshot<T, F, Fut>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Txn) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        let done = transaction::run(self.inner.readers.clone(), Mode::Read, work).await;
        done.map_err(|failed| failed.error)
    }

    /// Closes all connections; transactions in flight end first. Later calls on any clone are `UNAVAILABLE`.
    ///
    /// # Errors
    /// As [`storage_error`].
    pub async fn close(&self) -> Result<()> {
        self.inner.readers.close_by_ref().await.map_err(storage_error)?;
        self.inner.writer.close_by_ref().await.map_err(storage_error)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Writer,
    Reader,
}

async fn connect(path: &Path, options: &SqliteOptions, role: Role) -> Result<DatabaseConnection> {
    let mut connect = ConnectOptions::new("sqlite::memory:");
    let connections = if role == Role::Writer {
        1
    } else {
        options.readers.max(1)
    };
    connect
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    let file = path.to_owned();
    let options = options.clone();
    connect.map_sqlx_sqlite_opts(move |_| pragmas(&file, &options, role));
    let connected = sea_orm::Database::connect(connect).await;
    connected.map_err(|error| in_file(path, storage_error(error)))
}

fn pragmas(file: &Path, options: &SqliteOptions, role: Role) -> SqliteConnectOptions {
    // The connector turns logging off on options that are replaced here; statements would be logged again.
    let quiet = <SqliteConnectOptions as sea_orm::sqlx::ConnectOptions>::disable_statement_logging;
    let connect = quiet(SqliteConnectOptions::new())
        .filename(file)
        .create_if_missing(role == Role::Writer)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .statement_cache_capacity(256)
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "FULL")
        .pragma("cache_size", format!("-{}", options.cache_kib))
        .pragma("temp_store", "MEMORY");
    if role == Role::Reader {
        connect.pragma("query_only", "ON")
    } else {
        connect
    }
}

/// Makes the file, or an existing one, readable for its owner only; SQLite gives its log beside it the same mode.
fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let refused = |error: std::io::Error| {
        let message = format!("{}: {error}", path.display());
        Error::new(
            ErrorCode::FailedPrecondition,
            ErrorReason::StorageUnavailable,
            message,
        )
    };
    let open = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path);
    let file = open.map_err(refused)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
        .map_err(refused)
}

fn in_file(path: &Path, error: Error) -> Error {
    let code = if error.code == ErrorCode::Unavailable {
        ErrorCode::FailedPrecondition
    } else {
        error.code
    };
    Error::new(
        code,
        error.reason,
        format!("{}: {}", path.display(), error.message),
    )
}

#[cfg(test)]
mod tests;
