//! A database whose sessions are cut, and one that goes away and comes back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bellwether_contracts::ingestion::SubscribeRequest;
use bellwether_contracts::status::from_status;
use bellwether_domain::{ErrorCode, ErrorReason};
use bellwether_ingestion::Config;
use bellwether_testkit::servers::Postgres;

use crate::door::{Door, batch, deal};
use crate::place::sql;
use crate::replicas::replica;

/// Fault F6: sessions are ended at random while two processes write; nothing is lost, nothing is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_killed_lose_and_double_nothing() {
    let database = Postgres::shared().database();
    let nodes = [
        replica(&database, Config::default()).await,
        replica(&database, Config::default()).await,
    ];
    let over = Arc::new(AtomicBool::new(false));
    let killer = {
        let (over, name) = (Arc::clone(&over), database.rsplit('/').next().unwrap().to_owned());
        let kill = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
             WHERE datname = '{name}' ORDER BY random() LIMIT 2) AS victims"
        );
        std::thread::spawn(move || {
            let mut killed = 0;
            while !over.load(Ordering::Relaxed) {
                killed += Postgres::shared().sql(&kill).parse::<u32>().unwrap();
                std::thread::sleep(Duration::from_millis(50));
            }
            killed
        })
    };
    let write = |writer: usize| {
        let door = Door::new(nodes[writer % 2].channel());
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for turn in 0..40_u64 {
                let ids = [format!("w{writer}-{turn}-a"), format!("w{writer}-{turn}-b")];
                let mut request = batch(ids.iter().map(|id| deal(id, turn)).collect());
                request.request_id = format!("w{writer}-{turn}");
                let reply = loop {
                    match door
                        .upsert(request.clone())
                        .await
                        .map_err(|status| from_status(&status))
                    {
                        Ok(reply) => break reply,
                        Err(error) => assert_eq!(error.code, ErrorCode::Unavailable, "{error}"),
                    }
                };
                let seqs = reply.results.iter().map(|one| one.seq);
                acknowledged.extend(ids.into_iter().zip(seqs));
            }
            acknowledged
        })
    };
    let writers: Vec<_> = (0..4).map(write).collect();
    let mut acknowledged = HashMap::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    over.store(true, Ordering::Relaxed);
    assert!(killer.join().unwrap() > 0, "sessions were ended");
    let changes = Door::new(nodes[0].channel()).changes("acme", 0).await;
    assert_eq!((changes.len(), acknowledged.len()), (320, 320));
    assert!(
        changes
            .iter()
            .all(|change| acknowledged[&change.id] == change.seq)
    );
}

/// A trigger that ends the first `times` attempts to write a change, `when` they are made or committed.
fn hiccups(database: &str, times: u32, when: &str, how: &str) {
    sql(
        database,
        &format!(
            "CREATE SEQUENCE hiccups;
             CREATE FUNCTION hiccup() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF nextval('ingestion.hiccups') <= {times} THEN {how}; END IF;
                 RETURN NULL;
             END $$;
             CREATE CONSTRAINT TRIGGER hiccup AFTER INSERT ON change {when}
                 FOR EACH ROW EXECUTE FUNCTION hiccup();"
        ),
    );
}

/// Fault F12: deadlocks and serialization failures are tried again three times.
#[tokio::test]
async fn what_passes_is_tried_again_and_told_when_it_does_not() {
    for code in ["40P01", "40001", "55P03"] {
        let how = format!("RAISE EXCEPTION 'forced' USING ERRCODE = '{code}'");
        for (times, goes_through) in [(3, true), (1_000, false)] {
            let database = Postgres::shared().database();
            let node = replica(&database, Config::default()).await;
            let door = Door::new(node.channel());
            door.write(vec![deal("before", 1)]).await;
            hiccups(&database, times, "", &how);
            let reply = door.upsert(batch(vec![deal("d", 1)])).await;
            let head = door.head("acme").await.seq;
            if goes_through {
                assert_eq!((reply.unwrap().results[0].seq, head), (2, 2));
            } else {
                let error = from_status(&reply.unwrap_err());
                assert!(
                    matches!(error.code, ErrorCode::Unavailable | ErrorCode::Aborted),
                    "{error:?}"
                );
                assert!(error.retry_after_ms.is_some());
                assert_eq!(head, 1);
            }
        }
    }
}

/// The session ends while it commits: the log is asked, and what did not take place is done.
#[tokio::test]
async fn a_session_that_dies_inside_commit_leaves_no_doubt() {
    let database = Postgres::shared().database();
    let node = replica(&database, Config::default()).await;
    let door = Door::new(node.channel());
    door.write(vec![deal("before", 1)]).await;
    let how = "PERFORM pg_terminate_backend(pg_backend_pid())";
    hiccups(&database, 2, "DEFERRABLE INITIALLY DEFERRED", how);
    assert_eq!(door.write(vec![deal("d", 1)]).await[0].1, 2);
    assert_eq!(sql(&database, "SELECT last_value FROM hiccups"), "3");
    assert_eq!(door.changes("acme", 0).await.len(), 2);
}

/// Fault F5: the server stops as by a crash and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_comes_back_is_used_again() {
    let postgres = Postgres::start();
    let node = replica(&postgres.database(), Config::default()).await;
    let door = Door::new(node.channel());
    door.write(vec![deal("before", 1)]).await;
    let request = SubscribeRequest {
        tenant: "acme".into(),
        after: None,
    };
    let mut stream = door.feed.clone().subscribe(request).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().changes.len(), 1);
    postgres.stop_immediate();
    let since = Instant::now();
    let refused = from_status(&door.upsert(batch(vec![deal("during", 1)])).await.unwrap_err());
    assert_eq!(
        (refused.code, refused.reason),
        (ErrorCode::Unavailable, ErrorReason::StorageUnavailable)
    );
    assert!(refused.retry_after_ms.is_some() && since.elapsed() < Duration::from_secs(8));
    postgres.start_again();
    let since = Instant::now();
    while door.upsert(batch(vec![deal("after", 1)])).await.is_err() {
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "the service does not recover"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let change = loop {
        let message = stream.message().await.unwrap().unwrap();
        if let Some(change) = message.changes.into_iter().next() {
            break change;
        }
    };
    assert_eq!(
        change.id, "after",
        "the stream went on, and what was refused was not written"
    );
}

/// Fault F9: callers that give up leave no session inside a transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_give_up_leave_no_transaction_open() {
    let database = Postgres::shared().database();
    let node = replica(&database, Config::default()).await;
    let door = Door::new(node.channel());
    door.write(vec![deal("first", 1)]).await;
    let mut callers = Vec::new();
    for n in 0..200_u64 {
        let door = door.clone();
        callers.push(tokio::spawn(async move {
            let patience = Duration::from_micros(200 << (n % 8));
            tokio::time::timeout(patience, door.upsert(batch(vec![deal(&format!("d{n}"), n)])))
                .await
                .ok();
            tokio::time::timeout(patience, door.amount("first")).await.ok();
        }));
        if n % 20 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    for caller in callers {
        caller.await.unwrap();
    }
    door.write(vec![deal("last", 1)]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let name = database.rsplit('/').next().unwrap();
    let idle = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND state LIKE 'idle in transaction%' \
         AND state_change < now() - interval '150 ms'"
    );
    assert_eq!(Postgres::shared().sql(&idle), "0");
}
