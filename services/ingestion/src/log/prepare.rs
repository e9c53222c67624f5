//! Reads, checks, encodes and hashes incoming records before they queue for a transaction.

use bellwether_contracts::convert::{read_record, settings_from_proto, settings_to_proto};
use bellwether_contracts::{ingestion, sales};
use bellwether_domain::record::{Record, check};
use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, Instant, RecordKey, Result, Violation};
use prost::Message as _;

use super::{ContentHash, VersionKey, content_hash, settings_key};

/// The largest record, encoded, in bytes.
const MAX_RECORD: usize = 1024 * 1024;

/// A record that was read and checked.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// The record as it is stored.
    pub(crate) payload: Vec<u8>,
    /// What is known of it, or everything wrong with it.
    pub(crate) verdict: std::result::Result<Fit, Vec<Violation>>,
}

impl Prepared {
    /// The hash of what the source said, fit or not.
    pub(crate) fn content(&self) -> ContentHash {
        self.verdict
            .as_ref()
            .map_or_else(|_| content_hash(&self.payload), |fit| fit.hash)
    }
}

/// A record that keeps the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fit {
    pub(crate) key: RecordKey,
    pub(crate) hash: ContentHash,
    /// From when it holds, if the source says so.
    pub(crate) effective_at: Option<Instant>,
    pub(crate) source_version: u64,
    /// When the thing came to be, in the tenant's zone.
    pub(crate) created: Option<Instant>,
}

impl Fit {
    /// The version's name, when the source gave it.
    pub(crate) fn explicit_version(&self) -> Option<VersionKey> {
        self.effective_at.map(|effective_at| VersionKey {
            effective_at,
            source_version: self.source_version,
        })
    }
}

/// A record of a message, or everything wrong with it: what cannot be read, and the rules that the rest breaks.
pub(crate) fn read_and_check(
    message: &sales::Record,
    settings: &Settings,
) -> std::result::Result<Record, Vec<Violation>> {
    let (record, mut violations) = read_record(message);
    match &record {
        Some(record) => violations.extend(check(record, settings)),
        None if message.id.is_empty() => {
            violations.push(Violation::new(
                "id",
                "is missing: give the record's id in the source",
            ));
        }
        None => {}
    }
    if message.id.contains('\0') {
        let text = "holds a NUL character: no id may";
        violations.push(Violation::new("id", text));
    }
    if i64::try_from(message.source_version).is_err() {
        let text = format!(
            "{} is too large: at most {} is allowed",
            message.source_version,
            i64::MAX
        );
        violations.push(Violation::new("source_version", text));
    }
    match record {
        Some(record) if violations.is_empty() => Ok(record),
        _ => Err(violations),
    }
}

/// Reads and checks a record under the tenant's settings.
pub(crate) fn prepare(mut message: sales::Record, settings: &Settings) -> Prepared {
    let read = read_and_check(&message, settings);
    if let Ok(record) = &read
        && message.id.is_empty()
    {
        // A rate is named by what it says.
        message.id.clone_from(&record.id);
    }
    let payload = message.encode_to_vec();
    let verdict = read.and_then(|record| {
        if payload.len() > MAX_RECORD {
            let size = payload.len();
            let message = format!("is {size} bytes large: at most {MAX_RECORD} are allowed");
            return Err(vec![Violation::new("record", message)]);
        }
        Ok(Fit {
            hash: content_hash(&payload),
            effective_at: record.effective_at,
            source_version: record.source_version,
            created: record.created().map(|at| at.start_in(&settings.zone)),
            key: RecordKey {
                kind: record.kind(),
                id: record.id,
            },
        })
    });
    Prepared { payload, verdict }
}

/// The same record under other settings.
pub(crate) fn prepare_again(prepared: Prepared, settings: &Settings) -> Prepared {
    match sales::Record::decode(prepared.payload.as_slice()) {
        Ok(message) => prepare(message, settings),
        Err(_) => prepared,
    }
}

/// Settings as a change of the log.
pub(crate) fn prepare_settings(settings: &Settings) -> Prepared {
    let payload = settings_to_proto(settings).encode_to_vec();
    let fit = Fit {
        key: settings_key(),
        hash: content_hash(&payload),
        effective_at: None,
        source_version: 0,
        created: None,
    };
    Prepared {
        payload,
        verdict: Ok(fit),
    }
}

/// The settings of a change.
///
/// # Errors
/// `INTERNAL` when the stored bytes cannot be read.
pub(crate) fn settings_of(payload: &[u8]) -> Result<Settings> {
    let damaged = |what: String| Error::internal(format!("stored settings cannot be read: {what}"));
    let message = ingestion::TenantSettings::decode(payload).map_err(|error| damaged(error.to_string()))?;
    settings_from_proto(&message)
        .map_err(|violations| damaged(violations.first().map(ToString::to_string).unwrap_or_default()))
}
