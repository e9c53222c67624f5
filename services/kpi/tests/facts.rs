//! Rows of facts as callers see them: all of one state however long it takes to send them, and only their own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/node.rs"]
mod node;

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    FactKind, FactsHeader, KnownAt, MinPosition, StreamFactsRequest, StreamFactsResponse, known_at,
    min_position,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::record::Record;
use bellwether_kpi::Config;
use bellwether_runtime::MAX_MESSAGE_BYTES;
use bellwether_testkit::{TestNode, sample};
use tonic::{Code, Status, Streaming};

use log::FakeLog;

const TOKENS: &str = "\
- {token: all-of-acme, tenant: acme, scope: all}
- {token: tree-of-boss, tenant: acme, scope: {subtree: boss}}
- {token: rows-of-ann, tenant: acme, scope: {own: ann}}
";

fn open(id: &str, owner: &str, amount: &str) -> Record {
    let deal = sample::deal(id).owner(owner).created("2017-01-01");
    deal.qualified("2017-01-01").amount(amount).record()
}

async fn start(log: &FakeLog) -> (TestNode, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node::start_for(dir.path(), log, None, Config::default(), TOKENS).await;
    (node, dir)
}

fn asked(table: &str, columns: &[&str]) -> StreamFactsRequest {
    StreamFactsRequest {
        tenant: "acme".to_owned(),
        table: table.to_owned(),
        columns: columns.iter().map(ToString::to_string).collect(),
        min_position: Some(MinPosition {
            at: Some(min_position::At::Head(true)),
        }),
        ..StreamFactsRequest::default()
    }
}

async fn stream(
    node: &TestNode,
    token: &str,
    request: StreamFactsRequest,
) -> Result<Streaming<StreamFactsResponse>, Status> {
    let link = node.link_as(token);
    let mut client =
        KpiServiceClient::new(link.stream_channel()).max_decoding_message_size(MAX_MESSAGE_BYTES);
    Ok(client.stream_facts(request).await?.into_inner())
}

/// The header, the texts of the first column in order, and how many messages they came in.
async fn texts(messages: &mut Streaming<StreamFactsResponse>) -> (FactsHeader, Vec<String>, usize) {
    let first = messages.message().await.unwrap().unwrap();
    assert_eq!(
        (first.rows, first.columns.len()),
        (0, 0),
        "the header comes alone"
    );
    let (mut found, mut count) = (Vec::new(), 0);
    while let Some(message) = messages.message().await.unwrap() {
        let column = &message.columns[0];
        assert_eq!(column.codes.len(), message.rows as usize);
        let name = |code: &u32| column.names[*code as usize - 1].clone();
        found.extend(column.codes.iter().map(name));
        count += 1;
    }
    (first.header.unwrap(), found, count)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_rows_are_of_one_state_whatever_is_written_meanwhile() {
    let log = FakeLog::new(1);
    let deals: Vec<Record> = (0..20_000)
        .map(|number| open(&format!("d{number:05}"), "ann", "1"))
        .collect();
    log.write("acme", &deals);
    let (node, _dir) = start(&log).await;
    let mut messages = stream(&node, "all-of-acme", asked("open_deals", &["deal", "amount"]))
        .await
        .unwrap();
    // The stream has begun: neither what is new, nor what is taken back, nor what moves to its place is told.
    let closed = |number: usize| {
        let deal = sample::deal(&format!("d{number:05}"))
            .owner("ann")
            .created("2017-01-01");
        deal.qualified("2017-01-01").won("2017-02-01", "1").record()
    };
    log.write("acme", &(0..20_000).step_by(3).map(closed).collect::<Vec<_>>());
    log.write("acme", &[open("late", "ann", "5")]);
    let mut fresh = stream(&node, "all-of-acme", asked("open_deals", &["deal", "valid_to"]))
        .await
        .unwrap();
    let (header, rows, count) = texts(&mut messages).await;
    let expected: Vec<String> = (0..20_000).map(|number| format!("d{number:05}")).collect();
    assert!(rows == expected, "{} rows", rows.len());
    assert!(count >= 2, "in {count} messages");
    assert_eq!(header.watermark.unwrap().position.unwrap().seq, 20_000);
    assert_eq!(
        (header.table.as_str(), header.zone.as_str()),
        ("open_deals", "UTC")
    );
    let kinds: Vec<FactKind> = header.columns.iter().map(|column| column.kind()).collect();
    assert_eq!(kinds, [FactKind::Text, FactKind::MinorUnits]);
    let (_, rows, _) = texts(&mut fresh).await;
    assert_eq!((rows.len(), rows.last().unwrap().as_str()), (20_001, "late"));
    // The state of then can be asked for again.
    let then = StreamFactsRequest {
        known_at: Some(KnownAt {
            at: Some(known_at::At::Seq(20_000)),
        }),
        ..asked("open_deals", &["deal"])
    };
    let (_, rows, _) = texts(&mut stream(&node, "all-of-acme", then).await.unwrap()).await;
    assert!(rows == expected, "{} rows", rows.len());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_holds_nobody_up() {
    let log = FakeLog::new(1);
    let deals: Vec<Record> = (0..20_000)
        .map(|number| open(&format!("d{number:05}"), "ann", "1"))
        .collect();
    log.write("acme", &deals);
    let (node, _dir) = start(&log).await;
    let mut stalled = Vec::new();
    for _ in 0..8 {
        let mut messages = stream(&node, "all-of-acme", asked("open_deals", &[]))
            .await
            .unwrap();
        messages.message().await.unwrap().unwrap();
        stalled.push(messages);
    }
    log.write("acme", &[open("late", "bob", "5")]);
    // The change is taken in although the streams are not read.
    let (_, rows, _) = texts(
        &mut stream(&node, "all-of-acme", asked("open_deals", &["deal"]))
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(rows.len(), 20_001);
    drop(stalled);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_told_the_rows_of_the_scope_and_no_others() {
    let log = FakeLog::new(1);
    log.write(
        "acme",
        &[
            sample::rep("ann", "boss", "West"),
            sample::rep("boss", "", "West"),
        ],
    );
    let owned = [("d1", "ann"), ("d2", "boss"), ("d3", "cy")].map(|(id, owner)| open(id, owner, "1"));
    log.write("acme", &owned);
    log.write("acme", &[sample::deal("d4").created("2017-01-01").record()]);
    log.write("globex", &[open("d9", "ann", "1")]);
    let (node, _dir) = start(&log).await;
    for (token, seen) in [
        ("all-of-acme", &["d1", "d2", "d3", "d4"][..]),
        ("tree-of-boss", &["d1", "d2"]),
        ("rows-of-ann", &["d1"]),
    ] {
        for table in ["open_deals", "created_deals", "stage_spells"] {
            let (_, mut rows, _) =
                texts(&mut stream(&node, token, asked(table, &["deal"])).await.unwrap()).await;
            rows.dedup();
            assert_eq!(rows, seen, "{table} to {token}");
        }
        let orders = stream(&node, token, asked("orders", &[])).await;
        let refused = orders.map(drop).map_err(|status| status.code());
        let expected = if token == "all-of-acme" {
            Ok(())
        } else {
            Err(Code::PermissionDenied)
        };
        assert_eq!(refused, expected, "orders are nobody's: {token}");
    }
    let elsewhere = StreamFactsRequest {
        tenant: "globex".to_owned(),
        ..asked("open_deals", &[])
    };
    assert_eq!(
        stream(&node, "all-of-acme", elsewhere).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_said_before_anything_is_sent() {
    let log = FakeLog::new(1);
    log.write("acme", &[open("d1", "ann", "1")]);
    let (node, _dir) = start(&log).await;
    let bad_day = DateOrTime {
        value: Some(date_or_time::Value::Date("2017-02-30".to_owned())),
    };
    for (request, said) in [
        (asked("", &[]), "there is no table"),
        (asked("leads", &["deal"]), "have no `deal`"),
        (
            StreamFactsRequest {
                dimensions: vec!["team_tree".to_owned()],
                ..asked("leads", &[])
            },
            "only to filter by",
        ),
        (
            StreamFactsRequest {
                as_of: Some(bad_day),
                ..asked("leads", &[])
            },
            "2017-02-30",
        ),
    ] {
        let status = stream(&node, "all-of-acme", request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains(said), "{}", status.message());
    }
    node.stop().await;
}
