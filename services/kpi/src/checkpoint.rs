//! Checkpoints: a tenant's state in a folder of Arrow IPC segments, so that a start is a load and the tail of the log.
//!
//! A checkpoint is written beside the last one and renamed into place; its manifest names every file with a checksum.
//! One that is damaged, of another program's facts or of another epoch is as good as none: the log is read from the
//! beginning.

mod read;
mod segment;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bellwether_domain::Position;
use serde::{Deserialize, Serialize};

use crate::table::{Column, Table};
use crate::tenant::{Codes, Columns, Dictionary, TenantFacts, Values};
use read::read;
use segment::{Out, Sum};

/// The facts that this program derives and how it saves them. A change of either raises it.
pub const FACTS_VERSION: u32 = 3;

const MANIFEST: &str = "manifest.json";
const TOUCH_HEADS: &str = "touch-heads.arrow";
const TOUCHES: &str = "touches.arrow";
/// How unfinished folders begin.
const UNFINISHED: &str = "unfinished-";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    facts_version: u32,
    epoch: u64,
    seq: u64,
    /// Pipelines and stages in use.
    stages: Vec<(u32, u32)>,
    files: BTreeMap<String, Sum>,
}

/// Writes a checkpoint of a tenant into its folder and removes older ones.
///
/// # Errors
/// What the disk answers; the older checkpoints are then as they were.
pub fn write(folder: &Path, facts: &TenantFacts) -> io::Result<()> {
    let at = facts.position();
    let name = format!("{}-{}", at.epoch, at.seq);
    let unfinished = folder.join(format!("{UNFINISHED}{name}"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    fs::create_dir_all(&unfinished)?;
    let mut files = BTreeMap::new();
    let mut put = |name: String, columns: &[(&str, Out<'_>)]| -> io::Result<()> {
        let sum = segment::write(&unfinished.join(&name), columns)?;
        files.insert(name, sum);
        Ok(())
    };
    put(
        "recorded.arrow".to_owned(),
        &[("recorded_at", Out::I64(facts.recorded()))],
    )?;
    put("kept.arrow".to_owned(), &[("bytes", Out::U8(facts.kept()))])?;
    for (name, (bytes, latest)) in facts.log_parts() {
        put(versions_name(name), &[("bytes", Out::U8(bytes))])?;
        put(latest_name(name), &[("latest", Out::U64(latest))])?;
    }
    let (heads, next, activities, answered) = facts.touch_parts();
    put(TOUCH_HEADS.to_owned(), &[("head", Out::U32(heads))])?;
    let entries = [
        ("next", Out::U32(next)),
        ("activity", Out::U32(activities)),
        ("at", Out::I64(answered)),
    ];
    put(TOUCHES.to_owned(), &entries)?;
    put_dictionaries(facts.dictionaries(), &mut put)?;
    for table in Table::ALL {
        let (columns, from) = facts.live_parts(table);
        let mut live = outs(table, columns);
        live.push(("rec_from", Out::U32(from)));
        put(live_name(table), &live)?;
        let (columns, from, to) = facts.closed_parts(table);
        let mut closed = outs(table, columns);
        closed.extend([("rec_from", Out::U32(from)), ("rec_to", Out::U32(to))]);
        put(closed_name(table), &closed)?;
    }
    let manifest = Manifest {
        facts_version: FACTS_VERSION,
        epoch: at.epoch,
        seq: at.seq,
        stages: facts.stages(),
        files,
    };
    let path = unfinished.join(MANIFEST);
    fs::write(&path, serde_json::to_vec_pretty(&manifest)?)?;
    File::open(&path)?.sync_all()?;
    File::open(&unfinished)?.sync_all()?;
    let place = folder.join(&name);
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::rename(&unfinished, &place)?;
    File::open(folder)?.sync_all()?;
    remove_all_but(folder, Some(&place))
}

/// The state of the newest checkpoint in a tenant's folder that is whole and of this program; `None` = there is none.
#[must_use]
pub fn load(folder: &Path) -> Option<TenantFacts> {
    let mut found: Vec<(Position, PathBuf)> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let (epoch, seq) = path.file_name()?.to_str()?.split_once('-')?;
            Some((
                Position {
                    epoch: epoch.parse().ok()?,
                    seq: seq.parse().ok()?,
                },
                path,
            ))
        })
        .collect();
    found.sort_unstable();
    for (position, path) in found.into_iter().rev() {
        match read(&path) {
            Ok(facts) if facts.position() == position => return Some(facts),
            Ok(_) => tracing::warn!(path = %path.display(), "checkpoint is not what its name says, left out"),
            Err(error) => tracing::warn!(path = %path.display(), error = %error, "checkpoint left out"),
        }
    }
    None
}

/// Removes every checkpoint of a tenant: they are of another life of its log.
///
/// # Errors
/// What the disk answers.
pub fn forget(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        remove_all_but(folder, None)
    } else {
        Ok(())
    }
}

fn remove_all_but(folder: &Path, kept: Option<&Path>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if kept != Some(path.as_path()) && path.is_dir() {
            fs::remove_dir_all(path)?;
        }
    }
    Ok(())
}

fn put_dictionaries(
    dictionaries: &[Dictionary],
    put: &mut impl FnMut(String, &[(&str, Out<'_>)]) -> io::Result<()>,
) -> io::Result<()> {
    for (number, dictionary) in dictionaries.iter().enumerate() {
        let texts: Vec<&str> = dictionary.names().collect();
        put(dictionary_name(number), &[("text", Out::Text(&texts))])?;
    }
    Ok(())
}

fn dictionary_name(number: usize) -> String {
    format!("dictionary-{number}.arrow")
}

fn versions_name(log: &str) -> String {
    format!("{log}-versions.arrow")
}

fn latest_name(log: &str) -> String {
    format!("{log}-latest.arrow")
}

fn live_name(table: Table) -> String {
    format!("{}-live.arrow", table.name())
}

fn closed_name(table: Table) -> String {
    format!("{}-closed.arrow", table.name())
}

fn outs<'a>(table: Table, columns: &'a Columns) -> Vec<(&'static str, Out<'a>)> {
    let out = |(column, values): (&Column, &'a Values)| {
        let values = match values {
            Values::I64(values) => Out::I64(values),
            Values::Packed(numbers) => Out::Packed(numbers),
            Values::I32(values) => Out::I32(values),
            Values::Codes(Codes::Narrow(values)) | Values::U8(values) => Out::U8(values),
            Values::Codes(Codes::Short(values)) => Out::U16(values),
            Values::Codes(Codes::Wide(values)) => Out::U32(values),
        };
        (column.name(), values)
    };
    table.columns().iter().zip(columns.values()).map(out).collect()
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} is damaged"))
}
