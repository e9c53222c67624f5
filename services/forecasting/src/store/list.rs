//! Reading what was served.

use std::collections::{BTreeSet, HashMap};

use bellwether_domain::{Result, TenantId};
use bellwether_storage::storage_error;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait as _, Select,
};
use serde::{Deserialize, Serialize};

use super::entity::{forecast, point};
use super::{Kind, Served, Store, rows};

/// The most values that are scored in one answer; of more the newest periods count.
const MOST_SCORED: u64 = 200_000;
/// Forecasts that one statement asks for: a statement has 32,766 parameters at most.
const A_STATEMENT: usize = 10_000;

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
    /// The forecasts after a place, newest first, with their values, and whether more follow: at most so many, and of
    /// those behind the first only as many as have no more than so many values together.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn list(
        &self,
        tenant: &TenantId,
        wanted: &Wanted,
        after: Option<Cursor>,
        (rows, points): (usize, u64),
    ) -> Result<(Vec<Served>, bool)> {
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
            .limit(rows as u64 + 1)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let mut served: Vec<Served> = found.into_iter().map(rows::served).collect::<Result<_>>()?;
        let most = rows.min(self.fitting(tenant, &served, points).await?);
        let more = served.len() > most;
        served.truncate(most);
        self.fill(tenant, &mut served).await?;
        Ok((served, more))
    }

    /// How many of the first forecasts have no more than so many values together, one at least.
    async fn fitting(&self, tenant: &TenantId, served: &[Served], points: u64) -> Result<usize> {
        #[derive(FromQueryResult)]
        struct Row {
            forecast: String,
            n: i64,
        }
        let ids: Vec<&str> = served.iter().map(|one| one.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(1);
        }
        let found = point::Entity::find()
            .filter(point::Column::Tenant.eq(tenant.as_str()))
            .filter(point::Column::Forecast.is_in(ids))
            .select_only()
            .column(point::Column::Forecast)
            .column_as(point::Column::Ordinal.count(), "n")
            .group_by(point::Column::Forecast)
            .into_model::<Row>()
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let counts: HashMap<String, u64> = found
            .into_iter()
            .map(|row| (row.forecast, row.n.unsigned_abs()))
            .collect();
        let mut sum = 0_u64;
        let fits = |one: &&Served| {
            sum = sum.saturating_add(counts.get(&one.id).copied().unwrap_or(0));
            sum <= points
        };
        Ok(served.iter().take_while(fits).count().max(1))
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
        self.newest_scored(tenant, wanted, MOST_SCORED).await
    }

    /// At most so many of them, those of the newest periods.
    pub(super) async fn newest_scored(
        &self,
        tenant: &TenantId,
        wanted: &Wanted,
        most: u64,
    ) -> Result<Vec<Served>> {
        let found = points_of(tenant, wanted)
            .filter(point::Column::Actual.is_not_null())
            .order_by_desc(point::Column::PeriodEnd)
            .order_by_asc(point::Column::Forecast)
            .order_by_asc(point::Column::Ordinal)
            .limit(most)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let heads = self.heads(tenant, &found).await?;
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
        let query = points_of(tenant, wanted).filter(point::Column::ScoredAt.is_null());
        query.count(self.db.read()).await.map_err(storage_error)
    }

    /// The forecasts that values belong to, without values.
    async fn heads(&self, tenant: &TenantId, of: &[point::Model]) -> Result<HashMap<String, Served>> {
        let ids: BTreeSet<&str> = of.iter().map(|model| model.forecast.as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let mut heads = HashMap::with_capacity(ids.len());
        for some in ids.chunks(A_STATEMENT) {
            let found = forecast::Entity::find()
                .filter(forecast::Column::Tenant.eq(tenant.as_str()))
                .filter(forecast::Column::Id.is_in(some.iter().copied()))
                .all(self.db.read())
                .await
                .map_err(storage_error)?;
            for model in found {
                heads.insert(model.id.clone(), rows::served(model)?);
            }
        }
        Ok(heads)
    }
}

/// The values of forecasts.
fn points_of(tenant: &TenantId, wanted: &Wanted) -> Select<point::Entity> {
    let mut query = point::Entity::find().filter(point::Column::Tenant.eq(tenant.as_str()));
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
    query
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
