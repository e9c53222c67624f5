//! `KpiService.StreamFacts`: rows of a fact table, some records at a time.
//!
//! A stream does nothing while its client does not read: what it holds are the names of reps and teams and one message.
//! The facts are locked for as long as it takes to fill that.

use std::sync::Arc;

use bellwether_contracts::convert::{instant_to_proto, position_to_proto};
use bellwether_contracts::kpi::{
    FactColumn, FactKind, FactValues, FactsHeader, QueryKpisRequest, StreamFactsRequest, StreamFactsResponse,
    Watermark,
};
use bellwether_contracts::status::to_status;
use bellwether_domain::{Clock, Result, TenantId};
use bellwether_runtime::auth::Scope;
use futures::stream::{BoxStream, StreamExt as _, unfold};
use tonic::Status;

use super::ask::{ask_of, caller_of};
use crate::query::{Ask, Batch, Extract, Kind, Values, Wanted};
use crate::tenant::TenantFacts;
use crate::worker::Tenants;

/// Rows in a message, about.
const ROWS: usize = 16_384;

/// The messages of a stream.
pub(super) type Messages = BoxStream<'static, std::result::Result<StreamFactsResponse, Status>>;

/// A stream on its way.
struct Stream {
    tenants: Tenants,
    tenant: TenantId,
    /// What is sent first.
    header: Option<StreamFactsResponse>,
    /// `None` = it has ended.
    extract: Option<Extract>,
}

/// What a request asks for.
///
/// # Errors
/// `INVALID_ARGUMENT` naming every malformed field.
pub(super) fn read(request: &StreamFactsRequest, scope: &Scope) -> Result<(Wanted, Ask)> {
    let ask = ask_of(&QueryKpisRequest {
        as_of: request.as_of.clone(),
        known_at: request.known_at,
        ..QueryKpisRequest::default()
    })?;
    let wanted = Wanted {
        table: request.table.clone(),
        columns: request.columns.clone(),
        dimensions: request.dimensions.clone(),
        standing: request.standing,
    };
    let caller = caller_of(scope);
    Ok((wanted, Ask { caller, ..ask }))
}

/// Begins a stream: the rows stand on what is known when this returns.
///
/// # Errors
/// As [`Extract::begin`] and [`Tenants::read`].
pub(super) async fn begin(
    tenants: &Tenants,
    clock: &Arc<dyn Clock>,
    tenant: TenantId,
    (wanted, ask): (Wanted, Ask),
) -> Result<Messages> {
    let now = clock.now();
    let begin = move |facts: &TenantFacts| Extract::begin(facts, &wanted, &ask, now);
    let extract = tenants.read(&tenant, begin).await??;
    let stream = Stream {
        tenants: tenants.clone(),
        tenant,
        header: Some(header(&extract)),
        extract: Some(extract),
    };
    Ok(unfold(stream, Stream::next).boxed())
}

impl Stream {
    async fn next(mut self) -> Option<(std::result::Result<StreamFactsResponse, Status>, Self)> {
        if let Some(header) = self.header.take() {
            return Some((Ok(header), self));
        }
        loop {
            let mut extract = self.extract.take()?;
            let read = move |facts: &TenantFacts| {
                let batch = extract.read(facts, ROWS);
                (extract, batch)
            };
            let read = self.tenants.read(&self.tenant, read).await;
            let (extract, batch) = match read {
                Ok((extract, Ok(batch))) => (extract, batch?),
                Ok((_, Err(error))) | Err(error) => return Some((Err(to_status(&error)), self)),
            };
            self.extract = Some(extract);
            // Of many records the caller may see none.
            if batch.rows > 0 {
                return Some((Ok(message(batch)), self));
            }
        }
    }
}

fn header(extract: &Extract) -> StreamFactsResponse {
    let column = |(name, kind): (&str, Kind)| FactColumn {
        name: name.to_owned(),
        kind: wire(kind).into(),
    };
    let (position, recorded_at) = extract.position();
    let header = FactsHeader {
        table: extract.table().to_owned(),
        columns: extract.columns().map(column).collect(),
        as_of: Some(instant_to_proto(extract.as_of())),
        watermark: Some(Watermark {
            position: Some(position_to_proto(position)),
            recorded_at: recorded_at.map(instant_to_proto),
        }),
        currency_code: extract.currency().code().to_owned(),
        zone: extract.zone().to_owned(),
    };
    StreamFactsResponse {
        header: Some(header),
        ..StreamFactsResponse::default()
    }
}

fn wire(kind: Kind) -> FactKind {
    match kind {
        Kind::Text => FactKind::Text,
        Kind::Instant => FactKind::Instant,
        Kind::Day => FactKind::Day,
        Kind::Duration => FactKind::Duration,
        Kind::MinorUnits => FactKind::MinorUnits,
        Kind::Millionths => FactKind::Millionths,
        Kind::Count => FactKind::Count,
        Kind::Flag => FactKind::Flag,
    }
}

fn message(batch: Batch) -> StreamFactsResponse {
    let values = |values: Values| match values {
        Values::Texts { codes, names } => FactValues {
            codes,
            names,
            ..FactValues::default()
        },
        Values::Numbers { numbers, missing } => FactValues {
            numbers,
            missing,
            ..FactValues::default()
        },
    };
    StreamFactsResponse {
        header: None,
        rows: u32::try_from(batch.rows).unwrap_or(u32::MAX),
        columns: batch.columns.into_iter().map(values).collect(),
    }
}
