//! ChangeFeedService: every change, in order, without gaps.

use bellwether_contracts::ingestion::change::Payload;
use bellwether_contracts::ingestion::{SubscribeRequest, UpsertRecordsRequest};
use bellwether_contracts::sales::{LineItem, record::Body};
use bellwether_contracts::types;
use bellwether_domain::{ErrorCode, ErrorReason};

use crate::door::{Door, batch, deal, node, refusal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_sees_every_change_once_while_four_write() {
    let node = node().await;
    let door = Door::new(node.channel());
    let request = SubscribeRequest {
        tenant: "acme".into(),
        after: None,
    };
    let mut stream = door.feed.clone().subscribe(request).await.unwrap().into_inner();
    let hello = stream.message().await.unwrap().unwrap();
    assert!(hello.changes.is_empty() && hello.head.unwrap().epoch != 0);
    let write = |writer: u64| {
        let door = door.clone();
        tokio::spawn(async move {
            for turn in 0..25 {
                let records = (0..=turn % 4).map(|n| deal(&format!("w{writer}-{turn}-{n}"), turn));
                door.upsert(batch(records.collect())).await.unwrap();
            }
        })
    };
    let writers: Vec<_> = (0..4).map(write).collect();
    let total = 4 * (0..25).map(|turn| turn % 4 + 1).sum::<u64>();
    let (mut ids, mut last) = (std::collections::BTreeSet::new(), (0, 0));
    let mut seq = 0;
    while seq < total {
        let message = stream.message().await.unwrap().unwrap();
        assert!(
            message
                .changes
                .last()
                .is_none_or(|change| change.seq <= message.head.unwrap().seq)
        );
        for change in message.changes {
            seq += 1;
            assert_eq!(change.seq, seq);
            let at = change.recorded_at.unwrap();
            assert!(last < (at.seconds, at.nanos));
            last = (at.seconds, at.nanos);
            assert!(matches!(change.payload, Some(Payload::Record(_))));
            assert!(ids.insert(change.id));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!((ids.len() as u64, door.head("acme").await.seq), (total, total));
}

#[tokio::test]
async fn batches_are_bounded_and_a_late_follower_reads_them_all() {
    let node = node().await;
    let door = Door::new(node.channel());
    let records: Vec<_> = (0..2_500).map(|n| deal(&format!("d{n}"), n)).collect();
    door.write(records).await;
    let large = |n: u64| {
        let line = |number: usize| LineItem {
            product: format!("{number:0>1000}"),
            ..LineItem::default()
        };
        let mut record = deal(&format!("large{n}"), n);
        if let Some(Body::Opportunity(deal)) = &mut record.body {
            deal.lines = (0..300).map(line).collect();
        }
        record
    };
    door.write((0..8).map(large).collect()).await;
    let request = SubscribeRequest {
        tenant: "acme".into(),
        after: None,
    };
    let mut stream = door.feed.clone().subscribe(request).await.unwrap().into_inner();
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 2_508 {
        sizes.push(stream.message().await.unwrap().unwrap().changes.len());
    }
    assert_eq!(sizes[..2], [1_000, 1_000]);
    assert!(sizes[3..].iter().all(|size| *size <= 4), "{sizes:?}");
    assert_eq!(door.changes("acme", 2_507).await[0].id, "large7");
}

#[tokio::test]
async fn positions_of_another_life_or_ahead_need_a_snapshot() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write(vec![deal("d", 1)]).await;
    let head = door.head("acme").await;
    let follow = |tenant: &str, epoch, seq| {
        let after = Some(types::Position { epoch, seq });
        let mut feed = door.feed.clone();
        let request = SubscribeRequest {
            tenant: tenant.into(),
            after,
        };
        async move { feed.subscribe(request).await.map(|_| ()) }
    };
    for refused in [
        follow("acme", head.epoch + 1, 1).await,
        follow("acme", head.epoch, 2).await,
        follow("nobody", head.epoch, 1).await,
    ] {
        let (code, reason, _) = refusal(refused);
        assert_eq!(
            (code, reason),
            (ErrorCode::OutOfRange, ErrorReason::SnapshotRequired)
        );
    }
    follow("acme", head.epoch, 1).await.unwrap();
    follow("nobody", 0, 0).await.unwrap();
    let nobody = door.head("nobody").await;
    assert_eq!((nobody.epoch, nobody.seq), (head.epoch, 0));
}

#[tokio::test]
async fn a_follower_of_a_tenant_to_come_sees_its_first_change() {
    let node = node().await;
    let door = Door::new(node.channel());
    let request = SubscribeRequest {
        tenant: "later".into(),
        after: None,
    };
    let mut stream = door.feed.clone().subscribe(request).await.unwrap().into_inner();
    stream.message().await.unwrap();
    let write = UpsertRecordsRequest {
        tenant: "later".into(),
        records: vec![deal("d", 1)],
        ..Default::default()
    };
    door.upsert(write).await.unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().changes[0].id, "d");
}

#[tokio::test]
async fn a_stream_ends_when_the_node_does() {
    let node = node().await;
    let door = Door::new(node.channel());
    let request = SubscribeRequest {
        tenant: "acme".into(),
        after: None,
    };
    let mut stream = door.feed.clone().subscribe(request).await.unwrap().into_inner();
    stream.message().await.unwrap();
    let stopping = tokio::spawn(node.stop());
    let ending = loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert_eq!(refusal(ending).1, ErrorReason::ShuttingDown);
    stopping.await.unwrap();
}
