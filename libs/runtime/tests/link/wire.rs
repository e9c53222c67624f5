//! The bad things that happen between two processes: connections that are cut, and peers that never say a word.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bellwether_contracts::status::to_status;
use bellwether_domain::{Error, ErrorReason};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// Passes bytes to an address until it is cut.
pub(crate) struct Wire {
    pub(crate) url: String,
    passing: AbortHandle,
}

impl Wire {
    pub(crate) async fn to(address: &str) -> Self {
        let address = address.to_owned();
        let (url, listener) = listen().await;
        let passing = tokio::spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (mut here, _) = listener.accept().await.unwrap();
                let address = address.clone();
                open.spawn(async move {
                    let mut there = TcpStream::connect(address).await.unwrap();
                    tokio::io::copy_bidirectional(&mut here, &mut there).await.ok();
                });
            }
        });
        Self {
            url,
            passing: passing.abort_handle(),
        }
    }

    /// Closes every connection and the port.
    pub(crate) fn cut(&self) {
        self.passing.abort();
    }
}

/// Takes connections and never says a word.
pub(crate) async fn black_hole() -> String {
    let (url, listener) = listen().await;
    tokio::spawn(async move {
        let mut kept = Vec::new();
        loop {
            kept.push(listener.accept().await.unwrap());
        }
    });
    url
}

/// A port that nobody listens on.
pub(crate) async fn nobody() -> String {
    listen().await.0
}

/// Counts what is asked of it and is always UNAVAILABLE, or with `hangs` never answers.
pub(crate) async fn always_away(hangs: bool) -> (SocketAddr, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (_, listener) = listen().await;
    let address = listener.local_addr().unwrap();
    let count = asked.clone();
    let app = Router::new().fallback(move |_: Request<Body>| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            if hangs {
                return std::future::pending::<Response>().await;
            }
            let away = Error::unavailable(ErrorReason::StorageUnavailable, "away");
            to_status(&away).into_http::<Body>()
        }
    });
    tokio::spawn(Server::builder().serve_with_incoming(app, TcpIncoming::from(listener)));
    (address, asked)
}

async fn listen() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (format!("http://{}", listener.local_addr().unwrap()), listener)
}
