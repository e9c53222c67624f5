//! The QUERY rows: how long one client waits for one answer about the demo tenant.

use std::time::Instant;

use anyhow::{Context as _, Result};
use bellwether_contracts::kpi::{Grain, QueryKpisRequest};
use bellwether_tests::product::Server;

use crate::door::{Door, day, question};
use crate::row::{Must, Row, median, quantile};
use crate::stop;

const TENANT: &str = "demo";
const RUNS: usize = 5;
const CALLS: usize = 1000;
const WARM_UP: usize = 100;

/// Starts a server with the demo and asks one question over and over.
pub(crate) async fn measure() -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("no-cache.yaml");
    std::fs::write(&config, "kpi: {cache_bytes: 0}\n")?;
    let config = config.display().to_string();
    let server = Server::start_with(folder.path(), &["--demo", "--config", &config]);
    let door = Door::to(&server)?;
    let question = three_years(&door).await?;
    for _ in 0..WARM_UP {
        door.ask(&question).await?;
    }
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut waits = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let since = Instant::now();
            door.ask(&question).await?;
            waits.push(since.elapsed().as_secs_f64() * 1e3);
        }
        p50.push(quantile(&waits, 0.5));
        p99.push(quantile(&waits, 0.99));
    }
    stop(server)?;
    let row = |name: &str, samples: &[f64]| Row {
        name: name.to_owned(),
        ours: median(samples),
        anchor: None,
        unit: "ms",
        must: Must::Nothing,
        runs: RUNS,
        note: format!(
            "one QueryKpis (win_rate by month, 36 months) on the demo tenant, loopback gRPC, one client, {CALLS} calls a run, \
             no answer cache"
        ),
    };
    Ok(vec![row("QUERY.p50", &p50), row("QUERY.p99", &p99)])
}

/// Win rate by month over the demo's three years. The demo ends today by the server's clock, so the server is asked.
async fn three_years(door: &Door) -> Result<QueryKpisRequest> {
    let today = door
        .ask_at_head(&question(TENANT, &["win_rate"], Grain::Unspecified, &[]))
        .await?;
    let as_of = today.first().and_then(|value| value.as_of);
    let seconds = as_of.context("an answer without as_of")?.seconds;
    let year = 1970 + seconds / 31_556_952;
    Ok(QueryKpisRequest {
        from: day(&format!("{:04}-01-01", year - 2)),
        to: day(&format!("{:04}-01-01", year + 1)),
        ..question(TENANT, &["win_rate"], Grain::Month, &[])
    })
}
