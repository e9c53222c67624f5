//! Chances of single records, and what became of them.

use sea_orm_migration::prelude::*;

pub(super) struct Chances;

impl MigrationName for Chances {
    fn name(&self) -> &'static str {
        "m0002_chances"
    }
}

/// A record has one chance a day, kind and horizon (`days`; 0 = in the end), the first one that was served; `forecast` tells
/// with which. `made`, `due` (the day after the last one of the horizon) and `decided` are days since 1970, `scored_at` is in
/// microseconds. `came` is 1 when it happened and 0 when it did not; a chance that was looked at and cannot be compared has
/// `scored_at` and no `came`. Amounts are in the currency's major units.
pub(super) const TABLES: [&str; 4] = [
    "CREATE TABLE chance (
        tenant TEXT{ordered} NOT NULL,
        kind INTEGER NOT NULL,
        made INTEGER NOT NULL,
        days INTEGER NOT NULL,
        record TEXT{ordered} NOT NULL,
        forecast TEXT{ordered} NOT NULL,
        owner TEXT NOT NULL,
        category TEXT NOT NULL,
        model TEXT NOT NULL,
        chance DOUBLE PRECISION NOT NULL,
        amount DOUBLE PRECISION,
        worth DOUBLE PRECISION,
        due INTEGER,
        came INTEGER,
        came_amount DOUBLE PRECISION,
        decided INTEGER,
        scored_at BIGINT,
        PRIMARY KEY (tenant, kind, made, days, record)
    )",
    "CREATE INDEX chance_waiting ON chance (tenant, kind, due, made) WHERE scored_at IS NULL",
    "CREATE INDEX chance_scored ON chance (tenant, kind, decided) WHERE came IS NOT NULL",
    "CREATE INDEX chance_forecast ON chance (tenant, forecast)",
];

#[async_trait::async_trait]
impl MigrationTrait for Chances {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, &TABLES).await
    }

    /// A process that dies half-way must find the database as it was.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
