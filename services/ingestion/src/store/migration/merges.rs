//! Which record a tombstone says it was merged into.

use sea_orm_migration::prelude::*;

pub(super) struct Merges;

impl MigrationName for Merges {
    fn name(&self) -> &'static str {
        "m0004_merges"
    }
}

/// Beside `change`, because few changes are merges and every write pays for a column there.
pub(super) const TABLES: [&str; 2] = [
    "CREATE TABLE merged (
        tenant BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        kind INTEGER NOT NULL,
        id TEXT{ordered} NOT NULL,
        survivor TEXT{ordered} NOT NULL,
        PRIMARY KEY (tenant, seq)
    ){in_key}",
    "CREATE INDEX merged_survivor ON merged (tenant, kind, survivor)",
];

#[async_trait::async_trait]
impl MigrationTrait for Merges {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, &TABLES).await
    }

    /// A process that dies half-way must find the database as it was.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
