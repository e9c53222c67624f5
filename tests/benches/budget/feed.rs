//! An ingestion that is nothing but a change feed: it makes up the log of generated deals while a kpi process reads it, so
//! that ten million of them need no database.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bellwether_contracts::ingestion::change::Payload;
use bellwether_contracts::ingestion::change_feed_service_server::{
    ChangeFeedService, ChangeFeedServiceServer,
};
use bellwether_contracts::ingestion::tenant_service_server::{TenantService, TenantServiceServer};
use bellwether_contracts::ingestion::{
    Change, GetHeadRequest, GetHeadResponse, GetSettingsRequest, GetSettingsResponse, ListTenantsRequest,
    ListTenantsResponse, StreamSnapshotRequest, StreamSnapshotResponse, SubscribeRequest, SubscribeResponse,
    UpdateSettingsRequest, UpdateSettingsResponse,
};
use bellwether_contracts::sales::{Quota, Record, RecordKind, quota, record};
use bellwether_contracts::types::{Money, Position};
use futures::stream::{self, BoxStream, StreamExt as _};
use prost_types::Timestamp;
use tokio::sync::mpsc;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::deals::{self, CURRENCY};

/// Changes of one message.
const BATCH: usize = 2_000;
/// Messages made before they are read.
const AHEAD: usize = 8;
const EPOCH: u64 = 1;
/// How often a feed that has said everything gives a sign of life.
const IDLE: Duration = Duration::from_secs(5);
/// 2026-01-01: when the first change was recorded; each later one a microsecond after.
const RECORDED_S: i64 = 1_767_225_600;
/// The quarters for which every rep has a quota: first day, and the day after the last.
const QUARTERS: [(&str, &str); 4] = [
    ("2025-01-01", "2025-04-01"),
    ("2025-04-01", "2025-07-01"),
    ("2025-07-01", "2025-10-01"),
    ("2025-10-01", "2026-01-01"),
];

/// The log of one tenant: settings, reps, teams, quotas, and the deals of a file.
#[derive(Debug)]
pub(crate) struct Log {
    file: PathBuf,
    people: Vec<Record>,
    /// How many deals the file has.
    pub(crate) deals: u64,
}

impl Log {
    /// Of the files of a folder.
    pub(crate) fn of(data: &Path) -> Result<Self> {
        let mut people = deals::reps_of_file(&data.join("reps.csv"))?;
        let reps = people
            .iter()
            .filter(|record| matches!(record.body, Some(record::Body::Rep(_))));
        let quotas: Vec<Record> = reps.flat_map(quotas).collect();
        people.extend(quotas);
        let file = data.join("opportunities.csv");
        let lines = count_lines(&file).with_context(|| file.display().to_string())?;
        Ok(Self {
            file,
            people,
            deals: lines.saturating_sub(1),
        })
    }

    fn head(&self) -> u64 {
        1 + self.people.len() as u64 + self.deals
    }

    /// The changes from a sequence number on.
    fn changes(&self, first: u64) -> Result<impl Iterator<Item = Result<Change>>> {
        let settings = change(
            1,
            RecordKind::Settings,
            "settings",
            None,
            Payload::Settings(deals::settings()),
        );
        let people = (2..)
            .zip(&self.people)
            .map(|(seq, record)| Ok(of_record(seq, record.clone())));
        let before = 1 + self.people.len() as u64;
        let skipped = usize::try_from(first.saturating_sub(before + 1))?;
        let deals = deals::of_file(&self.file)?.skip(skipped);
        let deals = (before + 1 + skipped as u64..).zip(deals);
        let deals = deals.map(|(seq, deal)| Ok(of_record(seq, deal?.record())));
        let all = std::iter::once(Ok(settings)).chain(people).chain(deals);
        Ok(all.skip_while(move |change: &Result<Change>| {
            change.as_ref().is_ok_and(|change| change.seq < first)
        }))
    }
}

/// What a rep is to book in each of the quarters.
fn quotas(rep: &Record) -> impl Iterator<Item = Record> + use<> {
    let id = rep.id.clone();
    QUARTERS.into_iter().map(move |(start, end)| Record {
        id: format!("{id}/{start}"),
        body: Some(record::Body::Quota(Quota {
            holder: Some(quota::Holder::RepId(id.clone())),
            period_start: start.to_owned(),
            period_end: end.to_owned(),
            target: Some(quota::Target::Amount(Money {
                minor_units: 50_000_000,
                currency_code: CURRENCY.to_owned(),
            })),
        })),
        ..Record::default()
    })
}

fn of_record(seq: u64, record: Record) -> Change {
    let (kind, effective) = match &record.body {
        Some(record::Body::Opportunity(deal)) => (RecordKind::Opportunity, at_of(deal.created_at.as_ref())),
        Some(record::Body::Rep(_)) => (RecordKind::Rep, record.effective_at),
        Some(record::Body::Team(_)) => (RecordKind::Team, record.effective_at),
        Some(record::Body::Quota(_)) => (RecordKind::Quota, Some(recorded(0))),
        _ => (RecordKind::Unspecified, None),
    };
    let id = record.id.clone();
    change(seq, kind, &id, effective, Payload::Record(record))
}

fn at_of(when: Option<&bellwether_contracts::types::DateOrTime>) -> Option<Timestamp> {
    match when?.value.as_ref()? {
        bellwether_contracts::types::date_or_time::Value::Instant(at) => Some(*at),
        bellwether_contracts::types::date_or_time::Value::Date(_) => None,
    }
}

fn change(seq: u64, kind: RecordKind, id: &str, effective: Option<Timestamp>, payload: Payload) -> Change {
    Change {
        seq,
        kind: kind.into(),
        id: id.to_owned(),
        prev_seq: 0,
        effective_at: Some(effective.unwrap_or_else(|| recorded(seq))),
        recorded_at: Some(recorded(seq)),
        source_version: 0,
        payload: Some(payload),
    }
}

fn recorded(seq: u64) -> Timestamp {
    Timestamp {
        seconds: RECORDED_S + (seq / 1_000_000) as i64,
        nanos: (seq % 1_000_000) as i32 * 1000,
    }
}

fn count_lines(file: &Path) -> std::io::Result<u64> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(file)?;
    let mut buffer = vec![0; 1 << 20];
    let mut lines = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(lines);
        }
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
}

/// Serves the logs, by tenant, until the runtime ends; where.
pub(crate) async fn serve(logs: HashMap<String, Arc<Log>>) -> Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder()
        .add_service(ChangeFeedServiceServer::new(Feed { logs }))
        .add_service(TenantServiceServer::new(Unlisted));
    tokio::spawn(server.serve_with_incoming(incoming));
    Ok(url)
}

struct Feed {
    logs: HashMap<String, Arc<Log>>,
}

impl Feed {
    fn log(&self, tenant: &str) -> Result<Arc<Log>, Status> {
        let log = self.logs.get(tenant).cloned();
        log.ok_or_else(|| Status::not_found("there is no such tenant"))
    }
}

fn position(seq: u64) -> Option<Position> {
    Some(Position { epoch: EPOCH, seq })
}

#[tonic::async_trait]
impl ChangeFeedService for Feed {
    type SubscribeStream = BoxStream<'static, Result<SubscribeResponse, Status>>;
    type StreamSnapshotStream = stream::Empty<Result<StreamSnapshotResponse, Status>>;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let request = request.into_inner();
        let log = self.log(&request.tenant)?;
        let first = 1 + request.after.map_or(0, |after| after.seq);
        let head = position(log.head());
        let (send, made) = mpsc::channel(AHEAD);
        let failed = |error: anyhow::Error| Status::internal(format!("{error:#}"));
        tokio::task::spawn_blocking(move || {
            let mut changes = match log.changes(first) {
                Ok(changes) => changes,
                Err(error) => return drop(send.blocking_send(Err(failed(error)))),
            };
            loop {
                let batch: Result<Vec<Change>> = changes.by_ref().take(BATCH).collect();
                let done = batch.as_ref().map_or(true, Vec::is_empty);
                let message = batch.map(|changes| SubscribeResponse { changes, head });
                // Nobody listens any more when it cannot be sent.
                if send.blocking_send(message.map_err(failed)).is_err() || done {
                    return;
                }
            }
        });
        let said = stream::unfold(made, |mut made| async {
            made.recv().await.map(|message| (message, made))
        });
        let alive = stream::unfold((), move |()| async move {
            tokio::time::sleep(IDLE).await;
            let sign = SubscribeResponse {
                changes: Vec::new(),
                head,
            };
            Some((Ok(sign), ()))
        });
        Ok(Response::new(said.chain(alive).boxed()))
    }

    async fn stream_snapshot(
        &self,
        _request: Request<StreamSnapshotRequest>,
    ) -> Result<Response<Self::StreamSnapshotStream>, Status> {
        Err(Status::unimplemented("this log has one life"))
    }

    async fn get_head(&self, request: Request<GetHeadRequest>) -> Result<Response<GetHeadResponse>, Status> {
        let head = self.log(&request.get_ref().tenant)?.head();
        Ok(Response::new(GetHeadResponse {
            position: position(head),
            recorded_at: Some(recorded(head)),
        }))
    }
}

/// The tenants are not told before they are asked for, so that kpi is ready at once and says how far it is.
struct Unlisted;

#[tonic::async_trait]
impl TenantService for Unlisted {
    async fn list_tenants(
        &self,
        _request: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        Ok(Response::new(ListTenantsResponse::default()))
    }

    async fn get_settings(
        &self,
        _request: Request<GetSettingsRequest>,
    ) -> Result<Response<GetSettingsResponse>, Status> {
        Err(Status::unimplemented("settings are in the feed"))
    }

    async fn update_settings(
        &self,
        _request: Request<UpdateSettingsRequest>,
    ) -> Result<Response<UpdateSettingsResponse>, Status> {
        Err(Status::unimplemented("the log is what it is"))
    }
}
