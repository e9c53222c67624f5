//! Watches as clients see them: the answer at once, then what changed, as often as they bear it and no more than they
//! read.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[path = "follow/node.rs"]
mod node;

use std::time::{Duration, Instant};

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    KpiValue, QueryKpisRequest, WatchKind, WatchKpisRequest, WatchKpisResponse, WatchPoint, Watermark,
};
use bellwether_contracts::status::from_status;
use bellwether_contracts::types::{DateOrTime, Position, date_or_time};
use bellwether_domain::{Currency, ErrorReason, Money, TenantId};
use bellwether_kpi::Config;
use bellwether_kpi::worker::Tenants;
use bellwether_testkit::{TestNode, sample};
use futures::future::join_all;
use tonic::transport::Endpoint;
use tonic::{Code, Request, Status, Streaming};

use log::FakeLog;

const TENANT: &str = "acme";
/// What is said is said by then.
const SOON: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(300);

type Messages = Streaming<WatchKpisResponse>;

/// A node and what it answers.
struct Kpi {
    node: TestNode,
    tenants: Tenants,
    _dir: tempfile::TempDir,
}

fn quick() -> Config {
    Config {
        wait_ms: 5_000,
        watch_min_interval_ms: 5,
        watch_heartbeat_ms: 60_000,
        ..Config::default()
    }
}

impl Kpi {
    async fn start(log: &FakeLog, config: Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (node, tenants) = node::start(dir.path(), log, None, config).await;
        Self {
            node,
            tenants,
            _dir: dir,
        }
    }

    async fn watch(&self, request: WatchKpisRequest) -> Result<Messages, Status> {
        let mut client = KpiServiceClient::new(self.node.link().stream_channel());
        Ok(client.watch_kpis(request).await?.into_inner())
    }

    async fn query(&self, request: QueryKpisRequest) -> Vec<KpiValue> {
        let mut client = KpiServiceClient::new(self.node.channel());
        client.query_kpis(request).await.unwrap().into_inner().values
    }

    async fn reach(&self, log: &FakeLog) {
        let tenant: TenantId = TENANT.parse().unwrap();
        let head = self.tenants.head(&tenant).await.unwrap();
        assert_eq!(head.seq, log.length(TENANT));
        self.tenants.wait_for(&tenant, head).await.unwrap();
    }

    fn number(&self, name: &str) -> u64 {
        let text = self.node.host().metrics.encode();
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap().parse().unwrap()
    }
}

fn asked(kpi: &str, group_by: &[&str]) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: TENANT.to_owned(),
        kpis: vec![kpi.to_owned()],
        group_by: group_by.iter().map(ToString::to_string).collect(),
        ..QueryKpisRequest::default()
    }
}

fn watched(query: QueryKpisRequest) -> WatchKpisRequest {
    WatchKpisRequest {
        query: Some(query),
        ..WatchKpisRequest::default()
    }
}

async fn next(messages: &mut Messages) -> WatchKpisResponse {
    let message = tokio::time::timeout(SOON, messages.message()).await;
    message.expect("it says something").unwrap().expect("it goes on")
}

async fn ended(messages: &mut Messages) -> Status {
    loop {
        let message = tokio::time::timeout(SOON, messages.message()).await;
        if let Err(status) = message.expect("it ends") {
            return status;
        }
    }
}

async fn is_quiet(messages: &mut Messages) -> bool {
    tokio::time::timeout(QUIET, messages.message()).await.is_err()
}

fn seq(message: &WatchKpisResponse) -> u64 {
    position(message).seq
}

fn position(message: &WatchKpisResponse) -> Position {
    message.at.as_ref().unwrap().watermark.unwrap().position.unwrap()
}

/// The one value of a message.
fn one(message: &WatchKpisResponse) -> (WatchKind, &str, u64) {
    assert_eq!(message.values.len(), 1, "{message:?}");
    let value = &message.values[0];
    assert_eq!(value.watermark, message.at.as_ref().unwrap().watermark);
    assert_eq!(value.as_of, message.at.as_ref().unwrap().as_of);
    (message.kind(), value.value.as_deref().unwrap(), seq(message))
}

fn owned(id: &str, owner: &str, amount: &str) -> bellwether_domain::record::Record {
    sample::deal(id)
        .owner(owner)
        .created("2017-01-01")
        .qualified("2017-01-01")
        .amount(amount)
        .record()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_comes_at_once_and_then_what_changed() {
    let log = FakeLog::new(1);
    log.write(TENANT, &[owned("d1", "ann", "10"), owned("d2", "bob", "20")]);
    let kpi = Kpi::start(&log, quick()).await;
    let query = asked("pipeline_value", &["owner"]);
    let mut changes = kpi.watch(watched(query.clone())).await.unwrap();
    let mut whole = kpi
        .watch(WatchKpisRequest {
            full: true,
            ..watched(query.clone())
        })
        .await
        .unwrap();
    for messages in [&mut changes, &mut whole] {
        let first = next(messages).await;
        assert_eq!(
            (first.kind(), first.values.len(), seq(&first)),
            (WatchKind::Complete, 2, 2)
        );
        assert!(is_quiet(messages).await, "nothing has changed");
    }
    log.write(TENANT, &[owned("d2", "bob", "25")]);
    let (changed, all) = (next(&mut changes).await, next(&mut whole).await);
    assert_eq!(one(&changed), (WatchKind::Changes, "25", 3));
    assert_eq!(changed.values[0].group[0].name.as_deref(), Some("bob"));
    assert_eq!(
        (all.kind(), all.values.len(), seq(&all)),
        (WatchKind::Complete, 2, 3)
    );
    assert_eq!(all.values[1].value.as_deref(), Some("25"));
    // Bob's only deal goes to Cy: one value is gone, another is new.
    log.write(TENANT, &[owned("d2", "cy", "25")]);
    let changed = next(&mut changes).await;
    let names = |message: &WatchKpisResponse| -> Vec<Option<String>> {
        message
            .removed
            .iter()
            .map(|key| key.group[0].name.clone())
            .collect()
    };
    assert_eq!(one(&changed), (WatchKind::Changes, "25", 4));
    assert_eq!(names(&changed), [Some("bob".to_owned())]);
    assert_eq!(kpi.query(query).await.len(), 2);
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_watch_says_how_far_nothing_changed() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 5);
    let config = Config {
        watch_heartbeat_ms: 400,
        ..quick()
    };
    let kpi = Kpi::start(&log, config).await;
    let day = |text: &str| {
        Some(DateOrTime {
            value: Some(date_or_time::Value::Date(text.to_owned())),
        })
    };
    let january = QueryKpisRequest {
        from: day("2017-01-01"),
        to: day("2017-02-01"),
        ..asked("pipeline_created", &[])
    };
    let mut messages = kpi.watch(watched(january)).await.unwrap();
    assert_eq!(one(&next(&mut messages).await), (WatchKind::Complete, "50", 5));
    log.deals_of("2019-06-01", TENANT, 2);
    let heartbeat = loop {
        let message = next(&mut messages).await;
        assert_eq!((message.kind(), message.values.len()), (WatchKind::Heartbeat, 0));
        if seq(&message) == 7 {
            break message;
        }
    };
    assert!(heartbeat.at.unwrap().as_of.is_some());
    assert_eq!(kpi.number("kpi_computations_total"), 1);
    log.deals(TENANT, 1);
    let mut message = next(&mut messages).await;
    while message.kind() == WatchKind::Heartbeat {
        message = next(&mut messages).await;
    }
    assert_eq!(one(&message), (WatchKind::Changes, "60", 8));
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_watches_of_one_question_cost_one_computation() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 5);
    let kpi = Kpi::start(&log, quick()).await;
    let watches = join_all((0..100).map(|_| kpi.watch(watched(asked("open_deals", &[])))));
    let mut watches: Vec<Messages> = watches.await.into_iter().map(Result::unwrap).collect();
    let heard = join_all(watches.iter_mut().map(next)).await;
    assert!(
        heard
            .iter()
            .all(|message| one(message) == (WatchKind::Complete, "5", 5))
    );
    assert_eq!(
        (kpi.number("kpi_watches"), kpi.number("kpi_computations_total")),
        (100, 1)
    );
    log.deals(TENANT, 1);
    let heard = join_all(watches.iter_mut().map(next)).await;
    assert!(
        heard
            .iter()
            .all(|message| one(message) == (WatchKind::Changes, "6", 6))
    );
    assert_eq!(kpi.number("kpi_computations_total"), 2);
    drop(watches);
    let end = Instant::now() + SOON;
    while kpi.number("kpi_watches") > 0 {
        assert!(Instant::now() < end, "watches that nobody reads stay open");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kpi.node.stop().await;
}

/// A reader that stalls: what it can be sent is bounded by its window, and nothing is kept for it besides.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stalls_is_sent_the_newest_state_and_no_queue() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 1);
    let kpi = Kpi::start(&log, quick()).await;
    let endpoint = Endpoint::from_shared(kpi.node.url().to_owned()).unwrap();
    let endpoint = endpoint.initial_stream_window_size(1_024);
    let mut client = KpiServiceClient::new(endpoint.connect().await.unwrap());
    let mut request = Request::new(watched(asked("open_deals", &[])));
    let token = format!("Bearer {}", kpi.node.token());
    request
        .metadata_mut()
        .insert("authorization", token.parse().unwrap());
    let mut stalled = client.watch_kpis(request).await.unwrap().into_inner();
    let mut reading = kpi.watch(watched(asked("open_deals", &[]))).await.unwrap();
    let mut read = 0;
    for _ in 0..200 {
        log.deals(TENANT, 1);
        next(&mut reading).await;
        read += 1;
    }
    assert_eq!((read, log.length(TENANT)), (200, 201));
    kpi.reach(&log).await;
    let mut heard = 0;
    loop {
        let message = next(&mut stalled).await;
        heard += 1;
        if one(&message).1 == "201" {
            break;
        }
    }
    assert!(heard < 20, "{heard} messages were kept for who did not read");
    assert!(is_quiet(&mut stalled).await, "the newest is the last");
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_lie_apart_as_the_client_asks() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 1);
    let kpi = Kpi::start(&log, quick()).await;
    let mut slow = kpi
        .watch(WatchKpisRequest {
            min_interval_ms: 400,
            ..watched(asked("open_deals", &[]))
        })
        .await
        .unwrap();
    next(&mut slow).await;
    let since = Instant::now();
    for _ in 0..3 {
        log.deals(TENANT, 1);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let message = next(&mut slow).await;
    // What was sent first was on its way for a while before it was read here.
    assert!(
        since.elapsed() >= Duration::from_millis(300),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(
        one(&message),
        (WatchKind::Changes, "4", 4),
        "one message for three changes"
    );
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn midnight_changes_what_is_asked_without_any_record() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 2);
    log.deals_of("2020-01-02", TENANT, 1);
    let kpi = Kpi::start(&log, quick()).await;
    let mut messages = kpi.watch(watched(asked("open_deals", &[]))).await.unwrap();
    let first = next(&mut messages).await;
    assert_eq!(
        one(&first),
        (WatchKind::Complete, "2", 3),
        "the third is of tomorrow"
    );
    kpi.node.clock().advance(24 * 3_600 * 1_000_000);
    let second = next(&mut messages).await;
    assert_eq!(one(&second), (WatchKind::Changes, "3", 3));
    let seconds = |message: &WatchKpisResponse| message.at.as_ref().unwrap().as_of.unwrap().seconds;
    assert_eq!(seconds(&second) - seconds(&first), 24 * 3_600);
    kpi.node.clock().advance(24 * 3_600 * 1_000_000);
    let third = next(&mut messages).await;
    assert_eq!((third.kind(), third.values.len()), (WatchKind::Heartbeat, 0));
    assert_eq!(seconds(&third) - seconds(&second), 24 * 3_600);
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_hears_what_differs_from_then() {
    let log = FakeLog::new(1);
    log.write(TENANT, &[owned("d1", "ann", "10"), owned("d2", "bob", "20")]);
    let kpi = Kpi::start(&log, quick()).await;
    let query = asked("pipeline_value", &["owner"]);
    let from = |after: &WatchPoint| WatchKpisRequest {
        after: Some(after.clone()),
        ..watched(query.clone())
    };
    let then = next(&mut kpi.watch(watched(query.clone())).await.unwrap())
        .await
        .at
        .unwrap();
    let mut same = kpi.watch(from(&then)).await.unwrap();
    assert!(is_quiet(&mut same).await, "nothing differs");
    log.write(TENANT, &[owned("d2", "bob", "25")]);
    assert_eq!(one(&next(&mut same).await), (WatchKind::Changes, "25", 3));
    kpi.reach(&log).await;
    assert_eq!(
        one(&next(&mut kpi.watch(from(&then)).await.unwrap()).await),
        (WatchKind::Changes, "25", 3)
    );
    // Also after midnight, and by the position alone.
    kpi.node.clock().advance(24 * 3_600 * 1_000_000);
    assert_eq!(
        one(&next(&mut kpi.watch(from(&then)).await.unwrap()).await),
        (WatchKind::Changes, "25", 3)
    );
    let bare = WatchPoint {
        watermark: Some(Watermark {
            position: then.watermark.unwrap().position,
            recorded_at: None,
        }),
        ..WatchPoint::default()
    };
    assert_eq!(
        one(&next(&mut kpi.watch(from(&bare)).await.unwrap()).await),
        (WatchKind::Changes, "25", 3)
    );
    // What the server would not say any more of that position, or never said.
    let moved = |epoch, seq| Watermark {
        position: Some(Position { epoch, seq }),
        recorded_at: None,
    };
    let unknown = [
        WatchPoint {
            state: vec![7; 16],
            ..then.clone()
        },
        WatchPoint {
            watermark: Some(moved(2, 2)),
            ..then.clone()
        },
        WatchPoint {
            watermark: Some(moved(1, 99)),
            ..then.clone()
        },
    ];
    for point in unknown {
        let first = next(&mut kpi.watch(from(&point)).await.unwrap()).await;
        assert_eq!(
            (first.kind(), first.values.len()),
            (WatchKind::Complete, 2),
            "{point:?}"
        );
    }
    let none = kpi.watch(from(&WatchPoint::default())).await.unwrap_err();
    assert_eq!(none.code(), Code::InvalidArgument);
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_life_of_the_log_is_followed() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 5);
    let kpi = Kpi::start(&log, quick()).await;
    let mut messages = kpi.watch(watched(asked("open_deals", &[]))).await.unwrap();
    assert_eq!(one(&next(&mut messages).await), (WatchKind::Complete, "5", 5));
    log.begin_anew(2);
    log.deals(TENANT, 3);
    log.break_streams();
    let message = next(&mut messages).await;
    assert_eq!(
        (one(&message), position(&message).epoch),
        ((WatchKind::Changes, "3", 3), 2)
    );
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_watches_with_a_hint_when_to_come_back() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 5);
    let kpi = Kpi::start(&log, quick()).await;
    let mut messages = kpi.watch(watched(asked("open_deals", &[]))).await.unwrap();
    next(&mut messages).await;
    let since = Instant::now();
    let (status, ()) = tokio::join!(ended(&mut messages), kpi.node.stop());
    assert_eq!(status.code(), Code::Unavailable);
    let error = from_status(&status);
    assert_eq!(
        (error.reason, error.retry_after_ms.is_some()),
        (ErrorReason::ShuttingDown, true)
    );
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_refused_ends_the_watch() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 2);
    let kpi = Kpi::start(&log, quick()).await;
    let refused = async |request: WatchKpisRequest| from_status(&kpi.watch(request).await.unwrap_err());
    let none = refused(WatchKpisRequest::default()).await;
    assert_eq!(none.violations[0].field, "query.tenant");
    assert_eq!(
        refused(watched(asked("win_ratio", &[]))).await.reason,
        ErrorReason::UnknownKpi
    );
    assert_eq!(
        refused(watched(asked("win_rate", &["ownr"]))).await.violations[0].field,
        "query.group_by"
    );
    let nobody = QueryKpisRequest {
        tenant: "nobody".to_owned(),
        ..asked("win_rate", &[])
    };
    assert_eq!(refused(watched(nobody)).await.reason, ErrorReason::UnknownTenant);

    let mut messages = kpi.watch(watched(asked("pipeline_value", &[]))).await.unwrap();
    assert_eq!(one(&next(&mut messages).await), (WatchKind::Complete, "20", 2));
    let euros = Money::from_major("10", Currency::from_code("EUR").unwrap()).unwrap();
    let deal = sample::deal("abroad")
        .created("2017-01-01")
        .qualified("2017-01-01")
        .money(euros);
    log.write(TENANT, &[deal.record()]);
    let status = ended(&mut messages).await;
    assert_eq!(
        (status.code(), from_status(&status).reason),
        (Code::FailedPrecondition, ErrorReason::MissingFxRate)
    );
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_may_watch_than_are_allowed() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 2);
    log.deals("globex", 2);
    let config = Config {
        max_watches: 3,
        max_watches_per_tenant: 2,
        ..quick()
    };
    let kpi = Kpi::start(&log, config).await;
    let of = |tenant: &str| {
        watched(QueryKpisRequest {
            tenant: tenant.to_owned(),
            ..asked("open_deals", &[])
        })
    };
    let first = kpi.watch(of(TENANT)).await.unwrap();
    let second = kpi.watch(of(TENANT)).await.unwrap();
    let refused = |status: &Status, limit: &str| {
        assert_eq!(status.code(), Code::ResourceExhausted);
        let error = from_status(status);
        assert!(
            error.message.contains(limit) && error.retry_after_ms.is_some(),
            "{error:?}"
        );
    };
    refused(
        &kpi.watch(of(TENANT)).await.unwrap_err(),
        "kpi.max_watches_per_tenant",
    );
    let other = kpi.watch(of("globex")).await.unwrap();
    refused(&kpi.watch(of("globex")).await.unwrap_err(), "kpi.max_watches:");
    drop(first);
    let end = Instant::now() + SOON;
    while let Err(status) = kpi.watch(of("globex")).await {
        refused(&status, "kpi.max_watches:");
        assert!(Instant::now() < end, "a place is not given back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop((second, other));
    kpi.node.stop().await;
}
