//! The rows P4, P9, P11 and CLASS: one kpi process holds two companies, of ten million deals and of a tenth of them, and
//! computes every answer anew; the same deals in DuckDB's typed table answer the queries of P4 in the same run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bellwether_contracts::kpi::{Grain, KpiValue, MinPosition, QueryKpisRequest, min_position};
use bellwether_tests::product::Server;
use tonic::Code;

use crate::door::{Door, day, question};
use crate::duckdb::{DuckDb, Place};
use crate::feed::{self, Log};
use crate::metrics::number;
use crate::row::{Must, Row, geometric_mean, median};
use crate::say;
use crate::scan::{agree, cells, questions as first_questions};

/// The tenants: all deals, and the tenth.
const ALL: &str = "all";
const TENTH: &str = "tenth";
const RUNS: usize = 7;
/// How long the deals may take to become facts.
const PATIENCE: Duration = Duration::from_secs(1200);
/// As many threads as DuckDB has; every answer computed; and nothing but the deals on the disk.
const CONFIG: &str = "kpi: {scan_threads: 2, cache_bytes: 0, checkpoint_changes: 1000000000, \
                      checkpoint_interval_seconds: 1000000, feed_silence_ms: 600000}\n";

/// Where the deals of both companies lie.
pub(crate) struct Places {
    /// All of them, and what else DuckDB needs.
    pub(crate) all: Place,
    /// The tenth.
    pub(crate) tenth: Place,
}

/// Which rows are wanted.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) p4: bool,
    pub(crate) p9: bool,
    pub(crate) p11: bool,
    pub(crate) classes: bool,
}

/// One kind of measure and a question that is answered by it.
struct Class {
    name: &'static str,
    asked: QueryKpisRequest,
}

/// How long both companies' answers took, in milliseconds.
struct Both {
    all: f64,
    tenth: f64,
}

/// Loads the deals, asks, and prints each row as soon as it is there.
pub(crate) async fn measure(places: &Places, wanted: Wanted) -> Result<Vec<Row>> {
    let logs = [
        (ALL, Arc::new(Log::of(&places.all.data)?)),
        (TENTH, Arc::new(Log::of(&places.tenth.data)?)),
    ];
    let deals = [logs[0].1.deals, logs[1].1.deals];
    let url = feed::serve(
        logs.iter()
            .map(|(name, log)| ((*name).to_owned(), Arc::clone(log)))
            .collect(),
    )
    .await?;
    let folder = tempfile::tempdir()?;
    let server = start(folder.path(), &url)?;
    let door = Door::to(&server)?;
    for (tenant, deals) in [TENTH, ALL].into_iter().zip([deals[1], deals[0]]) {
        load(&door, tenant, deals).await?;
    }
    let mut failed = Vec::new();
    if wanted.p9 {
        memory(&server, deals[0])?.print()?;
    }
    if wanted.p4 {
        failed = against_duckdb(&door, places, deals[0]).await?;
    }
    if wanted.p11 {
        growth(&door, deals).await?.print()?;
    }
    if wanted.classes {
        for class in classes() {
            match class_row(&door, &class, deals).await {
                Ok(row) => row.print()?,
                Err(error) => {
                    say(&format!("CLASS.{}: {error:#}", class.name));
                    failed.push(class.name);
                }
            }
        }
    }
    // Killed, not drained: nobody wants its last checkpoint.
    server.kill();
    ensure!(failed.is_empty(), "wrong or refused: {}", failed.join(", "));
    Ok(Vec::new())
}

fn start(folder: &std::path::Path, feed: &str) -> Result<Server> {
    let config = folder.join("two-threads.yaml");
    std::fs::write(&config, CONFIG)?;
    let (config, dir) = (config.display().to_string(), folder.display().to_string());
    let args = ["--data-dir", &dir, "--listen", "127.0.0.1:0", "--config", &config];
    let roles = ["--roles", "kpi", "--ingestion-url", feed];
    Ok(Server::launch(folder, &[&args[..], &roles].concat()))
}

/// Waits until kpi has read a company's log.
async fn load(door: &Door, tenant: &str, deals: u64) -> Result<()> {
    let since = Instant::now();
    let at_head = QueryKpisRequest {
        min_position: Some(MinPosition {
            at: Some(min_position::At::Head(true)),
        }),
        as_of: day("2025-12-31"),
        ..question(tenant, &["open_deals"], Grain::Unspecified, &[])
    };
    loop {
        match door.ask(&at_head).await {
            Ok(_) => break,
            Err(status) => {
                let is_behind = matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded);
                ensure!(is_behind && since.elapsed() < PATIENCE, "{tenant}: {status:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    let took = since.elapsed().as_secs_f64();
    let rate = deals as f64 / took;
    say(&format!(
        "{deals} deals were read in {took:.0} s ({rate:.0} a second)"
    ));
    Ok(())
}

/// P9.
fn memory(server: &Server, deals: u64) -> Result<Row> {
    let of = |name: &str| number(&server.url, &format!("{name}{{tenant=\"{ALL}\"}}"));
    let (rows, bytes, whole) = (
        of("kpi_fact_rows")?,
        of("kpi_fact_rows_bytes")?,
        of("kpi_facts_bytes")?,
    );
    ensure!(rows > 0.0, "no fact rows");
    Ok(Row {
        name: "P9".to_owned(),
        ours: bytes / rows,
        anchor: None,
        unit: "B/row",
        must: Must::OursAtMost(100.0),
        runs: 1,
        note: format!(
            "live fact rows and their dictionaries as kpi counts them at /metrics: {rows:.0} rows of {deals} deals ({:.1} a deal, \
             one stage each), {:.2} GB; with the versions of records that they are derived from {:.2} GB ({:.0} B a deal); \
             resident with both companies {:.2} GB",
            rows / deals as f64,
            bytes / 1e9,
            whole / 1e9,
            whole / deals as f64,
            resident(server.id())? / 1e9
        ),
    })
}

/// The resident memory of a process, in bytes.
fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kib: f64 = kib.context("the process tells its memory")?.trim().parse()?;
    Ok(kib * 1024.0)
}

/// The queries of P4 as questions to kpi.
fn questions(tenant: &str) -> Vec<(&'static str, QueryKpisRequest)> {
    let by_month = |kpis: &[&str], by: &[&str]| QueryKpisRequest {
        from: day("2022-01-01"),
        to: day("2026-01-01"),
        as_of: day("2025-12-31"),
        ..question(tenant, kpis, Grain::Month, by)
    };
    let mut all = first_questions(tenant);
    all.extend([
        (
            "q6",
            by_month(&["sales_cycle_median", "sales_cycle_p90"], &["campaign"]),
        ),
        ("q7", by_month(&["customers_won"], &[])),
        ("q8d", by_month(&["pipeline_value", "open_deals"], &[])),
    ]);
    all
}

/// P4; the queries whose answers are not DuckDB's.
async fn against_duckdb(door: &Door, places: &Places, deals: u64) -> Result<Vec<&'static str>> {
    let mut duckdb = DuckDb::start(&places.all)?;
    let (mut ours, mut theirs, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for (query, asked) in questions(ALL) {
        let (mut mine, mut other) = (Vec::new(), Vec::new());
        let mut answer = Vec::new();
        for _ in 0..=RUNS {
            let (took, values) = timed(door, &asked).await?;
            mine.push(took);
            answer = values;
            other.push(duckdb.time(query)?);
        }
        let agrees = agree(query, &cells(&answer), &duckdb.expect(query)?);
        if !agrees {
            wrong.push(query);
        }
        // The first of each side is a warm-up.
        let row = Row {
            name: format!("P4.{query}"),
            ours: median(&mine[1..]),
            anchor: Some(median(&other[1..])),
            unit: "ms",
            must: Must::Nothing,
            runs: RUNS,
            note: format!(
                "agree: {agrees}; {} by {:?}, {} values",
                asked.kpis.join(" + "),
                asked.group_by,
                answer.len()
            ),
        };
        row.print()?;
        ours.push(row.ours);
        theirs.extend(row.anchor);
    }
    let row = Row {
        name: "P4".to_owned(),
        ours: geometric_mean(&ours),
        anchor: Some(geometric_mean(&theirs)),
        unit: "ms",
        must: Must::RatioAtMost(1.0),
        runs: RUNS,
        note: format!(
            "agree: {}; geometric mean of q1 to q7 and q8d over {deals} deals, facts warm in memory, QueryKpis over gRPC, each \
             answer a scan with n, intervals and evidence; anchor: DuckDB {} typed in-memory table, 2 threads each; the \
             segment of a deal is loaded as its campaign, every amount as USD",
            wrong.is_empty(),
            duckdb.version
        ),
    };
    row.print()?;
    Ok(wrong)
}

/// P11.
async fn growth(door: &Door, deals: [u64; 2]) -> Result<Row> {
    let (mut large, mut small) = (Vec::new(), Vec::new());
    for ((query, all), (_, tenth)) in questions(ALL).into_iter().zip(questions(TENTH)) {
        let both = both(door, &all, &tenth).await.with_context(|| query.to_owned())?;
        large.push(both.all * 1e6 / deals[0] as f64);
        small.push(both.tenth * 1e6 / deals[1] as f64);
    }
    Ok(Row {
        name: "P11".to_owned(),
        ours: geometric_mean(&large),
        anchor: Some(geometric_mean(&small)),
        unit: "ns/deal",
        must: Must::RatioAtMost(1.1),
        runs: RUNS,
        note: format!(
            "cold answers of P4's queries, time a deal: of {} deals against {}; geometric mean",
            deals[0], deals[1]
        ),
    })
}

/// A question for each class of measures.
fn classes() -> Vec<Class> {
    let over = |name, kpis: &[&str], grain, by: &[&str]| Class {
        name,
        asked: QueryKpisRequest {
            from: day("2024-01-01"),
            to: day("2026-01-01"),
            as_of: day("2025-12-31"),
            ..question("", kpis, grain, by)
        },
    };
    vec![
        over("flow", &["bookings"], Grain::Month, &["region"]),
        over("stock", &["pipeline_value"], Grain::Month, &["region"]),
        over("lag", &["win_rate_cohort"], Grain::Quarter, &["region"]),
        over("order", &["sales_cycle_median"], Grain::Month, &["region"]),
        over("two-date", &["slip_rate"], Grain::Quarter, &["region"]),
        over("cross-record", &["purchase_frequency"], Grain::Quarter, &[]),
        over("nested", &["reps_attaining"], Grain::Quarter, &["region"]),
        over("clock", &["time_in_stage"], Grain::Quarter, &[]),
    ]
}

async fn class_row(door: &Door, class: &Class, deals: [u64; 2]) -> Result<Row> {
    let of = |tenant: &str| QueryKpisRequest {
        tenant: tenant.to_owned(),
        ..class.asked.clone()
    };
    let both = both(door, &of(ALL), &of(TENTH)).await?;
    Ok(Row {
        name: format!("CLASS.{}", class.name),
        ours: both.all,
        anchor: Some(both.tenth),
        unit: "ms",
        must: Must::Nothing,
        runs: RUNS,
        note: format!(
            "{} by {:?}, cold: of {} deals; anchor: of {} deals",
            class.asked.kpis.join(" + "),
            class.asked.group_by,
            deals[0],
            deals[1]
        ),
    })
}

/// Asks both companies, turn and turn about.
async fn both(door: &Door, all: &QueryKpisRequest, tenth: &QueryKpisRequest) -> Result<Both> {
    let (mut large, mut small) = (Vec::new(), Vec::new());
    for _ in 0..=RUNS {
        large.push(timed(door, all).await?.0);
        small.push(timed(door, tenth).await?.0);
    }
    Ok(Both {
        all: median(&large[1..]),
        tenth: median(&small[1..]),
    })
}

/// Asks once: how many milliseconds it took, and the answer.
async fn timed(door: &Door, asked: &QueryKpisRequest) -> Result<(f64, Vec<KpiValue>)> {
    let since = Instant::now();
    let values = door.ask(asked).await?;
    let took = since.elapsed().as_secs_f64() * 1e3;
    ensure!(!values.is_empty(), "an answer without a value");
    Ok((took, values))
}
