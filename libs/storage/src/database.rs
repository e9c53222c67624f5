//! A database that a service owns: one writer's view, many readers, brought up to date when it is opened. The same on a
//! file and on a server.

mod place;
pub(crate) mod postgres;
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::Result;
use sea_orm::DbBackend;
use sea_orm_migration::MigratorTrait;

use crate::readers::Readers;
use crate::transaction::{self, Mode, Txn, WriteError};

pub use place::Place;
pub use postgres::PostgresOptions;
pub use sqlite::SqliteOptions;

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// Connections that read at the same time; at least 1.
    pub readers: u32,
    /// What holds for a file.
    pub sqlite: SqliteOptions,
    /// What holds for a server.
    pub postgres: PostgresOptions,
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            sqlite: SqliteOptions::default(),
            postgres: PostgresOptions::default(),
        }
    }
}

/// A database that a service owns. Cheap to clone; it closes with the last clone.
#[derive(Debug, Clone)]
pub struct Database {
    engine: Arc<Engine>,
    readers: Readers,
}

/// The open file or server.
#[derive(Debug)]
pub(crate) enum Engine {
    File(sqlite::Sqlite),
    Server(Arc<postgres::Postgres>),
}

impl Engine {
    pub(crate) fn backend(&self) -> DbBackend {
        match self {
            Self::File(_) => DbBackend::Sqlite,
            Self::Server(_) => DbBackend::Postgres,
        }
    }

    /// The name of the database as semantic conventions have it; a file is named by its last part.
    pub(crate) fn namespace(&self) -> &str {
        match self {
            Self::File(file) => file
                .path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default(),
            Self::Server(server) => server.namespace(),
        }
    }

    /// How long the work of a transaction may take; a file answers by itself.
    pub(crate) fn transaction_timeout(&self) -> Option<Duration> {
        match self {
            Self::File(_) => None,
            Self::Server(server) => Some(server.transaction_timeout()),
        }
    }
}

impl Database {
    /// Opens the database at `place`, making the file or the schema if need be, and brings its tables up to date with the
    /// migrations of `M`. On a server the tables lie in `schema`; any number of processes may open it at the same moment.
    ///
    /// A commit that was acknowledged survives power loss.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `database_url` when that is malformed; `FAILED_PRECONDITION` when another process holds
    /// the file, it cannot be opened, or the server refuses the user or has no such database; `UNAVAILABLE` when the
    /// server cannot be reached; otherwise as [`storage_error`](crate::storage_error).
    pub async fn open<M: MigratorTrait>(
        place: &Place,
        schema: &'static str,
        options: &DatabaseOptions,
    ) -> Result<Self> {
        let engine = match place {
            Place::File(path) => {
                Engine::File(sqlite::Sqlite::open::<M>(path, options.readers, &options.sqlite).await?)
            }
            Place::Server(url) => {
                let opened =
                    postgres::Postgres::open::<M>(url, schema, options.readers, &options.postgres).await?;
                Engine::Server(Arc::new(opened))
            }
        };
        let engine = Arc::new(engine);
        Ok(Self {
            readers: Readers::new(Arc::clone(&engine)),
            engine,
        })
    }

    /// Which SQL is spoken.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.engine.backend()
    }

    /// The connections that read. They refuse to write.
    #[must_use]
    pub fn read(&self) -> &Readers {
        &self.readers
    }

    /// Runs `work` in one writing transaction and commits when it returns `Ok`.
    ///
    /// The transaction lives in a task of its own: a caller that goes away (deadline, closed connection) stops waiting,
    /// while the work runs to its commit or rollback. Work that panics is rolled back and reported as `INTERNAL`, as is
    /// work that returns `Ok` after a statement failed on a server, which ends a transaction there.
    ///
    /// # Errors
    /// What `work` returned, or the error of the database; [`WriteError::outcome`] says whether anything may have been
    /// written, [`WriteError::is_transient`] whether to begin again.
    pub async fn write<T, F, Fut>(&self, work: F) -> Result<T, WriteError>
    where
        T: Send + 'static,
        F: FnOnce(Txn) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        transaction::run(Arc::clone(&self.engine), Mode::Write, work).await
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
        let done = transaction::run(Arc::clone(&self.engine), Mode::Read, work).await;
        done.map_err(|failed| failed.error)
    }

    /// Closes all connections; transactions in flight end first. Later calls on any clone are `UNAVAILABLE`.
    ///
    /// # Errors
    /// As [`storage_error`](crate::storage_error).
    pub async fn close(&self) -> Result<()> {
        match &*self.engine {
            Engine::File(file) => file.close().await,
            Engine::Server(server) => {
                server.close().await;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
