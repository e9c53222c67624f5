//! What targets and scorecards have in common: how they are read from one state of the facts, and written through the log.

use std::sync::Arc;

use bellwether_contracts::convert::{instant_to_proto, position_to_proto, read_record, record_to_proto};
use bellwether_contracts::kpi::{KnownAt, MinPosition, QueryKpisRequest};
use bellwether_contracts::sales;
use bellwether_contracts::types::{self, DateOrTime};
use bellwether_domain::record::{Body, Record, check};
use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Position, RecordKind, Result, TenantId, Violation};
use bellwether_runtime::auth::Scope;

use super::ask::{Wait, wait_of};
use super::etag;
use crate::answers::{Answers, Direct, Pending};
use crate::catalogue::Catalogue;
use crate::tenant::{Planned, TenantFacts};
use crate::worker::{Edit, Tenants, Written};

/// How often an edit of whatever holds is repeated when others edit at the same time.
const ATTEMPTS: usize = 3;

/// What both services stand on. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    tenants: Tenants,
    answers: Answers,
}

/// What a tenant's facts say at the end of its log.
pub(super) struct Newest {
    pub(super) position: Position,
    pub(super) settings: Settings,
    pub(super) catalogue: Arc<Catalogue>,
}

/// As of when, and as known when.
#[derive(Debug, Clone, Default)]
pub(super) struct At {
    pub(super) as_of: Option<DateOrTime>,
    pub(super) known_at: Option<KnownAt>,
}

impl Plan {
    pub(super) fn new(tenants: Tenants, answers: Answers) -> Self {
        Self { tenants, answers }
    }

    /// Waits until so much of the log has been taken in.
    pub(super) async fn wait(&self, tenant: &TenantId, min: Option<&MinPosition>) -> Result<()> {
        let asked = QueryKpisRequest {
            min_position: min.cloned(),
            ..QueryKpisRequest::default()
        };
        let position = match wait_of(&asked)? {
            None => return Ok(()),
            Some(Wait::Position(position)) => position,
            Some(Wait::Head) => self.tenants.head(tenant).await?,
        };
        self.tenants.wait_for(tenant, position).await
    }

    /// Reads the facts of a tenant for a caller.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        (tenant, scope): (&TenantId, &Scope),
        at: At,
        read: impl FnOnce(&Direct<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let asked = QueryKpisRequest {
            tenant: tenant.to_string(),
            as_of: at.as_of,
            known_at: at.known_at,
            ..QueryKpisRequest::default()
        };
        let pending = Pending::new(tenant.clone(), scope.clone(), asked);
        self.answers.direct(&pending, read).await
    }

    /// What is known at the end of the log, with what `find` finds there.
    pub(super) async fn newest<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        find: impl FnOnce(&TenantFacts) -> T + Send + 'static,
    ) -> Result<(Newest, T)> {
        let head = self.tenants.head(tenant).await?;
        self.tenants.wait_for(tenant, head).await?;
        let library = self.answers.library().clone();
        let read = move |facts: &TenantFacts| {
            let position = facts.position();
            let newest = Newest {
                position,
                settings: facts.settings(position.seq).clone(),
                catalogue: library.at(facts, position.seq),
            };
            (newest, find(facts))
        };
        self.tenants.read(tenant, read).await
    }

    /// Writes a record where the change that holds it is still the one expected (0 = there must be none), and waits until
    /// the facts have it.
    pub(super) async fn write(
        &self,
        tenant: &TenantId,
        record: &Record,
        expected: u64,
        request_id: &str,
    ) -> Result<Written> {
        let edit = Edit {
            record: record_to_proto(record),
            expected: Some(expected),
            request_id: request_id.to_owned(),
        };
        let written = self.tenants.write(tenant, edit).await?;
        self.tenants.wait_for(tenant, written.position).await?;
        Ok(written)
    }

    /// What an edit is made on, as `find` finds it: the version of the etag, or, without one, that which holds.
    ///
    /// Whether the former still holds is decided where the edit is written, so that a request that is sent again gets the
    /// first reply.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for what is no etag, `ABORTED` for one of a version that is gone, `NOT_FOUND`.
    pub(super) async fn ground<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        (what, id): (&str, &str),
        name: &str,
        find: impl FnOnce(&TenantFacts, Option<u64>) -> Option<T> + Send + 'static,
    ) -> Result<(Newest, T)> {
        let edition = etag::read(name)?;
        let seq = edition.map(|edition| edition.seq);
        let (newest, found) = self.newest(tenant, move |facts| find(facts, seq)).await?;
        match (edition, found) {
            (Some(edition), _) if edition.epoch != newest.position.epoch => Err(etag::conflict(id)),
            (_, Some(found)) => Ok((newest, found)),
            (Some(_), None) => Err(etag::conflict(id)),
            (None, None) => Err(missing(what, id)),
        }
    }

    /// Takes a record back, where the version of the etag still holds.
    ///
    /// # Errors
    /// As [`Self::ground`].
    pub(super) async fn take_back(
        &self,
        tenant: &TenantId,
        key: (RecordKind, &str),
        (name, request_id): (&str, &str),
    ) -> Result<Position> {
        let edition = etag::read(name)?;
        if let Some(edition) = edition
            && edition.epoch != self.tenants.head(tenant).await?.epoch
        {
            return Err(etag::conflict(key.1));
        }
        let expected = edition.map(|edition| edition.seq);
        let position = self
            .tenants
            .take_back(tenant, key, (expected, request_id))
            .await?;
        self.tenants.wait_for(tenant, position).await?;
        Ok(position)
    }

    /// The KPI service's page of an entry: what it says of a version of a record.
    pub(super) async fn stamp(&self, tenant: &TenantId, written: Written) -> Result<Stamp> {
        let seq = written.seq;
        let epoch = written.position.epoch;
        let recorded = move |facts: &TenantFacts| facts.recorded_at(seq).map(instant_to_proto);
        Ok(Stamp::of(epoch, seq, self.tenants.read(tenant, recorded).await?))
    }
}

/// Edits again when others edited at the same time, unless the edit is of one edition.
pub(super) async fn again<T, F: Future<Output = Result<T>>>(name: &str, once: impl Fn() -> F) -> Result<T> {
    let mut left = if name.is_empty() { ATTEMPTS } else { 1 };
    loop {
        left -= 1;
        match once().await {
            Err(error) if error.reason == ErrorReason::EditConflict && left > 0 => {}
            done => return done,
        }
    }
}

/// What a version of a record is known by.
#[derive(Debug, Clone, Default)]
pub(super) struct Stamp {
    pub(super) etag: String,
    pub(super) position: Option<types::Position>,
    pub(super) recorded_at: Option<prost_types::Timestamp>,
}

impl Stamp {
    fn of(epoch: u64, seq: u64, recorded_at: Option<prost_types::Timestamp>) -> Self {
        Self {
            etag: etag::of(Position { epoch, seq }),
            position: Some(position_to_proto(Position { epoch, seq })),
            recorded_at,
        }
    }

    /// Of a version that the facts have.
    pub(super) fn at<T>(facts: &TenantFacts, planned: &Planned<T>) -> Self {
        let recorded = facts.recorded_at(planned.seq).map(instant_to_proto);
        Self::of(facts.position().epoch, planned.seq, recorded)
    }
}

/// The record of a message, with all that is wrong with it; violations are told by their field in the request.
pub(super) fn record_of(id: &str, body: sales::record::Body, settings: &Settings) -> Result<Record> {
    let message = sales::Record {
        id: id.to_owned(),
        body: Some(body),
        ..sales::Record::default()
    };
    let (record, mut violations) = read_record(&message);
    if let Some(record) = &record {
        violations.extend(check(record, settings));
    }
    match record {
        Some(record) if violations.is_empty() => Ok(record),
        _ => Err(Error::violations(ErrorReason::InvalidRecord, violations)),
    }
}

/// A record that says this.
pub(super) fn record(id: &str, body: Body) -> Record {
    Record {
        id: id.to_owned(),
        effective_at: None,
        source_version: 0,
        attributes: std::collections::BTreeMap::new(),
        body,
    }
}

/// One field at fault.
pub(super) fn wrong(field: &str, message: impl Into<String>) -> Error {
    let violation = Violation::new(field, message.into());
    Error::violations(ErrorReason::InvalidField, vec![violation])
}

/// There is none of that id, or it is not the caller's to see.
pub(super) fn missing(what: &str, id: &str) -> Error {
    let message = format!("there is no {what} `{}`", short(id));
    Error::not_found(ErrorReason::RecordNotFound, message)
}

/// There is one of that id already.
pub(super) fn taken(what: &str, id: &str) -> Error {
    let message = format!(
        "there is a {what} `{}` already: update it, or take another id",
        short(id)
    );
    Error::new(ErrorCode::AlreadyExists, ErrorReason::RecordExists, message)
}

fn short(id: &str) -> String {
    id.chars().take(80).collect()
}
