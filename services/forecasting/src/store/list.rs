//! Reading what was served.

use std::collections::HashMap;

use bellwether_domain::{Result, TenantId};
use bellwether_storage::storage_error;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
};
use serde::{Deserialize, Serialize};

use super::entity::{forecast, point};
use super::{Kind, Served, Store, rows};

/// The most values that are scored in one answer; of more the newest periods count.
const MOST_SCORED: u64 = 200_000;

/// Which forecasts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Only those with values of this KPI; empty = all.
    pub(crate) kpi: String,
    /// Only those made so.
    pub(crate) kind: Option<Kind>,
}

/// The place of a forecast in the list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// When it was made, in microseconds since 1970.
    pub(crate) made_at: i64,
    /// Its id.
    pub(crate) id: String,
}

impl Store {
    /// The forecasts after a place, newest first, with their values.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn list(
        &self,
        tenant: &TenantId,
        wanted: &Wanted,
        after: Option<Cursor>,
        limit: u64,
    ) -> Result<Vec<Served>> {
        let mut query = forecast::Entity::find().filter(forecast::Column::Tenant.eq(tenant.as_str()));
        if let Some(kind) = wanted.kind {
            query = query.filter(forecast::Column::Kind.eq(kind as i32));
        }
        if !wanted.kpi.is_empty() {
            let with = Query::select()
                .column(point::Column::Forecast)
                .from(point::Entity)
                .and_where(point::Column::Tenant.eq(tenant.as_str()))
                .and_where(point::Column::Kpi.eq(wanted.kpi.as_str()))
                .to_owned();
            query = query.filter(forecast::Column::Id.in_subquery(with));
        }
        if let Some(after) = after {
            let same = Condition::all()
                .add(forecast::Column::MadeAt.eq(after.made_at))
                .add(forecast::Column::Id.gt(after.id));
            query = query.filter(
                Condition::any()
                    .add(forecast::Column::MadeAt.lt(after.made_at))
                    .add(same),
            );
        }
        let found = query
            .order_by_desc(forecast::Column::MadeAt)
            .order_by_asc(forecast::Column::Id)
            .limit(limit)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let mut served: Vec<Served> = found.into_iter().map(rows::served).collect::<Result<_>>()?;
        self.fill(tenant, &mut served).await?;
        Ok(served)
    }

    /// Adds the values of forecasts.
    pub(super) async fn fill(&self, tenant: &TenantId, served: &mut [Served]) -> Result<()> {
        let ids: Vec<&str> = served.iter().map(|one| one.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let found = point::Entity::find()
            .filter(point::Column::Tenant.eq(tenant.as_str()))
            .filter(point::Column::Forecast.is_in(ids))
            .order_by_asc(point::Column::Forecast)
            .order_by_asc(point::Column::Ordinal)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let mut places: HashMap<String, usize> = HashMap::new();
        for (place, one) in served.iter().enumerate() {
            places.insert(one.id.clone(), place);
        }
        for model in found {
            if let Some(place) = places.get(&model.forecast) {
                served[*place].points.push(rows::point(model)?);
            }
        }
        Ok(())
    }

    /// Values that were compared with what came, with the forecast that each belongs to (without its other values), in the
    /// order of their periods.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn scored(&self, tenant: &TenantId, wanted: &Wanted) -> Result<Vec<Served>> {
        let mut query = point::Entity::find()
            .filter(point::Column::Tenant.eq(tenant.as_str()))
            .filter(point::Column::Actual.is_not_null());
        if !wanted.kpi.is_empty() {
            query = query.filter(point::Column::Kpi.eq(wanted.kpi.as_str()));
        }
        let found = query
            .order_by_desc(point::Column::PeriodEnd)
            .order_by_asc(point::Column::Forecast)
            .order_by_asc(point::Column::Ordinal)
            .limit(MOST_SCORED)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let heads = self.heads(tenant, wanted).await?;
        let mut out = Vec::with_capacity(found.len());
        for model in found.into_iter().rev() {
            if let Some(head) = heads.get(&model.forecast) {
                let mut one = head.clone();
                one.points.push(rows::point(model)?);
                out.push(one);
            }
        }
        Ok(out)
    }

    /// How many values have not been compared.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn waiting(&self, tenant: &TenantId, wanted: &Wanted) -> Result<u64> {
        let mut query = point::Entity::find()
            .filter(point::Column::Tenant.eq(tenant.as_str()))
            .filter(point::Column::ScoredAt.is_null());
        if !wanted.kpi.is_empty() {
            query = query.filter(point::Column::Kpi.eq(wanted.kpi.as_str()));
        }
        if let Some(kind) = wanted.kind {
            let of_kind = forecast::Entity::find()
                .select_only()
                .column(forecast::Column::Id)
                .filter(forecast::Column::Tenant.eq(tenant.as_str()))
                .filter(forecast::Column::Kind.eq(kind as i32))
                .into_query();
            query = query.filter(point::Column::Forecast.in_subquery(of_kind));
        }
        query.count(self.db.read()).await.map_err(storage_error)
    }

    async fn heads(&self, tenant: &TenantId, wanted: &Wanted) -> Result<HashMap<String, Served>> {
        let mut query = forecast::Entity::find().filter(forecast::Column::Tenant.eq(tenant.as_str()));
        if let Some(kind) = wanted.kind {
            query = query.filter(forecast::Column::Kind.eq(kind as i32));
        }
        let found = query.all(self.db.read()).await.map_err(storage_error)?;
        let head = |model: forecast::Model| Ok((model.id.clone(), rows::served(model)?));
        found.into_iter().map(head).collect()
    }
}

impl Cursor {
    /// The place of a forecast.
    pub(crate) fn of(served: &Served) -> Self {
        Self {
            made_at: served.made_at.as_micros(),
            id: served.id.clone(),
        }
    }
}
