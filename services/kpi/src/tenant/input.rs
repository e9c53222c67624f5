//! A change as the tenant's state takes it: read from its message before any lock is held.

use bellwether_contracts::convert::{
    instant_from_proto, kind_from_proto, record_from_proto, settings_from_proto,
};
use bellwether_contracts::ingestion::{Change, change::Payload};
use bellwether_domain::record::Body;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, RecordKind, Result, Violation};
use prost::Message as _;

use super::declared::{Fields, bare, fields};
use crate::facts::Key;

/// One change of the log.
#[derive(Debug, Clone)]
pub struct Input {
    pub(super) key: Key,
    /// Microseconds.
    pub(super) recorded_at: i64,
    pub(super) id: String,
    pub(super) content: Content,
    /// What it says in fields that the tenant declared.
    pub(super) fields: Fields,
    /// Of what a checkpoint keeps only for its fields: the kind of record, and whether it says that the record lives.
    pub(super) bare: Option<(RecordKind, bool)>,
    /// The message, where the state is rebuilt from it after a restart.
    pub(super) message: Option<Vec<u8>>,
}

/// What a change says.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// A version of a record of a kind.
    Record(RecordKind, Box<Body>),
    /// The end of a record, and who answers for it when it was merged; empty = nobody.
    Tombstone(RecordKind, String),
    Settings(Box<Settings>),
    /// Nothing that facts are made of.
    Other,
}

impl Input {
    /// Its sequence number.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.key.2
    }

    /// Reads a change. What cannot be read as a record counts as `Content::Other`: the log is checked when written, so
    /// this is a change of a kind that a later version of the program wrote.
    ///
    /// # Errors
    /// `INTERNAL` when the change lacks its instants.
    pub fn read(change: &Change) -> Result<Self> {
        let instant = |at: &Option<prost_types::Timestamp>| {
            let at = at
                .as_ref()
                .ok_or("is missing".to_owned())
                .and_then(instant_from_proto);
            at.map_err(|message| Error::internal(format!("change {}: its instant {message}", change.seq)))
        };
        let key = (
            instant(&change.effective_at)?.as_micros(),
            change.source_version,
            change.seq,
        );
        let recorded_at = instant(&change.recorded_at)?.as_micros();
        // What is kept of a record for its declared fields has no body.
        let bare = bare(change);
        let read = bare.map_or_else(|| content(change), |_| Ok(Content::Other));
        let content = read.unwrap_or_else(|violations| {
            let violations: Vec<String> = violations.iter().map(ToString::to_string).collect();
            tracing::error!(
                seq = change.seq,
                violations = violations.join("; "),
                "change cannot be read, left out"
            );
            Content::Other
        });
        let kept = match &content {
            Content::Record(kind, _) => is_kept(*kind),
            Content::Tombstone(kind, survivor) => is_kept(*kind) || !survivor.is_empty(),
            Content::Settings(_) => true,
            Content::Other => false,
        };
        let message = kept.then(|| change.encode_to_vec());
        Ok(Self {
            key,
            recorded_at,
            id: change.id.clone(),
            content,
            fields: fields(change),
            bare,
            message,
        })
    }
}

/// Whether the state is rebuilt from the messages of a kind; of others it keeps what facts need.
fn is_kept(kind: RecordKind) -> bool {
    use RecordKind::{Account, FxRate, KpiDefinition, Rep, Scorecard, Target, Team};
    matches!(
        kind,
        Account | FxRate | KpiDefinition | Rep | Scorecard | Target | Team
    )
}

fn content(change: &Change) -> Result<Content, Vec<Violation>> {
    let facts_need = |kind| {
        use RecordKind::{
            Activity, Contract, Lead, MetricSample, Opportunity, Order, Quota, Spend, Subscription,
        };
        let derived = matches!(
            kind,
            Activity | Contract | Lead | MetricSample | Opportunity | Order | Quota | Spend | Subscription
        );
        derived || is_kept(kind)
    };
    let kind = kind_from_proto(change.kind);
    match &change.payload {
        Some(Payload::Settings(settings)) => Ok(Content::Settings(Box::new(settings_from_proto(settings)?))),
        Some(Payload::Record(record)) if kind.is_some_and(facts_need) => {
            let record = record_from_proto(record)?;
            Ok(Content::Record(record.kind(), Box::new(record.body)))
        }
        Some(Payload::Tombstone(tombstone)) => Ok(kind
            .filter(|kind| facts_need(*kind))
            .map_or(Content::Other, |kind| {
                Content::Tombstone(kind, tombstone.merged_into.clone())
            })),
        _ => Ok(Content::Other),
    }
}
