//! From a row to a small number: the ordinal of its group along a dimension, or whether a filter lets it pass.

use crate::table::{Morsel, Slice};
use crate::tenant::Effective;

/// How a dimension's codes become numbers.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// By the code in a column.
    Code {
        /// The column's place.
        column: usize,
        /// Index = code.
        numbers: Vec<u32>,
    },
    /// The code itself.
    Same {
        /// The column's place.
        column: usize,
        /// Codes from here on are told as missing: they came after the question.
        groups: u32,
    },
    /// By an attribute, which changes over time, of the entity whose code is in a column.
    Effective {
        /// The column's place.
        column: usize,
        /// The attribute.
        effective: Effective,
        /// Index = the attribute's code.
        numbers: Vec<u32>,
    },
    /// One way for some rows, and another for the rest; neither is such a pair itself.
    Either {
        /// Which rows go the first way.
        rows: Which,
        /// The two ways.
        ways: Box<[Self; 2]>,
    },
}

/// Which rows.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// Those with a code in the column of this place.
    Coded(usize),
    /// Those with this number in the column of this place.
    Holding(usize, i64),
}

impl Which {
    fn holds(self, morsel: &Morsel<'_>, row: usize) -> bool {
        match self {
            Self::Coded(column) => match morsel.columns[column] {
                Slice::Code(codes) => codes[row] != 0,
                _ => false,
            },
            Self::Holding(column, number) => match morsel.columns[column] {
                Slice::I64(numbers) => numbers[row] == number,
                _ => false,
            },
        }
    }
}

impl Lookup {
    /// By an attribute of the `entities` whose codes are in a column; one that never changes becomes a plain array.
    #[must_use]
    pub fn attribute(column: usize, effective: Effective, entities: usize, numbers: Vec<u32>) -> Self {
        let Some(codes) = effective.constant() else {
            return Self::Effective {
                column,
                effective,
                numbers,
            };
        };
        let number = |entity: usize| {
            let code = codes.get(entity).copied().unwrap_or(0);
            numbers
                .get(code as usize)
                .or(numbers.first())
                .copied()
                .unwrap_or(0)
        };
        Self::Code {
            column,
            numbers: (0..entities).map(number).collect(),
        }
    }

    /// Whether a row's number is the same at all instants.
    pub(crate) fn is_steady(&self) -> bool {
        match self {
            Self::Code { .. } | Self::Same { .. } => true,
            Self::Effective { .. } => false,
            Self::Either { ways, .. } => ways.iter().all(Self::is_steady),
        }
    }

    /// Calls `each` with the number of every selected row; `instant` tells when to look, by place in the selection.
    pub(crate) fn each(
        &self,
        morsel: &Morsel<'_>,
        rows: &[u32],
        instant: impl Fn(usize) -> i64,
        mut each: impl FnMut(usize, u32),
    ) {
        let Self::Either { rows: which, ways } = self else {
            return self.plain(morsel, rows, &instant, each);
        };
        let mut numbers = vec![0; rows.len()];
        ways[1].plain(morsel, rows, &instant, |index, number| numbers[index] = number);
        ways[0].plain(morsel, rows, &instant, |index, number| {
            if which.holds(morsel, rows[index] as usize) {
                numbers[index] = number;
            }
        });
        for (index, number) in numbers.into_iter().enumerate() {
            each(index, number);
        }
    }

    /// As [`Self::each`] of a lookup that is no pair.
    fn plain(
        &self,
        morsel: &Morsel<'_>,
        rows: &[u32],
        instant: &impl Fn(usize) -> i64,
        mut each: impl FnMut(usize, u32),
    ) {
        let column = match self {
            Self::Code { column, .. } | Self::Same { column, .. } | Self::Effective { column, .. } => *column,
            Self::Either { .. } => return,
        };
        let Slice::Code(codes) = morsel.columns[column] else {
            return;
        };
        match self {
            Self::Either { .. } => {}
            Self::Code { numbers, .. } => {
                let missing = numbers.first().copied().unwrap_or(0);
                for (index, row) in rows.iter().enumerate() {
                    let code = codes[*row as usize] as usize;
                    each(index, numbers.get(code).copied().unwrap_or(missing));
                }
            }
            Self::Same { groups, .. } => {
                for (index, row) in rows.iter().enumerate() {
                    let code = codes[*row as usize];
                    each(index, if code < *groups { code } else { 0 });
                }
            }
            Self::Effective {
                effective, numbers, ..
            } => {
                let missing = numbers.first().copied().unwrap_or(0);
                for (index, row) in rows.iter().enumerate() {
                    let code = effective.at(codes[*row as usize], instant(index)) as usize;
                    each(index, numbers.get(code).copied().unwrap_or(missing));
                }
            }
        }
    }
}
