//! RecordService: writing, reading, deleting, paging, and asking again.

use bellwether_contracts::ingestion::{ListRecordsRequest, ListRecordsResponse, UpsertOutcome};
use bellwether_contracts::sales;
use bellwether_domain::{ErrorCode, ErrorReason};
use bellwether_testkit::{TestNode, sample};
use prost::Message as _;

use crate::door::{Door, OPPORTUNITY, batch, deal, ingestion, node, refusal};

const CREATED: i32 = UpsertOutcome::Created as i32;
const CHANGED: i32 = UpsertOutcome::Changed as i32;
const UNCHANGED: i32 = UpsertOutcome::Unchanged as i32;
const REJECTED: i32 = UpsertOutcome::Rejected as i32;
const NOT_WRITTEN: i32 = UpsertOutcome::NotWritten as i32;

#[tokio::test]
async fn importing_a_then_b_then_a_ends_at_a() {
    let node = node().await;
    let door = Door::new(node.channel());
    assert_eq!(door.write(vec![deal("d", 1)]).await, [(CREATED, 1)]);
    assert_eq!(door.write(vec![deal("d", 1)]).await, [(UNCHANGED, 1)]);
    assert_eq!(door.write(vec![deal("d", 2)]).await, [(CHANGED, 2)]);
    assert_eq!(door.write(vec![deal("d", 1)]).await, [(CHANGED, 3)]);
    assert_eq!(door.amount("d").await.unwrap(), 100);
    node.stop().await;
}

#[tokio::test]
async fn a_request_sent_again_gets_its_first_reply_to_the_byte() {
    let node = node().await;
    let door = Door::new(node.channel());
    let mut request = batch(vec![deal("a", 1), deal("b", 1), sample::deal("").proto()]);
    request.request_id = "r1".into();
    let first = door.upsert(request.clone()).await.unwrap();
    assert_eq!(first.results[2].outcome, REJECTED);
    // The records move on; the reply does not.
    door.write(vec![deal("a", 2)]).await;
    let again = door.upsert(request.clone()).await.unwrap();
    assert_eq!(first.encode_to_vec(), again.encode_to_vec());
    assert_eq!(door.amount("a").await.unwrap(), 200);
    let mut other = request.clone();
    other.records.pop();
    let (code, reason, _) = refusal(door.upsert(other).await);
    assert_eq!(
        (code, reason),
        (ErrorCode::AlreadyExists, ErrorReason::IdempotencyKeyReused)
    );
    let mut whole = request.clone();
    whole.all_or_nothing = true;
    assert_eq!(refusal(door.upsert(whole).await).0, ErrorCode::AlreadyExists);
    assert_eq!(refusal(door.delete("a", "r1").await).0, ErrorCode::AlreadyExists);
    assert_eq!(door.head("acme").await.seq, 3);
    // Another tenant has names of its own.
    request.tenant = "globex".into();
    assert_eq!(
        door.upsert(request.clone()).await.unwrap().results[0].outcome,
        CREATED
    );
    request.request_id = "x".repeat(129);
    assert_eq!(refusal(door.upsert(request).await).0, ErrorCode::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_batch_sent_by_many_at_once_is_written_once() {
    let node = node().await;
    let door = Door::new(node.channel());
    let mut request = batch((0..50).map(|n| deal(&format!("d{n}"), n)).collect());
    request.request_id = "once".into();
    let send = |_| {
        let (door, request) = (door.clone(), request.clone());
        tokio::spawn(async move { door.upsert(request).await.unwrap().encode_to_vec() })
    };
    let sent: Vec<_> = (0..24).map(send).collect();
    let mut replies = Vec::new();
    for reply in sent {
        replies.push(reply.await.unwrap());
    }
    replies.dedup();
    assert_eq!((replies.len(), door.head("acme").await.seq), (1, 50));
}

#[tokio::test]
async fn bad_records_are_refused_with_every_violation_and_the_others_written() {
    let node = node().await;
    let door = Door::new(node.channel());
    let mut bad = sample::deal("bad")
        .created("2017-03-01")
        .won("2017-02-01", "10")
        .proto();
    if let Some(sales::record::Body::Opportunity(body)) = &mut bad.body {
        body.amount.as_mut().unwrap().minor_units = -1;
    }
    let mut whole = batch(vec![deal("good", 1), bad]);
    whole.all_or_nothing = true;
    let reply = door.upsert(whole.clone()).await.unwrap();
    let outcomes: Vec<i32> = reply.results.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [NOT_WRITTEN, REJECTED]);
    let fields: Vec<&str> = reply.results[1]
        .violations
        .iter()
        .map(|one| one.field.as_str())
        .collect();
    assert!(
        fields.contains(&"opportunity.amount") && fields.contains(&"opportunity.closed_at"),
        "{fields:?}"
    );
    assert_eq!(door.head("acme").await.seq, 0);
    let (code, reason, _) = refusal(door.amount("good").await);
    assert_eq!(
        (code, reason),
        (ErrorCode::NotFound, ErrorReason::UnknownTenant),
        "refusals make no tenant"
    );
    whole.all_or_nothing = false;
    let reply = door.upsert(whole).await.unwrap();
    assert_eq!(
        (reply.results[0].outcome, reply.position.unwrap().seq),
        (CREATED, 1)
    );
    assert_eq!(refusal(door.amount("bad").await).1, ErrorReason::RecordNotFound);
    assert_eq!(
        refusal(door.upsert(batch(Vec::new())).await).0,
        ErrorCode::InvalidArgument
    );
    let many = (0..5_001).map(|n| deal(&n.to_string(), 1)).collect();
    assert_eq!(
        refusal(door.upsert(batch(many)).await).0,
        ErrorCode::InvalidArgument
    );
    assert_eq!(door.head("acme").await.seq, 1);
}

#[tokio::test]
async fn a_large_batch_and_its_replay() {
    let node = node().await;
    let door = Door::new(node.channel());
    let records: Vec<_> = (0..5_000).map(|n| deal(&format!("d{n:05}"), n)).collect();
    let written = door.write(records.clone()).await;
    assert!(written.iter().zip(1..).all(|(one, seq)| *one == (CREATED, seq)));
    let written = door.write(records).await;
    assert!(written.iter().zip(1..).all(|(one, seq)| *one == (UNCHANGED, seq)));
    assert_eq!(door.head("acme").await.seq, 5_000);
}

#[tokio::test]
async fn a_deleted_record_is_gone_until_it_is_written_again() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write(vec![deal("d", 1), deal("e", 1)]).await;
    let gone = door.delete("d", "del").await.unwrap();
    assert_eq!(gone.seq, 3);
    assert_eq!(refusal(door.amount("d").await).1, ErrorReason::RecordNotFound);
    assert_eq!(
        door.delete("d", "del").await.unwrap(),
        gone,
        "the same request again"
    );
    assert_eq!(refusal(door.delete("d", "").await).0, ErrorCode::NotFound);
    assert_eq!(refusal(door.delete("nobody", "").await).0, ErrorCode::NotFound);
    let (records, _) = list(&door, 10, "").await;
    assert_eq!(records, ["e"]);
    assert_eq!(door.write(vec![deal("d", 1)]).await, [(CREATED, 4)]);
    assert_eq!(door.amount("d").await.unwrap(), 100);
    let changes = door.changes("acme", 0).await;
    let chain: Vec<(u64, u64)> = changes
        .iter()
        .map(|change| (change.seq, change.prev_seq))
        .collect();
    assert_eq!(chain, [(1, 0), (2, 0), (3, 1), (4, 3)]);
    let instants: Vec<_> = changes
        .iter()
        .map(|change| change.effective_at.unwrap())
        .collect();
    assert!(instants[2].seconds > instants[0].seconds);
    assert!((instants[2].seconds, instants[2].nanos) < (instants[3].seconds, instants[3].nanos));
}

async fn page(door: &Door, size: i32, token: &str) -> ListRecordsResponse {
    let request = ListRecordsRequest {
        tenant: "acme".into(),
        kind: OPPORTUNITY,
        page_size: size,
        page_token: token.into(),
    };
    door.records
        .clone()
        .list_records(request)
        .await
        .unwrap()
        .into_inner()
}

async fn list(door: &Door, size: i32, token: &str) -> (Vec<String>, String) {
    let page = page(door, size, token).await;
    let ids = page.records.into_iter().map(|one| one.record.unwrap().id);
    (ids.collect(), page.next_page_token)
}

#[tokio::test]
async fn pages_stand_still_while_the_log_moves_on() {
    let node = node().await;
    let door = Door::new(node.channel());
    let late = |id: &str, major: &str, day: &str| {
        sample::deal(id)
            .amount(major)
            .effective(&format!("{day}T00:00:00Z"))
            .proto()
    };
    door.write((0..10).map(|n| deal(&format!("d{n}"), n)).collect())
        .await;
    door.write(vec![late("d5", "55", "2040-01-01")]).await;
    door.delete("d6", "").await.unwrap();
    let first = page(&door, 3, "").await;
    assert_eq!(first.records.len(), 3);
    let at = first.position.unwrap();
    // Everything moves: a record changes twice, one goes, one comes back, one is new, a late version lies below another.
    door.write(vec![
        deal("d3", 300),
        deal("d3", 301),
        deal("d6", 600),
        deal("d45", 4),
        late("d5", "50", "2039-01-01"),
    ])
    .await;
    door.delete("d7", "").await.unwrap();
    let mut seen = first.records.clone();
    let mut token = first.next_page_token;
    while !token.is_empty() {
        let next = page(&door, 3, &token).await;
        assert_eq!(next.position.unwrap(), at);
        seen.extend(next.records);
        token = next.next_page_token;
    }
    let shown: Vec<(String, u64)> = seen
        .into_iter()
        .map(|one| (one.record.unwrap().id, one.seq))
        .collect();
    let expected = [
        (0, 1),
        (1, 2),
        (2, 3),
        (3, 4),
        (4, 5),
        (5, 11),
        (7, 8),
        (8, 9),
        (9, 10),
    ];
    let expected: Vec<(String, u64)> = expected.iter().map(|(n, seq)| (format!("d{n}"), *seq)).collect();
    assert_eq!(shown, expected);
    let (now, _) = list(&door, 100, "").await;
    assert_eq!(now, ["d0", "d1", "d2", "d3", "d4", "d45", "d5", "d6", "d8", "d9"]);
}

#[tokio::test]
async fn page_tokens_are_of_one_query_and_requests_are_checked() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write((0..5).map(|n| deal(&format!("d{n}"), n)).collect())
        .await;
    let token = page(&door, 2, "").await.next_page_token;
    let ask = |kind: i32, size: i32, token: &str| {
        let request = ListRecordsRequest {
            tenant: "acme".into(),
            kind,
            page_size: size,
            page_token: token.into(),
        };
        let mut records = door.records.clone();
        async move { records.list_records(request).await }
    };
    let account = sales::RecordKind::Account as i32;
    assert_eq!(
        refusal(ask(account, 2, &token).await).1,
        ErrorReason::InvalidPageToken
    );
    assert_eq!(
        refusal(ask(OPPORTUNITY, 2, &token[1..]).await).1,
        ErrorReason::InvalidPageToken
    );
    assert_eq!(
        refusal(ask(OPPORTUNITY, -1, "").await).0,
        ErrorCode::InvalidArgument
    );
    assert_eq!(refusal(ask(0, 1, "").await).0, ErrorCode::InvalidArgument);
    assert_eq!(refusal(ask(100, 1, "").await).0, ErrorCode::InvalidArgument);
    assert!(
        ask(OPPORTUNITY, 5_000, "")
            .await
            .unwrap()
            .into_inner()
            .next_page_token
            .is_empty()
    );
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let start = || TestNode::builder().dir(folder.path()).start(ingestion);
    let node = start().await;
    let door = Door::new(node.channel());
    let mut request = batch((0..5).map(|n| deal(&format!("d{n}"), n)).collect());
    request.request_id = "r".into();
    let first = door.upsert(request.clone()).await.unwrap();
    let token = page(&door, 2, "").await.next_page_token;
    node.stop().await;
    let node = start().await;
    let door = Door::new(node.channel());
    assert_eq!(door.head("acme").await, first.position.unwrap());
    assert_eq!(door.upsert(request).await.unwrap(), first);
    assert_eq!(list(&door, 2, &token).await.0, ["d2", "d3"]);
    assert_eq!(door.write(vec![deal("d0", 7)]).await, [(CHANGED, 6)]);
    assert_eq!(door.changes("acme", 0).await.len(), 6);
    node.stop().await;
}

#[tokio::test]
async fn a_nul_character_is_refused_wherever_text_is_stored() {
    let node = node().await;
    let door = Door::new(node.channel());
    let reply = door
        .upsert(batch(vec![deal("a\0b", 1), deal("c", 1)]))
        .await
        .unwrap();
    assert_eq!(
        (reply.results[0].outcome, reply.results[1].outcome),
        (REJECTED, CREATED)
    );
    assert_eq!(reply.results[0].violations[0].field, "id");
    let mut named = batch(vec![deal("d", 1)]);
    named.request_id = "r\0".into();
    for refused in [
        refusal(door.upsert(named).await),
        refusal(door.amount("a\0b").await),
        refusal(door.delete("a\0b", "").await),
        refusal(door.delete("c", "\0").await),
    ] {
        assert_eq!(
            (refused.0, refused.1),
            (ErrorCode::InvalidArgument, ErrorReason::InvalidField)
        );
        assert!(refused.2.message.contains("NUL"), "{:?}", refused.2);
    }
    assert_eq!(door.head("acme").await.seq, 1);
}
