//! P12: a start on an existing data folder, from the process to the first right answer.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bellwether_contracts::kpi::KpiValue;
use bellwether_tests::product::Server;

use crate::door::Door;
use crate::ingest::known_question;
use crate::row::{Must, Row, median};
use crate::{say, stop};

const RUNS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(300);

/// Stops and starts on a folder that [`crate::ingest`] filled.
pub(crate) async fn measure(folder: &Path) -> Result<Row> {
    let server = Server::start(folder);
    let before = essence(Door::to(&server)?.ask_at_head(&known_question()).await?);
    stop(server)?;
    let mut ours = Vec::new();
    for run in 0..RUNS {
        let (seconds, server) = start(folder, &before).await?;
        say(&format!("P12 run {run}: {seconds:.2} s"));
        ours.push(seconds);
        stop(server)?;
    }
    let (_, server) = start(folder, &before).await?;
    server.kill();
    let (after_kill, server) = start(folder, &before).await?;
    stop(server)?;
    Ok(Row {
        name: "P12".to_owned(),
        ours: median(&ours),
        anchor: None,
        unit: "s",
        must: Must::OursAtMost(5.0),
        runs: ours.len(),
        note: format!(
            "1000000 opportunities; from the start of the process to win_rate by month over gRPC as before SIGTERM, at the \
             same position, file cache warm; after kill -9 {after_kill:.2} s"
        ),
    })
}

/// Starts and asks until the answer is what it was.
async fn start(folder: &Path, before: &[KpiValue]) -> Result<(f64, Server)> {
    let since = Instant::now();
    let server = Server::start(folder);
    let door = Door::to(&server)?;
    loop {
        let answer = door.ask(&known_question()).await;
        if answer.is_ok_and(|values| essence(values) == before) {
            return Ok((since.elapsed().as_secs_f64(), server));
        }
        ensure!(
            since.elapsed() < PATIENCE,
            "after a start the answer is not what it was"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The answer without the story of how it was computed.
fn essence(mut values: Vec<KpiValue>) -> Vec<KpiValue> {
    for value in &mut values {
        value.path = 0;
        value.path_reason.clear();
    }
    values
}
