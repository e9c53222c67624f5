//! The complaints about other systems (KPI rules, section 6) that a server answers: what is kept is what is computed, says
//! how it was come by, and is never stale. And of the firsts those that are seen through a socket.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/node.rs"]
mod node;

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    EditKind, ExplainChangeRequest, ExplainChangeResponse, GetWaterfallRequest, KpiValue, MinPosition, Path,
    QueryKpisRequest, ReceiptPair, ReceiptVerdict, RestatementCause, VerifyReceiptRequest, Waterfall,
    WaterfallBucket, min_position,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::record::Record;
use bellwether_kpi::Config;
use bellwether_testkit::{TestNode, sample};
use tonic::{Code, Status};

use log::FakeLog;

const TOKENS: &str = "\
- {token: all-of-acme, tenant: acme, scope: all}
- {token: rows-of-ann, tenant: acme, scope: {own: ann}}
";

fn won(id: &str, owner: &str, day: &str, amount: &str) -> Record {
    let deal = sample::deal(id).owner(owner).created("2017-01-01");
    deal.qualified("2017-01-01").won(day, amount).record()
}

fn company() -> FakeLog {
    let log = FakeLog::new(1);
    log.write(
        "acme",
        &[
            won("w1", "ann", "2017-02-01", "10"),
            won("w2", "bob", "2017-02-10", "200"),
            won("w3", "ann", "2017-02-20", "3000"),
        ],
    );
    log
}

async fn start(log: &FakeLog) -> (TestNode, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        wait_ms: 5_000,
        ..Config::default()
    };
    let (node, _) = node::start_for(dir.path(), log, None, config, TOKENS).await;
    (node, dir)
}

fn date(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime {
        value: Some(date_or_time::Value::Date(text.to_owned())),
    })
}

fn head() -> Option<MinPosition> {
    Some(MinPosition {
        at: Some(min_position::At::Head(true)),
    })
}

fn february(kpi: &str) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: "acme".to_owned(),
        kpis: vec![kpi.to_owned()],
        from: date("2017-02-01"),
        to: date("2017-03-01"),
        min_position: head(),
        receipts: true,
        ..QueryKpisRequest::default()
    }
}

async fn value(node: &TestNode, token: &str, request: QueryKpisRequest) -> KpiValue {
    let mut client = KpiServiceClient::new(node.channel_as(token));
    client
        .query_kpis(request)
        .await
        .unwrap()
        .into_inner()
        .values
        .remove(0)
}

async fn restated(
    node: &TestNode,
    token: &str,
    (before, after): (&str, &str),
    page: (i32, &str),
) -> Result<ExplainChangeResponse, Status> {
    let mut client = KpiServiceClient::new(node.channel_as(token));
    let request = ExplainChangeRequest {
        receipts: Some(ReceiptPair {
            tenant: "acme".to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        }),
        page_size: page.0,
        page_token: page.1.to_owned(),
        min_position: head(),
        ..ExplainChangeRequest::default()
    };
    Ok(client.explain_change(request).await?.into_inner())
}

/// 1 and 2: a kept answer is the computed one, to the bit and with its receipt, and says that it was kept and why that is so.
#[tokio::test(flavor = "multi_thread")]
async fn complaint_01_and_02_a_kept_answer_is_the_computed_one_and_says_that_it_was_kept() {
    let log = company();
    let (node, _dir) = start(&log).await;
    for kpi in ["bookings", "win_rate", "median_deal_size", "pipeline_value"] {
        let computed = value(&node, "all-of-acme", february(kpi)).await;
        let kept = value(&node, "all-of-acme", february(kpi)).await;
        assert_eq!(
            (computed.path(), kept.path()),
            (Path::Scan, Path::Memory),
            "{kpi}"
        );
        assert!(!computed.path_reason.is_empty() && !kept.path_reason.is_empty());
        assert_ne!(computed.path_reason, kept.path_reason);
        let bare = |value: &KpiValue| KpiValue {
            path: 0,
            path_reason: String::new(),
            ..value.clone()
        };
        assert_eq!(bare(&computed), bare(&kept), "receipt and all");
    }
    node.stop().await;
}

/// 3: answers are stale, and backfill of old rows is missed. A write is in the next answer, however old what it tells of is.
#[tokio::test(flavor = "multi_thread")]
async fn complaint_03_a_backfilled_row_is_in_the_next_answer() {
    let log = company();
    let (node, _dir) = start(&log).await;
    for round in 0..3 {
        let kept = value(&node, "all-of-acme", february("bookings")).await;
        assert_eq!(kept.value, Some((3210 + 5 * round).to_string()));
        log.write("acme", &[won(&format!("late {round}"), "ann", "2017-02-03", "5")]);
    }
    node.stop().await;
}

/// First 2: a receipt proves a number, and what was tampered with is refused.
#[tokio::test(flavor = "multi_thread")]
async fn first_02_a_receipt_proves_a_number_and_a_tampered_one_is_refused() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let given = value(&node, "all-of-acme", february("bookings")).await;
    let mut client = KpiServiceClient::new(node.channel_as("all-of-acme"));
    let mut verify = async |receipt: String| {
        let tenant = "acme".to_owned();
        client
            .verify_receipt(VerifyReceiptRequest { tenant, receipt })
            .await
    };
    let found = verify(given.receipt.clone()).await.unwrap().into_inner();
    assert_eq!(found.verdict(), ReceiptVerdict::Match);
    let letters: Vec<char> = given.receipt.chars().collect();
    for place in (0..letters.len()).step_by(17) {
        let mut tampered = letters.clone();
        tampered[place] = if tampered[place] == 'A' { 'B' } else { 'A' };
        let refused = verify(tampered.into_iter().collect()).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "letter {place}");
    }
    node.stop().await;
}

/// First 7: this KPI changed since you saw it, by these edits, page by page.
#[tokio::test(flavor = "multi_thread")]
async fn first_07_a_value_names_the_edits_since_its_receipt() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let first = value(&node, "all-of-acme", february("bookings")).await;
    let nothing = restated(&node, "all-of-acme", (&first.receipt, ""), (0, ""))
        .await
        .unwrap();
    let nothing = nothing.restatement.unwrap();
    assert_eq!((nothing.change.as_deref(), nothing.total), (Some("0"), 0));
    assert!(nothing.parts.is_empty() && nothing.records.is_empty());

    let moved = sample::deal("w2")
        .owner("bob")
        .created("2017-01-01")
        .qualified("2017-01-01");
    log.write(
        "acme",
        &[
            moved.won("2017-02-10", "250").record(),
            won("w4", "ann", "2017-02-11", "7"),
        ],
    );
    let second = value(&node, "all-of-acme", february("bookings")).await;
    log.write("acme", &[won("w5", "ann", "2017-02-11", "1")]);

    // Between the two receipts, in two pages; what came later is not there.
    let pair = (first.receipt.as_str(), second.receipt.as_str());
    let page = restated(&node, "all-of-acme", pair, (1, "")).await.unwrap();
    let rest = restated(&node, "all-of-acme", pair, (1, &page.next_page_token))
        .await
        .unwrap();
    assert!(!page.next_page_token.is_empty() && rest.next_page_token.is_empty());
    let told = page.restatement.clone().unwrap();
    assert_eq!((told.change.as_deref(), told.total), (Some("57"), 2));
    assert_eq!(told.parts[0].cause(), RestatementCause::Records);
    assert_eq!(told.parts[0].value.as_deref(), Some("57"));
    let records = [told.records, rest.restatement.unwrap().records].concat();
    let shown: Vec<(String, Option<String>, Option<String>, EditKind)> = records
        .iter()
        .map(|one| {
            (
                one.id.clone(),
                one.before.clone(),
                one.after.clone(),
                one.edits[0].kind(),
            )
        })
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        shown,
        [
            ("w2".to_owned(), text("200"), text("250"), EditKind::Corrected),
            ("w4".to_owned(), None, text("7"), EditKind::New),
        ]
    );
    let edit = &records[0].edits[0];
    assert_eq!(
        (edit.record_kind.as_str(), edit.record_id.as_str()),
        ("opportunity", "w2")
    );
    assert!(edit.recorded_at.is_some() && edit.seq > 0);

    node.stop().await;
}

/// First 7: and each caller sees their own, until now, and is refused what is no pair.
#[tokio::test(flavor = "multi_thread")]
async fn first_07_each_caller_is_told_of_their_own_records() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let first = value(&node, "all-of-acme", february("bookings")).await;
    let own = value(&node, "rows-of-ann", february("bookings")).await;
    log.write(
        "acme",
        &[
            won("w4", "ann", "2017-02-11", "7"),
            won("b", "bob", "2017-02-11", "50"),
        ],
    );
    let second = value(&node, "all-of-acme", february("bookings")).await;
    log.write("acme", &[won("w5", "ann", "2017-02-11", "1")]);

    let now = restated(&node, "all-of-acme", (&first.receipt, ""), (0, ""))
        .await
        .unwrap();
    assert_eq!(now.restatement.unwrap().change.as_deref(), Some("58"));
    let of_ann = restated(&node, "rows-of-ann", (&own.receipt, ""), (0, ""))
        .await
        .unwrap();
    let of_ann = of_ann.restatement.unwrap();
    let ids: Vec<&str> = of_ann.records.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(
        (of_ann.change.as_deref(), ids.as_slice()),
        (Some("8"), ["w4", "w5"].as_slice())
    );

    let rate = value(&node, "all-of-acme", february("win_rate")).await;
    let refused = [
        (
            "all-of-acme",
            (second.receipt.as_str(), first.receipt.as_str()),
            "receipts.after: ",
        ),
        (
            "all-of-acme",
            (first.receipt.as_str(), rate.receipt.as_str()),
            "receipts.after: ",
        ),
        ("all-of-acme", (own.receipt.as_str(), ""), "receipts.before: "),
        ("all-of-acme", ("", ""), "receipts.before: "),
    ];
    for (token, pair, field) in refused {
        let status = restated(&node, token, pair, (0, "")).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().starts_with(field), "{status}");
    }
    node.stop().await;
}

/// EXPIRED: facts reach back as far as the log does, so only another life of the log ends what a receipt stands on: also
/// one of the same number, in which another record stands at the receipt's position, and one that has not come so far.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_expires_with_the_life_of_the_log_and_not_with_time() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let given = value(&node, "all-of-acme", february("bookings")).await;
    // Whatever is written, and however much, it stands.
    for round in 0..50 {
        log.write(
            "acme",
            &[won("w1", "ann", "2017-02-01", &(round + 20).to_string())],
        );
    }
    let last = value(&node, "all-of-acme", february("bookings")).await;
    assert_ne!(last.value, given.value);
    let mut client = KpiServiceClient::new(node.channel_as("all-of-acme"));
    let request = |receipt: &str| VerifyReceiptRequest {
        tenant: "acme".to_owned(),
        receipt: receipt.to_owned(),
    };
    for one in [&given, &last] {
        let found = client
            .verify_receipt(request(&one.receipt))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(found.verdict(), ReceiptVerdict::Match);
    }
    // A shorter log of a new life: it holds neither position.
    log.begin_anew(2);
    log.deals("acme", 2);
    log.break_streams();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let found = client.verify_receipt(request(&last.receipt)).await;
        if found.is_ok_and(|found| found.into_inner().verdict() == ReceiptVerdict::Expired) {
            break;
        }
        assert!(std::time::Instant::now() < end, "it does not expire");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let status = restated(&node, "all-of-acme", (&given.receipt, ""), (0, ""))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    node.stop().await;
}

/// A database that was restored without a new epoch holds something else, or nothing yet, at the position of a receipt.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_what_a_restored_log_has_lost_expires() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let kept = value(&node, "all-of-acme", february("bookings")).await;
    log.write("acme", &[won("lost", "ann", "2017-02-03", "5")]);
    let lost = value(&node, "all-of-acme", february("bookings")).await;
    log.restore("acme", 3);
    log.write(
        "acme",
        &[
            won("other", "ann", "2017-02-03", "6"),
            won("more", "ann", "2017-02-04", "1"),
        ],
    );
    log.break_streams();
    let mut client = KpiServiceClient::new(node.channel_as("all-of-acme"));
    let mut verdict = async |receipt: &str| {
        let request = VerifyReceiptRequest {
            tenant: "acme".to_owned(),
            receipt: receipt.to_owned(),
        };
        let found = client.verify_receipt(request).await;
        found.map(|found| found.into_inner().verdict())
    };
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while verdict(&lost.receipt).await.ok() != Some(ReceiptVerdict::Expired) {
        assert!(std::time::Instant::now() < end, "it does not expire");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(
        verdict(&kept.receipt).await.unwrap(),
        ReceiptVerdict::Match,
        "that was kept"
    );
    let status = restated(&node, "all-of-acme", (&lost.receipt, ""), (0, ""))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    let now = restated(&node, "all-of-acme", (&kept.receipt, ""), (0, ""))
        .await
        .unwrap();
    assert_eq!(now.restatement.unwrap().change.as_deref(), Some("7"));
    node.stop().await;
}

fn steps(one: &Waterfall) -> Vec<(WaterfallBucket, String, u64)> {
    let steps = one.steps.iter();
    steps
        .map(|step| (step.bucket(), step.value.clone(), step.n))
        .collect()
}

/// 9: nobody can tell what became of the pipeline. A rep sees what became of the rep's own deals.
#[tokio::test(flavor = "multi_thread")]
async fn complaint_09_a_waterfall_is_told_in_the_scope_of_the_caller() {
    let log = company();
    log.write(
        "acme",
        &[sample::deal("o")
            .owner("ann")
            .created("2017-02-03")
            .amount("40")
            .record()],
    );
    let (node, _dir) = start(&log).await;
    let request = |by: &[&str]| GetWaterfallRequest {
        query: Some(QueryKpisRequest {
            kpis: Vec::new(),
            receipts: false,
            group_by: by.iter().map(ToString::to_string).collect(),
            ..february("")
        }),
        ..GetWaterfallRequest::default()
    };
    let mut all = KpiServiceClient::new(node.channel_as("all-of-acme"));
    let found = all.get_waterfall(request(&["owner"])).await.unwrap().into_inner();
    assert_eq!((found.groups.len(), found.unit.as_str()), (2, "USD"));
    let total = found.total.unwrap();
    assert_eq!(total.end.clone().unwrap().value, "40");
    let text = str::to_owned;
    assert_eq!(
        steps(&total),
        [
            (WaterfallBucket::Created, text("40"), 1),
            (WaterfallBucket::Won, text("-3210"), 3)
        ]
    );
    let mut ann = KpiServiceClient::new(node.channel_as("rows-of-ann"));
    let own = ann.get_waterfall(request(&["owner"])).await.unwrap().into_inner();
    assert_eq!(own.groups.len(), 1);
    assert_eq!(
        steps(&own.total.unwrap())[1],
        (WaterfallBucket::Won, text("-3010"), 2)
    );
    let wrong = GetWaterfallRequest {
        query: Some(february("bookings")),
        ..GetWaterfallRequest::default()
    };
    let status = all.get_waterfall(wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    node.stop().await;
}
