//! Chances of single records: kept once a day, decided when it is known what became of the record.

mod decide;
mod read;

use std::collections::BTreeMap;

use bellwether_domain::{Result, TenantId};
use bellwether_storage::{Txn, storage_error};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select};

use super::entity::chance;
use super::{Served, Store};

/// Chances that one statement adds: a statement has 65,535 parameters at most, and a chance has 17 columns.
const A_STATEMENT: usize = 1_000;

/// A chance of a record, as it was said.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Chance {
    /// The id of the deal, lead or customer.
    pub(crate) record: String,
    /// Whose it was; empty = nobody's.
    pub(crate) owner: String,
    /// What people called the deal; empty = nothing.
    pub(crate) category: String,
    /// What spoke.
    pub(crate) model: String,
    /// The chance, 0 to 1.
    pub(crate) chance: f64,
    /// The known amount of the deal, in major units.
    pub(crate) amount: Option<f64>,
    /// What it is worth if it happens, in major units.
    pub(crate) worth: Option<f64>,
}

/// Which chances, and as of when they were said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series {
    pub(crate) kind: i32,
    /// The first day that was not known, days since 1970-01-01.
    pub(crate) made: i32,
    /// Within how many days it is to happen; 0 = in the end.
    pub(crate) days: i32,
}

/// A chance with what became of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fate {
    pub(crate) of: Series,
    pub(crate) said: Chance,
    /// Whether it happened; `None` = not decided.
    pub(crate) came: Option<bool>,
    /// What it brought.
    pub(crate) came_amount: Option<f64>,
    /// The day on which it was decided.
    pub(crate) decided: Option<i32>,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct End {
    /// Whether it happened; `None` = nothing that can be compared.
    pub(crate) came: Option<bool>,
    pub(crate) amount: Option<f64>,
    /// The day on which it was decided.
    pub(crate) day: i32,
}

/// Chances of a tenant that may be decided.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Waiting {
    pub(crate) tenant: String,
    pub(crate) kind: i32,
    /// Within how many days they were to happen; 0 = in the end.
    pub(crate) days: i32,
    pub(crate) n: i64,
}

/// How many chances are not decided, by kind and horizon.
pub(crate) type Undecided = BTreeMap<(i32, i32), u64>;

impl Store {
    /// Keeps chances beside the forecast that they were served with, those that the day does not have yet.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn keep_chances(
        &self,
        tenant: &TenantId,
        served: &Served,
        of: &Series,
        said: &[Chance],
    ) -> Result<()> {
        self.keep(tenant, served).await?;
        let row = |one: &Chance| chance::ActiveModel {
            tenant: Set(tenant.to_string()),
            kind: Set(of.kind),
            made: Set(of.made),
            days: Set(of.days),
            record: Set(one.record.clone()),
            forecast: Set(served.id.clone()),
            owner: Set(one.owner.clone()),
            category: Set(one.category.clone()),
            model: Set(one.model.clone()),
            chance: Set(one.chance),
            amount: Set(one.amount),
            worth: Set(one.worth),
            due: Set((of.days > 0).then(|| of.made.saturating_add(of.days))),
            came: Set(None),
            came_amount: Set(None),
            decided: Set(None),
            scored_at: Set(None),
        };
        let rows: Vec<chance::ActiveModel> = said
            .iter()
            .filter(|one| one.chance.is_finite())
            .map(row)
            .collect();
        let keep = || {
            let rows = rows.clone();
            move |txn: Txn| async move {
                use chance::Column::{Days, Kind, Made, Record, Tenant};
                for some in rows.chunks(A_STATEMENT) {
                    let there = OnConflict::columns([Tenant, Kind, Made, Days, Record])
                        .do_nothing()
                        .to_owned();
                    chance::Entity::insert_many(some.to_vec())
                        .on_conflict(there)
                        .exec_without_returning(&*txn)
                        .await
                        .map_err(storage_error)?;
                }
                Ok(())
            }
        };
        self.write(keep).await
    }

    /// Whether there are chances of a day, kind and horizon.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn has_chances(&self, tenant: &TenantId, of: &Series) -> Result<bool> {
        let found = chance::Entity::find()
            .filter(chance::Column::Tenant.eq(tenant.as_str()))
            .filter(chance::Column::Kind.eq(of.kind))
            .filter(chance::Column::Made.eq(of.made))
            .filter(chance::Column::Days.eq(of.days))
            .one(self.db.read())
            .await;
        Ok(found.map_err(storage_error)?.is_some())
    }

    /// Tenants and kinds with chances that are not decided, and how many: those whose horizon ended on `day` or before, and
    /// those that are decided in the end.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn waiting_chances(&self, day: i32) -> Result<Vec<Waiting>> {
        let found = waiting(day)
            .select_only()
            .columns([chance::Column::Tenant, chance::Column::Kind, chance::Column::Days])
            .column_as(chance::Column::Record.count(), "n")
            .group_by(chance::Column::Tenant)
            .group_by(chance::Column::Kind)
            .group_by(chance::Column::Days)
            .into_model::<Waiting>()
            .all(self.db.read())
            .await;
        found.map_err(storage_error)
    }
}

fn waiting(day: i32) -> Select<chance::Entity> {
    let due = Condition::any()
        .add(chance::Column::Due.is_null())
        .add(chance::Column::Due.lte(day));
    chance::Entity::find()
        .filter(chance::Column::ScoredAt.is_null())
        .filter(due)
}

fn series(row: &chance::Model) -> Series {
    Series {
        kind: row.kind,
        made: row.made,
        days: row.days,
    }
}
