//! Lines of a JSONL file, each with its number; of a line that is too long no more than the limit is ever held.

use std::io::{BufRead, Result};

use super::csv_rows::{MAX_ROW_BYTES, filled, skip_byte_order_mark};

/// Reads lines one by one.
pub(super) struct Lines<R> {
    input: R,
    line: u64,
}

/// The next line of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextLine {
    /// A line that is not blank: its bytes are in the buffer that was passed.
    Line(u64),
    /// A line of more than [`MAX_ROW_BYTES`].
    TooLong(u64),
    /// No more.
    End,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, line: 0 }
    }

    /// Reads the next line into `out`, without its end; blank lines are passed over.
    pub(super) fn next(&mut self, out: &mut Vec<u8>) -> Result<NextLine> {
        if self.line == 0 {
            skip_byte_order_mark(&mut self.input)?;
        }
        loop {
            out.clear();
            let Some(length) = self.line(out)? else {
                return Ok(NextLine::End);
            };
            self.line += 1;
            if length > MAX_ROW_BYTES {
                return Ok(NextLine::TooLong(self.line));
            }
            if !out.iter().all(u8::is_ascii_whitespace) {
                return Ok(NextLine::Line(self.line));
            }
        }
    }

    /// One line; its length, of which at most the limit is in `out`; `None` at the end.
    fn line(&mut self, out: &mut Vec<u8>) -> Result<Option<usize>> {
        let mut length = 0;
        let mut read = false;
        while let Some(buffer) = filled(&mut self.input)? {
            read = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            length += part.len();
            let room = MAX_ROW_BYTES.saturating_sub(out.len());
            out.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok(read.then_some(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn lines_are_numbered_and_long_ones_skipped() {
        let long = "x".repeat(10 * MAX_ROW_BYTES);
        let text = format!("\u{feff}{{}}\n\n  \r\n{long}\nlast");
        let mut lines = Lines::new(BufReader::with_capacity(1024, text.as_bytes()));
        let mut out = Vec::new();
        assert_eq!(
            (lines.next(&mut out).unwrap(), out.as_slice()),
            (NextLine::Line(1), &b"{}"[..])
        );
        assert_eq!(lines.next(&mut out).unwrap(), NextLine::TooLong(4));
        assert!(out.capacity() <= 2 * MAX_ROW_BYTES);
        assert_eq!(
            (lines.next(&mut out).unwrap(), out.as_slice()),
            (NextLine::Line(5), &b"last"[..])
        );
        assert_eq!(lines.next(&mut out).unwrap(), NextLine::End);
    }
}
