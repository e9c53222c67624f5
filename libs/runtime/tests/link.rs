//! Links over the network: peers that restart, move, hang, refuse, and the calls that are sent again or not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bellwether_contracts::ingestion as pb;
use bellwether_contracts::ingestion::record_service_client::RecordServiceClient;
use bellwether_runtime::{LimitsConfig, LinkConfig, NodeConfig, PeerLink, Secret};
use feed::{Client, Served, after_nothing, head};
use futures::future::join_all;
use tonic::{Code, Request, Status};
use wire::{Wire, always_away, black_hole, nobody};

#[path = "node/feed.rs"]
#[allow(dead_code, reason = "shared by the test files of this crate")]
mod feed;
#[path = "link/wire.rs"]
mod wire;

fn link(urls: &str, token: &str, config: &LinkConfig) -> PeerLink {
    PeerLink::far(urls, &Secret::new(token.to_owned()), config).unwrap()
}

fn impatient() -> LinkConfig {
    LinkConfig {
        call_timeout_ms: 10_000,
        keepalive_interval_ms: 200,
        keepalive_timeout_ms: 200,
        ..LinkConfig::default()
    }
}

async fn asked(link: &PeerLink) -> Result<u64, Status> {
    let answer = Client::new(link.channel()).get_head(head("acme")).await?;
    Ok(answer.into_inner().position.unwrap_or_default().seq)
}

async fn written(link: &PeerLink) -> Status {
    let request = pb::UpsertRecordsRequest::default();
    RecordServiceClient::new(link.channel())
        .upsert_records(request)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_peer_that_restarts_is_found_again() {
    let node = Served::start(NodeConfig::default()).await;
    let (listen, token) = (node.address().to_owned(), node.token.expose().clone());
    let link = node.link();
    assert_eq!(asked(&link).await.unwrap(), 7);
    node.host.shutdown.trigger();
    node.serving.await.unwrap().unwrap();
    let gone = asked(&link).await.unwrap_err();
    assert_eq!(gone.code(), Code::Unavailable);
    assert!(gone.message().contains(&listen), "{gone:?}");
    assert!(!gone.message().contains(&token));
    let config = NodeConfig {
        listen,
        ..NodeConfig::default()
    };
    let again = Served::start(config).await;
    // It has a token of its own: that it refuses ours shows that it was reached.
    assert_eq!(asked(&link).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(asked(&again.link()).await.unwrap(), 7);
}

#[tokio::test]
async fn the_next_address_is_used_when_one_breaks() {
    let node = Served::start(NodeConfig::default()).await;
    let (first, second) = (Wire::to(node.address()).await, Wire::to(node.address()).await);
    let urls = format!("{}, {} ,{}", nobody().await, first.url, second.url);
    let link = link(&urls, node.token.expose(), &LinkConfig::default());
    assert_eq!(asked(&link).await.unwrap(), 7, "the first is nobody's");
    let mut changes = Client::new(link.stream_channel())
        .subscribe(after_nothing("acme"))
        .await
        .unwrap()
        .into_inner();
    changes.message().await.unwrap().unwrap();
    let mut slow = Client::new(link.channel());
    let read = tokio::spawn(async move { slow.get_head(head("slow-400")).await });
    tokio::time::sleep(Duration::from_millis(150)).await;
    first.cut();
    let ended = loop {
        match changes.message().await {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert!(ended.is_err(), "a stream that is cut must not look complete");
    let started = Instant::now();
    let mut again = Client::new(link.stream_channel())
        .subscribe(after_nothing("acme"))
        .await
        .unwrap()
        .into_inner();
    again.message().await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(2));
    let answer = read.await.unwrap().unwrap().into_inner();
    assert_eq!(
        answer.position.unwrap().seq,
        7,
        "a read that was cut off is sent again"
    );
}

#[tokio::test]
async fn a_peer_that_never_answers_costs_a_call_its_deadline() {
    let hole = black_hole().await;
    let started = Instant::now();
    let patient = link(&hole, "a-token", &LinkConfig::default());
    let mut request = Request::new(head("acme"));
    request.set_timeout(Duration::from_millis(300));
    let late = Client::new(patient.channel())
        .get_head(request)
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded, "{late:?}");
    let config = LinkConfig {
        call_timeout_ms: 300,
        ..LinkConfig::default()
    };
    let late = asked(&link(&hole, "a-token", &config)).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded, "{late:?}");
    let took = started.elapsed();
    assert!(
        (Duration::from_millis(600)..Duration::from_secs(2)).contains(&took),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_silent_connection_is_given_up_for_the_next_address() {
    let node = Served::start(NodeConfig::default()).await;
    let urls = format!("{},{}", black_hole().await, node.url);
    let link = link(&urls, node.token.expose(), &impatient());
    let started = Instant::now();
    assert_eq!(asked(&link).await.unwrap(), 7);
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
    let opened = Client::new(link.stream_channel())
        .subscribe(after_nothing("acme"))
        .await;
    assert_eq!(
        opened.unwrap_err().code(),
        Code::Unavailable,
        "streams are not opened twice"
    );
    let mut changes = Client::new(link.stream_channel())
        .subscribe(after_nothing("acme"))
        .await
        .unwrap()
        .into_inner();
    changes.message().await.unwrap().unwrap();
}

#[tokio::test]
async fn repeats_of_a_busy_client_stay_below_a_fifth() {
    let (address, asked_there) = always_away(false).await;
    let link = link(&format!("http://{address}"), "a-token", &LinkConfig::default());
    let answers = join_all((0..400).map(|_| asked(&link))).await;
    assert!(answers.iter().all(|one| {
        one.as_ref()
            .is_err_and(|status| status.code() == Code::Unavailable)
    }));
    let sent = asked_there.load(Ordering::SeqCst);
    assert!((401..=480).contains(&sent), "{sent} for 400 calls");
}

#[tokio::test]
async fn a_write_is_never_sent_twice() {
    let (address, sent) = always_away(false).await;
    let plain = link(&format!("http://{address}"), "a-token", &LinkConfig::default());
    assert_eq!(written(&plain).await.code(), Code::Unavailable);
    assert_eq!(sent.swap(0, Ordering::SeqCst), 1);
    asked(&plain).await.unwrap_err();
    assert_eq!(sent.load(Ordering::SeqCst), 4, "a read is sent again three times");

    let (address, sent) = always_away(true).await;
    let (first, second) = (
        Wire::to(&address.to_string()).await,
        Wire::to(&address.to_string()).await,
    );
    let cut = link(
        &format!("{},{}", first.url, second.url),
        "a-token",
        &LinkConfig::default(),
    );
    let writing = tokio::spawn({
        let cut = cut.clone();
        async move { written(&cut).await }
    });
    while sent.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    first.cut();
    assert_eq!(writing.await.unwrap().code(), Code::Unavailable);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn old_connections_end_so_that_clients_spread() {
    let aging = || NodeConfig {
        limits: LimitsConfig {
            max_connection_age_ms: 150,
            ..LimitsConfig::default()
        },
        ..NodeConfig::default()
    };
    let node = Served::start(aging()).await;
    let (first, second) = (Wire::to(node.address()).await, Wire::to(node.address()).await);
    let link = link(
        &format!("{},{}", first.url, second.url),
        node.token.expose(),
        &LinkConfig::default(),
    );
    let mut stream = Client::new(link.stream_channel())
        .subscribe(after_nothing("acme"))
        .await
        .unwrap()
        .into_inner();
    let until = Instant::now() + Duration::from_millis(600);
    while Instant::now() < until {
        assert_eq!(asked(&link).await.unwrap(), 7, "no call fails for it");
        stream.message().await.unwrap().unwrap();
    }
    drop(stream);
    first.cut();
    second.cut();
}
