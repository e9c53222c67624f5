//! Rows of a fact table as a caller may see them, some records at a time: for whoever computes from facts what no KPI says.
//!
//! An extract stands on one sequence number and one as-of from its beginning on. Between two reads nothing is locked, and
//! nothing is kept but what names its columns: records have codes that never change, so it goes on with the next one.

mod columns;
mod told;

use std::collections::{HashSet, VecDeque};

use bellwether_domain::{Currency, Error, ErrorCode, ErrorReason, Instant, Position, Result};

use super::Ask;
use super::ramps::Ramps;
use super::scope::{Caller, reps_of};
use super::when::{Moment, known};
use crate::catalogue::nearest;
use crate::facts::Row;
use crate::table::{Column, NULL, Table};
use crate::tenant::TenantFacts;

pub use columns::Kind;
use columns::Told;
use told::Teller;

/// Dimensions in one extract.
pub const MOST_DIMENSIONS: usize = 32;

/// Which rows are wanted, and what of them.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The fact table.
    pub table: String,
    /// Columns by name; none = all.
    pub columns: Vec<String>,
    /// Dimensions that are no columns, by name.
    pub dimensions: Vec<String>,
    /// Only rows that hold as of as-of; otherwise also those that ended before.
    pub standing: bool,
}

/// An extract that has begun.
#[derive(Debug)]
pub struct Extract {
    table: Table,
    position: Position,
    recorded_at: Option<Instant>,
    as_of: Instant,
    home: Currency,
    zone: String,
    standing: bool,
    /// The reps whose rows the caller may see; `None` = all rows.
    seen: Option<HashSet<u32>>,
    columns: Vec<Told>,
    teller: Teller,
    /// The next record, and the one after the last.
    next: u32,
    end: u32,
    /// Rows that no store has, of reps, who are few: all of them that are left.
    made: Option<VecDeque<Row>>,
}

/// Some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// How many.
    pub rows: usize,
    /// Their values, in the order of the extract's columns.
    pub columns: Vec<Values>,
}

/// The values of one column in the rows of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Texts: places among the names from 1, 0 = missing.
    Texts {
        /// By row.
        codes: Vec<u32>,
        /// The texts that occur.
        names: Vec<String>,
    },
    /// Numbers, 0 where one is missing.
    Numbers {
        /// By row.
        numbers: Vec<i64>,
        /// The rows that lack one, rising.
        missing: Vec<u32>,
    },
}

impl Extract {
    /// Begins an extract of what is known now; of the question only as-of, known-at and the caller count.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a table, column or dimension that there is not, `PERMISSION_DENIED` `SCOPE_MISMATCH` for a table
    /// of which some rows are nobody's to a caller who may not see all, `OUT_OF_RANGE` for what is not known yet,
    /// `FAILED_PRECONDITION` where rows are made by exchange rates and one is missing.
    pub fn begin(facts: &TenantFacts, wanted: &Wanted, ask: &Ask, now: Instant) -> Result<Self> {
        let table = table_of(&wanted.table)?;
        let seq = known(facts, ask.known_at, now)?;
        let settings = facts.settings(seq);
        let moment = Moment::new(seq, settings.clone(), ask, false, now);
        let columns = columns::chosen(facts, table, wanted, &moment)?;
        if ask.caller != Caller::All && !table.columns().contains(&Column::Owner) {
            let name = table.name();
            let message = format!("`{name}` belong to no rep: ask with a token of the scope `all`");
            let (code, reason) = (ErrorCode::PermissionDenied, ErrorReason::ScopeMismatch);
            return Err(Error::new(code, reason, message));
        }
        let made = match table {
            Table::Ramps => Some(Ramps::new(facts, &moment)?.rows().into()),
            _ => None,
        };
        let position = Position {
            epoch: facts.position().epoch,
            seq,
        };
        Ok(Self {
            table,
            position,
            recorded_at: facts.recorded_at(seq),
            as_of: moment.as_of,
            home: settings.currency,
            zone: settings.zone.name().to_owned(),
            standing: wanted.standing,
            seen: reps_of(facts, &ask.caller, moment.as_of, seq),
            teller: Teller::new(facts, table, &columns, &moment),
            columns,
            // Code 0 is no record.
            next: 1,
            end: u32::try_from(facts.dictionary(table.subject()).len()).unwrap_or(u32::MAX),
            made,
        })
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &'static str {
        self.table.name()
    }

    /// The columns: name, and what their values are.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.columns.iter().map(|told| (told.name(), told.kind()))
    }

    /// Up to when events count, exclusive.
    #[must_use]
    pub fn as_of(&self) -> Instant {
        self.as_of
    }

    /// How much of the log it stands on, and when the last change of that was recorded.
    #[must_use]
    pub fn position(&self) -> (Position, Option<Instant>) {
        (self.position, self.recorded_at)
    }

    /// The tenant's currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.home
    }

    /// The tenant's zone.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// The rows of the next records, by record, then by time: about `most` of them, fewer where the caller sees fewer. `None`
    /// = there are no more records.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` `SNAPSHOT_REQUIRED` when the log has begun another life since the extract did.
    pub fn read(&mut self, facts: &TenantFacts, most: usize) -> Result<Option<Batch>> {
        let at = facts.position();
        if at.epoch != self.position.epoch || at.seq < self.position.seq {
            let message = "the log has begun a new life while facts were sent: ask again";
            let (code, reason) = (ErrorCode::OutOfRange, ErrorReason::SnapshotRequired);
            return Err(Error::new(code, reason, message));
        }
        let Some(rows) = self.next(facts, most) else {
            return Ok(None);
        };
        let rows: Vec<Row> = rows.into_iter().filter(|row| self.shows(row)).collect();
        let columns = self.columns.iter();
        let columns = columns.map(|told| self.teller.values(facts, told, &rows));
        Ok(Some(Batch {
            rows: rows.len(),
            columns: columns.collect(),
        }))
    }

    /// The next rows, whoever may see them.
    fn next(&mut self, facts: &TenantFacts, most: usize) -> Option<Vec<Row>> {
        if let Some(made) = &mut self.made {
            let count = made.len().min(most.max(1));
            return (count > 0).then(|| made.drain(..count).collect());
        }
        if self.next >= self.end {
            return None;
        }
        let (rows, next) = facts.records(self.table, self.next..self.end, self.position.seq, most);
        self.next = next;
        Some(rows)
    }

    /// Whether a row is told to the caller as of as-of.
    fn shows(&self, row: &Row) -> bool {
        let as_of = self.as_of.as_micros();
        let since = self.table.place(Column::Since).map(|_| row.get(Column::Since));
        let owner = || u32::try_from(row.get(Column::Owner)).unwrap_or(0);
        row.valid_from() < as_of
            && since.is_none_or(|since| since == NULL || since < as_of)
            && (!self.standing || as_of <= row.valid_to())
            && self.seen.as_ref().is_none_or(|reps| reps.contains(&owner()))
    }
}

fn table_of(name: &str) -> Result<Table> {
    Table::from_name(name).ok_or_else(|| {
        let all = Table::ALL.map(Table::name);
        let short: String = name.chars().take(80).collect();
        let near = nearest(name, all.iter().copied()).unwrap_or_default();
        let message = format!(
            "there is no table `{short}`: did you mean `{near}`? There are {}",
            all.join(", ")
        );
        Error::invalid(ErrorReason::InvalidField, "table", message)
    })
}
