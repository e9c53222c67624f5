//! Answers as callers see them: where they come from, that they are right while everything changes, and that neither
//! the shared cache nor its absence shows.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[path = "follow/node.rs"]
mod node;

use std::time::{Duration, Instant};

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    KnownAt, KpiValue, MinPosition, Path, QueryKpisRequest, known_at, min_position,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::TenantId;
use bellwether_kpi::Config;
use bellwether_kpi::worker::Tenants;
use bellwether_storage::cache::{SharedCache, SharedCacheOptions};
use bellwether_testkit::TestNode;
use bellwether_testkit::servers::Redis;
use tonic::Code;

use log::FakeLog;

const TENANT: &str = "acme";

/// A node and what it answers.
struct Kpi {
    node: TestNode,
    tenants: Tenants,
    _dir: tempfile::TempDir,
}

impl Kpi {
    async fn start(log: &FakeLog, shared: Option<SharedCache>, cache_bytes: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            cache_bytes,
            shared_min_micros: 0,
            wait_ms: 5_000,
            ..Config::default()
        };
        let (node, tenants) = node::start(dir.path(), log, shared, config).await;
        Self {
            node,
            tenants,
            _dir: dir,
        }
    }

    async fn query(&self, request: QueryKpisRequest) -> Result<Vec<KpiValue>, tonic::Status> {
        let mut client = KpiServiceClient::new(self.node.channel());
        Ok(client.query_kpis(request).await?.into_inner().values)
    }

    /// The one value of an answer.
    async fn one(&self, request: QueryKpisRequest) -> KpiValue {
        let mut values = self.query(request).await.unwrap();
        assert_eq!(values.len(), 1, "{values:?}");
        values.remove(0)
    }

    async fn reach(&self, log: &FakeLog) {
        let tenant: TenantId = TENANT.parse().unwrap();
        let head = self.tenants.head(&tenant).await.unwrap();
        assert_eq!(head.epoch, log.epoch());
        self.tenants.wait_for(&tenant, head).await.unwrap();
    }

    /// Answers that were computed.
    fn computations(&self) -> u64 {
        self.number("kpi_computations_total")
    }

    /// The number of that name at `/metrics`.
    fn number(&self, name: &str) -> u64 {
        let text = self.node.host().metrics.encode();
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap().parse().unwrap()
    }
}

fn asked(kpi: &str) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: TENANT.to_owned(),
        kpis: vec![kpi.to_owned()],
        ..QueryKpisRequest::default()
    }
}

/// How many deals are open: in these logs as many as there are changes.
fn open_deals() -> QueryKpisRequest {
    asked("open_deals")
}

fn created_in_january() -> QueryKpisRequest {
    let day = |text: &str| {
        Some(DateOrTime {
            value: Some(date_or_time::Value::Date(text.to_owned())),
        })
    };
    QueryKpisRequest {
        from: day("2017-01-01"),
        to: day("2017-02-01"),
        ..asked("pipeline_created")
    }
}

fn seq(value: &KpiValue) -> u64 {
    value.watermark.unwrap().position.unwrap().seq
}

/// A value without where it came from and what it stands on.
fn bare(value: &KpiValue) -> KpiValue {
    KpiValue {
        watermark: None,
        path: 0,
        path_reason: String::new(),
        ..value.clone()
    }
}

async fn cache(redis: &Redis) -> SharedCache {
    let cache = SharedCache::open(&redis.url(), SharedCacheOptions::default()).unwrap();
    assert!(cache.connected(Duration::from_secs(10)).await);
    cache
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_until_something_that_it_reads_changes() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 5);
    let kpi = Kpi::start(&log, None, 1 << 20).await;
    let first = kpi.one(created_in_january()).await;
    let second = kpi.one(created_in_january()).await;
    assert_eq!((first.path(), second.path()), (Path::Scan, Path::Memory));
    assert!(first.path_reason.contains("scan") && second.path_reason.contains("memory"));
    assert_eq!((bare(&first), first.watermark), (bare(&second), second.watermark));

    log.deals_of("2019-06-01", TENANT, 2);
    kpi.reach(&log).await;
    let third = kpi.one(created_in_january()).await;
    assert_eq!(
        (third.path(), seq(&third), bare(&third)),
        (Path::Memory, 7, bare(&first))
    );
    let back = KnownAt {
        at: Some(known_at::At::Seq(5)),
    };
    let then = kpi
        .one(QueryKpisRequest {
            known_at: Some(back),
            ..created_in_january()
        })
        .await;
    assert_eq!(
        (then.path(), then.watermark, bare(&then)),
        (Path::Memory, first.watermark, bare(&first))
    );

    log.deals(TENANT, 1);
    kpi.reach(&log).await;
    let fourth = kpi.one(created_in_january()).await;
    assert_eq!(
        (fourth.path(), seq(&fourth), fourth.value.as_deref()),
        (Path::Scan, 8, Some("60"))
    );
    assert_eq!(kpi.computations(), 2);

    let wrong = kpi.query(asked("win_ratio")).await.unwrap_err();
    assert_eq!(wrong.code(), Code::NotFound);
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_who_ask_at_once_cost_one_computation() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 50);
    let kpi = Kpi::start(&log, None, 1 << 20).await;
    kpi.reach(&log).await;
    let answers = futures::future::join_all((0..1_000).map(|_| kpi.one(open_deals()))).await;
    assert!(answers.iter().all(|answer| answer.value.as_deref() == Some("50")));
    assert_eq!(kpi.computations(), 1);
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_computed_another_finds() {
    let (log, redis) = (FakeLog::new(1), Redis::start());
    log.deals(TENANT, 5);
    let one = Kpi::start(&log, Some(cache(&redis).await), 0).await;
    let other = Kpi::start(&log, Some(cache(&redis).await), 0).await;
    let computed = one.one(open_deals()).await;
    assert_eq!(computed.path(), Path::Scan);
    let end = Instant::now() + Duration::from_secs(5);
    let mut found = other.one(open_deals()).await;
    while found.path() != Path::Shared && Instant::now() < end {
        found = other.one(open_deals()).await;
    }
    assert_eq!(
        (found.path(), bare(&found), found.watermark),
        (Path::Shared, bare(&computed), computed.watermark)
    );
    assert!(found.path_reason.contains("another process"));

    redis.kill();
    for kpi in [&one, &other] {
        let alone = kpi.one(open_deals()).await;
        assert_eq!((alone.path(), bare(&alone)), (Path::Scan, bare(&computed)));
    }
    redis.start_again();
    let end = Instant::now() + Duration::from_secs(10);
    while other.one(open_deals()).await.path() != Path::Shared {
        assert!(Instant::now() < end, "the cache is not used again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    one.node.stop().await;
    other.node.stop().await;
}

/// RELIABILITY F14: what was never asked might be dear, so that its lease is worth a call, but not after a slow one.
#[tokio::test(flavor = "multi_thread")]
async fn a_hung_cache_holds_a_question_up_once() {
    let (log, redis) = (FakeLog::new(1), Redis::start());
    log.deals(TENANT, 5);
    let kpi = Kpi::start(&log, Some(cache(&redis).await), 0).await;
    kpi.reach(&log).await;
    assert_eq!(kpi.number("kpi_shared_cache_open"), 0);
    redis.pause();
    kpi.one(open_deals()).await;
    // The look fails, and behind the caller's back the storing; a third call would open the breaker.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(kpi.number("kpi_shared_cache_errors_total") <= 2);
    assert_eq!(kpi.number("kpi_shared_cache_breaker_opens_total"), 0);
    redis.resume();
    kpi.node.stop().await;
}

/// RELIABILITY F16.
#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_cache_costs_one_computation_a_process() {
    let (log, redis) = (FakeLog::new(1), Redis::start());
    log.deals(TENANT, 50);
    let one = Kpi::start(&log, Some(cache(&redis).await), 1 << 20).await;
    let other = Kpi::start(&log, Some(cache(&redis).await), 1 << 20).await;
    redis.cli(&["FLUSHALL"]);
    let readers = (0..1_000).map(|reader| if reader % 2 == 0 { &one } else { &other });
    let answers = futures::future::join_all(readers.map(|kpi| kpi.one(open_deals()))).await;
    assert!(answers.iter().all(|answer| answer.value.as_deref() == Some("50")));
    assert!(one.computations() <= 1 && other.computations() <= 1);
    one.node.stop().await;
    other.node.stop().await;
}

/// RELIABILITY F17: an answer says how much of the log it stands on, and here that is its value too, whoever computed it
/// when, and whatever was written meanwhile; also in a new life of the log.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_older_or_newer_than_it_says() {
    let (log, redis) = (FakeLog::new(1), Redis::start());
    log.deals(TENANT, 10);
    let one = Kpi::start(&log, Some(cache(&redis).await), 0).await;
    let other = Kpi::start(&log, Some(cache(&redis).await), 1 << 20).await;
    let writing = log.clone();
    let writer = tokio::spawn(async move {
        for round in 0..150_usize {
            writing.deals(TENANT, round % 4);
            if round == 75 {
                writing.begin_anew(2);
                writing.deals(TENANT, 5);
                writing.break_streams();
            }
            if round == 110 {
                writing.restore(TENANT, 8);
                writing.deals(TENANT, 1);
                writing.break_streams();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let mut answers = 0;
    while !writer.is_finished() {
        let round = (0..16).map(|reader| {
            let kpi = if reader % 2 == 0 { &one } else { &other };
            let mut request = open_deals();
            if reader % 4 == 0 {
                request.min_position = Some(MinPosition {
                    at: Some(min_position::At::Head(true)),
                });
            }
            kpi.query(request)
        });
        for answer in futures::future::join_all(round).await {
            match answer {
                Ok(values) => {
                    assert_eq!(
                        values[0].value,
                        Some(seq(&values[0]).to_string()),
                        "{:?}",
                        values[0]
                    );
                    answers += 1;
                }
                // A new life: the position asked for is gone, or not read yet.
                Err(status) => assert!(
                    matches!(status.code(), Code::Unavailable | Code::OutOfRange),
                    "{status}"
                ),
            }
        }
    }
    writer.await.unwrap();
    assert!(answers > 100, "{answers}");
    for kpi in [&one, &other] {
        let end = Instant::now() + Duration::from_secs(5);
        let last = loop {
            kpi.reach(&log).await;
            let last = kpi.one(open_deals()).await;
            if seq(&last) == log.length(TENANT) || Instant::now() > end {
                break last;
            }
        };
        assert_eq!(last.value, Some(log.length(TENANT).to_string()));
    }
    one.node.stop().await;
    other.node.stop().await;
}
