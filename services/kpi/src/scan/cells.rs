//! What a scan counts, cell by cell: dense arrays while they are small, else a map.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::grouped::Grouped;
use super::spread::SpreadKey;

/// Up to this many cells stand in an array whatever the number of rows.
pub(super) const ALWAYS_DENSE: u64 = 1 << 16;
/// Up to this many do where there are as many rows: every thread has an array for every task.
const MOST_DENSE: u64 = 1 << 18;

/// Something for each of some cells.
pub type CellMap<T> = HashMap<u64, T, BuildHasherDefault<CellHasher>>;

/// Hashes the numbers of cells: they are drawn up here, so nobody can choose them to collide.
#[derive(Debug, Clone, Copy, Default)]
pub struct CellHasher(u64);

impl Hasher for CellHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        // The golden ratio spreads neighbours; the map takes its bits from both ends.
        let spread = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = spread ^ (spread >> 32);
    }
}

/// The counts of one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Acc {
    /// Rows that pass the filter.
    pub items: u64,
    /// Of those, the ones with a value (all, when rows are counted).
    pub seen: u64,
    /// The sum of the values; of money, of that in the home currency.
    pub sum: i128,
}

impl Acc {
    /// Adds the counts of more rows of the cell.
    pub fn add(&mut self, other: &Self) {
        self.items += other.items;
        self.seen += other.seen;
        self.sum += other.sum;
    }
}

/// Cell, currency code and day of money in another currency.
pub type ForeignKey = (u64, u32, i32);

/// Money in other currencies.
#[derive(Debug, Clone, Default)]
pub struct Foreign {
    /// Sums of minor units (or of their products).
    pub sums: HashMap<ForeignKey, i128>,
    /// Single amounts, where values are collected.
    pub values: Vec<(ForeignKey, i64)>,
}

/// What a task counted.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// The cells with any item.
    pub cells: CellMap<Acc>,
    /// Single values by cell, where they are collected.
    pub values: Grouped,
    /// Codes and their cells, each once, where they are collected; in order of both.
    pub codes: Vec<(u64, i64)>,
    /// Money in other currencies.
    pub foreign: Foreign,
    /// Amounts times days, where they are spread over days; the home currency is 0.
    pub spread: HashMap<SpreadKey, i128>,
    /// Of weighted values the sums of the weights.
    pub weights: CellMap<i128>,
}

/// Cells while counting.
#[derive(Debug)]
pub(super) enum Cells {
    /// Of rows, or of sums of a whole number of each.
    Plain(Vec<Plain>),
    Dense(Vec<Acc>),
    Sparse(CellMap<Acc>),
}

/// As [`Acc`]; the halves of values are summed apart, which no number of rows overflows and no carry slows down. Sums wrap
/// around: along the instants of a stock a cell may hold less than nothing until they are summed up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Plain {
    pub(super) items: u64,
    pub(super) seen: u64,
    low: u64,
    high: i64,
}

impl Plain {
    /// Adds a row and its value, unless that is missing.
    #[inline]
    pub(super) fn add(&mut self, value: i64, is_there: bool) {
        let value = if is_there { value } else { 0 };
        self.items = self.items.wrapping_add(1);
        self.seen = self.seen.wrapping_add(u64::from(is_there));
        self.low = self.low.wrapping_add(u64::from(value as u32));
        self.high = self.high.wrapping_add(value >> 32);
    }

    /// Takes off a row and its value, unless that is missing.
    #[inline]
    pub(super) fn take_off(&mut self, value: i64, is_there: bool) {
        let value = if is_there { value } else { 0 };
        self.items = self.items.wrapping_sub(1);
        self.seen = self.seen.wrapping_sub(u64::from(is_there));
        self.low = self.low.wrapping_sub(u64::from(value as u32));
        self.high = self.high.wrapping_sub(value >> 32);
    }

    fn merge(&mut self, other: &Self) {
        self.items = self.items.wrapping_add(other.items);
        self.seen = self.seen.wrapping_add(other.seen);
        self.low = self.low.wrapping_add(other.low);
        self.high = self.high.wrapping_add(other.high);
    }

    fn acc(self) -> Acc {
        Acc {
            items: self.items,
            seen: self.seen,
            sum: (i128::from(self.high) << 32) + i128::from(self.low),
        }
    }
}

impl Cells {
    /// Cells of a space for about so many rows; `plain` = nothing else is counted.
    pub(super) fn new(space: u64, rows: usize, plain: bool) -> Self {
        let dense = space <= ALWAYS_DENSE || space <= MOST_DENSE.min(rows as u64);
        match usize::try_from(space) {
            Ok(cells) if dense && plain => Self::Plain(vec![Plain::default(); cells]),
            Ok(cells) if dense => Self::Dense(vec![Acc::default(); cells]),
            _ => Self::Sparse(CellMap::default()),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Plain(mine), Self::Plain(theirs)) => {
                mine.iter_mut()
                    .zip(&theirs)
                    .for_each(|(mine, theirs)| mine.merge(theirs));
            }
            (Self::Dense(mine), Self::Dense(theirs)) => {
                mine.iter_mut()
                    .zip(&theirs)
                    .for_each(|(mine, theirs)| mine.add(theirs));
            }
            (Self::Sparse(mine), Self::Sparse(theirs)) => {
                theirs
                    .iter()
                    .for_each(|(cell, theirs)| mine.entry(*cell).or_default().add(theirs));
            }
            // Both were made for one space and one task.
            _ => {}
        }
    }

    /// Sums up what came and went along the periods of each group.
    pub(super) fn sum_up(&mut self, periods: usize) {
        let Self::Plain(cells) = self else { return };
        for group in cells.chunks_mut(periods.max(1)) {
            let mut held = Plain::default();
            for cell in group {
                held.merge(cell);
                *cell = held;
            }
        }
    }

    pub(super) fn finish(self) -> CellMap<Acc> {
        match self {
            Self::Plain(cells) => {
                let counted = (0_u64..).zip(cells).filter(|(_, cell)| cell.items > 0);
                counted.map(|(cell, plain)| (cell, plain.acc())).collect()
            }
            Self::Dense(cells) => (0_u64..).zip(cells).filter(|(_, acc)| acc.items > 0).collect(),
            Self::Sparse(cells) => cells,
        }
    }
}

/// Finds the counts of a cell.
pub(super) trait Find {
    fn find(&mut self, cell: u64) -> &mut Acc;
}

impl Find for Vec<Acc> {
    #[inline]
    fn find(&mut self, cell: u64) -> &mut Acc {
        &mut self[cell as usize]
    }
}

impl Find for CellMap<Acc> {
    #[inline]
    fn find(&mut self, cell: u64) -> &mut Acc {
        self.entry(cell).or_default()
    }
}
