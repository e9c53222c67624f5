//! A node whose answers are watched, and what a client hears.

use std::time::Duration;

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{KpiValue, QueryKpisRequest, WatchKind, WatchKpisRequest, WatchKpisResponse};
use bellwether_contracts::types::Position;
use bellwether_domain::TenantId;
use bellwether_domain::record::Record;
use bellwether_kpi::Config;
use bellwether_kpi::worker::Tenants;
use bellwether_testkit::{TestNode, sample};
use tonic::{Status, Streaming};

use crate::log::FakeLog;
use crate::node;

pub(crate) const TENANT: &str = "acme";
/// What is said is said by then.
pub(crate) const SOON: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(300);

pub(crate) type Messages = Streaming<WatchKpisResponse>;

/// A node and what it answers.
pub(crate) struct Kpi {
    pub(crate) node: TestNode,
    tenants: Tenants,
    _dir: tempfile::TempDir,
}

pub(crate) fn quick() -> Config {
    Config {
        wait_ms: 5_000,
        watch_min_interval_ms: 5,
        watch_heartbeat_ms: 60_000,
        ..Config::default()
    }
}

impl Kpi {
    pub(crate) async fn start(log: &FakeLog, config: Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (node, tenants) = node::start(dir.path(), log, None, config).await;
        Self {
            node,
            tenants,
            _dir: dir,
        }
    }

    pub(crate) async fn watch(&self, request: WatchKpisRequest) -> Result<Messages, Status> {
        let mut client = KpiServiceClient::new(self.node.link().stream_channel());
        Ok(client.watch_kpis(request).await?.into_inner())
    }

    pub(crate) async fn query(&self, request: QueryKpisRequest) -> Vec<KpiValue> {
        let mut client = KpiServiceClient::new(self.node.channel());
        client.query_kpis(request).await.unwrap().into_inner().values
    }

    pub(crate) async fn reach(&self, log: &FakeLog) {
        let tenant: TenantId = TENANT.parse().unwrap();
        let head = self.tenants.head(&tenant).await.unwrap();
        assert_eq!(head.seq, log.length(TENANT));
        self.tenants.wait_for(&tenant, head).await.unwrap();
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        let text = self.node.host().metrics.encode();
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap().parse().unwrap()
    }
}

pub(crate) fn asked(kpi: &str, group_by: &[&str]) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: TENANT.to_owned(),
        kpis: vec![kpi.to_owned()],
        group_by: group_by.iter().map(ToString::to_string).collect(),
        ..QueryKpisRequest::default()
    }
}

pub(crate) fn watched(query: QueryKpisRequest) -> WatchKpisRequest {
    WatchKpisRequest {
        query: Some(query),
        ..WatchKpisRequest::default()
    }
}

pub(crate) async fn next(messages: &mut Messages) -> WatchKpisResponse {
    let message = tokio::time::timeout(SOON, messages.message()).await;
    message.expect("it says something").unwrap().expect("it goes on")
}

pub(crate) async fn ended(messages: &mut Messages) -> Status {
    loop {
        let message = tokio::time::timeout(SOON, messages.message()).await;
        if let Err(status) = message.expect("it ends") {
            return status;
        }
    }
}

pub(crate) async fn is_quiet(messages: &mut Messages) -> bool {
    tokio::time::timeout(QUIET, messages.message()).await.is_err()
}

pub(crate) fn seq(message: &WatchKpisResponse) -> u64 {
    position(message).seq
}

pub(crate) fn position(message: &WatchKpisResponse) -> Position {
    message.at.as_ref().unwrap().watermark.unwrap().position.unwrap()
}

/// The one value of a message.
pub(crate) fn one(message: &WatchKpisResponse) -> (WatchKind, &str, u64) {
    assert_eq!(message.values.len(), 1, "{message:?}");
    let value = &message.values[0];
    assert_eq!(value.watermark, message.at.as_ref().unwrap().watermark);
    assert_eq!(value.as_of, message.at.as_ref().unwrap().as_of);
    (message.kind(), value.value.as_deref().unwrap(), seq(message))
}

pub(crate) fn owned(id: &str, owner: &str, amount: &str) -> Record {
    sample::deal(id)
        .owner(owner)
        .created("2017-01-01")
        .qualified("2017-01-01")
        .amount(amount)
        .record()
}
