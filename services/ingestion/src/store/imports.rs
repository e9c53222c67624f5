//! Imports and the rows that they refused. Every statement names the tenant.

use std::collections::BTreeMap;

use bellwether_domain::{Error, Instant, Position, Result, TenantId};
use bellwether_storage::storage_error;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::entity::{import, reject};
use super::{Store, signed, unsigned};

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
    pub(crate) async fn begin_import(&self, tenant: &TenantId, id: &str, at: Instant) -> Result<ImportRow> {
        let key = (tenant.to_string(), id.to_owned());
        let epoch = self.epoch;
        let begin = move |txn: bellwether_storage::Txn| async move {
            let known = import::Entity::find_by_id(key.clone())
                .one(&*txn)
                .await
                .map_err(storage_error)?;
            let row = ImportRow {
                id: key.1.clone(),
                run: known.map_or(0, |known| unsigned(known.run)) + 1,
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
            reject::Entity::delete_many()
                .filter(reject::Column::Tenant.eq(&key.0))
                .filter(reject::Column::Import.eq(&key.1))
                .exec(&*txn)
                .await
                .map_err(storage_error)?;
            import::Entity::insert(model(&key.0, &row)?)
                .on_conflict(replace())
                .exec_without_returning(&*txn)
                .await
                .map_err(storage_error)?;
            Ok(row)
        };
        self.db.write(begin).await.map_err(Error::from)
    }

    /// Notes how an import stands, and further rows that it refused, in one transaction.
    pub(crate) async fn note_import(
        &self,
        tenant: &TenantId,
        row: &ImportRow,
        rejects: Vec<RejectRow>,
    ) -> Result<()> {
        let tenant = tenant.to_string();
        let standing = model(&tenant, row)?;
        let rejects: Vec<reject::ActiveModel> = rejects
            .into_iter()
            .map(|one| reject_model(&tenant, &row.id, one))
            .collect();
        let note = |txn: bellwether_storage::Txn| async move {
            for some in rejects.chunks(REJECTS_A_STATEMENT) {
                reject::Entity::insert_many(some.to_vec())
                    .exec_without_returning(&*txn)
                    .await
                    .map_err(storage_error)?;
            }
            import::Entity::insert(standing)
                .on_conflict(replace())
                .exec_without_returning(&*txn)
                .await
                .map_err(storage_error)
        };
        self.db.write(note).await.map_err(Error::from)?;
        Ok(())
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

    /// Marks imports as failed that were running when the process ended; how many there were.
    pub(crate) async fn fail_running_imports(&self, at: Instant, error: &'static str) -> Result<u64> {
        let fail = move |txn: bellwether_storage::Txn| async move {
            let done = import::Entity::update_many()
                .set(import::ActiveModel {
                    state: Set(ImportState::Failed as i32),
                    error: Set(error.to_owned()),
                    ended_at: Set(Some(at.as_micros())),
                    ..import::ActiveModel::default()
                })
                .filter(import::Column::State.eq(ImportState::Running as i32))
                .exec(&*txn)
                .await;
            done.map(|done| done.rows_affected).map_err(storage_error)
        };
        self.db.write(fail).await.map_err(Error::from)
    }
}

fn replace() -> OnConflict {
    OnConflict::columns([import::Column::Tenant, import::Column::Id])
        .update_columns([
            import::Column::Run,
            import::Column::State,
            import::Column::Rows,
            import::Column::Rejected,
            import::Column::Epoch,
            import::Column::Seq,
            import::Column::Records,
            import::Column::Warnings,
            import::Column::Error,
            import::Column::StartedAt,
            import::Column::EndedAt,
        ])
        .to_owned()
}

fn model(tenant: &str, row: &ImportRow) -> Result<import::ActiveModel> {
    Ok(import::ActiveModel {
        tenant: Set(tenant.to_owned()),
        id: Set(row.id.clone()),
        run: Set(signed(row.run)),
        state: Set(row.state as i32),
        rows: Set(signed(row.rows)),
        rejected: Set(signed(row.rejected)),
        epoch: Set(signed(row.position.epoch)),
        seq: Set(signed(row.position.seq)),
        records: Set(json(&row.records)?),
        warnings: Set(json(&row.warnings)?),
        error: Set(row.error.clone()),
        started_at: Set(row.started_at.as_micros()),
        ended_at: Set(row.ended_at.map(Instant::as_micros)),
    })
}

fn row(model: import::Model) -> Result<ImportRow> {
    let damaged = |error: serde_json::Error| Error::internal(format!("an import is damaged: {error}"));
    Ok(ImportRow {
        id: model.id,
        run: unsigned(model.run),
        state: ImportState::of(model.state),
        rows: unsigned(model.rows),
        rejected: unsigned(model.rejected),
        position: Position {
            epoch: unsigned(model.epoch),
            seq: unsigned(model.seq),
        },
        records: serde_json::from_str(&model.records).map_err(damaged)?,
        warnings: serde_json::from_str(&model.warnings).map_err(damaged)?,
        error: model.error,
        started_at: Instant::from_micros(model.started_at),
        ended_at: model.ended_at.map(Instant::from_micros),
    })
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal(format!("an import cannot be written: {error}")))
}

fn reject_model(tenant: &str, import: &str, row: RejectRow) -> reject::ActiveModel {
    reject::ActiveModel {
        tenant: Set(tenant.to_owned()),
        import: Set(import.to_owned()),
        file: Set(stored(row.at.file)),
        line: Set(signed(row.at.line)),
        ordinal: Set(stored(row.at.ordinal)),
        name: Set(row.file),
        field: Set(row.field),
        reason: Set(row.reason),
    }
}

fn reject_row(model: reject::Model) -> RejectRow {
    let at = RejectCursor {
        file: model.file.unsigned_abs(),
        line: unsigned(model.line),
        ordinal: model.ordinal.unsigned_abs(),
    };
    RejectRow {
        at,
        file: model.name,
        field: model.field,
        reason: model.reason,
    }
}

/// A small number as it is stored.
fn stored(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
