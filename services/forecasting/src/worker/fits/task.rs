//! The work of a fit: its turn, its facts, its thread.

use std::sync::Arc;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::worker::operations::{Phase, Running};

/// The share of a fit that is taken to be reading, where facts are read.
const READING: f64 = 0.2;

/// What unwinds a computation that somebody has ended.
struct Stopped;

/// What those who make a fit work with.
#[derive(Debug)]
pub(crate) struct Task {
    running: Arc<Running>,
    /// Its turn: the next one begins when this and all that it computes has ended.
    turn: Arc<OwnedSemaphorePermit>,
    /// How much is done when it begins to compute.
    read: f64,
}

impl Task {
    /// Reads facts.
    pub(crate) async fn read<T>(&mut self, reading: impl Future<Output = T>) -> T {
        self.running.does(Phase::Reading);
        let facts = reading.await;
        self.read = READING;
        self.running.is_at(READING);
        facts
    }

    /// Computes on a thread of its own, and is told how much of that is done, 0 to 1.
    ///
    /// # Errors
    /// `INTERNAL` when the computation breaks.
    pub(crate) async fn compute<T: Send + 'static>(
        self,
        compute: impl FnOnce(&dyn Fn(f64)) -> T + Send + 'static,
    ) -> Result<T> {
        let Self { running, turn, read } = self;
        running.does(Phase::Fitting);
        let computed = tokio::task::spawn_blocking(move || {
            // Also when nobody waits for this thread any more, its turn lasts until it ends.
            let _turn = turn;
            compute(&|share| {
                if running.stopped() {
                    std::panic::resume_unwind(Box::new(Stopped));
                }
                running.is_at(read + (1.0 - read) * share);
            })
        });
        computed.await.map_err(|error| match error.try_into_panic() {
            Ok(panic) if panic.is::<Stopped>() => stopped(),
            Ok(_) => {
                tracing::error!("a fit broke");
                broken()
            }
            Err(_) => ended(),
        })
    }
}

/// Waits for a turn and works, unless somebody ends it.
pub(super) async fn worked<T, W, F>(lane: Arc<Semaphore>, running: Arc<Running>, work: W) -> Result<T>
where
    W: FnOnce(Task) -> F,
    F: Future<Output = Result<T>>,
{
    let going = running.clone();
    let working = async move {
        let turn = lane.acquire_owned().await.map_err(|_| ended())?;
        let turn = Arc::new(turn);
        work(Task {
            running: going,
            turn,
            read: 0.0,
        })
        .await
    };
    tokio::select! {
        biased;
        () = running.until_stopped() => Err(stopped()),
        made = working => made,
    }
}

fn ended() -> Error {
    Error::unavailable(ErrorReason::ShuttingDown, "the process is ending")
}

fn stopped() -> Error {
    let message = "somebody ended the operation that this waited for; ask again to begin a new one";
    Error::new(ErrorCode::Aborted, ErrorReason::OperationCancelled, message)
}

pub(super) fn broken() -> Error {
    let message = "the models broke on these facts: this is a bug";
    Error::new(ErrorCode::Internal, ErrorReason::Internal, message)
}
