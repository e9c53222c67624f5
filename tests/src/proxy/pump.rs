//! Passes bytes on in both directions of one connection, as the fault of the moment allows.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::{Fault, Shared};

/// What was read, and when.
type Chunk = (Instant, Vec<u8>);

/// The connection is to be cut.
pub(super) struct Cut;

impl From<io::Error> for Cut {
    /// A side that broke the connection has it broken on the other side too.
    fn from(_: io::Error) -> Self {
        Self
    }
}

/// One direction.
struct Way<'a> {
    shared: &'a Shared,
    fault: watch::Receiver<Fault>,
    to_server: bool,
    /// The request whose answer is to be lost has gone to the server.
    is_asked: &'a AtomicBool,
    /// The last bytes that were passed on: what is looked for may lie across two reads.
    tail: Vec<u8>,
}

/// Until both sides have closed their direction.
///
/// # Errors
/// When the connection is to be cut.
pub(super) async fn both(client: &mut TcpStream, server: &mut TcpStream, shared: &Shared) -> Result<(), Cut> {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let is_asked = AtomicBool::new(false);
    let way = |to_server| Way {
        shared,
        fault: shared.fault.subscribe(),
        to_server,
        is_asked: &is_asked,
        tail: Vec::new(),
    };
    tokio::try_join!(
        way(true).pass(from_client, to_server),
        way(false).pass(from_server, to_client),
    )?;
    Ok(())
}

impl Way<'_> {
    /// Reads and writes beside each other: what is late does not keep the next from being read.
    async fn pass(self, from: ReadHalf<'_>, to: WriteHalf<'_>) -> Result<(), Cut> {
        let (tell, told) = mpsc::channel(64);
        let is_asked = (!self.to_server).then_some(self.is_asked);
        let struck = &self.shared.struck;
        tokio::try_join!(read(from, tell, is_asked, struck), self.write(told, to))?;
        Ok(())
    }

    async fn write(mut self, mut told: mpsc::Receiver<Chunk>, mut to: WriteHalf<'_>) -> Result<(), Cut> {
        let mut is_closed = false;
        loop {
            if !is_closed && !self.to_server && *self.fault.borrow() == Fault::HalfClose {
                to.shutdown().await?;
                is_closed = true;
            }
            let chunk = tokio::select! {
                chunk = told.recv() => chunk,
                _ = self.fault.changed() => continue,
            };
            let read_at = chunk.as_ref().map_or_else(Instant::now, |(read_at, _)| *read_at);
            self.until_it_may_pass(read_at).await;
            let Some((_, bytes)) = chunk else {
                to.shutdown().await?;
                return Ok(());
            };
            if !is_closed {
                to.write_all(&bytes).await?;
                self.count(&bytes);
            }
        }
    }

    async fn until_it_may_pass(&mut self, read_at: Instant) {
        loop {
            let fault = self.fault.borrow_and_update().clone();
            match fault {
                Fault::BlackHole => {
                    let _ = self.fault.changed().await;
                }
                Fault::Latency(late) => return sleep_until(read_at + late).await,
                _ => return,
            }
        }
    }

    /// Counts what was passed on, and looks for the request whose answer is to be lost.
    fn count(&mut self, bytes: &[u8]) {
        let counter: &AtomicU64 = if self.to_server {
            &self.shared.to_server
        } else {
            &self.shared.to_client
        };
        counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if !self.to_server {
            return;
        }
        self.shared.fault.send_if_modified(|fault| {
            let Fault::CutReplyAfter(pattern) = fault else {
                self.tail.clear();
                return false;
            };
            self.tail.extend_from_slice(bytes);
            let is_there = self.tail.windows(pattern.len()).any(|window| window == pattern);
            let keep = pattern.len().saturating_sub(1).min(self.tail.len());
            self.tail.drain(..self.tail.len() - keep);
            if is_there {
                self.is_asked.store(true, Ordering::Relaxed);
                *fault = Fault::None;
            }
            is_there
        });
    }
}

async fn read(
    mut from: ReadHalf<'_>,
    tell: mpsc::Sender<Chunk>,
    is_asked: Option<&AtomicBool>,
    struck: &AtomicU64,
) -> Result<(), Cut> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if is_asked.is_some_and(|asked| asked.load(Ordering::Relaxed)) {
            struck.fetch_add(1, Ordering::Relaxed);
            return Err(Cut);
        }
        if count == 0
            || tell
                .send((Instant::now(), buffer[..count].to_vec()))
                .await
                .is_err()
        {
            return Ok(());
        }
    }
}
