//! Rows with named cells, made a table: a column for each name, missing where a row does not have it.

use std::collections::BTreeMap;

use super::Cases;
use crate::frame::{Column, Frame, Uneven, Values};

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// A plain number.
    Number(f64),
    /// A day since 1970-01-01.
    Day(f64),
    /// A word.
    Word(String),
}

/// A record that is to be learned from or scored.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) cells: BTreeMap<String, Cell>,
    /// How it ended, and when in days; `None` = it is to be scored.
    pub(super) end: Option<(bool, f64)>,
    /// When it began, in days; `None` where it does not matter for how long it is open.
    pub(super) begun: Option<f64>,
}

impl Row {
    pub(super) fn word(&mut self, name: &str, word: &str) {
        if !word.is_empty() {
            self.cells.insert(name.to_owned(), Cell::Word(word.to_owned()));
        }
    }

    pub(super) fn number(&mut self, name: &str, number: Option<f64>) {
        if let Some(number) = number {
            self.cells.insert(name.to_owned(), Cell::Number(number));
        }
    }

    pub(super) fn day(&mut self, name: &str, day: f64) {
        self.cells.insert(name.to_owned(), Cell::Day(day));
    }
}

/// The table of rows.
pub(super) fn cases(rows: Vec<Row>) -> Cases {
    let (mut ended, mut open): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.end.is_some());
    let end = |row: &Row| row.end.map_or(0.0, |(_, at)| at);
    ended.sort_by(|one, other| {
        end(one)
            .total_cmp(&end(other))
            .then_with(|| one.id.cmp(&other.id))
    });
    open.sort_by(|one, other| one.id.cmp(&other.id));
    let mut names: BTreeMap<String, Cell> = BTreeMap::new();
    for row in ended.iter().chain(&open) {
        for (name, cell) in &row.cells {
            names.entry(name.clone()).or_insert_with(|| cell.clone());
        }
    }
    let begun = |rows: &[Row]| rows.iter().filter_map(|row| row.begun).collect();
    Cases {
        begun: begun(&ended),
        open_since: begun(&open),
        as_of: None,
        ended: frame(&names, &ended),
        outcomes: ended
            .iter()
            .filter_map(|row| row.end.map(|(won, _)| won))
            .collect(),
        times: ended.iter().map(end).collect(),
        ids: open.iter().map(|row| row.id.clone()).collect(),
        open: frame(&names, &open),
    }
}

fn frame(names: &BTreeMap<String, Cell>, rows: &[Row]) -> Frame {
    let column = |(name, kind): (&String, &Cell)| {
        let cells = rows.iter().map(|row| row.cells.get(name));
        let values = match kind {
            Cell::Number(_) => Values::Numbers(cells.map(number).collect()),
            Cell::Day(_) => Values::Days(cells.map(number).collect()),
            Cell::Word(_) => Values::Words(cells.map(word).collect()),
        };
        Column {
            name: name.clone(),
            values,
        }
    };
    let columns: Result<Frame, Uneven> = Frame::new(names.iter().map(column).collect());
    columns.expect("every column has a cell for each row and a name of its own")
}

fn number(cell: Option<&Cell>) -> Option<f64> {
    match cell? {
        Cell::Number(number) | Cell::Day(number) => Some(*number),
        Cell::Word(_) => None,
    }
}

fn word(cell: Option<&Cell>) -> Option<String> {
    match cell? {
        Cell::Word(word) => Some(word.clone()),
        Cell::Number(_) | Cell::Day(_) => None,
    }
}
