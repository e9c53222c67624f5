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
const FORECASTING: &str = "bellwether.forecasting.v1.TrendService";
/// How long an address may take to say what it serves.
const PATIENCE: Duration = Duration::from_secs(2);

/// The links to those of the addresses that serve a part.
pub(super) struct Links {
    /// Records.
    pub(super) ingestion: PeerLink,
    /// KPIs.
    pub(super) kpi: PeerLink,
    /// Forecasts.
    pub(super) forecasting: PeerLink,
}

/// The links to those of the addresses (separated by commas) that serve records, KPIs and forecasts.
///
/// An address that does not answer stands in all lists: it may be back when it is needed.
///
/// # Errors
/// Usage when one is no address.
pub(super) async fn links(urls: &str, token: &Secret<String>, config: &LinkConfig) -> Result<Links, Failure> {
    let far = |urls: &str| {
        PeerLink::far(urls, token, config).map_err(|error| Failure::from(error).with_code(Exit::Usage))
    };
    // Says what is wrong with any of them.
    let whole = far(urls)?;
    if !urls.contains(',') {
        return Ok(Links {
            ingestion: whole.clone(),
            kpi: whole.clone(),
            forecasting: whole,
        });
    }
    let mut asked = Vec::new();
    for url in urls.split(',').map(str::trim).filter(|url| !url.is_empty()) {
        let link = far(url)?;
        asked.push(async move {
            let lacks = |service| lacks(&link, service);
            let lacking = futures::join!(lacks(INGESTION), lacks(KPI), lacks(FORECASTING));
            (url, [lacking.0, lacking.1, lacking.2])
        });
    }
    let mut served = [const { Vec::new() }; 3];
    for (url, lacking) in join_all(asked).await {
        for (urls, lacks) in served.iter_mut().zip(lacking) {
            if !lacks {
                urls.push(url);
            }
        }
    }
    let link = |served: Vec<&str>| {
        if served.is_empty() {
            Ok(whole.clone())
        } else {
            far(&served.join(","))
        }
    };
    let [records, kpis, forecasts] = served;
    Ok(Links {
        ingestion: link(records)?,
        kpi: link(kpis)?,
        forecasting: link(forecasts)?,
    })
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
