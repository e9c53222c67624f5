//! The promises of [`Database`] on a file.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bellwether_domain::{Error, ErrorCode, ErrorReason};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use super::*;
use crate::storage_error;
use crate::transaction::Outcome;

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

struct First;

impl MigrationName for First {
    fn name(&self) -> &str {
        "m0001_notes"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
        manager.get_connection().execute_unprepared(sql).await.map(|_| ())
    }
}

async fn open(folder: &Path) -> Result<Database> {
    let place = Place::File(folder.join("notes.db"));
    Database::open::<Migrator>(&place, "notes", &DatabaseOptions::default()).await
}

/// The connection that writes.
fn writer(database: &Database) -> &DatabaseConnection {
    match &*database.engine {
        Engine::File(file) => &file.writer,
        Engine::Server(_) => panic!("a file was opened"),
    }
}

async fn insert(database: &Database, text: String) -> Result<(), WriteError> {
    database
        .write(|txn| async move {
            let sql = format!("INSERT INTO note (text) VALUES ('{text}')");
            txn.execute_unprepared(&sql).await.map_err(storage_error)?;
            tokio::task::yield_now().await;
            Ok(())
        })
        .await
}

async fn count(database: &Database) -> i64 {
    let sql = Statement::from_string(sea_orm::DbBackend::Sqlite, "SELECT count(*) AS n FROM note");
    let row = database.read().query_one_raw(sql).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

async fn pragma(connection: &DatabaseConnection, name: &str) -> String {
    let sql = Statement::from_string(
        sea_orm::DbBackend::Sqlite,
        format!("SELECT CAST({name} AS TEXT) AS v FROM pragma_{name}"),
    );
    connection
        .query_one_raw(sql)
        .await
        .unwrap()
        .unwrap()
        .try_get("", "v")
        .unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path()).await.unwrap();
    insert(&database, "one".to_owned()).await.unwrap();
    database.close().await.unwrap();
    drop(database);
    let database = open(folder.path()).await.unwrap();
    assert_eq!(count(&database).await, 1);
    assert_eq!(pragma(writer(&database), "journal_mode").await, "wal");
    assert_eq!(pragma(writer(&database), "synchronous").await, "2");
    assert_eq!(pragma(writer(&database), "foreign_keys").await, "1");
}

#[tokio::test]
async fn a_second_opener_is_told_which_file_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path()).await.unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FailedPrecondition);
    assert!(error.message.contains("notes.db is in use"), "{}", error.message);
}

fn break_down() {
    panic!("deliberate");
}

#[tokio::test]
async fn work_that_fails_or_panics_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path()).await.unwrap();
    let refused = database
        .write(|txn| async move {
            txn.execute_unprepared("INSERT INTO note (text) VALUES ('x')")
                .await
                .map_err(storage_error)?;
            Err::<(), _>(Error::not_found(ErrorReason::RecordNotFound, "no such record"))
        })
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.error.code, refused.outcome),
        (ErrorCode::NotFound, Outcome::RolledBack)
    );
    let panicked = database
        .write(|txn| async move {
            txn.execute_unprepared("INSERT INTO note (text) VALUES ('y')")
                .await
                .map_err(storage_error)?;
            break_down();
            Ok(())
        })
        .await;
    assert_eq!(panicked.unwrap_err().error.code, ErrorCode::Internal);
    assert_eq!(count(&database).await, 0);
    insert(&database, "after".to_owned()).await.unwrap();
    assert_eq!(count(&database).await, 1);
}

/// Callers that go away inside BEGIN, between statements or inside COMMIT leave no transaction open, and what they began
/// is finished (fault F9).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_cancelled_callers_leave_no_open_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path()).await.unwrap();
    let begun = Arc::new(AtomicI64::new(0));
    let (mut acknowledged, mut cancelled) = (0, 0);
    for n in 0..500_u64 {
        let (database, begun) = (database.clone(), begun.clone());
        let caller = tokio::spawn(async move {
            let work = |txn: Txn| async move {
                begun.fetch_add(1, Ordering::SeqCst);
                for _ in 0..3 {
                    let sql = "INSERT INTO note (text) VALUES ('x')";
                    txn.execute_unprepared(sql).await.map_err(storage_error)?;
                }
                Ok(())
            };
            database.write(work).await
        });
        // Spread over the whole life of a write: before BEGIN, inside it, between statements, inside COMMIT.
        let wait = std::time::Instant::now();
        while wait.elapsed() < Duration::from_micros(n * 37 % 1_500) {
            tokio::task::yield_now().await;
        }
        caller.abort();
        match caller.await {
            Ok(done) => done.map(|()| acknowledged += 3).unwrap(),
            Err(join) if join.is_cancelled() => cancelled += 1,
            Err(join) => panic!("{join}"),
        }
    }
    insert(&database, "last".to_owned())
        .await
        .expect("the writer is free and outside any transaction");
    let stored = count(&database).await;
    assert!(cancelled > 5, "the test cancels: {cancelled}");
    assert!(
        stored > acknowledged,
        "{stored} stored, {acknowledged} acknowledged"
    );
    assert_eq!(
        stored,
        begun.load(Ordering::SeqCst) * 3 + 1,
        "what was begun was finished"
    );
    let idle = writer(&database).begin_probe().await;
    assert!(idle.is_ok(), "cannot start a transaction: {idle:?}");
}

/// Opens and ends a transaction on the writer directly.
trait BeginProbe {
    async fn begin_probe(&self) -> Result<(), DbErr>;
}

impl BeginProbe for DatabaseConnection {
    async fn begin_probe(&self) -> Result<(), DbErr> {
        self.execute_unprepared("BEGIN IMMEDIATE").await?;
        self.execute_unprepared("ROLLBACK").await.map(|_| ())
    }
}

#[tokio::test]
async fn readers_see_one_state_and_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path()).await.unwrap();
    insert(&database, "one".to_owned()).await.unwrap();
    let writer = database.clone();
    let (before, after) = database
        .snapshot(|txn| async move {
            let sql = || Statement::from_string(sea_orm::DbBackend::Sqlite, "SELECT count(*) AS n FROM note");
            let before = txn.query_one_raw(sql()).await.map_err(storage_error)?;
            insert(&writer, "two".to_owned()).await?;
            let after = txn.query_one_raw(sql()).await.map_err(storage_error)?;
            let n = |row: Option<sea_orm::QueryResult>| row.unwrap().try_get::<i64>("", "n").unwrap();
            Ok((n(before), n(after)))
        })
        .await
        .unwrap();
    assert_eq!((before, after, count(&database).await), (1, 1, 2));
    let refused = database.read().execute_unprepared("DELETE FROM note").await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_full_disk_is_resource_exhausted_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(folder.path()).await.unwrap();
    writer(&database)
        .execute_unprepared("PRAGMA max_page_count = 8")
        .await
        .unwrap();
    let big = "x".repeat(100_000);
    let full = insert(&database, big.clone()).await.unwrap_err();
    assert_eq!(full.error.code, ErrorCode::ResourceExhausted);
    assert_eq!(full.error.reason, ErrorReason::StorageFull);
    writer(&database)
        .execute_unprepared("PRAGMA max_page_count = 100000")
        .await
        .unwrap();
    insert(&database, big).await.unwrap();
    assert_eq!(count(&database).await, 1);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("notes.db"),
        "this is a text file, not a database of SQLite".repeat(100),
    )
    .unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Internal);
    assert!(
        error.message.contains("notes.db") && error.message.contains("damaged"),
        "{}",
        error.message
    );
}
