//! The rows of a morsel that count, the periods they count in, and their cells.

use bellwether_domain::{Error, Result};

use super::axis::{Axis, NONE};
use super::cut::Bounds;
use super::lookup::Lookup;
use crate::table::{Morsel, NULL, Slice};

/// Selected rows are worked off in blocks of this many, so that rows of many periods need no more room.
pub(super) const BLOCK: usize = 1 << 16;

/// Rows of the present morsel that count, and their cells. A row may be there for several periods.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) rows: Vec<u32>,
    pub(super) cells: Vec<u64>,
    /// The period of each, until groups are mixed in.
    pub(super) periods: Vec<u32>,
}

/// Whether a row is recorded at the state of knowledge that is asked.
pub(super) fn recorded(morsel: &Morsel<'_>, row: usize) -> bool {
    morsel.recorded.is_none_or(|recorded| recorded[row])
}

/// When a selected row's attributes are looked up: a flow's at its event, a stock's just before its instant, as what
/// happens at that instant is not part of it; those of what holds in a period where its part of the period begins.
pub(super) fn instant_of<'a>(
    axis: &'a Axis,
    rows: &'a [u32],
    periods: &'a [u32],
    valid_from: &'a [i64],
) -> impl Fn(usize) -> i64 + 'a {
    move |index| match axis {
        Axis::Windows(_) | Axis::Overlapping(_) => valid_from[rows[index] as usize],
        Axis::Meeting(windows) => {
            let (start, _) = windows[periods[index] as usize];
            valid_from[rows[index] as usize].max(start)
        }
        Axis::Points(points) => points[periods[index] as usize] - 1,
    }
}

/// Room for rows that hold at several instants.
pub(super) struct Room<'a> {
    rows: &'a mut Vec<u32>,
    periods: &'a mut Vec<u32>,
    pub(super) kept: usize,
}

impl<'a> Room<'a> {
    pub(super) fn of(selection: &'a mut Selection) -> Self {
        let Selection { rows, periods, .. } = selection;
        rows.resize(BLOCK + Self::AT_ONCE, 0);
        periods.resize(BLOCK + Self::AT_ONCE, 0);
        Self {
            rows,
            periods,
            kept: 0,
        }
    }

    /// So many periods of a row are written whether it has them or not: most have fewer.
    const AT_ONCE: usize = 4;

    /// Puts a row for periods from one up to another, exclusive.
    #[inline]
    pub(super) fn put(&mut self, row: usize, first: u32, last: u32) {
        let (row, count) = (row as u32, last.saturating_sub(first) as usize);
        let end = self.kept + count.max(Self::AT_ONCE);
        if end > self.rows.len() {
            self.rows.resize(end + BLOCK, 0);
            self.periods.resize(end + BLOCK, 0);
        }
        let places = self.kept..self.kept + Self::AT_ONCE;
        self.rows[places.clone()].fill(row);
        for (period, place) in (first..).zip(&mut self.periods[places]) {
            *place = period;
        }
        if count > Self::AT_ONCE {
            self.rows[self.kept..end].fill(row);
            for (period, place) in (first..).zip(&mut self.periods[self.kept..end]) {
                *place = period;
            }
        }
        self.kept += count;
    }

    /// What was put there is what is selected.
    pub(super) fn close(self) {
        self.rows.truncate(self.kept);
        self.periods.truncate(self.kept);
    }
}

impl Selection {
    /// Selects the rows of a morsel that hold and are recorded: those that `may` tells row by row, of which few are left
    /// out by `does`.
    pub(super) fn pick(
        &mut self,
        morsel: &Morsel<'_>,
        period: u32,
        may: impl Iterator<Item = bool>,
        does: impl Fn(usize) -> bool,
    ) {
        self.rows.resize(morsel.rows, 0);
        let rows = self.rows.as_mut_slice();
        let mut kept = 0;
        // Written whether it counts or not, and only one column is read of most rows.
        for (row, may) in (0_u32..).zip(may).take(morsel.rows) {
            rows[kept] = row;
            kept += usize::from(may);
        }
        self.rows.truncate(kept);
        self.rows.retain(|row| {
            let row = *row as usize;
            does(row) && recorded(morsel, row)
        });
        self.periods.resize(self.rows.len(), period);
    }

    /// Selects the rows of a morsel that have a period, given row by row, and are recorded.
    pub(super) fn fill(&mut self, morsel: &Morsel<'_>, periods: impl Iterator<Item = u32>) {
        self.rows.resize(morsel.rows, 0);
        self.periods.resize(morsel.rows, 0);
        let mut kept = 0;
        let (rows, kept_periods) = (self.rows.as_mut_slice(), self.periods.as_mut_slice());
        let known = (0_u32..).zip(periods).take(morsel.rows);
        // Written whether it counts or not: a branch that nobody can foretell costs more.
        let mut keep = |row, period, counts| {
            rows[kept] = row;
            kept_periods[kept] = period;
            kept += usize::from(counts);
        };
        match morsel.recorded {
            None => known.for_each(|(row, period)| keep(row, period, period != NONE)),
            Some(recorded) => known
                .zip(recorded)
                .for_each(|((row, period), recorded)| keep(row, period, *recorded && period != NONE)),
        }
        self.rows.truncate(kept);
        self.periods.truncate(kept);
    }

    /// Puts those that pass into another selection.
    pub(super) fn passing(&self, mask: &[bool], into: &mut Self) {
        let most = self.rows.len();
        into.rows.resize(most, 0);
        into.cells.resize(most, 0);
        into.periods.resize(most, 0);
        let mut kept = 0;
        for ((row, cell), period) in self.rows.iter().zip(&self.cells).zip(&self.periods) {
            into.rows[kept] = *row;
            into.cells[kept] = *cell;
            into.periods[kept] = *period;
            kept += usize::from(mask[*row as usize]);
        }
        into.rows.truncate(kept);
        into.cells.truncate(kept);
        into.periods.truncate(kept);
    }

    /// Keeps the rows to which a filter gives 1.
    pub(super) fn keep(&mut self, filter: &Lookup, axis: &Axis, morsel: &Morsel<'_>, valid_from: &[i64]) {
        let mut kept = Vec::with_capacity(self.rows.len());
        let instant = instant_of(axis, &self.rows, &self.periods, valid_from);
        filter.each(morsel, &self.rows, instant, |index, pass| {
            if pass == 1 {
                kept.push(index);
            }
        });
        self.retain(&kept);
    }

    /// Keeps the rows that tell of their event as of the instant that is looked at.
    pub(super) fn keep_told(
        &mut self,
        since: usize,
        axis: &Axis,
        morsel: &Morsel<'_>,
        as_of: i64,
    ) -> Result<()> {
        let Slice::I64(since) = morsel.columns[since] else {
            return Err(Error::internal("`since` is no number of microseconds"));
        };
        let told = |index: &usize| match since[self.rows[*index] as usize] {
            NULL => true,
            since => match axis {
                Axis::Points(points) => since < points[self.periods[*index] as usize],
                _ => since < as_of,
            },
        };
        // Hardly any event is told otherwise later.
        if self.rows.iter().any(|row| since[*row as usize] != NULL) {
            let kept: Vec<usize> = (0..self.rows.len()).filter(told).collect();
            self.retain(&kept);
        }
        Ok(())
    }

    /// Keeps the rows whose second instant lies within the bounds of their period.
    pub(super) fn keep_due(&mut self, due: &Bounds, morsel: &Morsel<'_>) -> Result<()> {
        let Slice::I64(instants) = morsel.columns[due.column] else {
            return Err(Error::internal("a due date is no number of microseconds"));
        };
        let within = |index: &usize| match instants[self.rows[*index] as usize] {
            NULL => due.missing,
            at => {
                let (from, before) = due.periods[self.periods[*index] as usize];
                from <= at && at < before
            }
        };
        let kept: Vec<usize> = (0..self.rows.len()).filter(within).collect();
        self.retain(&kept);
        Ok(())
    }

    /// Keeps those at these places, which rise.
    fn retain(&mut self, kept: &[usize]) {
        for (to, from) in kept.iter().enumerate() {
            self.rows[to] = self.rows[*from];
            self.periods[to] = self.periods[*from];
        }
        self.rows.truncate(kept.len());
        self.periods.truncate(kept.len());
    }
}
