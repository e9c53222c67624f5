//! MergeRecords: who stays, who goes, what is refused, and what followers of the feed see.

use bellwether_contracts::ingestion::change::Payload;
use bellwether_contracts::ingestion::{
    GetRecordRequest, ListRecordsRequest, MergeRecordsRequest, MergeRecordsResponse, StreamSnapshotRequest,
};
use bellwether_contracts::sales::{self, RecordKind};
use bellwether_domain::{Error, ErrorCode, ErrorReason};
use bellwether_testkit::{TestNode, sample};
use tonic::Status;

use crate::door::{Door, batch, ingestion, node, refusal};

const ACCOUNT: RecordKind = RecordKind::Account;

fn account(id: &str) -> sales::Record {
    bellwether_contracts::convert::record_to_proto(&sample::account(id, "retail", "EU"))
}

fn lead(id: &str) -> sales::Record {
    sales::Record {
        id: id.into(),
        body: Some(sales::record::Body::Lead(sales::Lead::default())),
        ..Default::default()
    }
}

fn request(kind: RecordKind, losers: &[&str], survivor: &str, request_id: &str) -> MergeRecordsRequest {
    MergeRecordsRequest {
        tenant: "acme".into(),
        kind: kind.into(),
        survivor_id: survivor.into(),
        loser_ids: losers.iter().map(|id| (*id).to_owned()).collect(),
        request_id: request_id.into(),
    }
}

async fn send(door: &Door, request: MergeRecordsRequest) -> Result<MergeRecordsResponse, Status> {
    let merged = door.records.clone().merge_records(request).await;
    merged.map(tonic::Response::into_inner)
}

async fn merge(door: &Door, losers: &[&str], survivor: &str) -> Result<MergeRecordsResponse, Status> {
    send(door, request(ACCOUNT, losers, survivor, "")).await
}

/// What is said of a record that is not there.
async fn gone(door: &Door, kind: RecordKind, id: &str) -> Error {
    let request = GetRecordRequest {
        tenant: "acme".into(),
        kind: kind.into(),
        id: id.into(),
    };
    let (code, reason, error) = refusal(door.records.clone().get_record(request).await);
    assert_eq!((code, reason), (ErrorCode::NotFound, ErrorReason::RecordNotFound));
    error
}

async fn ids(door: &Door, kind: RecordKind) -> Vec<String> {
    let request = ListRecordsRequest {
        tenant: "acme".into(),
        kind: kind.into(),
        ..Default::default()
    };
    let page = door.records.clone().list_records(request).await.unwrap();
    let records = page.into_inner().records.into_iter();
    records.map(|one| one.record.unwrap().id).collect()
}

/// The tombstones after a sequence number: id, and whom it names.
async fn tombstones(door: &Door, after: u64) -> Vec<(String, String)> {
    let changes = door.changes("acme", after).await.into_iter();
    let named = changes.filter_map(|change| match change.payload {
        Some(Payload::Tombstone(tombstone)) => Some((change.id, tombstone.merged_into)),
        _ => None,
    });
    named.collect()
}

fn pairs(named: &[(&str, &str)]) -> Vec<(String, String)> {
    named
        .iter()
        .map(|(id, into)| ((*id).to_owned(), (*into).to_owned()))
        .collect()
}

#[tokio::test]
async fn the_survivor_answers_for_the_losers() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write(["a", "b", "c", "d"].map(account).to_vec()).await;
    let merged = merge(&door, &["b", "a"], "c").await.unwrap();
    assert_eq!(
        (merged.position.unwrap().seq, merged.seqs, merged.followers),
        (6, vec![5, 6], 0)
    );
    assert_eq!(ids(&door, ACCOUNT).await, ["c", "d"]);
    for id in ["a", "b"] {
        let error = gone(&door, ACCOUNT, id).await;
        assert_eq!(
            error.message,
            format!("there is no account `{id}` any more: it was merged into account `c`")
        );
    }
    assert_eq!(gone(&door, ACCOUNT, "x").await.message, "there is no account `x`");
    assert_eq!(tombstones(&door, 0).await, pairs(&[("b", "c"), ("a", "c")]));
    // The survivor goes the same way, and takes those along that it answered for.
    let merged = merge(&door, &["c"], "d").await.unwrap();
    assert_eq!((merged.seqs, merged.followers), (vec![7], 2));
    assert_eq!(
        tombstones(&door, 6).await,
        pairs(&[("c", "d"), ("a", "d"), ("b", "d")])
    );
    assert!(
        gone(&door, ACCOUNT, "a")
            .await
            .message
            .ends_with("into account `d`")
    );
    // A plain deletion names nobody.
    door.write(vec![lead("l")]).await;
    let delete = bellwether_contracts::ingestion::DeleteRecordRequest {
        tenant: "acme".into(),
        kind: RecordKind::Lead.into(),
        id: "l".into(),
        request_id: String::new(),
        expected_seq: None,
    };
    door.records.clone().delete_record(delete).await.unwrap();
    assert_eq!(tombstones(&door, 9).await, pairs(&[("l", "")]));
    assert_eq!(
        gone(&door, RecordKind::Lead, "l").await.message,
        "there is no lead `l`"
    );
}

#[tokio::test]
async fn a_merge_that_is_sent_again_is_done_once() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write(["l1", "l2", "l3"].map(lead).to_vec()).await;
    let once = request(RecordKind::Lead, &["l1"], "l2", "once");
    let first = send(&door, once.clone()).await.unwrap();
    assert_eq!(send(&door, once.clone()).await.unwrap(), first);
    assert_eq!(door.head("acme").await.seq, 4);
    let mut other = once;
    other.survivor_id = "l3".into();
    let (code, reason, _) = refusal(send(&door, other).await);
    assert_eq!(
        (code, reason),
        (ErrorCode::AlreadyExists, ErrorReason::IdempotencyKeyReused)
    );
    // Without a name it is another merge, of a record that is gone.
    let (code, _, error) = refusal(send(&door, request(RecordKind::Lead, &["l1"], "l2", "")).await);
    assert_eq!(
        (code, error.violations[0].field.as_str()),
        (ErrorCode::NotFound, "loser_ids[0]")
    );
    // A source that still knows the loser brings it back: so a merge is undone.
    door.write(vec![lead("l1")]).await;
    assert_eq!(ids(&door, RecordKind::Lead).await, ["l1", "l2", "l3"]);
    assert_eq!(
        send(&door, request(RecordKind::Lead, &["l2"], "l3", ""))
            .await
            .unwrap()
            .followers,
        0
    );
}

#[tokio::test]
async fn what_cannot_be_merged_is_refused_with_every_violation() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write(["a", "b", "c"].map(account).to_vec()).await;
    let refused = |kind: RecordKind, losers: &[&str], survivor: &str| {
        let request = request(kind, losers, survivor, "");
        let door = door.clone();
        async move {
            let (code, _, error) = refusal(send(&door, request).await);
            let fields = error.violations.into_iter().map(|one| one.field);
            (code, fields.collect::<Vec<_>>(), error.message)
        }
    };
    let (code, fields, message) = refused(RecordKind::Opportunity, &[], "").await;
    assert_eq!(code, ErrorCode::InvalidArgument);
    assert_eq!(fields, ["kind", "loser_ids", "survivor_id"]);
    assert!(
        message.contains("give RECORD_KIND_ACCOUNT or RECORD_KIND_LEAD"),
        "{message}"
    );
    let (code, fields, message) = refused(ACCOUNT, &["a", "a", "b", "", "x\0"], "b").await;
    assert_eq!(code, ErrorCode::InvalidArgument);
    assert_eq!(
        fields,
        ["loser_ids[1]", "loser_ids[2]", "loser_ids[3]", "loser_ids[4]"]
    );
    assert!(message.contains("cannot be merged into itself"), "{message}");
    let many: Vec<String> = (0..1_001).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(refused(ACCOUNT, &many, "b").await.1, ["loser_ids"]);
    assert_eq!(refused(RecordKind::Unspecified, &["a"], "b").await.1, ["kind"]);
    // All or nothing: one of them is not there.
    let (code, fields, _) = refused(ACCOUNT, &["a", "nobody"], "c").await;
    assert_eq!(
        (code, fields),
        (ErrorCode::NotFound, vec!["loser_ids[1]".to_owned()])
    );
    assert_eq!(door.head("acme").await.seq, 3);
    // Chains and circles: a record that was merged away can take nobody in.
    merge(&door, &["a"], "b").await.unwrap();
    for loser in ["b", "c"] {
        let (code, fields, message) = refused(ACCOUNT, &[loser], "a").await;
        assert_eq!(
            (code, fields),
            (ErrorCode::NotFound, vec!["survivor_id".to_owned()])
        );
        assert!(message.contains("it was merged into account `b`"), "{message}");
    }
    let mut elsewhere = request(ACCOUNT, &["b"], "c", "");
    elsewhere.tenant = "nobody".into();
    assert_eq!(refusal(send(&door, elsewhere).await).0, ErrorCode::NotFound);
    assert_eq!(door.head("acme").await.seq, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_crossing_merges_one_wins() {
    let node = node().await;
    let door = Door::new(node.channel());
    for turn in 0..10 {
        let (a, b) = (format!("a{turn}"), format!("b{turn}"));
        door.upsert(batch(vec![account(&a), account(&b)])).await.unwrap();
        let (one, other) = ([a.as_str()], [b.as_str()]);
        let (left, right) = tokio::join!(merge(&door, &one, &b), merge(&door, &other, &a));
        assert!(left.is_ok() != right.is_ok(), "{left:?} {right:?}");
    }
    assert_eq!(ids(&door, ACCOUNT).await.len(), 10);
}

#[tokio::test]
async fn merges_outlive_a_restart_and_stand_in_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    let start = || TestNode::builder().dir(folder.path()).start(ingestion);
    let node = start().await;
    let door = Door::new(node.channel());
    door.write(["a", "b", "c"].map(account).to_vec()).await;
    merge(&door, &["a"], "b").await.unwrap();
    node.stop().await;
    let node = start().await;
    let door = Door::new(node.channel());
    assert_eq!(merge(&door, &["b"], "c").await.unwrap().followers, 1);
    let request = StreamSnapshotRequest {
        tenant: "acme".into(),
    };
    let mut stream = door
        .feed
        .clone()
        .stream_snapshot(request)
        .await
        .unwrap()
        .into_inner();
    let mut named = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        named.extend(
            message
                .changes
                .into_iter()
                .filter_map(|change| match change.payload {
                    Some(Payload::Tombstone(tombstone)) => Some((change.id, tombstone.merged_into)),
                    _ => None,
                }),
        );
    }
    assert_eq!(named, pairs(&[("a", "b"), ("b", "c"), ("a", "c")]));
    node.stop().await;
}
