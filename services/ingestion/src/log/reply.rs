//! Replies: as they are stored for requests that are sent again, and as other code of the service reads them.

use bellwether_contracts::convert::position_from_proto;
use bellwether_contracts::ingestion::{
    DeleteRecordResponse, MergeRecordsResponse, RecordViolation, UpdateSettingsResponse, UpsertOutcome,
    UpsertRecordsResponse,
};
use bellwether_domain::{Error, Position, Result, Violation};
use prost::Message as _;

/// What became of one record of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is new.
    Created {
        /// The change.
        seq: u64,
    },
    /// It has a new version.
    Changed {
        /// The change.
        seq: u64,
    },
    /// It says what is known.
    Unchanged {
        /// The change that holds the current version.
        seq: u64,
    },
    /// It breaks the rules; everything wrong with it.
    Rejected(Vec<Violation>),
    /// It is fit, but another one of an all-or-nothing batch was refused.
    NotWritten,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpsertReply {
    /// The log's position after the batch.
    pub position: Position,
    /// One entry a record, in order.
    pub written: Vec<Written>,
}

/// The reply to a request. Stored as the message that the caller gets, so that a replay is equal to the byte.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    Upsert(UpsertRecordsResponse),
    Delete(DeleteRecordResponse),
    Settings(UpdateSettingsResponse),
    Merge(MergeRecordsResponse),
}

const UPSERT: u8 = 1;
const DELETE: u8 = 2;
const SETTINGS: u8 = 3;
const MERGE: u8 = 4;

impl Reply {
    /// The bytes that are kept.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (tag, mut bytes) = match self {
            Self::Upsert(reply) => (UPSERT, reply.encode_to_vec()),
            Self::Delete(reply) => (DELETE, reply.encode_to_vec()),
            Self::Settings(reply) => (SETTINGS, reply.encode_to_vec()),
            Self::Merge(reply) => (MERGE, reply.encode_to_vec()),
        };
        bytes.push(tag);
        bytes
    }

    /// The reply of kept bytes.
    ///
    /// # Errors
    /// `INTERNAL` when they cannot be read.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let damaged = || Error::internal("a stored reply cannot be read");
        let (tag, body) = bytes.split_last().ok_or_else(damaged)?;
        let reply = match *tag {
            UPSERT => UpsertRecordsResponse::decode(body).map(Self::Upsert),
            DELETE => DeleteRecordResponse::decode(body).map(Self::Delete),
            SETTINGS => UpdateSettingsResponse::decode(body).map(Self::Settings),
            MERGE => MergeRecordsResponse::decode(body).map(Self::Merge),
            _ => return Err(damaged()),
        };
        reply.map_err(|_| damaged())
    }
}

impl From<UpsertRecordsResponse> for UpsertReply {
    fn from(message: UpsertRecordsResponse) -> Self {
        let written = message.results.into_iter().map(|one| {
            let seq = one.seq;
            match UpsertOutcome::try_from(one.outcome).unwrap_or(UpsertOutcome::Unspecified) {
                UpsertOutcome::Created => Written::Created { seq },
                UpsertOutcome::Changed => Written::Changed { seq },
                UpsertOutcome::Unchanged => Written::Unchanged { seq },
                UpsertOutcome::Rejected => {
                    let read = |one: RecordViolation| Violation::new(one.field, one.message);
                    Written::Rejected(one.violations.into_iter().map(read).collect())
                }
                UpsertOutcome::NotWritten | UpsertOutcome::Unspecified => Written::NotWritten,
            }
        });
        Self {
            written: written.collect(),
            position: message
                .position
                .as_ref()
                .map(position_from_proto)
                .unwrap_or_default(),
        }
    }
}

pub(super) fn violation_to_proto(violation: Violation) -> RecordViolation {
    RecordViolation {
        field: violation.field,
        message: violation.message,
    }
}

/// The name of an edition of the settings: the change that holds them; 0 = none declared.
pub(crate) fn etag(epoch: u64, settings_seq: u64) -> String {
    format!("{epoch}.{settings_seq}")
}

/// The epoch and change of an edition's name.
pub(crate) fn read_etag(etag: &str) -> Option<(u64, u64)> {
    let (epoch, seq) = etag.split_once('.')?;
    Some((epoch.parse().ok()?, seq.parse().ok()?))
}
