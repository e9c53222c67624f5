//! Keeping what was served.

use bellwether_domain::{Result, TenantId};
use bellwether_storage::{Txn, storage_error};
use sea_orm::EntityTrait;
use sea_orm::sea_query::OnConflict;

use super::entity::{forecast, point};
use super::rows::{forecast_model, point_model};
use super::{Served, Store};

/// Values that one statement adds: a statement has 65,535 parameters at most, and a value has 16 columns.
const POINTS_A_STATEMENT: usize = 1_000;

impl Store {
    /// Keeps a forecast with its values, unless it is kept already.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn keep(&self, tenant: &TenantId, served: &Served) -> Result<()> {
        let written = Written::of(tenant.as_str(), served)?;
        let keep = || {
            let written = written.clone();
            move |txn: Txn| async move { written.add(&txn).await }
        };
        self.write(keep).await
    }
}

/// A forecast with its values as it is written.
#[derive(Clone)]
pub(super) struct Written {
    model: forecast::ActiveModel,
    points: Vec<point::ActiveModel>,
}

impl Written {
    /// # Errors
    /// `INTERNAL` for what cannot be written.
    pub(super) fn of(tenant: &str, served: &Served) -> Result<Self> {
        let points = served.points.iter().enumerate();
        let points = points.map(|(at, point)| point_model(tenant, &served.id, at, point));
        Ok(Self {
            model: forecast_model(tenant, served)?,
            points: points.collect::<Result<_>>()?,
        })
    }

    /// Adds it beside what else a transaction writes, unless it is there.
    ///
    /// # Errors
    /// As storage has it.
    pub(super) async fn add(self, txn: &Txn) -> Result<()> {
        let key = [forecast::Column::Tenant, forecast::Column::Id];
        let added = forecast::Entity::insert_many([self.model])
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(&**txn)
            .await
            .map_err(storage_error)?;
        // Who kept it wrote its values in the same transaction.
        if added == 0 {
            return Ok(());
        }
        for some in self.points.chunks(POINTS_A_STATEMENT) {
            let inserted = point::Entity::insert_many(some.to_vec())
                .exec_without_returning(&**txn)
                .await;
            inserted.map_err(storage_error)?;
        }
        Ok(())
    }
}
