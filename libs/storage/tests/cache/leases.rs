//! One worker at a time across processes, and nobody locked out for long.

use std::time::Duration;

use bellwether_storage::{Lease, SharedCache};
use bellwether_testkit::servers::Redis;

use super::{TTL, connected, open};

async fn granted(cache: &SharedCache, key: &[u8], ttl: Duration) -> bellwether_storage::LeaseToken {
    match cache.lease(key, ttl).await {
        Lease::Granted(token) => token,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_gets_the_lease() {
    let redis = Redis::start();
    let caches = [connected(&redis.url()).await, connected(&redis.url()).await];
    let asked = (0..64).map(|i| {
        let cache = caches[i % 2].clone();
        tokio::spawn(async move { cache.lease(b"k", TTL).await })
    });
    let mut held = 0;
    for answer in asked.collect::<Vec<_>>() {
        held += usize::from(answer.await.unwrap() == Lease::Held);
    }
    assert_eq!(held, 63);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_ends_by_release_or_by_time() {
    let redis = Redis::start();
    let (one, two) = (connected(&redis.url()).await, connected(&redis.url()).await);
    let first = granted(&one, b"k", TTL).await;
    assert_eq!(two.lease(b"k", TTL).await, Lease::Held);
    assert!(matches!(two.lease(b"j", TTL).await, Lease::Granted(_)));
    one.release(b"k", &first).await;

    let second = granted(&two, b"k", Duration::from_millis(50)).await;
    one.release(b"k", &first).await;
    assert_eq!(
        one.lease(b"k", TTL).await,
        Lease::Held,
        "a lease of somebody else stays"
    );
    tokio::time::sleep(Duration::from_millis(80)).await;
    let third = granted(&one, b"k", TTL).await;
    two.release(b"k", &second).await;
    assert_eq!(
        two.lease(b"k", TTL).await,
        Lease::Held,
        "an expired lease is nobody's"
    );
    assert_ne!(first, third);
    assert_eq!(one.stats().errors + two.stats().errors, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nobody_waits_for_a_lease() {
    let cache = open("redis://127.0.0.1:1");
    assert_eq!(cache.lease(b"k", TTL).await, Lease::Unknown);
}
