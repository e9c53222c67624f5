//! One value of a question: the cell of one group, whether or not anything lies in it.

use bellwether_domain::{Instant, Result};

use super::settle::settle;
use super::{Ask, Named, Row, answer, periods, plan};
use crate::catalogue::Catalogue;
use crate::scan::FactSource;

/// The value of a question about one KPI and one period for the group of these names, in the order of the answer's
/// dimensions; `None` = there is no group of such names, or there are more periods.
///
/// # Errors
/// As [`super::answer()`].
pub fn cell(
    source: &dyn FactSource,
    catalogue: &Catalogue,
    ask: &Ask,
    group: &[Named],
    now: Instant,
    threads: usize,
) -> Result<Option<Row>> {
    let (checked, moment) = settle(source, catalogue, ask, now, threads)?;
    let spans = periods::spans(ask, &moment)?;
    if checked.kpis.len() != 1 || spans.len() != 1 {
        return Ok(None);
    }
    let plan = plan::plan(source, &checked, &moment, &spans)?;
    let counted = plan.run(source, &moment, threads)?;
    answer::row_of(source, &moment, &spans, &plan, &counted, group)
}
