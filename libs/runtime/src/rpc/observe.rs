//! The span and the numbers of a call.

use http::HeaderMap;
use opentelemetry::propagation::Extractor;
use tokio::time::Instant;
use tonic::{Code, Status};
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::Response;
use super::methods::Method;
use crate::metrics::Metrics;

/// The span of a call; it continues the trace that the headers name.
pub(crate) fn span(method: &Method, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        "rpc",
        otel.name = method.name,
        otel.kind = "server",
        rpc.system.name = "grpc",
        rpc.method = method.name,
        rpc.response.status_code = field::Empty,
    );
    if headers.contains_key("traceparent") {
        let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&Headers(headers))
        });
        // Without an exporter there is no trace to continue.
        span.set_parent(parent).ok();
    }
    span
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// Counts one call, whichever way it ends; one that is dropped was cancelled by its client.
#[derive(Debug)]
pub(crate) struct Watch {
    metrics: Metrics,
    method: &'static str,
    span: Span,
    started: Instant,
    counted: bool,
}

impl Watch {
    /// Starts to watch a call.
    pub(crate) fn start(metrics: &Metrics, method: &'static str, span: Span) -> Self {
        metrics.active().inc();
        Self {
            metrics: metrics.clone(),
            method,
            span,
            started: Instant::now(),
            counted: false,
        }
    }

    /// The call was answered; only the first answer counts.
    pub(crate) fn answered(&mut self, code: Code) {
        if self.counted {
            return;
        }
        self.counted = true;
        let name = name_of(code);
        self.metrics.answered(self.method, name, self.started.elapsed());
        self.span.record("rpc.response.status_code", name);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.answered(Code::Cancelled);
        self.metrics.active().dec();
    }
}

/// The code that headers or trailers carry; a unary answer without one is a success.
pub(crate) fn code_of(headers: &HeaderMap) -> Code {
    headers
        .get(Status::GRPC_STATUS)
        .map_or(Code::Ok, |value| Code::from_bytes(value.as_bytes()))
}

/// Whether an answer is an error without a body.
pub(crate) fn has_ended(response: &Response) -> bool {
    response.headers().contains_key(Status::GRPC_STATUS)
}

/// Logs the answers that nobody but us can mend; the others are the caller's to handle.
pub(crate) fn log_bug(response: &Response) {
    if let Some(status) = response.extensions().get::<Status>()
        && matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss)
    {
        tracing::error!(
            rpc.response.status_code = name_of(status.code()),
            message = status.message()
        );
    }
}

fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
