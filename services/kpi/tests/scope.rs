//! Whom a caller sees: a rep their own rows, a manager those of everybody below, whoever may see all of them all; in every
//! answer and every watch, wherever the answer was kept.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/node.rs"]
mod node;

use std::time::Duration;

use bellwether_contracts::kpi::catalog_service_client::CatalogServiceClient;
use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    Filter, Grain, KpiValue, ListKpisRequest, MinPosition, QueryKpisRequest, WatchKind, WatchKpisRequest,
    min_position,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::record::Record;
use bellwether_kpi::Config;
use bellwether_kpi::catalogue::{Catalogue, Measure};
use bellwether_storage::cache::{SharedCache, SharedCacheOptions};
use bellwether_testkit::servers::Redis;
use bellwether_testkit::{TestNode, sample};
use tonic::{Code, Status};

use log::FakeLog;

const TOKENS: &str = "\
- {token: token-of-all, tenant: acme, scope: all}
- {token: token-of-chief, tenant: acme, scope: {subtree: chief}}
- {token: token-of-boss, tenant: acme, scope: {subtree: boss}}
- {token: tree-of-ann, tenant: acme, scope: {subtree: ann}}
- {token: rows-of-ann, tenant: acme, scope: {own: ann}}
- {token: rows-of-dan, tenant: acme, scope: {own: dan}}
- {token: rows-of-ghost, tenant: acme, scope: {own: ghost}}
- {token: elsewhere-all, tenant: globex, scope: all}
- {token: elsewhere-ann, tenant: globex, scope: {own: ann}}
";

/// What each caller of `acme` sees of the pipeline: amounts are powers of two, so that each sum tells whose rows it holds.
const SEEN: [(&str, &str, &[&str]); 7] = [
    ("token-of-all", "63", &["ann", "bob", "boss", "cy", "dan", ""]),
    ("token-of-chief", "31", &["ann", "bob", "boss", "cy", "dan"]),
    ("token-of-boss", "15", &["ann", "bob", "boss", "cy"]),
    ("tree-of-ann", "5", &["ann", "cy"]),
    ("rows-of-ann", "1", &["ann"]),
    ("rows-of-dan", "16", &["dan"]),
    ("rows-of-ghost", "0", &[]),
];

fn rep(id: &str, manager: &str) -> Record {
    sample::rep(id, manager, "West")
}

fn owned(id: &str, owner: &str, amount: &str) -> Record {
    let deal = sample::deal(id)
        .created("2017-01-01")
        .qualified("2017-01-01")
        .amount(amount);
    if owner.is_empty() {
        deal.record()
    } else {
        deal.owner(owner).record()
    }
}

/// chief has boss and dan, boss has ann and bob, ann has cy; one deal belongs to nobody.
fn company() -> Vec<Record> {
    vec![
        rep("chief", "the board"),
        rep("boss", "chief"),
        rep("dan", "chief"),
        rep("ann", "boss"),
        rep("bob", "boss"),
        rep("cy", "ann"),
        owned("d1", "ann", "1"),
        owned("d2", "bob", "2"),
        owned("d3", "cy", "4"),
        owned("d4", "boss", "8"),
        owned("d5", "dan", "16"),
        owned("d6", "", "32"),
    ]
}

fn log() -> FakeLog {
    let log = FakeLog::new(1);
    log.write("acme", &company());
    log.write(
        "globex",
        &[
            rep("ann", "boss"),
            owned("d1", "ann", "1024"),
            owned("d2", "bob", "2048"),
        ],
    );
    log
}

async fn start(log: &FakeLog, shared: Option<SharedCache>) -> (TestNode, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        shared_min_micros: 0,
        watch_min_interval_ms: 5,
        ..Config::default()
    };
    let (node, _) = node::start_for(dir.path(), log, shared, config, TOKENS).await;
    (node, dir)
}

fn day(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime {
        value: Some(date_or_time::Value::Date(text.to_owned())),
    })
}

fn pipeline(tenant: &str, group_by: &[&str]) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: tenant.to_owned(),
        kpis: vec!["pipeline_value".to_owned()],
        group_by: group_by.iter().map(ToString::to_string).collect(),
        min_position: Some(MinPosition {
            at: Some(min_position::At::Head(true)),
        }),
        ..QueryKpisRequest::default()
    }
}

async fn query(node: &TestNode, token: &str, request: QueryKpisRequest) -> Result<Vec<KpiValue>, Status> {
    let mut client = KpiServiceClient::new(node.channel_as(token));
    Ok(client.query_kpis(request).await?.into_inner().values)
}

async fn watch(
    node: &TestNode,
    token: &str,
    request: QueryKpisRequest,
) -> Result<tonic::Streaming<bellwether_contracts::kpi::WatchKpisResponse>, Status> {
    let mut client = KpiServiceClient::new(node.link_as(token).stream_channel());
    let request = WatchKpisRequest {
        query: Some(request),
        ..WatchKpisRequest::default()
    };
    Ok(client.watch_kpis(request).await?.into_inner())
}

/// The one value.
fn value(values: &[KpiValue]) -> &str {
    assert_eq!(values.len(), 1, "{values:?}");
    values[0].value.as_deref().unwrap_or("none")
}

fn owners(values: &[KpiValue]) -> Vec<&str> {
    let name = |value: &KpiValue| value.group[0].name.clone();
    let mut names: Vec<Option<String>> = values.iter().map(name).collect();
    names.sort_by_key(|name| (name.is_none(), name.clone()));
    let known = |name: &Option<String>| {
        let name = name.as_deref().unwrap_or_default();
        ["ann", "bob", "boss", "cy", "dan", ""]
            .into_iter()
            .find(|one| *one == name)
    };
    names.iter().map(|name| known(name).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_sees_the_rows_of_the_scope_and_no_others() {
    let log = log();
    let (node, _dir) = start(&log, None).await;
    for (token, sum, reps) in SEEN {
        let all = query(&node, token, pipeline("acme", &[])).await.unwrap();
        assert_eq!(value(&all), sum, "{token}");
        let by_owner = query(&node, token, pipeline("acme", &["owner"])).await.unwrap();
        assert_eq!(owners(&by_owner), reps, "{token}");
        let mut messages = watch(&node, token, pipeline("acme", &[])).await.unwrap();
        let first = messages.message().await.unwrap().unwrap();
        assert_eq!(
            (first.kind(), value(&first.values)),
            (WatchKind::Complete, sum),
            "{token}"
        );
    }
    for (token, sum) in [("elsewhere-all", "3072"), ("elsewhere-ann", "1024")] {
        let own = query(&node, token, pipeline("globex", &[])).await.unwrap();
        assert_eq!(value(&own), sum, "an id of one tenant is nobody in another");
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_filter_widens_a_scope() {
    let log = log();
    let (node, _dir) = start(&log, None).await;
    let of = |owner: &str| QueryKpisRequest {
        filters: vec![Filter {
            dimension: "owner".to_owned(),
            value: Some(owner.to_owned()),
        }],
        ..pipeline("acme", &[])
    };
    for (token, owner, sum) in [
        ("rows-of-ann", "ann", "1"),
        ("rows-of-ann", "dan", "0"),
        ("rows-of-ann", "", "0"),
        ("tree-of-ann", "cy", "4"),
        ("tree-of-ann", "bob", "0"),
        ("token-of-all", "dan", "16"),
    ] {
        let values = query(&node, token, of(owner)).await.unwrap();
        assert_eq!(value(&values), sum, "{token} asks for {owner}");
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_answer_is_for_callers_of_its_scope() {
    let (log, redis) = (log(), Redis::start());
    let cache = || async {
        let cache = SharedCache::open(&redis.url(), SharedCacheOptions::default()).unwrap();
        assert!(cache.connected(Duration::from_secs(10)).await);
        cache
    };
    let (one, _one) = start(&log, Some(cache().await)).await;
    let (other, _other) = start(&log, Some(cache().await)).await;
    // Each in turn first, then all at once: whoever comes later finds what was kept for somebody else.
    for round in 0..SEEN.len() {
        for step in 0..SEEN.len() {
            let (token, sum, _) = SEEN[(round + step) % SEEN.len()];
            let node = if (round + step) % 2 == 0 { &one } else { &other };
            assert_eq!(
                value(&query(node, token, pipeline("acme", &[])).await.unwrap()),
                sum,
                "{token}"
            );
        }
        log.write("acme", &[rep("eve", "nobody")]);
    }
    for _ in 0..4 {
        let round = (0..50_usize).map(|caller| {
            let (token, sum, _) = SEEN[caller % SEEN.len()];
            let node = if caller % 2 == 0 { &one } else { &other };
            async move {
                let told = query(node, token, pipeline("acme", &[])).await.unwrap();
                assert_eq!(value(&told), sum, "{token}");
            }
        });
        futures::future::join_all(round).await;
        log.write("acme", &[owned("nobody's", "eve", "0")]);
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_teams_takes_their_rows_along() {
    let log = log();
    let (node, _dir) = start(&log, None).await;
    let tree = ["tree-of-ann", "token-of-boss", "token-of-chief"];
    let mut watches = Vec::new();
    for token in tree {
        let mut messages = watch(&node, token, pipeline("acme", &[])).await.unwrap();
        messages.message().await.unwrap().unwrap();
        watches.push(messages);
    }
    // Cy reports to dan now, and has all along, as far as the records say.
    log.write("acme", &[rep("cy", "dan")]);
    for (token, sum) in [
        ("tree-of-ann", "1"),
        ("token-of-boss", "11"),
        ("token-of-chief", "31"),
    ] {
        assert_eq!(
            value(&query(&node, token, pipeline("acme", &[])).await.unwrap()),
            sum,
            "{token}"
        );
    }
    for (messages, sum) in watches.iter_mut().zip(["1", "11"]) {
        let message = messages.message().await.unwrap().unwrap();
        assert_eq!(
            (message.kind(), value(&message.values)),
            (WatchKind::Changes, sum)
        );
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_answers_as_one_that_is_not_there() {
    let log = log();
    let (node, _dir) = start(&log, None).await;
    let seen = |status: Status| {
        (
            status.code(),
            status.message().to_owned(),
            status.details().to_vec(),
        )
    };
    for token in ["token-of-all", "token-of-boss", "rows-of-ann"] {
        let there = query(&node, token, pipeline("globex", &[])).await.unwrap_err();
        let missing = query(&node, token, pipeline("nobody", &[])).await.unwrap_err();
        assert_eq!(there.code(), Code::PermissionDenied);
        assert_eq!(seen(there), seen(missing), "{token}");
        let there = watch(&node, token, pipeline("globex", &[])).await.unwrap_err();
        let missing = watch(&node, token, pipeline("nobody", &[])).await.unwrap_err();
        assert_eq!(seen(there), seen(missing), "{token}");
    }
    node.stop().await;
}

/// What is said of an answer to be compared: neither when it was given nor how it was come by.
fn bare(answer: Result<Vec<KpiValue>, Status>) -> Result<Vec<KpiValue>, (Code, String)> {
    let values = answer.map_err(|status| (status.code(), status.message().to_owned()))?;
    let bare = |value: KpiValue| KpiValue {
        watermark: None,
        path: 0,
        path_reason: String::new(),
        ..value
    };
    Ok(values.into_iter().map(bare).collect())
}

/// A year of deals that end in every way, each rep's own.
fn endings() -> Vec<Record> {
    let reps = ["ann", "bob", "cy", "boss", "dan"];
    let deal = |place: usize| {
        let month = place % 12 + 1;
        let (start, end) = (
            format!("2019-{month:02}-03"),
            format!("2019-{month:02}-{:02}", 10 + place % 17),
        );
        let deal = sample::deal(&format!("e{place}"))
            .owner(reps[place * 7 % reps.len()])
            .account(["acme", "bolt"][place % 2])
            .created(&start)
            .qualified(&start);
        match place % 4 {
            0 => deal.amount("70").record(),
            1 => deal.lost(&end, "price").record(),
            _ => deal.won(&end, &format!("{}.50", place * 13)).record(),
        }
    };
    (0..80).map(deal).collect()
}

/// Every KPI that can be cut by owner says to a rep what it says of that rep to who may see all, and to a manager what it
/// says of everyone below.
#[tokio::test(flavor = "multi_thread")]
async fn every_kpi_says_to_a_rep_what_it_says_of_the_rep() {
    let log = log();
    log.write("acme", &endings());
    let (node, _dir) = start(&log, None).await;
    let mut catalog = CatalogServiceClient::new(node.channel_as("rows-of-ann"));
    let kpis = catalog
        .list_kpis(ListKpisRequest::default())
        .await
        .unwrap()
        .into_inner()
        .kpis;
    // Some weigh the rep's rows by those of everybody: a rep is told what the rep's own say.
    let catalogue = Catalogue::built_in().unwrap();
    let stands_alone = |id: &str| {
        let measures = &catalogue.kpi(id).unwrap().measures;
        !measures.iter().flat_map(Measure::rows).any(|rows| rows.whole)
    };
    let by_owner = kpis
        .iter()
        .filter(|kpi| kpi.dimensions.iter().any(|one| one == "owner") && stands_alone(&kpi.id));
    let mut compared = 0;
    for kpi in by_owner {
        for (token, reps) in [
            ("rows-of-ann", &["ann"][..]),
            ("token-of-boss", &["boss", "ann", "bob", "cy"]),
        ] {
            let filter = |rep: &&str| Filter {
                dimension: "owner".to_owned(),
                value: Some((*rep).to_owned()),
            };
            let asked = QueryKpisRequest {
                kpis: vec![kpi.id.clone()],
                from: day("2019-04-01"),
                to: day("2019-10-01"),
                grain: Grain::Quarter.into(),
                ..pipeline("acme", &["owner"])
            };
            let of_them = QueryKpisRequest {
                filters: reps.iter().map(filter).collect(),
                ..asked.clone()
            };
            let told = bare(query(&node, token, asked).await);
            if matches!(&told, Err((Code::PermissionDenied, _))) {
                continue;
            }
            let of_them = bare(query(&node, "token-of-all", of_them).await);
            assert_eq!(told, of_them, "{} to {token}", kpi.id);
            compared += told.map_or(0, |values| values.len());
        }
    }
    assert!(compared > 100, "{compared}");
    node.stop().await;
}

/// Companies of any shape: what a caller is told is what a company of only the visible rows would be told.
#[tokio::test(flavor = "multi_thread")]
async fn in_any_company_a_scope_is_the_company_of_its_rows() {
    for seed in 1..=8_u64 {
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut roll = |sides: u64| {
            dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % sides
        };
        let names = ["ann", "bob", "boss", "chief", "cy", "dan"];
        let below = |roll: &mut dyn FnMut(u64) -> u64| names[usize::try_from(roll(6)).unwrap()];
        let reps: Vec<(&str, &str)> = names.iter().map(|name| (*name, below(&mut roll))).collect();
        let deals: Vec<(String, &str, u64)> = (0..30)
            .map(|deal| (format!("d{deal}"), below(&mut roll), roll(100)))
            .collect();
        let log = FakeLog::new(1);
        let mut records: Vec<Record> = reps.iter().map(|(name, manager)| rep(name, manager)).collect();
        records.extend(
            deals
                .iter()
                .map(|(id, owner, amount)| owned(id, owner, &amount.to_string())),
        );
        log.write("acme", &records);
        let (node, _dir) = start(&log, None).await;
        for (token, root, deep) in [
            ("token-of-chief", "chief", true),
            ("token-of-boss", "boss", true),
            ("tree-of-ann", "ann", true),
            ("rows-of-ann", "ann", false),
            ("rows-of-dan", "dan", false),
        ] {
            let mut visible = vec![root];
            let mut grown = 0;
            while deep && grown < visible.len() {
                grown = visible.len();
                for (name, manager) in &reps {
                    if visible.contains(manager) && !visible.contains(name) {
                        visible.push(name);
                    }
                }
            }
            let mine = deals.iter().filter(|(_, owner, _)| visible.contains(owner));
            let sum: u64 = mine.map(|(_, _, amount)| amount).sum();
            let told = query(&node, token, pipeline("acme", &[])).await.unwrap();
            assert_eq!(value(&told), sum.to_string(), "seed {seed}, {token}: {reps:?}");
        }
        node.stop().await;
    }
}
