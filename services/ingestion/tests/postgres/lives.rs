//! The epoch of the log, when the database turns out to be another one than before.

use bellwether_contracts::ingestion::SubscribeRequest;
use bellwether_domain::ErrorReason;
use bellwether_ingestion::Config;
use bellwether_testkit::servers::Postgres;

use crate::door::{Door, deal, refusal};
use crate::place::sql;
use crate::replicas::replica;

#[tokio::test]
async fn another_timeline_is_another_epoch() {
    let database = Postgres::shared().database();
    let node = replica(&database, Config::default()).await;
    let door = Door::new(node.channel());
    door.write(vec![deal("a", 1)]).await;
    let before = door.head("acme").await;
    let known = sql(
        &database,
        "SELECT system <> '' AND timeline = '00000001' FROM life",
    );
    assert_eq!(known, "t", "the server says who it is");
    // A process that starts again, and one beside it, change nothing.
    let beside = replica(&database, Config::default()).await;
    assert_eq!(Door::new(beside.channel()).head("acme").await, before);
    node.stop().await;
    for (column, value) in [("timeline", "00000007"), ("system", "1234")] {
        let before = sql(&database, "SELECT epoch FROM life").parse::<u64>().unwrap();
        sql(&database, &format!("UPDATE life SET {column} = '{value}'"));
        let node = replica(&database, Config::default()).await;
        let door = Door::new(node.channel());
        let after = door.head("acme").await;
        assert!(after.epoch > before && after.seq >= 1);
        let request = |epoch, seq| SubscribeRequest {
            tenant: "acme".into(),
            after: Some(bellwether_contracts::types::Position { epoch, seq }),
        };
        let old = door.feed.clone().subscribe(request(before, 1)).await.map(|_| ());
        assert_eq!(refusal(old).1, ErrorReason::SnapshotRequired);
        door.feed
            .clone()
            .subscribe(request(after.epoch, 1))
            .await
            .unwrap();
        assert_eq!(door.write(vec![deal(value, 1)]).await[0].1, after.seq + 1);
        node.stop().await;
    }
}

#[tokio::test]
async fn a_stream_of_an_epoch_that_ended_ends() {
    let database = Postgres::shared().database();
    let node = replica(&database, Config::default()).await;
    let door = Door::new(node.channel());
    door.write(vec![deal("a", 1)]).await;
    let request = SubscribeRequest {
        tenant: "acme".into(),
        after: None,
    };
    let mut stream = door.feed.clone().subscribe(request).await.unwrap().into_inner();
    stream.message().await.unwrap();
    sql(&database, "UPDATE life SET timeline = '00000007'");
    // Another process finds out; all hear of it.
    let other = replica(&database, Config::default()).await;
    let ended = loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert_eq!(refusal(ended).1, ErrorReason::SnapshotRequired);
    assert_eq!(
        door.head("nobody").await.epoch,
        Door::new(other.channel()).head("acme").await.epoch
    );
}
