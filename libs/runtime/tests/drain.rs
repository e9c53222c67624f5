//! The end of a node, and links to it: near and far are the same to their users.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bellwether_runtime::{DrainConfig, NodeConfig, PeerLink};
use feed::{Client, Feed, Served, after_nothing, head};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

#[path = "node/feed.rs"]
#[allow(dead_code, reason = "shared by the test files of this crate")]
mod feed;

fn draining(lame_duck_ms: u64, hard_ms: u64) -> NodeConfig {
    NodeConfig {
        drain: DrainConfig {
            lame_duck_ms,
            hard_ms,
        },
        ..NodeConfig::default()
    }
}

#[tokio::test]
async fn the_end_comes_in_order() {
    let node = Served::start(draining(150, 10_000)).await;
    let flushed = Arc::new(AtomicBool::new(false));
    let (workers, written) = (node.host.shutdown.workers().clone(), flushed.clone());
    node.host.shutdown.spawn(async move {
        workers.cancelled().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        written.store(true, Ordering::SeqCst);
    });
    let mut busy = node.client();
    let slow = tokio::spawn(async move { busy.get_head(head("slow-700")).await });
    let mut changes = Client::new(node.link().stream_channel())
        .subscribe(after_nothing("acme"))
        .await
        .unwrap()
        .into_inner();
    changes.message().await.unwrap().unwrap();
    let request = HealthCheckRequest {
        service: String::new(),
    };
    let mut health = HealthClient::new(node.link().stream_channel())
        .watch(request)
        .await
        .unwrap()
        .into_inner();
    while health.message().await.unwrap().unwrap().status != 1 {}

    node.host.shutdown.trigger();
    assert_eq!(
        health.message().await.unwrap().unwrap().status,
        2,
        "NOT_SERVING comes first"
    );
    assert!(
        node.client().get_head(head("acme")).await.is_ok(),
        "a lame duck still serves"
    );
    assert!(node.get("/readyz").await.starts_with("HTTP/1.1 503"));
    let ended = loop {
        match changes.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a stream that is cut short must not look complete"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::Unavailable);
    assert_eq!(ended.get_details_error_info().unwrap().reason, "SHUTTING_DOWN");
    assert!(!flushed.load(Ordering::SeqCst), "workers stop after the calls");
    assert!(slow.await.unwrap().is_ok(), "a call in flight finishes");
    node.serving.await.unwrap().unwrap();
    assert!(flushed.load(Ordering::SeqCst), "workers were waited for");
}

#[tokio::test]
async fn what_does_not_finish_is_cut_off() {
    let node = Served::start(draining(0, 200)).await;
    let mut stuck = node.client();
    let call = tokio::spawn(async move { stuck.get_head(head("slow-20000")).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    node.host.shutdown.trigger();
    node.serving.await.unwrap().unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    call.abort();
}

#[tokio::test]
async fn near_and_far_answer_alike() {
    let node = Served::start(NodeConfig::default()).await;
    let near = PeerLink::near(&node.host, &Feed { peer: None }.services());
    let far = node.link();
    for tenant in ["acme", "slow-20", "panic", "Not a tenant"] {
        let ask = |link: &PeerLink| {
            let mut client = Client::new(link.channel());
            async move {
                client
                    .get_head(head(tenant))
                    .await
                    .map(tonic::Response::into_inner)
            }
        };
        match (ask(&near).await, ask(&far).await) {
            (Ok(near), Ok(far)) => assert_eq!(near, far),
            (Err(near), Err(far)) => {
                assert_eq!(near.code(), far.code());
                let reason = |status: &tonic::Status| status.get_details_error_info().unwrap().reason;
                assert_eq!(reason(&near), reason(&far));
            }
            (near, far) => panic!("{tenant}: near {near:?}, far {far:?}"),
        }
    }
    for link in [&near, &far] {
        let mut changes = Client::new(link.stream_channel())
            .subscribe(after_nothing("acme"))
            .await
            .unwrap()
            .into_inner();
        for _ in 0..3 {
            changes.message().await.unwrap().unwrap();
        }
    }
    node.host.shutdown.trigger();
    node.serving.await.unwrap().unwrap();
    for link in [&near, &far] {
        let gone = Client::new(link.channel())
            .get_head(head("acme"))
            .await
            .unwrap_err();
        assert_eq!(gone.code(), Code::Unavailable, "{gone:?}");
    }
}

#[tokio::test]
async fn a_stalled_stream_does_not_hold_up_calls() {
    let node = Served::start(NodeConfig::default()).await;
    for link in [
        node.link(),
        PeerLink::near(&node.host, &Feed { peer: None }.services()),
    ] {
        let stalled = Client::new(link.stream_channel())
            .subscribe(after_nothing("acme"))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut calls = Client::new(link.channel());
        let answer = calls.get_head(head("acme"));
        tokio::time::timeout(Duration::from_secs(2), answer)
            .await
            .unwrap()
            .unwrap();
        drop(stalled);
    }
}
