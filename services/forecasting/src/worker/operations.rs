//! Fits that go on, and those that ended last: what they are for, how far they are, and who stops them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_domain::{Clock, Error, ErrorCode, ErrorReason, Instant, Result, TenantId};
use tokio::sync::watch;

/// The most operations that go on in a process, and of one tenant.
const MOST_RUNNING: (usize, usize) = (64, 24);
/// How many are remembered that have ended.
const MOST_ENDED: usize = 400;

/// What an operation makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A forecast of KPIs.
    Trend,
    /// A forecast of the pipeline.
    Pipeline,
    /// Scores of records.
    Scores,
    /// How long customers stay.
    Retention,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It waits for its turn.
    Queued,
    /// It reads facts.
    Reading,
    /// Models are fitted.
    Fitting,
}

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It goes on.
    Running,
    /// What it made is there.
    Done,
    /// It failed, and why.
    Failed(String),
    /// Somebody ended it.
    Cancelled,
}

/// An operation as it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Operation {
    /// Follows from the question and its facts.
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// What for, in words.
    pub(crate) purpose: String,
    pub(crate) state: State,
    pub(crate) phase: Phase,
    /// How much of it is done, 0 to 1.
    pub(crate) progress: f64,
    pub(crate) started: Instant,
    pub(crate) ended: Option<Instant>,
}

/// An operation that goes on, as those who work on it hold it.
#[derive(Debug)]
pub(crate) struct Running {
    tenant: TenantId,
    shown: watch::Sender<Operation>,
    stop: watch::Sender<bool>,
}

impl Running {
    /// Says what it does now.
    pub(crate) fn does(&self, phase: Phase) {
        self.shown.send_modify(|operation| operation.phase = phase);
    }

    /// Says how much of it is done; it never goes back.
    pub(crate) fn is_at(&self, progress: f64) {
        self.shown.send_modify(|operation| {
            operation.progress = operation.progress.max(progress.clamp(0.0, 1.0));
        });
    }

    /// Whether somebody has ended it.
    pub(crate) fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until somebody ends it, if anybody does.
    pub(crate) async fn until_stopped(&self) {
        // The sender lives in `self`: it cannot be gone.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

/// The operations of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Operations {
    clock: Arc<dyn Clock>,
    all: Arc<Mutex<All>>,
}

/// The newest last.
#[derive(Debug, Default)]
struct All {
    running: Vec<Arc<Running>>,
    ended: VecDeque<(TenantId, Operation)>,
}

impl Operations {
    /// None yet.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            all: Arc::default(),
        }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        // Nothing in here panics half-way through a change.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when too many go on.
    pub(crate) fn begin(
        &self,
        tenant: &TenantId,
        id: String,
        kind: Kind,
        purpose: String,
    ) -> Result<Arc<Running>> {
        let mut all = self.all();
        let own = all.running.iter().filter(|one| one.tenant == *tenant).count();
        if all.running.len() >= MOST_RUNNING.0 || own >= MOST_RUNNING.1 {
            let message = "too many models are being fitted; ask again after a moment";
            let full = Error::new(ErrorCode::ResourceExhausted, ErrorReason::Overloaded, message);
            return Err(full.with_retry_after_ms(1_000));
        }
        let operation = Operation {
            id,
            kind,
            purpose,
            state: State::Running,
            phase: Phase::Queued,
            progress: 0.0,
            started: self.clock.now(),
            ended: None,
        };
        let running = Arc::new(Running {
            tenant: tenant.clone(),
            shown: watch::Sender::new(operation),
            stop: watch::Sender::new(false),
        });
        all.running.push(running.clone());
        Ok(running)
    }

    /// Ends one: whoever waits for it is told.
    pub(crate) fn end(&self, running: &Arc<Running>, state: State) {
        let mut all = self.all();
        all.running.retain(|one| !Arc::ptr_eq(one, running));
        running.shown.send_modify(|operation| {
            if state == State::Done {
                operation.progress = 1.0;
            }
            operation.state = state;
            operation.ended = Some(self.clock.now());
        });
        let shown = running.shown.borrow().clone();
        all.ended.push_back((running.tenant.clone(), shown));
        if all.ended.len() > MOST_ENDED {
            all.ended.pop_front();
        }
    }

    /// One of a tenant's, as it stands: of several with an id the newest.
    pub(crate) fn get(&self, tenant: &TenantId, id: &str) -> Option<Operation> {
        self.list(tenant, usize::MAX).into_iter().find(|one| one.id == id)
    }

    /// Those of a tenant, the newest first: all that go on, and as many as `most` of those that have ended.
    pub(crate) fn list(&self, tenant: &TenantId, most: usize) -> Vec<Operation> {
        let all = self.all();
        let own = |one: &&Arc<Running>| one.tenant == *tenant;
        let running = all.running.iter().rev().filter(own);
        let running = running.map(|one| one.shown.borrow().clone());
        let ended = all.ended.iter().rev().filter(|(of, _)| of == tenant);
        running
            .chain(ended.take(most).map(|(_, one)| one.clone()))
            .collect()
    }

    /// One of a tenant's once it has ended, or as it stands after a while.
    pub(crate) async fn wait(&self, tenant: &TenantId, id: &str, most: Duration) -> Option<Operation> {
        if let Some(running) = self.running(tenant, id) {
            let mut shown = running.shown.subscribe();
            let ended = shown.wait_for(|operation| operation.state != State::Running);
            // Ended or not: it is told as it stands.
            let _ = tokio::time::timeout(most, ended).await;
        }
        self.get(tenant, id)
    }

    /// Ends one of a tenant's, if it goes on; as it stands then.
    pub(crate) fn cancel(&self, tenant: &TenantId, id: &str) -> Option<Operation> {
        if let Some(running) = self.running(tenant, id) {
            running.stop.send_replace(true);
        }
        self.get(tenant, id)
    }

    /// Ends all of them: the process ends.
    pub(crate) fn cancel_all(&self) {
        for running in &self.all().running {
            running.stop.send_replace(true);
        }
    }

    fn running(&self, tenant: &TenantId, id: &str) -> Option<Arc<Running>> {
        let all = self.all();
        let named = |one: &&Arc<Running>| one.tenant == *tenant && one.shown.borrow().id == id;
        all.running.iter().rev().find(named).cloned()
    }
}

#[cfg(test)]
mod tests;
