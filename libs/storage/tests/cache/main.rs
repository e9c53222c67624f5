//! The shared cache against real Redis servers: right values or none, in time, whatever happens to Redis.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod groups;
mod leases;
mod slow;
mod tls;
mod values;

use std::time::{Duration, Instant};

use bellwether_storage::{SharedCache, SharedCacheOptions};

const TTL: Duration = Duration::from_secs(60);

/// The promise: a call takes 100 ms at most; the rest is for a busy machine.
const CALL: Duration = Duration::from_millis(250);

/// The promise: skipped calls cost nothing; the rest is for a busy machine.
const SKIPPED: Duration = Duration::from_millis(20);

fn open(url: &str) -> SharedCache {
    SharedCache::open(url, SharedCacheOptions::default()).unwrap()
}

async fn connected(url: &str) -> SharedCache {
    let cache = open(url);
    assert!(cache.connected(Duration::from_secs(10)).await, "{cache:?}");
    cache
}

/// Sets and gets until that works; how long it took.
async fn works_within(cache: &SharedCache, limit: Duration) -> Duration {
    let since = Instant::now();
    loop {
        cache.set(b"works", b"yes", TTL).await;
        if cache.get(b"works").await.as_deref() == Some(b"yes") {
            return since.elapsed();
        }
        assert!(
            since.elapsed() < limit,
            "not back after {limit:?}: {:?}",
            cache.stats()
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// One get; how long it took. Nobody ever waits longer than a call may take.
async fn timed_get(cache: &SharedCache, key: &[u8]) -> (Option<Vec<u8>>, Duration) {
    let since = Instant::now();
    let value = cache.get(key).await;
    let took = since.elapsed();
    assert!(took < CALL, "a get took {took:?}");
    (value, took)
}
