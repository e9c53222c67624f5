//! JSONL files under a mapping: each line is an object, whose keys are the columns; `a.b` is key `b` of the object `a`.

use std::collections::BTreeSet;

use bellwether_domain::Result;
use serde_json::{Map, Value};

use super::{Input, OnRow, cell, open, unreadable};
use crate::mapping::csv_rows::MAX_ROW_BYTES;
use crate::mapping::lines::{Lines, NextLine};
use crate::mapping::spec::Source;

/// The keys of a file against the columns of its source.
#[derive(Debug, Default)]
pub(in crate::mapping) struct Keys {
    /// Columns that no line has.
    pub(in crate::mapping) absent: Vec<usize>,
    /// Keys that the mapping does not name.
    pub(in crate::mapping) unknown: BTreeSet<String>,
}

pub(super) fn rows(input: &dyn Input, source: &Source, on_row: &mut OnRow<'_>) -> Result<bool> {
    let mut kept: Vec<Option<String>> = vec![None; source.columns.len()];
    objects(input, &mut |line, object| match object {
        Ok(object) => match keep(&object, source, &mut kept) {
            Ok(()) => on_row(line, Ok(&kept)),
            Err((field, reason)) => on_row(line, Err((&field, reason))),
        },
        Err(reason) => on_row(line, Err(("row", reason))),
    })
}

pub(super) fn keys(input: &dyn Input, source: &Source) -> Result<Keys> {
    let mut found = vec![false; source.columns.len()];
    let mut any = false;
    let mut unknown = BTreeSet::new();
    objects(input, &mut |_, object| {
        let Ok(object) = object else {
            return Ok(true);
        };
        any = true;
        for (seen, column) in found.iter_mut().zip(&source.columns) {
            *seen |= at(&object, &column.name).is_some();
        }
        let names = |key: &str| {
            let of =
                |name: &str| name == key || name.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
            source.columns.iter().any(|column| of(&column.name)) || source.ignore.iter().any(|name| of(name))
        };
        unknown.extend(object.keys().filter(|key| !names(key)).cloned());
        Ok(true)
    })?;
    let absent = found
        .iter()
        .enumerate()
        .filter(|(_, seen)| any && !**seen)
        .map(|(column, _)| column)
        .collect();
    Ok(Keys { absent, unknown })
}

type OnObject<'f> = dyn FnMut(u64, std::result::Result<Map<String, Value>, String>) -> Result<bool> + 'f;

fn objects(input: &dyn Input, on_object: &mut OnObject<'_>) -> Result<bool> {
    let mut lines = Lines::new(open(input)?);
    let mut bytes = Vec::new();
    loop {
        let go_on = match lines
            .next(&mut bytes)
            .map_err(|error| unreadable(input, &error))?
        {
            NextLine::End => return Ok(true),
            NextLine::TooLong(line) => on_object(line, Err(too_long()))?,
            NextLine::Line(line) => {
                let object = text(&bytes).and_then(|text| {
                    serde_json::from_str(text).map_err(|error| format!("is no JSON object: {error}"))
                });
                on_object(line, object)?
            }
        };
        if !go_on {
            return Ok(false);
        }
    }
}

/// Why a long line is refused.
pub(in crate::mapping) fn too_long() -> String {
    format!("the line is longer than {MAX_ROW_BYTES} bytes")
}

/// A line as text.
pub(in crate::mapping) fn text(bytes: &[u8]) -> std::result::Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        format!(
            "byte {} of the line is 0x{byte:02X}, which is not UTF-8: convert the file to utf-8",
            at + 1
        )
    })
}

fn at<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    let (head, rest) = name.split_once('.')?;
    at(object.get(head)?.as_object()?, rest)
}

fn keep(
    object: &Map<String, Value>,
    source: &Source,
    kept: &mut [Option<String>],
) -> std::result::Result<(), (String, String)> {
    for (index, column) in source.columns.iter().enumerate() {
        kept[index] = match at(object, &column.name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => cell(source, index, text),
            Some(Value::Bool(flag)) => cell(source, index, if *flag { "true" } else { "false" }),
            Some(Value::Number(number)) => cell(source, index, &number.to_string()),
            Some(Value::Array(_)) => {
                return Err((
                    column.name.to_string(),
                    "is an array, where a text is meant".to_owned(),
                ));
            }
            Some(Value::Object(_)) => {
                return Err((
                    column.name.to_string(),
                    "is an object, where a text is meant".to_owned(),
                ));
            }
        };
    }
    Ok(())
}
