//! The records behind a value as callers see them: page by page, while the log goes on, and only their own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/node.rs"]
mod node;

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::list_contributors_request::Of;
use bellwether_contracts::kpi::{
    Contributor, ListContributorsRequest, ListContributorsResponse, MinPosition, QueryKpisRequest,
    min_position,
};
use bellwether_domain::record::Record;
use bellwether_kpi::Config;
use bellwether_testkit::{TestNode, sample};
use tonic::{Code, Status};

use log::FakeLog;

const TOKENS: &str = "\
- {token: all-of-acme, tenant: acme, scope: all}
- {token: rows-of-ann, tenant: acme, scope: {own: ann}}
";

fn won(id: &str, owner: &str, amount: &str) -> Record {
    let deal = sample::deal(id)
        .owner(owner)
        .created("2017-01-01")
        .qualified("2017-01-01");
    deal.won("2017-02-01", amount).record()
}

async fn start(log: &FakeLog) -> (TestNode, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node::start_for(dir.path(), log, None, Config::default(), TOKENS).await;
    (node, dir)
}

fn company() -> FakeLog {
    let log = FakeLog::new(1);
    let deals = (0..25).map(|number| won(&format!("w{number:02}"), "ann", &(number % 7 + 1).to_string()));
    log.write(
        "acme",
        &deals.chain([won("x", "bob", "1000")]).collect::<Vec<_>>(),
    );
    log
}

fn asked(kpi: &str) -> QueryKpisRequest {
    QueryKpisRequest {
        kpis: vec![kpi.to_owned()],
        min_position: Some(MinPosition {
            at: Some(min_position::At::Head(true)),
        }),
        ..QueryKpisRequest::default()
    }
}

fn of(of: Of) -> ListContributorsRequest {
    ListContributorsRequest {
        tenant: "acme".to_owned(),
        of: Some(of),
        page_size: 10,
        page_token: String::new(),
    }
}

async fn list(
    node: &TestNode,
    token: &str,
    request: ListContributorsRequest,
) -> Result<ListContributorsResponse, Status> {
    let mut client = KpiServiceClient::new(node.channel_as(token));
    Ok(client.list_contributors(request).await?.into_inner())
}

fn amounts(list: &[Contributor]) -> Vec<u64> {
    let amount = |one: &Contributor| one.contribution.as_deref().unwrap().parse().unwrap();
    list.iter().map(amount).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stand_where_the_first_did() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let mut request = of(Of::Query(asked("bookings")));
    let first = list(&node, "all-of-acme", request.clone()).await.unwrap();
    assert_eq!((first.contributors.len(), first.total), (10, 26));
    assert_eq!(first.contributors[0].id, "x");
    assert_eq!(first.contributors[0].kind, "opportunity");
    let value: u64 = first.value.unwrap().value.unwrap().parse().unwrap();
    // What comes later is not on later pages.
    log.write("acme", &[won("late", "ann", "5000"), won("w01", "ann", "9000")]);
    let mut all = first.contributors;
    request.page_token = first.next_page_token;
    while !request.page_token.is_empty() {
        let page = list(&node, "all-of-acme", request.clone()).await.unwrap();
        assert!(page.value.is_none());
        all.extend(page.contributors);
        request.page_token = page.next_page_token;
    }
    assert_eq!(all.len(), 26);
    let amounts = amounts(&all);
    assert_eq!(amounts.iter().sum::<u64>(), value);
    assert!(amounts.is_sorted_by(|one, other| one >= other), "{amounts:?}");
    let anew = list(&node, "all-of-acme", of(Of::Query(asked("bookings"))))
        .await
        .unwrap();
    assert_eq!((anew.total, anew.contributors[0].id.as_str()), (27, "w01"));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_the_value_and_each_caller_sees_their_own() {
    let log = company();
    let (node, _dir) = start(&log).await;
    let mut client = KpiServiceClient::new(node.channel_as("all-of-acme"));
    let question = QueryKpisRequest {
        tenant: "acme".to_owned(),
        group_by: vec!["owner".to_owned()],
        receipts: true,
        ..asked("bookings")
    };
    let values = client.query_kpis(question).await.unwrap().into_inner().values;
    log.write("acme", &[won("late", "ann", "5000")]);
    let ann = values
        .iter()
        .find(|value| value.group[0].name.as_deref() == Some("ann"))
        .unwrap();
    let found = list(&node, "all-of-acme", of(Of::Receipt(ann.receipt.clone())))
        .await
        .unwrap();
    assert_eq!((found.total, found.value.unwrap().value), (25, ann.value.clone()));
    let own = list(&node, "rows-of-ann", of(Of::Query(asked("deals_won"))))
        .await
        .unwrap();
    assert_eq!((own.total, amounts(&own.contributors)), (26, vec![1; 10]));

    let token = own.next_page_token;
    let refused = [
        ("rows-of-ann", of(Of::Receipt(ann.receipt.clone())), "receipt: "),
        (
            "all-of-acme",
            ListContributorsRequest {
                page_token: token,
                ..of(Of::Query(asked("deals_won")))
            },
            "page_token: ",
        ),
        (
            "all-of-acme",
            of(Of::Query(QueryKpisRequest::default())),
            "query.kpis: ",
        ),
        (
            "all-of-acme",
            of(Of::Query(asked("loss_reason_mix"))),
            "query.kpis: ",
        ),
        (
            "all-of-acme",
            of(Of::Query(QueryKpisRequest {
                tenant: "globex".to_owned(),
                ..asked("bookings")
            })),
            "query.tenant: ",
        ),
        (
            "all-of-acme",
            of(Of::Query(QueryKpisRequest {
                receipts: true,
                ..asked("bookings")
            })),
            "query.receipts: ",
        ),
        (
            "all-of-acme",
            of(Of::Query(QueryKpisRequest {
                ranks: true,
                ..asked("bookings")
            })),
            "query.ranks: ",
        ),
    ];
    for (token, request, field) in refused {
        let status = list(&node, token, request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        assert!(status.message().starts_with(field), "{status}");
    }
    node.stop().await;
}
