//! What a failing database means to a caller.

pub(crate) mod postgres;

use bellwether_domain::{Error, ErrorCode, ErrorReason};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlxError};
use sqlx::postgres::PgDatabaseError;

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the low byte of an extended code.
const SQLITE_BUSY: i32 = 5;
const SQLITE_LOCKED: i32 = 6;
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;
const SQLITE_NOTADB: i32 = 26;

/// The error that a caller sees for a database error.
///
/// A full disk is `RESOURCE_EXHAUSTED` (`STORAGE_FULL`); a busy, absent or failing database `UNAVAILABLE`
/// (`STORAGE_UNAVAILABLE`) with a retry hint; a closed one `UNAVAILABLE` (`SHUTTING_DOWN`); a server that refuses its user
/// `FAILED_PRECONDITION`; damage and everything that can only be a bug `INTERNAL`. The text carries
/// no value of any row; what the driver said goes to the log.
#[must_use]
pub fn storage_error(error: DbErr) -> Error {
    let mapped = classify(&error);
    if mapped.code == ErrorCode::Internal {
        tracing::error!(error = %error, "database error");
    } else {
        tracing::warn!(error = %error, "database error");
    }
    mapped
}

fn classify(error: &DbErr) -> Error {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => closed(),
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            unavailable("no database connection became free in time")
        }
        DbErr::Conn(RuntimeErr::SqlxError(inner))
        | DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner)) => classify_driver(inner),
        DbErr::Migration(text) => {
            Error::internal(format!("the database could not be brought up to date: {text}"))
        }
        _ => Error::internal("the database refused a statement"),
    }
}

fn classify_driver(error: &SqlxError) -> Error {
    match error {
        SqlxError::Database(database) => {
            if let Some(told) = database.try_downcast_ref::<PgDatabaseError>() {
                return postgres::classify(told);
            }
            let code = database
                .code()
                .and_then(|code| code.parse::<i32>().ok())
                .unwrap_or(0);
            classify_sqlite(code & 0xff)
        }
        error if postgres::is_of_tls(error) => {
            postgres::refused("no agreement on TLS; check sslmode and sslrootcert in database_url")
        }
        SqlxError::Io(_) => unavailable("the database could not be read or written"),
        SqlxError::PoolTimedOut => unavailable("no database connection became free in time"),
        SqlxError::PoolClosed | SqlxError::WorkerCrashed => closed(),
        // No database of ours uses the driver for any: it is how a read that panicked is told.
        SqlxError::AnyDriverError(_) => Error::internal("a read of the database panicked"),
        SqlxError::Protocol(_) => unavailable("the conversation with the database broke off"),
        _ => Error::internal("the database refused a statement"),
    }
}

fn classify_sqlite(primary: i32) -> Error {
    match primary {
        SQLITE_FULL => disk_full(),
        SQLITE_BUSY | SQLITE_LOCKED => unavailable("the database is busy"),
        SQLITE_IOERR => unavailable("the database could not be read or written"),
        SQLITE_READONLY => unavailable("the database file is read-only"),
        SQLITE_CANTOPEN => unavailable("the database file cannot be opened"),
        SQLITE_CORRUPT | SQLITE_NOTADB => Error::internal("the database file is damaged"),
        _ => Error::internal("the database refused a statement"),
    }
}

fn disk_full() -> Error {
    Error::new(
        ErrorCode::ResourceExhausted,
        ErrorReason::StorageFull,
        "the disk is full: nothing was written; free space and retry",
    )
    .with_retry_after_ms(5_000)
}

fn closed() -> Error {
    Error::unavailable(ErrorReason::ShuttingDown, "the database is closed")
}

fn unavailable(message: &str) -> Error {
    Error::unavailable(ErrorReason::StorageUnavailable, message)
}
