//! A handler that panics costs its caller an answer, not the process its life.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};

use bellwether_domain::Error;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Logs a panic under an id and makes the error that carries the id and nothing else of it.
pub(crate) fn report(payload: &(dyn Any + Send)) -> Error {
    let id = format!(
        "{:x}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed) + 1
    );
    let said = payload.downcast_ref::<String>().map(String::as_str);
    let said = said
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic.id = %id, panic.message = said, "handler panicked");
    Error::internal(format!(
        "internal error {id}: the log of the server has it under this id"
    ))
}
