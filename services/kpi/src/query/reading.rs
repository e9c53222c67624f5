//! A measure as it is read, cell by cell: items, those with a value, and the exact value.

use std::collections::HashMap;

use bellwether_domain::Result;
use bellwether_domain::exact::Exact;

use super::money::Rates;
use crate::catalogue::{Aggregate, CurrencyPolicy, Measure, Scale};
use crate::scan::{Acc, Counted};

/// A dimension's place in the numbers of cells: cells that differ by it lie `stride` apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digit {
    pub(super) stride: u64,
    pub(super) groups: u64,
}

/// A measure's numbers.
#[derive(Debug)]
pub(super) struct Reading {
    cells: HashMap<u64, Acc>,
    /// Sums of money (converted, rounded) and medians, in minor units or as they are.
    values: HashMap<u64, Exact>,
    aggregate: Aggregate,
    scale: Scale,
    /// Decimals of the home currency.
    exponent: u32,
    /// The dimension that is summed over.
    across: Option<Digit>,
}

impl Reading {
    /// Reads a measure from what was counted.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn new(
        counted: &Counted,
        measure: &Measure,
        policy: CurrencyPolicy,
        rates: &Rates<'_>,
        exponent: u32,
        across: Option<Digit>,
    ) -> Result<Self> {
        let mut reading = Self {
            cells: HashMap::new(),
            values: HashMap::new(),
            aggregate: measure.aggregate,
            scale: measure.scale,
            exponent,
            across,
        };
        for (cell, acc) in &counted.cells {
            reading.cells.entry(reading.key(*cell)).or_default().add(acc);
        }
        match measure.aggregate {
            Aggregate::Count => {}
            Aggregate::Sum => reading.convert(counted, policy, rates)?,
            Aggregate::Median => reading.medians(counted, policy, rates)?,
        }
        Ok(reading)
    }

    /// The counts of a cell.
    pub(super) fn counts(&self, cell: u64) -> Acc {
        self.cells.get(&self.key(cell)).copied().unwrap_or_default()
    }

    /// The value of a cell; `None` for a median of nothing.
    pub(super) fn value(&self, cell: u64) -> Option<Exact> {
        let acc = self.counts(cell);
        let whole = match self.aggregate {
            Aggregate::Count => return Some(Exact::from(acc.seen)),
            Aggregate::Sum => self
                .values
                .get(&self.key(cell))
                .cloned()
                .unwrap_or_else(|| Exact::from(acc.sum)),
            Aggregate::Median => self.values.get(&self.key(cell)).cloned()?,
        };
        Some(match self.scale {
            Scale::Money => whole * Exact::from_scaled(1, self.exponent),
            scale => scale.exact(whole),
        })
    }

    fn key(&self, cell: u64) -> u64 {
        self.across.map_or(cell, |digit| {
            cell - cell / digit.stride % digit.groups * digit.stride
        })
    }

    /// Adds money in other currencies to the sums: exactly, and rounded half-even once a cell.
    fn convert(&mut self, counted: &Counted, policy: CurrencyPolicy, rates: &Rates<'_>) -> Result<()> {
        let mut sums: Vec<_> = counted.foreign.sums.iter().collect();
        // In order, so that of several missing rates it is always the same that is named.
        sums.sort_unstable_by_key(|((cell, currency, day), _)| (*day, *currency, *cell));
        let mut exact: HashMap<u64, Exact> = HashMap::new();
        for ((cell, currency, day), sum) in sums {
            let converted = rates.convert(&Exact::from(*sum), *currency, *day, policy)?;
            *exact.entry(self.key(*cell)).or_default() += &converted;
        }
        for (cell, abroad) in exact {
            let home = Exact::from(self.cells.get(&cell).map_or(0, |acc| acc.sum));
            self.values.insert(cell, round(&(home + abroad)));
        }
        Ok(())
    }

    /// The medians of single values; each amount in another currency is converted and rounded first.
    fn medians(&mut self, counted: &Counted, policy: CurrencyPolicy, rates: &Rates<'_>) -> Result<()> {
        let mut by_cell: HashMap<u64, Vec<i64>> = HashMap::new();
        for (cell, value) in &counted.values {
            by_cell.entry(*cell).or_default().push(*value);
        }
        let mut mixed: HashMap<u64, Vec<Exact>> = HashMap::new();
        let mut abroad: Vec<_> = counted.foreign.values.iter().collect();
        abroad.sort_unstable_by_key(|((cell, currency, day), value)| (*day, *currency, *cell, *value));
        for ((cell, currency, day), value) in abroad {
            let converted = rates.convert(&Exact::from(*value), *currency, *day, policy)?;
            mixed.entry(*cell).or_default().push(round(&converted));
        }
        for (cell, mut values) in mixed {
            values.extend(by_cell.remove(&cell).unwrap_or_default().iter().map(Exact::from));
            self.values
                .extend(bellwether_stats::median_of(&mut values).map(|median| (cell, median)));
        }
        for (cell, mut values) in by_cell {
            self.values
                .extend(bellwether_stats::median_of(&mut values).map(|median| (cell, median)));
        }
        Ok(())
    }
}

fn round(value: &Exact) -> Exact {
    Exact::from(value.round_half_even_to_integer())
}
