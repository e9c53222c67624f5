//! A connection of a link as generated clients use it: adds token, trace and deadline to each call, ends it at its
//! deadline, and sends it again where that is safe.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bellwether_contracts::status::to_status;
use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use opentelemetry::propagation::Injector;
use prost::bytes::Bytes;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, Status, TimeoutExpired};
use tower::{Service, ServiceExt};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::retry::Retries;
use crate::deadline;
use crate::rpc::{self, methods};

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// What a link adds to calls.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// The header that shows who calls; none within a process.
    pub(crate) token: Option<HeaderValue>,
    /// How long a unary call may take that has no deadline of its own and is not made for another call.
    pub(crate) timeout: Option<Duration>,
    /// The budget of repeats, shared by both connections.
    pub(crate) retries: Retries,
}

/// A connection to a peer, for generated clients: `XClient::new(link.channel())`. Cheap to clone.
///
/// A call that could not reach the peer, or whose connection broke, ends with `UNAVAILABLE`; one that was not answered
/// in time with `DEADLINE_EXCEEDED`.
#[derive(Clone)]
pub struct PeerChannel {
    channel: Channel,
    outgoing: Arc<Outgoing>,
    streams_inherit: bool,
}

impl std::fmt::Debug for PeerChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PeerChannel")
    }
}

impl PeerChannel {
    /// `streams_inherit` tells whether streams too end at the deadline of the call that they are opened for.
    pub(crate) fn new(channel: Channel, outgoing: Arc<Outgoing>, streams_inherit: bool) -> Self {
        Self {
            channel,
            outgoing,
            streams_inherit,
        }
    }
}

impl Service<Request<Body>> for PeerChannel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        // Whether there is a connection shows when the call is sent: its deadline covers that wait too.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let method = methods::of_path(request.uri().path());
        let headers = request.headers_mut();
        if let Some(token) = &self.outgoing.token {
            headers.insert(AUTHORIZATION, token.clone());
        }
        let context = tracing::Span::current().context();
        opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&context, &mut Headers(headers));
        });
        let channel = self.channel.clone();
        if method.is_unary() {
            let limit = Limit::of(headers, self.outgoing.timeout);
            let call = Call {
                channel,
                outgoing: Arc::clone(&self.outgoing),
                limit,
                repeatable: method.reads_only,
            };
            return Box::pin(call.run(request));
        }
        if self.streams_inherit
            && !headers.contains_key(TIMEOUT)
            && let Some(left) = deadline::remaining()
        {
            headers.insert(TIMEOUT, deadline::to_header(deadline::for_peer(left)));
        }
        Box::pin(send(channel, request))
    }
}

/// When a unary call ends, answered or not.
#[derive(Debug, Clone, Copy)]
struct Limit {
    at: Option<Instant>,
    source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The caller's own: the peer is told all of it.
    Caller,
    /// The call being served: the peer is given a little less, so that the answer to it is still in time.
    Served,
    /// The link's: only against peers that never answer. How long to wait for something is then theirs to say.
    Link,
}

impl Limit {
    fn of(headers: &HeaderMap, otherwise: Option<Duration>) -> Self {
        let (limit, source) = match (deadline::of_client(headers), deadline::remaining()) {
            (Some(own), _) => (Some(own), Source::Caller),
            (None, Some(left)) => (Some(left), Source::Served),
            (None, None) => (otherwise, Source::Link),
        };
        Self {
            at: limit.and_then(|limit| Instant::now().checked_add(limit)),
            source,
        }
    }

    /// What the peer is told.
    fn header(&self) -> Option<HeaderValue> {
        let left = self.at?.saturating_duration_since(Instant::now());
        match self.source {
            Source::Caller => Some(deadline::to_header(left)),
            Source::Served => Some(deadline::to_header(deadline::for_peer(left))),
            Source::Link => None,
        }
    }
}

/// A unary call on its way.
struct Call {
    channel: Channel,
    outgoing: Arc<Outgoing>,
    limit: Limit,
    repeatable: bool,
}

impl Call {
    async fn run(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let Some(at) = self.limit.at else {
            return self.attempts(request).await;
        };
        match tokio::time::timeout_at(at, self.attempts(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(to_status(&rpc::deadline_exceeded())),
        }
    }

    async fn attempts(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let (parts, body) = request.into_parts();
        let message = body.collect().await?.to_bytes();
        if self.repeatable {
            self.outgoing.retries.called();
        }
        let mut attempt = 0;
        loop {
            let sent = Instant::now();
            let (answer, failure) = match self.once(&parts, &message).await {
                Ok((answer, failure)) => (Ok(answer), failure),
                Err(status) => (Err(status.clone()), Some(status)),
            };
            let retries = self.repeatable.then_some(&self.outgoing.retries);
            let pause = retries.zip(failure).and_then(|(retries, failure)| {
                retries.pause(&failure, sent.elapsed(), attempt, self.limit.at)
            });
            let Some(pause) = pause else { return answer };
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Sends the call and takes the whole answer: a connection that breaks in the middle of it breaks the call. The
    /// second value is the failure that the answer tells of.
    async fn once(&self, parts: &Parts, message: &Bytes) -> Result<(Response<Body>, Option<Status>), Status> {
        let mut request = Request::from_parts(parts.clone(), Body::new(Full::new(message.clone())));
        if let Some(left) = self.limit.header() {
            request.headers_mut().insert(TIMEOUT, left);
        }
        let (head, body) = send(self.channel.clone(), request).await?.into_parts();
        let body = body.collect().await.map_err(|status| broken(&status))?;
        let trailers = body.trailers().and_then(Status::from_header_map);
        let failure = Status::from_header_map(&head.headers).or(trailers);
        let failure = failure.filter(|status| status.code() != Code::Ok);
        Ok((Response::from_parts(head, Body::new(body)), failure))
    }
}

async fn send(channel: Channel, request: Request<Body>) -> Result<Response<Body>, Status> {
    let sent = match channel.ready_oneshot().await {
        Ok(mut channel) => channel.call(request).await,
        Err(error) => Err(error),
    };
    sent.map_err(|error| broken(&error))
}

/// The status of a call that got no answer. It has no details, as those that a peer's handler makes have.
fn broken(error: &(dyn std::error::Error + 'static)) -> Status {
    let mut said: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        // tonic's own timer ends the call no sooner than ours, and calls it CANCELLED.
        if error.is::<TimeoutExpired>() {
            return to_status(&rpc::deadline_exceeded());
        }
        let text = error.to_string();
        if said.last() != Some(&text) {
            said.push(text);
        }
        cause = error.source();
    }
    Status::unavailable(said.join(": "))
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(key), Ok(value)) = (key.parse::<HeaderName>(), value.parse()) {
            self.0.insert(key, value);
        }
    }
}
