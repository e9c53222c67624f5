//! Watches as clients see them: the answer at once, then what changed, as often as they bear it and no more than they
//! read.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod ends;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "../follow/log.rs"]
mod log;
#[path = "../follow/node.rs"]
mod node;

use std::time::{Duration, Instant};

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{QueryKpisRequest, WatchKind, WatchKpisRequest, WatchKpisResponse};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_kpi::Config;
use futures::future::join_all;
use tonic::Request;
use tonic::transport::Endpoint;

use client::{Kpi, Messages, SOON, TENANT, asked, is_quiet, next, one, owned, quick, seq, watched};
use log::FakeLog;

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
