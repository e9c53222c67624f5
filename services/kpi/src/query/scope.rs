//! Whose rows a caller may see: every scan of every table is narrowed to them.

use std::collections::HashSet;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Instant, Result};

use super::groups::Telling;
use super::when::Moment;
use crate::catalogue::{Kpi, Measure};
use crate::expr::Layout;
use crate::scan::{FactSource, Lookup};
use crate::table::{Column, Dict, Table};

/// Whose rows a caller may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Caller {
    /// All rows of the tenant.
    #[default]
    All,
    /// The rows of the rep of this id and of everyone who reports to that rep, as the tree stood just before as-of.
    Subtree(String),
    /// The rows of the rep of this id.
    Own(String),
}

/// The rows that count.
#[derive(Debug)]
pub(super) enum RowScope {
    All,
    /// Those whose owner has a 1; index = code of the rep.
    Reps(Vec<u32>),
}

impl RowScope {
    pub(super) fn new(source: &dyn FactSource, caller: &Caller, moment: &Moment) -> Self {
        let Some(seen) = reps_of(source, caller, moment.as_of, moment.seq) else {
            return Self::All;
        };
        let mut passes = vec![0; source.dictionary(Dict::Rep).len()];
        for rep in seen {
            if let Some(pass) = passes.get_mut(rep as usize) {
                *pass = 1;
            }
        }
        Self::Reps(passes)
    }

    /// The filter of a scan of a table; `None` = all rows count.
    pub(super) fn filter(&self, telling: &Telling<'_>, table: Table, layout: &mut Layout) -> Option<Lookup> {
        match self {
            Self::All => None,
            Self::Reps(passes) => Some(telling.by_owner(table, passes.clone(), layout)),
        }
    }

    /// Whether the caller may see all rows.
    pub(super) fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// The reps whose rows a caller may see, by code, as the tree stood just before as-of; `None` = all rows.
pub fn reps_of(source: &dyn FactSource, caller: &Caller, as_of: Instant, seq: u64) -> Option<HashSet<u32>> {
    // Code 0 stands for rows without an owner, which are nobody's.
    let code = |id: &str| source.dictionary(Dict::Rep).code(id).filter(|code| *code != 0);
    let rep = match caller {
        Caller::All => return None,
        Caller::Own(rep) => return Some(code(rep).into_iter().collect()),
        Caller::Subtree(rep) => rep,
    };
    let managers = source.managers(as_of.as_micros().saturating_sub(1), seq);
    let mut seen = HashSet::new();
    let mut rest: Vec<u32> = code(rep).into_iter().collect();
    while let Some(one) = rest.pop() {
        if !seen.insert(one) {
            continue;
        }
        let reports = (0_u32..).zip(&managers).filter(|(_, manager)| **manager == one);
        rest.extend(reports.map(|(rep, _)| rep));
    }
    Some(seen)
}

/// Refuses a KPI of which some rows are nobody's to a caller who may not see all.
pub fn check(kpi: &Kpi, caller: &Caller) -> Result<()> {
    let owned = |table: &Table| table.columns().contains(&Column::Owner);
    if *caller == Caller::All || tables(kpi).iter().all(owned) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::PermissionDenied,
        ErrorReason::ScopeMismatch,
        format!(
            "`{}` stands on records that belong to no rep: ask with a token of the scope `all`",
            kpi.definition.id
        ),
    ))
}

/// The tables that a KPI reads.
pub(super) fn tables(kpi: &Kpi) -> Vec<Table> {
    let rows = kpi.measures.iter().flat_map(Measure::rows);
    let mut tables: Vec<Table> = rows.map(|rows| rows.table).collect();
    tables.dedup();
    tables
}
