//! The end of a process, in phases: say so, end streams, let calls finish, stop the workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bellwether_domain::{Error, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// The phases of the end and the workers that take part in it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    draining: CancellationToken,
    streams: CancellationToken,
    workers: CancellationToken,
    cut_off: CancellationToken,
    tracker: TaskTracker,
    listening: AtomicBool,
}

impl Shutdown {
    /// The end of a process that has not begun to end.
    #[must_use]
    pub fn new() -> Self {
        let inner = Inner {
            draining: CancellationToken::new(),
            streams: CancellationToken::new(),
            workers: CancellationToken::new(),
            cut_off: CancellationToken::new(),
            tracker: TaskTracker::new(),
            listening: AtomicBool::new(false),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Begins the end. The node does the rest: the phases follow one another as calls finish.
    pub fn trigger(&self) {
        self.inner.draining.cancel();
    }

    /// Begins the end at SIGTERM or SIGINT; a second signal cuts everything off at once. Again has no effect.
    ///
    /// # Errors
    /// `INTERNAL` when the system refuses to hand over signals.
    pub fn listen_to_signals(&self) -> Result<()> {
        if self.inner.listening.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let refused = |error| Error::internal(format!("cannot listen to signals: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(refused)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            for attempt in 0..2 {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if attempt == 0 {
                    tracing::info!("signal received, draining");
                    shutdown.trigger();
                } else {
                    tracing::warn!("second signal received, cutting off");
                    shutdown.cut_off();
                }
            }
        });
        Ok(())
    }

    /// Phase 1, cancelled first: the process says NOT_SERVING and still serves.
    #[must_use]
    pub fn draining(&self) -> &CancellationToken {
        &self.inner.draining
    }

    /// Phase 2: no new connections; feed and watch streams end.
    #[must_use]
    pub fn streams(&self) -> &CancellationToken {
        &self.inner.streams
    }

    /// Phase 3: calls have finished; background workers write down what they hold and stop.
    #[must_use]
    pub fn workers(&self) -> &CancellationToken {
        &self.inner.workers
    }

    /// Runs a worker that the process waits for at its end. The worker must stop by itself at phase 3.
    pub fn spawn<F>(&self, worker: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.inner.tracker.spawn(worker.in_current_span())
    }

    /// Ends all waiting: cancelled when the time to end in order is over.
    pub(crate) fn cut_off_token(&self) -> &CancellationToken {
        &self.inner.cut_off
    }

    pub(crate) fn cut_off(&self) {
        self.inner.draining.cancel();
        self.inner.cut_off.cancel();
    }

    /// Waits for the workers, which have been told to stop.
    pub(crate) async fn finish(&self) {
        self.inner.workers.cancel();
        self.inner.tracker.close();
        self.inner.tracker.wait().await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
