//! What several processes over one database need to know of each other.

use sea_orm_migration::prelude::*;

pub(super) struct Fleet;

impl MigrationName for Fleet {
    fn name(&self) -> &'static str {
        "m0003_fleet"
    }
}

/// `system` and `timeline` name the server that the log lives on, as it was when its epoch began: another one means a
/// restore or a failover. `owner` is the process that runs an import; it does so until `lease_until` (microseconds
/// since 1970) unless it says again that it lives.
pub(super) const COLUMNS: [&str; 5] = [
    "ALTER TABLE life ADD COLUMN system TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE life ADD COLUMN timeline TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE import ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE import ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0",
    // Few are running at any time: what the sweep looks for costs nothing to find.
    "CREATE INDEX import_running ON import (lease_until) WHERE state = 1",
];

#[async_trait::async_trait]
impl MigrationTrait for Fleet {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, &COLUMNS).await
    }

    /// A process that dies half-way must find the database as it was.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
