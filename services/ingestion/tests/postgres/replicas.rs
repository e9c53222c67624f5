//! Two processes over one database: one log, whoever writes to it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bellwether_contracts::ingestion::{
    ListRecordsRequest, SubscribeRequest, TenantSettings, UpdateSettingsRequest, UpsertRecordsRequest,
};
use bellwether_contracts::types::Position;
use bellwether_ingestion::{Config, Ingestion};
use bellwether_storage::Place;
use bellwether_testkit::servers::Postgres;
use bellwether_testkit::{TestNode, sample};
use prost::Message as _;

use crate::door::{Door, OPPORTUNITY, batch, deal};

/// A process over a database.
pub(crate) async fn replica(database: &str, config: Config) -> TestNode {
    let place = Place::Server(database.to_owned());
    TestNode::start(|host| async move { Ok(Ingestion::start(&host, &place, config).await?.services()) }).await
}

async fn two() -> [TestNode; 2] {
    let database = Postgres::shared().database();
    // Both at once: the tables and the life of the database are made by one of them.
    let start = || replica(&database, Config::default());
    tokio::join!(start(), start()).into()
}

fn doors(nodes: &[TestNode; 2]) -> [Door; 2] {
    [Door::new(nodes[0].channel()), Door::new(nodes[1].channel())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_one_log_without_gaps_or_doubles() {
    let nodes = two().await;
    let doors = doors(&nodes);
    let write = |writer: u64| {
        let door = doors[writer as usize % 2].clone();
        tokio::spawn(async move {
            let mut seqs = Vec::new();
            for turn in 0..25_u64 {
                let ids = (0..=turn % 4).map(|n| format!("w{writer}-{turn}-{n}"));
                seqs.extend(door.write(ids.map(|id| deal(&id, turn)).collect()).await);
                // All of them write this one, over and over again.
                seqs.extend(door.write(vec![deal("same", writer * 100 + turn)]).await);
            }
            seqs
        })
    };
    let writers: Vec<_> = (0..4).map(write).collect();
    let mut acknowledged = BTreeSet::new();
    for writer in writers {
        for (_, seq) in writer.await.unwrap() {
            assert!(acknowledged.insert(seq), "{seq} was given out twice");
        }
    }
    let total = 4 * (0..25).map(|turn| turn % 4 + 2).sum::<u64>();
    assert!(
        acknowledged.iter().copied().eq(1..=total),
        "no gap and nothing lost"
    );
    let changes = [
        doors[0].changes("acme", 0).await,
        doors[1].changes("acme", 0).await,
    ];
    assert_eq!(changes[0], changes[1]);
    assert!(changes[0].iter().map(|change| change.seq).eq(1..=total));
    let ids: BTreeSet<&str> = changes[0].iter().map(|change| change.id.as_str()).collect();
    assert_eq!(ids.len() as u64, total - 100 + 1);
    assert_eq!(doors[0].head("acme").await, doors[1].head("acme").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_to_both_at_once_is_written_once_and_answered_alike() {
    let nodes = two().await;
    let doors = doors(&nodes);
    for turn in 0..20_u64 {
        // Each time the tenant is new as well.
        let request = UpsertRecordsRequest {
            tenant: format!("tenant{turn}"),
            records: vec![deal("a", turn), deal("b", turn), sample::deal("").proto()],
            request_id: "once".into(),
            ..Default::default()
        };
        let sent = (doors[0].upsert(request.clone()), doors[1].upsert(request.clone()));
        let (first, second) = tokio::join!(sent.0, sent.1);
        let (first, second) = (first.unwrap().encode_to_vec(), second.unwrap().encode_to_vec());
        assert_eq!(first, second);
        assert_eq!(
            doors[turn as usize % 2]
                .upsert(request)
                .await
                .unwrap()
                .encode_to_vec(),
            first
        );
        assert_eq!(doors[0].head(&format!("tenant{turn}")).await.seq, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_at_one_soon_sees_what_the_other_wrote() {
    let nodes = two().await;
    let [one, other] = doors(&nodes);
    let request = SubscribeRequest {
        tenant: "acme".into(),
        after: None,
    };
    let mut stream = other.feed.clone().subscribe(request).await.unwrap().into_inner();
    stream.message().await.unwrap();
    let mut took = Vec::new();
    for turn in 0..15 {
        one.write(vec![deal(&format!("d{turn}"), 1)]).await;
        let since = Instant::now();
        let message = stream.message().await.unwrap().unwrap();
        took.push(since.elapsed());
        assert_eq!(message.changes[0].id, format!("d{turn}"));
    }
    took.sort();
    assert!(took[took.len() / 2] <= Duration::from_millis(250), "{took:?}");
}

#[tokio::test]
async fn settings_that_one_declares_hold_at_the_other_at_once() {
    let nodes = two().await;
    let [one, other] = doors(&nodes);
    // The other has the defaults at hand from now on.
    other.write(vec![deal("before", 1)]).await;
    let settings = TenantSettings {
        zone: "Asia/Tokyo".into(),
        ..Default::default()
    };
    let request = UpdateSettingsRequest {
        tenant: "acme".into(),
        settings: Some(settings),
        ..Default::default()
    };
    one.tenants.clone().update_settings(request).await.unwrap();
    other.write(vec![deal("after", 1)]).await;
    let changes = one.changes("acme", 2).await;
    assert_eq!(
        changes[0].effective_at.unwrap().seconds,
        1_483_282_800,
        "the day begins in Tokyo"
    );
}

#[tokio::test]
async fn a_page_begun_at_one_goes_on_at_the_other() {
    let database = Postgres::shared().database();
    let one = replica(&database, Config::default()).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(one.dir().join("token"), folder.path().join("token")).unwrap();
    std::fs::write(folder.path().join("database-url"), &database).unwrap();
    let other = TestNode::builder()
        .dir(folder.path())
        .start(crate::door::ingestion)
        .await;
    let door = Door::new(one.channel());
    door.write((0..5).map(|n| deal(&format!("d{n}"), n)).collect())
        .await;
    let page = |node: &TestNode, token: String| {
        let request = ListRecordsRequest {
            tenant: "acme".into(),
            kind: OPPORTUNITY,
            page_size: 2,
            page_token: token,
        };
        let mut records = Door::new(node.channel()).records;
        async move { records.list_records(request).await.unwrap().into_inner() }
    };
    let first = page(&one, String::new()).await;
    let second = page(&other, first.next_page_token).await;
    let third = page(&one, second.next_page_token).await;
    let ids: Vec<&str> = [&first.records, &second.records, &third.records]
        .into_iter()
        .flatten()
        .map(|stored| stored.record.as_ref().unwrap().id.as_str())
        .collect();
    assert_eq!(ids, ["d0", "d1", "d2", "d3", "d4"]);
}

#[tokio::test]
async fn ids_are_in_the_order_of_their_bytes() {
    let nodes = two().await;
    let [one, other] = doors(&nodes);
    let mut ids = ["b", "B", "a", "_", "Z", "10", "9", "\u{e9}", "e", "a b", "a-b"];
    one.write(ids.iter().map(|id| deal(id, 1)).collect()).await;
    let request = ListRecordsRequest {
        tenant: "acme".into(),
        kind: OPPORTUNITY,
        ..Default::default()
    };
    let listed = other
        .records
        .clone()
        .list_records(request)
        .await
        .unwrap()
        .into_inner();
    let listed: Vec<String> = listed
        .records
        .into_iter()
        .map(|stored| stored.record.unwrap().id)
        .collect();
    ids.sort_unstable();
    assert_eq!(listed, ids);
    let position: Position = one.head("acme").await;
    assert_eq!(position.seq, ids.len() as u64);
    other.upsert(batch(vec![deal("B", 1)])).await.unwrap();
    assert_eq!(one.head("acme").await, position, "nothing new");
}
