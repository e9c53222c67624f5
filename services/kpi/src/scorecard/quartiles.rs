//! What a KPI was in the periods before: its own quartiles, beside which benchmarks of others stand.

use bellwether_domain::exact::Exact;
use bellwether_stats::quantile_type7;

use crate::query::Row;
use crate::target::number;

/// Fewer values have no quartiles worth showing.
const LEAST: usize = 4;

/// The quartiles of the values of closed periods, type 7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quartiles {
    /// A quarter of the periods was below it.
    pub low: Exact,
    /// Half of them.
    pub median: Exact,
    /// Three quarters of them.
    pub high: Exact,
    /// How many periods.
    pub periods: u64,
}

/// Of rows in order of time. The records may begin within the first period that has anything in it, so it is left out;
/// `None` of fewer than four values.
#[must_use]
pub fn quartiles(rows: &[&Row]) -> Option<Quartiles> {
    let first = rows.iter().position(|row| row.n > 0)?;
    let mut values: Vec<Exact> = rows[first + 1..]
        .iter()
        .filter_map(|row| number(&row.value))
        .collect();
    if values.len() < LEAST {
        return None;
    }
    values.sort();
    let at = |quarters: i64| quantile_type7(&values, &Exact::ratio(quarters, 4)?);
    Some(Quartiles {
        low: at(1)?,
        median: at(2)?,
        high: at(3)?,
        periods: values.len() as u64,
    })
}
