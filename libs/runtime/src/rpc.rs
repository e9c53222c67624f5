//! What every call goes through before and after its handler: the caller's token, admission, the deadline, panics,
//! the span and the numbers.
//!
//! Nodes and near links use the same way in; only how the caller is known differs.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bellwether_contracts::status::to_status;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::Service;
use tracing::Instrument;

use crate::auth::{Principal, TokenSet};
use crate::config::{LimitsConfig, millis};
use crate::deadline;
use crate::metrics::Metrics;
use crate::services::ServiceSet;

pub(crate) mod methods;
mod observe;
mod panics;
mod stream;

use methods::Method;
use observe::Watch;

type Request = http::Request<Body>;
type Response = http::Response<Body>;

/// How callers are known.
#[derive(Debug)]
pub(crate) enum Caller {
    /// By the token that they send.
    Token(TokenSet),
    /// They are a part of this process.
    Trusted,
}

/// The way in.
#[derive(Debug)]
pub(crate) struct Gate {
    caller: Caller,
    metrics: Metrics,
    streams_end: CancellationToken,
    call_timeout: Duration,
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Gate {
    /// A gate for callers with tokens, with limits.
    pub(crate) fn public(
        tokens: TokenSet,
        limits: &LimitsConfig,
        metrics: Metrics,
        streams_end: CancellationToken,
    ) -> Self {
        Self {
            caller: Caller::Token(tokens),
            metrics,
            streams_end,
            call_timeout: millis(limits.call_timeout_ms),
            calls: Arc::new(Semaphore::new(limits.max_calls.min(Semaphore::MAX_PERMITS))),
            streams: Arc::new(Semaphore::new(limits.max_streams.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// A gate for parts of this process, whose own callers were admitted before.
    pub(crate) fn trusted(metrics: Metrics, streams_end: CancellationToken) -> Self {
        Self {
            caller: Caller::Trusted,
            metrics,
            streams_end,
            call_timeout: millis(LimitsConfig::default().call_timeout_ms),
            calls: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            streams: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        }
    }

    fn authenticate(&self, method: &Method, request: &mut Request) -> Result<()> {
        let principal = match &self.caller {
            Caller::Trusted => Principal::service(),
            // Probes carry no token.
            Caller::Token(_) if method.is_health() => return Ok(()),
            Caller::Token(tokens) => tokens.authenticate(request.headers())?,
        };
        request.extensions_mut().insert(principal);
        Ok(())
    }

    /// Refuses at once what would have to queue. (tonic's own `load_shed` sends no RetryInfo and counts per connection.)
    fn admit(&self, method: &Method) -> Result<Option<OwnedSemaphorePermit>> {
        if method.is_health() {
            return Ok(None);
        }
        let places = if method.is_streaming() {
            &self.streams
        } else {
            &self.calls
        };
        Arc::clone(places).try_acquire_owned().map(Some).map_err(|_| {
            let message = "too many calls at the same time; retry after a moment";
            Error::new(ErrorCode::ResourceExhausted, ErrorReason::Overloaded, message)
                .with_retry_after_ms(200)
        })
    }

    fn deadline(&self, method: &Method, request: &Request) -> Option<Instant> {
        // A little before the client's own: tonic's timer, which says CANCELLED, is set to that one and was set earlier.
        let client = deadline::of_client(request.headers()).map(deadline::for_peer);
        let limit = if method.is_streaming() {
            client
        } else {
            Some(client.map_or(self.call_timeout, |client| client.min(self.call_timeout)))
        };
        limit.and_then(|limit| Instant::now().checked_add(limit))
    }
}

/// Services behind a gate. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Guarded {
    inner: Arc<(Gate, ServiceSet)>,
}

impl Guarded {
    pub(crate) fn new(gate: Gate, services: ServiceSet) -> Self {
        Self {
            inner: Arc::new((gate, services)),
        }
    }
}

impl Service<Request> for Guarded {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, std::result::Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inner = Arc::clone(&self.inner);
        let (gate, method) = (&inner.0, methods::of_path(request.uri().path()));
        let span = observe::span(&method, request.headers());
        let watch = Watch::start(&gate.metrics, method.name, span.clone());
        // In one allocation for all of a call: what stands around its handler is moved once.
        let served = async move {
            let (gate, services) = &*inner;
            Ok(handle(gate, services, method, watch, request).await)
        };
        Box::pin(served.instrument(span))
    }
}

async fn handle(
    gate: &Gate,
    services: &ServiceSet,
    method: Method,
    mut watch: Watch,
    mut request: Request,
) -> Response {
    let deadline = gate.deadline(&method, &request);
    let admitted = gate
        .authenticate(&method, &mut request)
        .and_then(|()| gate.admit(&method));
    let answer = match admitted {
        Ok(permit) => run(gate, deadline, services.call(request))
            .await
            .map(|response| (response, permit)),
        Err(error) => Err(error),
    };
    match answer {
        Ok((response, permit)) if method.is_streaming() && !observe::has_ended(&response) => {
            let ends = method.server_streaming.then(|| gate.streams_end.clone());
            stream::watched(response, watch, permit, deadline, ends)
        }
        Ok((response, _)) => {
            watch.answered(observe::code_of(response.headers()));
            observe::log_bug(&response);
            response
        }
        Err(error) => {
            let status = to_status(&error);
            watch.answered(status.code());
            status.into_http()
        }
    }
}

async fn run(
    gate: &Gate,
    deadline: Option<Instant>,
    handler: impl Future<Output = Response>,
) -> Result<Response> {
    let handler = AssertUnwindSafe(handler).catch_unwind();
    let handled = deadline::within(deadline, handler);
    let outcome = match deadline {
        Some(at) => tokio::time::timeout_at(at, handled)
            .await
            .map_err(|_| deadline_exceeded())?,
        None => handled.await,
    };
    outcome.map_err(|payload| {
        gate.metrics.panicked();
        panics::report(payload.as_ref())
    })
}

/// What a call is told that took too long.
pub(crate) fn deadline_exceeded() -> Error {
    let message = "the deadline passed before the answer was ready";
    Error::new(
        ErrorCode::DeadlineExceeded,
        ErrorReason::DeadlineExceeded,
        message,
    )
    .with_retry_after_ms(100)
}
