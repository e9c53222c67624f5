//! When won deals are counted where they are credited, so that closings need not be read.

use super::super::check::Checked;
use crate::catalogue::{Measure, Rows};
use crate::table::Table;

/// Whether every count of closings that is asked for can be had from credits, which are read anyway. As of now a deal
/// belongs to its present owner, and a part of it to whom it was credited: there the two differ.
pub(super) fn instead(checked: &Checked<'_>, by_record: bool) -> bool {
    let asked = || {
        checked
            .kpis
            .iter()
            .flat_map(|kpi| &kpi.measures)
            .flat_map(Measure::rows)
    };
    let closings = |rows: &Rows| rows.table == Table::Closings && rows.credited.is_none();
    let credits = |rows: &Rows| rows.table == Table::Credits;
    !checked.now && !by_record && asked().any(credits) && !asked().any(closings)
}
