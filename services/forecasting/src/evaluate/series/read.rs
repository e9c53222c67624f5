//! The file of `forecast evaluate`: a series a line.

use std::collections::HashMap;
use std::io::Read;

use crate::frame::Unreadable;
use crate::frame::read::{separated, text};

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
    /// It is no text, or empty.
    #[error(transparent)]
    Text(#[from] Unreadable),
    /// A column is not there.
    #[error("there is no column `{name}`; there are {}", quoted(.known))]
    NoColumn {
        /// What it should be called.
        name: &'static str,
        /// The columns there are.
        known: Vec<String>,
    },
    /// Which column is meant cannot be told.
    #[error("two columns are called `{0}`")]
    Columns(&'static str),
    /// There is a header and nothing else.
    #[error("there is no series below the header")]
    NoSeries,
    /// Two series have one name.
    #[error("lines {first} and {second} are both called `{id}`: each series needs a name of its own")]
    Twice {
        /// The name.
        id: String,
        /// The line of one, from 1.
        first: u64,
        /// The line of the other.
        second: u64,
    },
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

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
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
/// columns are ignored. Cells are separated by commas, semicolons or tabs, as the header has them, whose case does not matter.
///
/// # Errors
/// What cannot be read, and where it stands.
pub fn read(source: impl Read) -> Result<Vec<Row>, Unread> {
    let text = text(source)?;
    let (sign, text, told) = separated(&text)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(sign)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = reader.headers()?.clone();
    let (id, values) = (column(&headers, "id")?, column(&headers, "values")?);
    let mut lines: HashMap<String, u64> = HashMap::new();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line) + u64::from(told);
        // A line of nothing but white space.
        if record.len() == 1 && headers.len() > 1 && record[0].is_empty() {
            continue;
        }
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
        if let Some(first) = lines.insert(id.clone(), line) {
            let second = line;
            return Err(Unread::Twice { id, first, second });
        }
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
    if rows.is_empty() {
        return Err(Unread::NoSeries);
    }
    Ok(rows)
}

/// Where the column of a name is: as written or, failing that, without regard to case.
fn column(headers: &csv::StringRecord, name: &'static str) -> Result<usize, Unread> {
    let places = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        (0..headers.len()).filter(|at| same(&headers[*at])).collect()
    };
    let exact = places(&|header| header == name);
    let found = if exact.is_empty() {
        places(&|header| header.eq_ignore_ascii_case(name))
    } else {
        exact
    };
    match found[..] {
        [at] => Ok(at),
        [] => Err(Unread::NoColumn {
            name,
            known: headers.iter().map(str::to_owned).collect(),
        }),
        _ => Err(Unread::Columns(name)),
    }
}

/// A value or a gap; `None` when it is neither. An infinite value is one: it makes its series fail with a
/// reason, and no other.
fn value(text: &str) -> Option<Option<f64>> {
    match text.to_ascii_lowercase().as_str() {
        "na" | "nan" | "null" | "-" | "?" => Some(None),
        other => other.parse().ok().map(Some),
    }
}
