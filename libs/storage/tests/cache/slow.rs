//! A Redis that answers late, behind a line that delays every reply.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bellwether_testkit::servers::Redis;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{connected, timed_get, works_within};

/// A line to `port` whose replies wait for the given number of milliseconds; its own port.
async fn delayed(port: u16, delay: Arc<AtomicU64>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let (mut near_read, mut near_write) = near.into_split();
            let (mut far_read, mut far_write) = far.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut near_read, &mut far_write).await });
            let delay = Arc::clone(&delay);
            tokio::spawn(async move {
                let mut buffer = vec![0; 1 << 16];
                while let Ok(read @ 1..) = far_read.read(&mut buffer).await {
                    tokio::time::sleep(Duration::from_millis(delay.load(Ordering::Relaxed))).await;
                    if near_write.write_all(&buffer[..read]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_redis_is_left_alone_until_it_is_quick_again() {
    let redis = Redis::start();
    let delay = Arc::new(AtomicU64::new(0));
    let port = delayed(redis.port(), Arc::clone(&delay)).await;
    let cache = connected(&format!("redis://127.0.0.1:{port}")).await;
    works_within(&cache, Duration::from_secs(2)).await;

    delay.store(150, Ordering::Relaxed);
    let mut waited = Duration::ZERO;
    for _ in 0..300 {
        waited += timed_get(&cache, b"works").await.1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("slow: waited {waited:?} in 300 calls; {:?}", cache.stats());
    assert!(waited < Duration::from_millis(1500), "{waited:?}");
    assert!(cache.stats().open);

    delay.store(0, Ordering::Relaxed);
    println!(
        "back after {:?}",
        works_within(&cache, Duration::from_secs(2)).await
    );
}
