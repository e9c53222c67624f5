//! The inner loops of a scan: the selected rows of a morsel, added in their cells.

use std::collections::HashMap;

use super::cells::{CellMap, Find, Foreign, Plain};
use super::grouped::Collected;
use super::lag::Age;
use super::selection::Selection;
use super::singles::Singles;
use super::spread::{Spans, SpreadKey};
use super::task::{Keep, Task};
use super::workdays::WorkingDays;
use crate::table::{Morsel, NULL, Slice};

/// Where single values and foreign money go.
pub(super) struct Put<'a> {
    pub(super) task: &'a Task,
    pub(super) morsel: &'a Morsel<'a>,
    pub(super) values: &'a mut Collected,
    pub(super) foreign: &'a mut Foreign,
}

impl Put<'_> {
    /// Takes the value of a row when it is not simply added in its cell.
    #[inline]
    pub(super) fn divert(&mut self, cell: u64, row: usize, value: i64) -> bool {
        let collect = self.task.keep != Keep::Sum;
        if let Some(key) = self.abroad(cell, row) {
            if collect {
                self.foreign.values.push((key, value));
            } else {
                *self.foreign.sums.entry(key).or_default() += i128::from(value);
            }
            return true;
        }
        if collect {
            self.values.push(cell, value);
        }
        collect
    }

    #[inline]
    pub(super) fn abroad(&self, cell: u64, row: usize) -> Option<(u64, u32, i32)> {
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

/// The inner loop where rows are counted or a whole number of each is summed; `put` adds one or takes it off.
#[inline]
pub(super) fn put_plain(
    selection: &Selection,
    numbers: Option<&[i64]>,
    cells: &mut [Plain],
    put: impl Fn(&mut Plain, i64, bool),
) {
    match numbers {
        None => {
            for cell in &selection.cells {
                put(&mut cells[*cell as usize], 0, true);
            }
        }
        Some(numbers) => {
            for (row, cell) in selection.rows.iter().zip(&selection.cells) {
                let value = numbers[*row as usize];
                put(&mut cells[*cell as usize], value, value != NULL);
            }
        }
    }
}

/// Counts rows, and which codes each cell has.
pub(super) fn add_codes(selection: &Selection, codes: &[i64], values: &mut Singles, cells: &mut impl Find) {
    let selected = selection.rows.iter().zip(&selection.cells);
    for (row, cell) in selected.clone() {
        let acc = cells.find(*cell);
        acc.items += 1;
        acc.seen += u64::from(codes[*row as usize] != NULL);
    }
    let codes = selected.map(|(row, cell)| (*cell, codes[*row as usize]));
    values.add_codes(codes.filter(|(_, code)| *code != NULL));
}

/// The inner loop; a function of its own for each kind of cells, so that it stays tight.
pub(super) fn add_all(
    selection: &Selection,
    numbers: Option<&[i64]>,
    put: &mut Put<'_>,
    cells: &mut impl Find,
) {
    let diverts = put.task.keep != Keep::Sum || put.task.money.is_some();
    for (row, cell) in selection.rows.iter().zip(&selection.cells) {
        let row = *row as usize;
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

/// As [`add_all`] for products, of which only sums are kept.
pub(super) fn add_products(
    selection: &Selection,
    [one, two]: [&[i64]; 2],
    put: &mut Put<'_>,
    cells: &mut impl Find,
) {
    for (row, cell) in selection.rows.iter().zip(&selection.cells) {
        let row = *row as usize;
        let acc = cells.find(*cell);
        acc.items += 1;
        if one[row] == NULL || two[row] == NULL {
            continue;
        }
        acc.seen += 1;
        let product = i128::from(one[row]) * i128::from(two[row]);
        match put.abroad(*cell, row) {
            Some(key) => *put.foreign.sums.entry(key).or_default() += product,
            None => acc.sum += product,
        }
    }
}

/// Adds up the weights of the values that [`add_products`] counts.
pub(super) fn add_weights(selection: &Selection, [values, weights]: [&[i64]; 2], sums: &mut CellMap<i128>) {
    for (row, cell) in selection.rows.iter().zip(&selection.cells) {
        let row = *row as usize;
        if values[row] != NULL && weights[row] != NULL {
            *sums.entry(*cell).or_default() += i128::from(weights[row]);
        }
    }
}

/// What a row has in a period.
pub(super) enum ByPeriod<'a> {
    Spans(Spans<'a>, &'a mut HashMap<SpreadKey, i128>),
    Ages(&'a Age, &'a [i64]),
    /// With the first days of rows, and the days after their last.
    WorkingDays(&'a WorkingDays, [&'a [i64]; 2]),
}

/// As [`add_all`] for what depends on the period too.
pub(super) fn add_by_period(
    selection: &Selection,
    by_period: &mut ByPeriod<'_>,
    put: &mut Put<'_>,
    cells: &mut impl Find,
) {
    let selected = selection
        .rows
        .iter()
        .zip(&selection.cells)
        .zip(&selection.periods);
    for ((row, cell), period) in selected {
        let row = *row as usize;
        let acc = cells.find(*cell);
        match by_period {
            ByPeriod::Spans(spans, spread) => {
                if let Some((sum, length)) = spans.take(row, *period, acc) {
                    let kind = put.abroad(*cell, row).unwrap_or((*cell, 0, 0));
                    *spread.entry((kind, length)).or_default() += sum;
                }
            }
            ByPeriod::WorkingDays(days, [first, end]) => {
                acc.items += 1;
                acc.seen += 1;
                acc.sum += i128::from(days.of((first[row], end[row]), *period));
            }
            ByPeriod::Ages(age, instants) => {
                acc.items += 1;
                let age = age.of(instants[row], *period);
                if age != NULL {
                    acc.seen += 1;
                    if !put.divert(*cell, row, age) {
                        acc.sum += i128::from(age);
                    }
                }
            }
        }
    }
}
