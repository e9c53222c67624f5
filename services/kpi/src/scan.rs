//! Scans: one pass over a fact table for all measures of all KPIs asked, on a few threads, into integer sums per cell.
//!
//! A *cell* is a group and a period. Sums are integers and addition is the only way that cells meet, so the result
//! does not depend on the order of rows, morsels or threads.

mod axis;
mod cells;
mod changes;
mod counting;
mod cut;
mod grouped;
mod lag;
mod lookup;
mod loops;
mod passing;
mod selection;
mod singles;
mod source;
mod spread;
mod steps;
mod task;
mod workdays;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::thread;

use bellwether_domain::{Error, Result};

pub(crate) use axis::days;
pub use axis::{Axis, Windows};
pub use cells::{Acc, CellMap, Counted, Foreign, ForeignKey};
pub use cut::{Bounds, Cut};
pub use grouped::Grouped;
pub use lag::{Age, Ended, Lag, Wait};
pub use lookup::{Lookup, Which};
pub use source::{FactRows, FactSource};
pub use spread::{Spread, SpreadKey};
pub use task::{Factor, Keep, MoneyBy, Quantity, Task};
pub use workdays::WorkingDays;

use crate::table::{Column, Table};
use crate::tenant::Part;
use cut::CutState;

/// For fewer rows a further thread costs more than it saves.
const ROWS_FOR_THREADS: usize = 100_000;

/// Everything that one query wants of one table.
#[derive(Debug)]
pub struct TableScan {
    /// The table.
    pub table: Table,
    /// The columns to read; cuts name them by their places.
    pub columns: Vec<Column>,
    /// The ways to cut it.
    pub cuts: Vec<Cut>,
}

/// Scans a table as known at `seq`, up to `as_of` (microseconds), on at most so many threads: the counts of each task
/// of each cut.
///
/// # Errors
/// `INTERNAL` when an expression fails or a thread does.
pub fn run(
    source: &dyn FactRows,
    scan: &TableScan,
    seq: u64,
    as_of: i64,
    threads: usize,
) -> Result<Vec<Vec<Counted>>> {
    let worth = source.live_rows(scan.table) / ROWS_FOR_THREADS + 1;
    run_on(source, scan, seq, as_of, threads.clamp(1, worth))
}

fn run_on(
    source: &dyn FactRows,
    scan: &TableScan,
    seq: u64,
    as_of: i64,
    threads: usize,
) -> Result<Vec<Vec<Counted>>> {
    let part = |index| part(source, scan, seq, as_of, Part { index, of: threads });
    let parts: Vec<Result<Vec<CutState<'_>>>> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|index| scope.spawn(move || part(index)))
            .collect();
        let mut parts = vec![part(0)];
        let lost = || Err(Error::internal("a scan thread panicked"));
        parts.extend(
            others
                .into_iter()
                .map(|other| other.join().unwrap_or_else(|_| lost())),
        );
        parts
    });
    let mut whole: Option<Vec<CutState<'_>>> = None;
    for part in parts {
        let part = part?;
        match &mut whole {
            None => whole = Some(part),
            Some(whole) => whole
                .iter_mut()
                .zip(part)
                .for_each(|(mine, theirs)| mine.merge(theirs)),
        }
    }
    Ok(whole
        .unwrap_or_default()
        .into_iter()
        .map(CutState::finish)
        .collect())
}

fn part<'a>(
    source: &dyn FactRows,
    scan: &'a TableScan,
    seq: u64,
    as_of: i64,
    part: Part,
) -> Result<Vec<CutState<'a>>> {
    let rows = source.live_rows(scan.table);
    let mut states: Vec<CutState<'a>> = scan.cuts.iter().map(|cut| CutState::new(cut, rows)).collect();
    let Some(days) = axis::days(scan.cuts.iter().map(|cut| &cut.axis)) else {
        // Every period lies after as-of.
        return Ok(states);
    };
    let mut failed = None;
    source.scan_part(scan.table, &scan.columns, Some(days), seq, part, &mut |morsel| {
        for state in &mut states {
            if failed.is_none()
                && let Err(error) = state.take(morsel, as_of)
            {
                failed = Some(error);
            }
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    states.iter_mut().for_each(CutState::settle);
    Ok(states)
}
