//! Amounts that belong to a span of days, such as a quota: of each the part whose days lie in a period.

use bellwether_domain::{Error, Instant, Result, Zone};

use super::cells::{Acc, ForeignKey};
use crate::expr::BoundValue;
use crate::table::{Morsel, NULL, Slice};

/// How an amount is spread over days.
#[derive(Debug, Clone)]
pub struct Spread {
    /// The amount of the whole span.
    pub value: BoundValue,
    /// Where the first day of the span stands, and the day after its last.
    pub days: (usize, usize),
    /// Where the validity of the row stands: on its other days another amount holds.
    pub valid: (usize, usize),
    /// The days of each period, the second exclusive.
    pub periods: Vec<(i32, i32)>,
    /// The tenant's zone.
    pub zone: Zone,
}

/// Money of one kind in one cell, and the length of the spans that it is spread over.
pub type SpreadKey = (ForeignKey, i32);

/// The spans of a morsel, with the amounts of its rows.
pub(super) struct Spans<'a> {
    spread: &'a Spread,
    first: &'a [i32],
    end: &'a [i32],
    valid: (&'a [i64], &'a [i64]),
    amounts: &'a [i64],
}

impl Spread {
    pub(super) fn spans<'a>(&'a self, morsel: &Morsel<'a>, amounts: &'a [i64]) -> Result<Spans<'a>> {
        let day = |place: usize| match morsel.columns[place] {
            Slice::I32(days) => Ok(days),
            _ => Err(Error::internal("a span begins and ends on days")),
        };
        let instant = |place: usize| match morsel.columns[place] {
            Slice::I64(instants) => Ok(instants),
            _ => Err(Error::internal("validity is no number of microseconds")),
        };
        Ok(Spans {
            spread: self,
            first: day(self.days.0)?,
            end: day(self.days.1)?,
            valid: (instant(self.valid.0)?, instant(self.valid.1)?),
            amounts,
        })
    }
}

impl Spans<'_> {
    /// Counts a row in a period; its amount times the days that it has there, and the length of its span.
    pub(super) fn take(&self, row: usize, period: u32, acc: &mut Acc) -> Option<(i128, i32)> {
        acc.items += 1;
        let length = self.end[row] - self.first[row];
        if self.amounts[row] == NULL || length <= 0 {
            return None;
        }
        acc.seen += 1;
        let day = |at: i64| self.spread.zone.date_of(Instant::from_micros(at)).days();
        let (from, to) = (self.valid.0[row], self.valid.1[row]);
        let (start, end) = self.spread.periods[period as usize];
        let first = self.first[row].max(start).max(day(from));
        let until = if to == i64::MAX { i32::MAX } else { day(to) };
        let days = (self.end[row].min(end).min(until) - first).max(0);
        Some((i128::from(self.amounts[row]) * i128::from(days), length))
    }
}
