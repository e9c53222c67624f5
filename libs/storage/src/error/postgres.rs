//! What an error of a PostgreSQL server means (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

use std::io::ErrorKind;

use bellwether_domain::{Error, ErrorCode, ErrorReason};
use sea_orm::SqlxError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use tokio::task::JoinError;

use super::{disk_full, unavailable};

const FEATURE_NOT_SUPPORTED: &str = "0A000";
const PROTOCOL_VIOLATION: &str = "08P01";
const INVALID_STATEMENT_NAME: &str = "26000";
const INVALID_CATALOG_NAME: &str = "3D000";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";
const DUPLICATE_STATEMENT: &str = "42P05";
const INSUFFICIENT_PRIVILEGE: &str = "42501";
const DISK_FULL: &str = "53100";
const TOO_MANY_CONNECTIONS: &str = "53300";
const LOCK_NOT_AVAILABLE: &str = "55P03";
const QUERY_CANCELED: &str = "57014";
const CANNOT_CONNECT_NOW: &str = "57P03";
/// `standby` reached where a writer was expected, for a moment after a failover.
const READ_ONLY_TRANSACTION: &str = "25006";

const NO_WRITES: &str = "the database takes no writes at the moment";
const POOLER: &str = "a pooler in transaction mode seems to stand before the database: add `pooler=transaction` to database_url";

/// Whether the connection that reported this can no longer be used.
pub(crate) fn connection_is_lost(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_) | SqlxError::Tls(_) | SqlxError::Protocol(_) | SqlxError::WorkerCrashed => true,
        SqlxError::Database(told) => {
            let told = told.try_downcast_ref::<PgDatabaseError>();
            told.is_some_and(|told| !is_final(told) || is_stale_plan(told) || is_of_a_pooler(told))
        }
        _ => false,
    }
}

/// Whether the server only ended a statement or transaction, not the session.
pub(crate) fn is_final(told: &PgDatabaseError) -> bool {
    let ends_session = matches!(told.severity(), PgSeverity::Fatal | PgSeverity::Panic);
    !ends_session && !told.code().starts_with("08") && !told.code().starts_with("57P")
}

/// Whether nobody answered within the time that a caller had.
pub(crate) fn timed_out(error: &SqlxError) -> bool {
    matches!(error, SqlxError::Io(error) if error.kind() == ErrorKind::TimedOut)
}

/// Whether the two sides found no agreement on TLS; the driver reports a refused certificate as bad data.
pub(super) fn is_of_tls(error: &SqlxError) -> bool {
    match error {
        SqlxError::Tls(_) => true,
        SqlxError::Io(error) => error.kind() == ErrorKind::InvalidData,
        _ => false,
    }
}

/// Whether connecting may succeed in a moment: nobody listens yet, or the server is starting or full.
pub(crate) fn worth_connecting_again(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_) => !is_of_tls(error),
        SqlxError::Database(told) => told.try_downcast_ref::<PgDatabaseError>().is_some_and(|told| {
            [CANNOT_CONNECT_NOW, TOO_MANY_CONNECTIONS].contains(&told.code())
                || (told.code().starts_with("08") && !is_of_a_pooler(told))
        }),
        _ => false,
    }
}

/// What it means that the task of a read ended without an answer: a panic is a mistake in this program, anything else
/// its end.
pub(crate) fn ended_without_answer(ended: &JoinError) -> SqlxError {
    if ended.is_panic() {
        SqlxError::AnyDriverError("the task of a read panicked".into())
    } else {
        SqlxError::WorkerCrashed
    }
}

/// A server that only follows another one, asked for a transaction that writes: it refuses the setting, not a feature.
/// The name of the routine counts where the message is in another language.
fn is_of_a_standby(told: &PgDatabaseError) -> bool {
    told.code() == FEATURE_NOT_SUPPORTED
        && (told.message().contains("during recovery") || told.routine() == Some("call_bool_check_hook"))
}

/// A prepared statement that a change of its table made useless; a new connection prepares it again.
fn is_stale_plan(told: &PgDatabaseError) -> bool {
    told.code() == FEATURE_NOT_SUPPORTED && told.message().contains("cached plan")
}

fn is_of_a_pooler(told: &PgDatabaseError) -> bool {
    match told.code() {
        INVALID_STATEMENT_NAME | DUPLICATE_STATEMENT => true,
        PROTOCOL_VIOLATION => told.message().contains("startup parameter"),
        _ => false,
    }
}

/// The error that a caller sees.
pub(super) fn classify(told: &PgDatabaseError) -> Error {
    if is_of_a_pooler(told) {
        return refused(POOLER);
    }
    if is_stale_plan(told) {
        return unavailable("the tables have just been changed");
    }
    if is_of_a_standby(told) {
        return unavailable(NO_WRITES);
    }
    match told.code() {
        DISK_FULL => disk_full(),
        SERIALIZATION_FAILURE | DEADLOCK => unavailable("another transaction was in the way"),
        LOCK_NOT_AVAILABLE => unavailable("another transaction held a lock for too long"),
        QUERY_CANCELED => unavailable("the database took too long"),
        TOO_MANY_CONNECTIONS => unavailable("the database has no connection left"),
        READ_ONLY_TRANSACTION => unavailable(NO_WRITES),
        INVALID_CATALOG_NAME => refused("there is no such database"),
        INSUFFICIENT_PRIVILEGE => refused("this user may not do that; grant it the rights on its schema"),
        code if code.starts_with("28") => refused("the server refuses this user or password"),
        code if code.starts_with("53") => unavailable("the database is short of resources"),
        code if code.starts_with("08") || code.starts_with("57P") => unavailable("the database went away"),
        code if code.starts_with("58") => unavailable("the database could not be read or written"),
        code if code.starts_with("XX") => Error::internal("the database is damaged"),
        _ => Error::internal("the database refused a statement"),
    }
}

pub(super) fn refused(message: &str) -> Error {
    Error::new(
        ErrorCode::FailedPrecondition,
        ErrorReason::StorageUnavailable,
        message,
    )
}
