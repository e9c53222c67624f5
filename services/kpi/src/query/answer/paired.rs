//! The rows of two sets of periods beside each other, with every group that either of them has.

use std::collections::BTreeSet;

use bellwether_domain::{Error, ErrorReason, Result};

use super::super::periods::Span;
use super::super::plan::Plan;
use super::super::reader::Counts;
use super::super::when::Moment;
use super::{KpiRows, Rates, Row};
use crate::query::MOST_ROWS;
use crate::scan::FactSource;

/// What was counted in some periods.
pub(in crate::query) struct Side<'a> {
    pub(in crate::query) spans: &'a [Span],
    pub(in crate::query) plan: &'a Plan<'a>,
    pub(in crate::query) counts: &'a Counts,
}

/// Which KPI and period of those asked, its row, and that of the period beside it.
pub(in crate::query) type Paired = (usize, usize, Row, Option<Row>);

/// The rows of a question; `matched` tells for each of its periods the one beside it, which are those of `base` in order.
pub(in crate::query) fn paired(
    source: &dyn FactSource,
    moment: &Moment,
    now: &Side<'_>,
    base: Option<&Side<'_>>,
    matched: &[Option<Span>],
) -> Result<Vec<Paired>> {
    let rates = Rates::new(source, moment);
    let mut found = Vec::new();
    for kpi in 0..now.plan.uses.len() {
        let own = now.rows(kpi, moment, &rates)?;
        let others = base.map(|base| base.rows(kpi, moment, &rates)).transpose()?;
        let mut groups: BTreeSet<u64> = own.groups(now.counts).into_iter().collect();
        if let (Some(base), Some(others)) = (base, &others) {
            groups.extend(others.groups(base.counts));
        }
        let cells = found.len() + groups.len() * now.spans.len();
        if cells > MOST_ROWS / 2 {
            let message = format!(
                "there are {cells} comparisons or more, at most {} fit: take a coarser grain, fewer dimensions or a filter",
                MOST_ROWS / 2
            );
            return Err(Error::invalid(ErrorReason::InvalidField, "group_by", message));
        }
        let mut beside = 0;
        for (period, partner) in matched.iter().enumerate() {
            for group in &groups {
                let other = partner.as_ref().and(others.as_ref());
                let other = other.map(|other| other.at(*group, beside));
                found.push((kpi, period, own.at(*group, period), other));
            }
            beside += usize::from(partner.is_some());
        }
    }
    Ok(found)
}

impl<'a> Side<'a> {
    fn rows(&self, kpi: usize, moment: &Moment, rates: &Rates<'_>) -> Result<KpiRows<'a>> {
        KpiRows::new(
            &self.plan.uses[kpi],
            self.plan,
            moment,
            self.spans,
            self.counts,
            rates,
        )
    }
}

impl KpiRows<'_> {
    /// The row of a group in a period.
    fn at(&self, group: u64, period: usize) -> Row {
        let cell = group * self.spans.len() as u64 + period as u64;
        self.row(cell, group, self.bounds[period])
    }
}
