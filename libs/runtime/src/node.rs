//! The server of a process: gRPC, gRPC-Web, health, reflection and the operators' pages on one port, from the first
//! call to the last.

use std::net::SocketAddr;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::auth::TokenSet;
use crate::config::{LimitsConfig, NodeConfig, millis};
use crate::host::Host;
use crate::jitter;
use crate::rpc::{Gate, Guarded};
use crate::services::ServiceSet;

mod front;
mod health;

use front::Front;
use health::Health;

/// How many times the streams of a connection a client may reset before they were looked at, or it is cut off (the "rapid
/// reset" attack on HTTP/2). Deadlines that pass at the same moment reset every stream once, which is no attack.
const PENDING_RESETS: u32 = 4;

/// A server that is being put together.
#[derive(Debug)]
pub struct Node {
    host: Host,
    config: NodeConfig,
    tokens: TokenSet,
    services: ServiceSet,
}

impl Node {
    /// A server of `host` without services yet.
    #[must_use]
    pub fn new(host: &Host, config: NodeConfig, tokens: TokenSet) -> Self {
        Self {
            host: host.clone(),
            config,
            tokens,
            services: ServiceSet::new(),
        }
    }

    /// Adds services.
    #[must_use]
    pub fn serve_services(mut self, services: ServiceSet) -> Self {
        self.services = self.services.merge(services);
        self
    }

    /// Looks whether the address can be listened on as configured, without taking the port.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when it is malformed or not loopback although it must be.
    pub async fn check_address(&self) -> Result<()> {
        resolve(&self.config).await.map(drop)
    }

    /// Takes the port.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when the address is malformed or not loopback although it must be;
    /// `FAILED_PRECONDITION` when the port is taken.
    pub async fn bind(self) -> Result<BoundNode> {
        let address = resolve(&self.config).await?;
        let listener = TcpListener::bind(address).await.map_err(|error| {
            let message = format!("cannot listen on {address}: {error}");
            Error::new(
                ErrorCode::FailedPrecondition,
                ErrorReason::StorageUnavailable,
                message,
            )
        })?;
        let local = listener
            .local_addr()
            .map_err(|error| Error::internal(error.to_string()))?;
        Ok(BoundNode {
            url: url_of(local),
            local,
            listener,
            node: self,
        })
    }
}

async fn resolve(config: &NodeConfig) -> Result<SocketAddr> {
    let refused = |why: String| Error::invalid(ErrorReason::InvalidField, "node.listen", why);
    let listen = &config.listen;
    let found = tokio::net::lookup_host(listen)
        .await
        .ok()
        .and_then(|mut found| found.next());
    let address = found.ok_or_else(|| {
        refused(format!(
            "`{listen}` is not an address and port such as 127.0.0.1:4711"
        ))
    })?;
    if !address.ip().is_loopback() && !config.allow_remote {
        return Err(refused(format!(
            "`{listen}` can be reached from other machines: use 127.0.0.1, or set node.allow_remote"
        )));
    }
    Ok(address)
}

/// The address for clients on this machine.
fn url_of(local: SocketAddr) -> String {
    let mut address = local;
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        address.set_ip(loopback);
    }
    format!("http://{address}")
}

/// A server that holds its port.
#[derive(Debug)]
pub struct BoundNode {
    url: String,
    local: SocketAddr,
    listener: TcpListener,
    node: Node,
}

impl BoundNode {
    /// The address for clients on this machine, such as `http://127.0.0.1:4711`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address and port that it listens on.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Serves until the shutdown of the host was triggered and the end has come: NOT_SERVING, then (after
    /// `lame_duck_ms`) no new connections and no more streams, calls and workers finish, or are cut off at `hard_ms`.
    ///
    /// # Errors
    /// `INTERNAL` when the server cannot run at all.
    pub async fn serve(self) -> Result<()> {
        let Node {
            host,
            config,
            tokens,
            services,
        } = self.node;
        let shutdown = host.shutdown.clone();
        let (health, probes) = Health::of(&host, services.names()).await;
        let app = app(&host, &config.limits, tokens, services.add(probes))?;
        let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
        let server = builder(&config.limits).serve_with_incoming_shutdown(
            app,
            incoming,
            shutdown.streams().clone().cancelled_owned(),
        );
        let phases = async {
            health.follow_until_draining().await;
            tokio::time::sleep(millis(config.drain.lame_duck_ms)).await;
            shutdown.streams().cancel();
        };
        let server = async {
            let served = server.await;
            // A server that ends by itself takes the process with it.
            shutdown.trigger();
            served
        };
        let hard = async {
            shutdown.streams().cancelled().await;
            tokio::time::sleep(millis(config.drain.hard_ms)).await;
        };
        let orderly = async {
            let (served, ()) = tokio::join!(server, phases);
            shutdown.finish().await;
            served
        };
        tokio::select! {
            served = orderly => served.map_err(|error| Error::internal(format!("the server failed: {error}"))),
            () = hard => cut_off(),
            () = shutdown.cut_off_token().cancelled() => cut_off(),
        }
    }
}

fn cut_off() -> Result<()> {
    tracing::warn!("some calls or workers did not finish in time and were cut off");
    Ok(())
}

fn builder(limits: &LimitsConfig) -> Server {
    let resets = limits.max_streams_per_connection.saturating_mul(PENDING_RESETS);
    let server = match limits.max_connection_age_ms {
        0 => Server::builder(),
        // tonic adds no jitter: replicas that start together would send their clients away together, again and again.
        age => Server::builder().max_connection_age(jitter::spread(millis(age), 0.1)),
    };
    server
        .accept_http1(true)
        .max_concurrent_streams(limits.max_streams_per_connection)
        .http2_max_header_list_size(limits.max_header_bytes)
        .http2_max_pending_accept_reset_streams(Some(resets as usize))
        .http2_keepalive_interval(Some(millis(limits.keepalive_interval_ms)))
        .http2_keepalive_timeout(Some(millis(limits.keepalive_timeout_ms)))
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(4 * 1024 * 1024)
}

fn app(host: &Host, limits: &LimitsConfig, tokens: TokenSet, services: ServiceSet) -> Result<Front> {
    let names = services.names().to_vec();
    let bad = |error| Error::internal(format!("the descriptors cannot be reflected: {error}"));
    let services = services
        .add(reflection(&names).build_v1().map_err(bad)?)
        .add(reflection(&names).build_v1alpha().map_err(bad)?);
    let streams_end = host.shutdown.streams().clone();
    let gate = Gate::public(tokens, limits, host.metrics.clone(), streams_end);
    Ok(Front::new(host, Guarded::new(gate, services)))
}

/// Reflection over what this node serves, not over everything that the contracts describe.
fn reflection(names: &[&'static str]) -> tonic_reflection::server::Builder<'static> {
    let builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(bellwether_contracts::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    names
        .iter()
        .fold(builder, |builder, name| builder.with_service_name(*name))
}

/// The life of a server process: listens to signals, serves, writes `DIR/endpoint`, calls `on_ready` with the address
/// once every gate is open, and returns when the end has come.
///
/// # Errors
/// As [`Node::bind`] and [`BoundNode::serve`].
pub async fn run(host: &Host, node: Node, on_ready: impl FnOnce(&str)) -> Result<()> {
    host.shutdown.listen_to_signals()?;
    let bound = node.bind().await?;
    let url = bound.url().to_owned();
    let serving = bound.serve();
    let announce = async {
        tokio::select! {
            () = host.readiness.wait() => {
                host.data_dir.write_endpoint(&url)?;
                tracing::info!(url, "ready");
                on_ready(&url);
            }
            () = host.shutdown.draining().cancelled() => {}
        }
        Ok::<(), Error>(())
    };
    let announced = async {
        let announced = announce.await;
        if announced.is_err() {
            host.shutdown.trigger();
        }
        announced
    };
    let (served, announced) = tokio::join!(serving, announced);
    host.data_dir.remove_endpoint();
    announced.and(served)
}
