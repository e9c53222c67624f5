//! Callers that go away in the middle of their writes.

use std::collections::HashMap;
use std::time::Duration;

use bellwether_runtime::Host;
use bellwether_testkit::TestNode;
use rand::{Rng as _, SeedableRng as _};

use crate::door::{Door, batch, deal, ingestion, node};

/// Fault F9: nobody who gives up leaves a transaction open, and what was acknowledged is stored exactly once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_callers_that_give_up_leave_nothing_open() {
    let node = node().await;
    let door = Door::new(node.channel());
    let mut random = rand::rngs::StdRng::seed_from_u64(9);
    let mut callers = Vec::new();
    let mut shared = door.clone();
    for n in 0..500_u64 {
        let patience = Duration::from_micros(100 << random.random_range(0..16_u32));
        // The server drops a connection that resets many streams, so a few callers share one.
        if n % 10 == 0 {
            shared = Door::new(node.channel());
        }
        let door = shared.clone();
        callers.push(tokio::spawn(async move {
            let records = (0..3).map(|part| deal(&format!("c{n}-{part}"), n)).collect();
            let answer = tokio::time::timeout(patience, door.upsert(batch(records))).await;
            answer.ok()?.ok().map(|reply| (n, reply))
        }));
        if n % 20 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let mut acknowledged = HashMap::new();
    for caller in callers {
        acknowledged.extend(caller.await.unwrap());
    }
    // The writer is free: a last write goes through at once.
    let last = tokio::time::timeout(Duration::from_secs(5), door.write(vec![deal("last", 1)])).await;
    let last = last.expect("no transaction holds the database")[0].1;
    let changes = door.changes("acme", 0).await;
    assert_eq!(changes.len() as u64, last);
    let mut stored: HashMap<String, Vec<u64>> = HashMap::new();
    for change in changes {
        stored.entry(change.id).or_default().push(change.seq);
    }
    assert!(
        stored.values().all(|seqs| seqs.len() == 1),
        "nothing is stored twice"
    );
    for (n, reply) in &acknowledged {
        for (part, result) in reply.results.iter().enumerate() {
            assert_eq!(stored[&format!("c{n}-{part}")], [result.seq]);
        }
    }
    // A batch is stored whole or not at all, whoever waited for it.
    for n in 0..500 {
        let parts = (0..3)
            .filter(|part| stored.contains_key(&format!("c{n}-{part}")))
            .count();
        assert!(parts == 0 || parts == 3, "c{n} is half written");
    }
    assert!(
        !acknowledged.is_empty() && acknowledged.len() < 500,
        "{} were served",
        acknowledged.len()
    );
}

/// A start that failed and is tried again leaves nothing of the first attempt: each number is shown once.
#[tokio::test]
async fn a_start_that_is_tried_again_begins_from_nothing() {
    let start = |host: Host| async move {
        let spool = host.data_dir.join("imports");
        std::fs::write(&spool, "in the way").unwrap();
        ingestion(host.clone()).await.unwrap_err();
        std::fs::remove_file(&spool).unwrap();
        let services = ingestion(host.clone()).await?;
        let shown = host.metrics.encode();
        let declared = "# TYPE bellwether_ingestion_groups counter";
        assert_eq!(shown.matches(declared).count(), 1, "{shown}");
        Ok(services)
    };
    let node = TestNode::start(start).await;
    Door::new(node.channel()).write(vec![deal("a", 1)]).await;
}
