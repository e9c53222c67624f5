//! `ExplainChange` of receipts: what is asked, and the restatement as a message.

use std::sync::Arc;

use bellwether_contracts::convert::instant_to_proto;
use bellwether_contracts::kpi::{
    self, ExplainChangeRequest, RecordEdit, RestatedNumber, RestatedRecord, RestatementCause, RestatementPart,
};
use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Result};

use super::values::kind_of;
use crate::restate::{Cause, Edit, EditKind, Moved, Part};

/// Edits of a record that are named.
const MOST_EDITS: usize = 20;

/// The error of what stands in the field `receipts`.
pub(super) fn in_receipts(mut error: Error) -> Error {
    for violation in &mut error.violations {
        violation.field.insert_str(0, "receipts.");
    }
    if error.violations.is_empty() {
        return error;
    }
    Error {
        code: error.code,
        ..Error::violations(error.reason, error.violations)
    }
}

/// Refuses a question beside receipts, which say what is asked.
pub(super) fn alone(asked: &ExplainChangeRequest) -> Result<()> {
    let field = match asked {
        ExplainChangeRequest { query: Some(_), .. } => "query",
        ExplainChangeRequest { base: Some(_), .. } => "base",
        ExplainChangeRequest { top, .. } if *top != 0 => "top",
        _ => return Ok(()),
    };
    let message = "receipts say what is asked: leave it out";
    Err(Error::invalid(ErrorReason::InvalidField, field, message))
}

/// What a restatement says besides the two values: change, parts and a page of records.
pub(crate) fn restatement_of(
    change: Option<&Exact>,
    parts: &[Part],
    records: &[Moved],
    total: usize,
    all: bool,
) -> kpi::Restatement {
    let part = |part: &Part| RestatementPart {
        cause: cause(part.cause).into(),
        value: part.value.as_ref().map(Exact::to_exact_string),
        records: part.records,
    };
    kpi::Restatement {
        change: change.map(Exact::to_exact_string),
        parts: parts.iter().map(part).collect(),
        records: records.iter().map(|moved| record(moved, all)).collect(),
        total: total as u64,
        ..kpi::Restatement::default()
    }
}

/// A record; to callers who do not see all rows other records are not named.
fn record(moved: &Moved, all: bool) -> RestatedRecord {
    let text = |value: &Option<Exact>| value.as_ref().map(Exact::to_exact_string);
    let [before, after] = &moved.contributions;
    let number = |(measure, [before, after]): &(Arc<str>, [Option<Exact>; 2])| RestatedNumber {
        measure: measure.to_string(),
        before: text(before),
        after: text(after),
    };
    let edit = |edit: &Edit| {
        let own =
            |(kind, id): &&(crate::table::Dict, Arc<str>)| all || (*kind == moved.kind && *id == moved.id);
        let record = edit.record.as_ref().filter(own);
        RecordEdit {
            kind: edit_kind(edit.kind).into(),
            seq: edit.seq,
            recorded_at: edit.recorded_at.map(instant_to_proto),
            record_kind: record.map_or_else(String::new, |(kind, _)| kind_of(*kind).to_owned()),
            record_id: record.map_or_else(String::new, |(_, id)| id.to_string()),
        }
    };
    RestatedRecord {
        kind: kind_of(moved.kind).to_owned(),
        id: moved.id.to_string(),
        name: moved.name.as_ref().map(ToString::to_string),
        before: text(before),
        after: text(after),
        change: text(&moved.change),
        numbers: moved.numbers.iter().map(number).collect(),
        causes: moved.causes.iter().map(|one| cause(*one).into()).collect(),
        edits: moved.edits.iter().take(MOST_EDITS).map(edit).collect(),
        total_edits: u32::try_from(moved.edits.len()).unwrap_or(u32::MAX),
    }
}

fn cause(cause: Cause) -> RestatementCause {
    match cause {
        Cause::Records => RestatementCause::Records,
        Cause::Settings => RestatementCause::Settings,
        Cause::Dimensions => RestatementCause::Dimensions,
        Cause::Rates => RestatementCause::Rates,
        Cause::Time => RestatementCause::Time,
        Cause::Derivation => RestatementCause::Derivation,
    }
}

fn edit_kind(kind: EditKind) -> kpi::EditKind {
    match kind {
        EditKind::New => kpi::EditKind::New,
        EditKind::Corrected => kpi::EditKind::Corrected,
        EditKind::Deleted => kpi::EditKind::Deleted,
        EditKind::Merged => kpi::EditKind::Merged,
        EditKind::Reopened => kpi::EditKind::Reopened,
        EditKind::Settings => kpi::EditKind::Settings,
        EditKind::Related => kpi::EditKind::Related,
    }
}
