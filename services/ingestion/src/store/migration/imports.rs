//! Imports and the rows that they refused.

use sea_orm_migration::prelude::*;

pub(super) struct Imports;

impl MigrationName for Imports {
    fn name(&self) -> &'static str {
        "m0002_imports"
    }
}

/// A tenant stands here by name: an import can fail before the tenant has a log, and then leaves it without one.
/// `run` counts how often an import of the id was begun; rejects are those of the latest.
pub(super) const TABLES: [&str; 2] = [
    "CREATE TABLE import (
        tenant TEXT{ordered} NOT NULL,
        id TEXT{ordered} NOT NULL,
        run BIGINT NOT NULL,
        state INTEGER NOT NULL,
        rows BIGINT NOT NULL,
        rejected BIGINT NOT NULL,
        epoch BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        records TEXT NOT NULL,
        warnings TEXT NOT NULL,
        error TEXT NOT NULL,
        started_at BIGINT NOT NULL,
        ended_at BIGINT,
        PRIMARY KEY (tenant, id)
    )",
    "CREATE TABLE reject (
        tenant TEXT{ordered} NOT NULL,
        import TEXT{ordered} NOT NULL,
        file INTEGER NOT NULL,
        line BIGINT NOT NULL,
        ordinal INTEGER NOT NULL,
        name TEXT NOT NULL,
        field TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (tenant, import, file, line, ordinal)
    ){in_key}",
];

#[async_trait::async_trait]
impl MigrationTrait for Imports {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, &TABLES).await
    }

    /// A process that dies half-way must find the database as it was.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
