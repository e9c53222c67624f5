//! A measure as it is read, cell by cell: items, those with a value, and the exact value.

mod entities;
mod records;
mod waits;
mod weights;

use std::borrow::Cow;
use std::collections::HashMap;

use bellwether_domain::Result;
use bellwether_domain::exact::Exact;
use bellwether_stats::{Interval, order_ranks, quantile_type7_of};

use super::money::Rates;
use crate::catalogue::{Aggregate, CurrencyPolicy, Rows, Scale};
use crate::formula::{Number, Quick};
use crate::scan::{Acc, CellMap, Counted};

pub(super) use entities::{Entity, products, read};

/// A dimension's place in the numbers of cells: cells that differ by it lie `stride` apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digit {
    pub(super) stride: u64,
    pub(super) groups: u64,
}

/// How a measure is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    /// By which policy its money is converted.
    pub(super) policy: CurrencyPolicy,
    /// Decimals of the home currency.
    pub(super) exponent: u32,
    /// The dimension that is summed over.
    pub(super) across: Option<Digit>,
    /// Whether sums of money are rounded: those of a nested measure's entities are not.
    pub(super) rounded: bool,
    /// Whether single values have intervals.
    pub(super) intervals: bool,
    /// The day of each period whose exchange rates count; empty = those of the rows, or of as-of.
    pub(super) days: &'a [i32],
}

impl Way<'_> {
    /// The day whose rates count for money in a cell that is of `day` itself. Periods vary fastest among cells.
    pub(super) fn day(&self, cell: u64, day: i32) -> i32 {
        match self.days.len() as u64 {
            0 => day,
            periods => self.days[(cell % periods) as usize],
        }
    }
}

/// A measure's numbers.
#[derive(Debug)]
pub(super) struct Reading {
    cells: CellMap<Acc>,
    /// What is not a plain sum: money from abroad, quantiles, what entities come to. In whole units of the scale.
    values: CellMap<Exact>,
    /// Intervals of quantiles and curves, in the unit of the value.
    intervals: CellMap<Interval>,
    aggregate: Aggregate,
    /// What a whole unit is, of one unit of the value.
    unit: Exact,
    across: Option<Digit>,
}

impl Reading {
    fn empty(aggregate: Aggregate, unit: Exact, across: Option<Digit>) -> Self {
        Self {
            cells: CellMap::default(),
            values: CellMap::default(),
            intervals: CellMap::default(),
            aggregate,
            unit,
            across,
        }
    }

    /// Reads rows from what was counted.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn new(counted: &Counted, rows: &Rows, rates: &Rates<'_>, way: Way<'_>) -> Result<Self> {
        let mut reading = Self::empty(rows.aggregate, unit_of(rows, way.exponent), way.across);
        for (cell, acc) in &counted.cells {
            reading.cells.entry(reading.key(*cell)).or_default().add(acc);
        }
        match rows.aggregate {
            Aggregate::Sum | Aggregate::WeightedMean if rows.weight.is_some() => {
                reading.weighted(counted, rows, rates, way)?;
            }
            Aggregate::Sum | Aggregate::Mean => reading.convert(counted, rates, way)?,
            Aggregate::Median | Aggregate::Quantile => reading.quantiles(counted, &rows.q, rates, way)?,
            Aggregate::Distinct => reading.distinct(counted),
            Aggregate::Spread => reading.spread(counted, rates, way)?,
            Aggregate::Curve | Aggregate::SurvivalQuantile => reading.waits(counted, rows, way),
            Aggregate::Count
            | Aggregate::Started
            | Aggregate::Matured
            | Aggregate::Converted
            | Aggregate::WeightedMean
            | Aggregate::WorkingDays
            | Aggregate::Share => {}
        }
        Ok(reading)
    }

    /// The counts of a cell.
    pub(super) fn counts(&self, cell: u64) -> Acc {
        self.cells.get(&self.key(cell)).copied().unwrap_or_default()
    }

    /// How its rows or entities become a number.
    pub(super) fn aggregate(&self) -> Aggregate {
        self.aggregate
    }

    /// The cells with any item, as they are numbered here.
    pub(super) fn cells(&self) -> impl Iterator<Item = u64> {
        let found = self.cells.iter().filter(|(_, acc)| acc.items > 0);
        found.map(|(cell, _)| *cell)
    }

    /// The count that a cell's value is, when it is one.
    pub(super) fn tally(&self, cell: u64) -> Option<u64> {
        let acc = self.counts(cell);
        match self.aggregate {
            Aggregate::Count | Aggregate::Matured => Some(acc.seen),
            Aggregate::Started => Some(acc.items),
            Aggregate::Converted | Aggregate::Share => u64::try_from(acc.sum).ok(),
            _ => None,
        }
    }

    /// The interval of a cell's value, where the measure has one of its own.
    pub(super) fn interval(&self, cell: u64) -> Option<&Interval> {
        self.intervals.get(&self.key(cell))
    }

    /// The value of a cell; `None` for a mean, quantile or share of nothing.
    pub(super) fn value(&self, cell: u64) -> Option<Exact> {
        Some(self.whole(cell)?.exact() * &self.unit)
    }

    /// The same, quickly, for the entities of a nested measure.
    fn quick(&self, cell: u64, unit: &Quick) -> Option<Quick> {
        Some(self.whole(cell)?.times(unit))
    }

    /// The value in whole units.
    fn whole(&self, cell: u64) -> Option<Quick> {
        let key = self.key(cell);
        let acc = self.cells.get(&key).copied().unwrap_or_default();
        let sum = || {
            let known = self.values.get(&key).map(Quick::of);
            known.unwrap_or_else(|| Quick::ratio(acc.sum, 1))
        };
        match self.aggregate {
            Aggregate::Sum | Aggregate::Spread | Aggregate::WorkingDays => Some(sum()),
            Aggregate::Mean => sum().per(&Quick::ratio(acc.seen.into(), 1)),
            Aggregate::Distinct => Some(self.values.get(&key).map_or(Quick::ratio(0, 1), Quick::of)),
            Aggregate::Median
            | Aggregate::Quantile
            | Aggregate::WeightedMean
            | Aggregate::Curve
            | Aggregate::SurvivalQuantile => self.values.get(&key).map(Quick::of),
            Aggregate::Share => Quick::ratio(acc.sum, 1).per(&Quick::ratio(acc.seen.into(), 1)),
            Aggregate::Count | Aggregate::Started | Aggregate::Matured | Aggregate::Converted => {
                self.tally(cell).map(|count| Quick::ratio(count.into(), 1))
            }
        }
    }

    fn key(&self, cell: u64) -> u64 {
        self.across.map_or(cell, |digit| {
            cell - cell / digit.stride % digit.groups * digit.stride
        })
    }

    /// Adds money in other currencies to the sums: exactly, and rounded half-even once a cell.
    fn convert(&mut self, counted: &Counted, rates: &Rates<'_>, way: Way<'_>) -> Result<()> {
        for (cell, abroad) in rates.converted(counted, way, 1, |cell| self.key(cell))? {
            let home = Exact::from(self.cells.get(&cell).map_or(0, |acc| acc.sum));
            let sum = home + abroad;
            self.values
                .insert(cell, if way.rounded { round(&sum) } else { sum });
        }
        Ok(())
    }

    /// Quantiles of single values; each amount in another currency is converted and rounded first.
    fn quantiles(&mut self, counted: &Counted, q: &Exact, rates: &Rates<'_>, way: Way<'_>) -> Result<()> {
        let mut mixed: CellMap<Vec<Exact>> = CellMap::default();
        let mut abroad: Vec<_> = counted.foreign.values.iter().collect();
        // In order, so that of several missing rates it is always the same that is named.
        abroad.sort_unstable_by_key(|((cell, currency, day), value)| (*day, *currency, *cell, *value));
        for ((cell, currency, day), value) in abroad {
            let day = way.day(*cell, *day);
            let converted = rates.convert(&Exact::from(*value), *currency, day, way.policy)?;
            mixed.entry(*cell).or_default().push(round(&converted));
        }
        let interval = way.intervals;
        let told = counted.values.map(|cell, mut values| match mixed.get(&cell) {
            Some(abroad) => {
                let mut all = abroad.clone();
                all.extend(values.into_iter().map(Exact::from));
                (cell, quantile(&mut all, q, interval))
            }
            None => (cell, quantile(&mut values, q, interval)),
        });
        for (cell, _) in &told {
            mixed.remove(cell);
        }
        let abroad_alone = mixed
            .into_iter()
            .map(|(cell, mut values)| (cell, quantile(&mut values, q, interval)));
        for (cell, found) in told.into_iter().chain(abroad_alone) {
            self.put(cell, found);
        }
        Ok(())
    }

    fn put(&mut self, cell: u64, (value, interval): (Option<Exact>, Option<Interval>)) {
        self.values.extend(value.map(|value| (cell, value)));
        let scaled = interval.map(|interval| (cell, interval.scaled(&self.unit)));
        self.intervals.extend(scaled);
    }

    /// Amounts by the share of their days, exactly; money is rounded once a cell.
    fn spread(&mut self, counted: &Counted, rates: &Rates<'_>, way: Way<'_>) -> Result<()> {
        for (cell, sum) in rates.spread(counted, way, |cell| self.key(cell))? {
            let rounded = way.rounded && way.policy != CurrencyPolicy::None;
            self.values.insert(cell, if rounded { round(&sum) } else { sum });
        }
        Ok(())
    }

    /// How many different codes each cell has; they are its items, not the rows that name them.
    fn distinct(&mut self, counted: &Counted) {
        let mut codes = Cow::Borrowed(&counted.codes);
        if self.across.is_some() {
            let all = counted.codes.iter();
            let mut summed: Vec<(u64, i64)> = all.map(|(cell, code)| (self.key(*cell), *code)).collect();
            summed.sort_unstable();
            summed.dedup();
            codes = Cow::Owned(summed);
        }
        for same in codes.chunk_by(|one, other| one.0 == other.0) {
            self.values.insert(same[0].0, Exact::from(same.len()));
            self.cells.entry(same[0].0).or_default().seen = same.len() as u64;
        }
    }
}

/// A quantile of values in any order, which are rearranged, and its interval where that is wanted.
fn quantile<T: Clone + Ord + Into<Exact>>(
    values: &mut [T],
    q: &Exact,
    interval: bool,
) -> (Option<Exact>, Option<Interval>) {
    let value = quantile_type7_of(values, q);
    let ranks = order_ranks(values.len(), q).filter(|_| interval);
    let mut at = |rank: usize| -> Option<Exact> {
        (rank < values.len()).then(|| values.select_nth_unstable(rank).1.clone().into())
    };
    let between = ranks.and_then(|ranks| Some(Interval::between(&at(ranks.low)?, &at(ranks.high)?)));
    (value, between)
}

/// What a whole unit of a measure is of one unit of its value; how many something are is just that.
fn unit_of(rows: &Rows, exponent: u32) -> Exact {
    match rows.aggregate {
        Aggregate::Sum
        | Aggregate::Spread
        | Aggregate::WeightedMean
        | Aggregate::Mean
        | Aggregate::Median
        | Aggregate::Quantile
        | Aggregate::SurvivalQuantile => unit(rows.scale, exponent),
        _ => Exact::one(),
    }
}

/// What a whole unit of a scale is of one unit of the value.
fn unit(scale: Scale, exponent: u32) -> Exact {
    match scale {
        Scale::Money => Exact::from_scaled(1, exponent),
        scale => scale.exact(Exact::one()),
    }
}

fn round(value: &Exact) -> Exact {
    Exact::from(value.round_half_even_to_integer())
}

/// Sums of products by cell: of what was counted, in units of two scales multiplied.
///
/// # Errors
/// `FAILED_PRECONDITION` where an exchange rate is missing.
pub(super) fn sums_of_products(
    counted: &Counted,
    scales: [Scale; 2],
    rates: &Rates<'_>,
    way: Way<'_>,
) -> Result<HashMap<u64, Exact>> {
    let power = scales.iter().filter(|scale| **scale == Scale::Money).count();
    let unit = unit(scales[0], way.exponent) * unit(scales[1], way.exponent);
    let mut abroad = rates.converted(counted, way, power, |cell| cell)?;
    let sum = |(cell, acc): (&u64, &Acc)| {
        let whole = Exact::from(acc.sum) + abroad.remove(cell).unwrap_or_default();
        (*cell, whole * &unit)
    };
    Ok(counted.cells.iter().map(sum).collect())
}
