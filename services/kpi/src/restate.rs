//! Why a value is another one than it was given as: from one state of the facts to another, cause by cause, and the
//! records that moved it. Pure.
//!
//! The way from the one state to the other is walked in steps, each of which changes one thing that an answer depends on:
//! records up to the next change of settings, those settings, and so on up to the later position; then what is said of
//! reps, teams and accounts; exchange rates; as-of; the definition. What the value is at the end of a step less what it
//! is at its start is what the cause makes of the change, so that all steps sum to it whatever the KPI is. The records
//! whose part in the value a step changes are those that moved it.

mod blend;
mod edits;
mod steps;
#[cfg(test)]
pub(crate) mod tests;

use std::cmp::Reverse;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Instant, Result};
use bellwether_stats::decompose::summing_to;

use crate::catalogue::{Catalogue, Entity, Of};
use crate::query::{Ask, Named, Row};
use crate::table::Dict;
use crate::tenant::TenantFacts;

pub use edits::{Edit, EditKind};
pub use steps::Cause;

/// One end of a change.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Up to which change of the log things are known.
    pub seq: u64,
    /// Up to when events count, exclusive.
    pub as_of: Instant,
    /// The definitions.
    pub catalogue: &'a Catalogue,
}

/// The change of a value.
#[derive(Debug, Clone)]
pub struct Restated {
    /// The value at both ends; `None` = there is no such group.
    pub rows: [Option<Row>; 2],
    /// What each cause makes of the change, in the order in which they come; those that moved nothing are left out.
    pub parts: Vec<Part>,
    /// Those that moved it most first, then by id.
    pub records: Vec<Moved>,
}

/// What a cause makes of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The cause.
    pub cause: Cause,
    /// What it adds; `None` = the value was absent before or after it.
    pub value: Option<Exact>,
    /// How many records it moved.
    pub records: u64,
}

/// A record, or another thing that is counted, that moved a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// What it is: the dictionary of its id.
    pub kind: Dict,
    /// Its id.
    pub id: Arc<str>,
    /// What it is called, where that is known and another.
    pub name: Option<Arc<str>>,
    /// What it adds to a value that is a count or a sum, at both ends.
    pub contributions: [Option<Exact>; 2],
    /// What it makes of the change of a count or sum, rounded so that all records sum to it.
    pub change: Option<Exact>,
    /// What it is of each measure that the formula names, at both ends.
    pub numbers: Vec<(Arc<str>, [Option<Exact>; 2])>,
    /// Why it moved.
    pub causes: Vec<Cause>,
    /// What was written that moved it, the newest first.
    pub edits: Vec<Edit>,
}

/// Explains the change of the value of a question about one KPI and one period for the group of these names.
///
/// # Errors
/// As [`crate::query::answer()`].
pub fn restate(
    facts: &TenantFacts,
    ask: &Ask,
    group: &[Named],
    (before, after): (End<'_>, End<'_>),
    threads: usize,
) -> Result<Restated> {
    let walk = steps::walk(facts, ask, group, (before, after), threads)?;
    let mut records: Vec<Moved> = walk.moved;
    let kpi = ask.kpis.first().map(String::as_str).unwrap_or_default();
    let entities = entities(after.catalogue, kpi);
    let of_changes = edits::Edits::new(facts, (before.seq, after.seq), &entities);
    for moved in &mut records {
        if moved
            .causes
            .iter()
            .any(|cause| matches!(cause, Cause::Records | Cause::Settings))
        {
            moved.edits = of_changes.of(facts, (moved.kind, &moved.id));
        }
    }
    share_out(
        &mut records,
        &walk.ends,
        facts.settings(after.seq).currency.exponent(),
    );
    records.sort_by_cached_key(|moved| {
        let most = moved.largest();
        (Reverse(most), moved.kind, Arc::clone(&moved.id))
    });
    Ok(Restated {
        rows: walk.rows,
        parts: walk.parts,
        records,
    })
}

/// What a KPI tells apart what it counts by, where that is no record of the rows.
fn entities(catalogue: &Catalogue, kpi: &str) -> Vec<Entity> {
    let measures = catalogue.kpi(kpi).map(|kpi| kpi.measures.as_slice());
    let entities = measures
        .unwrap_or_default()
        .iter()
        .filter_map(|measure| match &measure.of {
            Of::Entities(entities) => Some(entities.entity),
            Of::Rows(_) => None,
        });
    let mut entities: Vec<Entity> = entities.collect();
    entities.dedup();
    entities
}

impl Moved {
    /// How far it moved the value, or the number that it moved most.
    fn largest(&self) -> Exact {
        let moved = |[before, after]: &[Option<Exact>; 2]| {
            let none = Exact::default();
            (after.as_ref().unwrap_or(&none) - before.as_ref().unwrap_or(&none)).abs()
        };
        match &self.change {
            Some(change) => change.abs(),
            None => {
                let numbers = self.numbers.iter().map(|(_, ends)| moved(ends));
                numbers.max().unwrap_or_default()
            }
        }
    }
}

/// Rounds the changes of records to so many decimals where they do not sum to the change of the value as they are: those
/// of money in other currencies, whose sum is rounded.
fn share_out(records: &mut [Moved], ends: &[Option<Exact>; 2], decimals: u32) {
    for moved in records.iter_mut() {
        let [before, after] = &moved.contributions;
        let told = before.is_some() || after.is_some();
        let of = |end: &Option<Exact>| end.clone().unwrap_or_default();
        moved.change = told.then(|| of(after) - of(before));
    }
    let [Some(before), Some(after)] = ends else {
        return;
    };
    let whole = after - before;
    let mut changes: Vec<&mut Exact> = records
        .iter_mut()
        .filter_map(|moved| moved.change.as_mut())
        .collect();
    if changes.iter().map(|change| &**change).sum::<Exact>() == whole {
        return;
    }
    let in_units = |value: &Exact| value * &Exact::from(10_i64.pow(decimals));
    let exact: Vec<Exact> = changes.iter().map(|change| in_units(change)).collect();
    let rounded = summing_to(&exact, &in_units(&whole).round_half_even_to_integer());
    for (change, units) in changes.iter_mut().zip(rounded) {
        **change = Exact::from_scaled(units, decimals);
    }
}
