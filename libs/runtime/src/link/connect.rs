//! Connecting to one of several addresses: names are resolved at each attempt, and each connection begins with the
//! address after the one that the last was made to.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bellwether_domain::Result;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tonic::transport::Uri;

use super::address::Address;
use super::tls::Tls;
use crate::config::{LinkConfig, millis};

/// A connection of bytes, encrypted or not.
pub(crate) trait Pipe: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Pipe for T {}

type Connected = TokioIo<Pin<Box<dyn Pipe>>>;

/// The places where a peer may be found.
#[derive(Debug)]
pub(crate) struct Places {
    list: Arc<[Place]>,
    timeout: Duration,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Place {
    address: Address,
    tls: Option<Tls>,
}

impl Places {
    /// The places at `addresses`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when the file of certificates cannot be used.
    pub(crate) fn new(addresses: &[Address], config: &LinkConfig) -> Result<Arc<Self>> {
        let mut list = Vec::with_capacity(addresses.len());
        for address in addresses {
            let tls = match address.encrypted {
                true => Some(Tls::new(&address.host, config.ca_file.as_deref())?),
                false => None,
            };
            list.push(Place {
                address: address.clone(),
                tls,
            });
        }
        Ok(Arc::new(Self {
            list: list.into(),
            timeout: millis(config.connect_timeout_ms),
            next: AtomicUsize::new(0),
        }))
    }

    /// The same places for another connection, which goes through them by itself.
    pub(crate) fn fresh(&self) -> Arc<Self> {
        Arc::new(Self {
            list: Arc::clone(&self.list),
            timeout: self.timeout,
            next: AtomicUsize::new(0),
        })
    }

    /// What makes connections for a channel.
    pub(crate) fn connector(
        self: Arc<Self>,
    ) -> impl tower::Service<Uri, Response = Connected, Error = io::Error, Future: Send> + Send + 'static
    {
        tower::service_fn(move |_: Uri| {
            let places = Arc::clone(&self);
            async move { places.connect().await }
        })
    }

    /// A connection to the first place, in turn, that takes one.
    async fn connect(&self) -> io::Result<Connected> {
        let turn = self.next.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        for step in 0..self.list.len() {
            let place = &self.list[(turn + step) % self.list.len()];
            match place.connect(turn, self.timeout).await {
                Ok(pipe) => {
                    self.next.store(turn + step + 1, Ordering::Relaxed);
                    return Ok(TokioIo::new(pipe));
                }
                Err(error) => failures.push(format!("{}: {error}", place.address)),
            }
        }
        Err(io::Error::other(failures.join("; ")))
    }
}

impl Place {
    async fn connect(&self, turn: usize, timeout: Duration) -> io::Result<Pin<Box<dyn Pipe>>> {
        let target = (self.address.host.as_str(), self.address.port);
        let found = within(timeout, tokio::net::lookup_host(target)).await?;
        let mut found: Vec<SocketAddr> = found.collect();
        if found.is_empty() {
            return Err(io::Error::other("the name has no address"));
        }
        // One name may stand for many replicas.
        let first = turn % found.len();
        found.rotate_left(first);
        let mut failure = None;
        for address in found {
            match within(timeout, self.open(address)).await {
                Ok(pipe) => return Ok(pipe),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.expect("at least one address was tried"))
    }

    async fn open(&self, address: SocketAddr) -> io::Result<Pin<Box<dyn Pipe>>> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        match &self.tls {
            Some(tls) => Ok(Box::pin(tls.connect(socket).await?)),
            None => Ok(Box::pin(socket)),
        }
    }
}

async fn within<T>(timeout: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer while connecting");
    tokio::time::timeout(timeout, work).await.map_err(late)?
}
