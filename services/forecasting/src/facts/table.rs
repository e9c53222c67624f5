//! The rows of a fact table, by column.

use std::collections::HashMap;

/// The values of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// Texts: the place of each row's among the names, from 1; 0 = missing.
    Texts {
        /// By row.
        codes: Vec<u32>,
        /// The texts that occur, each once.
        names: Vec<String>,
    },
    /// Instants and durations in microseconds, days since 1970-01-01, minor units, millionths, counts, flags (1 = true);
    /// nothing where missing.
    Numbers(Vec<Option<i64>>),
}

impl Column {
    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Texts { codes, .. } => codes.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Rows of a fact table. Columns that it lacks read as missing.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: usize,
    names: Vec<String>,
    columns: Vec<Column>,
    /// Of each column of texts where a text stands among its names.
    known: Vec<HashMap<String, u32>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = (String, Column)>) -> Self {
        let mut table = Self::default();
        for (name, column) in columns {
            table.names.push(name);
            table.columns.push(match column {
                Column::Texts { .. } => Column::Texts {
                    codes: Vec::new(),
                    names: Vec::new(),
                },
                Column::Numbers(_) => Column::Numbers(Vec::new()),
            });
            table.known.push(HashMap::new());
        }
        table
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Adds rows: one column for each of the table's, in its order, all of `rows` values. `false` = they are not of that
    /// form, and none was added.
    #[must_use]
    pub fn push(&mut self, rows: usize, columns: &[Column]) -> bool {
        let fits = |(own, new): (&Column, &Column)| {
            new.len() == rows && std::mem::discriminant(own) == std::mem::discriminant(new)
        };
        let sound = |column: &Column| match column {
            Column::Texts { codes, names } => codes.iter().all(|code| *code as usize <= names.len()),
            Column::Numbers(_) => true,
        };
        if columns.len() != self.columns.len()
            || !self.columns.iter().zip(columns).all(fits)
            || !columns.iter().all(sound)
        {
            return false;
        }
        for ((own, new), known) in self.columns.iter_mut().zip(columns).zip(&mut self.known) {
            match (own, new) {
                (Column::Numbers(own), Column::Numbers(new)) => own.extend_from_slice(new),
                (
                    Column::Texts { codes, names },
                    Column::Texts {
                        codes: more,
                        names: told,
                    },
                ) => {
                    let places: Vec<u32> = told.iter().map(|name| intern(names, known, name)).collect();
                    let place = |code: &u32| match code.checked_sub(1) {
                        Some(place) => places.get(place as usize).copied().unwrap_or(0),
                        None => 0,
                    };
                    codes.extend(more.iter().map(place));
                }
                _ => {}
            }
        }
        self.rows += rows;
        true
    }

    /// The number in a row of a column.
    pub(super) fn number(&self, column: Place, row: usize) -> Option<i64> {
        match self.columns.get(column.0?)? {
            Column::Numbers(numbers) => numbers.get(row).copied().flatten(),
            Column::Texts { .. } => None,
        }
    }

    /// The text in a row of a column; empty = missing.
    pub(super) fn text(&self, column: Place, row: usize) -> &str {
        let found = || match self.columns.get(column.0?)? {
            Column::Texts { codes, names } => {
                let place = codes.get(row)?.checked_sub(1)?;
                names.get(place as usize).map(String::as_str)
            }
            Column::Numbers(_) => None,
        };
        found().unwrap_or_default()
    }

    /// Where a column stands.
    pub(super) fn place(&self, name: &str) -> Place {
        Place(self.names.iter().position(|known| known == name))
    }

    /// The rows in the order of the texts of a column and then of their beginnings; rows without such a text are left out.
    pub(super) fn by_record(&self, record: Place) -> Vec<usize> {
        let from = self.place("valid_from");
        let mut rows: Vec<usize> = (0..self.rows)
            .filter(|row| !self.text(record, *row).is_empty())
            .collect();
        rows.sort_by_key(|row| (self.text(record, *row), self.number(from, *row), *row));
        rows
    }
}

/// Where a column stands in a table; a table that lacks it reads as missing there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(Option<usize>);

fn intern(names: &mut Vec<String>, known: &mut HashMap<String, u32>, name: &str) -> u32 {
    if name.is_empty() {
        return 0;
    }
    if let Some(code) = known.get(name) {
        return *code;
    }
    names.push(name.to_owned());
    let code = u32::try_from(names.len()).unwrap_or(0);
    known.insert(name.to_owned(), code);
    code
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A table of columns of texts and numbers; `_` = missing. Numbers are in the columns whose names begin with `#`.
    pub(in crate::facts) fn table(lines: &[&str]) -> Table {
        let cells: Vec<Vec<&str>> = lines
            .iter()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let column = |place: usize| {
            let values = cells[1..].iter().map(|row| row[place]);
            if let Some(name) = cells[0][place].strip_prefix('#') {
                let numbers = values.map(|value| value.parse().ok()).collect();
                return (name.to_owned(), Column::Numbers(numbers));
            }
            let mut names: Vec<String> = Vec::new();
            let codes = values.map(|value| {
                if value == "_" {
                    return 0;
                }
                names.push(value.to_owned());
                names.len() as u32
            });
            let codes = codes.collect();
            (cells[0][place].to_owned(), Column::Texts { codes, names })
        };
        let columns: Vec<(String, Column)> = (0..cells[0].len()).map(column).collect();
        let mut table = Table::new(columns.clone());
        let columns: Vec<Column> = columns.into_iter().map(|(_, column)| column).collect();
        assert!(table.push(lines.len() - 1, &columns));
        table
    }

    #[test]
    fn chunks_become_one_table() {
        let mut both = table(&["deal #amount", "a 1", "b _"]);
        let texts = |codes: &[u32], names: &[&str]| Column::Texts {
            codes: codes.to_vec(),
            names: names.iter().map(ToString::to_string).collect(),
        };
        assert!(both.push(
            2,
            &[texts(&[2, 0], &["c", "a"]), Column::Numbers(vec![Some(7), None])]
        ));
        let (deal, amount, other) = (both.place("deal"), both.place("amount"), both.place("other"));
        let read = |row| (both.text(deal, row), both.number(amount, row));
        assert_eq!(
            (0..4).map(read).collect::<Vec<_>>(),
            [("a", Some(1)), ("b", None), ("a", Some(7)), ("", None)]
        );
        assert_eq!(
            (both.text(other, 0), both.number(other, 0), both.len()),
            ("", None, 4)
        );
        assert_eq!(
            (both.text(amount, 0), both.number(deal, 0), both.text(deal, 9)),
            ("", None, "")
        );
        assert_eq!(both.by_record(deal), [0, 2, 1]);
    }

    #[test]
    fn what_is_of_another_form_is_not_taken() {
        let mut known = table(&["deal #amount", "a 1"]);
        let texts = |codes: &[u32]| Column::Texts {
            codes: codes.to_vec(),
            names: vec!["x".to_owned()],
        };
        let numbers = || Column::Numbers(vec![Some(1)]);
        assert!(!known.push(1, &[texts(&[1])]));
        assert!(!known.push(1, &[numbers(), texts(&[1])]));
        assert!(!known.push(2, &[texts(&[1]), numbers()]));
        assert!(
            !known.push(1, &[texts(&[2]), numbers()]),
            "a code beyond the names"
        );
        assert_eq!(known.len(), 1);
        assert!(known.push(1, &[texts(&[1]), numbers()]));
    }
}
