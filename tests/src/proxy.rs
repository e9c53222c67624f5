//! A TCP proxy that does to a connection what networks do: delay it, hold it, cut it, refuse it, close half of it, or lose
//! the answer to the one request that matters.
//!
//! It runs on a thread of its own, so that blocking tests can use it and a busy test does not slow it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bellwether_testkit::servers::free_port;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

mod pump;

/// What the proxy does to connections, those that are open and those to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Passes everything on.
    None,
    /// Passes everything on this much later, in both directions.
    Latency(Duration),
    /// Accepts, and passes nothing on in either direction until the fault ends; then everything. Nobody is told.
    BlackHole,
    /// Refuses new connections; open ones go on.
    Refuse,
    /// Ends the direction to the client as if the server had closed it; what the client sends still arrives.
    HalfClose,
    /// The next time a client sends these bytes: the server gets them, and as it answers the connection is cut instead.
    /// Strikes once; then the fault is [`Fault::None`].
    CutReplyAfter(Vec<u8>),
}

/// What the proxy and its connections share.
struct Shared {
    to: String,
    fault: watch::Sender<Fault>,
    /// Counts the cuts; a connection ends when it grows.
    cut: watch::Sender<u64>,
    connections: AtomicU64,
    open: AtomicU64,
    to_server: AtomicU64,
    to_client: AtomicU64,
    struck: AtomicU64,
}

/// A proxy before one address; ends, with its connections, when it is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    addr: SocketAddr,
    end: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts before an address such as `127.0.0.1:5432`, without a fault.
    ///
    /// # Panics
    /// When no port can be opened.
    #[must_use]
    pub fn to(addr: &str) -> Self {
        let shared = Arc::new(Shared {
            to: addr.to_owned(),
            fault: watch::Sender::new(Fault::None),
            cut: watch::Sender::new(0),
            connections: AtomicU64::new(0),
            open: AtomicU64::new(0),
            to_server: AtomicU64::new(0),
            to_client: AtomicU64::new(0),
            struck: AtomicU64::new(0),
        });
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind(addr).await.expect("the port is free");
                tell.send(()).expect("somebody waits");
                tokio::select! {
                    () = accept(listener, addr, of_thread) => {}
                    _ = ended => {}
                }
            });
        });
        told.recv().expect("the proxy listens");
        Self {
            shared,
            addr,
            end: Some(end),
            thread: Some(thread),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A URL of the server with the proxy's address in place of its own.
    ///
    /// # Panics
    /// When the server's address does not stand in the URL.
    #[must_use]
    pub fn instead(&self, url: &str) -> String {
        let through = url.replacen(&self.shared.to, &self.addr.to_string(), 1);
        assert_ne!(through, url, "{} does not stand in {url}", self.shared.to);
        through
    }

    /// From now on does this.
    pub fn set(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    /// What it does now.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.shared.fault.borrow().clone()
    }

    /// Cuts all open connections on both sides with a reset; new ones are accepted.
    pub fn cut_all(&self) {
        self.shared.cut.send_modify(|cuts| *cuts += 1);
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// How many bytes went to the server and to the clients.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&self.shared.to_server), read(&self.shared.to_client))
    }

    /// How often [`Fault::CutReplyAfter`] struck.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.shared.struck.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Accepts; while refusing there is no listener, so that the system itself refuses.
async fn accept(listener: TcpListener, addr: SocketAddr, shared: Arc<Shared>) {
    let mut fault = shared.fault.subscribe();
    let mut listener = Some(listener);
    loop {
        let refuses = *fault.borrow_and_update() == Fault::Refuse;
        if refuses {
            listener = None;
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(addr).await.expect("the port was ours"));
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = fault.changed() => {}
            Ok((client, _)) = accepted => {
                tokio::spawn(connect(client, Arc::clone(&shared)));
            }
        }
    }
}

async fn connect(mut client: TcpStream, shared: Arc<Shared>) {
    shared.connections.fetch_add(1, Ordering::Relaxed);
    shared.open.fetch_add(1, Ordering::Relaxed);
    let mut cut = shared.cut.subscribe();
    if let Ok(mut server) = TcpStream::connect(&shared.to).await {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let is_cut = tokio::select! {
            _ = cut.changed() => true,
            ended = pump::both(&mut client, &mut server, &shared) => ended.is_err(),
        };
        if is_cut {
            reset(&server);
            reset(&client);
        }
    } else {
        reset(&client);
    }
    shared.open.fetch_sub(1, Ordering::Relaxed);
}

/// The socket will be closed by a reset, with whatever is under way.
fn reset(stream: &TcpStream) {
    // Fails only on a socket that is closed already.
    let _ = stream.set_zero_linger();
}

#[cfg(test)]
mod tests;
