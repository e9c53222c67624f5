//! What a scan counts, cell by cell: dense arrays while they are small, else a map.

use std::collections::HashMap;

/// Up to this many cells stand in an array.
const MOST_DENSE: u64 = 1 << 16;

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
    /// Sums of minor units.
    pub sums: HashMap<ForeignKey, i128>,
    /// Single amounts, where values are collected.
    pub values: Vec<(ForeignKey, i64)>,
}

/// What a task counted.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// The cells with any item.
    pub cells: HashMap<u64, Acc>,
    /// Single values and their cells, where they are collected; in no order.
    pub values: Vec<(u64, i64)>,
    /// Money in other currencies.
    pub foreign: Foreign,
}

/// Cells while counting.
#[derive(Debug)]
pub(super) enum Cells {
    Dense(Vec<Acc>),
    Sparse(HashMap<u64, Acc>),
}

impl Cells {
    pub(super) fn new(space: u64) -> Self {
        match usize::try_from(space) {
            Ok(cells) if space <= MOST_DENSE => Self::Dense(vec![Acc::default(); cells]),
            _ => Self::Sparse(HashMap::new()),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
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
            // Both were made for one space.
            _ => {}
        }
    }

    pub(super) fn finish(self) -> HashMap<u64, Acc> {
        match self {
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

impl Find for HashMap<u64, Acc> {
    fn find(&mut self, cell: u64) -> &mut Acc {
        self.entry(cell).or_default()
    }
}
