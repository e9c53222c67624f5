//! Imports and the rows that they refused. Every statement about one import names the tenant.
//!
//! An import belongs to the process that runs it, for as long as that process says again and again that it lives. What
//! another process took over meanwhile is no longer written by the first.

mod lease;
mod rows;

use std::collections::BTreeMap;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Instant, Position, Result, TenantId};
use bellwether_storage::{Txn, storage_error};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};

use super::entity::{import, reject};
use super::{Store, postgres, signed, unsigned};
pub(crate) use lease::Lease;
use rows::{model, reject_model, reject_row, row, stored};

/// Rows of one statement; with eight columns it binds 4,000 values of the 32,766 that SQLite allows.
const REJECTS_A_STATEMENT: usize = 500;

/// How an import stands. The numbers are stored and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImportState {
    Running = 1,
    Done = 2,
    Failed = 3,
}

impl ImportState {
    fn of(number: i32) -> Self {
        match number {
            1 => Self::Running,
            2 => Self::Done,
            _ => Self::Failed,
        }
    }
}

/// What became of the records of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportCounts {
    pub(crate) changed: u64,
    pub(crate) unchanged: u64,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportRow {
    pub(crate) id: String,
    /// How often an import of this id was begun.
    pub(crate) run: u64,
    pub(crate) state: ImportState,
    pub(crate) rows: u64,
    pub(crate) rejected: u64,
    pub(crate) position: Position,
    /// By kind.
    pub(crate) records: BTreeMap<String, ImportCounts>,
    pub(crate) warnings: Vec<String>,
    pub(crate) error: String,
    pub(crate) started_at: Instant,
    pub(crate) ended_at: Option<Instant>,
}

/// A thing wrong with a refused row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RejectRow {
    pub(crate) at: RejectCursor,
    pub(crate) file: String,
    pub(crate) field: String,
    pub(crate) reason: String,
}

/// The place of a reject in the order of its import: file, line, and which of the line's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RejectCursor {
    pub(crate) file: u32,
    pub(crate) line: u64,
    pub(crate) ordinal: u32,
}

impl Store {
    /// Begins an import: a new one, or one of a known id over again, without the rejects of the time before.
    ///
    /// # Errors
    /// `ABORTED` while another process runs an import of the id, otherwise as storage has it.
    pub(crate) async fn begin_import(
        &self,
        tenant: &TenantId,
        id: &str,
        at: Instant,
        lease: &Lease,
    ) -> Result<ImportRow> {
        let epoch = self.epoch();
        let begin = || {
            let (tenant, id, lease) = (tenant.to_string(), id.to_owned(), lease.clone());
            move |txn: Txn| async move { begin_in(&*txn, &tenant, id, at, epoch, lease).await }
        };
        self.write_again(begin).await
    }

    /// Notes how an import stands, and further rows that it refused, in one transaction.
    ///
    /// # Errors
    /// `ABORTED` when another process has taken it over, otherwise as storage has it.
    pub(crate) async fn note_import(
        &self,
        tenant: &TenantId,
        row: &ImportRow,
        rejects: Vec<RejectRow>,
        owner: &str,
    ) -> Result<()> {
        let tenant = tenant.to_string();
        let standing = import::ActiveModel {
            tenant: NotSet,
            id: NotSet,
            ..model(&tenant, row)?
        };
        let rejects: Vec<reject::ActiveModel> = rejects
            .into_iter()
            .map(|one| reject_model(&tenant, &row.id, one))
            .collect();
        let note = || {
            let (standing, rejects) = (standing.clone(), rejects.clone());
            let (tenant, id) = (tenant.clone(), row.id.clone());
            let (run, owner) = (signed(row.run), owner.to_owned());
            move |txn: Txn| async move {
                let noted = import::Entity::update_many()
                    .set(standing)
                    .filter(import::Column::Tenant.eq(tenant))
                    .filter(import::Column::Id.eq(&id))
                    .filter(import::Column::Owner.eq(owner))
                    .filter(import::Column::Run.eq(run))
                    .exec(&*txn)
                    .await;
                if noted.map_err(storage_error)?.rows_affected == 0 {
                    return Err(taken_over(&id));
                }
                insert_rejects(&*txn, &rejects).await
            }
        };
        self.write_again(note).await
    }

    /// Checks that a run of an import is still its owner's.
    ///
    /// # Errors
    /// `ABORTED` when another process has taken it over, otherwise as storage has it.
    pub(crate) async fn is_import_of(&self, tenant: &TenantId, row: &ImportRow, owner: &str) -> Result<()> {
        let key = (tenant.to_string(), row.id.clone());
        let found = import::Entity::find_by_id(key).one(self.db.read()).await;
        let found = found.map_err(storage_error)?;
        match found.filter(|found| found.owner == owner && found.run == signed(row.run)) {
            Some(_) => Ok(()),
            None => Err(taken_over(&row.id)),
        }
    }

    /// An import.
    pub(crate) async fn import(&self, tenant: &TenantId, id: &str) -> Result<Option<ImportRow>> {
        let key = (tenant.to_string(), id.to_owned());
        let found = import::Entity::find_by_id(key)
            .one(self.db.read())
            .await
            .map_err(storage_error)?;
        found.map(row).transpose()
    }

    /// The rejects of an import after a place, in order.
    pub(crate) async fn rejects(
        &self,
        tenant: &TenantId,
        id: &str,
        after: Option<RejectCursor>,
        limit: u64,
    ) -> Result<Vec<RejectRow>> {
        let mut query = reject::Entity::find()
            .filter(reject::Column::Tenant.eq(tenant.as_str()))
            .filter(reject::Column::Import.eq(id));
        if let Some(after) = after {
            let (file, line) = (stored(after.file), signed(after.line));
            let same_file = Condition::all().add(reject::Column::File.eq(file));
            let same_line = same_file.clone().add(reject::Column::Line.eq(line));
            query = query.filter(
                Condition::any()
                    .add(reject::Column::File.gt(file))
                    .add(same_file.add(reject::Column::Line.gt(line)))
                    .add(same_line.add(reject::Column::Ordinal.gt(stored(after.ordinal)))),
            );
        }
        let found = query
            .order_by_asc(reject::Column::File)
            .order_by_asc(reject::Column::Line)
            .order_by_asc(reject::Column::Ordinal)
            .limit(limit)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        Ok(found.into_iter().map(reject_row).collect())
    }
}

async fn begin_in<C: ConnectionTrait>(
    txn: &C,
    tenant: &str,
    id: String,
    at: Instant,
    epoch: u64,
    lease: Lease,
) -> Result<ImportRow> {
    if txn.get_database_backend() == DbBackend::Postgres {
        postgres::lock_name(txn, &format!("import {tenant} {id}")).await?;
    }
    let found = import::Entity::find_by_id((tenant.to_owned(), id.clone()))
        .lock_exclusive()
        .one(txn);
    let known = found.await.map_err(storage_error)?;
    if known
        .as_ref()
        .is_some_and(|known| runs_elsewhere(known, &lease, at))
    {
        return Err(under_way(&id));
    }
    let row = ImportRow {
        id,
        run: known.as_ref().map_or(0, |known| unsigned(known.run)) + 1,
        state: ImportState::Running,
        rows: 0,
        rejected: 0,
        position: Position { epoch, seq: 0 },
        records: BTreeMap::new(),
        warnings: Vec::new(),
        error: String::new(),
        started_at: at,
        ended_at: None,
    };
    let mut model = model(tenant, &row)?;
    model.owner = Set(lease.owner);
    model.lease_until = Set(lease.until.as_micros());
    if known.is_none() {
        let begun = import::Entity::insert(model).exec_without_returning(txn).await;
        begun.map_err(storage_error)?;
        return Ok(row);
    }
    reject::Entity::delete_many()
        .filter(reject::Column::Tenant.eq(tenant))
        .filter(reject::Column::Import.eq(&row.id))
        .exec(txn)
        .await
        .map_err(storage_error)?;
    let begun = import::Entity::update(model).exec(txn).await;
    begun.map_err(storage_error)?;
    Ok(row)
}

fn runs_elsewhere(known: &import::Model, lease: &Lease, now: Instant) -> bool {
    known.state == ImportState::Running as i32
        && known.owner != lease.owner
        && known.lease_until >= now.as_micros()
}

/// Adds rejects; those that are there already, from an attempt whose outcome was not known, stay.
async fn insert_rejects<C: ConnectionTrait>(txn: &C, rejects: &[reject::ActiveModel]) -> Result<()> {
    let key = [
        reject::Column::Tenant,
        reject::Column::Import,
        reject::Column::File,
        reject::Column::Line,
        reject::Column::Ordinal,
    ];
    for some in rejects.chunks(REJECTS_A_STATEMENT) {
        let inserted = reject::Entity::insert_many(some.to_vec())
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(txn)
            .await;
        inserted.map_err(storage_error)?;
    }
    Ok(())
}

/// The refusal of an import whose id is taken for the moment.
pub(crate) fn under_way(id: &str) -> Error {
    let message = format!("import `{id}` is under way: wait for it, or choose another id");
    Error::new(ErrorCode::Aborted, ErrorReason::ImportIncomplete, message)
}

fn taken_over(id: &str) -> Error {
    let message = format!("import `{id}` was begun again elsewhere: this run of it is broken off");
    Error::new(ErrorCode::Aborted, ErrorReason::ImportIncomplete, message)
}
