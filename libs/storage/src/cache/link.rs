//! A live connection, and the ways to make one: to a server, to the master that sentinels name, to a cluster.
//!
//! Connections multiplex and do not mend themselves: the keeper replaces them. That is one way to get well again for
//! all three groups, resolves names anew each time, and also leaves a connection that is silent without being closed.

use std::time::Duration;

use bellwether_domain::{Error, ErrorReason, Result};
use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ErrorKind, IntoConnectionInfo as _,
    RedisConnectionInfo, RedisError, RedisResult, TlsCertificates, Value,
};

use super::SharedCacheOptions;
use super::address::{Address, Topology};
use super::sentinel::Sentinels;

/// Commands that may wait for the connection's writer; callers beyond wait inside their own time limit.
const QUEUE: usize = 1024;

/// Tries of one command inside a cluster: two redirections and the answer. The caller's time limit stands above it.
const CLUSTER_RETRIES: u32 = 3;

/// So short that an error of the cluster reaches the caller as what it is, not as a time-out.
const CLUSTER_RETRY_WAIT_MS: u64 = 10;

/// How many nodes of a cluster may be silent before it counts as away.
const CLUSTER_PINGS: usize = 3;

const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// A connection that many callers share; clones are cheap.
#[derive(Clone)]
pub(super) enum Link {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Link {
    /// One round trip.
    pub(super) async fn call(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::Server(connection) => send(connection, command).await,
            Self::Cluster(connection) => connection.req_packed_command(command).await?.extract_error(),
        }
    }

    /// Whether Redis answers within `limit`; a cluster does as long as some of its masters do.
    pub(super) async fn ping(&mut self, limit: Duration) -> RedisResult<()> {
        match self {
            Self::Server(connection) => {
                within(limit, send(connection, &redis::cmd("PING"))).await?;
                Ok(())
            }
            Self::Cluster(connection) => {
                let mut last = timed_out();
                for _ in 0..CLUSTER_PINGS {
                    let node = RoutingInfo::SingleNode(SingleNodeRoutingInfo::RandomPrimary);
                    let answer = within(limit, connection.route_command(redis::cmd("PING"), node)).await;
                    match answer.and_then(Value::extract_error) {
                        Ok(_) => return Ok(()),
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }

    /// Whether this finds its way by itself when a node says that it is not the right one.
    pub(super) const fn reroutes(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }
}

/// Makes connections to what one URL names.
pub(super) struct Connector {
    settings: Settings,
    source: Source,
}

enum Source {
    Single((String, u16)),
    Sentinels(Sentinels, Option<(String, u16)>),
    Cluster(Box<ClusterClient>),
}

impl Connector {
    /// Checks what can be checked without a server.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for certificates that cannot be read.
    pub(super) fn new(address: Address, options: &SharedCacheOptions) -> Result<Self> {
        let settings = Settings::new(&address, options);
        settings.check().map_err(|error| unusable(&error))?;
        let source = match address.topology {
            Topology::Single => {
                let host = address.hosts.into_iter().next();
                Source::Single(host.ok_or_else(|| Error::internal("a Redis URL without a host"))?)
            }
            Topology::Sentinel(master) => Source::Sentinels(Sentinels::new(address.hosts, master), None),
            Topology::Cluster => {
                let client = settings.cluster(&address.hosts);
                Source::Cluster(Box::new(client.map_err(|error| unusable(&error))?))
            }
        };
        Ok(Self { settings, source })
    }

    /// A new connection, at which Redis has already answered within the time of a call.
    pub(super) async fn connect(&mut self) -> RedisResult<Link> {
        let settings = &self.settings;
        let mut link = match &mut self.source {
            Source::Single((host, port)) => Link::Server(settings.server(host, *port).await?),
            Source::Sentinels(sentinels, present) => {
                *present = None;
                let (connection, master) = sentinels.connect_master(settings).await?;
                *present = Some(master);
                Link::Server(connection)
            }
            Source::Cluster(client) => {
                // Several nodes are asked one after the other when some are away.
                let limit = settings.connect_timeout * 2;
                Link::Cluster(within(limit, client.get_async_connection()).await?)
            }
        };
        link.ping(settings.call_timeout).await?;
        Ok(link)
    }

    /// Whether sentinels by now name another master than the one that the last connection leads to.
    pub(super) async fn has_moved(&mut self) -> bool {
        match &mut self.source {
            Source::Sentinels(sentinels, Some(present)) => match sentinels.master(&self.settings).await {
                Ok(master) => master != *present,
                // No sentinel: the master that answers stays good.
                Err(_) => false,
            },
            _ => false,
        }
    }
}

/// What every connection to a server of one URL shares.
pub(super) struct Settings {
    tls: bool,
    certificates: Option<TlsCertificates>,
    login: RedisConnectionInfo,
    database: i64,
    call_timeout: Duration,
    connect_timeout: Duration,
}

impl Settings {
    fn new(address: &Address, options: &SharedCacheOptions) -> Self {
        let mut login = RedisConnectionInfo::default();
        if let Some(user) = &address.user {
            login = login.set_username(user);
        }
        if let Some(password) = &address.password {
            login = login.set_password(password);
        }
        Self {
            tls: address.tls,
            certificates: options.ca_pem.clone().map(|pem| TlsCertificates {
                client_tls: None,
                root_cert: Some(pem),
            }),
            login,
            database: address.database,
            call_timeout: options.call_timeout,
            connect_timeout: options.connect_timeout,
        }
    }

    /// The longest that one exchange with a sentinel, or one attempt to connect, may take.
    pub(super) const fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// A connection to one server of the data.
    pub(super) async fn server(&self, host: &str, port: u16) -> RedisResult<MultiplexedConnection> {
        self.open(host, port, self.login.clone().set_db(self.database))
            .await
    }

    /// A connection to a sentinel, with the credentials of the servers or none.
    pub(super) async fn sentinel(
        &self,
        host: &str,
        port: u16,
        with_login: bool,
    ) -> RedisResult<MultiplexedConnection> {
        let login = if with_login {
            self.login.clone()
        } else {
            RedisConnectionInfo::default()
        };
        self.open(host, port, login).await
    }

    async fn open(
        &self,
        host: &str,
        port: u16,
        login: RedisConnectionInfo,
    ) -> RedisResult<MultiplexedConnection> {
        // Callers carry their own time limits, so that no command has two timers.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(None)
            .set_pipeline_buffer_size(QUEUE);
        let client = self.client(host, port, login)?;
        within(
            self.connect_timeout,
            client.get_multiplexed_async_connection_with_config(&config),
        )
        .await
    }

    fn client(&self, host: &str, port: u16, login: RedisConnectionInfo) -> RedisResult<Client> {
        let info = self
            .addr(host, port)
            .into_connection_info()?
            .set_redis_settings(login);
        match &self.certificates {
            Some(certificates) if self.tls => Client::build_with_tls(info, certificates.clone()),
            _ => Client::open(info),
        }
    }

    fn addr(&self, host: &str, port: u16) -> ConnectionAddr {
        if self.tls {
            ConnectionAddr::TcpTls {
                host: host.to_owned(),
                port,
                insecure: false,
                tls_params: None,
            }
        } else {
            ConnectionAddr::Tcp(host.to_owned(), port)
        }
    }

    fn cluster(&self, hosts: &[(String, u16)]) -> RedisResult<ClusterClient> {
        let nodes = hosts
            .iter()
            .map(|(host, port)| {
                let info = self.addr(host, *port).into_connection_info()?;
                Ok(info.set_redis_settings(self.login.clone()))
            })
            .collect::<RedisResult<Vec<_>>>()?;
        let mut builder = ClusterClientBuilder::new(nodes)
            .connection_timeout(self.connect_timeout)
            // Not a caller's patience but the end of a silent node's connection: while it replaces one, no node is served.
            .response_timeout(self.call_timeout * 10)
            .retries(CLUSTER_RETRIES)
            .min_retry_wait(1)
            .max_retry_wait(CLUSTER_RETRY_WAIT_MS);
        if let Some(certificates) = self.certificates.as_ref().filter(|_| self.tls) {
            builder = builder.certs(certificates.clone());
        }
        builder.build()
    }

    /// Whether the certificates can be read; text without one would pass as trust in nobody.
    fn check(&self) -> RedisResult<()> {
        let certificates = self.certificates.as_ref();
        let pem = certificates.and_then(|certificates| certificates.root_cert.as_deref());
        if pem.is_some_and(|pem| !pem.windows(PEM.len()).any(|part| part == PEM)) {
            return Err((ErrorKind::Io, "no certificate").into());
        }
        self.client("localhost", 1, self.login.clone()).map(|_| ())
    }
}

/// One round trip, in which an error that the server answers is an error; the connection itself takes it for a value.
pub(super) async fn send(connection: &mut MultiplexedConnection, command: &Cmd) -> RedisResult<Value> {
    connection.send_packed_command(command).await?.extract_error()
}

/// The result of `future`, or a time-out after `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    future: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    tokio::time::timeout(limit, future)
        .await
        .unwrap_or_else(|_| Err(timed_out()))
}

fn timed_out() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

fn unusable(error: &RedisError) -> Error {
    let what = match error.kind() {
        ErrorKind::InvalidClientConfig => "the settings of TLS or of the nodes are wrong",
        _ => "its certificates cannot be read; give them in PEM format",
    };
    Error::invalid(
        ErrorReason::InvalidField,
        "redis_url",
        format!("Redis cannot be used: {what}"),
    )
}
