//! What people said in place of the models, every version of it.

use sea_orm_migration::prelude::*;

pub(super) struct Overrides;

impl MigrationName for Overrides {
    fn name(&self) -> &'static str {
        "m0003_overrides"
    }
}

/// `says` is JSON; `made_at` is in microseconds since 1970. Of an id the last version holds unless it is withdrawn: `holds`
/// is 1 of that one and 0 of all others. `request` names the call that wrote a version and `payload` what it asked for.
pub(super) const TABLES: [&str; 3] = [
    "CREATE TABLE forecast_override (
        tenant TEXT{ordered} NOT NULL,
        id TEXT{ordered} NOT NULL,
        version BIGINT NOT NULL,
        holds INTEGER NOT NULL,
        withdrawn INTEGER NOT NULL,
        says TEXT NOT NULL,
        author TEXT NOT NULL,
        reason TEXT NOT NULL,
        made_at BIGINT NOT NULL,
        request TEXT{ordered},
        payload TEXT NOT NULL,
        PRIMARY KEY (tenant, id, version)
    )",
    "CREATE INDEX forecast_override_newest ON forecast_override (tenant, made_at, id)",
    "CREATE UNIQUE INDEX forecast_override_request ON forecast_override (tenant, request) WHERE request IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Overrides {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, &TABLES).await
    }

    /// A process that dies half-way must find the database as it was.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
