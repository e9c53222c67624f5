//! The DuckDB side of the SCAN rows: a process of `scripts/bench/duckdb_side.py` that answers one question a line.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

/// Where `scripts/bench.sh` put things.
#[derive(Clone)]
pub(crate) struct Place {
    /// A Python that has the packages.
    pub(crate) python: PathBuf,
    /// The folder of `bench_kpi.py`.
    pub(crate) peers: PathBuf,
    /// The folder of the generated deals.
    pub(crate) data: PathBuf,
}

/// KPI, first day of the period (empty = none), name of the group (empty = none).
pub(crate) type Cell = (String, String, String);
/// The value (none = absent), and how many items it stands on.
pub(crate) type Number = (Option<String>, u64);

/// The typed table in memory.
pub(crate) struct DuckDb {
    child: Child,
    questions: ChildStdin,
    replies: BufReader<ChildStdout>,
    /// DuckDB's version.
    pub(crate) version: String,
}

impl DuckDb {
    /// Starts it and loads the table.
    pub(crate) fn start(place: &Place) -> Result<Self> {
        let script = bellwether_tests::workspace_root().join("scripts/bench/duckdb_side.py");
        let mut child = Command::new(&place.python)
            .arg(script)
            .arg("answer")
            .arg(&place.peers)
            .arg(place.data.join("opportunities.parquet"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| place.python.display().to_string())?;
        let questions = child.stdin.take().context("it is piped")?;
        let replies = child.stdout.take().context("it is piped")?;
        let mut started = Self {
            child,
            questions,
            replies: BufReader::new(replies),
            version: String::new(),
        };
        let hello = started.reply()?;
        started.version = text(&hello["version"]);
        Ok(started)
    }

    /// Runs a query once and returns its milliseconds.
    pub(crate) fn time(&mut self, query: &str) -> Result<f64> {
        let reply = self.ask(&json!({ "time": query }))?;
        reply["ms"].as_f64().context("a reply without a time")
    }

    /// What the answer to a query must be, cell by cell.
    pub(crate) fn expect(&mut self, query: &str) -> Result<BTreeMap<Cell, Number>> {
        let reply = self.ask(&json!({ "expect": query }))?;
        let cells = reply["cells"].as_array().context("a reply without cells")?;
        let expected: BTreeMap<_, _> = cells
            .iter()
            .map(|cell| {
                let place = (text(&cell[0]), text(&cell[1]), text(&cell[2]));
                let value = cell[3].as_str().map(str::to_owned);
                (place, (value, cell[4].as_u64().unwrap_or(0)))
            })
            .collect();
        ensure!(expected.len() == cells.len(), "a cell stands twice in {query}");
        Ok(expected)
    }

    fn ask(&mut self, question: &Value) -> Result<Value> {
        writeln!(self.questions, "{question}")?;
        self.questions.flush()?;
        self.reply()
    }

    fn reply(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("DuckDB's side said `{line}`"))
    }
}

impl Drop for DuckDb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
