//! Forecasts that were served, and their values.

use sea_orm_migration::prelude::*;

pub(super) struct Served;

impl MigrationName for Served {
    fn name(&self) -> &'static str {
        "m0001_served"
    }
}

/// Instants are microseconds since 1970, periods are days since then, the end exclusive. `filters` and `intervals` are
/// JSON. `dimension` is empty for the whole; `member` is null where it is missing. A value that was looked at and could
/// not be compared has `scored_at` and no `actual`.
pub(super) const TABLES: [&str; 5] = [
    "CREATE TABLE forecast (
        tenant TEXT{ordered} NOT NULL,
        id TEXT{ordered} NOT NULL,
        kind INTEGER NOT NULL,
        filters TEXT NOT NULL,
        made_at BIGINT NOT NULL,
        as_of BIGINT NOT NULL,
        epoch BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        model_version TEXT NOT NULL,
        PRIMARY KEY (tenant, id)
    )",
    "CREATE INDEX forecast_newest ON forecast (tenant, made_at, id)",
    "CREATE TABLE point (
        tenant TEXT{ordered} NOT NULL,
        forecast TEXT{ordered} NOT NULL,
        ordinal INTEGER NOT NULL,
        kpi TEXT{ordered} NOT NULL,
        unit TEXT NOT NULL,
        dimension TEXT NOT NULL,
        member TEXT,
        model TEXT NOT NULL,
        step INTEGER NOT NULL,
        period_start INTEGER NOT NULL,
        period_end INTEGER NOT NULL,
        mean DOUBLE PRECISION NOT NULL,
        intervals TEXT NOT NULL,
        scale DOUBLE PRECISION,
        actual DOUBLE PRECISION,
        scored_at BIGINT,
        PRIMARY KEY (tenant, forecast, ordinal)
    )",
    "CREATE INDEX point_waiting ON point (period_end, tenant, forecast) WHERE scored_at IS NULL",
    "CREATE INDEX point_kpi ON point (tenant, kpi, period_end)",
];

#[async_trait::async_trait]
impl MigrationTrait for Served {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, &TABLES).await
    }

    /// A process that dies half-way must find the database as it was.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
