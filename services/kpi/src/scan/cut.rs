//! One way to cut a table: periods by groups, filtered, with the tasks that are counted in each cell.

use bellwether_domain::{Error, Result};

use super::axis::{Axis, NONE, Stands};
use super::cells::Counted;
use super::changes;
use super::counting::{Counting, Way};
use super::lookup::Lookup;
use super::passing::Passing;
use super::selection::{BLOCK, Room, Selection, instant_of, recorded};
use super::task::Task;
use crate::table::{Morsel, Slice};

/// A way to cut a table.
#[derive(Debug)]
pub struct Cut {
    /// Its periods.
    pub axis: Axis,
    /// How many periods there are.
    pub periods: u64,
    /// Its dimensions and how many groups each has; the last one varies fastest.
    pub dimensions: Vec<(Lookup, u64)>,
    /// The rows that count: those to whose code every lookup gives 1.
    pub filters: Vec<Lookup>,
    /// Where a second instant of the rows must lie.
    pub due: Option<Bounds>,
    /// Where `valid_from` and `valid_to` stand.
    pub valid: (usize, usize),
    /// Where `since` stands, in a table that has it: a row counts only as of later instants.
    pub since: Option<usize>,
    /// What is counted.
    pub tasks: Vec<Task>,
}

/// Bounds of a second instant, by period.
#[derive(Debug)]
pub struct Bounds {
    /// Where its column stands.
    pub column: usize,
    /// From the first (inclusive) to the second (exclusive).
    pub periods: Vec<(i64, i64)>,
    /// Whether rows without it count.
    pub missing: bool,
}

impl Cut {
    /// How many cells there are; `None` = more than can be numbered.
    #[must_use]
    pub fn space(&self) -> Option<u64> {
        self.dimensions
            .iter()
            .try_fold(self.periods, |space, (_, groups)| space.checked_mul(*groups))
    }
}

/// A cut while it is scanned.
#[derive(Debug)]
pub(super) struct CutState<'a> {
    cut: &'a Cut,
    counts: Vec<Counting>,
    passing: Vec<Passing<'a>>,
    /// Of a stock at several instants.
    stands: Stands,
    /// Whether filters and values of the present morsel are worked out.
    prepared: bool,
    selection: Selection,
    /// Of a stock whose counts are told by what comes and goes: the rows that go.
    going: Option<Selection>,
}

impl<'a> CutState<'a> {
    /// A cut of about so many rows.
    pub(super) fn new(cut: &'a Cut, rows: usize) -> Self {
        let space = cut.space().unwrap_or(u64::MAX);
        let new = |task| Counting::new(task, space, rows);
        let counts: Vec<Counting> = cut.tasks.iter().map(new).collect();
        let by_changes = changes::tell_all(cut) && counts.iter().all(Counting::is_plain);
        Self {
            cut,
            counts,
            going: by_changes.then(Selection::default),
            passing: Passing::of(&cut.tasks),
            stands: Stands::new(match &cut.axis {
                Axis::Points(points) => points,
                _ => &[],
            }),
            prepared: false,
            selection: Selection::default(),
        }
    }

    /// Counts the rows of a morsel.
    pub(super) fn take(&mut self, morsel: &Morsel<'_>, as_of: i64) -> Result<()> {
        let (from, to) = self.cut.valid;
        let (Slice::I64(valid_from), Slice::I64(valid_to)) = (morsel.columns[from], morsel.columns[to])
        else {
            return Err(Error::internal("validity is no number of microseconds"));
        };
        self.prepared = false;
        let cut = self.cut;
        match &cut.axis {
            Axis::Windows(windows) => {
                if let Some((start, end, period)) = windows.only() {
                    let within = valid_from.iter().map(|from| start <= *from && *from < end);
                    let stands = |row: usize| valid_to[row] >= as_of;
                    self.selection.pick(morsel, period, within, stands);
                } else {
                    let valid = valid_from.iter().zip(valid_to);
                    let finder = windows.finder();
                    let period =
                        |(from, to): (&i64, &i64)| if *to >= as_of { finder.place(*from) } else { NONE };
                    self.selection.fill(morsel, valid.map(period));
                }
            }
            Axis::Overlapping(windows) => {
                for row in 0..morsel.rows {
                    if valid_to[row] >= as_of && recorded(morsel, row) {
                        // Both ends rise, so the windows that hold an instant stand side by side.
                        let first = windows.partition_point(|(_, end)| *end <= valid_from[row]);
                        let last = windows.partition_point(|(start, _)| *start <= valid_from[row]);
                        self.select_all(row, first..last, (morsel, valid_from, as_of))?;
                    }
                }
            }
            Axis::Meeting(windows) => {
                for row in (0..morsel.rows).filter(|row| recorded(morsel, *row)) {
                    let first = windows.partition_point(|(_, end)| *end <= valid_from[row]);
                    let last = windows.partition_point(|(start, _)| *start < valid_to[row]);
                    let periods = (first..last).filter(|period| windows[*period].0 < windows[*period].1);
                    self.select_all(row, periods, (morsel, valid_from, as_of))?;
                }
            }
            Axis::Points(points) => match points.as_slice() {
                // The usual stock; nearly all rows that are read do not hold then.
                [point] => {
                    let lasts = valid_to.iter().map(|to| point <= to);
                    self.selection
                        .pick(morsel, 0, lasts, |row| valid_from[row] < *point);
                }
                points if self.going.is_some() => {
                    return self.take_changes(morsel, points.len() as u32, (valid_from, valid_to));
                }
                points => {
                    let most = points.len();
                    let mut room = Room::of(&mut self.selection);
                    for row in 0..morsel.rows {
                        if !recorded(morsel, row) {
                            continue;
                        }
                        let counter = self.stands.counter();
                        let (first, last) = (counter.up_to(valid_from[row]), counter.up_to(valid_to[row]));
                        room.put(row, first, last);
                        if room.kept + most > BLOCK {
                            room.close();
                            self.work_off(morsel, valid_from, as_of)?;
                            room = Room::of(&mut self.selection);
                        }
                    }
                    room.close();
                }
            },
        }
        self.work_off(morsel, valid_from, as_of)
    }

    /// Counts what comes and takes off what goes.
    fn take_changes(&mut self, morsel: &Morsel<'_>, points: u32, valid: (&[i64], &[i64])) -> Result<()> {
        let Some(mut going) = self.going.take() else {
            return Ok(());
        };
        let both = [&mut self.selection, &mut going];
        changes::select(both, &self.stands, points, self.cut.since, morsel, valid)?;
        self.count(morsel, valid.0, Way::Add)?;
        std::mem::swap(&mut self.selection, &mut going);
        self.count(morsel, valid.0, Way::TakeOff)?;
        self.going = Some(std::mem::replace(&mut self.selection, going));
        Ok(())
    }

    /// Selects a row once for each of several periods.
    fn select_all(
        &mut self,
        row: usize,
        periods: impl Iterator<Item = usize>,
        (morsel, valid_from, as_of): (&Morsel<'_>, &[i64], i64),
    ) -> Result<()> {
        for period in periods {
            self.select(row, u32::try_from(period).unwrap_or(u32::MAX));
            if self.selection.rows.len() >= BLOCK {
                self.work_off(morsel, valid_from, as_of)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn select(&mut self, row: usize, period: u32) {
        self.selection.rows.push(u32::try_from(row).unwrap_or(u32::MAX));
        self.selection.periods.push(period);
    }

    /// Filters the selected rows, finds their cells and counts them.
    fn work_off(&mut self, morsel: &Morsel<'_>, valid_from: &[i64], as_of: i64) -> Result<()> {
        let selection = &mut self.selection;
        if selection.rows.is_empty() {
            return Ok(());
        }
        if let Some(since) = self.cut.since {
            selection.keep_told(since, &self.cut.axis, morsel, as_of)?;
        }
        if let Some(due) = &self.cut.due {
            selection.keep_due(due, morsel)?;
        }
        self.count(morsel, valid_from, Way::Add)
    }

    /// Counts the selected rows that pass, or takes them off.
    fn count(&mut self, morsel: &Morsel<'_>, valid_from: &[i64], way: Way) -> Result<()> {
        let selection = &mut self.selection;
        if selection.rows.is_empty() {
            return Ok(());
        }
        for filter in &self.cut.filters {
            selection.keep(filter, &self.cut.axis, morsel, valid_from);
        }
        selection.cells.clear();
        selection.cells.resize(selection.rows.len(), 0);
        for (lookup, groups) in &self.cut.dimensions {
            let Selection { rows, cells, periods } = &mut *selection;
            let instant = instant_of(&self.cut.axis, rows, periods, valid_from);
            lookup.each(morsel, rows, instant, |index, number| {
                cells[index] = cells[index] * groups + u64::from(number);
            });
        }
        for (cell, period) in selection.cells.iter_mut().zip(&selection.periods) {
            *cell = *cell * self.cut.periods + u64::from(*period);
        }
        if !self.prepared {
            self.prepared = true;
            self.passing
                .iter_mut()
                .try_for_each(|passing| passing.prepare(morsel))?;
            for (task, counting) in self.cut.tasks.iter().zip(&mut self.counts) {
                counting.prepare(task, morsel)?;
            }
        }
        for passing in &mut self.passing {
            let tasks = std::mem::take(&mut passing.tasks);
            let rows = passing.narrow(selection);
            for place in &tasks {
                self.counts[*place].count(&self.cut.tasks[*place], way, rows, morsel)?;
            }
            passing.tasks = tasks;
        }
        selection.rows.clear();
        selection.periods.clear();
        Ok(())
    }

    /// What is left to do when every row of this part has been taken, before parts meet.
    pub(super) fn settle(&mut self) {
        self.counts.iter_mut().for_each(Counting::settle);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            mine.merge(theirs);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Counted> {
        if self.going.is_some() {
            let periods = self.cut.periods as usize;
            self.counts.iter_mut().for_each(|count| count.sum_up(periods));
        }
        self.counts.into_iter().map(Counting::finish).collect()
    }
}
