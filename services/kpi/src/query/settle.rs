//! From what is asked to what is to be counted: names, the moment, and which groups are the largest.

use std::collections::HashSet;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Instant, Result, When};

use super::check::{Checked, check};
use super::when::{Moment, known};
use super::{Ask, KnownAt, Row, answer_within};
use crate::catalogue::Catalogue;
use crate::scan::FactSource;

/// A question whose names are known, and its moment.
///
/// # Errors
/// As [`super::answer()`].
pub(super) fn settle<'a>(
    source: &dyn FactSource,
    catalogue: &'a Catalogue,
    ask: &'a Ask,
    now: Instant,
    threads: usize,
) -> Result<(Checked<'a>, Moment)> {
    let seq = known(source, ask.known_at, now)?;
    let settings = source.settings(seq);
    let mut checked = check(catalogue, ask, settings)?;
    let moment = Moment::new(seq, settings.clone(), ask, checked.by_minute(), now);
    if let Some(ranking) = ranking(ask, &checked, &moment) {
        // Among however many: only what is asked for has to fit a message.
        let rows = answer_within(source, catalogue, &ranking, now, threads, usize::MAX)?.rows;
        let most = ask.top.as_ref().map_or(0, |top| top.most);
        checked.only = Some(largest(&rows, most));
    }
    Ok((checked, moment))
}

/// The question by which groups are the largest; `None` = all are told apart.
pub(super) fn ranking(ask: &Ask, checked: &Checked<'_>, moment: &Moment) -> Option<Ask> {
    let (kpi, top) = checked.top?;
    let (from, to) = top.range.unwrap_or((ask.from, ask.to));
    Some(Ask {
        kpis: vec![kpi.definition.id.clone()],
        from,
        to,
        grain: None,
        group_by: ask.group_by.first().cloned().into_iter().collect(),
        filters: ask.filters.clone(),
        as_of: Some(When::At(moment.as_of)),
        known_at: Some(KnownAt::Seq(moment.seq)),
        now: ask.now,
        elapsed: ask.elapsed,
        top: None,
        caller: ask.caller.clone(),
    })
}

/// The names of the largest groups; of equal ones the first, and those without a value last.
fn largest(rows: &[Row], most: usize) -> HashSet<Option<Arc<str>>> {
    let value = |row: &Row| {
        row.value
            .as_ref()
            .ok()
            .and_then(|text| text.parse::<Exact>().ok())
    };
    let mut ranked: Vec<(Option<Exact>, &Row)> = rows.iter().map(|row| (value(row), row)).collect();
    // Stable, so that equal ones stay in the order of their names.
    ranked.sort_by(|one, other| other.0.cmp(&one.0));
    let name = |row: &Row| row.group.first().and_then(|(_, name)| name.clone());
    ranked.iter().take(most).map(|(_, row)| name(row)).collect()
}
