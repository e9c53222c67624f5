//! What is stored comes back as it was, or not at all.

use std::time::Duration;

use bellwether_domain::ErrorCode;
use bellwether_storage::{SharedCache, SharedCacheOptions};
use bellwether_testkit::servers::Redis;

use super::{CALL, TTL, connected, open, works_within};

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_reads_what_one_wrote() {
    let redis = Redis::start();
    let (one, two) = (connected(&redis.url()).await, connected(&redis.url()).await);
    let large = vec![7; 300_000];
    for (key, value) in [(&b"a"[..], &b"value"[..]), (b"b\0\xff", b""), (b"c", &large)] {
        assert_eq!(two.get(key).await, None);
        one.set(key, value, TTL).await;
        assert_eq!(two.get(key).await.as_deref(), Some(value));
    }
    let stats = two.stats();
    assert_eq!(
        (stats.hits, stats.misses, stats.errors, stats.skipped),
        (3, 3, 0, 0)
    );
    assert!(!stats.open);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_expire_and_too_large_ones_are_not_stored() {
    let redis = Redis::start();
    let cache = connected(&redis.url()).await;
    cache.set(b"short", b"x", Duration::from_millis(30)).await;
    cache.set(b"never", b"x", Duration::ZERO).await;
    cache.set(b"ever", b"x", Duration::MAX).await;
    cache.set(b"large", &vec![0; (1 << 20) + 1], TTL).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(cache.get(b"short").await, None);
    assert_eq!(cache.get(b"never").await, None);
    assert_eq!(cache.get(b"large").await, None);
    assert_eq!(cache.get(b"ever").await.as_deref(), Some(&b"x"[..]));
    assert_eq!(cache.stats().errors, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_flushed_values_are_misses() {
    let redis = Redis::start();
    let cache = connected(&redis.url()).await;
    cache.set(b"k", b"a fine value", TTL).await;
    redis.cli(&["SETRANGE", "bw:v:k", "3", "F"]);
    assert_eq!(cache.get(b"k").await, None);
    redis.cli(&["SET", "bw:v:k", "foreign"]);
    assert_eq!(cache.get(b"k").await, None);
    redis.cli(&["DEL", "bw:v:k"]);
    redis.cli(&["RPUSH", "bw:v:k", "a list"]);
    assert_eq!(cache.get(b"k").await, None);

    cache.set(b"j", b"value", TTL).await;
    redis.cli(&["FLUSHALL"]);
    assert_eq!(cache.get(b"j").await, None);
    cache.set(b"j", b"again", TTL).await;
    assert_eq!(cache.get(b"j").await.as_deref(), Some(&b"again"[..]));
    assert!(!cache.stats().open);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_and_database_of_the_url_are_used() {
    let redis = Redis::start();
    redis.cli(&["CONFIG", "SET", "requirepass", "p@ss/wörd"]);
    let port = redis.port();
    let good = connected(&format!("redis://:p%40ss%2Fw%C3%B6rd@127.0.0.1:{port}/2")).await;
    works_within(&good, CALL).await;
    let other = connected(&format!("redis://default:p%40ss%2Fw%C3%B6rd@127.0.0.1:{port}")).await;
    assert_eq!(other.get(b"works").await, None, "another database");

    let wrong = open(&format!("redis://:wrong@127.0.0.1:{port}"));
    assert!(!wrong.connected(Duration::from_millis(300)).await);
    assert_eq!(wrong.get(b"works").await, None);
    assert!(wrong.stats().open && wrong.stats().skipped == 1);
}

#[tokio::test]
async fn a_malformed_url_is_the_only_error() {
    let options = SharedCacheOptions::default;
    let error = SharedCache::open("localhost:6379", options()).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert_eq!(error.violations[0].field, "redis_url");
    let wrong = SharedCacheOptions {
        ca_pem: Some(b"no certificate".to_vec()),
        ..options()
    };
    let error = SharedCache::open("rediss://localhost", wrong).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert!(SharedCache::open("redis://no-such-host.invalid", options()).is_ok());
}
