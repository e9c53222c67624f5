//! Links to peers: the same client type, whether the peer is a part of this process or across the network.
//!
//! A link has two connections: one for calls, and one for feeds and watches, so that a stalled stream cannot hold up a
//! call. Both connect on first use and again after a break, each time with addresses resolved anew.

use std::sync::Arc;

use bellwether_domain::{Error, ErrorReason, Result};
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint, Server, Uri};

use crate::config::{LinkConfig, millis};
use crate::host::Host;
use crate::rpc::{Gate, Guarded};
use crate::secret::Secret;
use crate::services::ServiceSet;

mod address;
mod channel;
mod connect;
mod retry;
mod tls;

use address::Address;
use channel::Outgoing;
pub use channel::PeerChannel;
use connect::Places;
use retry::Retries;

/// Bytes that may be under way between two parts of one process before the sender waits.
const NEAR_BUFFER: usize = 256 * 1024;
/// Flow control windows in bytes: a page of the feed fits into a stream's, several streams into a connection's.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Bytes of headers and trailers that are taken from a peer: an error that lists many violations needs some.
const HEADER_BYTES: u32 = 64 * 1024;

/// A peer. Cheap to clone.
///
/// Unary calls that only read (`idempotency_level = NO_SIDE_EFFECTS` in the contract) are repeated when the peer was
/// away, a few times, within their deadline and within the link's budget of repeats; calls that write and streams are
/// sent once.
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
        let app = Guarded::new(gate, services.clone());
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
        Self::of(connect(), connect(), Outgoing::default())
    }

    /// A link to the service at `urls`, with `token` in every call: one address or several separated by commas, all of
    /// the same service. The first is used until it breaks, then the next, and so on in a circle.
    ///
    /// Must be called within a tokio runtime. Nothing is sent until the first call.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when an address is not an `http://host:port` or `https://host:port`, the file of certificates
    /// cannot be read, or the token is nothing that a header can carry.
    pub fn far(urls: &str, token: &Secret<String>, config: &LinkConfig) -> Result<Self> {
        let addresses = Address::list(urls)?;
        let header = format!("Bearer {}", token.expose());
        let mut header: http::HeaderValue = header.parse().map_err(|_| {
            Error::invalid(
                ErrorReason::TokenInvalid,
                "token",
                "a token has visible ASCII characters only",
            )
        })?;
        header.set_sensitive(true);
        let outgoing = Outgoing {
            token: Some(header),
            timeout: Some(millis(config.call_timeout_ms)),
            retries: Retries::default(),
        };
        let origin = addresses[0].origin();
        // The scheme is what tonic may know: the encryption is done by the connector, with the name of each address.
        let endpoint = windows(Endpoint::from_static("http://far.invalid"))
            .origin(origin)
            .http2_keep_alive_interval(millis(config.keepalive_interval_ms))
            .keep_alive_timeout(millis(config.keepalive_timeout_ms))
            .keep_alive_while_idle(true);
        let places = Places::new(&addresses, config)?;
        let connect = || endpoint.connect_with_connector_lazy(places.fresh().connector());
        Ok(Self::of(connect(), connect(), outgoing))
    }

    fn of(calls: Channel, streams: Channel, outgoing: Outgoing) -> Self {
        let outgoing = Arc::new(outgoing);
        Self {
            calls: PeerChannel::new(calls, Arc::clone(&outgoing), true),
            streams: PeerChannel::new(streams, outgoing, false),
        }
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
