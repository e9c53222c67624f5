//! What is counted in every cell of a cut: rows, sums, products, single values, codes, how long rows waited, and amounts
//! that belong to days.

use std::sync::Arc;

use super::lag::{Age, Lag};
use super::spread::Spread;
use super::workdays::WorkingDays;
use crate::expr::{BoundFilter, BoundValue};

/// One thing to count in every cell.
#[derive(Debug)]
pub struct Task {
    /// Which rows: those that pass every one of these.
    pub filters: Vec<BoundFilter>,
    /// What is counted of them.
    pub quantity: Quantity,
    /// What is kept of it.
    pub keep: Keep,
    /// How money in other currencies is told apart; `None` = there is none.
    pub money: Option<MoneyBy>,
}

/// What is counted of a row.
#[derive(Debug)]
pub enum Quantity {
    /// The row.
    Rows,
    /// A whole number; null = the row has none.
    Number(BoundValue),
    /// The product of two, and nothing where either is null.
    Product([Factor; 2]),
    /// A code, or that which stands for it (index = code); missing = the row has none.
    Code(usize, Option<Arc<[u32]>>),
    /// How long it waited.
    Lag(Lag),
    /// How long ago an instant of it was.
    Age(Age),
    /// An amount that belongs to days.
    Spread(Spread),
    /// A value times its weight, and nothing where either is null; weights are summed too.
    Weighted([Factor; 2]),
    /// The working days that it has in a period.
    WorkingDays(WorkingDays),
}

/// A factor of a product.
#[derive(Debug)]
pub struct Factor {
    /// A whole number.
    pub value: BoundValue,
    /// Whether it counts as 1 wherever it is not null.
    pub presence: bool,
}

/// What is kept of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The sum.
    Sum,
    /// Single values.
    Values,
    /// Single values, each once a cell.
    Distinct,
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
