//! Receipts as callers see them: what is proved, to whom, and what becomes of it while the log goes on.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/node.rs"]
mod node;

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    DimensionsAt, Elapsed, Filter, Grain, KpiValue, MinPosition, QueryKpisRequest, ReceiptVerdict, Top,
    VerifyReceiptRequest, VerifyReceiptResponse, WatchKpisRequest, min_position,
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
- {token: all-of-globex, tenant: globex, scope: all}
";

fn won(id: &str, owner: &str, day: &str, amount: &str) -> Record {
    sample::deal(id)
        .owner(owner)
        .created("2017-01-01")
        .qualified("2017-01-01")
        .won(day, amount)
        .record()
}

fn company() -> FakeLog {
    let log = FakeLog::new(1);
    log.write(
        "acme",
        &[
            sample::rep("ann", "boss", "West"),
            sample::rep("bob", "boss", "East"),
            won("w1", "ann", "2017-02-01", "10"),
            won("w2", "bob", "2017-03-10", "200"),
            won("w3", "ann", "2017-03-20", "3000"),
        ],
    );
    log.deals("acme", 4);
    log.write("globex", &[won("w1", "ann", "2017-02-01", "10")]);
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

fn asked(kpis: &[&str], by: &[&str]) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: "acme".to_owned(),
        kpis: kpis.iter().map(ToString::to_string).collect(),
        from: date("2017-01-01"),
        to: date("2017-04-01"),
        grain: Grain::Month.into(),
        group_by: by.iter().map(ToString::to_string).collect(),
        min_position: Some(MinPosition {
            at: Some(min_position::At::Head(true)),
        }),
        receipts: true,
        ..QueryKpisRequest::default()
    }
}

async fn query(node: &TestNode, token: &str, request: QueryKpisRequest) -> Result<Vec<KpiValue>, Status> {
    let mut client = KpiServiceClient::new(node.channel_as(token));
    Ok(client.query_kpis(request).await?.into_inner().values)
}

async fn verify(
    node: &TestNode,
    token: &str,
    tenant: &str,
    receipt: &str,
) -> Result<VerifyReceiptResponse, Status> {
    let mut client = KpiServiceClient::new(node.channel_as(token));
    let request = VerifyReceiptRequest {
        tenant: tenant.to_owned(),
        receipt: receipt.to_owned(),
    };
    Ok(client.verify_receipt(request).await?.into_inner())
}

async fn verdict(node: &TestNode, value: &KpiValue) -> ReceiptVerdict {
    let verified = verify(node, "all-of-acme", "acme", &value.receipt).await.unwrap();
    verified.verdict()
}

/// A value without how it was come by.
fn bare(value: &KpiValue) -> KpiValue {
    KpiValue {
        path: 0,
        path_reason: String::new(),
        receipt: String::new(),
        ..value.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_every_answer_is_verified() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let west = Filter {
        dimension: "owner".to_owned(),
        value: Some("ann".to_owned()),
    };
    let questions = [
        asked(&["bookings", "win_rate", "sales_cycle_median"], &["owner"]),
        asked(&["deals_won_growth"], &[]),
        // Six working days into April, and ten civil ones: w2 was won on the eighth working day of March, its tenth day.
        QueryKpisRequest {
            from: date("2017-04-01"),
            to: date("2017-05-01"),
            as_of: date("2017-04-10"),
            elapsed: Elapsed::WorkingDays.into(),
            ..asked(&["deals_won_growth"], &[])
        },
        // The largest over the whole range, whatever the period of the value; and by the owners of now.
        QueryKpisRequest {
            top: Some(Top {
                n: 1,
                ..Top::default()
            }),
            ..asked(&["bookings", "median_deal_size"], &["owner"])
        },
        QueryKpisRequest {
            dimensions_at: DimensionsAt::Now.into(),
            ..asked(&["bookings", "quota_attainment"], &["team.1"])
        },
        QueryKpisRequest {
            filters: vec![west],
            ..asked(&["average_deal_size"], &["owner", "region"])
        },
        QueryKpisRequest {
            from: None,
            to: None,
            grain: 0,
            ..asked(&["open_deals", "pipeline_value", "bookings"], &[])
        },
    ];
    for question in questions {
        // Computed at first, then kept.
        for _ in 0..2 {
            let values = query(&node, "all-of-acme", question.clone()).await.unwrap();
            assert!(!values.is_empty());
            for value in &values {
                let verified = verify(&node, "all-of-acme", "acme", &value.receipt)
                    .await
                    .unwrap();
                assert_eq!(
                    verified.verdict(),
                    ReceiptVerdict::Match,
                    "{value:?} {verified:?}"
                );
                assert_eq!(verified.claimed, Some(bare(value)));
                assert_eq!(bare(&verified.recomputed.unwrap()), bare(value));
                assert!(verified.changes.is_empty());
            }
        }
    }
    let plain = QueryKpisRequest {
        receipts: false,
        ..asked(&["bookings"], &[])
    };
    let values = query(&node, "all-of-acme", plain).await.unwrap();
    assert!(values.iter().all(|value| value.receipt.is_empty()));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_stands_for_what_was_known_until_the_log_begins_a_new_life() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let whole = QueryKpisRequest {
        grain: 0,
        ..asked(&["bookings"], &[])
    };
    let first = query(&node, "all-of-acme", whole.clone())
        .await
        .unwrap()
        .remove(0);
    assert_eq!(first.value.as_deref(), Some("3210"));
    // A late edit, and a late record.
    log.write(
        "acme",
        &[
            won("w2", "bob", "2017-03-10", "250"),
            won("w4", "bob", "2017-03-11", "7"),
        ],
    );
    let second = query(&node, "all-of-acme", whole).await.unwrap().remove(0);
    assert_eq!(second.value.as_deref(), Some("3267"));
    for value in [&first, &second] {
        assert_eq!(verdict(&node, value).await, ReceiptVerdict::Match);
    }
    log.begin_anew(2);
    log.deals("acme", 20);
    log.break_streams();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let found = verify(&node, "all-of-acme", "acme", &first.receipt).await;
        match found {
            Ok(found) if found.verdict() == ReceiptVerdict::Expired => {
                assert_eq!((found.claimed, found.recomputed), (Some(bare(&first)), None));
                break;
            }
            // The facts of the life before are still there.
            Ok(found) => assert_eq!(found.verdict(), ReceiptVerdict::Match),
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status}"),
        }
        assert!(std::time::Instant::now() < end, "it does not expire");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_good_for_whom_it_was_given_to() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let whole = || QueryKpisRequest {
        grain: 0,
        ..asked(&["bookings"], &[])
    };
    let of_all = query(&node, "all-of-acme", whole()).await.unwrap().remove(0);
    let of_ann = query(&node, "rows-of-ann", whole()).await.unwrap().remove(0);
    assert_eq!(of_ann.value.as_deref(), Some("3010"));
    let own = verify(&node, "rows-of-ann", "acme", &of_ann.receipt)
        .await
        .unwrap();
    assert_eq!(own.verdict(), ReceiptVerdict::Match);

    let mut tampered = of_all.receipt.clone();
    tampered.replace_range(8..9, if tampered[8..9] == *"A" { "B" } else { "A" });
    let refusals = [
        ("all-of-acme", "acme", tampered.as_str()),
        ("all-of-acme", "acme", &of_all.receipt[..20]),
        ("all-of-acme", "acme", ""),
        ("all-of-acme", "acme", &of_ann.receipt),
        ("rows-of-ann", "acme", &of_all.receipt),
        ("all-of-globex", "globex", &of_all.receipt),
    ];
    let mut said = Vec::new();
    for (token, tenant, receipt) in refusals {
        let status = verify(&node, token, tenant, receipt).await.unwrap_err();
        assert_eq!(
            status.code(),
            Code::InvalidArgument,
            "{token} {receipt}: {status}"
        );
        assert!(status.message().starts_with("receipt: "), "{status}");
        said.push((status.message().to_owned(), status.details().to_vec()));
    }
    said.dedup();
    assert_eq!(said.len(), 1, "all are refused alike: {said:?}");
    let elsewhere = verify(&node, "all-of-globex", "acme", &of_all.receipt).await;
    assert_eq!(elsewhere.unwrap_err().code(), Code::PermissionDenied);

    let mut client = KpiServiceClient::new(node.channel_as("all-of-acme"));
    let watch = WatchKpisRequest {
        query: Some(whole()),
        ..WatchKpisRequest::default()
    };
    let status = client.watch_kpis(watch).await.unwrap_err();
    assert!(status.message().starts_with("query.receipts: "), "{status}");
    node.stop().await;
}
