//! A fact row outside of its table.

use std::fmt;

use crate::table::{Column, NULL, Storage, Table};

/// No table has more columns.
const WIDTH: usize = 25;

/// A fact row: the columns of its table, widened. Those that are not set keep their missing value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    table: Table,
    /// In the order of the table's columns; what lies beyond is 0.
    values: [i64; WIDTH],
}

impl Row {
    /// An empty row of a table: of unlimited validity, everything missing.
    #[must_use]
    pub fn new(table: Table) -> Self {
        let values = EMPTY[table as usize];
        Self { table, values }
    }

    /// The row of a table's values, in the order of its columns.
    pub(crate) fn from_values(table: Table, values: impl Iterator<Item = i64>) -> Self {
        let mut row = Self {
            table,
            values: [0; WIDTH],
        };
        row.values
            .iter_mut()
            .zip(values)
            .for_each(|(to, value)| *to = value);
        row
    }

    /// Its table.
    #[must_use]
    pub fn table(&self) -> Table {
        self.table
    }

    /// Its values, in the order of the table's columns.
    pub(crate) fn values(&self) -> &[i64] {
        &self.values[..self.table.columns().len()]
    }

    /// The value of a column; 0 where the table lacks it.
    #[must_use]
    pub fn get(&self, column: Column) -> i64 {
        self.table.place(column).map_or(0, |place| self.values[place])
    }

    /// Sets a column that the table has.
    pub fn set(&mut self, column: Column, value: impl Into<i64>) {
        let place = self.table.place(column);
        debug_assert!(place.is_some(), "{} has no {}", self.table.name(), column.name());
        if let Some(place) = place {
            self.values[place] = value.into();
        }
    }

    /// When it begins to hold, microseconds.
    #[must_use]
    pub fn valid_from(&self) -> i64 {
        self.values[0]
    }

    /// Until when it holds, microseconds.
    #[must_use]
    pub fn valid_to(&self) -> i64 {
        self.values[1]
    }

    /// The civil day on which it begins.
    #[must_use]
    pub fn day(&self) -> i32 {
        i32::try_from(self.values[2]).unwrap_or_default()
    }

    /// The row of another table with the values of the columns that both have.
    pub(super) fn of_table(&self, table: Table) -> Self {
        let mut row = Self::new(table);
        for (value, column) in row.values.iter_mut().zip(table.columns()) {
            if let Some(place) = self.table.place(*column) {
                *value = self.values[place];
            }
        }
        row
    }

    /// Whether two rows of one table say the same, of whatever time.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.values[3..] == other.values[3..]
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(self.table.name());
        for (column, value) in self.table.columns().iter().zip(&self.values) {
            shown.field(column.name(), value);
        }
        shown.finish()
    }
}

static EMPTY: [[i64; WIDTH]; Table::ALL.len()] = empty();

const fn empty() -> [[i64; WIDTH]; Table::ALL.len()] {
    let mut rows = [[0; WIDTH]; Table::ALL.len()];
    let mut table = 0;
    while table < rows.len() {
        let columns = Table::ALL[table].columns();
        let mut place = 0;
        while place < columns.len() {
            rows[table][place] = match columns[place] {
                Column::ValidFrom => 0,
                Column::ValidTo => i64::MAX,
                column => match column.storage() {
                    Storage::I64 => NULL,
                    _ => 0,
                },
            };
            place += 1;
        }
        table += 1;
    }
    rows
}
