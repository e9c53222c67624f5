//! One value of a question: the cell of one group, whether or not anything lies in it.

use bellwether_domain::{Instant, Result};

use super::{Ask, Row, answer, check, periods, plan, when};
use crate::catalogue::Catalogue;
use crate::scan::{self, FactSource};

/// The value of a question about one KPI and one period for the group of these names (`None` = missing), in the order of
/// the answer's dimensions; `None` = there is no group of such names, or there are more periods.
///
/// # Errors
/// As [`super::answer()`].
pub fn cell(
    source: &dyn FactSource,
    catalogue: &Catalogue,
    ask: &Ask,
    group: &[Option<String>],
    now: Instant,
    threads: usize,
) -> Result<Option<Row>> {
    let checked = check::check(catalogue, ask)?;
    let moment = when::resolve(source, ask, checked.by_minute(), now)?;
    let spans = periods::spans(ask, &moment)?;
    if checked.kpis.len() != 1 || spans.len() != 1 {
        return Ok(None);
    }
    let plan = plan::plan(source, &checked, &moment, &spans)?;
    let counted = plan
        .scans
        .iter()
        .map(|scan| scan::run(source, scan, moment.seq, moment.as_of.as_micros(), threads))
        .collect::<Result<Vec<_>>>()?;
    answer::row_of(source, &moment, &spans, &plan, &counted, group)
}
