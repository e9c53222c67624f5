//! Imports without a mapping: every line of every file is a `bellwether.sales.v1.Record` in proto JSON.
//!
//! Lines are written in their order: of two versions of a record with equal keys the later line wins.

use bellwether_contracts::json::record_from_json;
use bellwether_contracts::sales;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, ErrorReason, RecordKind, Result, Violation};

use super::input::{Input, jsonl_text, line_too_long, open, unreadable};
use super::job::{Item, Sink};
use super::lines::{Lines, NextLine};
use super::record::{MappedRecord, Reject};
use crate::log::read_and_check;

/// Whether the files look like lines of records.
///
/// # Errors
/// `INVALID_ARGUMENT` naming every file that is empty or called .csv: such a file needs a mapping.
pub(super) fn check(inputs: &[Box<dyn Input>]) -> Result<()> {
    let mut wrong = Vec::new();
    for input in inputs {
        let mut lines = Lines::new(open(input.as_ref())?);
        let name = input.name();
        if name.to_lowercase().ends_with(".csv") {
            wrong.push(Violation::new(
                name,
                "is a CSV file: an import of it needs a mapping",
            ));
        } else if lines
            .next(&mut Vec::new())
            .map_err(|error| unreadable(input.as_ref(), &error))?
            == NextLine::End
        {
            wrong.push(Violation::new(name, "the file is empty"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::violations(ErrorReason::InvalidMapping, wrong))
    }
}

pub(super) fn run(inputs: &[Box<dyn Input>], settings: &Settings, sink: &mut Sink<'_>) -> Result<bool> {
    let mut bytes = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        let file = u32::try_from(number).unwrap_or(u32::MAX);
        let mut lines = Lines::new(open(input.as_ref())?);
        loop {
            let (line, item) = match lines
                .next(&mut bytes)
                .map_err(|error| unreadable(input.as_ref(), &error))?
            {
                NextLine::End => break,
                NextLine::TooLong(line) => (line, Err(vec![Violation::new("row", line_too_long())])),
                NextLine::Line(line) => (line, record(&bytes, settings)),
            };
            let item = match item {
                Ok((kind, record)) => Item::Record(Box::new(MappedRecord::plain(kind, record, (file, line)))),
                Err(violations) => {
                    let reject = |violation: Violation| Reject {
                        file,
                        line,
                        field: violation.field,
                        reason: violation.message,
                    };
                    Item::Refused {
                        rows: vec![(file, line)],
                        rejects: violations.into_iter().map(reject).collect(),
                    }
                }
            };
            if !sink(Item::Row)? || !sink(item)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn record(
    bytes: &[u8],
    settings: &Settings,
) -> std::result::Result<(RecordKind, sales::Record), Vec<Violation>> {
    let row = |reason| vec![Violation::new("row", reason)];
    let text = jsonl_text(bytes).map_err(row)?;
    let record = record_from_json(text).map_err(|error| row(format!("is no record in JSON: {error}")))?;
    let read = read_and_check(&record, settings)?;
    Ok((read.kind(), record))
}
