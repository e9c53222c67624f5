//! The service against a log of its own making: it follows, waits, restarts from a checkpoint and starts anew when the
//! log does.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[path = "follow/node.rs"]
mod node;

use std::path::Path;
use std::time::{Duration, Instant};

use bellwether_domain::{ErrorCode, ErrorReason, Position, TenantId};
use bellwether_kpi::Config;
use bellwether_kpi::table::Table;
use bellwether_kpi::worker::Tenants;
use bellwether_testkit::TestNode;

use log::FakeLog;

const TENANT: &str = "acme";

fn tenant() -> TenantId {
    TENANT.parse().unwrap()
}

/// A node with the service on it, following `log`.
async fn start(dir: &Path, log: &FakeLog) -> (TestNode, Tenants) {
    start_with(dir, log, 400).await
}

/// A node that bears so many milliseconds of silence, and a log that stays behind for as long.
async fn start_with(dir: &Path, log: &FakeLog, feed_silence_ms: u64) -> (TestNode, Tenants) {
    let config = Config {
        wait_ms: 3000,
        feed_silence_ms,
        ..Config::default()
    };
    node::start(dir, log, None, config).await
}

/// How many deals are open, at which position.
async fn open_deals(tenants: &Tenants) -> (Position, usize) {
    tenants
        .read(&tenant(), |facts| {
            (facts.position(), facts.live_rows(Table::OpenDeals))
        })
        .await
        .unwrap()
}

fn at(epoch: u64, seq: u64) -> Position {
    Position { epoch, seq }
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_the_log_and_waits_for_positions() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(7);
    log.deals(TENANT, 5);
    let (node, tenants) = start(dir.path(), &log).await;
    tokio::time::timeout(Duration::from_secs(5), node.host().readiness.wait())
        .await
        .unwrap();
    assert_eq!(open_deals(&tenants).await, (at(7, 5), 5));
    assert_eq!(tenants.head(&tenant()).await.unwrap(), at(7, 5));

    let (waiting, position) = (tenants.clone(), at(7, 8));
    let waiting = tokio::spawn(async move { waiting.wait_for(&tenant(), position).await });
    log.deals(TENANT, 3);
    waiting.await.unwrap().unwrap();
    assert_eq!(open_deals(&tenants).await, (at(7, 8), 8));

    let late = tenants.wait_for(&tenant(), at(7, 9)).await.unwrap_err();
    assert_eq!(
        (late.code, late.reason),
        (ErrorCode::Unavailable, ErrorReason::PositionNotReached)
    );
    assert!(late.retry_after_ms.is_some());
    let foreign = tenants.wait_for(&tenant(), at(6, 1)).await.unwrap_err();
    assert_eq!(
        (foreign.code, foreign.reason),
        (ErrorCode::OutOfRange, ErrorReason::SnapshotRequired)
    );
    let unknown = tenants
        .read(&"nobody".parse().unwrap(), |_| ())
        .await
        .unwrap_err();
    assert_eq!(
        (unknown.code, unknown.reason),
        (ErrorCode::NotFound, ErrorReason::UnknownTenant)
    );

    log.deals("later", 2);
    let rows = tenants
        .read(&"later".parse().unwrap(), |facts| {
            facts.live_rows(Table::OpenDeals)
        })
        .await
        .unwrap();
    assert_eq!(rows, 2, "a tenant is loaded on first use");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_waits_for_what_is_no_longer_reached() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 2);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 2), 2));
    let waiting = tenants.clone();
    let waiting = tokio::spawn(async move { waiting.wait_for(&tenant(), at(1, 3)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let since = Instant::now();
    node.stop().await;
    let ended = waiting.await.unwrap().unwrap_err();
    assert_eq!(
        (ended.code, ended.reason),
        (ErrorCode::Unavailable, ErrorReason::ShuttingDown)
    );
    assert!(ended.retry_after_ms.is_some(), "another replica may know it");
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_feed_is_taken_up_where_it_broke() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 5);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 5), 5));
    log.break_streams();
    log.deals(TENANT, 5);
    tenants.wait_for(&tenant(), at(1, 10)).await.unwrap();
    assert_eq!(open_deals(&tenants).await, (at(1, 10), 10));
    assert_eq!(log.asked_after(), [0, 4], "from the change at which it stood");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_from_the_checkpoint_unless_the_log_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 40);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 40), 40));
    node.stop().await;

    log.deals(TENANT, 2);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 42), 42));
    assert_eq!(log.asked_after(), [0, 39]);
    node.stop().await;

    // The same epoch, but shorter than what was seen of it.
    let shorter = FakeLog::new(1);
    shorter.deals(TENANT, 10);
    let (node, tenants) = start(dir.path(), &shorter).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 10), 10));
    assert_eq!(shorter.asked_after(), [0]);
    node.stop().await;

    let restored = FakeLog::new(2);
    restored.deals(TENANT, 60);
    let (node, tenants) = start(dir.path(), &restored).await;
    assert_eq!(open_deals(&tenants).await, (at(2, 60), 60));
    assert_eq!(restored.asked_after(), [0]);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_begins_anew_is_read_anew() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 20);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 20), 20));
    log.begin_anew(2);
    log.deals(TENANT, 3);
    log.break_streams();
    tenants.wait_for(&tenant(), at(2, 3)).await.unwrap();
    assert_eq!(open_deals(&tenants).await, (at(2, 3), 3));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_epoch_comes_as_a_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 20);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 20), 20));
    log.begin_anew(2);
    log.deals(TENANT, 30);
    log.break_streams();
    tenants.wait_for(&tenant(), at(2, 30)).await.unwrap();
    assert_eq!(open_deals(&tenants).await, (at(2, 30), 30));
    assert_eq!(log.snapshots(), 1);
    log.deals(TENANT, 1);
    tenants.wait_for(&tenant(), at(2, 31)).await.unwrap();
    assert_eq!(
        log.asked_after().last(),
        Some(&29),
        "the feed goes on where the snapshot ended"
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_lags_takes_nothing_back() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 20);
    let (node, tenants) = start_with(dir.path(), &log, 30_000).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 20), 20));
    log.lag(5);
    log.break_streams();
    let asked = log.asked_after().len();
    while log.asked_after().len() < asked + 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        (open_deals(&tenants).await, log.snapshots()),
        ((at(1, 20), 20), 0)
    );
    assert_eq!(tenants.head(&tenant()).await.unwrap(), at(1, 15));
    log.lag(0);
    log.deals(TENANT, 1);
    tenants.wait_for(&tenant(), at(1, 21)).await.unwrap();
    assert_eq!(
        (open_deals(&tenants).await, log.snapshots()),
        ((at(1, 21), 21), 0)
    );
    node.stop().await;
}

/// However far the restored log has come by the time that it is seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_log_of_the_same_epoch_is_read_anew() {
    for new in [1, 5, 30] {
        let dir = tempfile::tempdir().unwrap();
        let log = FakeLog::new(1);
        log.deals(TENANT, 20);
        let (node, tenants) = start(dir.path(), &log).await;
        assert_eq!(open_deals(&tenants).await, (at(1, 20), 20));
        log.leave(true);
        log.restore(TENANT, 15);
        log.deals(TENANT, new);
        log.leave(false);
        while log.snapshots() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let length = 15 + new;
        assert_eq!(open_deals(&tenants).await, (at(1, length as u64), length));
        node.stop().await;
    }
}

/// Nothing is written afterwards that would tell its history from the one that was seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_its_tail_is_read_anew() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 20);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 20), 20));
    log.restore(TENANT, 15);
    log.break_streams();
    let end = Instant::now() + Duration::from_secs(20);
    while log.snapshots() == 0 {
        assert!(Instant::now() < end, "the facts stay ahead of their log");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(open_deals(&tenants).await, (at(1, 15), 15));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_cannot_be_read_holds_up_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    let broken: TenantId = "a-broken-one".parse().unwrap();
    log.deals(broken.as_str(), 3);
    log.spoil(broken.as_str(), true);
    log.deals(TENANT, 5);
    let (node, tenants) = start(dir.path(), &log).await;
    tokio::time::timeout(Duration::from_secs(20), node.host().readiness.wait())
        .await
        .unwrap();
    assert_eq!(open_deals(&tenants).await, (at(1, 5), 5));
    let error = tenants.read(&broken, |_| ()).await.unwrap_err();
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::Unavailable, ErrorReason::PositionNotReached)
    );
    assert!(error.message.contains("cannot be read"), "{error}");
    let metrics = node.host().metrics.encode();
    assert!(
        metrics.contains("kpi_facts_failures_total{tenant=\"a-broken-one\"}"),
        "{metrics}"
    );

    log.spoil(broken.as_str(), false);
    let end = Instant::now() + Duration::from_secs(20);
    let rows = |facts: &bellwether_kpi::tenant::TenantFacts| facts.live_rows(Table::OpenDeals);
    while tenants.read(&broken, rows).await.ok() != Some(3) {
        assert!(Instant::now() < end, "it is tried on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_feed_is_opened_anew() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 3);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 3), 3));
    log.hush(true);
    log.deals(TENANT, 1);
    tokio::time::sleep(Duration::from_millis(100)).await;
    log.hush(false);
    tenants.wait_for(&tenant(), at(1, 4)).await.unwrap();
    assert!(log.asked_after().len() >= 2);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ingestion_what_is_there_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let log = FakeLog::new(1);
    log.deals(TENANT, 3);
    let (node, tenants) = start(dir.path(), &log).await;
    assert_eq!(open_deals(&tenants).await, (at(1, 3), 3));
    log.leave(true);
    assert_eq!(open_deals(&tenants).await, (at(1, 3), 3));
    let head = tenants.head(&tenant()).await.unwrap_err();
    assert_eq!(head.code, ErrorCode::Unavailable);
    assert!(head.retry_after_ms.is_some(), "{head:?}");
    assert_eq!(
        head.message, "ingestion cannot be reached: ask again",
        "what a transport says may name addresses"
    );
    assert!(
        node.host().readiness.is_ready(),
        "readiness depends on no peer after the start"
    );
    log.deals(TENANT, 2);
    tokio::time::sleep(Duration::from_secs(1)).await;
    log.leave(false);
    tenants.wait_for(&tenant(), at(1, 5)).await.unwrap();
    node.stop().await;
}
