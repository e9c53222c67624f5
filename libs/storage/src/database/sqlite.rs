//! One SQLite file: a single writing connection, a pool of readers, a lock against a second process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;

use crate::error::storage_error;
use crate::lock::FileLock;
use crate::transaction::Mode;

/// How a SQLite file is opened.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
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
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(20),
            cache_kib: 16 * 1024,
        }
    }
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(crate) writer: DatabaseConnection,
    pub(crate) readers: DatabaseConnection,
    pub(crate) path: PathBuf,
    // Last, so that the connections are gone before another process may come in.
    _lock: FileLock,
}

impl Sqlite {
    /// Opens the file at `path`, creating it if need be, and brings its tables up to date.
    ///
    /// A commit that was acknowledged survives power loss (`journal_mode=WAL`, `synchronous=FULL`).
    pub(crate) async fn open<M: MigratorTrait>(
        path: &Path,
        readers: u32,
        options: &SqliteOptions,
    ) -> Result<Self> {
        let lock = FileLock::take(path)?;
        private(path)?;
        let writer = connect(path, options, Role::Writer).await?;
        M::up(&writer, None)
            .await
            .map_err(|error| in_file(path, storage_error(error)))?;
        let readers = connect(path, options, Role::Readers(readers.max(1))).await?;
        Ok(Self {
            writer,
            readers,
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Opens a transaction.
    #[expect(
        clippy::disallowed_methods,
        reason = "transactions are opened here, inside a task of their own"
    )]
    pub(crate) async fn begin(&self, mode: Mode) -> Result<DatabaseTransaction, DbErr> {
        // A deferred transaction that turns into a writer can fail half-way; a writer says so at BEGIN.
        let (connection, how) = match mode {
            Mode::Write => (&self.writer, SqliteTransactionMode::Immediate),
            Mode::Read => (&self.readers, SqliteTransactionMode::Deferred),
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(how),
            ..TransactionOptions::default()
        };
        connection.begin_with_options(options).await
    }

    /// Closes all connections; transactions in flight end first.
    pub(crate) async fn close(&self) -> Result<()> {
        self.readers.close_by_ref().await.map_err(storage_error)?;
        self.writer.close_by_ref().await.map_err(storage_error)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Writer,
    Readers(u32),
}

async fn connect(path: &Path, options: &SqliteOptions, role: Role) -> Result<DatabaseConnection> {
    let mut connect = ConnectOptions::new("sqlite::memory:");
    let connections = match role {
        Role::Writer => 1,
        Role::Readers(count) => count,
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
    if role == Role::Writer {
        connect
    } else {
        connect.pragma("query_only", "ON")
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
