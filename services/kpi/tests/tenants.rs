//! Another tenant's id answers exactly like one that is not there, whatever is called and whoever asks.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::needless_update, reason = "some requests name nothing but a tenant")]

#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/log.rs"]
mod log;
#[allow(dead_code, reason = "each test crate uses a part")]
#[path = "follow/node.rs"]
mod node;

use bellwether_contracts::kpi::catalog_service_client::CatalogServiceClient;
use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::scorecard_service_client::ScorecardServiceClient;
use bellwether_contracts::kpi::target_service_client::TargetServiceClient;
use bellwether_contracts::kpi::*;
use bellwether_kpi::Config;
use bellwether_testkit::{TestNode, sample};
use tonic::{Code, Status};

use log::FakeLog;

const TOKENS: &str = "\
- {token: all-of-acme, tenant: acme, scope: all}
- {token: tree-of-boss, tenant: acme, scope: {subtree: boss}}
- {token: rows-of-ann, tenant: acme, scope: {own: ann}}
";

/// What a caller learns from a refusal.
fn learnt<T>(call: Result<T, Status>) -> Result<(), (Code, String, Vec<u8>)> {
    call.map(drop).map_err(|status| {
        (
            status.code(),
            status.message().to_owned(),
            status.details().to_vec(),
        )
    })
}

fn query(tenant: &str) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: tenant.to_owned(),
        kpis: vec!["bookings".to_owned()],
        ..QueryKpisRequest::default()
    }
}

/// Calls each method about a tenant: what is learnt, by its name.
macro_rules! calls {
    ($node:expr, $token:expr, $tenant:expr; $($client:ident: $($method:ident($request:expr)),+;)+) => {{
        let mut found = Vec::new();
        $($(
            let mut client = $client::new($node.channel_as($token));
            found.push((stringify!($method), learnt(client.$method($request).await)));
        )+)+
        found
    }};
}

/// A request about a tenant.
macro_rules! about {
    ($kind:ident, $tenant:expr) => {
        $kind {
            tenant: $tenant.to_owned(),
            ..$kind::default()
        }
    };
    ($kind:ident of query, $tenant:expr) => {
        $kind {
            query: Some(query($tenant)),
            ..$kind::default()
        }
    };
}

type Learnt = Vec<(&'static str, Result<(), (Code, String, Vec<u8>)>)>;

async fn everything(node: &TestNode, token: &str, tenant: &str) -> Learnt {
    let mut learnt = kpis(node, token, tenant).await;
    learnt.extend(catalogue(node, token, tenant).await);
    learnt.extend(targets(node, token, tenant).await);
    learnt.extend(scorecards(node, token, tenant).await);
    learnt
}

async fn kpis(node: &TestNode, token: &str, tenant: &str) -> Learnt {
    calls! { node, token, tenant;
        KpiServiceClient:
            query_kpis(query(tenant)),
            watch_kpis(about!(WatchKpisRequest of query, tenant)),
            stream_facts(about!(StreamFactsRequest, tenant)),
            compare_kpis(about!(CompareKpisRequest of query, tenant)),
            explain_change(about!(ExplainChangeRequest of query, tenant)),
            get_waterfall(about!(GetWaterfallRequest of query, tenant)),
            verify_receipt(about!(VerifyReceiptRequest, tenant)),
            list_contributors(about!(ListContributorsRequest, tenant));
    }
}

async fn catalogue(node: &TestNode, token: &str, tenant: &str) -> Learnt {
    calls! { node, token, tenant;
        CatalogServiceClient:
            list_kpis(about!(ListKpisRequest, tenant)),
            get_kpi(about!(GetKpiRequest, tenant)),
            list_presets(about!(ListPresetsRequest, tenant)),
            list_versions(about!(ListVersionsRequest, tenant)),
            dry_run_kpi(about!(DryRunKpiRequest, tenant)),
            create_kpi(about!(CreateKpiRequest, tenant)),
            update_kpi(about!(UpdateKpiRequest, tenant)),
            promote_kpi(about!(PromoteKpiRequest, tenant)),
            deprecate_kpi(about!(DeprecateKpiRequest, tenant));
    }
}

async fn targets(node: &TestNode, token: &str, tenant: &str) -> Learnt {
    calls! { node, token, tenant;
        TargetServiceClient:
            create_target(about!(CreateTargetRequest, tenant)),
            update_target(about!(UpdateTargetRequest, tenant)),
            get_target(about!(GetTargetRequest, tenant)),
            list_targets(about!(ListTargetsRequest, tenant)),
            delete_target(about!(DeleteTargetRequest, tenant)),
            list_target_versions(about!(ListTargetVersionsRequest, tenant)),
            get_attainment(about!(GetAttainmentRequest, tenant));
    }
}

async fn scorecards(node: &TestNode, token: &str, tenant: &str) -> Learnt {
    calls! { node, token, tenant;
        ScorecardServiceClient:
            create_scorecard(about!(CreateScorecardRequest, tenant)),
            update_scorecard(about!(UpdateScorecardRequest, tenant)),
            get_scorecard(about!(GetScorecardRequest, tenant)),
            list_scorecards(about!(ListScorecardsRequest, tenant)),
            delete_scorecard(about!(DeleteScorecardRequest, tenant)),
            render_scorecard(about!(RenderScorecardRequest, tenant));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_method_tells_a_tenant_of_others_from_one_that_is_not_there() {
    let log = FakeLog::new(1);
    for tenant in ["acme", "globex"] {
        log.write(tenant, &[sample::deal("d1").owner("ann").amount("1").record()]);
    }
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node::start_for(dir.path(), &log, None, Config::default(), TOKENS).await;
    for token in ["all-of-acme", "tree-of-boss", "rows-of-ann"] {
        let there = everything(&node, token, "globex").await;
        let missing = everything(&node, token, "nobody").await;
        for (one, other) in there.iter().zip(&missing) {
            assert_eq!(one, other, "{token}");
            let refused = one.1.as_ref().unwrap_err();
            assert_eq!(
                refused.0,
                Code::PermissionDenied,
                "{token} {}: {}",
                one.0,
                refused.1
            );
        }
    }
    node.stop().await;
}
