//! Single forecasts that were served.

use bellwether_domain::{Instant, Result, TenantId};
use bellwether_storage::storage_error;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::forecast;
use super::{Kind, Served, Store, rows};

/// So many of the last forecasts are looked through for one that fits.
const LAST: u64 = 500;

impl Store {
    /// The forecast of an id, with its values.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn forecast(&self, tenant: &TenantId, id: &str) -> Result<Option<Served>> {
        let key = (tenant.to_string(), id.to_owned());
        let found = forecast::Entity::find_by_id(key).one(self.db.read()).await;
        let found = found.map_err(storage_error)?.map(rows::served).transpose()?;
        let mut found: Vec<Served> = found.into_iter().collect();
        self.fill(tenant, &mut found).await?;
        Ok(found.pop())
    }

    /// The last forecasts of a kind as of an instant before another, the newest first, with their values.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn last_before(
        &self,
        tenant: &TenantId,
        kind: Kind,
        as_of: Instant,
    ) -> Result<Vec<Served>> {
        let found = forecast::Entity::find()
            .filter(forecast::Column::Tenant.eq(tenant.as_str()))
            .filter(forecast::Column::Kind.eq(kind as i32))
            .filter(forecast::Column::AsOf.lt(as_of.as_micros()))
            .order_by_desc(forecast::Column::AsOf)
            .order_by_desc(forecast::Column::MadeAt)
            .order_by_asc(forecast::Column::Id)
            .limit(LAST)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let mut served: Vec<Served> = found.into_iter().map(rows::served).collect::<Result<_>>()?;
        self.fill(tenant, &mut served).await?;
        Ok(served)
    }
}
