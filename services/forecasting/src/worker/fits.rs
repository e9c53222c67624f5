//! Fits of models: a few at a time, on threads of their own, each of the same facts once.
//!
//! A key says what is asked and of which facts, so that what is kept under it cannot be stale. A fit goes on when its
//! caller goes away: who asks again finds it done, or joins it.

use std::sync::Arc;

use bellwether_domain::{Error, ErrorCode, Result};
use moka::sync::Cache;
use tokio::sync::Semaphore;

/// What an entry weighs besides what is kept: key, counters and pointers of the cache.
const ENTRY_BYTES: usize = 256;

/// What was asked, and of which facts.
pub(crate) type Key = [u8; 32];

/// What is kept knows how large it is.
pub(crate) trait Weigh: Send + Sync + 'static {
    /// About how many bytes it takes.
    fn bytes(&self) -> usize;
}

/// The fits of one kind of question. Cheap to clone.
pub(crate) struct Fits<T> {
    threads: Arc<Semaphore>,
    kept: Cache<Key, Arc<T>>,
}

impl<T> std::fmt::Debug for Fits<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fits")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl<T> Clone for Fits<T> {
    fn clone(&self) -> Self {
        Self {
            threads: self.threads.clone(),
            kept: self.kept.clone(),
        }
    }
}

impl<T: Weigh> Fits<T> {
    /// Fits on those threads, of which at most so many bytes are kept.
    pub(crate) fn new(threads: Arc<Semaphore>, bytes: u64) -> Self {
        let weigh = |_: &Key, fit: &Arc<T>| u32::try_from(ENTRY_BYTES + fit.bytes()).unwrap_or(u32::MAX);
        let kept = Cache::builder().max_capacity(bytes).weigher(weigh).build();
        Self { threads, kept }
    }

    /// What is kept under a key.
    pub(crate) fn kept(&self, key: &Key) -> Option<Arc<T>> {
        self.kept.get(key)
    }

    /// What is kept under a key, else what `fit` makes; and whether it was kept.
    ///
    /// # Errors
    /// `INTERNAL` when the fit broke.
    pub(crate) async fn fit(
        &self,
        key: Key,
        fit: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Arc<T>, bool)> {
        if let Some(kept) = self.kept.get(&key) {
            return Ok((kept, true));
        }
        let Self { threads, kept } = self.clone();
        // A task of its own, which the end of the call does not end.
        let done = tokio::spawn(async move {
            let _permit = threads.acquire_owned().await.map_err(|_| ended())?;
            let fitted = tokio::task::spawn_blocking(move || kept.get_with(key, || Arc::new(fit())));
            fitted.await.map_err(|error| broken(&error))
        });
        let fitted = done.await.map_err(|error| broken(&error))??;
        Ok((fitted, false))
    }
}

fn ended() -> Error {
    Error::unavailable(
        bellwether_domain::ErrorReason::ShuttingDown,
        "the process is ending",
    )
}

fn broken(error: &tokio::task::JoinError) -> Error {
    tracing::error!(error = %error, "a fit broke");
    let message = "the models broke on these facts: this is a bug";
    Error::new(
        ErrorCode::Internal,
        bellwether_domain::ErrorReason::Internal,
        message,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Number(u64);

    impl Weigh for Number {
        fn bytes(&self) -> usize {
            8
        }
    }

    fn fits() -> Fits<Number> {
        Fits::new(Arc::new(Semaphore::new(2)), 1 << 20)
    }

    #[tokio::test]
    async fn a_question_is_fitted_once() {
        let (fits, count) = (fits(), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let count = count.clone();
            fits.fit([1; 32], move || {
                count.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(50));
                Number(7)
            })
        };
        let (one, other) = tokio::join!(ask(), ask());
        assert_eq!((one.unwrap().0.0, other.unwrap().0.0), (7, 7));
        let (again, kept) = ask().await.unwrap();
        assert_eq!((again.0, kept, count.load(Ordering::SeqCst)), (7, true, 1));
    }

    #[tokio::test]
    async fn a_fit_goes_on_when_its_caller_is_gone() {
        let fits = fits();
        let slow = fits.fit([2; 32], || {
            std::thread::sleep(std::time::Duration::from_millis(100));
            Number(1)
        });
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(10), slow).await;
        assert!(given_up.is_err());
        let (found, _) = fits.fit([2; 32], || Number(2)).await.unwrap();
        assert_eq!(found.0, 1, "the first fit was joined");
    }

    #[tokio::test]
    async fn a_broken_fit_is_an_error_and_nothing_is_kept() {
        let fits = fits();
        let broken = fits.fit([3; 32], || panic!("a bug")).await;
        assert_eq!(broken.map(|_| ()).unwrap_err().code, ErrorCode::Internal);
        assert_eq!(fits.fit([3; 32], || Number(5)).await.unwrap().0.0, 5);
    }
}
