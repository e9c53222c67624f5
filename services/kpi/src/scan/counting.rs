//! Counting the selected rows of a morsel in their cells, task by task.

use std::collections::HashMap;

use bellwether_domain::{Error, Result};

use super::cells::{CellMap, Cells, Counted, Foreign, Plain};
use super::grouped::Collected;
use super::loops::{ByPeriod, Put, add_all, add_by_period, add_codes, add_products, add_weights, put_plain};
use super::selection::Selection;
use super::singles::Singles;
use super::spread::SpreadKey;
use super::task::{Factor, Keep, Quantity, Task};
use crate::expr::BoundValue;
use crate::table::{Morsel, NULL, Slice};

/// Whether rows come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Add,
    TakeOff,
}

/// A task while it is counted.
#[derive(Debug)]
pub(super) struct Counting {
    cells: Cells,
    values: Collected,
    codes: Singles,
    foreign: Foreign,
    spread: HashMap<SpreadKey, i128>,
    weights: CellMap<i128>,
    /// The values of the present morsel, when they are not simply a column; of a product those of each factor.
    numbers: Vec<i64>,
    others: Vec<i64>,
}

impl Counting {
    pub(super) fn new(task: &Task, space: u64, rows: usize) -> Self {
        let plain = task.keep == Keep::Sum
            && task.money.is_none()
            && matches!(
                task.quantity,
                Quantity::Rows | Quantity::Number(_) | Quantity::Lag(_)
            );
        Self {
            cells: Cells::new(space, rows, plain),
            values: Collected::default(),
            codes: match task.keep {
                Keep::Distinct => Singles::distinct(space),
                Keep::Sum | Keep::Values => Singles::default(),
            },
            foreign: Foreign::default(),
            spread: HashMap::new(),
            weights: CellMap::default(),
            numbers: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Works out values for a morsel.
    pub(super) fn prepare(&mut self, task: &Task, morsel: &Morsel<'_>) -> Result<()> {
        match &task.quantity {
            Quantity::Rows | Quantity::Number(BoundValue::Column(_)) => {}
            Quantity::WorkingDays(days) => days.write(morsel, &mut self.numbers, &mut self.others)?,
            Quantity::Number(BoundValue::Batch(batch)) => batch.numbers(morsel, &mut self.numbers)?,
            Quantity::Product([one, two]) | Quantity::Weighted([one, two]) => {
                one.write(morsel, &mut self.numbers)?;
                two.write(morsel, &mut self.others)?;
            }
            Quantity::Code(column, fold) => {
                let Slice::Code(codes) = morsel.columns[*column] else {
                    return Err(Error::internal("a measure tells apart a column without codes"));
                };
                let stands = |code: u32| match fold {
                    Some(fold) => fold.get(code as usize).copied().unwrap_or(code),
                    None => code,
                };
                let known = |code: &u32| match stands(*code) {
                    0 => NULL,
                    code => i64::from(code),
                };
                self.numbers.clear();
                self.numbers.extend(codes.iter().map(known));
            }
            Quantity::Lag(lag) => lag.write(morsel, &mut self.numbers)?,
            Quantity::Age(_) => {}
            Quantity::Spread(spread) => write(&spread.value, morsel, &mut self.numbers)?,
        }
        Ok(())
    }

    /// Whether rows can be taken off again.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.cells, Cells::Plain(_))
    }

    /// Sums up what came and went along the periods of each group.
    pub(super) fn sum_up(&mut self, periods: usize) {
        self.cells.sum_up(periods);
    }

    /// Counts the selected rows. Only plain counts take rows off.
    pub(super) fn count(
        &mut self,
        task: &Task,
        way: Way,
        selection: &Selection,
        morsel: &Morsel<'_>,
    ) -> Result<()> {
        let Self {
            cells,
            values,
            codes: found,
            foreign,
            spread,
            weights,
            numbers,
            others,
            ..
        } = self;
        let numbers: Option<&[i64]> = match &task.quantity {
            Quantity::Rows => None,
            Quantity::Number(BoundValue::Column(column)) => Some(plain_column(morsel, *column)?),
            Quantity::Age(age) => Some(plain_column(morsel, age.column)?),
            _ => Some(numbers),
        };
        if put_simply((task, way), selection, numbers, cells, found) {
            return Ok(());
        }
        let mut put = Put {
            task,
            morsel,
            values,
            foreign,
        };
        // What a row has depends on the period too.
        let by_period = match (&task.quantity, numbers) {
            (Quantity::Spread(by), Some(numbers)) => {
                Some(ByPeriod::Spans(by.spans(morsel, numbers)?, spread))
            }
            (Quantity::Age(age), Some(instants)) => Some(ByPeriod::Ages(age, instants)),
            (Quantity::WorkingDays(days), Some(first)) => {
                Some(ByPeriod::WorkingDays(days, [first, others.as_slice()]))
            }
            _ => None,
        };
        if let Some(mut by_period) = by_period {
            match cells {
                Cells::Dense(dense) => add_by_period(selection, &mut by_period, &mut put, dense),
                Cells::Sparse(sparse) => add_by_period(selection, &mut by_period, &mut put, sparse),
                Cells::Plain(_) => {}
            }
            return Ok(());
        }
        let weighted = matches!(task.quantity, Quantity::Weighted(_));
        let factors = match (&task.quantity, numbers) {
            (Quantity::Product([one, two]) | Quantity::Weighted([one, two]), Some(numbers)) => {
                Some([one.numbers(morsel, numbers)?, two.numbers(morsel, others)?])
            }
            _ => None,
        };
        match (cells, factors) {
            (Cells::Dense(dense), None) => add_all(selection, numbers, &mut put, dense),
            (Cells::Sparse(sparse), None) => add_all(selection, numbers, &mut put, sparse),
            (Cells::Dense(dense), Some(factors)) => add_products(selection, factors, &mut put, dense),
            (Cells::Sparse(sparse), Some(factors)) => {
                add_products(selection, factors, &mut put, sparse);
            }
            // Made for other tasks, which were counted above.
            (Cells::Plain(_), _) => {}
        }
        if let (true, Some(factors)) = (weighted, factors) {
            add_weights(selection, factors, weights);
        }
        Ok(())
    }

    /// Puts single values to their cells, and codes in order.
    pub(super) fn settle(&mut self) {
        self.values.settle();
        self.codes.sort();
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.cells.merge(other.cells);
        self.values.merge(other.values);
        self.codes.merge(other.codes);
        self.foreign.values.extend(other.foreign.values);
        for (key, sum) in other.foreign.sums {
            *self.foreign.sums.entry(key).or_default() += sum;
        }
        for (key, sum) in other.spread {
            *self.spread.entry(key).or_default() += sum;
        }
        for (cell, sum) in other.weights {
            *self.weights.entry(cell).or_default() += sum;
        }
    }

    pub(super) fn finish(self) -> Counted {
        Counted {
            cells: self.cells.finish(),
            values: self.values.finish(),
            codes: self.codes.finish(),
            foreign: self.foreign,
            spread: self.spread,
            weights: self.weights,
        }
    }
}

/// Counts what needs no more than rows and one number of each: plain counts, and which codes there are. Whether that is all.
fn put_simply(
    (task, way): (&Task, Way),
    selection: &Selection,
    numbers: Option<&[i64]>,
    cells: &mut Cells,
    found: &mut Singles,
) -> bool {
    if let (Cells::Plain(plain), Quantity::Rows | Quantity::Number(_) | Quantity::Lag(_)) =
        (&mut *cells, &task.quantity)
    {
        match way {
            Way::Add => put_plain(selection, numbers, plain, Plain::add),
            Way::TakeOff => put_plain(selection, numbers, plain, Plain::take_off),
        }
        return true;
    }
    let (Keep::Distinct, Some(codes)) = (task.keep, numbers) else {
        return false;
    };
    match cells {
        Cells::Dense(dense) => add_codes(selection, codes, found, dense),
        Cells::Sparse(sparse) => add_codes(selection, codes, found, sparse),
        Cells::Plain(_) => {}
    }
    true
}

/// Writes the values of a morsel.
fn write(value: &BoundValue, morsel: &Morsel<'_>, into: &mut Vec<i64>) -> Result<()> {
    match value {
        BoundValue::Batch(batch) => batch.numbers(morsel, into),
        BoundValue::Column(column) => {
            into.clear();
            into.extend_from_slice(plain_column(morsel, *column)?);
            Ok(())
        }
    }
}

/// A column of whole numbers, as it stands in a morsel.
fn plain_column<'m>(morsel: &Morsel<'m>, column: usize) -> Result<&'m [i64]> {
    match morsel.columns[column] {
        Slice::I64(numbers) => Ok(numbers),
        _ => Err(Error::internal("a measure sums a column of no whole numbers")),
    }
}

impl Factor {
    /// Works out what is not simply a column.
    fn write(&self, morsel: &Morsel<'_>, into: &mut Vec<i64>) -> Result<()> {
        if let (BoundValue::Column(_), false) = (&self.value, self.presence) {
            return Ok(());
        }
        write(&self.value, morsel, into)?;
        if self.presence {
            into.iter_mut()
                .filter(|number| **number != NULL)
                .for_each(|number| *number = 1);
        }
        Ok(())
    }

    /// Its numbers: a column of the morsel, or what was worked out.
    fn numbers<'m>(&self, morsel: &Morsel<'m>, written: &'m [i64]) -> Result<&'m [i64]> {
        match &self.value {
            BoundValue::Column(column) if !self.presence => plain_column(morsel, *column),
            _ => Ok(written),
        }
    }
}
