//! Whose rows a caller may see: every scan of every table is narrowed to them.

use std::collections::HashSet;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};

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
        let reps = source.dictionary(Dict::Rep);
        // Code 0 stands for rows without an owner, which are nobody's.
        let code = |id: &str| reps.code(id).filter(|code| *code != 0);
        let mut passes = vec![0; reps.len()];
        match caller {
            Caller::All => return Self::All,
            Caller::Own(rep) => {
                if let Some(code) = code(rep) {
                    passes[code as usize] = 1;
                }
            }
            Caller::Subtree(rep) => {
                let before = moment.as_of.as_micros().saturating_sub(1);
                let managers = source.managers(before, moment.seq);
                let mut seen: HashSet<u32> = HashSet::new();
                let mut rest: Vec<u32> = code(rep).into_iter().collect();
                while let Some(one) = rest.pop() {
                    if !seen.insert(one) {
                        continue;
                    }
                    if let Some(pass) = passes.get_mut(one as usize) {
                        *pass = 1;
                    }
                    let reports = (0_u32..).zip(&managers).filter(|(_, manager)| **manager == one);
                    rest.extend(reports.map(|(rep, _)| rep));
                }
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
