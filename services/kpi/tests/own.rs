//! KPIs of a tenant's own in answers: as known at any change, kept as long as nothing they mean or read changes, watched, and
//! still there after a restart.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/node.rs"]
mod node;

use std::path::Path;
use std::time::Duration;

use bellwether_contracts::kpi::catalog_service_client::CatalogServiceClient;
use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    DryRunKpiRequest, KnownAt, KpiValue, ListVersionsRequest, QueryKpisRequest, WatchKpisRequest, known_at,
};
use bellwether_domain::TenantId;
use bellwether_domain::record::{Body, KpiDefinition, KpiStatus, Promotion, Record};
use bellwether_kpi::Config;
use bellwether_kpi::worker::Tenants;
use bellwether_testkit::TestNode;
use tonic::{Code, Status};

use log::FakeLog;

const TENANT: &str = "acme";
const OPEN: &str = "\
name: Own
description: A test.
in_words: deals open
formula: open
unit: count
direction: up
leading: true
cadence: weekly
funnel_stage: pipeline
items: { what: deals open, measure: open }
measures:
  - { name: open, table: open_deals, class: stock, aggregate: count }
";

struct Kpi {
    node: TestNode,
    tenants: Tenants,
}

impl Kpi {
    async fn start(dir: &Path, log: &FakeLog) -> Self {
        let config = Config {
            wait_ms: 5_000,
            watch_min_interval_ms: 5,
            ..Config::default()
        };
        let (node, tenants) = node::start(dir, log, None, config).await;
        Self { node, tenants }
    }

    async fn reach(&self, log: &FakeLog, tenant: &str) {
        let id: TenantId = tenant.parse().unwrap();
        let head = self.tenants.head(&id).await.unwrap();
        assert_eq!(head.seq, log.length(tenant));
        self.tenants.wait_for(&id, head).await.unwrap();
    }

    async fn ask(&self, request: QueryKpisRequest) -> Result<KpiValue, Status> {
        let mut client = KpiServiceClient::new(self.node.channel());
        let mut values = client.query_kpis(request).await?.into_inner().values;
        Ok(values.remove(0))
    }

    async fn value(&self, seq: Option<u64>) -> Result<(Option<String>, u32), Status> {
        let value = self.ask(own(seq)).await?;
        Ok((value.value, value.definition_version))
    }

    fn computations(&self) -> u64 {
        let text = self.node.host().metrics.encode();
        let mut lines = text.lines();
        let found = lines.find_map(|line| line.strip_prefix("kpi_computations_total ")?.parse().ok());
        found.unwrap()
    }
}

fn own(seq: Option<u64>) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: TENANT.to_owned(),
        kpis: vec!["own".to_owned()],
        known_at: seq.map(|seq| KnownAt {
            at: Some(known_at::At::Seq(seq)),
        }),
        ..QueryKpisRequest::default()
    }
}

fn defined(text: &str, status: KpiStatus, promotion: Option<Promotion>) -> Record {
    Record {
        id: "own".to_owned(),
        effective_at: None,
        source_version: 0,
        attributes: Default::default(),
        body: Body::KpiDefinition(Box::new(KpiDefinition {
            definition: text.to_owned(),
            status,
            promotion,
            ..KpiDefinition::default()
        })),
    }
}

/// What it says as known at some changes, and now.
async fn told(kpi: &Kpi) -> Vec<Result<(Option<String>, u32), Status>> {
    let asks = [Some(3), Some(4), Some(5), None].map(|seq| kpi.value(seq));
    futures::future::join_all(asks).await
}

fn twice() -> String {
    OPEN.replace("formula: open", "formula: open * 2")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_counts_from_the_change_that_made_it() {
    let (dir, log) = (tempfile::tempdir().unwrap(), FakeLog::new(1));
    log.deals(TENANT, 3);
    log.write(TENANT, &[defined(OPEN, KpiStatus::Draft, None)]);
    log.write(TENANT, &[defined(&twice(), KpiStatus::Draft, None)]);
    log.deals("globex", 3);
    let kpi = Kpi::start(dir.path(), &log).await;
    let check = |told: Vec<Result<(Option<String>, u32), Status>>| {
        let [unknown, first, second, now] = <[_; 4]>::try_from(told).unwrap();
        assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
        assert_eq!(first.unwrap(), (Some("3".to_owned()), 1));
        assert_eq!(second.unwrap(), (Some("6".to_owned()), 2));
        assert_eq!(now.unwrap(), (Some("6".to_owned()), 2));
    };
    check(told(&kpi).await);
    let theirs = QueryKpisRequest {
        tenant: "globex".to_owned(),
        ..own(None)
    };
    let refused = kpi.ask(theirs).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
    kpi.node.stop().await;
    // From the checkpoint, or from the log: the same.
    for forget in [false, true] {
        if forget {
            std::fs::remove_dir_all(dir.path().join("kpi")).unwrap();
        }
        let again = Kpi::start(dir.path(), &log).await;
        check(told(&again).await);
        let mut client = CatalogServiceClient::new(again.node.channel());
        let request = ListVersionsRequest {
            tenant: TENANT.to_owned(),
            id: "own".to_owned(),
            min_position: None,
        };
        let versions = client.list_versions(request).await.unwrap().into_inner().versions;
        let versions: Vec<u32> = versions.iter().map(|one| one.version).collect();
        assert_eq!(versions, [2, 1]);
        again.node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_about_a_kpi_does_not_cost_its_answers() {
    let (dir, log) = (tempfile::tempdir().unwrap(), FakeLog::new(1));
    log.deals(TENANT, 3);
    log.write(TENANT, &[defined(OPEN, KpiStatus::Draft, None)]);
    let kpi = Kpi::start(dir.path(), &log).await;
    assert_eq!(kpi.value(None).await.unwrap(), (Some("3".to_owned()), 1));
    assert_eq!(kpi.computations(), 1);
    log.write(
        TENANT,
        &[defined(OPEN, KpiStatus::Deprecated, Some(Promotion::default()))],
    );
    kpi.reach(&log, TENANT).await;
    assert_eq!(kpi.value(None).await.unwrap(), (Some("3".to_owned()), 1));
    assert_eq!(kpi.computations(), 1, "it means what it meant");
    log.write(TENANT, &[defined(&twice(), KpiStatus::Draft, None)]);
    kpi.reach(&log, TENANT).await;
    assert_eq!(kpi.value(None).await.unwrap(), (Some("6".to_owned()), 2));
    assert_eq!(kpi.value(Some(4)).await.unwrap(), (Some("3".to_owned()), 1));
    assert_eq!(kpi.computations(), 2, "what was known then was kept");
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_hears_of_another_definition() {
    let (dir, log) = (tempfile::tempdir().unwrap(), FakeLog::new(1));
    log.deals(TENANT, 3);
    log.write(TENANT, &[defined(OPEN, KpiStatus::Draft, None)]);
    let kpi = Kpi::start(dir.path(), &log).await;
    let mut client = KpiServiceClient::new(kpi.node.link().stream_channel());
    let request = WatchKpisRequest {
        query: Some(own(None)),
        ..WatchKpisRequest::default()
    };
    let mut messages = client.watch_kpis(request).await.unwrap().into_inner();
    let mut next = async || {
        let message = tokio::time::timeout(Duration::from_secs(10), messages.message()).await;
        message
            .unwrap()
            .map(|message| message.unwrap().values[0].value.clone().unwrap())
    };
    assert_eq!(next().await.unwrap(), "3");
    log.write(TENANT, &[defined(&twice(), KpiStatus::Draft, None)]);
    assert_eq!(next().await.unwrap(), "6");
    log.write(TENANT, &[defined("name: broken", KpiStatus::Draft, None)]);
    assert_eq!(next().await.unwrap_err().code(), Code::FailedPrecondition);
    kpi.node.stop().await;
}

fn deal(id: &str, owner: &str) -> Record {
    let deal = bellwether_testkit::sample::deal(id).owner(owner);
    deal.created("2017-01-01").qualified("2017-01-01").record()
}

#[tokio::test(flavor = "multi_thread")]
async fn ranks_are_those_of_the_definition_that_was_known_then() {
    let (dir, log) = (tempfile::tempdir().unwrap(), FakeLog::new(1));
    log.write(TENANT, &[deal("a", "ann"), deal("b", "bob"), deal("c", "bob")]);
    log.write(TENANT, &[defined(OPEN, KpiStatus::Draft, None)]);
    let down = OPEN.replace("direction: up", "direction: down");
    log.write(TENANT, &[defined(&down, KpiStatus::Draft, None)]);
    let kpi = Kpi::start(dir.path(), &log).await;
    let best = async |seq: Option<u64>| {
        let request = QueryKpisRequest {
            group_by: vec!["owner".to_owned()],
            ranks: true,
            ..own(seq)
        };
        let mut client = KpiServiceClient::new(kpi.node.channel());
        let values = client.query_kpis(request).await.unwrap().into_inner().values;
        let first = values
            .iter()
            .find(|one| one.rank.is_some_and(|rank| rank.rank == 1));
        first.unwrap().group[0].name.clone().unwrap()
    };
    assert_eq!(best(Some(4)).await, "bob", "more was better");
    assert_eq!(
        (best(Some(5)).await, best(None).await),
        ("ann".to_owned(), "ann".to_owned())
    );
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_that_is_tried_gets_neither_ranks_nor_receipts() {
    let (dir, log) = (tempfile::tempdir().unwrap(), FakeLog::new(1));
    log.deals(TENANT, 3);
    let kpi = Kpi::start(dir.path(), &log).await;
    for (query, field) in [
        (
            QueryKpisRequest {
                ranks: true,
                ..QueryKpisRequest::default()
            },
            "query.ranks: ",
        ),
        (
            QueryKpisRequest {
                receipts: true,
                ..QueryKpisRequest::default()
            },
            "query.receipts: ",
        ),
    ] {
        let request = DryRunKpiRequest {
            tenant: TENANT.to_owned(),
            id: "own".to_owned(),
            definition: OPEN.to_owned(),
            query: Some(query),
        };
        let mut client = CatalogServiceClient::new(kpi.node.channel());
        let refused = client.dry_run_kpi(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with(field), "{refused}");
    }
    kpi.node.stop().await;
}
