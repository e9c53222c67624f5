//! CSV files: the header, and each row as the cells that its source keeps.

use std::collections::HashSet;
use std::sync::Arc;

use bellwether_domain::Result;

use super::{Input, Layout, OnRow, cell, open, unreadable};
use crate::mapping::csv_rows::{Cells, CsvRows, Next};
use crate::mapping::node::did_you_mean;
use crate::mapping::spec::Source;

/// The layout and the columns that the mapping does not name, or everything that is wrong with the header.
type Header = std::result::Result<(Layout, Vec<String>), Vec<String>>;

pub(super) fn read_header(input: &dyn Input, source: &Source) -> Result<Header> {
    let mut rows = CsvRows::new(open(input)?, source.delimiter);
    let mut cells = Cells::default();
    match rows.next(&mut cells).map_err(|error| unreadable(input, &error))? {
        Next::Row => Ok(header(&cells, source)),
        Next::Fault(fault) => Ok(Err(vec![fault.reason(rows.line())])),
        Next::End => Ok(Err(vec![
            "the file is empty: its first line must name the columns".to_owned(),
        ])),
    }
}

fn header(cells: &Cells, source: &Source) -> Header {
    let mut wrong = Vec::new();
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut seen = HashSet::new();
    for index in 0..cells.len() {
        let Ok(name) = std::str::from_utf8(cells.get(index).unwrap_or_default()) else {
            wrong.push(format!(
                "the name of column {} is not UTF-8: convert the file to utf-8",
                index + 1
            ));
            names.push(Arc::from(""));
            continue;
        };
        let name = name.trim();
        if !seen.insert(name.to_owned()) && !name.is_empty() {
            wrong.push(format!("column `{name}` stands twice"));
        }
        names.push(Arc::from(name));
    }
    let mut places = Vec::new();
    for column in &source.columns {
        match names.iter().position(|name| *name == column.name) {
            Some(place) => places.push(place),
            None => {
                let hint = did_you_mean(&column.name, names.iter().map(AsRef::as_ref));
                let (line, path) = (column.line, &column.path);
                wrong.push(format!(
                    "there is no column `{}` (mapping line {line}, {path}){hint}",
                    column.name
                ));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let known = |name: &str| {
        source.columns.iter().any(|column| &*column.name == name)
            || source.ignore.iter().any(|one| one == name)
    };
    let unknown = names
        .iter()
        .filter(|name| !known(name))
        .map(|name| format!("`{name}`"))
        .collect();
    Ok((
        Layout::Csv {
            header: names,
            places,
        },
        unknown,
    ))
}

pub(super) fn rows(
    input: &dyn Input,
    source: &Source,
    header: &[Arc<str>],
    places: &[usize],
    on_row: &mut OnRow<'_>,
) -> Result<bool> {
    let mut rows = CsvRows::new(open(input)?, source.delimiter);
    let mut cells = Cells::default();
    let mut kept: Vec<Option<String>> = vec![None; places.len()];
    let mut in_header = true;
    loop {
        let next = rows.next(&mut cells).map_err(|error| unreadable(input, &error))?;
        if std::mem::replace(&mut in_header, false) {
            continue;
        }
        let go_on = match next {
            Next::End => return Ok(true),
            Next::Fault(fault) => on_row(cells.line, Err(("row", fault.reason(rows.line()))))?,
            Next::Row => match keep(&cells, source, header, places, &mut kept) {
                Ok(()) => on_row(cells.line, Ok(&kept))?,
                Err((field, reason)) => on_row(cells.line, Err((&field, reason)))?,
            },
        };
        if !go_on {
            return Ok(false);
        }
    }
}

/// Puts the cells of a row that the source keeps into `kept`; the column at fault and the reason where it cannot be used.
fn keep(
    cells: &Cells,
    source: &Source,
    header: &[Arc<str>],
    places: &[usize],
    kept: &mut [Option<String>],
) -> std::result::Result<(), (String, String)> {
    let (has, needs) = (cells.len(), header.len());
    if has < needs {
        let reason = format!("the row ends after {has} of {needs} columns: the file may be cut off here");
        return Err((header[has].to_string(), reason));
    }
    if has > needs {
        let reason =
            format!("the row has {has} columns, the header {needs}: quote cells that hold the delimiter");
        return Err(("row".to_owned(), reason));
    }
    for (index, name) in header.iter().enumerate() {
        let bytes = cells.get(index).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            let reason = format!(
                "byte {} of the cell is 0x{:02X}, which is not UTF-8: convert the file to utf-8",
                at + 1,
                bytes.get(at).copied().unwrap_or_default()
            );
            (name.to_string(), reason)
        })?;
        if let Some(column) = places.iter().position(|place| *place == index) {
            kept[column] = cell(source, column, text);
        }
    }
    Ok(())
}
