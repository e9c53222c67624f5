//! Activities: one row at the instant that the newest version states, a date counting from its first instant.

use bellwether_domain::When;

use super::version::{self, Version};
use super::{Row, Rules};
use crate::table::{Column, Table};

/// The code of outbound in [`crate::table::Dict::Direction`].
pub const OUTBOUND: u32 = 2;

/// What a version of an activity says. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the fields of `domain::record::Activity` of the same names"
)]
pub struct Activity {
    pub activity_type: u32,
    pub rep: u32,
    pub lead: u32,
    pub deal: u32,
    pub account: u32,
    pub at: When,
    /// Microseconds; [`crate::table::NULL`] = unknown.
    pub duration: i64,
    pub completed: bool,
    pub direction: u32,
    pub automatic: bool,
    pub outcome: u32,
}

impl Activity {
    /// Whether it is an answer to the lead that it names: a person reached out, and it took place.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.completed && !self.automatic && self.direction == OUTBOUND
    }
}

/// Adds the row of an activity; gives what its newest living version says.
pub fn derive(
    versions: &mut Vec<Version<Activity>>,
    code: u32,
    rules: &Rules<'_>,
    rows: &mut Vec<Row>,
) -> Option<Activity> {
    let says = version::living(versions).last()?.says?;
    let at = says.at.start_in(rules.zone).as_micros();
    let mut row = rules.row(Table::Activities, at, i64::MAX);
    row.set(Column::Activity, code);
    row.set(Column::Owner, says.rep);
    row.set(Column::Lead, says.lead);
    row.set(Column::Deal, says.deal);
    row.set(Column::Account, says.account);
    row.set(Column::ActivityType, says.activity_type);
    row.set(Column::Direction, says.direction);
    row.set(Column::ActivityOutcome, says.outcome);
    row.set(Column::Automatic, says.automatic);
    row.set(Column::Completed, says.completed);
    row.set(Column::Duration, says.duration);
    rows.push(row);
    Some(says)
}
