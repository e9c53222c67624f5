//! Rows of a CSV file, each with the line it begins on.
//!
//! The reader is our own because it must say what a general one passes over: a quote that is never closed, and a row too
//! long to be held, of which no more than the limit ever is. In everything else it splits as the `csv` crate does (a test
//! compares the two).

use std::io::{BufRead, ErrorKind, Result};

/// The longest row or line, in bytes.
pub const MAX_ROW_BYTES: usize = 1024 * 1024;

/// What is wrong with a row as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has more than [`MAX_ROW_BYTES`].
    TooLong,
    /// The file ends inside a quoted cell.
    OpenQuote,
    /// Both: a cell that is too long and never ends.
    TooLongOpenQuote,
}

impl Fault {
    /// What is wrong, as a sentence.
    pub(super) fn reason(self, last_line: u64) -> String {
        let open = format!(
            "a quote that is opened here is never closed: everything up to line {last_line} was read as one cell"
        );
        match self {
            Self::TooLong => format!("the row is longer than {MAX_ROW_BYTES} bytes"),
            Self::OpenQuote => format!("the file ends inside the row: {open}"),
            Self::TooLongOpenQuote => format!("the row is longer than {MAX_ROW_BYTES} bytes: {open}"),
        }
    }
}

/// The next thing in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A row: its cells are in the buffer that was passed.
    Row,
    /// A row that cannot be used.
    Fault(Fault),
    /// No more.
    End,
}

/// The cells of a row, in one buffer.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// The line on which the row begins, from 1.
    pub(super) line: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.bytes.get(start..end)
    }

    fn begin(&mut self, line: u64) {
        self.line = line;
        self.bytes.clear();
        self.ends.clear();
    }
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    CellStart,
    Plain,
    Quoted,
    /// After a quote inside a quoted cell: the end of the cell, or half of an escaped quote.
    QuoteSeen,
}

/// Reads rows one by one.
pub(super) struct CsvRows<R> {
    input: R,
    delimiter: u8,
    /// The line that the next byte stands on.
    line: u64,
    after_carriage_return: bool,
    begun: bool,
}

impl<R: BufRead> CsvRows<R> {
    pub(super) fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            delimiter,
            line: 1,
            after_carriage_return: false,
            begun: false,
        }
    }

    /// The line that was read last.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Reads the next row into `cells`; blank lines are passed over.
    pub(super) fn next(&mut self, cells: &mut Cells) -> Result<Next> {
        if !std::mem::replace(&mut self.begun, true) {
            skip_byte_order_mark(&mut self.input)?;
        }
        cells.begin(self.line);
        let mut row = RowState {
            at: At::CellStart,
            length: 0,
        };
        loop {
            let Some(buffer) = filled(&mut self.input)? else {
                return Ok(end_of_file(row, cells));
            };
            let mut used = 0;
            let mut ended = false;
            for &byte in buffer {
                used += 1;
                let new_line = byte == b'\n' && !self.after_carriage_return || byte == b'\r';
                let second_half = byte == b'\n' && self.after_carriage_return;
                self.after_carriage_return = byte == b'\r';
                self.line += u64::from(new_line);
                if second_half && row.at != At::Quoted {
                    // The line feed of a pair belongs to the row that the carriage return ended.
                    continue;
                }
                if row.at == At::CellStart && cells.ends.is_empty() && row.length == 0 {
                    cells.line = self.line;
                    if new_line {
                        continue;
                    }
                }
                ended = row.take(byte, self.delimiter, cells);
                if ended {
                    break;
                }
            }
            self.input.consume(used);
            if ended {
                return Ok(if row.length > MAX_ROW_BYTES {
                    Next::Fault(Fault::TooLong)
                } else {
                    Next::Row
                });
            }
        }
    }
}

struct RowState {
    at: At,
    /// Bytes of the row so far.
    length: usize,
}

impl RowState {
    /// Takes one byte; true at the end of the row.
    fn take(&mut self, byte: u8, delimiter: u8, cells: &mut Cells) -> bool {
        self.length += 1;
        let ends_row = matches!(byte, b'\n' | b'\r');
        let keep = |cells: &mut Cells, length: usize| {
            if length <= MAX_ROW_BYTES {
                cells.bytes.push(byte);
            }
        };
        match (self.at, byte) {
            (At::CellStart, b'"') => self.at = At::Quoted,
            (At::Quoted, b'"') => self.at = At::QuoteSeen,
            (At::QuoteSeen, b'"') => {
                keep(cells, self.length);
                self.at = At::Quoted;
            }
            (At::Quoted, _) => keep(cells, self.length),
            (_, byte) if byte == delimiter || ends_row => {
                // Cells beyond the limit are not kept either.
                if self.length <= MAX_ROW_BYTES {
                    cells.ends.push(cells.bytes.len());
                }
                self.at = At::CellStart;
                return ends_row;
            }
            _ => {
                keep(cells, self.length);
                self.at = At::Plain;
            }
        }
        false
    }
}

fn end_of_file(row: RowState, cells: &mut Cells) -> Next {
    if row.length == 0 {
        return Next::End;
    }
    match (row.at == At::Quoted, row.length > MAX_ROW_BYTES) {
        (true, true) => Next::Fault(Fault::TooLongOpenQuote),
        (true, false) => Next::Fault(Fault::OpenQuote),
        (false, true) => Next::Fault(Fault::TooLong),
        (false, false) => {
            cells.ends.push(cells.bytes.len());
            Next::Row
        }
    }
}

/// The bytes at hand; `None` at the end of the input.
pub(super) fn filled<R: BufRead>(input: &mut R) -> Result<Option<&[u8]>> {
    loop {
        match input.fill_buf() {
            Ok([]) => return Ok(None),
            // The borrow checker cannot see that the buffer is returned here and not used in the next turn.
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    input.fill_buf().map(Some)
}

/// Passes over the mark that some programs put at the start of UTF-8 files.
pub(super) fn skip_byte_order_mark<R: BufRead>(input: &mut R) -> Result<()> {
    let marked = filled(input)?.is_some_and(|buffer| buffer.starts_with(b"\xef\xbb\xbf"));
    if marked {
        input.consume(3);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    type Read = (u64, std::result::Result<Vec<Vec<u8>>, Fault>);

    fn read(text: &[u8], capacity: usize) -> Vec<Read> {
        let mut rows = CsvRows::new(BufReader::with_capacity(capacity, text), b',');
        let mut cells = Cells::default();
        let mut out = Vec::new();
        loop {
            match rows.next(&mut cells).unwrap() {
                Next::End => return out,
                Next::Fault(fault) => out.push((cells.line, Err(fault))),
                Next::Row => {
                    let row = (0..cells.len()).map(|i| cells.get(i).unwrap().to_vec()).collect();
                    out.push((cells.line, Ok(row)));
                }
            }
        }
    }

    fn lines(text: &str) -> Vec<(u64, Vec<String>)> {
        let rows = read(text.as_bytes(), 8 * 1024).into_iter();
        rows.map(|(line, row)| {
            (
                line,
                row.unwrap()
                    .into_iter()
                    .map(|c| String::from_utf8(c).unwrap())
                    .collect(),
            )
        })
        .collect()
    }

    #[test]
    fn a_row_is_known_by_its_first_line() {
        let text = "\u{feff}a,b\r\n\r\n1,\"x\r\ny\"\n\n\n\"q\"\"q\",\n2,last";
        let expected = [
            (1, vec!["a", "b"]),
            (3, vec!["1", "x\r\ny"]),
            (7, vec!["q\"q", ""]),
            (8, vec!["2", "last"]),
        ];
        let expected = expected.map(|(line, row)| (line, row.into_iter().map(str::to_owned).collect()));
        assert_eq!(lines(text), expected);
    }

    #[test]
    fn an_open_quote_and_a_long_row_are_faults_of_their_line() {
        assert_eq!(read(b"a,b\n1,\"x\n2,y\n", 16)[1], (2, Err(Fault::OpenQuote)));
        let mut long = b"a,b\n1,".to_vec();
        long.extend(std::iter::repeat_n(b'x', MAX_ROW_BYTES * 3));
        long.extend(b"\n2,y\n");
        let read = read(&long, 1024);
        assert_eq!(read[1], (2, Err(Fault::TooLong)));
        assert_eq!(read[2], (3, Ok(vec![b"2".to_vec(), b"y".to_vec()])));
    }

    fn csv_text() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            ",", "\"", "\"\"", "\n", "\r\n", "\r", "a", "b c", "\u{e9}", " ",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn rows_are_split_as_the_csv_crate_does(text in csv_text(), capacity in 1_usize..20) {
            let ours = read(&text, capacity.max(3));
            let mut theirs = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_slice());
            let theirs: Vec<Vec<Vec<u8>>> = theirs
                .byte_records()
                .map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect())
                .collect();
            let open = ours.last().is_some_and(|(_, row)| row.is_err());
            let kept = theirs.len() - usize::from(open);
            let ours: Vec<Vec<Vec<u8>>> = ours.into_iter().filter_map(|(_, row)| row.ok()).collect();
            prop_assert_eq!(&ours[..], &theirs[..kept]);
        }

        #[test]
        fn bytes_of_any_kind_are_read_to_their_end(text in prop::collection::vec(any::<u8>(), 0..400)) {
            read(&text, 7);
        }
    }
}
