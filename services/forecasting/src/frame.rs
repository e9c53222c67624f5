//! A table of typed columns, read from text: what scores are learned from.
//!
//! A column holds numbers, days or words, each cell may be missing. Reading is forgiving about form (a byte-order mark,
//! quotes, separators, ways to write a date, words for "nothing") and strict about shape, so that what is understood is
//! said and what is not is refused with its line.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub mod date;
pub mod infer;
pub mod number;
pub mod read;

pub use infer::{Note, infer};
pub use read::{Table, Unreadable, read};

/// The largest size of a number in a cell; what is beyond is taken as this, so that squares stay finite.
pub const LARGEST: f64 = 1e100;

/// Columns of one length, each with its own name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    columns: Vec<Column>,
    rows: usize,
}

/// A named column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The name, as the source has it.
    pub name: String,
    /// The cells.
    pub values: Values,
}

/// The cells of a column, all of one type; `None` = missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// Plain numbers, finite.
    Numbers(Vec<Option<f64>>),
    /// Days since 1970-01-01, the time of day as a fraction.
    Days(Vec<Option<f64>>),
    /// Words from a closed or open list.
    Words(Vec<Option<String>>),
}

/// Why columns do not make a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Uneven {
    /// Two columns have different lengths.
    #[error("column {0:?} has another number of rows than the first")]
    Length(String),
    /// Two columns have one name.
    #[error("there are two columns {0:?}")]
    Twice(String),
}

impl Values {
    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(cells) | Self::Days(cells) => cells.len(),
            Self::Words(cells) => cells.len(),
        }
    }

    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the cells are, in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Numbers(_) => "number",
            Self::Days(_) => "date",
            Self::Words(_) => "category",
        }
    }

    fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(cells) => Self::Numbers(rows.iter().map(|row| cells[*row]).collect()),
            Self::Days(cells) => Self::Days(rows.iter().map(|row| cells[*row]).collect()),
            Self::Words(cells) => Self::Words(rows.iter().map(|row| cells[*row].clone()).collect()),
        }
    }

    /// Whether the cell of `row` is missing.
    #[must_use]
    pub fn missing(&self, row: usize) -> bool {
        match self {
            Self::Numbers(cells) | Self::Days(cells) => cells[row].is_none(),
            Self::Words(cells) => cells[row].is_none(),
        }
    }
}

impl Frame {
    /// A frame of `columns`. Numbers and days that are no finite number become missing, larger ones than [`LARGEST`]
    /// become that.
    ///
    /// # Errors
    /// When lengths differ or a name stands twice.
    pub fn new(columns: Vec<Column>) -> Result<Self, Uneven> {
        let rows = columns.first().map_or(0, |first| first.values.len());
        let mut names = BTreeSet::new();
        for column in &columns {
            if column.values.len() != rows {
                return Err(Uneven::Length(column.name.clone()));
            }
            if !names.insert(column.name.as_str()) {
                return Err(Uneven::Twice(column.name.clone()));
            }
        }
        let columns = columns.into_iter().map(tame).collect();
        Ok(Self { columns, rows })
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns, in the order of the source.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The same rows without some columns.
    #[must_use]
    pub fn without(&self, names: &[String]) -> Self {
        let columns = self.columns.iter().filter(|column| !names.contains(&column.name));
        Self {
            columns: columns.cloned().collect(),
            rows: self.rows,
        }
    }

    /// Some rows, in the order given.
    ///
    /// # Panics
    /// When a row is not there.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let column = |column: &Column| Column {
            name: column.name.clone(),
            values: column.values.take(rows),
        };
        Self {
            columns: self.columns.iter().map(column).collect(),
            rows: rows.len(),
        }
    }

    /// A number for each row that depends on what stands in it and on `seed`, and not on where it stands.
    #[must_use]
    pub fn digests(&self, seed: u64) -> Vec<u64> {
        let mut order: Vec<&Column> = self.columns.iter().collect();
        order.sort_by(|a, b| a.name.cmp(&b.name));
        let mut digests = vec![mix(seed ^ 0x9e37_79b9_7f4a_7c15); self.rows];
        for column in order {
            for (row, digest) in digests.iter_mut().enumerate() {
                *digest = mix(*digest ^ column.values.digest(row));
            }
        }
        digests
    }
}

impl Values {
    fn digest(&self, row: usize) -> u64 {
        match self {
            Self::Numbers(cells) | Self::Days(cells) => cells[row].map_or(1, |number| mix(number.to_bits())),
            Self::Words(cells) => cells[row].as_deref().map_or(1, |word| digest(word.as_bytes())),
        }
    }
}

fn tame(column: Column) -> Column {
    let tame = |cells: Vec<Option<f64>>| -> Vec<Option<f64>> {
        let cell = |cell: Option<f64>| {
            // Adding 0 makes one zero of the two.
            cell.filter(|number| number.is_finite())
                .map(|number| number.clamp(-LARGEST, LARGEST) + 0.0)
        };
        cells.into_iter().map(cell).collect()
    };
    let values = match column.values {
        Values::Numbers(cells) => Values::Numbers(tame(cells)),
        Values::Days(cells) => Values::Days(tame(cells)),
        words @ Values::Words(_) => words,
    };
    Column {
        name: column.name,
        values,
    }
}

/// FNV-1a over bytes, mixed once more: the same on every machine and in every release.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    mix(bytes.iter().fold(0xcbf2_9ce4_8422_2325, fold))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str, cells: &[f64]) -> Column {
        Column {
            name: name.to_owned(),
            values: Values::Numbers(cells.iter().copied().map(Some).collect()),
        }
    }

    #[test]
    fn shapes_are_checked() {
        let uneven = Frame::new(vec![numbers("a", &[1.0]), numbers("b", &[])]);
        assert_eq!(uneven, Err(Uneven::Length("b".to_owned())));
        let twice = Frame::new(vec![numbers("a", &[1.0]), numbers("a", &[2.0])]);
        assert_eq!(twice, Err(Uneven::Twice("a".to_owned())));
        assert_eq!(Frame::new(Vec::new()).unwrap().rows(), 0);
    }

    #[test]
    fn what_is_no_number_is_missing_and_huge_ones_are_tamed() {
        let frame = Frame::new(vec![numbers("a", &[f64::NAN, f64::INFINITY, 1e300, -1e300])]).unwrap();
        let expected = Values::Numbers(vec![None, None, Some(LARGEST), Some(-LARGEST)]);
        assert_eq!(frame.columns()[0].values, expected);
    }

    #[test]
    fn digests_follow_the_row_and_not_its_place() {
        let frame = Frame::new(vec![
            numbers("b", &[1.0, 2.0, 1.0, 0.0]),
            numbers("a", &[5.0, 6.0, 5.0, -0.0]),
        ])
        .unwrap();
        let digests = frame.digests(7);
        assert_eq!(digests[0], digests[2]);
        assert_ne!(digests[0], digests[1]);
        let turned = frame.take(&[3, 2, 1, 0]).digests(7);
        assert_eq!(turned, [digests[3], digests[2], digests[1], digests[0]]);
        assert_ne!(frame.digests(8)[0], digests[0]);
    }
}
