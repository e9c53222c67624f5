//! Forecasts whose time has come, and what came.

use std::collections::BTreeSet;

use bellwether_domain::{Instant, Result, TenantId};
use bellwether_storage::{Txn, storage_error};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{forecast, point};
use super::{Kind, Point, Store, rows};

/// A value of a forecast whose period is over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Due {
    pub(crate) tenant: TenantId,
    pub(crate) forecast: String,
    pub(crate) ordinal: i32,
    pub(crate) kind: Kind,
    /// Conditions on dimensions, which the truth has to meet too.
    pub(crate) filters: Vec<(String, Option<String>)>,
    pub(crate) point: Point,
}

/// The place of a value among those that are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DuePlace {
    /// The day after the last one of its period.
    end: i32,
    tenant: String,
    forecast: String,
    ordinal: i32,
}

impl Due {
    /// Its place.
    pub(crate) fn place(&self) -> DuePlace {
        DuePlace {
            end: self.point.end,
            tenant: self.tenant.to_string(),
            forecast: self.forecast.clone(),
            ordinal: self.ordinal,
        }
    }
}

/// What came of a value of a forecast; `None` = nothing that could be compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Truth {
    pub(crate) forecast: String,
    pub(crate) ordinal: i32,
    pub(crate) actual: Option<f64>,
}

impl Store {
    /// Values after a place of all tenants but some, whose periods ended on `day` (days since 1970-01-01) or before, and
    /// that were not looked at yet: the oldest first, those of one tenant and forecast together.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn due(
        &self,
        day: i32,
        (after, without): (Option<&DuePlace>, &BTreeSet<TenantId>),
        limit: u64,
    ) -> Result<Vec<Due>> {
        let mut query = point::Entity::find()
            .filter(point::Column::ScoredAt.is_null())
            .filter(point::Column::PeriodEnd.lte(day));
        if !without.is_empty() {
            query = query.filter(point::Column::Tenant.is_not_in(without.iter().map(TenantId::as_str)));
        }
        if let Some(place) = after {
            query = query.filter(later(place));
        }
        let found = query
            .order_by_asc(point::Column::PeriodEnd)
            .order_by_asc(point::Column::Tenant)
            .order_by_asc(point::Column::Forecast)
            .order_by_asc(point::Column::Ordinal)
            .limit(limit)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let mut due = Vec::with_capacity(found.len());
        let mut head: Option<forecast::Model> = None;
        for model in found {
            let same = |head: &&forecast::Model| head.tenant == model.tenant && head.id == model.forecast;
            if head.as_ref().filter(same).is_none() {
                let key = (model.tenant.clone(), model.forecast.clone());
                let found = forecast::Entity::find_by_id(key).one(self.db.read()).await;
                head = found.map_err(storage_error)?;
            }
            let Some(head) = &head else { continue };
            due.push(Due {
                tenant: model.tenant.parse()?,
                forecast: model.forecast.clone(),
                ordinal: model.ordinal,
                kind: Kind::of(head.kind),
                filters: rows::served(head.clone())?.filters,
                point: rows::point(model)?,
            });
        }
        Ok(due)
    }

    /// Notes what came.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn note(&self, tenant: &TenantId, truths: Vec<Truth>, at: Instant) -> Result<()> {
        let tenant = tenant.to_string();
        let note = || {
            let (tenant, truths) = (tenant.clone(), truths.clone());
            move |txn: Txn| async move {
                for truth in truths {
                    let noted = point::Entity::update_many()
                        .set(point::ActiveModel {
                            actual: Set(truth.actual),
                            scored_at: Set(Some(at.as_micros())),
                            ..point::ActiveModel::default()
                        })
                        .filter(point::Column::Tenant.eq(tenant.as_str()))
                        .filter(point::Column::Forecast.eq(truth.forecast))
                        .filter(point::Column::Ordinal.eq(truth.ordinal))
                        .exec(&*txn)
                        .await;
                    noted.map_err(storage_error)?;
                }
                Ok(())
            }
        };
        self.write(note).await
    }
}

fn later(place: &DuePlace) -> Condition {
    use point::Column::{Forecast, Ordinal, PeriodEnd, Tenant};
    let day = || Condition::all().add(PeriodEnd.eq(place.end));
    let tenant = || day().add(Tenant.eq(place.tenant.as_str()));
    let forecast = || tenant().add(Forecast.eq(place.forecast.as_str()));
    Condition::any()
        .add(PeriodEnd.gt(place.end))
        .add(day().add(Tenant.gt(place.tenant.as_str())))
        .add(tenant().add(Forecast.gt(place.forecast.as_str())))
        .add(forecast().add(Ordinal.gt(place.ordinal)))
}
