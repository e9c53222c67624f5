//! Work that is done once for all who want it at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use tracing::Instrument as _;

/// What is being worked on, by key.
#[derive(Debug)]
pub(super) struct Flights<K, V>
where
    V: Clone,
{
    open: Arc<Open<K, V>>,
}

type Flight<V> = Shared<BoxFuture<'static, Option<V>>>;

#[derive(Debug)]
struct Open<K, V: Clone>(Mutex<HashMap<K, Flight<V>>>);

impl<K, V: Clone> Default for Flights<K, V> {
    fn default() -> Self {
        Self {
            open: Arc::new(Open(Mutex::default())),
        }
    }
}

impl<K: Copy + Eq + Hash + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Flights<K, V> {
    /// The outcome of the work under a key: of what is under way, else of `work`. It runs in a task of its own, so
    /// that nobody who goes away takes it from the others. `None` = it panicked.
    pub(super) fn join<Work>(&self, key: K, work: impl FnOnce() -> Work) -> Flight<V>
    where
        Work: Future<Output = V> + Send + 'static,
    {
        let mut open = self.open.lock();
        if let Some(flight) = open.get(&key) {
            return flight.clone();
        }
        let landing = Landing {
            open: Arc::clone(&self.open),
            key,
        };
        let work = work();
        let task = async move {
            let _landing = landing;
            work.await
        };
        let task = tokio::spawn(task.in_current_span());
        let flight = async move { task.await.ok() }.boxed().shared();
        open.insert(key, flight.clone());
        flight
    }
}

impl<K, V: Clone> Open<K, V> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Flight<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a flight off the list when it ends, however it ends.
struct Landing<K: Eq + Hash, V: Clone> {
    open: Arc<Open<K, V>>,
    key: K,
}

impl<K: Eq + Hash, V: Clone> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let landed = self.open.lock().remove(&self.key);
        // Outside of the lock: it may be the last to hold what the flight holds.
        drop(landed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn many_who_ask_at_once_are_told_by_one() {
        let (flights, runs) = (Flights::<u8, usize>::default(), AtomicUsize::new(0));
        let work = || {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                run
            }
        };
        let all: Vec<_> = (0..1_000).map(|_| flights.join(1, work)).collect();
        let outcomes = futures::future::join_all(all).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Some(0)));
        assert_eq!(
            (flights.join(1, work).await, flights.join(2, work).await),
            (Some(1), Some(2))
        );
        assert!(flights.open.lock().is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_goes_away_takes_nothing_with_them() {
        let flights = Flights::<u8, u8>::default();
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            7
        };
        let first = flights.join(1, slow);
        let second = flights.join(1, || async { 8 });
        assert!(
            tokio::time::timeout(Duration::from_millis(5), first)
                .await
                .is_err()
        );
        assert_eq!(second.await, Some(7));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_hangs_nobody() {
        let flights = Flights::<u8, u8>::default();
        let broken = flights.join(1, || async { panic!("as tests do") });
        assert_eq!(broken.await, None);
        assert_eq!(flights.join(1, || async { 9 }).await, Some(9));
    }
}
