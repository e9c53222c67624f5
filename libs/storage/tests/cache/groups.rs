//! Servers that know of each other: sentinels with their master, and a cluster.

use std::time::{Duration, Instant};

use bellwether_testkit::servers::{RedisCluster, Sentinel};

use super::{TTL, connected, timed_get, works_within};

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_follows_the_master_that_sentinels_name() {
    let sentinel = Sentinel::start();
    let cache = connected(&sentinel.url()).await;
    works_within(&cache, Duration::from_secs(2)).await;
    let old = sentinel.master_port();
    let since = Instant::now();
    sentinel.failover();
    let new = sentinel.master_port();
    assert_ne!(old, new);
    println!("the sentinels took {:?}", since.elapsed());
    println!(
        "right again after {:?}",
        works_within(&cache, Duration::from_secs(3)).await
    );
    // Not by chance: writes go on arriving at the new master only.
    for _ in 0..30 {
        works_within(&cache, Duration::from_millis(100)).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_master_is_left_and_not_taken_back() {
    let sentinel = Sentinel::start();
    let cache = connected(&sentinel.url()).await;
    works_within(&cache, Duration::from_secs(2)).await;
    let old = sentinel.master();
    old.pause();
    let before = old.port();
    let waiting = tokio::task::spawn_blocking(move || {
        sentinel.wait_for_other_master(before);
        sentinel
    });
    while !waiting.is_finished() {
        timed_get(&cache, b"works").await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let sentinel = waiting.await.unwrap();
    println!(
        "right again after {:?}",
        works_within(&cache, Duration::from_secs(3)).await
    );
    // The old one wakes up in the belief of being the master.
    let old = sentinel.servers().iter().find(|server| server.port() == before);
    old.unwrap().resume();
    for _ in 0..100 {
        works_within(&cache, Duration::from_millis(100)).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_node_of_a_cluster_costs_only_its_keys() {
    let cluster = RedisCluster::start();
    let cache = connected(&cluster.url()).await;
    let keys: Vec<[u8; 4]> = (0..90_u32).map(u32::to_le_bytes).collect();
    for key in &keys {
        cache.set(key, b"value", TTL).await;
    }
    for node in cluster.nodes() {
        node.cli(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    cluster.nodes()[0].pause();
    let (mut waited, mut rounds, since) = (Duration::ZERO, 0, Instant::now());
    let mut found = 0;
    while since.elapsed() < Duration::from_secs(4) {
        found = 0;
        for key in &keys {
            let (value, took) = timed_get(&cache, key).await;
            found += usize::from(value.is_some());
            waited += took;
        }
        rounds += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!(
        "{found} of 90 found, {rounds} rounds, waited {waited:?}; {:?}",
        cache.stats()
    );
    let stats = cache.stats();
    assert!(
        rounds > 3 && found >= 40 && stats.skipped > stats.errors,
        "{found}, {rounds}, {stats:?}"
    );
    cluster.nodes()[0].resume();
    let since = Instant::now();
    loop {
        let mut found = 0;
        for key in &keys {
            found += usize::from(cache.get(key).await.is_some());
        }
        if found == keys.len() {
            break;
        }
        assert!(
            since.elapsed() < Duration::from_secs(3),
            "{found}, {:?}",
            cache.stats()
        );
    }
    println!("all found after {:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_serves_keys_of_all_its_nodes() {
    let cluster = RedisCluster::start();
    let cache = connected(&cluster.url()).await;
    for i in 0..200_u32 {
        let key = i.to_le_bytes();
        cache.set(&key, &key, TTL).await;
        assert_eq!(cache.get(&key).await.as_deref(), Some(&key[..]));
        let lease = cache.lease(&key, TTL).await;
        let bellwether_storage::Lease::Granted(token) = lease else {
            panic!("{lease:?}");
        };
        cache.release(&key, &token).await;
        assert!(matches!(
            cache.lease(&key, TTL).await,
            bellwether_storage::Lease::Granted(_)
        ));
    }
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.errors, stats.skipped), (200, 0, 0));
}
