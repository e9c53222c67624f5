//! What whoever reads scores should know of how cells were read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::frame::LARGEST;

/// The share of cells above which a column that reads as words is said to be nearly of another kind.
const MANY: f64 = 0.5;
/// How much of a cell is shown, in characters.
const SHOWN: usize = 40;
/// Words beside numbers for what is none, as programs and spreadsheets write them, in lower case; in columns of words they
/// are words.
const NONE_OF_NUMBERS: [&str; 12] = [
    "nan",
    "-nan",
    "inf",
    "+inf",
    "-inf",
    "infinity",
    "+infinity",
    "-infinity",
    "#div/0!",
    "#num!",
    "#value!",
    "#ref!",
];

/// Something about the data that whoever reads the scores should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The column it is about; absent when it is about the table.
    pub column: Option<String>,
    /// What there is to know, as a sentence.
    pub text: String,
}

impl Note {
    /// A note about a column.
    #[must_use]
    pub fn of(column: &str, text: impl Into<String>) -> Self {
        Self {
            column: Some(column.to_owned()),
            text: text.into(),
        }
    }

    /// A note about the table.
    #[must_use]
    pub fn general(text: impl Into<String>) -> Self {
        Self {
            column: None,
            text: text.into(),
        }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Whether a cell beside numbers says that there is none: infinite, or not to be computed.
pub(super) fn is_no_number(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() <= 9 && NONE_OF_NUMBERS.contains(&cell.to_ascii_lowercase().as_str())
}

/// Says how many cells are not of the kind of their column.
pub(super) fn rest(name: &str, rest: usize, kind: &str, notes: &mut Vec<Note>) {
    if rest > 0 {
        let text = format!("{rest} of its cells are no {kind} and were taken as missing");
        notes.push(Note::of(name, text));
    }
}

/// Says which numbers were not taken as they stand.
pub(super) fn extremes(name: &str, cells: &[String], numbers: &[Option<f64>], notes: &mut Vec<Note>) {
    let none = cells.iter().filter(|cell| is_no_number(cell)).count();
    if none > 0 {
        let first = cells.iter().find(|cell| is_no_number(cell));
        let text = format!(
            "{none} of its cells are no finite number ({:?}) and were taken as missing",
            first.map_or("", |cell| cell.trim())
        );
        notes.push(Note::of(name, text));
    }
    let huge = numbers
        .iter()
        .flatten()
        .filter(|number| number.abs() > LARGEST)
        .count();
    if huge > 0 {
        let text = format!("{huge} of its cells are larger than {LARGEST:e} and were taken as that");
        notes.push(Note::of(name, text));
    }
}

/// Says that a column of words is nearly one of another kind, and which cell stands against that most often.
pub(super) fn words(
    name: &str,
    known: &[&str],
    found: usize,
    kind: &str,
    fits: &dyn Fn(&str) -> bool,
    notes: &mut Vec<Note>,
) {
    if found as f64 <= MANY * known.len() as f64 {
        return;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in known.iter().filter(|cell| !fits(cell)) {
        *counts.entry(cell).or_default() += 1;
    }
    let odd = counts
        .iter()
        .max_by_key(|(cell, count)| (**count, std::cmp::Reverse(**cell)));
    if let Some((odd, _)) = odd {
        let odd = odd.chars().take(SHOWN).collect::<String>();
        let text = format!(
            "{found} of {} cells are {kind}; read as words because of {odd:?}",
            known.len()
        );
        notes.push(Note::of(name, text));
    }
}
