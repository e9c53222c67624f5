//! A question about its periods and about those that they are compared with, from one state of the facts.

use bellwether_domain::{Instant, Position, Result, When};

use super::answer::{Side, paired};
use super::check::Checked;
use super::periods::{Span, base_spans, spans};
use super::settle::settle;
use super::when::Moment;
use super::{Ask, Row, plan};
use crate::catalogue::{Catalogue, Class, Kpi, Of, Window};
use crate::scan::{Counted, FactSource};

/// With what periods are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The previous period, cut to the elapsed part of a running one (R8), in days as [`Ask::elapsed`] says.
    Previous,
    /// The period of the same index a year before, cut likewise.
    LastYear,
    /// The periods of another range, from and to, as they are.
    Range(When, When),
}

/// The answer to a question, and to that about other periods.
#[derive(Debug, Clone)]
pub struct Both {
    /// Up to when events counted in both, exclusive.
    pub as_of: Instant,
    /// How much of the log both stand on.
    pub position: Position,
    /// When the change at the position was recorded.
    pub recorded_at: Option<Instant>,
    /// In the order KPI as asked, period, group (missing last): every group that has items on either side.
    pub pairs: Vec<Pair>,
}

/// A value and what it is compared with.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The value.
    pub now: Row,
    /// The value in the other period; `None` = there is no such period.
    pub base: Option<Row>,
    /// Whether the two stand on different items: events of periods that do not overlap.
    pub independent: bool,
}

/// Answers a question and the same about the periods that its own are compared with.
///
/// # Errors
/// As [`super::answer()`]; `INVALID_ARGUMENT` without a range, and for another range of more or fewer periods.
pub fn answer_both(
    source: &dyn FactSource,
    catalogue: &Catalogue,
    ask: &Ask,
    base: &Base,
    now: Instant,
    threads: usize,
) -> Result<Both> {
    let (checked, moment) = settle(source, catalogue, ask, now, threads)?;
    let own = spans(ask, &moment)?;
    let matched = base_spans(ask, base, &moment)?;
    let others: Vec<Span> = matched.iter().flatten().cloned().collect();
    let count = |spans: &[Span]| Counting::new(source, &checked, &moment, spans, threads);
    let counting = count(&own)?;
    let other = if others.is_empty() {
        None
    } else {
        Some(count(&others)?)
    };
    let found = paired(
        source,
        &moment,
        &counting.side(&own),
        other.as_ref().map(|other| other.side(&others)).as_ref(),
        &matched,
    )?;
    let pair = |(kpi, period, now, base): (usize, usize, Row, Option<Row>)| {
        let apart = matched[period]
            .as_ref()
            .is_some_and(|other| apart(&own[period], other));
        Pair {
            now,
            base,
            independent: apart && of_events(checked.kpis[kpi]),
        }
    };
    Ok(Both {
        as_of: moment.as_of,
        position: Position {
            epoch: source.position().epoch,
            seq: moment.seq,
        },
        recorded_at: source.recorded_at(moment.seq),
        pairs: found.into_iter().map(pair).collect(),
    })
}

/// What the scans of a question counted in some periods.
pub(super) struct Counting<'a> {
    pub(super) plan: plan::Plan<'a>,
    pub(super) counts: Vec<Vec<Vec<Counted>>>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(
        source: &dyn FactSource,
        checked: &Checked<'a>,
        moment: &Moment,
        spans: &[Span],
        threads: usize,
    ) -> Result<Self> {
        let plan = plan::plan(source, checked, moment, spans)?;
        let counts = plan.run(source, moment, threads)?;
        Ok(Self { plan, counts })
    }

    fn side<'s>(&'s self, spans: &'s [Span]) -> Side<'s> {
        Side {
            spans,
            plan: &self.plan,
            counts: &self.counts,
        }
    }
}

/// Whether two periods have no instant in common.
fn apart(one: &Span, other: &Span) -> bool {
    let (Some(start), Some(other_start)) = (one.start, other.start) else {
        return false;
    };
    one.end.is_some_and(|end| end <= other_start) || other.end.is_some_and(|end| end <= start)
}

/// Whether each item of a KPI belongs to one period alone: events do, what stands or recurs does not.
fn of_events(kpi: &Kpi) -> bool {
    kpi.measures.iter().all(|measure| match &measure.of {
        Of::Rows(rows) => matches!(rows.class, Class::Flow | Class::Lag) && rows.window == Window::This,
        Of::Entities(_) => false,
    })
}
