//! Spans reach a collector with the caller's trace, and an absent or hung collector costs callers nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bellwether_runtime::{NodeConfig, TelemetryConfig, telemetry};
use feed::{GET_HEAD, Served, head};
use prost::Message;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

#[path = "node/feed.rs"]
#[allow(dead_code, reason = "shared by the test files of this crate")]
mod feed;

const TRACE: [u8; 16] = [
    0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c,
];

/// Keeps every byte that it is sent and never answers: as slow as a collector can be.
async fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let kept = seen.clone();
    let app = Router::new().fallback(move |request: Request<Body>| {
        let kept = kept.clone();
        async move {
            let bytes = axum::body::to_bytes(request.into_body(), usize::MAX)
                .await
                .unwrap();
            kept.lock().unwrap().extend_from_slice(&bytes);
            std::future::pending::<Response>().await
        }
    });
    tokio::spawn(Server::builder().serve_with_incoming(app, TcpIncoming::from(listener)));
    (url, seen)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_carry_the_callers_trace_and_a_hung_collector_delays_nobody() {
    let (url, seen) = collector().await;
    let config = TelemetryConfig {
        otlp_endpoint: Some(url),
        queue: 64,
        ..TelemetryConfig::default()
    };
    let running = telemetry::init(&config).unwrap();
    let node = Served::start(NodeConfig::default()).await;
    let header = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    node.web(GET_HEAD, header, &head("chain").encode_to_vec()).await;
    let front = Served::before(node.link()).await;
    let header = "traceparent: 00-1bf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    front.web(GET_HEAD, header, &head("chain").encode_to_vec()).await;
    let started = Instant::now();
    let mut client = node.client();
    for _ in 0..300 {
        client.get_head(head("acme")).await.unwrap();
    }
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    let ending = Instant::now();
    running.shutdown().await;
    assert!(
        ending.elapsed() < Duration::from_secs(5),
        "the flush is bounded: {:?}",
        ending.elapsed()
    );
    let bytes = seen.lock().unwrap().clone();
    assert!(contains(&bytes, &GET_HEAD.as_bytes()[1..]), "the span's name");
    let mut far = TRACE;
    far[0] = 0x1b;
    for trace in [TRACE, far] {
        let count = bytes.windows(16).filter(|window| *window == trace).count();
        assert!(
            count >= 2,
            "the call and the one behind it are of the caller's trace: {count}"
        );
    }
    assert!(telemetry::init(&config).is_err(), "once per process");
}

#[test]
fn a_bad_key_is_named() {
    let bad = |config: TelemetryConfig| telemetry::init(&config).unwrap_err().message;
    let filter = bad(TelemetryConfig {
        filter: "bellwether=loud".to_owned(),
        ..TelemetryConfig::default()
    });
    assert!(filter.contains("telemetry.filter"), "{filter}");
    let endpoint = bad(TelemetryConfig {
        otlp_endpoint: Some("collector".to_owned()),
        ..TelemetryConfig::default()
    });
    assert!(endpoint.contains("telemetry.otlp_endpoint"), "{endpoint}");
}
