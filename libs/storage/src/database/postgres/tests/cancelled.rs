//! Callers that go away at any moment (fault F9).

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;

/// Callers that go away inside BEGIN, a query or COMMIT, over a pool of two: no transaction stays open, none fails for
/// another's sake, nobody reads the past, and what was begun is finished.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_go_away_leave_no_transaction_and_no_stale_read() {
    let server = Server::start();
    let database = open(&server.database(), 2).await;
    let begun = Arc::new(AtomicI64::new(0));
    let (mut acknowledged, mut cancelled) = (0_i64, 0);
    for n in 0..600_u64 {
        let (writer, counted) = (database.clone(), Arc::clone(&begun));
        let write = tokio::spawn(async move { add(&writer, counted).await });
        let reader = database.clone();
        let read = tokio::spawn(async move { count(&reader).await });
        tokio::time::sleep(Duration::from_micros(n * 37 % 2_500)).await;
        write.abort();
        read.abort();
        match write.await {
            Ok(done) => done.map(|()| acknowledged += 2).unwrap(),
            Err(join) => cancelled += i32::from(join.is_cancelled()),
        }
        if let Ok(read) = read.await {
            read.unwrap();
        }
        if n % 10 == 0 {
            // Every reader, one after the other, sees at least what was acknowledged.
            let seen = (count(&database).await.unwrap(), count(&database).await.unwrap());
            assert!(
                seen.0 >= acknowledged && seen.1 >= acknowledged,
                "{seen:?} {acknowledged}"
            );
        }
    }
    insert(&database, "last").await.expect("the writers are free");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(idle_in_transaction(&server), "0");
    assert!(cancelled > 20, "the test cancels: {cancelled}");
    let stored = count(&database).await.unwrap();
    assert_eq!(
        stored,
        begun.load(Ordering::SeqCst) * 2 + 1,
        "what was begun was finished"
    );
    assert!(server.pids().len() <= 4, "{:?}", server.pids());
    assert!(
        !server.log().contains("25P02") && !server.log().contains("aborted"),
        "{}",
        server.log()
    );
}

async fn add(database: &Database, begun: Arc<AtomicI64>) -> Result<(), WriteError> {
    let work = |txn: Txn| async move {
        begun.fetch_add(1, Ordering::SeqCst);
        for _ in 0..2 {
            let insert = "INSERT INTO note (text) VALUES ('x')";
            txn.execute_unprepared(insert).await.map_err(storage_error)?;
        }
        Ok(())
    };
    database.write(work).await
}

/// The same for a caller that waits for its turn: it gives up its place.
#[tokio::test]
async fn a_caller_that_gives_up_waiting_takes_no_connection_with_it() {
    let database = open(&Server::shared().database(), 1).await;
    let slow = database.clone();
    let holder = tokio::spawn(async move {
        let sleep = slow.read().execute_unprepared("SELECT pg_sleep(0.5)");
        sleep.await.map(|_| ())
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 0..20 {
        let waiting = tokio::time::timeout(Duration::from_millis(5), count(&database)).await;
        assert!(waiting.is_err());
    }
    holder.await.unwrap().unwrap();
    assert_eq!(count(&database).await.unwrap(), 0);
}

/// Callers that have less time than a handshake takes do not keep the pool empty: what they began is there for the next,
/// and is never more than the pool may hold.
#[tokio::test]
async fn callers_in_a_hurry_fill_the_pool_all_the_same() {
    let server = Server::shared();
    let url = server.database();
    let database = open(&url, 3).await;
    let name = url.rsplit('/').next().unwrap();
    let sessions = || {
        let count = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'");
        server.sql(&count).parse::<usize>().unwrap()
    };
    assert_eq!(sessions(), 0, "nobody has read yet");
    for _ in 0..50 {
        // Asked for once, and gone.
        tokio::select! {
            biased;
            _ = count(&database) => {}
            () = tokio::task::yield_now() => {}
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let filled = sessions();
    assert!((1..=3).contains(&filled), "{filled}");
    assert_eq!(count(&database).await.unwrap(), 0);
    assert_eq!(sessions(), filled, "the next one finds a connection");
}
