//! Gone, hung, full, late: callers lose hits, never time or answers.

use std::time::{Duration, Instant};

use bellwether_testkit::servers::Redis;

use super::{SKIPPED, TTL, connected, open, timed_get, works_within};

const BACK: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_late_is_found() {
    let redis = Redis::start();
    redis.kill();
    let cache = open(&redis.url());
    let (value, took) = timed_get(&cache, b"k").await;
    assert!(value.is_none() && took < SKIPPED);
    redis.start_again();
    println!("found after {:?}", works_within(&cache, BACK).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_costs_nothing_and_comes_back() {
    let redis = Redis::start();
    let cache = connected(&redis.url()).await;
    works_within(&cache, BACK).await;
    redis.kill();
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 0..100 {
        let (value, _) = timed_get(&cache, b"works").await;
        assert_eq!(value, None);
    }
    let (_, took) = timed_get(&cache, b"works").await;
    assert!(took < SKIPPED && cache.stats().open, "{took:?}");
    redis.start_again();
    println!("back after {:?}", works_within(&cache, BACK).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_back_is_connected_without_traffic() {
    let redis = Redis::start();
    let cache = connected(&redis.url()).await;
    redis.kill();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(cache.stats().open);
    redis.start_again();
    assert!(cache.connected(BACK).await);
    works_within(&cache, SKIPPED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_redis_costs_a_few_callers_100_ms() {
    let redis = Redis::start();
    let cache = connected(&redis.url()).await;
    works_within(&cache, BACK).await;
    redis.pause();
    let since = Instant::now();
    let readers = (0..8).map(|_| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let (mut calls, mut slow) = (0_u32, 0_u32);
            while since.elapsed() < Duration::from_secs(3) {
                let (value, took) = timed_get(&cache, b"works").await;
                assert_eq!(value, None);
                calls += 1;
                slow += u32::from(took > Duration::from_millis(50));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (calls, slow)
        })
    });
    let readers: Vec<_> = readers.collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(cache.stats().open, "open within a second");
    let (mut calls, mut slow) = (0, 0);
    for reader in readers {
        let (a, b) = reader.await.unwrap();
        (calls, slow) = (calls + a, slow + b);
    }
    println!("hung: {slow} of {calls} calls waited; {:?}", cache.stats());
    assert!(calls > 1000 && slow < 24, "{slow} of {calls} calls waited");
    redis.resume();
    println!("back after {:?}", works_within(&cache, BACK).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_refuses_sets_and_still_answers_gets() {
    let redis = Redis::start_with(&["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"]);
    let cache = connected(&redis.url()).await;
    cache.set(b"first", b"value", TTL).await;
    let large = vec![1; 200_000];
    for i in 0..40_u8 {
        cache.set(&[i], &large, TTL).await;
        assert_eq!(cache.get(b"first").await.as_deref(), Some(&b"value"[..]));
    }
    let stats = cache.stats();
    assert!(stats.errors >= 3 && stats.errors <= 10, "{stats:?}");
    assert!(
        stats.skipped > 0 && stats.breaker_opens == 0 && !stats.open,
        "{stats:?}"
    );
    redis.cli(&["FLUSHALL"]);
    println!("stores again after {:?}", works_within(&cache, BACK).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_handle_takes_the_connection_along() {
    let redis = Redis::start();
    let clients = || {
        let list = redis.cli(&["CLIENT", "LIST"]);
        // Without the one that asks.
        list.lines().filter(|line| !line.contains("cmd=client")).count()
    };
    let cache = connected(&redis.url()).await;
    let clone = cache.clone();
    drop(cache);
    assert_eq!(clone.get(b"k").await, None);
    assert_eq!(clients(), 1, "{}", redis.cli(&["CLIENT", "LIST"]));
    drop(clone);
    let since = Instant::now();
    while clients() > 0 {
        assert!(since.elapsed() < BACK);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
