//! Spans of database calls, with the names of the OpenTelemetry semantic conventions for databases.
//! <https://opentelemetry.io/docs/specs/semconv/db/>

use bellwether_domain::ErrorCode;
use sea_orm::{DbBackend, DbErr};
use tracing::Span;
use tracing::field::Empty;

use crate::database::Engine;
use crate::transaction::Mode;

/// A span of one read. Its statement stays out: it can be long, and its values are the tenants'.
pub(crate) fn statement(engine: &Engine, sql: &str) -> Span {
    let operation = sql.split_whitespace().next().unwrap_or_default();
    tracing::debug_span!(
        "database read",
        otel.kind = "client",
        db.system.name = system(engine),
        db.namespace = engine.namespace(),
        db.operation.name = operation,
        error.type = Empty,
    )
}

/// A span of one transaction, from the wait for a connection to its end.
pub(crate) fn transaction(engine: &Engine, mode: Mode) -> Span {
    let operation = match mode {
        Mode::Write => "READ WRITE TRANSACTION",
        Mode::Read => "READ ONLY TRANSACTION",
    };
    tracing::debug_span!(
        "database transaction",
        otel.kind = "client",
        db.system.name = system(engine),
        db.namespace = engine.namespace(),
        db.operation.name = operation,
        error.type = Empty,
    )
}

/// Notes in the span of a read that it failed.
pub(crate) fn failure<T>(done: Result<T, DbErr>, span: &Span) -> Result<T, DbErr> {
    if let Err(error) = &done {
        let kind = match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => "connection",
            _ => "statement",
        };
        span.record("error.type", kind);
    }
    done
}

/// Notes in the span of a transaction that it failed.
pub(crate) fn refusal(span: &Span, code: ErrorCode) {
    span.record("error.type", tracing::field::debug(code));
}

fn system(engine: &Engine) -> &'static str {
    match engine.backend() {
        DbBackend::Postgres => "postgresql",
        _ => "sqlite",
    }
}
