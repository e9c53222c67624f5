//! Files in, records out: the shipped mappings on the real export, bad input, merges, joins, and input of any kind.

mod bad_input;
mod crm;
mod examples;
mod mappings;
mod properties;
mod schema;

use std::path::PathBuf;

use bellwether_contracts::json::record_to_json;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, Result};

use super::{Input, Item, Job, MappedRecord, Mapping, Reject};

/// A file in memory.
struct Text {
    name: String,
    bytes: Vec<u8>,
}

impl Input for Text {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        Ok(Box::new(self.bytes.as_slice()))
    }
}

fn file(name: &str, bytes: impl AsRef<[u8]>) -> Box<dyn Input> {
    Box::new(Text {
        name: name.to_owned(),
        bytes: bytes.as_ref().to_vec(),
    })
}

/// Everything that came out of an import.
#[derive(Default)]
struct Outcome {
    rows: u64,
    records: Vec<MappedRecord>,
    rejects: Vec<Reject>,
    refused_rows: usize,
    warnings: Vec<String>,
}

impl Outcome {
    /// The records of a kind as JSON, by id.
    fn json(&self, kind: &str) -> Vec<serde_json::Value> {
        let of_kind = self.records.iter().filter(|record| record.kind.name() == kind);
        let mut found: Vec<serde_json::Value> =
            of_kind.map(|record| record_to_json(&record.record)).collect();
        found.sort_by_key(|record| record["id"].as_str().unwrap_or_default().to_owned());
        found
    }

    /// Line, field and reason of each reject.
    fn told(&self) -> Vec<(u64, &str, &str)> {
        self.rejects
            .iter()
            .map(|reject| (reject.line, reject.field.as_str(), reject.reason.as_str()))
            .collect()
    }
}

fn import(mapping: &str, files: Vec<Box<dyn Input>>) -> Result<Outcome> {
    let mapping = Mapping::parse(mapping)?;
    let settings = mapping.settings().onto(&Settings::default(), false)?;
    run(Some(mapping), files, settings, false)
}

fn run(
    mapping: Option<Mapping>,
    files: Vec<Box<dyn Input>>,
    settings: Settings,
    strict: bool,
) -> Result<Outcome> {
    let job = Job::prepare(mapping, files, settings, strict)?;
    let mut outcome = Outcome {
        warnings: job.warnings().to_vec(),
        ..Outcome::default()
    };
    job.run(&mut |item| {
        match item {
            Item::Row => outcome.rows += 1,
            Item::Record(record) => outcome.records.push(*record),
            Item::Refused { rows, rejects } => {
                outcome.refused_rows += rows.len();
                outcome.rejects.extend(rejects);
            }
        }
        Ok(true)
    })?;
    Ok(outcome)
}

fn refusal(mapping: &str, files: Vec<Box<dyn Input>>) -> Error {
    import(mapping, files).err().expect("the import cannot run")
}

/// A path in the repository.
fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
