//! The network between processes, and what watches them, at their worst: F22 a rolling restart behind Envoy, F25
//! services that cannot reach each other, F31 a collector and a scrape that hang.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bellwether_contracts::kpi::{MinPosition, QueryKpisRequest, min_position};
use bellwether_tests::faults::{Outcome, Place, Verdict, load::question};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tonic::Status;

use super::TENANT;

mod namespaces;
mod observers;
mod partition;
mod rolling;

fn correct(verdict: &Verdict) {
    assert!(verdict.holds(), "{verdict:?}");
}

fn first_error(outcome: &Outcome) -> Option<String> {
    let failed = outcome.calls.iter().find(|call| call.failed.is_some())?;
    let kind = if failed.write { "write" } else { "read" };
    Some(format!("a {kind} after {:?}: {:?}", failed.took, failed.failed))
}

/// Configurations of a row; they go with it.
struct Configs(TempDir);

impl Configs {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// The arguments that name a configuration with this text.
    fn args(&self, name: &str, text: &str) -> Vec<String> {
        let file = self.path(name);
        std::fs::write(&file, text).expect("writable");
        vec!["--config".to_owned(), file.display().to_string()]
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// One that asks kpi for what is at the head of the log.
struct Asker {
    runtime: Runtime,
    place: Place,
}

impl Asker {
    fn of(url: &str, token: &str) -> Self {
        let runtime = Runtime::new().expect("threads");
        let place = runtime.block_on(async { Place::new(url, token) });
        Self { runtime, place }
    }

    /// Asks once; how long that took.
    fn at_head(&self, deadline: Duration) -> (Result<(), Status>, Duration) {
        let head = MinPosition {
            at: Some(min_position::At::Head(true)),
        };
        let message = QueryKpisRequest {
            min_position: Some(head),
            ..question(TENANT)
        };
        let since = Instant::now();
        let asked = self.runtime.block_on(async {
            let asked = self.place.ask(message, deadline);
            self.place.kpis().query_kpis(asked).await
        });
        (asked.map(drop), since.elapsed())
    }

    /// Asks until there is an answer; how long after `since` that was.
    fn until_at_head(&self, since: Instant) -> Duration {
        loop {
            let (asked, _) = self.at_head(Duration::from_secs(1));
            if asked.is_ok() {
                return since.elapsed();
            }
            assert!(since.elapsed() < Duration::from_secs(60), "{asked:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// How often a kpi process has said that a feed broke off.
fn breaks(log: &std::path::Path) -> usize {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.matches("feed broke off").count()
}

/// The numbers that a process shows to operators.
fn metrics(url: &str) -> String {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    .expect("it reads");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it answers");
    text
}
