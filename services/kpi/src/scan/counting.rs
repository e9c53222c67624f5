//! Counting the selected rows of a morsel in their cells, task by task.

use std::collections::HashMap;

use bellwether_domain::{Error, Result};

use super::cells::{Cells, Counted, Foreign};
use super::cut::Selection;
use super::loops::{ByPeriod, Put, add_all, add_by_period, add_products};
use super::spread::SpreadKey;
use super::task::{Factor, Keep, Quantity, Task};
use crate::expr::BoundValue;
use crate::table::{Morsel, NULL, Slice};

/// So many single values are kept before repeats are dropped.
const MANY: usize = 1 << 20;

/// A task while it is counted.
#[derive(Debug)]
pub(super) struct Counting {
    cells: Cells,
    values: Vec<(u64, i64)>,
    foreign: Foreign,
    spread: HashMap<SpreadKey, i128>,
    /// Which rows of the present morsel pass the filters, when there are any.
    mask: Vec<bool>,
    further: Vec<bool>,
    /// The values of the present morsel, when they are not simply a column; of a product those of each factor.
    numbers: Vec<i64>,
    others: Vec<i64>,
    /// When so many values are kept, repeats are dropped.
    drop_at: usize,
}

impl Counting {
    pub(super) fn new(space: u64, rows: usize) -> Self {
        Self {
            cells: Cells::new(space, rows),
            values: Vec::new(),
            foreign: Foreign::default(),
            spread: HashMap::new(),
            mask: Vec::new(),
            further: Vec::new(),
            numbers: Vec::new(),
            others: Vec::new(),
            drop_at: MANY,
        }
    }

    /// Works out filters and values for a morsel.
    pub(super) fn prepare(&mut self, task: &Task, morsel: &Morsel<'_>) -> Result<()> {
        for (index, filter) in task.filters.iter().enumerate() {
            if index == 0 {
                filter.mask(morsel, &mut self.mask)?;
            } else {
                filter.mask(morsel, &mut self.further)?;
                self.mask
                    .iter_mut()
                    .zip(&self.further)
                    .for_each(|(mine, other)| *mine &= other);
            }
        }
        match &task.quantity {
            Quantity::Rows | Quantity::Number(BoundValue::Column(_)) => {}
            Quantity::Number(BoundValue::Batch(batch)) => batch.numbers(morsel, &mut self.numbers)?,
            Quantity::Product([one, two]) => {
                one.write(morsel, &mut self.numbers)?;
                two.write(morsel, &mut self.others)?;
            }
            Quantity::Code(column) => {
                let Slice::Code(codes) = morsel.columns[*column] else {
                    return Err(Error::internal("a measure tells apart a column without codes"));
                };
                let known = |code: &u32| if *code == 0 { NULL } else { i64::from(*code) };
                self.numbers.clear();
                self.numbers.extend(codes.iter().map(known));
            }
            Quantity::Lag(lag) => lag.write(morsel, &mut self.numbers)?,
            Quantity::Age(age) => write(&BoundValue::Column(age.column), morsel, &mut self.numbers)?,
            Quantity::Spread(spread) => write(&spread.value, morsel, &mut self.numbers)?,
        }
        Ok(())
    }

    pub(super) fn count(&mut self, task: &Task, selection: &Selection, morsel: &Morsel<'_>) -> Result<()> {
        let Self {
            cells,
            values,
            foreign,
            spread,
            mask,
            numbers,
            others,
            ..
        } = self;
        let numbers: Option<&[i64]> = match &task.quantity {
            Quantity::Rows => None,
            Quantity::Number(BoundValue::Column(column)) => match morsel.columns[*column] {
                Slice::I64(numbers) => Some(numbers),
                _ => return Err(Error::internal("a measure sums a column of no whole numbers")),
            },
            _ => Some(numbers),
        };
        let mask = (!task.filters.is_empty()).then_some(mask.as_slice());
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
            _ => None,
        };
        if let Some(mut by_period) = by_period {
            match cells {
                Cells::Dense(dense) => add_by_period(selection, mask, &mut by_period, &mut put, dense),
                Cells::Sparse(sparse) => add_by_period(selection, mask, &mut by_period, &mut put, sparse),
            }
            return Ok(());
        }
        let product = matches!(task.quantity, Quantity::Product(_));
        let factors = numbers
            .filter(|_| product)
            .map(|numbers| [numbers, others.as_slice()]);
        match (cells, factors) {
            (Cells::Dense(dense), None) => add_all(selection, mask, numbers, &mut put, dense),
            (Cells::Sparse(sparse), None) => add_all(selection, mask, numbers, &mut put, sparse),
            (Cells::Dense(dense), Some(factors)) => add_products(selection, mask, factors, &mut put, dense),
            (Cells::Sparse(sparse), Some(factors)) => {
                add_products(selection, mask, factors, &mut put, sparse);
            }
        }
        if task.keep == Keep::Distinct && self.values.len() >= self.drop_at {
            self.drop_repeats();
            self.drop_at = MANY.max(2 * self.values.len());
        }
        Ok(())
    }

    fn drop_repeats(&mut self) {
        self.values.sort_unstable();
        self.values.dedup();
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.cells.merge(other.cells);
        self.values.extend(other.values);
        self.foreign.values.extend(other.foreign.values);
        for (key, sum) in other.foreign.sums {
            *self.foreign.sums.entry(key).or_default() += sum;
        }
        for (key, sum) in other.spread {
            *self.spread.entry(key).or_default() += sum;
        }
    }

    pub(super) fn finish(mut self, task: &Task) -> Counted {
        if task.keep == Keep::Distinct {
            self.drop_repeats();
        }
        Counted {
            cells: self.cells.finish(),
            values: self.values,
            foreign: self.foreign,
            spread: self.spread,
        }
    }
}

/// Writes the values of a morsel.
fn write(value: &BoundValue, morsel: &Morsel<'_>, into: &mut Vec<i64>) -> Result<()> {
    match value {
        BoundValue::Batch(batch) => batch.numbers(morsel, into),
        BoundValue::Column(column) => {
            let Slice::I64(numbers) = morsel.columns[*column] else {
                return Err(Error::internal("a measure sums a column of no whole numbers"));
            };
            into.clear();
            into.extend_from_slice(numbers);
            Ok(())
        }
    }
}

impl Factor {
    fn write(&self, morsel: &Morsel<'_>, into: &mut Vec<i64>) -> Result<()> {
        write(&self.value, morsel, into)?;
        if self.presence {
            into.iter_mut()
                .filter(|number| **number != NULL)
                .for_each(|number| *number = 1);
        }
        Ok(())
    }
}
