//! Links to peers: the same client type, whether the peer is a part of this process or across the network.
//!
//! A link has two connections: one for calls, and one for feeds and watches, so that a stalled stream cannot hold up a
//! call. Both connect on first use and again after a break.

use bellwether_domain::{Error, ErrorReason, Result};
use hyper_util::rt::TokioIo;
use opentelemetry::propagation::Injector;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint, Server, Uri};
use tonic::{Request, Status};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::config::{LinkConfig, millis};
use crate::deadline;
use crate::host::Host;
use crate::rpc::{self, Gate};
use crate::secret::Secret;
use crate::services::ServiceSet;

/// A connection to a peer, for generated clients: `XClient::new(link.channel())`. Cheap to clone.
pub type PeerChannel = InterceptedService<Channel, LinkInterceptor>;

/// Bytes that may be under way between two parts of one process before the sender waits.
const NEAR_BUFFER: usize = 256 * 1024;
/// Flow control windows in bytes: a page of the feed fits into a stream's, several streams into a connection's.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes of headers and trailers that are taken from a peer: an error that lists many violations needs some.
const HEADER_BYTES: u32 = 64 * 1024;

/// A peer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PeerLink {
    calls: PeerChannel,
    streams: PeerChannel,
}

impl PeerLink {
    /// A link to services of this process, through memory. Their callers are [`crate::Principal::service`].
    ///
    /// Must be called within a tokio runtime. The services answer until the workers of `host` are told to stop.
    #[must_use]
    pub fn near(host: &Host, services: &ServiceSet) -> Self {
        let (door, visitors) = mpsc::channel::<DuplexStream>(4);
        let gate = Gate::trusted(host.metrics.clone(), host.shutdown.streams().clone());
        let app = rpc::behind(gate, services.clone().into_router());
        let ended = host.shutdown.workers().clone().cancelled_owned();
        let server = Server::builder()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .serve_with_incoming_shutdown(
                app,
                ReceiverStream::new(visitors).map(Ok::<_, std::io::Error>),
                ended,
            );
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(error = %error, "near server failed");
            }
        });
        let endpoint = windows(Endpoint::from_static("http://near.invalid"));
        let connect = || endpoint.connect_with_connector_lazy(knock(door.clone()));
        Self::of(connect(), connect(), None)
    }

    /// A link to the process at `url`, with `token` in every call.
    ///
    /// Must be called within a tokio runtime. Nothing is sent until the first call.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when `url` is not an `http://host:port`, or the token is nothing that a header can carry.
    pub fn far(url: &str, token: &Secret<String>, config: &LinkConfig) -> Result<Self> {
        let refused = || {
            let message = format!("`{url}` is not an address such as http://127.0.0.1:4711");
            Error::invalid(ErrorReason::InvalidField, "url", message)
        };
        let uri: Uri = url.parse().map_err(|_| refused())?;
        if uri.scheme_str() != Some("http") || uri.host().is_none() {
            return Err(refused());
        }
        let header = format!("Bearer {}", token.expose());
        let mut header: MetadataValue<Ascii> = header.parse().map_err(|_| {
            Error::invalid(
                ErrorReason::TokenInvalid,
                "token",
                "a token has visible ASCII characters only",
            )
        })?;
        header.set_sensitive(true);
        let endpoint = windows(Endpoint::from(uri))
            .connect_timeout(millis(config.connect_timeout_ms))
            .http2_keep_alive_interval(millis(config.keepalive_interval_ms))
            .keep_alive_timeout(millis(config.keepalive_timeout_ms))
            .keep_alive_while_idle(true)
            .tcp_nodelay(true);
        Ok(Self::of(
            endpoint.connect_lazy(),
            endpoint.connect_lazy(),
            Some(header),
        ))
    }

    fn of(calls: Channel, streams: Channel, token: Option<MetadataValue<Ascii>>) -> Self {
        let calls = LinkInterceptor {
            token: token.clone(),
            passes_deadline: true,
        }
        .over(calls);
        let streams = LinkInterceptor {
            token,
            passes_deadline: false,
        }
        .over(streams);
        Self { calls, streams }
    }

    /// The connection for calls. What is left of the deadline of the call being served goes with them.
    #[must_use]
    pub fn channel(&self) -> PeerChannel {
        self.calls.clone()
    }

    /// The connection for feeds, watches and uploads.
    #[must_use]
    pub fn stream_channel(&self) -> PeerChannel {
        self.streams.clone()
    }
}

fn windows(endpoint: Endpoint) -> Endpoint {
    endpoint
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_max_header_list_size(HEADER_BYTES)
}

/// Makes a fresh pair of pipes at each connect and hands one end in at `door`.
fn knock(
    door: mpsc::Sender<DuplexStream>,
) -> impl tower::Service<Uri, Response = TokioIo<DuplexStream>, Error = std::io::Error, Future: Send>
+ Send
+ 'static {
    tower::service_fn(move |_: Uri| {
        let door = door.clone();
        async move {
            let (ours, theirs) = tokio::io::duplex(NEAR_BUFFER);
            let gone =
                |_| std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "the peer has shut down");
            door.send(theirs).await.map_err(gone)?;
            Ok(TokioIo::new(ours))
        }
    })
}

/// Adds to each call the token, the trace, and what is left of the deadline.
#[derive(Clone)]
pub struct LinkInterceptor {
    token: Option<MetadataValue<Ascii>>,
    passes_deadline: bool,
}

impl std::fmt::Debug for LinkInterceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkInterceptor")
    }
}

impl LinkInterceptor {
    fn over(self, channel: Channel) -> PeerChannel {
        InterceptedService::new(channel, self)
    }
}

impl Interceptor for LinkInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        if self.passes_deadline
            && !request.metadata().contains_key("grpc-timeout")
            && let Some(left) = deadline::remaining()
        {
            request.set_timeout(deadline::for_peer(left));
        }
        let context = tracing::Span::current().context();
        opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&context, &mut Metadata(request.metadata_mut()));
        });
        Ok(request)
    }
}

struct Metadata<'a>(&'a mut MetadataMap);

impl Injector for Metadata<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(key), Ok(value)) = (MetadataKey::from_bytes(key.as_bytes()), value.parse()) {
            self.0.insert(key, value);
        }
    }
}
