//! ChangeFeedService.StreamSnapshot: all of a log up to the head of the moment.

use bellwether_contracts::ingestion::{Change, StreamSnapshotRequest, StreamSnapshotResponse};
use bellwether_domain::ErrorReason;
use bellwether_testkit::TestNode;
use prost::Message as _;
use tonic::{Status, Streaming};

use crate::door::{Door, deal, ingestion, node, refusal};

async fn ask(door: &Door, tenant: &str) -> Result<Streaming<StreamSnapshotResponse>, Status> {
    let request = StreamSnapshotRequest {
        tenant: tenant.into(),
    };
    let reply = door.feed.clone().stream_snapshot(request).await;
    reply.map(tonic::Response::into_inner)
}

async fn all(mut stream: Streaming<StreamSnapshotResponse>) -> (Vec<Change>, Vec<u64>) {
    let (mut changes, mut heads) = (Vec::new(), Vec::new());
    while let Some(message) = stream.message().await.unwrap() {
        changes.extend(message.changes);
        heads.push(message.head.unwrap().seq);
    }
    heads.dedup();
    (changes, heads)
}

fn bytes(changes: &[Change]) -> Vec<Vec<u8>> {
    changes.iter().map(Change::encode_to_vec).collect()
}

#[tokio::test]
async fn a_snapshot_is_what_a_follower_was_told() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write((0..2_300).map(|n| deal(&format!("d{n}"), n)).collect())
        .await;
    door.write(vec![deal("d1", 7), deal("d2", 7)]).await;
    door.delete("d3", "").await.unwrap();
    let followed = door.changes("acme", 0).await;
    let (changes, heads) = all(ask(&door, "acme").await.unwrap()).await;
    assert_eq!((changes.len(), heads), (2_303, vec![2_303]));
    assert!(
        bytes(&changes) == bytes(&followed),
        "the same changes to the byte"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_ends_at_the_head_it_began_with_while_writes_go_on() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write((0..5_000).map(|n| deal(&format!("d{n}"), n)).collect())
        .await;
    let writer = {
        let door = door.clone();
        tokio::spawn(async move {
            for turn in 0..40 {
                door.write(vec![deal("moving", turn)]).await;
            }
        })
    };
    let (changes, heads) = all(ask(&door, "acme").await.unwrap()).await;
    writer.await.unwrap();
    assert_eq!(heads, [changes.len() as u64]);
    assert!(changes.iter().map(|change| change.seq).eq(1..=heads[0]));
    assert!((5_000..=5_040).contains(&heads[0]) && door.head("acme").await.seq == 5_040);
}

#[tokio::test]
async fn a_tenant_without_a_log_has_an_empty_snapshot() {
    let node = node().await;
    let door = Door::new(node.channel());
    let (changes, heads) = all(ask(&door, "nobody").await.unwrap()).await;
    assert_eq!((changes.len(), heads), (0, vec![0]));
}

#[tokio::test]
async fn another_tenants_snapshot_is_refused() {
    let tokens = "- {token: acme-token-0123456789abcdef, tenant: acme, scope: {all: {}}}\n";
    let node = TestNode::builder().tokens_yaml(tokens).start(ingestion).await;
    Door::new(node.channel()).write(vec![deal("d", 1)]).await;
    let acme = Door::new(node.channel_as("acme-token-0123456789abcdef"));
    assert_eq!(all(ask(&acme, "acme").await.unwrap()).await.0.len(), 1);
    for tenant in ["globex", "nobody"] {
        assert_eq!(refusal(ask(&acme, tenant).await).1, ErrorReason::TenantMismatch);
    }
}
