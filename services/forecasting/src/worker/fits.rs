//! Fits of models: a few at a time, on threads of their own, each of the same facts once.
//!
//! A key says what is asked and of which facts, so that what is kept under it cannot be stale. A fit is an operation: it
//! goes on when its caller goes away or can wait no longer; who asks again joins it, or finds it done.

mod task;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_domain::{Error, Result, TenantId};
use bellwether_runtime::deadline;
use moka::sync::Cache;
use tokio::sync::{Semaphore, watch};

use super::operations::{Kind, Operations, Running, State};

pub(crate) use task::Task;

/// What an entry weighs besides what is kept: key, counters and pointers of the cache.
const ENTRY_BYTES: usize = 256;
/// What is left of a deadline for the answer itself: a tenth, within these.
const FOR_THE_ANSWER: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// What was asked, and of which facts.
pub(crate) type Key = [u8; 32];

/// What is kept knows how large it is.
pub(crate) trait Weigh: Send + Sync + 'static {
    /// About how many bytes it takes.
    fn bytes(&self) -> usize;
}

/// A question that models are fitted for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) key: Key,
    pub(crate) tenant: TenantId,
    pub(crate) kind: Kind,
    /// What for, in words.
    pub(crate) purpose: String,
}

impl Asked {
    /// The name of its operation: half of the key.
    fn id(&self) -> String {
        self.key
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// How a fit ended, once it has.
type Ended<T> = Option<Result<Arc<T>>>;

/// The fits of one kind of question. Cheap to clone.
pub(crate) struct Fits<T> {
    lane: Arc<Semaphore>,
    operations: Operations,
    kept: Cache<Key, Arc<T>>,
    most: u64,
    going: Arc<Mutex<Going<T>>>,
}

/// Fits that go on.
struct Going<T> {
    running: HashMap<Key, watch::Receiver<Ended<T>>>,
    /// The newest of those that are too large to be kept beside others: whoever waited for it is to find it.
    large: Option<(Key, Arc<T>)>,
}

impl<T> std::fmt::Debug for Fits<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fits")
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}

impl<T> Clone for Fits<T> {
    fn clone(&self) -> Self {
        Self {
            lane: self.lane.clone(),
            operations: self.operations.clone(),
            kept: self.kept.clone(),
            most: self.most,
            going: self.going.clone(),
        }
    }
}

impl<T: Weigh> Fits<T> {
    /// Fits of which as many go on at the same time as `lane` lets in, and at most so many bytes are kept, or the newest
    /// alone if it is larger.
    pub(crate) fn new(lane: Arc<Semaphore>, operations: Operations, bytes: u64) -> Self {
        let weigh = |_: &Key, fit: &Arc<T>| weight(fit.as_ref());
        let kept = Cache::builder().max_capacity(bytes).weigher(weigh).build();
        let going = Going {
            running: HashMap::new(),
            large: None,
        };
        Self {
            lane,
            operations,
            kept,
            most: bytes,
            going: Arc::new(Mutex::new(going)),
        }
    }

    fn going(&self) -> MutexGuard<'_, Going<T>> {
        // Nothing in here panics half-way through a change.
        self.going.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept under a key.
    pub(crate) fn kept(&self, key: &Key) -> Option<Arc<T>> {
        self.kept.get(key).or_else(|| large(&self.going(), key))
    }

    /// What is kept under a key, else what `work` makes; and whether it was kept. Waits as long as the call that it is
    /// made for may.
    ///
    /// # Errors
    /// `UNAVAILABLE` naming the operation when it goes on for longer, `RESOURCE_EXHAUSTED` when too much goes on,
    /// `INTERNAL` when the fit broke, and what `work` says.
    pub(crate) async fn fit<W, F>(&self, asked: Asked, work: W) -> Result<(Arc<T>, bool)>
    where
        W: FnOnce(Task) -> F + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.fit_within(asked, patience(), work).await
    }

    /// The same for a caller who waits so long, or as long as it takes.
    async fn fit_within<W, F>(
        &self,
        asked: Asked,
        patience: Option<Duration>,
        work: W,
    ) -> Result<(Arc<T>, bool)>
    where
        W: FnOnce(Task) -> F + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        if let Some(kept) = self.kept(&asked.key) {
            return Ok((kept, true));
        }
        let (id, purpose) = (asked.id(), asked.purpose.clone());
        let mut told = self.join(asked, work)?;
        let ended = told.wait_for(Option::is_some);
        let ended = match patience {
            None => ended.await,
            Some(most) => tokio::time::timeout(most, ended).await.map_err(|_| {
                let message =
                    format!("{purpose}: models are being fitted for it (operation {id}); ask again");
                Error::running(id, message)
            })?,
        };
        match ended.as_deref() {
            Ok(Some(Ok(made))) => Ok((made.clone(), false)),
            Ok(Some(Err(error))) => Err(error.clone()),
            Ok(None) | Err(_) => Err(task::broken()),
        }
    }

    /// The end of the fit that goes on for a question, or of a new one.
    fn join<W, F>(&self, asked: Asked, work: W) -> Result<watch::Receiver<Ended<T>>>
    where
        W: FnOnce(Task) -> F + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut going = self.going();
        if let Some(told) = going.running.get(&asked.key) {
            return Ok(told.clone());
        }
        // It may have ended since it was looked for.
        if let Some(kept) = self.kept.get(&asked.key).or_else(|| large(&going, &asked.key)) {
            return Ok(watch::channel(Some(Ok(kept))).1);
        }
        let id = asked.id();
        let running = self
            .operations
            .begin(&asked.tenant, id, asked.kind, asked.purpose)?;
        let (tell, told) = watch::channel(None);
        going.running.insert(asked.key, told.clone());
        drop(going);
        let left = Left {
            fits: self.clone(),
            key: asked.key,
            running,
            tell,
            made: None,
        };
        // A task of its own, which the end of the call does not end.
        drop(tokio::spawn(left.after(work)));
        Ok(told)
    }

    /// Keeps what was made, where there is room for it.
    fn keep(&self, going: &mut Going<T>, key: Key, made: &Arc<T>) {
        if u64::from(weight(made.as_ref())) <= self.most {
            self.kept.insert(key, made.clone());
        } else {
            going.large = Some((key, made.clone()));
        }
    }
}

/// What is left to do when a fit ends, however it ends: also when the task that makes it breaks.
struct Left<T: Weigh> {
    fits: Fits<T>,
    key: Key,
    running: Arc<Running>,
    tell: watch::Sender<Ended<T>>,
    made: Option<Result<Arc<T>>>,
}

impl<T: Weigh> Left<T> {
    async fn after<W, F>(mut self, work: W)
    where
        W: FnOnce(Task) -> F + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let lane = self.fits.lane.clone();
        let made = task::worked(lane, self.running.clone(), work).await;
        self.made = Some(made.map(Arc::new));
    }
}

impl<T: Weigh> Drop for Left<T> {
    fn drop(&mut self) {
        let made = self.made.take().unwrap_or_else(|| Err(task::broken()));
        let state = match &made {
            Ok(_) => State::Done,
            Err(_) if self.running.stopped() => State::Cancelled,
            Err(error) => State::Failed(error.message.clone()),
        };
        let mut going = self.fits.going();
        if let Ok(made) = &made {
            self.fits.keep(&mut going, self.key, made);
        }
        going.running.remove(&self.key);
        drop(going);
        self.fits.operations.end(&self.running, state);
        self.tell.send_replace(Some(made));
    }
}

fn weight(fit: &impl Weigh) -> u32 {
    u32::try_from(ENTRY_BYTES + fit.bytes()).unwrap_or(u32::MAX)
}

fn large<T>(going: &Going<T>, key: &Key) -> Option<Arc<T>> {
    let found = going.large.as_ref().filter(|(of, _)| of == key);
    found.map(|(_, made)| made.clone())
}

/// How long the call that this is made for can wait, so that its answer still arrives; `None` = as long as it takes.
fn patience() -> Option<Duration> {
    let left = deadline::remaining()?;
    Some(left.saturating_sub((left / 10).clamp(FOR_THE_ANSWER.0, FOR_THE_ANSWER.1)))
}
