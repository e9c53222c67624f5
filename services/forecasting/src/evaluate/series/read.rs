//! The file of `forecast evaluate`: a series a line.

use std::io::Read;

/// A series of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// Its values, oldest first.
    pub values: Vec<Option<f64>>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It is no CSV.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A column is not there.
    #[error("there is no column `{0}`")]
    NoColumn(&'static str),
    /// A value is neither a number nor a gap.
    #[error("line {line}: value {at} of `{id}` is `{text}`, which is neither a number nor NA{}", hint(.text))]
    NoNumber {
        /// The line of the file, from 1.
        line: u64,
        /// The series.
        id: String,
        /// Which value, from 1.
        at: usize,
        /// What it says.
        text: String,
    },
    /// A line has more cells than there are columns, most likely because of a comma within a value.
    #[error(
        "line {line} has more cells than the {columns} columns of the header: values are separated by blanks, decimals \
         are written with a point, and text with a comma stands in double quotes"
    )]
    Ragged {
        /// The line of the file, from 1.
        line: u64,
        /// How many columns the header has.
        columns: usize,
    },
}

/// What may be wrong with a value that is no number.
fn hint(text: &str) -> &'static str {
    if text.replace(',', ".").parse::<f64>().is_ok() {
        "; decimals are written with a point"
    } else {
        ""
    }
}

/// Reads series from CSV with columns `id` and `values` (separated by blanks; `NA`, `NaN`, `null` and `-` are gaps); other
/// columns are ignored.
///
/// # Errors
/// What cannot be read, and where it stands.
pub fn read(source: impl Read) -> Result<Vec<Row>, Unread> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
    let headers = reader.headers()?.clone();
    let column = |name: &'static str| {
        let is_it = |header: &str| header.trim().trim_start_matches('\u{feff}') == name;
        headers.iter().position(is_it).ok_or(Unread::NoColumn(name))
    };
    let (id, values) = (column("id")?, column("values")?);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        // Cut off at the comma, `1,5 2,5` would be a series of one value that nobody meant.
        if record
            .iter()
            .skip(headers.len())
            .any(|cell| !cell.trim().is_empty())
        {
            return Err(Unread::Ragged {
                line,
                columns: headers.len(),
            });
        }
        let id = record.get(id).unwrap_or_default().to_owned();
        let words = record.get(values).unwrap_or_default().split_whitespace();
        let parsed: Result<Vec<Option<f64>>, Unread> = words
            .enumerate()
            .map(|(at, text)| {
                value(text).ok_or_else(|| Unread::NoNumber {
                    line,
                    id: id.clone(),
                    at: at + 1,
                    text: text.to_owned(),
                })
            })
            .collect();
        rows.push(Row { values: parsed?, id });
    }
    Ok(rows)
}

/// A value or a gap; `None` when it is neither. An infinite value is one: the models refuse it with a reason.
fn value(text: &str) -> Option<Option<f64>> {
    match text.to_ascii_lowercase().as_str() {
        "na" | "nan" | "null" | "-" | "?" => Some(None),
        other => other.parse().ok().map(Some),
    }
}
