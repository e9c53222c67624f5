//! The SCAN rows: q1 to q5 over a million generated deals, each call of ours a scan, against DuckDB's typed table.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Result, ensure};
use bellwether_contracts::kpi::{Grain, KpiValue, QueryKpisRequest};
use bellwether_contracts::sales::Record;
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_tests::product::Server;

use crate::deals;
use crate::door::{BATCH, Door, day, question};
use crate::duckdb::{Cell, DuckDb, Number, Place};
use crate::row::{Must, Row, geometric_mean, median};
use crate::{say, stop};

const TENANT: &str = "scan";
const RUNS: usize = 9;
/// What both sides see.
const DATA: &str = "1000000 generated opportunities, every amount loaded as USD";

/// Loads the deals and runs the queries on both sides, turn and turn about.
pub(crate) async fn measure(place: &Place) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    // As many threads as DuckDB has, and every answer computed.
    let config = folder.path().join("two-threads.yaml");
    std::fs::write(&config, "kpi: {scan_threads: 2, cache_bytes: 0}\n")?;
    let config = config.display().to_string();
    let server = Server::start_with(folder.path(), &["--config", &config]);
    let door = Door::to(&server)?;
    load(&door, place).await?;
    let mut duckdb = DuckDb::start(place)?;
    let mut rows = Vec::new();
    let mut disagreeing = Vec::new();
    for (query, question) in questions(TENANT) {
        let (row, agrees) = compare(&door, &mut duckdb, query, &question).await?;
        rows.push(row);
        if !agrees {
            disagreeing.push(query);
        }
    }
    rows.push(summary(&rows, &duckdb, disagreeing.is_empty()));
    stop(server)?;
    for row in &rows {
        row.print()?;
    }
    ensure!(
        disagreeing.is_empty(),
        "the answers of {} are not DuckDB's",
        disagreeing.join(", ")
    );
    Ok(Vec::new())
}

async fn load(door: &Door, place: &Place) -> Result<()> {
    door.prepare(TENANT).await?;
    let reps = deals::reps_of_file(&place.data.join("reps.csv"))?;
    door.create(TENANT, std::iter::once(Ok(reps))).await?;
    let since = Instant::now();
    let mut deals = deals::of_file(&place.data.join("opportunities.csv"))?;
    let batches = std::iter::from_fn(|| {
        let batch: Result<Vec<Record>> = deals
            .by_ref()
            .take(BATCH)
            .map(|deal| Ok(deal?.record()))
            .collect();
        match batch {
            Ok(batch) if batch.is_empty() => None,
            batch => Some(batch),
        }
    });
    door.create(TENANT, batches).await?;
    let written = since.elapsed();
    for (_, question) in questions(TENANT) {
        door.ask_at_head(&question).await?;
    }
    say(&format!(
        "SCAN: the deals were written in {:.1} s, and answered for {:.1} s later",
        written.as_secs_f64(),
        (since.elapsed() - written).as_secs_f64()
    ));
    Ok(())
}

/// q1 to q5 as questions to kpi.
pub(crate) fn questions(tenant: &str) -> Vec<(&'static str, QueryKpisRequest)> {
    let over = |from: &str, to: &str, mut asked: QueryKpisRequest| {
        asked.from = day(from);
        asked.to = day(to);
        asked.as_of = day("2025-12-31");
        asked
    };
    let years = |asked| over("2022-01-01", "2026-01-01", asked);
    let quarter = |asked| over("2025-07-01", "2025-10-01", asked);
    let uncut = Grain::Unspecified;
    let three = ["win_rate", "average_deal_size", "sales_cycle_mean"];
    let stocks = ["pipeline_value", "open_deals"];
    let team = ["deals_won", "bookings", "sales_cycle_mean"];
    let q3 = QueryKpisRequest {
        as_of: day("2025-12-31"),
        ..question(tenant, &stocks, uncut, &["stage"])
    };
    vec![
        ("q1", years(question(tenant, &["win_rate"], Grain::Month, &[]))),
        ("q2", years(question(tenant, &three, Grain::Month, &["region"]))),
        ("q3", q3),
        ("q4", quarter(question(tenant, &team, uncut, &["team"]))),
        ("q5", quarter(question(tenant, &["bookings"], uncut, &["owner"]))),
    ]
}

async fn compare(
    door: &Door,
    duckdb: &mut DuckDb,
    query: &str,
    question: &QueryKpisRequest,
) -> Result<(Row, bool)> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut answer = Vec::new();
    for _ in 0..=RUNS {
        let since = Instant::now();
        answer = door.ask(question).await?;
        ours.push(since.elapsed().as_secs_f64() * 1e3);
        theirs.push(duckdb.time(query)?);
    }
    let agrees = agree(query, &cells(&answer), &duckdb.expect(query)?);
    // The first of each side is a warm-up.
    let row = Row {
        name: format!("SCAN.{query}"),
        ours: median(&ours[1..]),
        anchor: Some(median(&theirs[1..])),
        unit: "ms",
        must: Must::Nothing,
        runs: RUNS,
        note: format!(
            "agree: {agrees}; {} by {:?}, {} values; QueryKpis over gRPC, each a scan; anchor: DuckDB {} typed in-memory \
             table; 2 threads each; {DATA}",
            question.kpis.join(" + "),
            question.group_by,
            answer.len(),
            duckdb.version
        ),
    };
    Ok((row, agrees))
}

fn summary(rows: &[Row], duckdb: &DuckDb, agrees: bool) -> Row {
    let ours: Vec<f64> = rows.iter().map(|row| row.ours).collect();
    let anchors: Vec<f64> = rows.iter().filter_map(|row| row.anchor).collect();
    Row {
        name: "SCAN".to_owned(),
        ours: geometric_mean(&ours),
        anchor: Some(geometric_mean(&anchors)),
        unit: "ms",
        must: Must::Nothing,
        runs: RUNS,
        note: format!(
            "agree: {agrees}; geometric mean of q1 to q5 (P4's bar is 1.0 x DuckDB at 10 M rows); DuckDB {}; {DATA}",
            duckdb.version
        ),
    }
}

/// Whether each cell of theirs is ours, value and n, and the rest of ours is nothing.
pub(crate) fn agree(query: &str, ours: &BTreeMap<Cell, Number>, theirs: &BTreeMap<Cell, Number>) -> bool {
    let missing = theirs
        .iter()
        .filter(|(cell, number)| ours.get(*cell) != Some(number));
    let differing: Vec<String> = missing
        .map(|(cell, number)| format!("{cell:?}: ours {:?}, DuckDB {number:?}", ours.get(cell)))
        .collect();
    let is_empty = |number: &Number| number.1 == 0;
    let extra = ours
        .iter()
        .filter(|(cell, number)| !theirs.contains_key(*cell) && !is_empty(number));
    let extra: Vec<String> = extra
        .map(|(cell, number)| format!("{cell:?}: ours {number:?}, DuckDB has none"))
        .collect();
    for line in differing.iter().chain(&extra).take(5) {
        say(&format!("{query}: {line}"));
    }
    differing.is_empty() && extra.is_empty()
}

/// The cells of an answer.
pub(crate) fn cells(values: &[KpiValue]) -> BTreeMap<Cell, Number> {
    let cell = |value: &KpiValue| {
        let group = value.group.first().and_then(|group| group.name.clone());
        let place = (
            value.kpi.clone(),
            first_day(value.period_start.as_ref()),
            group.unwrap_or_default(),
        );
        (place, (value.value.clone(), value.n))
    };
    values.iter().map(cell).collect()
}

fn first_day(start: Option<&DateOrTime>) -> String {
    match start.and_then(|start| start.value.as_ref()) {
        Some(date_or_time::Value::Date(day)) => day.clone(),
        Some(date_or_time::Value::Instant(instant)) => format!("{} s", instant.seconds),
        None => String::new(),
    }
}
