//! Contracts: what they say over time, and the checks that were due.
//!
//! A contract came to be when it was signed, when its first version took effect or when it was first recorded, whichever
//! was first. When it was signed, and what of its checks was due and done, is as the newest version says; the rest holds
//! from each version's instant on.

use bellwether_domain::{CivilDate, When};

use super::timeline::Frame;
use super::version::{self, Version};
use super::{Row, Rules};
use crate::table::{Column, NULL, Table};

/// What a version of a contract says. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(
    missing_docs,
    reason = "the fields of `domain::record::Contract` of the same names"
)]
pub struct Contract {
    pub account: u32,
    pub deal: u32,
    pub signed: Option<When>,
    pub document: bool,
    /// Months.
    pub term: Option<u32>,
    /// The first day of the term, days since 1970-01-01.
    pub start: Option<i32>,
    /// The day after its last.
    pub end: Option<i32>,
    pub checks: Vec<Check>,
}

/// Something that has to be done about a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub check: u32,
    /// The last day on which it is in time.
    pub due: i32,
    /// The day on which it was done.
    pub done: Option<i32>,
}

/// Adds the rows of a contract and of its checks, in the order of their content.
pub fn derive(
    versions: &mut Vec<Version<Contract>>,
    code: u32,
    first_recorded: i64,
    rules: &Rules<'_>,
    rows: &mut Vec<Row>,
) {
    let start = rows.len();
    let living = version::living(versions);
    let Some(newest) = living.last().and_then(|version| version.says.as_ref()) else {
        return;
    };
    let start_of = |day: i32| rules.zone.start_of_day(CivilDate::from_days(day)).as_micros();
    let signed = newest.signed.map(|when| when.start_in(rules.zone).as_micros());
    let created = first_recorded
        .min(living[0].key.0)
        .min(signed.unwrap_or(i64::MAX));
    let frame = Frame::new(living, created, rules.zone);
    for (number, version) in living.iter().enumerate() {
        let Some(says) = &version.says else { continue };
        let from = frame.starts[number];
        let to = frame.starts.get(number + 1).copied().unwrap_or(i64::MAX);
        if from >= to {
            continue;
        }
        let mut row = rules.row(Table::Contracts, from, to);
        about(&mut row, code, says);
        row.set(Column::SignedAt, signed.unwrap_or(NULL));
        row.set(Column::Document, says.document);
        row.set(Column::Term, says.term.map_or(NULL, i64::from));
        row.set(Column::StartAt, says.start.map_or(NULL, start_of));
        row.set(Column::EndAt, says.end.map_or(NULL, start_of));
        match rows[start..].last_mut() {
            Some(last) if last.says_the_same(&row) => last.set(Column::ValidTo, to),
            _ => rows.push(row),
        }
    }
    for check in &newest.checks {
        let due = start_of(check.due.saturating_add(1)) - 1;
        let mut row = rules.row(Table::ContractChecks, due, i64::MAX);
        let then = living[frame.version_at(due)].says.as_ref();
        about(&mut row, code, then.unwrap_or(newest));
        row.set(Column::Check, check.check);
        row.set(Column::DoneAt, check.done.map_or(NULL, start_of));
        row.set(Column::InTime, check.done.is_some_and(|done| done <= check.due));
        rows.push(row);
    }
    rows[start..].sort_unstable();
}

fn about(row: &mut Row, code: u32, says: &Contract) {
    row.set(Column::Contract, code);
    row.set(Column::Account, says.account);
    row.set(Column::Deal, says.deal);
}
