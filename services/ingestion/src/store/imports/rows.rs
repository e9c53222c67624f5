//! Imports and rejects as they are stored.

use bellwether_domain::{Error, Instant, Position, Result};
use sea_orm::ActiveValue::Set;
use serde::Serialize;

use super::{ImportRow, ImportState, RejectCursor, RejectRow};
use crate::store::entity::{import, reject};
use crate::store::{signed, unsigned};

/// A row of the table, but for who runs it.
pub(super) fn model(tenant: &str, row: &ImportRow) -> Result<import::ActiveModel> {
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
        error: Set(without_nul(&row.error)),
        started_at: Set(row.started_at.as_micros()),
        ended_at: Set(row.ended_at.map(Instant::as_micros)),
        ..import::ActiveModel::default()
    })
}

pub(super) fn row(model: import::Model) -> Result<ImportRow> {
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

pub(super) fn reject_model(tenant: &str, import: &str, row: RejectRow) -> reject::ActiveModel {
    reject::ActiveModel {
        tenant: Set(tenant.to_owned()),
        import: Set(import.to_owned()),
        file: Set(stored(row.at.file)),
        line: Set(signed(row.at.line)),
        ordinal: Set(stored(row.at.ordinal)),
        name: Set(without_nul(&row.file)),
        field: Set(without_nul(&row.field)),
        reason: Set(without_nul(&row.reason)),
    }
}

pub(super) fn reject_row(model: reject::Model) -> RejectRow {
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
pub(super) fn stored(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A text as every database can hold it: PostgreSQL knows no NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\\0")
}
