//! A node seen from its socket: tokens, deadlines, overload, panics, protocols and pages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use bellwether_domain::ErrorCode;
use bellwether_runtime::{DataDir, Host, LimitsConfig, Node, NodeConfig, TokenSet};
use feed::{Client, GET_HEAD, NAME, SUBSCRIBE, Served, after_nothing, head};
use prost::Message;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

#[path = "node/feed.rs"]
#[allow(dead_code, reason = "shared by the test files of this crate")]
mod feed;

fn limits(change: impl FnOnce(&mut LimitsConfig)) -> NodeConfig {
    let mut config = NodeConfig::default();
    change(&mut config.limits);
    config
}

fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

#[tokio::test]
async fn every_call_but_health_needs_the_token() {
    let node = Served::start(NodeConfig::default()).await;
    let stranger = tonic::transport::Endpoint::from_shared(node.url.clone())
        .unwrap()
        .connect()
        .await
        .unwrap();
    for service in ["", NAME] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = HealthClient::new(stranger.clone())
            .check(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(answer.status, 1, "SERVING");
    }
    let mut bare =
        bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient::new(stranger);
    let missing = bare.get_head(head("acme")).await.unwrap_err();
    assert_eq!(
        (missing.code(), reason(&missing).as_str()),
        (Code::Unauthenticated, "TOKEN_MISSING")
    );
    let wrong = Client::new(node.link_as("wrong").channel())
        .get_head(head("acme"))
        .await
        .unwrap_err();
    assert_eq!(
        (wrong.code(), reason(&wrong).as_str()),
        (Code::Unauthenticated, "TOKEN_INVALID")
    );
    let right = node.client().get_head(head("acme")).await.unwrap().into_inner();
    assert_eq!(right.position.unwrap().seq, 7);
}

#[tokio::test]
async fn a_listed_token_acts_for_its_tenant_only() {
    let list = "- {token: acme-token, tenant: acme, scope: {all: {}}}";
    let node = Served::with_tokens(NodeConfig::default(), Some(list)).await;
    let mut acme = Client::new(node.link_as("acme-token").channel());
    acme.get_head(head("acme")).await.unwrap();
    let other = acme.get_head(head("globex")).await.unwrap_err();
    assert_eq!(
        (other.code(), reason(&other).as_str()),
        (Code::PermissionDenied, "TENANT_MISMATCH")
    );
    let malformed = acme.get_head(head("No Tenant")).await.unwrap_err();
    assert_eq!(malformed.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn reflection_lists_the_services_that_are_served() {
    use tonic_reflection::pb::{v1, v1alpha};
    let node = Served::start(NodeConfig::default()).await;
    let ask = || {
        tokio_stream::once(v1::ServerReflectionRequest {
            message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
                String::new(),
            )),
            ..Default::default()
        })
    };
    let client = |link: bellwether_runtime::PeerLink| {
        v1::server_reflection_client::ServerReflectionClient::new(link.stream_channel())
    };
    let refused = client(node.link_as("wrong"))
        .server_reflection_info(ask())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut answers = client(node.link())
        .server_reflection_info(ask())
        .await
        .unwrap()
        .into_inner();
    let listed = format!("{:?}", answers.message().await.unwrap().unwrap());
    assert!(
        listed.contains(NAME) && listed.contains("grpc.health.v1.Health"),
        "{listed}"
    );
    assert!(!listed.contains("KpiService"), "not served here: {listed}");
    let ask = tokio_stream::once(v1alpha::ServerReflectionRequest {
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(NAME.to_owned()),
        ),
        ..Default::default()
    });
    let mut old =
        v1alpha::server_reflection_client::ServerReflectionClient::new(node.link().stream_channel());
    let mut answers = old.server_reflection_info(ask).await.unwrap().into_inner();
    let file = format!("{:?}", answers.message().await.unwrap().unwrap());
    assert!(file.contains("FileDescriptorResponse"), "{file}");
}

#[tokio::test]
async fn a_call_beyond_the_cap_is_deadline_exceeded() {
    let node = Served::start(limits(|limits| limits.call_timeout_ms = 100)).await;
    let started = Instant::now();
    let late = node.client().get_head(head("slow-5000")).await.unwrap_err();
    assert_eq!(
        (late.code(), reason(&late).as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
    );
    assert!(late.get_details_retry_info().is_some());
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(
        node.client()
            .get_head(head("acme"))
            .await
            .unwrap()
            .into_inner()
            .position
            .unwrap()
            .seq,
        7
    );
}

#[tokio::test]
async fn the_clients_own_deadline_is_honoured() {
    let node = Served::start(NodeConfig::default()).await;
    let late = node
        .web(
            GET_HEAD,
            "grpc-timeout: 80m\r\n",
            &head("slow-5000").encode_to_vec(),
        )
        .await;
    assert!(
        late.contains("grpc-status: 4") || late.contains("grpc-status:4"),
        "{late}"
    );
    let stream = node
        .web(
            SUBSCRIBE,
            "grpc-timeout: 80m\r\n",
            &after_nothing("acme").encode_to_vec(),
        )
        .await;
    assert!(stream.contains("grpc-status:4"), "{stream}");
    let left = node
        .client()
        .get_head(head("left"))
        .await
        .unwrap()
        .into_inner()
        .position
        .unwrap()
        .seq;
    assert!((29_000..=30_000).contains(&left), "{left}");
}

#[tokio::test]
async fn what_is_left_of_a_deadline_goes_on_to_the_peer() {
    let node = Served::start(limits(|limits| limits.call_timeout_ms = 2_000)).await;
    let left = node
        .client()
        .get_head(head("chain"))
        .await
        .unwrap()
        .into_inner()
        .position
        .unwrap()
        .seq;
    assert!((1_000..2_000).contains(&left), "{left}");
}

#[tokio::test]
async fn too_many_calls_are_refused_at_once() {
    let node = Served::start(limits(|limits| (limits.max_calls, limits.max_streams) = (1, 1))).await;
    let mut busy = node.client();
    let first = tokio::spawn(async move { busy.get_head(head("slow-600")).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    let shed = node.client().get_head(head("acme")).await.unwrap_err();
    assert_eq!(
        (shed.code(), reason(&shed).as_str()),
        (Code::ResourceExhausted, "OVERLOADED")
    );
    assert!(shed.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    assert!(started.elapsed() < Duration::from_millis(300));
    assert!(
        node.get("/livez").await.starts_with("HTTP/1.1 200"),
        "pages are never shed"
    );
    let mut streams = Client::new(node.link().stream_channel());
    let open = streams.subscribe(after_nothing("acme")).await.unwrap();
    assert_eq!(
        streams.subscribe(after_nothing("acme")).await.unwrap_err().code(),
        Code::ResourceExhausted
    );
    drop(open);
    first.await.unwrap().unwrap();
    assert!(node.client().get_head(head("acme")).await.is_ok(), "room again");
    for _ in 0..50 {
        if streams.subscribe(after_nothing("acme")).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the place of a stream that its client dropped is free again");
}

#[tokio::test]
async fn a_panic_costs_one_answer() {
    let node = Served::start(NodeConfig::default()).await;
    let mut client = node.client();
    let status = client.get_head(head("panic")).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Internal, "INTERNAL")
    );
    assert!(status.message().contains("internal error") && !status.message().contains("deliberate"));
    assert!(client.get_head(head("acme")).await.is_ok());
    assert!(node.get("/metrics").await.contains("rpc_server_panics_total 1"));
}

#[tokio::test]
async fn pages_and_grpc_web_share_the_port() {
    let node = Served::start(NodeConfig::default()).await;
    let gate = node.host.readiness.gate("feed");
    let waiting = node.get("/readyz").await;
    assert!(
        waiting.starts_with("HTTP/1.1 503") && waiting.contains("waiting for: feed"),
        "{waiting}"
    );
    gate.open();
    assert!(node.get("/readyz").await.starts_with("HTTP/1.1 200"));
    let answer = node.web(GET_HEAD, "", &head("acme").encode_to_vec()).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("grpc-status:0"),
        "{answer}"
    );
    node.client().get_head(head("Bad Tenant")).await.unwrap_err();
    let metrics = node.get("/metrics").await;
    assert!(metrics.contains("application/openmetrics-text"), "{metrics}");
    let count = |code: &str| {
        format!(
            "rpc_server_calls_total{{method=\"{}\",code=\"{code}\"}} 1",
            &GET_HEAD[1..]
        )
    };
    assert!(
        metrics.contains(&count("OK")) && metrics.contains(&count("INVALID_ARGUMENT")),
        "{metrics}"
    );
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::new(
        std::sync::Arc::new(bellwether_domain::SystemClock),
        DataDir::open(folder.path()).unwrap(),
    );
    let bind = |listen: &str, allow_remote| {
        let config = NodeConfig {
            listen: listen.to_owned(),
            allow_remote,
            ..NodeConfig::default()
        };
        Node::new(&host, config, TokenSet::load(&host.data_dir).unwrap()).bind()
    };
    for listen in ["0.0.0.0:0", "[::]:0", "nonsense", "127.0.0.1:99999"] {
        let error = bind(listen, false).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{listen}");
        assert!(error.message.contains(listen), "{}", error.message);
    }
    let open = bind("0.0.0.0:0", true).await.unwrap();
    assert!(open.url().starts_with("http://127.0.0.1:"), "{}", open.url());
    let taken = bind(&open.url()[7..], false).await;
    assert_eq!(taken.unwrap_err().code, ErrorCode::FailedPrecondition);
}
