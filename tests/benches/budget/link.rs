//! The LINK rows: what one call costs through a link within the process, and through one over loopback.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, Result};
use bellwether_contracts::ingestion::GetHeadRequest;
use bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient;
use bellwether_ingestion::{Config, Ingestion};
use bellwether_runtime::{PeerLink, ServiceSet};
use bellwether_storage::Place;
use bellwether_testkit::TestNode;

use crate::row::{Must, Row, median, quantile};

const RUNS: usize = 5;
const CALLS: usize = 5000;
const WARM_UP: usize = 500;

/// Asks ingestion for the head of an empty log, one call after the other, through either link.
pub(crate) async fn measure() -> Result<Vec<Row>> {
    let served: Arc<Mutex<Option<ServiceSet>>> = Arc::default();
    let keep = Arc::clone(&served);
    let node = TestNode::start(async move |host| {
        let place = Place::File(host.data_dir.join("ingestion.db"));
        let services = Ingestion::start(&host, &place, Config::default())
            .await?
            .services();
        *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(services.clone());
        Ok(services)
    })
    .await;
    let services = served.lock().unwrap_or_else(PoisonError::into_inner).take();
    let near = PeerLink::near(node.host(), &services.context("the services were started")?);
    let far = node.link();
    let links = [("near", &near), ("far", &far)];
    for (_, link) in links {
        run(link, WARM_UP).await?;
    }
    let mut waits = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
    for _ in 0..RUNS {
        for ((_, link), (p50, p99)) in links.iter().zip(&mut waits) {
            let samples = run(link, CALLS).await?;
            p50.push(quantile(&samples, 0.5));
            p99.push(quantile(&samples, 0.99));
        }
    }
    let mut rows = Vec::new();
    for ((name, _), (p50, p99)) in links.iter().zip(&waits) {
        rows.push(row(&format!("LINK.{name}.p50"), p50));
        rows.push(row(&format!("LINK.{name}.p99"), p99));
    }
    node.stop().await;
    Ok(rows)
}

/// How long each of so many calls took, in microseconds.
async fn run(link: &PeerLink, calls: usize) -> Result<Vec<f64>> {
    let mut client = ChangeFeedServiceClient::new(link.channel());
    let mut waits = Vec::with_capacity(calls);
    for _ in 0..calls {
        let request = GetHeadRequest {
            tenant: "link".to_owned(),
        };
        let since = Instant::now();
        client.get_head(request).await?;
        waits.push(since.elapsed().as_secs_f64() * 1e6);
    }
    Ok(waits)
}

fn row(name: &str, samples: &[f64]) -> Row {
    Row {
        name: name.to_owned(),
        ours: median(samples),
        anchor: None,
        unit: "us",
        must: Must::Nothing,
        runs: RUNS,
        note: format!(
            "GetHead of an empty log in SQLite, one caller, {CALLS} calls a run; near: a duplex in memory, far: TCP over \
             loopback with token; both ends in one process"
        ),
    }
}
