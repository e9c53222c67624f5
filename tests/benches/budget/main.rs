//! The measured budget: each row is taken side by side with its anchor in one run, and printed as one JSON line.
//!
//! Rows never decide a test. What does fail the run is an answer that differs from the anchor's.

mod bare;
mod copy;
mod deals;
mod door;
mod duckdb;
mod echo;
mod feed;
mod ingest;
mod journey;
mod link;
mod load;
mod metrics;
mod pipeline;
mod postgres;
mod query;
mod restart;
mod row;
mod scan;
mod shared;
mod trend;
mod wide;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use bellwether_tests::product::Server;

use row::Row;

/// The rows by the names that the command line takes.
const ROWS: [&str; 14] = [
    "P2", "P4", "P7", "P8", "P9", "P11", "P12", "P13", "P14", "CLASS", "SCAN", "QUERY", "LINK", "JOURNEY",
];

/// What the command line says.
#[derive(Default)]
struct Options {
    asked: Vec<String>,
    scan: Option<duckdb::Place>,
    wide: Option<wide::Places>,
}

impl Options {
    fn read(args: impl Iterator<Item = String>) -> Result<Self> {
        let (mut python, mut peers, mut data, mut wide) = (None, None, None, None);
        let mut asked = Vec::new();
        for arg in args {
            match arg.split_once('=') {
                Some(("--scan-python", path)) => python = Some(PathBuf::from(path)),
                Some(("--scan-peers", path)) => peers = Some(PathBuf::from(path)),
                Some(("--scan-data", path)) => data = Some(PathBuf::from(path)),
                Some(("--wide-data", path)) => wide = Some(PathBuf::from(path)),
                _ if arg == "--bench" => {}
                _ if ROWS.contains(&arg.as_str()) => asked.push(arg),
                _ => bail!("`{arg}` is no row; the rows are {}", ROWS.join(" ")),
            }
        }
        let scan = match (python, peers, data) {
            (Some(python), Some(peers), Some(data)) => Some(duckdb::Place { python, peers, data }),
            _ => None,
        };
        let wide = scan.clone().zip(wide).map(|(tenth, data)| wide::Places {
            all: duckdb::Place {
                data,
                ..tenth.clone()
            },
            tenth,
        });
        Ok(Self { asked, scan, wide })
    }

    fn wants(&self, row: &str) -> bool {
        self.asked.is_empty() || self.asked.iter().any(|asked| asked == row)
    }
}

// As the binary that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let first = std::env::args().nth(1).unwrap_or_default();
    if let Some(answer) = first.strip_prefix(echo::FLAG) {
        return runtime.block_on(echo::serve(Path::new(answer)));
    }
    let options = Options::read(std::env::args().skip(1))?;
    let mut failures = Vec::new();
    let mut note = |what: &str, done: Result<Vec<Row>>| {
        let printed = done.and_then(|rows| rows.iter().try_for_each(Row::print));
        if let Err(error) = printed {
            say(&format!("{what} failed: {error:#}"));
            failures.push(what.to_owned());
        }
    };
    if options.wants("P2") {
        note("P2", runtime.block_on(shared::measure()));
    }
    if options.wants("P7") {
        note("P7", runtime.block_on(postgres::measure()));
    }
    if options.wants("P8") || options.wants("P12") {
        log_rows(&options, &runtime, &mut note);
    }
    if options.wants("P13") {
        note("P13", trend::measure().map(|row| vec![row]));
    }
    if options.wants("P14") {
        note("P14", pipeline::measure());
    }
    if options.wants("SCAN") {
        match &options.scan {
            Some(place) => note("SCAN", runtime.block_on(scan::measure(place))),
            None => say("SCAN needs scripts/bench.sh and what it looks for: left out"),
        }
    }
    let wanted = wide::Wanted {
        p4: options.wants("P4"),
        p9: options.wants("P9"),
        p11: options.wants("P11"),
        classes: options.wants("CLASS"),
    };
    if wanted.p4 || wanted.p9 || wanted.p11 || wanted.classes {
        match &options.wide {
            Some(places) => note(
                "P4, P9, P11, CLASS",
                runtime.block_on(wide::measure(places, wanted)),
            ),
            None => say("P4, P9, P11 and CLASS need scripts/bench.sh and what it looks for: left out"),
        }
    }
    if options.wants("QUERY") {
        note("QUERY", runtime.block_on(query::measure()));
    }
    if options.wants("LINK") {
        note("LINK", runtime.block_on(link::measure()));
    }
    if options.wants("JOURNEY") {
        note("JOURNEY", journey::measure());
    }
    if failures.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failures.join(", "))
}

/// P8 and P12: the second starts on the folder that the first filled.
fn log_rows(
    options: &Options,
    runtime: &tokio::runtime::Runtime,
    note: &mut impl FnMut(&str, Result<Vec<Row>>),
) {
    let folder = match tempfile::tempdir().context("no temporary folder") {
        Ok(folder) => folder,
        Err(error) => return note("P8 and P12", Err(error)),
    };
    let folder: &Path = folder.path();
    let filled = if options.wants("P8") {
        runtime.block_on(ingest::measure(folder)).map(|row| vec![row])
    } else {
        runtime.block_on(ingest::fill(folder)).map(|()| Vec::new())
    };
    let is_filled = filled.is_ok();
    note("P8", filled);
    if is_filled && options.wants("P12") {
        note(
            "P12",
            runtime.block_on(restart::measure(folder)).map(|row| vec![row]),
        );
    }
}

/// Stops a server in order; another exit code than 0 is an error.
fn stop(server: Server) -> Result<()> {
    match server.stop() {
        Some(0) => Ok(()),
        code => bail!("the server drained with exit code {code:?}"),
    }
}

/// One line for the person who watches.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "bench: {line}");
}
