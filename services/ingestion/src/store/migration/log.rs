//! The record log's own tables.

use sea_orm_migration::prelude::*;

pub(super) struct Log;

impl MigrationName for Log {
    fn name(&self) -> &'static str {
        "m0001_log"
    }
}

/// Tenants are numbers here, and every key starts with one. `change` only grows at its end. A `head` is small and found
/// by its key alone, so its rows lie in the key's own tree.
pub(super) const TABLES: [&str; 6] = [
    "CREATE TABLE life (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        epoch BIGINT NOT NULL
    )",
    "CREATE TABLE tenant_head (
        tenant {number} NOT NULL PRIMARY KEY,
        name TEXT{ordered} NOT NULL UNIQUE,
        seq BIGINT NOT NULL,
        recorded_at BIGINT NOT NULL,
        epoch BIGINT NOT NULL,
        settings_seq BIGINT NOT NULL
    )",
    "CREATE TABLE change (
        tenant BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        kind INTEGER NOT NULL,
        id TEXT{ordered} NOT NULL,
        prev_seq BIGINT NOT NULL,
        effective_at BIGINT NOT NULL,
        recorded_at BIGINT NOT NULL,
        source_version BIGINT NOT NULL,
        explicit_key BOOLEAN NOT NULL,
        payload {bytes},
        PRIMARY KEY (tenant, seq)
    )",
    // Only versions that the source named are ever looked up by name.
    "CREATE INDEX change_version ON change (tenant, kind, id, effective_at, source_version, seq)
        WHERE explicit_key",
    "CREATE TABLE head (
        tenant BIGINT NOT NULL,
        kind INTEGER NOT NULL,
        id TEXT{ordered} NOT NULL,
        seq BIGINT NOT NULL,
        last_seq BIGINT NOT NULL,
        hash {bytes},
        effective_at BIGINT NOT NULL,
        source_version BIGINT NOT NULL,
        PRIMARY KEY (tenant, kind, id)
    ){in_key}",
    "CREATE TABLE request (
        tenant BIGINT NOT NULL,
        key TEXT{ordered} NOT NULL,
        hash {bytes} NOT NULL,
        reply {bytes} NOT NULL,
        PRIMARY KEY (tenant, key)
    )",
];

#[async_trait::async_trait]
impl MigrationTrait for Log {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, &TABLES).await
    }

    /// A process that dies half-way must find the database as it was.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
