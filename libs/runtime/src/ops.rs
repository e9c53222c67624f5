//! What operators and their tools ask by plain HTTP: `/livez`, `/readyz`, `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::host::Host;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The pages of `host`.
pub(crate) fn pages(host: Host) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(host)
}

async fn ready(State(host): State<Host>) -> Response {
    if host.shutdown.draining().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    let waiting = host.readiness.waiting_for();
    if waiting.is_empty() {
        return "ready\n".into_response();
    }
    (
        StatusCode::SERVICE_UNAVAILABLE,
        format!("waiting for: {}\n", waiting.join(", ")),
    )
        .into_response()
}

async fn metrics(State(host): State<Host>) -> Response {
    ([(CONTENT_TYPE, OPEN_METRICS)], host.metrics.encode()).into_response()
}
