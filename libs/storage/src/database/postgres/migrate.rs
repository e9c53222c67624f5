//! Bringing the tables of a schema up to date, once, however many processes start at the same moment.

use std::time::{Duration, Instant};

use bellwether_domain::{Error, ErrorReason, Result};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, Statement,
    TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use sqlx::postgres::PgPoolOptions;

use super::{PostgresOptions, ServerUrl, connect_options};
use crate::error::postgres::worth_connecting_again;
use crate::error::storage_error;

/// The longest time that all migrations together may take, waiting for another process that runs them included.
const LONGEST: Duration = Duration::from_secs(15 * 60);
const PAUSE: Duration = Duration::from_millis(200);

/// Runs the migrations of `M` that `schema` lacks, all in one transaction, while no other process does.
pub(super) async fn up<M: MigratorTrait>(
    server: &ServerUrl,
    schema: &'static str,
    options: &PostgresOptions,
) -> Result<()> {
    let connection = reach(server, options).await?;
    let done = tokio::time::timeout(LONGEST, migrate::<M>(&connection, schema)).await;
    // Closing waits for the connection to come back, which a silent server can delay for ever.
    let farewell = tokio::time::timeout(Duration::from_secs(2), connection.close_by_ref());
    farewell.await.ok();
    done.map_err(|_| Error::internal("the migrations took more than a quarter of an hour"))?
        .map_err(storage_error)
}

/// A connection; a server that cannot be reached is waited for.
async fn reach(server: &ServerUrl, options: &PostgresOptions) -> Result<DatabaseConnection> {
    let started = Instant::now();
    let mut told = false;
    loop {
        let connect = PgPoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(options.acquire_timeout)
            .connect_with(connect_options(server, &[], false));
        let error = match connect.await {
            Ok(pool) => return Ok(pool.into()),
            Err(error) => error,
        };
        let again = worth_connecting_again(&error) || matches!(error, sqlx::Error::PoolTimedOut);
        if !again {
            return Err(storage_error(DbErr::Conn(RuntimeErr::SqlxError(error.into()))));
        }
        if started.elapsed() >= options.start_timeout {
            return Err(Error::unavailable(
                ErrorReason::StorageUnavailable,
                "it cannot be reached",
            ));
        }
        if !told {
            tracing::warn!(address = server.address(), error = %error, "waiting for the database");
            told = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the connection is closed afterwards, so that a transaction cannot outlive its caller"
)]
async fn migrate<M: MigratorTrait>(connection: &DatabaseConnection, schema: &str) -> Result<(), DbErr> {
    let transaction = connection.begin().await?;
    prepare(&transaction, schema).await?;
    M::up(&transaction, None).await?;
    // A pooler may give this connection to others, who use the same names.
    transaction.execute_unprepared("DEALLOCATE ALL").await?;
    transaction.commit().await
}

/// Takes the lock that ends with the transaction and makes the schema.
async fn prepare(transaction: &DatabaseTransaction, schema: &str) -> Result<(), DbErr> {
    let lock = lock_number(schema);
    let first = format!(
        "DEALLOCATE ALL; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
         SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock({lock})"
    );
    transaction.execute_unprepared(&first).await?;
    // Asked for first: making it needs a right that its user may lack when an operator has made it.
    let exists = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT 1 AS found FROM pg_catalog.pg_namespace WHERE nspname = $1",
        [schema.into()],
    );
    if transaction.query_one_raw(exists).await?.is_none() {
        let create = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
        transaction.execute_unprepared(&create).await?;
    }
    let path = format!("SET LOCAL search_path = \"{schema}\"");
    transaction.execute_unprepared(&path).await.map(|_| ())
}

/// The number of the lock of a schema: the same in every version of this program.
fn lock_number(schema: &str) -> i64 {
    let hash = blake3::derive_key("bellwether storage: migrations of a schema", schema.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_le_bytes(first)
}
