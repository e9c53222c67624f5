//! Every KPI of the catalogue has something to say about the demo: a value, or a reason that is the right one.

use std::sync::Arc;

use bellwether_contracts::kpi::{
    AbsentReason, Grain, KpiValue, ListKpisRequest, MinPosition, QueryKpisRequest, min_position,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{CivilDate, ManualClock, Zone};
use bellwether_ingestion::Ingestion;
use bellwether_kpi::Kpi;
use bellwether_runtime::{Host, PeerLink, Secret, ServiceSet};
use bellwether_testkit::TestNode;
use indicatif::ProgressBar;

use super::send::{TENANT, bring};
use super::{calendar::Day, route};
use crate::client::Client;

const FIRST: &str = "2024-07-01";
const TODAY: &str = "2026-11-20";

/// KPIs that have no value in a closed quarter of the demo, each with the reason that it gives.
const WITHOUT: [(&str, AbsentReason); 3] = [
    // Deals that began in that quarter are not old enough to be judged.
    ("win_rate_cohort", AbsentReason::NotMature),
    // Nor have the reps who came in it been there for two quarters.
    ("ramp_time", AbsentReason::NotReached),
    ("ramped_in_6_months", AbsentReason::NotMature),
];

async fn both(host: Host) -> bellwether_domain::Result<ServiceSet> {
    let place = bellwether_storage::Place::File(host.data_dir.join("ingestion.db"));
    let ingestion = Ingestion::start(&host, &place, bellwether_ingestion::Config::default()).await?;
    let peer = PeerLink::near(&host, &ingestion.services());
    let kpi = Kpi::start(&host, peer, None, bellwether_kpi::Config::default()).await?;
    Ok(ingestion.services().merge(kpi.services()))
}

fn date(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime {
        value: Some(date_or_time::Value::Date(text.to_owned())),
    })
}

async fn of_the_quarter(client: &Client, kpi: &str) -> Vec<KpiValue> {
    let request = QueryKpisRequest {
        tenant: TENANT.to_owned(),
        kpis: vec![kpi.to_owned()],
        from: date("2026-07-01"),
        to: date("2026-10-01"),
        as_of: date(TODAY),
        grain: Grain::Unspecified.into(),
        min_position: Some(MinPosition {
            at: Some(min_position::At::Head(true)),
        }),
        ..QueryKpisRequest::default()
    };
    let answer = client.kpis().query_kpis(request).await;
    answer
        .unwrap_or_else(|status| panic!("{kpi}: {status:?}"))
        .into_inner()
        .values
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kpi_has_a_value_or_a_reason_that_is_known() {
    let noon = "2026-11-20T17:00:00Z".parse().unwrap();
    let builder = TestNode::builder().clock(Arc::new(ManualClock::at(noon)));
    let node = builder.start(both).await;
    let client = Client::at(node.url(), &Secret::new(node.token().to_owned())).unwrap();
    let day = |text: &str| -> Day { text.parse::<CivilDate>().unwrap().days() };
    let zone = Zone::named(route::ZONE).unwrap();
    bring(&client, day(FIRST), day(TODAY), zone, &ProgressBar::hidden())
        .await
        .unwrap();
    let listed = client.catalog().list_kpis(ListKpisRequest::default()).await;
    let kpis: Vec<String> = listed
        .unwrap()
        .into_inner()
        .kpis
        .into_iter()
        .map(|kpi| kpi.id)
        .collect();
    assert!(kpis.len() >= 80, "{} KPIs", kpis.len());
    let mut wrong = Vec::new();
    for kpi in &kpis {
        let values = of_the_quarter(&client, kpi).await;
        let known = WITHOUT
            .iter()
            .find(|(id, _)| id == kpi)
            .map(|(_, reason)| *reason);
        if values.is_empty() {
            wrong.push(format!("{kpi}: no row at all"));
        }
        for value in values {
            let reason = value.value.is_none().then_some(value.absent_reason());
            // Where it is cut by itself, some cuts may have none.
            let is_cut = !value.group.is_empty();
            if reason != known
                && !(is_cut && reason.is_some_and(|reason| reason != AbsentReason::Unspecified))
            {
                wrong.push(format!("{kpi}: {:?} {reason:?}, not {known:?}", value.value));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    node.stop().await;
}
