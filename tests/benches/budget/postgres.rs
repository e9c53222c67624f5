//! P7: records through the gRPC door into PostgreSQL against binary COPY of the same deals into one table.

use std::time::Instant;

use anyhow::{Result, ensure};
use bellwether_testkit::servers::Postgres;
use bellwether_tests::fleet::{Fleet, FleetOptions};

use crate::copy::Copy;
use crate::deals;
use crate::door::{Door, IN_FLIGHT};
use crate::ingest::{TENANT, batches};
use crate::row::{Must, Row, median};
use crate::say;

const RUNS: u64 = 5;
const DEALS_A_RUN: u64 = 200_000;
/// Records of one call: the most that it takes.
const BATCH: usize = 5000;
/// Room for both sides to work in memory and to write their log without a checkpoint in between.
const SETTINGS: [&str; 2] = ["shared_buffers=1GB", "max_wal_size=8GB"];

/// Fills one database through the door and another one of the same server by COPY, turn and turn about.
pub(crate) async fn measure() -> Result<Vec<Row>> {
    let server = tokio::task::spawn_blocking(|| Postgres::start_with(&SETTINGS)).await?;
    let (ours_url, bare_url) = (server.database(), server.database());
    let options = FleetOptions {
        ingestions: 1,
        kpis: 0,
        database_url: Some(ours_url),
        ..FleetOptions::default()
    };
    let fleet = tokio::task::spawn_blocking(|| Fleet::start(options)).await?;
    let door = Door::at(fleet.ingestion(0).url(), &fleet.token_file())?;
    door.prepare(TENANT).await?;
    let mut bare = Copy::open(&bare_url).await?;
    let (mut ours, mut anchor) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        let deals = deals::generated(run * DEALS_A_RUN, DEALS_A_RUN);
        for turn in 0..2 {
            let since = Instant::now();
            if turn == run % 2 {
                door.create(TENANT, batches(&deals, BATCH)).await?;
                ours.push(rate(since));
            } else {
                bare.insert(TENANT, &deals).await?;
                anchor.push(rate(since));
            }
        }
        say(&format!(
            "P7 run {run}: ours {:.0}, COPY {:.0} rows/s",
            ours[ours.len() - 1],
            anchor[anchor.len() - 1]
        ));
    }
    let copied = server.sql_in(&bare_url, "SELECT count(*) FROM opportunity");
    ensure!(
        copied == (RUNS * DEALS_A_RUN).to_string(),
        "COPY wrote {copied} rows"
    );
    Ok(vec![Row {
        name: "P7".to_owned(),
        ours: median(&ours),
        anchor: Some(median(&anchor)),
        unit: "rows/s",
        must: Must::RatioAtLeast(0.25),
        runs: ours.len(),
        note: format!(
            "UpsertRecords, {DEALS_A_RUN} opportunities a run, batches of {BATCH}, {IN_FLIGHT} in flight, one ingestion \
             process; anchor: one binary COPY a run of the same deals, 15 columns, primary key (tenant, id), one \
             connection; the same PostgreSQL, synchronous_commit on, {}",
            SETTINGS.join(", ")
        ),
    }])
}

fn rate(since: Instant) -> f64 {
    DEALS_A_RUN as f64 / since.elapsed().as_secs_f64()
}
