//! The meaning of the log, as plain code: what a version is, which one is current, what an incoming record changes.
//!
//! A record is a set of versions, each named by its [`VersionKey`]; the version with the highest key is the current
//! one, and of two changes with the same key the later in the log counts. A source that gives `effective_at` names the
//! version itself (an *explicit* key), and such versions may arrive in any order. Otherwise the log names it: at first
//! sight from the record's creation (or the moment of recording), later from the moment of recording, always after the
//! current version.
//!
//! A tombstone is a version too, always after the current one. A record whose current version is a tombstone is gone,
//! from every instant; a later version brings it back, a version from before the tombstone that arrives late does not.
//!
//! A merge is a tombstone for each loser that names the survivor. Losers of a loser get another tombstone with the same
//! survivor, so that the latest tombstone of a record never names one that was merged away.
//!
//! Content is equal when the messages are: an `effective_at` or `source_version` that the source gave is part of it,
//! instants that the log assigned are not. A record with an explicit key is compared with the latest change of that key,
//! any other with the current version; what is equal is not written.

mod merge;
mod planner;
mod prepare;
mod reply;
#[cfg(test)]
mod tests;

use bellwether_domain::{Instant, RecordKey, RecordKind};

pub(crate) use merge::merged_away;
pub(crate) use planner::{Head, Plan, Planner, no_such_record};
pub(crate) use prepare::{
    Fit, Prepared, prepare, prepare_again, prepare_settings, read_and_check, settings_of,
};
use reply::read_etag;
pub(crate) use reply::{Reply, etag};
pub use reply::{UpsertReply, Written};

/// The id of the one record of kind settings.
pub(crate) const SETTINGS_ID: &str = "settings";

/// The key of the one record of kind settings.
pub(crate) fn settings_key() -> RecordKey {
    RecordKey {
        kind: RecordKind::Settings,
        id: SETTINGS_ID.to_owned(),
    }
}

/// The first half of a BLAKE3 hash: 128 bits keep a source from meeting a collision by chance.
pub(crate) type ContentHash = [u8; 16];

/// The hash of some bytes.
pub(crate) fn content_hash(bytes: &[u8]) -> ContentHash {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    half
}

/// The name of a version among the versions of its record; orders them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct VersionKey {
    /// From when it holds.
    pub(crate) effective_at: Instant,
    /// The source's own number; 0 = none.
    pub(crate) source_version: u64,
}

/// A change as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) seq: u64,
    pub(crate) key: RecordKey,
    /// The record's change before this one; 0 = none.
    pub(crate) prev_seq: u64,
    pub(crate) version: VersionKey,
    pub(crate) recorded_at: Instant,
    /// Whether the source named the version.
    pub(crate) explicit: bool,
    /// The encoded record or settings; `None` = a tombstone.
    pub(crate) payload: Option<Vec<u8>>,
    /// The id of the record of the same kind that a tombstone says it was merged into.
    pub(crate) merged_into: Option<String>,
}

/// What a caller asks of the log.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Names the request for ever, with the hash of what it asks.
    pub(crate) name: Option<RequestName>,
    /// The edition of the settings that records were checked with; 0 = the defaults.
    pub(crate) settings_seq: u64,
    /// What is asked.
    pub(crate) work: Work,
}

/// A request id and what it was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestName {
    pub(crate) id: String,
    pub(crate) hash: ContentHash,
}

/// What is asked of the log.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Write records.
    Upsert {
        records: Vec<Prepared>,
        all_or_nothing: bool,
        /// The change that must hold the current version of the one record; 0 = there must be none.
        expected: Option<u64>,
    },
    /// Take a record back.
    Delete {
        key: RecordKey,
        /// The change that must hold its current version.
        expected: Option<u64>,
    },
    /// Merge records into another one of their kind.
    Merge {
        survivor: RecordKey,
        losers: Vec<RecordKey>,
    },
    /// Replace the settings, if the edition is still the expected one.
    Settings {
        settings: Prepared,
        etag: Option<String>,
    },
}

impl Request {
    /// How many records it is about.
    pub(crate) fn rows(&self) -> usize {
        match &self.work {
            Work::Upsert { records, .. } => records.len(),
            Work::Merge { losers, .. } => losers.len(),
            Work::Delete { .. } | Work::Settings { .. } => 1,
        }
    }

    /// The keys of the records that it may write.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &RecordKey> {
        let records = match &self.work {
            Work::Upsert { records, .. } => records.as_slice(),
            Work::Settings { settings, .. } => std::slice::from_ref(settings),
            Work::Delete { .. } | Work::Merge { .. } => &[],
        };
        let fit = records.iter().filter_map(|record| record.verdict.as_ref().ok());
        fit.map(|fit| &fit.key).chain(self.taken())
    }

    /// The keys of the records that it takes back, and of the one that stays for them.
    pub(crate) fn taken(&self) -> impl Iterator<Item = &RecordKey> {
        let (single, losers): (Option<&RecordKey>, &[RecordKey]) = match &self.work {
            Work::Delete { key, .. } => (Some(key), &[]),
            Work::Merge { survivor, losers } => (Some(survivor), losers.as_slice()),
            Work::Upsert { .. } | Work::Settings { .. } => (None, &[]),
        };
        single.into_iter().chain(losers)
    }

    /// The keys of the records that it merges into another.
    pub(crate) fn losers(&self) -> &[RecordKey] {
        match &self.work {
            Work::Merge { losers, .. } => losers,
            Work::Upsert { .. } | Work::Delete { .. } | Work::Settings { .. } => &[],
        }
    }

    /// The versions that it names itself.
    pub(crate) fn explicit_versions(&self) -> impl Iterator<Item = (&RecordKey, VersionKey)> {
        let records = match &self.work {
            Work::Upsert { records, .. } => records.as_slice(),
            Work::Delete { .. } | Work::Merge { .. } | Work::Settings { .. } => &[],
        };
        let fit = records.iter().filter_map(|record| record.verdict.as_ref().ok());
        fit.filter_map(|fit| Some((&fit.key, fit.explicit_version()?)))
    }
}

/// A version in a record's chain of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) seq: u64,
    pub(crate) version: VersionKey,
    pub(crate) tombstone: bool,
}

/// The current version among a record's changes; `None` when there is none or the record was taken back.
pub(crate) fn current(changes: impl IntoIterator<Item = Version>) -> Option<Version> {
    let latest = changes
        .into_iter()
        .max_by_key(|change| (change.version, change.seq));
    latest.filter(|change| !change.tombstone)
}
