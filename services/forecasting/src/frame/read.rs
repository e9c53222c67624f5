//! CSV as it comes: with a byte-order mark, quotes, commas, semicolons or tabs.

use std::collections::BTreeSet;
use std::io::Read;

use csv::{ReaderBuilder, StringRecord};

/// The longest text that is read, in bytes.
const LARGEST_FILE: u64 = 2 << 30;

/// The cells of a file as text, by column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The names of the columns.
    pub header: Vec<String>,
    /// The cells of each column, trimmed.
    pub columns: Vec<Vec<String>>,
}

/// Why a file is no table.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// There is nothing in it.
    #[error("the file is empty: its first line should name the columns")]
    Empty,
    /// It is larger than what is read.
    #[error("the file is larger than {} GiB", LARGEST_FILE >> 30)]
    TooLarge,
    /// It is UTF-16 or UTF-32.
    #[error("the file is UTF-16: save it as UTF-8")]
    Utf16,
    /// Two columns have one name.
    #[error("two columns are called {0:?}")]
    Twice(String),
    /// A line has more or fewer cells than the header.
    #[error("line {line} has {found} cells, the header has {expected}")]
    Cells {
        /// The line, from 1.
        line: u64,
        /// How many cells it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// It cannot be read at all.
    #[error("the file cannot be read: {0}")]
    Broken(String),
}

/// Reads a table, its first line naming the columns. What is not UTF-8 becomes the sign for an unknown character.
///
/// # Errors
/// When it has no header, a line is ragged, or it cannot be read.
pub fn read(source: impl Read) -> Result<Table, Unreadable> {
    parse(&text(source)?)
}

/// The text of a file, without a byte-order mark. What is not UTF-8 becomes the sign for an unknown character.
///
/// # Errors
/// When it is too large, UTF-16, or cannot be read.
pub(crate) fn text(source: impl Read) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    let read = source.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| Unreadable::Broken(error.to_string()))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Unreadable::TooLarge);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unreadable::Utf16);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// The sign between the cells of a text, the text from its header on, and whether a line before that told the sign.
///
/// # Errors
/// When there is nothing in it.
pub(crate) fn separated(text: &str) -> Result<(u8, &str, bool), Unreadable> {
    let (told, text) = told(text);
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.ok_or(Unreadable::Empty)?;
    Ok((told.unwrap_or_else(|| delimiter(first)), text, told.is_some()))
}

fn parse(text: &str) -> Result<Table, Unreadable> {
    let (sign, text, told) = separated(text)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(sign)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let broken = |error: csv::Error| Unreadable::Broken(error.to_string());
    let header: Vec<String> = reader
        .headers()
        .map_err(broken)?
        .iter()
        .map(str::to_owned)
        .collect();
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); header.len()];
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(broken)? {
        // A line of nothing but white space.
        if record.len() == 1 && header.len() > 1 && record[0].is_empty() {
            continue;
        }
        if record.len() != header.len() {
            return Err(Unreadable::Cells {
                line: record.position().map_or(0, csv::Position::line) + u64::from(told),
                found: record.len(),
                expected: header.len(),
            });
        }
        for (column, cell) in columns.iter_mut().zip(&record) {
            column.push(cell.to_owned());
        }
    }
    named(header, columns)
}

/// The separator that a first line `sep=;` tells, as Excel writes it, and the text without that line.
fn told(text: &str) -> (Option<u8>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let sign = first.trim().trim_matches('"').strip_prefix("sep=");
    match sign.map(str::as_bytes) {
        Some([sign]) if sign.is_ascii() => (Some(*sign), rest),
        _ => (None, text),
    }
}

/// Gives columns without a name their place as one, unless they are the empty rest behind a last separator.
fn named(header: Vec<String>, columns: Vec<Vec<String>>) -> Result<Table, Unreadable> {
    let mut table = Table {
        header: Vec::new(),
        columns: Vec::new(),
    };
    let mut names = BTreeSet::new();
    for (at, (name, cells)) in header.into_iter().zip(columns).enumerate() {
        if name.is_empty() && cells.iter().all(String::is_empty) {
            continue;
        }
        let name = if name.is_empty() {
            format!("column {}", at + 1)
        } else {
            name
        };
        if !names.insert(name.clone()) {
            return Err(Unreadable::Twice(name));
        }
        table.header.push(name);
        table.columns.push(cells);
    }
    if table.header.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(table)
}

/// The sign that stands most often between the names, outside quotes.
fn delimiter(header: &str) -> u8 {
    let count = |sign: char| {
        let mut quoted = false;
        let between = header.chars().filter(|c| {
            quoted ^= *c == '"';
            *c == sign && !quoted
        });
        between.count()
    };
    let mut best = (b',', count(','));
    for sign in [b';', b'\t', b'|'] {
        let found = count(char::from(sign));
        if found > best.1 {
            best = (sign, found);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Table {
        read(text.as_bytes()).unwrap()
    }

    #[test]
    fn marks_quotes_and_separators() {
        let plain = of("a,b\n1,\"x, \"\"y\"\"\"\n");
        assert_eq!(plain.header, ["a", "b"]);
        assert_eq!(plain.columns[1], ["x, \"y\""]);
        assert_eq!(of("\u{feff}a,b\r\n1, 2 \r\n").columns[1], ["2"]);
        assert_eq!(of("\u{feff}\"a\";b\n1;2,5\n").header, ["a", "b"]);
        assert_eq!(of("a\tb\n1\t2\n").columns[0], ["1"]);
        assert_eq!(of("sep=;\r\na,x;b\r\n1;2\r\n").header, ["a,x", "b"]);
        assert_eq!(of("\"a;b;c\",d\n1,2\n").header, ["a;b;c", "d"]);
        assert_eq!(of("a,b\n1,\"two\nlines\"\n\n").columns[1], ["two\nlines"]);
        assert_eq!(of("a,b,\n1,2,\n").header, ["a", "b"]);
        assert_eq!(of("a,,c\n1,2,3\n").header, ["a", "column 2", "c"]);
        assert_eq!(read(&b"a\n\xe9\n"[..]).unwrap().columns[0], ["\u{fffd}"]);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        let refused = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(refused(b"").contains("empty"));
        assert!(refused(b"\n  \n").contains("empty"));
        assert!(refused(b",,\n").contains("empty"));
        assert!(refused(b"\xff\xfea\0").contains("UTF-16"));
        assert_eq!(refused(b"a,b\n1,2\n3\n"), "line 3 has 1 cells, the header has 2");
        assert_eq!(
            refused(b"sep=,\na,b\n3\n"),
            "line 3 has 1 cells, the header has 2"
        );
        assert_eq!(refused(b"a,a\n1,2\n"), "two columns are called \"a\"");
    }

    #[test]
    fn a_header_alone_is_a_table_without_rows() {
        assert_eq!(of("a,b\n").columns, [Vec::<String>::new(), Vec::new()]);
    }
}
