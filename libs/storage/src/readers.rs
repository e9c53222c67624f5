//! The connections that read, used like one connection.

use std::sync::Arc;

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use tracing::Instrument as _;

use crate::database::{Engine, postgres::Ask};
use crate::observe;

/// The connections of a database that read; they refuse to write. Cheap to clone.
///
/// On a PostgreSQL server each read runs to its end in a task of its own, so that a caller that goes away leaves no
/// connection in an unknown state, and is tried again when its connection breaks.
#[derive(Debug, Clone)]
pub struct Readers {
    engine: Arc<Engine>,
}

impl Readers {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }
}

#[async_trait]
impl ConnectionTrait for Readers {
    fn get_database_backend(&self) -> DbBackend {
        self.engine.backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        let span = observe::statement(&self.engine, &stmt.sql);
        let reading = async {
            match &*self.engine {
                Engine::File(file) => file.readers.execute_raw(stmt).await,
                Engine::Server(server) => {
                    let answer = server.read(Ask::Execute(stmt)).await.map_err(exec_error)?;
                    Ok(answer.done().into())
                }
            }
        };
        observe::failure(reading.instrument(span.clone()).await, &span)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let span = observe::statement(&self.engine, sql);
        let reading = async {
            match &*self.engine {
                Engine::File(file) => file.readers.execute_unprepared(sql).await,
                Engine::Server(server) => {
                    let answer = server.read(Ask::Plain(sql.to_owned())).await;
                    Ok(answer.map_err(exec_error)?.done().into())
                }
            }
        };
        observe::failure(reading.instrument(span.clone()).await, &span)
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all_raw(stmt).await?.into_iter().next())
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let span = observe::statement(&self.engine, &stmt.sql);
        let reading = async {
            match &*self.engine {
                Engine::File(file) => file.readers.query_all_raw(stmt).await,
                Engine::Server(server) => {
                    let answer = server.read(Ask::Rows(stmt)).await.map_err(query_error)?;
                    Ok(answer.rows().into_iter().map(QueryResult::from).collect())
                }
            }
        };
        observe::failure(reading.instrument(span.clone()).await, &span)
    }
}

/// As SeaORM wraps the driver's error of a statement.
pub(crate) fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

/// As SeaORM wraps the driver's error of a query.
pub(crate) fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}
