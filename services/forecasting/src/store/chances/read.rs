//! Reading chances, decided and not.

use std::collections::BTreeMap;

use bellwether_domain::{Result, TenantId};
use bellwether_storage::storage_error;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select};

use super::{Chance, Fate, Undecided, series};
use crate::store::entity::chance;
use crate::store::{Kind, Store};

/// The most chances that are looked at in one answer; of more the newest count.
const MOST_SCORED: u64 = 300_000;

impl Store {
    /// Chances that were decided, of one kind or all.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn decided(&self, tenant: &TenantId, kind: Option<Kind>) -> Result<Vec<Fate>> {
        let found = of(tenant, kind)
            .filter(chance::Column::Came.is_not_null())
            .order_by_desc(chance::Column::Decided)
            .order_by_asc(chance::Column::Record)
            .limit(MOST_SCORED)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        Ok(found.into_iter().map(fate).collect())
    }

    /// How many chances are not decided, by kind and horizon.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn undecided(&self, tenant: &TenantId, kind: Option<Kind>) -> Result<Undecided> {
        #[derive(FromQueryResult)]
        struct Row {
            kind: i32,
            days: i32,
            n: i64,
        }
        let found = of(tenant, kind)
            .filter(chance::Column::ScoredAt.is_null())
            .select_only()
            .columns([chance::Column::Kind, chance::Column::Days])
            .column_as(chance::Column::Record.count(), "n")
            .group_by(chance::Column::Kind)
            .group_by(chance::Column::Days)
            .into_model::<Row>()
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        Ok(found
            .into_iter()
            .map(|row| ((row.kind, row.days), row.n.unsigned_abs()))
            .collect())
    }

    /// How many chances were kept with each of some forecasts.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn chances_of(
        &self,
        tenant: &TenantId,
        forecasts: &[String],
    ) -> Result<BTreeMap<String, u64>> {
        #[derive(FromQueryResult)]
        struct Row {
            forecast: String,
            n: i64,
        }
        if forecasts.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = of(tenant, None)
            .filter(chance::Column::Forecast.is_in(forecasts.iter().map(String::as_str)))
            .select_only()
            .column(chance::Column::Forecast)
            .column_as(chance::Column::Record.count(), "n")
            .group_by(chance::Column::Forecast)
            .into_model::<Row>()
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        Ok(found
            .into_iter()
            .map(|row| (row.forecast, row.n.unsigned_abs()))
            .collect())
    }
}

fn of(tenant: &TenantId, kind: Option<Kind>) -> Select<chance::Entity> {
    let all = chance::Entity::find().filter(chance::Column::Tenant.eq(tenant.as_str()));
    match kind {
        Some(kind) => all.filter(chance::Column::Kind.eq(kind as i32)),
        None => all,
    }
}

fn fate(row: chance::Model) -> Fate {
    Fate {
        of: series(&row),
        came: row.came.map(|came| came != 0),
        came_amount: row.came_amount,
        decided: row.decided,
        said: Chance {
            record: row.record,
            owner: row.owner,
            category: row.category,
            model: row.model,
            chance: row.chance,
            amount: row.amount,
            worth: row.worth,
        },
    }
}
