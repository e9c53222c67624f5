//! Which of several addresses serve what: a fleet has processes of different roles.

use std::time::Duration;

use bellwether_runtime::{LinkConfig, PeerLink, Secret};
use futures::future::join_all;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::exit::{Code as Exit, Failure};

/// A service that every process of a role has.
const INGESTION: &str = "bellwether.ingestion.v1.RecordService";
const KPI: &str = "bellwether.kpi.v1.KpiService";
/// How long an address may take to say what it serves.
const PATIENCE: Duration = Duration::from_secs(2);

/// The links to those of the addresses (separated by commas) that serve records, and to those that serve KPIs.
///
/// An address that does not answer stands in both lists: it may be back when it is needed.
///
/// # Errors
/// Usage when one is no address.
pub(super) async fn links(
    urls: &str,
    token: &Secret<String>,
    config: &LinkConfig,
) -> Result<(PeerLink, PeerLink), Failure> {
    let far = |urls: &str| {
        PeerLink::far(urls, token, config).map_err(|error| Failure::from(error).with_code(Exit::Usage))
    };
    // Says what is wrong with any of them.
    let whole = far(urls)?;
    if !urls.contains(',') {
        return Ok((whole.clone(), whole));
    }
    let mut asked = Vec::new();
    for url in urls.split(',').map(str::trim).filter(|url| !url.is_empty()) {
        let link = far(url)?;
        asked.push(async move {
            let (records, kpis) = futures::join!(lacks(&link, INGESTION), lacks(&link, KPI));
            (url, records, kpis)
        });
    }
    let (mut records, mut kpis) = (Vec::new(), Vec::new());
    for (url, no_records, no_kpis) in join_all(asked).await {
        if !no_records {
            records.push(url);
        }
        if !no_kpis {
            kpis.push(url);
        }
    }
    let link = |served: Vec<&str>| {
        if served.is_empty() {
            Ok(whole.clone())
        } else {
            far(&served.join(","))
        }
    };
    Ok((link(records)?, link(kpis)?))
}

/// Whether the process says that it does not have a service.
async fn lacks(link: &PeerLink, service: &str) -> bool {
    let mut request = Request::new(HealthCheckRequest {
        service: service.to_owned(),
    });
    request.set_timeout(PATIENCE);
    let answer = HealthClient::new(link.channel()).check(request).await;
    answer.is_err_and(|status| status.code() == Code::NotFound)
}
