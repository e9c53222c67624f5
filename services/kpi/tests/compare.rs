//! Comparisons and explanations as callers see them: through a socket, in the scope of the token, with what is refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/node.rs"]
mod node;

use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    Base, BasePeriod, BaseRange, CompareKpisRequest, Effect, Elapsed, ExplainChangeRequest, Explanation,
    KpiComparison, MinPosition, QueryKpisRequest, base, min_position,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::record::Record;
use bellwether_kpi::Config;
use bellwether_testkit::{TestNode, sample};
use tonic::{Code, Status};

use log::FakeLog;

const TOKENS: &str = "\
- {token: token-of-all, tenant: acme, scope: all}
- {token: rows-of-ann, tenant: acme, scope: {own: ann}}
";

/// Ann wins 100 in January and 150 in February, Bob 70 in January, Cy 50 in February.
fn company() -> Vec<Record> {
    let won = |id: &str, owner: &str, at: &str, amount: &str| {
        let deal = sample::deal(id).created("2017-01-01").owner(owner);
        deal.won(at, amount).record()
    };
    vec![
        sample::rep("ann", "boss", "West"),
        sample::rep("bob", "boss", "West"),
        sample::rep("cy", "boss", "East"),
        won("d1", "ann", "2017-01-10", "100"),
        won("d2", "ann", "2017-02-10", "150"),
        won("d3", "bob", "2017-01-11", "70"),
        won("d4", "cy", "2017-02-12", "50"),
    ]
}

async fn start() -> (TestNode, tempfile::TempDir) {
    let log = FakeLog::new(1);
    log.write("acme", &company());
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node::start_for(dir.path(), &log, None, Config::default(), TOKENS).await;
    (node, dir)
}

fn day(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime {
        value: Some(date_or_time::Value::Date(text.to_owned())),
    })
}

fn february(kpi: &str, by: &[&str]) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: "acme".to_owned(),
        kpis: vec![kpi.to_owned()],
        from: day("2017-02-01"),
        to: day("2017-03-01"),
        group_by: by.iter().map(ToString::to_string).collect(),
        min_position: Some(MinPosition {
            at: Some(min_position::At::Head(true)),
        }),
        ..QueryKpisRequest::default()
    }
}

async fn compare(
    node: &TestNode,
    token: &str,
    query: QueryKpisRequest,
    base: Option<Base>,
) -> Result<Vec<KpiComparison>, Status> {
    let mut client = KpiServiceClient::new(node.channel_as(token));
    let request = CompareKpisRequest {
        query: Some(query),
        base,
    };
    Ok(client.compare_kpis(request).await?.into_inner().comparisons)
}

async fn explain(node: &TestNode, token: &str, query: QueryKpisRequest) -> Result<Explanation, Status> {
    let mut client = KpiServiceClient::new(node.channel_as(token));
    let request = ExplainChangeRequest {
        query: Some(query),
        base: None,
        top: 2,
        ..ExplainChangeRequest::default()
    };
    let answer = client.explain_change(request).await?.into_inner();
    assert!(answer.watermark.is_some() && answer.as_of.is_some());
    Ok(answer.explanation.unwrap())
}

/// Group, value, base and difference.
fn told(rows: &[KpiComparison]) -> Vec<String> {
    let line = |row: &KpiComparison| {
        let (value, base) = (row.value.clone().unwrap(), row.base.clone().unwrap());
        let name = value.group.first().and_then(|part| part.name.clone());
        let text = |one: Option<String>| one.unwrap_or_else(|| "-".to_owned());
        format!(
            "{} {} {} {}",
            name.unwrap_or_else(|| "all".to_owned()),
            text(value.value),
            text(base.value),
            text(row.difference.clone())
        )
    };
    rows.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn values_stand_beside_those_of_another_period() {
    let (node, _dir) = start().await;
    let by_owner = || february("bookings", &["owner"]);
    let rows = compare(&node, "token-of-all", by_owner(), None).await.unwrap();
    assert_eq!(told(&rows), ["ann 150 100 50", "bob 0 70 -70", "cy 50 0 50"]);
    let first = rows[0].clone();
    assert_eq!(first.relative.as_deref(), Some("0.5"));
    let (value, base) = (first.value.unwrap(), first.base.unwrap());
    assert_eq!(
        (value.period_start, base.period_end),
        (day("2017-02-01"), day("2017-02-01"))
    );
    assert_eq!((value.watermark, value.as_of), (base.watermark, base.as_of));
    // A rep sees only the own rows.
    let own = compare(&node, "rows-of-ann", by_owner(), None).await.unwrap();
    assert_eq!(told(&own), ["ann 150 100 50"]);
    let last_year = Base {
        of: Some(base::Of::Period(BasePeriod::LastYear.into())),
    };
    let rows = compare(&node, "token-of-all", february("bookings", &[]), Some(last_year)).await;
    assert_eq!(told(&rows.unwrap()), ["all 200 0 200"]);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_explained_without_a_residual() {
    let (node, _dir) = start().await;
    let found = explain(&node, "token-of-all", february("bookings", &["owner"]))
        .await
        .unwrap();
    assert_eq!((found.change.as_str(), found.unit.as_str()), ("30", "USD"));
    let (before, after) = (found.before.unwrap(), found.after.unwrap());
    assert_eq!((before.value.as_str(), after.value.as_str()), ("170", "200"));
    assert_eq!((before.n, after.n), (2, 2));
    // Two deals each, worth 85 and 100 on average: no volume; Ann's price rose by 50, Bob and Cy are mix.
    let effects: Vec<(Effect, &str)> = found
        .effects
        .iter()
        .map(|part| (part.effect(), part.value.as_str()))
        .collect();
    let expected = [
        (Effect::Volume, "0"),
        (Effect::Mix, "-20"),
        (Effect::Price, "50"),
        (Effect::Fx, "0"),
    ];
    assert_eq!(effects, expected);
    let movers: Vec<(Option<String>, &str)> = found
        .movers
        .iter()
        .map(|mover| (mover.group.as_ref().unwrap().name.clone(), mover.change.as_str()))
        .collect();
    assert_eq!(
        movers,
        [(Some("bob".to_owned()), "-70"), (Some("ann".to_owned()), "50")]
    );
    assert_eq!((found.others, found.rest_change.as_str()), (1, "50"));
    let own = explain(&node, "rows-of-ann", february("bookings", &["owner"]))
        .await
        .unwrap();
    assert_eq!((own.change.as_str(), own.movers.len()), ("50", 1));
    node.stop().await;
}

/// As of Sunday 12 February eight working days of it had passed, 12 civil ones; the eighth of January is Wednesday the 11th.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_period_may_be_cut_by_working_days() {
    let (node, _dir) = start().await;
    let asked = |elapsed: i32| QueryKpisRequest {
        as_of: day("2017-02-12"),
        elapsed,
        ..february("bookings", &["owner"])
    };
    let ends = async |elapsed: Elapsed| {
        let rows = compare(&node, "token-of-all", asked(elapsed.into()), None)
            .await
            .unwrap();
        (rows[0].base.clone().unwrap().period_end, told(&rows)[1].clone())
    };
    let bob = "bob 0 70 -70".to_owned();
    assert_eq!(ends(Elapsed::WorkingDays).await, (day("2017-01-12"), bob.clone()));
    assert_eq!(
        ends(Elapsed::CalendarDays).await,
        (day("2017-01-13"), bob.clone())
    );
    assert_eq!(ends(Elapsed::Unspecified).await, (day("2017-01-13"), bob));
    let explained = explain(&node, "token-of-all", asked(Elapsed::WorkingDays.into()))
        .await
        .unwrap();
    assert_eq!(explained.before.unwrap().end, day("2017-01-12"));
    let refused = compare(&node, "token-of-all", asked(7), None).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(
        refused.message().contains("query.elapsed"),
        "{}",
        refused.message()
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_is_refused_by_name() {
    let (node, _dir) = start().await;
    let refused = async |query: QueryKpisRequest| {
        let status = explain(&node, "token-of-all", query).await.unwrap_err();
        (status.code(), status.message().to_owned())
    };
    let (code, text) = refused(february("median_deal_size", &["owner"])).await;
    assert_eq!(code, Code::InvalidArgument);
    assert!(text.contains("such as") && text.contains("query.kpis"), "{text}");
    let (code, text) = refused(february("bookings", &[])).await;
    assert!(
        code == Code::InvalidArgument && text.contains("query.group_by"),
        "{text}"
    );
    let (code, _) = refused(february("win_rate_of_nobody", &["owner"])).await;
    assert_eq!(code, Code::NotFound);
    let empty = Base {
        of: Some(base::Of::Range(BaseRange {
            from: day("2017-01-01"),
            to: None,
        })),
    };
    let status = compare(&node, "token-of-all", february("bookings", &[]), Some(empty)).await;
    let status = status.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("base.range.to"), "{}", status.message());
    let endless = QueryKpisRequest {
        from: None,
        ..february("bookings", &[])
    };
    let status = compare(&node, "token-of-all", endless, None).await.unwrap_err();
    assert!(status.message().contains("query.from"), "{}", status.message());
    node.stop().await;
}
