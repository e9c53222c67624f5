//! Questions: from what was asked to values that can defend themselves. Pure: `now` is handed in.

mod answer;
mod axes;
mod both;
mod cell;
mod check;
mod contributors;
mod extract;
mod groups;
mod holders;
mod interval;
mod levels;
mod money;
mod periods;
mod plan;
mod question;
mod ramps;
mod reader;
mod reading;
mod scope;
mod settle;
mod waterfall;
mod when;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bellwether_domain::period::Grain;
use bellwether_domain::{Instant, Position, Result, When};
use bellwether_stats::Interval;

use crate::catalogue::{AbsentReason, Catalogue, Dimension};
use crate::scan::FactSource;

pub use both::{Base, Both, Pair, answer_both};
pub use cell::cell;
pub(crate) use check::dimension;
pub use contributors::{Contributor, Contributors, contributors};
pub use extract::{Batch, Extract, Kind, MOST_DIMENSIONS, Values, Wanted};
pub use levels::{Chain, Group, Items, Levels, levels};
pub use question::{Question, Reads, VERSION};
pub use scope::{Caller, check as may_ask, reps_of};
pub use waterfall::{Form, Waterfalls, waterfall};

/// KPIs in one question.
pub const MOST_KPIS: usize = 32;
/// Dimensions to group by.
pub const MOST_GROUP_BY: usize = 4;
/// Filters in one question.
pub const MOST_FILTERS: usize = 1_000;
/// Groups that are told apart as the largest.
pub const MOST_TOP: usize = 1_000;
/// Periods in one answer.
pub const MOST_PERIODS: usize = 10_000;
/// Rows in one answer: what fits a message.
pub const MOST_ROWS: usize = 40_000;

/// A question.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// KPI ids.
    pub kpis: Vec<String>,
    /// The range's start, inclusive; `None` = from the beginning.
    pub from: Option<When>,
    /// The range's end, exclusive; `None` = up to as-of.
    pub to: Option<When>,
    /// How the range is cut.
    pub grain: Option<Grain>,
    /// Dimensions, by name.
    pub group_by: Vec<String>,
    /// Dimension and value (`None` = missing): several on one dimension are OR, on different ones AND.
    pub filters: Vec<(String, Option<String>)>,
    /// Up to when events count: a day = its end; `None` = the end of today, or of this minute where waiting is measured.
    pub as_of: Option<When>,
    /// What was known; `None` = everything.
    pub known_at: Option<KnownAt>,
    /// Whether owners and attributes are those at as-of (R9); else those at each event.
    pub now: bool,
    /// How much of a running period has elapsed: what it is compared with is cut to as much.
    pub elapsed: Elapsed,
    /// Tells only the largest groups of the first dimension apart; `None` = all.
    pub top: Option<Top>,
    /// Whose rows the caller may see.
    pub caller: Caller,
}

/// In what the elapsed part of a running period is counted (R8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Elapsed {
    /// In civil days.
    #[default]
    CalendarDays,
    /// In working days: weekdays with business hours that are no holidays.
    WorkingDays,
}

/// Which groups are told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Top {
    /// How many, from 1 to [`MOST_TOP`].
    pub most: usize,
    /// By which KPI they are the largest; empty = the first one asked.
    pub by: String,
    /// The range in which they are; `None` = that of the question.
    pub range: Option<(Option<When>, Option<When>)>,
}

/// The name of a group in a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// This one.
    Name(String),
    /// It is missing.
    Missing,
    /// All but the largest.
    Rest,
}

/// A state of knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownAt {
    /// Up to this sequence number.
    Seq(u64),
    /// Up to the last change recorded at or before this instant.
    Instant(Instant),
}

/// The answer to a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Up to when events counted, exclusive.
    pub as_of: Instant,
    /// How much of the log it stands on.
    pub position: Position,
    /// When the change at the position was recorded.
    pub recorded_at: Option<Instant>,
    /// In the order KPI as asked, period, group (missing last).
    pub rows: Vec<Row>,
}

/// One value.
#[derive(Debug, Clone)]
pub struct Row {
    /// The KPI.
    pub kpi: Arc<str>,
    /// The period's start; `None` = from the beginning, or a stock without a range.
    pub start: Option<When>,
    /// The period's end, exclusive; `None` = up to as-of, or a stock without a range.
    pub end: Option<When>,
    /// One name a dimension; `None` = missing.
    pub group: Vec<(Dimension, Option<Arc<str>>)>,
    /// Whether the first of them is all groups but the largest.
    pub rest: bool,
    /// Decimal text, or why there is none.
    pub value: std::result::Result<String, AbsentReason>,
    /// What it is counted in.
    pub unit: Arc<str>,
    /// How many items it stands on.
    pub n: u64,
    /// The 95 % interval, where there is one.
    pub interval: Option<Interval>,
    /// Whether it stands on too little.
    pub small_n: bool,
    /// Items left out because they lack an amount.
    pub missing: u64,
    /// The definition's version.
    pub version: u32,
    /// How it was computed, and why so.
    pub path_reason: Arc<str>,
}

/// Up to which change of the log a question's facts are known.
///
/// # Errors
/// `OUT_OF_RANGE` for a `known_at` ahead of the head.
pub fn known_seq(source: &dyn FactSource, ask: &Ask, now: Instant) -> Result<u64> {
    when::known(source, ask.known_at, now)
}

/// Answers a question from the facts of a tenant, on at most so many threads.
///
/// # Errors
/// `NOT_FOUND` for a KPI, `INVALID_ARGUMENT` for dimensions, ranges and fields, `OUT_OF_RANGE` for a `known_at` ahead of
/// the head, `FAILED_PRECONDITION` where an exchange rate is missing.
pub fn answer(
    source: &dyn FactSource,
    catalogue: &Catalogue,
    ask: &Ask,
    now: Instant,
    threads: usize,
) -> Result<Answer> {
    answer_within(source, catalogue, ask, now, threads, MOST_ROWS)
}

/// As [`answer()`], with at most so many rows.
fn answer_within(
    source: &dyn FactSource,
    catalogue: &Catalogue,
    ask: &Ask,
    now: Instant,
    threads: usize,
    most: usize,
) -> Result<Answer> {
    let (checked, moment) = settle::settle(source, catalogue, ask, now, threads)?;
    let spans = periods::spans(ask, &moment)?;
    let plan = plan::plan(source, &checked, &moment, &spans)?;
    let counted = plan.run(source, &moment, threads)?;
    let rows = answer::rows(source, &moment, &spans, &plan, &counted, most)?;
    Ok(Answer {
        as_of: moment.as_of,
        position: Position {
            epoch: source.position().epoch,
            seq: moment.seq,
        },
        recorded_at: source.recorded_at(moment.seq),
        rows,
    })
}
