//! A record log in memory that speaks as ingestion does.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use bellwether_contracts::convert::{
    instant_to_proto, position_from_proto, position_to_proto, record_to_proto,
};
use bellwether_contracts::ingestion::change_feed_service_server::{
    ChangeFeedService, ChangeFeedServiceServer,
};
use bellwether_contracts::ingestion::tenant_service_server::{TenantService, TenantServiceServer};
use bellwether_contracts::ingestion::{
    Change, GetHeadRequest, GetHeadResponse, GetSettingsRequest, GetSettingsResponse, ListTenantsRequest,
    ListTenantsResponse, StreamSnapshotRequest, StreamSnapshotResponse, SubscribeRequest, SubscribeResponse,
    UpdateSettingsRequest, UpdateSettingsResponse, change::Payload,
};
use bellwether_contracts::status::to_status;
use bellwether_domain::record::Record;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Instant, Position};
use bellwether_runtime::ServiceSet;
use bellwether_testkit::sample;
use futures::Stream;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// The log of every tenant. Cheap to clone.
#[derive(Clone)]
pub(crate) struct FakeLog {
    state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
    broken: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    epoch: u64,
    /// Added to the recorded instants of what is written from now on, seconds.
    shift: u64,
    /// So many of the last changes are not seen yet by who answers.
    lag: usize,
    /// Streams stay open and say nothing.
    quiet: bool,
    /// Nobody answers.
    away: bool,
    snapshots: usize,
    tenants: BTreeMap<String, Vec<Change>>,
    asked_after: Vec<u64>,
}

impl FakeLog {
    pub(crate) fn new(epoch: u64) -> Self {
        let state = State {
            epoch,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            changed: watch::Sender::new(0),
            broken: watch::Sender::new(0),
        }
    }

    /// Adds new open deals to a tenant's log.
    pub(crate) fn deals(&self, tenant: &str, count: usize) {
        self.deals_of("2017-01-01", tenant, count);
    }

    /// Adds new open deals of a day.
    pub(crate) fn deals_of(&self, day: &str, tenant: &str, count: usize) {
        self.append(tenant, count, |seq| {
            sample::deal(&format!("d{seq}"))
                .created(day)
                .qualified(day)
                .amount("10")
                .entered(day, "Engaging")
                .record()
        });
    }

    /// Adds versions of records.
    pub(crate) fn write(&self, tenant: &str, records: &[Record]) {
        let mut records = records.iter().cloned();
        self.append(tenant, records.len(), |_| records.next().unwrap());
    }

    fn append(&self, tenant: &str, count: usize, mut record: impl FnMut(u64) -> Record) {
        let mut state = self.state.lock().unwrap();
        let shift = state.shift;
        let changes = state.tenants.entry(tenant.to_owned()).or_default();
        for _ in 0..count {
            let seq = changes.len() as u64 + 1;
            let at = |seconds: u64| Some(instant_to_proto(Instant::from_micros(seconds as i64 * 1_000_000)));
            let record = record(seq);
            changes.push(Change {
                seq,
                kind: record.kind().number(),
                id: record.id.clone(),
                prev_seq: 0,
                effective_at: at(1_500_000_000),
                recorded_at: at(1_500_000_000 + seq + shift),
                source_version: 0,
                payload: Some(Payload::Record(record_to_proto(&record))),
            });
        }
        drop(state);
        self.changed.send_modify(|version| *version += 1);
    }

    /// Another life of the log, empty so far.
    pub(crate) fn begin_anew(&self, epoch: u64) {
        let mut state = self.state.lock().unwrap();
        state.epoch = epoch;
        state.tenants.clear();
    }

    /// The database is restored to the first `kept` changes, without a new epoch. No subscription outlives that.
    pub(crate) fn restore(&self, tenant: &str, kept: usize) {
        let mut state = self.state.lock().unwrap();
        state.shift += 1_000;
        state.tenants.get_mut(tenant).unwrap().truncate(kept);
        // Before anybody can read what comes after.
        self.break_streams();
    }

    /// The last change of a tenant cannot be read any more, or again.
    pub(crate) fn spoil(&self, tenant: &str, spoilt: bool) {
        let mut state = self.state.lock().unwrap();
        let last = state.tenants.get_mut(tenant).unwrap().last_mut().unwrap();
        last.effective_at = if spoilt { None } else { last.recorded_at };
    }

    /// Who answers has not seen the last `changes` yet.
    pub(crate) fn lag(&self, changes: usize) {
        self.state.lock().unwrap().lag = changes;
        self.changed.send_modify(|version| *version += 1);
    }

    /// From now on streams stay open and say nothing, or speak again if they are opened anew.
    pub(crate) fn hush(&self, quiet: bool) {
        self.state.lock().unwrap().quiet = quiet;
    }

    /// Nobody answers any more, or again.
    pub(crate) fn leave(&self, away: bool) {
        self.state.lock().unwrap().away = away;
        self.break_streams();
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.state.lock().unwrap().epoch
    }

    /// How many changes there are.
    pub(crate) fn length(&self, tenant: &str) -> u64 {
        self.state.lock().unwrap().tenants[tenant].len() as u64
    }

    /// How many snapshots were asked for.
    pub(crate) fn snapshots(&self) -> usize {
        self.state.lock().unwrap().snapshots
    }

    fn answers(&self) -> Result<(), Status> {
        if self.state.lock().unwrap().away {
            return Err(Status::unavailable("nobody is there"));
        }
        Ok(())
    }

    /// Breaks every subscription off.
    pub(crate) fn break_streams(&self) {
        self.broken.send_modify(|version| *version += 1);
    }

    /// After which sequence numbers subscriptions were asked for.
    pub(crate) fn asked_after(&self) -> Vec<u64> {
        self.state.lock().unwrap().asked_after.clone()
    }

    pub(crate) fn services(&self) -> ServiceSet {
        ServiceSet::new()
            .add(ChangeFeedServiceServer::new(self.clone()))
            .add(TenantServiceServer::new(self.clone()))
    }

    fn head(&self, tenant: &str) -> Position {
        let state = self.state.lock().unwrap();
        Position {
            epoch: state.epoch,
            seq: state
                .tenants
                .get(tenant)
                .map_or(0, |changes| changes.len().saturating_sub(state.lag) as u64),
        }
    }

    /// At most seven changes after a sequence number.
    fn after(&self, tenant: &str, seq: u64) -> Vec<Change> {
        let state = self.state.lock().unwrap();
        let changes = state.tenants.get(tenant).map(Vec::as_slice).unwrap_or_default();
        changes[..changes.len().saturating_sub(state.lag)]
            .iter()
            .skip(usize::try_from(seq).unwrap())
            .take(7)
            .cloned()
            .collect()
    }
}

#[tonic::async_trait]
impl ChangeFeedService for FakeLog {
    type SubscribeStream = Pin<Box<dyn Stream<Item = Result<SubscribeResponse, Status>> + Send>>;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        self.answers()?;
        let request = request.into_inner();
        let after = request
            .after
            .as_ref()
            .map(position_from_proto)
            .unwrap_or_default();
        let head = self.head(&request.tenant);
        self.state.lock().unwrap().asked_after.push(after.seq);
        if after.seq > head.seq || after.epoch != 0 && after.epoch != head.epoch {
            let error = Error::new(
                ErrorCode::OutOfRange,
                ErrorReason::SnapshotRequired,
                "start again",
            );
            return Err(to_status(&error));
        }
        let (sender, receiver) = mpsc::channel(2);
        let (log, mut changed, mut broken) =
            (self.clone(), self.changed.subscribe(), self.broken.subscribe());
        broken.mark_unchanged();
        tokio::spawn(async move {
            let mut seen = after.seq;
            loop {
                changed.mark_unchanged();
                if log.state.lock().unwrap().quiet {
                    return sender.closed().await;
                }
                let changes = log.after(&request.tenant, seen);
                if broken.has_changed().unwrap_or(true) {
                    return;
                }
                if let Some(last) = changes.last() {
                    seen = last.seq;
                    let head = Some(position_to_proto(log.head(&request.tenant)));
                    if sender
                        .send(Ok(SubscribeResponse { changes, head }))
                        .await
                        .is_err()
                    {
                        return;
                    }
                    continue;
                }
                tokio::select! {
                    biased;
                    _ = broken.changed() => return,
                    _ = changed.changed() => {}
                    () = sender.closed() => return,
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    type StreamSnapshotStream = Pin<Box<dyn Stream<Item = Result<StreamSnapshotResponse, Status>> + Send>>;

    async fn stream_snapshot(
        &self,
        request: Request<StreamSnapshotRequest>,
    ) -> Result<Response<Self::StreamSnapshotStream>, Status> {
        self.answers()?;
        self.state.lock().unwrap().snapshots += 1;
        let tenant = request.into_inner().tenant;
        let head = self.head(&tenant);
        let mut messages = Vec::new();
        let mut seen = 0;
        loop {
            let changes = self.after(&tenant, seen);
            seen = changes.last().map_or(seen, |change| change.seq);
            let ended = changes.is_empty();
            let head = Some(position_to_proto(head));
            messages.push(Ok(StreamSnapshotResponse { changes, head }));
            if ended {
                break;
            }
        }
        Ok(Response::new(Box::pin(futures::stream::iter(messages))))
    }

    async fn get_head(&self, request: Request<GetHeadRequest>) -> Result<Response<GetHeadResponse>, Status> {
        self.answers()?;
        let tenant = &request.get_ref().tenant;
        let head = self.head(tenant);
        let last = self.after(tenant, head.seq.saturating_sub(1));
        Ok(Response::new(GetHeadResponse {
            position: Some(position_to_proto(head)),
            recorded_at: last.first().and_then(|change| change.recorded_at),
        }))
    }
}

#[tonic::async_trait]
impl TenantService for FakeLog {
    async fn list_tenants(
        &self,
        _: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        let tenants = self.state.lock().unwrap().tenants.keys().cloned().collect();
        Ok(Response::new(ListTenantsResponse {
            tenants,
            next_page_token: String::new(),
        }))
    }

    async fn get_settings(
        &self,
        _: Request<GetSettingsRequest>,
    ) -> Result<Response<GetSettingsResponse>, Status> {
        Err(Status::unimplemented("not part of this log"))
    }

    async fn update_settings(
        &self,
        _: Request<UpdateSettingsRequest>,
    ) -> Result<Response<UpdateSettingsResponse>, Status> {
        Err(Status::unimplemented("not part of this log"))
    }
}
