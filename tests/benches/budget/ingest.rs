//! P8: records through the gRPC door against bare inserts of the same deals into one SQLite table.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use bellwether_contracts::kpi::{Grain, QueryKpisRequest};
use bellwether_tests::product::Server;

use crate::bare::Bare;
use crate::deals::{self, Deal};
use crate::door::{BATCH, Door, IN_FLIGHT, day, question};
use crate::row::{Must, Row, median};
use crate::{say, stop};

/// The tenant that the deals go to.
pub(crate) const TENANT: &str = "bench";
const RUNS: u64 = 5;
const DEALS_A_RUN: u64 = 200_000;

/// Fills the data folder in runs and compares each with the anchor.
pub(crate) async fn measure(folder: &Path) -> Result<Row> {
    let server = Server::start(folder);
    let door = Door::to(&server)?;
    door.prepare(TENANT).await?;
    let bare = Bare::open(&folder.join("bare.sqlite")).await?;
    let (mut ours, mut anchor, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        let deals = deals::generated(run * DEALS_A_RUN, DEALS_A_RUN);
        // Turn and turn about, so that neither side always has the warmer machine.
        if run % 2 == 1 {
            anchor.push(bare_rate(&bare, &deals).await?);
        }
        let since = Instant::now();
        door.create(TENANT, batches(&deals, BATCH)).await?;
        ours.push(rate(since));
        // The anchor must not share the machine with a kpi that is still reading.
        let since = Instant::now();
        door.ask_at_head(&known_question()).await?;
        behind.push(since.elapsed().as_secs_f64());
        if run % 2 == 0 {
            anchor.push(bare_rate(&bare, &deals).await?);
        }
        say(&format!(
            "P8 run {run}: ours {:.0}, bare {:.0} rows/s",
            ours[ours.len() - 1],
            anchor[anchor.len() - 1]
        ));
    }
    stop(server)?;
    Ok(Row {
        name: "P8".to_owned(),
        ours: median(&ours),
        anchor: Some(median(&anchor)),
        unit: "rows/s",
        must: Must::RatioAtLeast(0.30),
        runs: ours.len(),
        note: format!(
            "UpsertRecords, {DEALS_A_RUN} opportunities a run, batches of {BATCH}, {IN_FLIGHT} in flight, one serve process \
             with kpi following; kpi was at the head {:.1} s after the last acknowledgement; anchor: sea-orm insert_many, \
             15 columns, 1000 rows a statement, 10 statements a transaction, WAL, synchronous=FULL",
            median(&behind)
        ),
    })
}

/// Fills the data folder with the same deals, without the anchor.
pub(crate) async fn fill(folder: &Path) -> Result<()> {
    say("filling a data folder");
    let server = Server::start(folder);
    let door = Door::to(&server)?;
    door.prepare(TENANT).await?;
    for run in 0..RUNS {
        let deals = deals::generated(run * DEALS_A_RUN, DEALS_A_RUN);
        door.create(TENANT, batches(&deals, BATCH)).await?;
    }
    door.ask_at_head(&known_question()).await?;
    stop(server)
}

/// A question whose answer stays the same while nothing is written.
pub(crate) fn known_question() -> QueryKpisRequest {
    QueryKpisRequest {
        from: day("2022-01-01"),
        to: day("2026-01-01"),
        as_of: day("2025-12-31"),
        ..question(TENANT, &["win_rate"], Grain::Month, &[])
    }
}

/// Deals as records, so many a call, made when they are asked for.
pub(crate) fn batches(
    deals: &[Deal],
    size: usize,
) -> impl Iterator<Item = Result<Vec<bellwether_contracts::sales::Record>>> {
    deals
        .chunks(size)
        .map(|part| Ok(part.iter().map(Deal::record).collect()))
}

async fn bare_rate(bare: &Bare, deals: &[Deal]) -> Result<f64> {
    ensure!(deals.len() as u64 == DEALS_A_RUN, "a run of another size");
    let since = Instant::now();
    bare.insert(TENANT, deals).await?;
    Ok(rate(since))
}

fn rate(since: Instant) -> f64 {
    DEALS_A_RUN as f64 / since.elapsed().as_secs_f64()
}
