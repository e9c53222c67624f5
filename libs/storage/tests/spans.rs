//! The spans as a subscriber sees them. In a process of its own: whether a place makes spans is decided once for all threads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bellwether_domain::{Error, ErrorReason};
use bellwether_storage::{Database, DatabaseOptions, Place};
use sea_orm::{ConnectionTrait as _, Statement};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

struct Nothing;

impl MigratorTrait for Nothing {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Vec::new()
    }
}

/// Writes down the fields of this crate's spans.
#[derive(Clone, Default)]
struct Notes {
    lines: Arc<Mutex<Vec<String>>>,
    last: Arc<AtomicU64>,
}

impl Visit for Notes {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let line = format!("{field}={value:?}").replace('"', "");
        self.lines.lock().unwrap().push(line);
    }
}

impl Subscriber for Notes {
    fn enabled(&self, at: &Metadata<'_>) -> bool {
        at.is_span() && at.target().starts_with("bellwether_storage")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn reads_and_transactions_have_spans_by_the_conventions() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("notes.db"));
    let options = DatabaseOptions::default();
    let opened = Database::open::<Nothing>(&place, "notes", &options).await;
    let database = opened.unwrap();
    let notes = Notes::default();
    tracing::subscriber::set_global_default(notes.clone()).unwrap();
    let select = Statement::from_string(database.backend(), "SELECT 'hunter2' AS secret");
    database.read().query_one_raw(select).await.unwrap();
    let failed =
        database.write(|_| async { Err::<(), _>(Error::not_found(ErrorReason::RecordNotFound, "none")) });
    failed.await.unwrap_err();
    let seen = notes.lines.lock().unwrap().join(" ");
    for field in [
        "otel.kind=client",
        "db.system.name=sqlite",
        "db.namespace=notes.db",
        "db.operation.name=SELECT",
        "db.operation.name=READ WRITE TRANSACTION",
        "error.type=NotFound",
    ] {
        assert!(seen.contains(field), "{field} in {seen}");
    }
    assert!(!seen.contains("hunter2"), "{seen}");
}
