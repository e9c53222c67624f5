//! The JOURNEY rows: how long a person waits for the CRM export to become answers, by the command line.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use bellwether_tests::fleet::{Fleet, FleetOptions};
use bellwether_tests::oracle::export::folder;
use bellwether_tests::product::{Done, Server};
use bellwether_tests::workspace_root;

use crate::row::{Must, Row, median};
use crate::{say, stop};

const RUNS: usize = 5;
const FILES: [&str; 4] = [
    "accounts.csv",
    "products.csv",
    "sales_teams.csv",
    "sales_pipeline.csv",
];
/// What is asked, with the answers that are known.
const QUESTIONS: [(&str, &str); 4] = [
    ("win_rate", "0.631500521531813441"),
    ("win_rate bookings median_deal_size --by owner --grain month", ""),
    ("bookings pipeline_created --by product --by region", ""),
    (
        "sales_velocity sales_cycle_mean average_deal_size --grain quarter",
        "",
    ),
];

/// Goes through one process and through a fleet, turn and turn about, each time with a new tenant.
pub(crate) fn measure() -> Result<Vec<Row>> {
    let Some(export) = folder() else {
        say("JOURNEY needs ../shared/data/crm: left out");
        return Ok(Vec::new());
    };
    let dir = tempfile::tempdir()?;
    let server = Server::start(dir.path());
    let fleet = Fleet::start(FleetOptions::default());
    let (mut one, mut many) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        one.push(travel(&export, run, &|args| server.run(args))?);
        many.push(travel(&export, run, &|args| fleet.run(args))?);
        say(&format!(
            "JOURNEY run {run}: embedded {:.2} s, fleet {:.2} s",
            one[run], many[run]
        ));
    }
    drop(fleet);
    stop(server)?;
    let row = |name: &str, samples: &[f64], anchor: Option<f64>, what: &str| Row {
        name: name.to_owned(),
        ours: median(samples),
        anchor,
        unit: "s",
        must: Must::Nothing,
        runs: RUNS,
        note: format!(
            "CRM export of 8800 deals: import, the same import again, {} questions, as commands one after the other; {what}",
            QUESTIONS.len()
        ),
    };
    Ok(vec![
        row("JOURNEY.embedded", &one, None, "one process, SQLite"),
        row(
            "JOURNEY.fleet",
            &many,
            Some(median(&one)),
            "two ingestion and two kpi processes, PostgreSQL, Redis; anchor: embedded",
        ),
    ])
}

fn travel(export: &Path, run: usize, command: &dyn Fn(&[&str]) -> Done) -> Result<f64> {
    let tenant = format!("journey-{run}");
    let mapping = workspace_root().join("deploy/mappings/crm_sales_opportunities.yaml");
    let mapping = mapping.display().to_string();
    let files = FILES.map(|file| export.join(file).display().to_string());
    let mut import = vec!["import", "--tenant", &tenant, "--mapping", &mapping];
    import.extend(files.iter().map(String::as_str));
    let year = "--from 2017-01-01 --to 2018-01-01 --as-of 2018-06-30 --output json";
    let since = Instant::now();
    for _ in 0..2 {
        let done = command(&import);
        ensure!(done.code == 0, "the import failed: {}", done.err);
    }
    for (question, answer) in QUESTIONS {
        let line = format!("kpi query {question} {year} --tenant {tenant}");
        let words: Vec<&str> = line.split(' ').collect();
        let done = command(&words);
        ensure!(done.code == 0, "{line} failed: {}", done.err);
        ensure!(done.out.contains(answer), "{line} says {}", done.out);
    }
    Ok(since.elapsed().as_secs_f64())
}
