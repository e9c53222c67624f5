//! One way to cut a table: periods by groups, filtered, with the measures that are counted in each cell.

use bellwether_domain::{Error, Result};

use super::axis::Axis;
use super::cells::{Cells, Counted, Find, Foreign};
use super::lookup::Lookup;
use crate::expr::{BoundFilter, BoundValue};
use crate::table::{Morsel, NULL, Slice};

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
    /// Where `valid_from` and `valid_to` stand.
    pub valid: (usize, usize),
    /// What is counted.
    pub tasks: Vec<Task>,
}

/// One thing to count in every cell.
#[derive(Debug)]
pub struct Task {
    /// Which rows.
    pub filter: BoundFilter,
    /// What is summed; `None` = rows are counted.
    pub value: Option<BoundValue>,
    /// Whether single values are kept, for quantiles.
    pub collect: bool,
    /// How money in other currencies is told apart; `None` = there is none.
    pub money: Option<MoneyBy>,
}

/// How money in other currencies is told apart.
#[derive(Debug, Clone, Copy)]
pub struct MoneyBy {
    /// Where the currency stands.
    pub currency: usize,
    /// The code of the home currency.
    pub home: u32,
    /// Where the day stands, when the rate depends on it.
    pub day: Option<usize>,
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

/// Selected rows are worked off in blocks of this many, so that a stock at many instants needs no more room.
const BLOCK: usize = 1 << 16;

/// A cut while it is scanned.
#[derive(Debug)]
pub(super) struct CutState<'a> {
    cut: &'a Cut,
    counts: Vec<Counting>,
    selection: Selection,
}

#[derive(Debug)]
struct Counting {
    cells: Cells,
    values: Vec<(u64, i64)>,
    foreign: Foreign,
    /// Which rows of the present morsel pass the filter, when it is not `Every`.
    mask: Vec<bool>,
    /// The values of the present morsel, when they come from an expression.
    numbers: Vec<i64>,
}

/// Rows of the present morsel that count, and their cells. A row may be there for several periods.
#[derive(Debug, Default)]
struct Selection {
    rows: Vec<u32>,
    cells: Vec<u64>,
    /// The period of each, until groups are mixed in.
    periods: Vec<u32>,
}

impl<'a> CutState<'a> {
    pub(super) fn new(cut: &'a Cut) -> Self {
        let space = cut.space().unwrap_or(u64::MAX);
        let counting = |_: &Task| Counting {
            cells: Cells::new(space),
            values: Vec::new(),
            foreign: Foreign::default(),
            mask: Vec::new(),
            numbers: Vec::new(),
        };
        Self {
            cut,
            counts: cut.tasks.iter().map(counting).collect(),
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
        for (task, counting) in self.cut.tasks.iter().zip(&mut self.counts) {
            if !matches!(task.filter, BoundFilter::Every) {
                task.filter.mask(morsel, &mut counting.mask)?;
            }
            if let Some(BoundValue::Batch(batch)) = &task.value {
                batch.numbers(morsel, &mut counting.numbers)?;
            }
        }
        let cut = self.cut;
        match &cut.axis {
            Axis::Windows(windows) => {
                for row in 0..morsel.rows {
                    if valid_to[row] >= as_of
                        && let Some(period) = windows.find(valid_from[row])
                        && recorded(morsel, row)
                    {
                        self.select(row, period);
                    }
                }
            }
            Axis::Points(points) => match points.as_slice() {
                // The usual stock; nearly all rows that are read do not hold then, and a comparison tells.
                [point] => {
                    let valid = valid_from.iter().zip(valid_to).take(morsel.rows);
                    for (row, (from, to)) in valid.enumerate() {
                        if from < point && point <= to && recorded(morsel, row) {
                            self.select(row, 0);
                        }
                    }
                }
                points => self.take_at(points, morsel, valid_from, valid_to)?,
            },
        }
        self.work_off(morsel, valid_from)
    }

    /// Selects the rows that hold at any of several instants, once for each.
    fn take_at(
        &mut self,
        points: &[i64],
        morsel: &Morsel<'_>,
        valid_from: &[i64],
        valid_to: &[i64],
    ) -> Result<()> {
        for row in (0..morsel.rows).filter(|row| recorded(morsel, *row)) {
            let first = points.partition_point(|point| *point <= valid_from[row]);
            let last = points.partition_point(|point| *point <= valid_to[row]);
            for period in first..last {
                self.select(row, u32::try_from(period).unwrap_or(u32::MAX));
                if self.selection.rows.len() >= BLOCK {
                    self.work_off(morsel, valid_from)?;
                }
            }
        }
        Ok(())
    }

    fn select(&mut self, row: usize, period: u32) {
        self.selection.rows.push(u32::try_from(row).unwrap_or(u32::MAX));
        self.selection.periods.push(period);
    }

    /// Filters the selected rows, finds their cells and counts them.
    fn work_off(&mut self, morsel: &Morsel<'_>, valid_from: &[i64]) -> Result<()> {
        let selection = &mut self.selection;
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
        for (task, counting) in self.cut.tasks.iter().zip(&mut self.counts) {
            counting.count(task, selection, morsel)?;
        }
        selection.rows.clear();
        selection.periods.clear();
        Ok(())
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            mine.cells.merge(theirs.cells);
            mine.values.extend(theirs.values);
            mine.foreign.values.extend(theirs.foreign.values);
            for (key, sum) in theirs.foreign.sums {
                *mine.foreign.sums.entry(key).or_default() += sum;
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Counted> {
        let counted = |counting: Counting| Counted {
            cells: counting.cells.finish(),
            values: counting.values,
            foreign: counting.foreign,
        };
        self.counts.into_iter().map(counted).collect()
    }
}

/// Whether a row is recorded at the state of knowledge that is asked.
fn recorded(morsel: &Morsel<'_>, row: usize) -> bool {
    morsel.recorded.is_none_or(|recorded| recorded[row])
}

/// When a selected row's attributes are looked up: a flow's at its event, a stock's just before its instant, as what
/// happens at that instant is not part of it.
fn instant_of<'a>(
    axis: &'a Axis,
    rows: &'a [u32],
    periods: &'a [u32],
    valid_from: &'a [i64],
) -> impl Fn(usize) -> i64 + 'a {
    move |index| match axis {
        Axis::Windows(_) => valid_from[rows[index] as usize],
        Axis::Points(points) => points[periods[index] as usize] - 1,
    }
}

impl Selection {
    /// Keeps the rows to which a filter gives 1.
    fn keep(&mut self, filter: &Lookup, axis: &Axis, morsel: &Morsel<'_>, valid_from: &[i64]) {
        let mut kept = Vec::with_capacity(self.rows.len());
        let instant = instant_of(axis, &self.rows, &self.periods, valid_from);
        filter.each(morsel, &self.rows, instant, |index, pass| {
            if pass == 1 {
                kept.push(index);
            }
        });
        for (to, from) in kept.iter().enumerate() {
            self.rows[to] = self.rows[*from];
            self.periods[to] = self.periods[*from];
        }
        self.rows.truncate(kept.len());
        self.periods.truncate(kept.len());
    }
}

impl Counting {
    fn count(&mut self, task: &Task, selection: &Selection, morsel: &Morsel<'_>) -> Result<()> {
        let Self {
            cells,
            values,
            foreign,
            mask,
            numbers,
        } = self;
        let numbers: Option<&[i64]> = match &task.value {
            None => None,
            Some(BoundValue::Batch(_)) => Some(numbers),
            Some(BoundValue::Column(column)) => match morsel.columns[*column] {
                Slice::I64(numbers) => Some(numbers),
                _ => return Err(Error::internal("a measure sums a column of no whole numbers")),
            },
        };
        let mask = (!matches!(task.filter, BoundFilter::Every)).then_some(mask.as_slice());
        let mut put = Put {
            task,
            morsel,
            values,
            foreign,
        };
        match cells {
            Cells::Dense(dense) => add_all(selection, mask, numbers, &mut put, dense),
            Cells::Sparse(sparse) => add_all(selection, mask, numbers, &mut put, sparse),
        }
        Ok(())
    }
}

/// Where single values and foreign money go.
struct Put<'a> {
    task: &'a Task,
    morsel: &'a Morsel<'a>,
    values: &'a mut Vec<(u64, i64)>,
    foreign: &'a mut Foreign,
}

impl Put<'_> {
    /// Takes the value of a row when it is not simply added in its cell.
    fn divert(&mut self, cell: u64, row: usize, value: i64) -> bool {
        if let Some(key) = self.abroad(cell, row) {
            if self.task.collect {
                self.foreign.values.push((key, value));
            } else {
                *self.foreign.sums.entry(key).or_default() += i128::from(value);
            }
            return true;
        }
        if self.task.collect {
            self.values.push((cell, value));
        }
        self.task.collect
    }

    fn abroad(&self, cell: u64, row: usize) -> Option<(u64, u32, i32)> {
        let money = self.task.money?;
        let Slice::Code(currencies) = self.morsel.columns[money.currency] else {
            return None;
        };
        let day = match money.day.map(|place| self.morsel.columns[place]) {
            Some(Slice::I32(days)) => days[row],
            _ => 0,
        };
        (currencies[row] != money.home).then_some((cell, currencies[row], day))
    }
}

/// The inner loop; a function of its own for each kind of cells, so that it stays tight.
fn add_all(
    selection: &Selection,
    mask: Option<&[bool]>,
    numbers: Option<&[i64]>,
    put: &mut Put<'_>,
    cells: &mut impl Find,
) {
    let diverts = put.task.collect || put.task.money.is_some();
    for (row, cell) in selection.rows.iter().zip(&selection.cells) {
        let row = *row as usize;
        if mask.is_some_and(|mask| !mask[row]) {
            continue;
        }
        let acc = cells.find(*cell);
        acc.items += 1;
        match numbers.map(|numbers| numbers[row]) {
            None => acc.seen += 1,
            Some(NULL) => {}
            Some(value) => {
                acc.seen += 1;
                if !diverts || !put.divert(*cell, row, value) {
                    acc.sum += i128::from(value);
                }
            }
        }
    }
}
