//! The promises of a database on a PostgreSQL server, against real servers.

mod broken;
mod cancelled;
mod opened;
mod pooled;
mod secured;
mod told;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use bellwether_testkit::servers::Postgres as Server;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use crate::{Database, DatabaseOptions, Outcome, Place, PostgresOptions, Txn, WriteError, storage_error};

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First), Box::new(Second)]
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
        // Without IF NOT EXISTS: a second run would fail.
        let sql = "CREATE TABLE note (id BIGINT GENERATED ALWAYS AS IDENTITY, text TEXT COLLATE \"C\" NOT NULL, bytes BYTEA)";
        manager.get_connection().execute_unprepared(sql).await.map(|_| ())
    }
}

struct Second;

impl MigrationName for Second {
    fn name(&self) -> &str {
        "m0002_counter"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Second {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection
            .execute_unprepared("CREATE TABLE counter (n BIGINT NOT NULL)")
            .await?;
        connection
            .execute_unprepared("INSERT INTO counter VALUES (0)")
            .await?;
        Ok(())
    }
}

fn options(connections: u32) -> DatabaseOptions {
    DatabaseOptions {
        readers: connections,
        postgres: PostgresOptions {
            writers: connections,
            start_timeout: Duration::from_secs(2),
            ..PostgresOptions::default()
        },
        ..DatabaseOptions::default()
    }
}

async fn open_with(url: &str, options: &DatabaseOptions) -> Result<Database> {
    Database::open::<Migrator>(&Place::Server(url.to_owned()), "notes", options).await
}

async fn open(url: &str, connections: u32) -> Database {
    open_with(url, &options(connections)).await.unwrap()
}

fn sql(text: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, text)
}

fn number(row: Option<QueryResult>) -> i64 {
    row.unwrap().try_get("", "n").unwrap()
}

async fn count(database: &Database) -> Result<i64> {
    let row = database
        .read()
        .query_one_raw(sql("SELECT count(*) AS n FROM note"))
        .await;
    row.map(number).map_err(storage_error)
}

async fn insert(database: &Database, text: &str) -> Result<(), WriteError> {
    let text = text.to_owned();
    database
        .write(|txn| async move {
            let insert = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "INSERT INTO note (text) VALUES ($1)",
                [text.into()],
            );
            txn.execute_raw(insert).await.map_err(storage_error)?;
            Ok(())
        })
        .await
}

/// How many sessions stand idle inside a transaction.
fn idle_in_transaction(server: &Server) -> String {
    server.sql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
}
