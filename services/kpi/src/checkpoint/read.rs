//! Reads a checkpoint back, file by file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use bellwether_domain::Position;

use super::segment::{self, In, Sum};
use super::{
    FACTS_VERSION, MANIFEST, Manifest, TOUCH_HEADS, TOUCHES, closed_name, damaged, dictionary_name,
    latest_name, live_name, versions_name,
};
use crate::table::{Storage, Table};
use crate::tenant::{Codes, Columns, Dictionary, Logs, Numbers, Saved, SavedTable, TenantFacts, Values};

/// The files of a checkpoint as its manifest names them.
struct Files<'a> {
    place: &'a Path,
    sums: &'a BTreeMap<String, Sum>,
}

impl Files<'_> {
    fn has(&self, name: &str) -> bool {
        self.sums.contains_key(name)
    }

    fn columns(&self, name: &str) -> io::Result<Vec<In>> {
        let sum = self.sums.get(name).ok_or_else(|| damaged(MANIFEST))?;
        segment::read(&self.place.join(name), sum)
    }

    /// The only column of a file, of the kind that `of` takes.
    fn only<T>(&self, name: &str, of: impl Fn(In) -> Option<T>) -> io::Result<T> {
        self.columns(name)?
            .pop()
            .and_then(of)
            .ok_or_else(|| damaged(name))
    }

    fn dictionaries(&self) -> io::Result<Vec<Dictionary>> {
        let mut dictionaries = Vec::new();
        while self.has(&dictionary_name(dictionaries.len())) {
            let texts = self.only(&dictionary_name(dictionaries.len()), In::texts)?;
            let mut dictionary = Dictionary::new();
            for text in &texts {
                dictionary.intern(text);
            }
            dictionaries.push(dictionary);
        }
        Ok(dictionaries)
    }

    fn table(&self, table: Table) -> io::Result<SavedTable> {
        let (live, mut from) = columns(table, self.columns(&live_name(table))?, 1)?;
        let (closed, mut both) = columns(table, self.columns(&closed_name(table))?, 2)?;
        let last = |all: &mut Vec<Vec<u32>>| all.pop().unwrap_or_default();
        let (closed_to, closed_from) = (last(&mut both), last(&mut both));
        Ok(SavedTable {
            live,
            live_from: last(&mut from),
            closed,
            closed_from,
            closed_to,
        })
    }

    fn logs(&self) -> io::Result<Vec<(Vec<u8>, Vec<u64>)>> {
        let log = |name: &&str| {
            let bytes = self.only(&versions_name(name), In::u8)?;
            Ok((bytes, self.only(&latest_name(name), In::u64)?))
        };
        Logs::NAMES.iter().map(log).collect()
    }
}

/// The state of the checkpoint in a folder.
pub(super) fn read(place: &Path) -> io::Result<TenantFacts> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(place.join(MANIFEST))?)?;
    if manifest.facts_version != FACTS_VERSION {
        let message = format!("facts version {} is not {FACTS_VERSION}", manifest.facts_version);
        return Err(io::Error::new(io::ErrorKind::Unsupported, message));
    }
    let files = Files {
        place,
        sums: &manifest.files,
    };
    let touches = <[In; 3]>::try_from(files.columns(TOUCHES)?);
    let Ok([In::U32(next), In::U32(activities), In::I64(at)]) = touches else {
        return Err(damaged(TOUCHES));
    };
    let saved = Saved {
        position: Position {
            epoch: manifest.epoch,
            seq: manifest.seq,
        },
        recorded: files.only("recorded.arrow", In::i64)?,
        dictionaries: files.dictionaries()?,
        tables: Table::ALL
            .into_iter()
            .map(|table| files.table(table))
            .collect::<io::Result<_>>()?,
        logs: files.logs()?,
        touches: (files.only(TOUCH_HEADS, In::u32)?, next, activities, at),
        kept: files.only("kept.arrow", In::u8)?,
        stages: manifest.stages,
    };
    TenantFacts::from_saved(saved).ok_or_else(|| damaged("the checkpoint"))
}

/// A table's columns, and the `extra` columns of sequence numbers behind them.
fn columns(table: Table, mut all: Vec<In>, extra: usize) -> io::Result<(Columns, Vec<Vec<u32>>)> {
    let wrong = || damaged(table.name());
    let own = table.columns().len();
    if all.len() != own + extra {
        return Err(wrong());
    }
    let mut seqs = Vec::new();
    for values in all.split_off(own) {
        let In::U32(seq) = values else { return Err(wrong()) };
        seqs.push(seq);
    }
    let mut read = Vec::with_capacity(own);
    for (column, values) in table.columns().iter().zip(all) {
        read.push(match values {
            In::I64(values) if column.is_packed() => Values::Packed(Numbers::of(&values)),
            In::I64(values) => Values::I64(values),
            In::I32(values) => Values::I32(values),
            In::U8(values) if column.storage() == Storage::U8 => Values::U8(values),
            In::U8(values) => Values::Codes(Codes::Narrow(values)),
            In::U16(values) => Values::Codes(Codes::Short(values)),
            In::U32(values) => Values::Codes(Codes::Wide(values)),
            In::U64(_) | In::Text(_) => return Err(wrong()),
        });
    }
    Ok((Columns::from_values(table, read).ok_or_else(wrong)?, seqs))
}
