//! F31: those who watch are absent or hang: no collector, one that takes connections and never answers, a scrape that
//! is never read.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use bellwether_testkit::servers::free_port;
use bellwether_tests::faults::{Outcome, Report, Verdict, full};
use bellwether_tests::fleet::{Fleet, FleetOptions, Replica};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;

use super::{Configs, correct, first_error, metrics};
use crate::{alone, load, verdict};

/// Spans that may wait for the collector: few, so that the small row fills the queue.
const QUEUE: usize = 256;
/// What a drain may take: sending the last spans is tried for 3 s.
const DRAIN: Duration = Duration::from_secs(10);
/// Scrapes that hang, in each process.
const SCRAPES: usize = 16;

#[test]
fn f31_collector_and_scrape_hang() {
    let _alone = alone();
    let mut report = Report::new(
        "F31",
        "OTLP collector absent, then hung; /metrics asked for and never read",
        "calls go on; p99 of calls reported (<= 5 % more is the aim); bounded queue, drops counted; shutdown in <= 10 s",
        31,
    );
    let without = Run::with(None, false);
    let absent = Run::with(Some(free_port()), false);
    // The system takes connections for a listener that never does.
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hung = Run::with(Some(mute.local_addr().expect("bound").port()), true);
    let runs = [("without", &without), ("absent", &absent), ("hung", &hung)];
    let all = runs.iter().fold(Verdict::default(), |all, (_, run)| Verdict {
        acknowledged: all.acknowledged + run.verdict.acknowledged,
        lost: all.lost + run.verdict.lost,
        doubled: all.doubled + run.verdict.doubled,
        wrong: all.wrong + run.verdict.wrong,
        checked: all.checked + run.verdict.checked,
    });
    report.verdict(&all);
    report.set(
        "errors",
        runs.iter().map(|(_, run)| run.outcome.errors()).sum::<usize>(),
    );
    for (name, run) in runs {
        report.set(&format!("{name}_calls"), run.outcome.calls.len());
        for (kind, write) in [("write", true), ("read", false)] {
            let p99 = |run: &Run| run.outcome.percentile(0.99, write).as_secs_f64();
            let more = (p99(run) / p99(&without).max(0.000_001) - 1.0) * 100.0;
            report.set(&format!("{name}_{kind}_p99_ms"), (p99(run) * 1e5).round() / 100.0);
            report.set(&format!("{name}_{kind}_p99_percent_more"), more.round());
        }
        report.set(&format!("{name}_drain_ms"), run.drained.as_millis() as u64);
        report.set(&format!("{name}_memory_mib"), run.memory_mib);
        report.set(&format!("{name}_spans_dropped"), run.dropped);
    }
    let good = |run: &Run| run.verdict.holds() && run.outcome.errors() == 0 && run.drained <= DRAIN;
    let counted = absent.dropped.max(hung.dropped) > 0 && without.dropped == 0;
    report.write(counted && runs.iter().all(|(_, run)| good(run)));
    for (name, run) in runs {
        correct(&run.verdict);
        assert_eq!(run.outcome.errors(), 0, "{name}: {:?}", first_error(&run.outcome));
        assert!(run.drained <= DRAIN, "{name}: a drain took {:?}", run.drained);
    }
    assert!(hung.dropped > 0, "a full queue drops and says how many");
}

/// A load on a fleet of one and one, and its end.
struct Run {
    outcome: Outcome,
    verdict: Verdict,
    /// The slower of the two drains.
    drained: Duration,
    /// Memory of both processes at the end of the load.
    memory_mib: u64,
    /// Spans that both say they dropped.
    dropped: u64,
}

impl Run {
    fn with(collector: Option<u16>, scrapes_hang: bool) -> Self {
        let configs = Configs::new();
        let to = |port| format!("  otlp_endpoint: \"http://127.0.0.1:{port}\"\n");
        let to = collector.map(to).unwrap_or_default();
        let args = configs.args("telemetry.yaml", &format!("telemetry:\n  queue: {QUEUE}\n{to}"));
        let fleet = Fleet::start(FleetOptions {
            ingestions: 1,
            kpis: 1,
            ingestion_args: args.clone(),
            kpi_args: args,
            ..FleetOptions::default()
        });
        let scrapes = scrapes_hang.then(|| Scrapes::of(fleet.replicas()));
        let load = load(&fleet, 31, |options| options.retries = false);
        load.wait_for(50, 50, Duration::from_secs(60));
        std::thread::sleep(Duration::from_secs(if full() { 60 } else { 1 }));
        let memory_mib = fleet.replicas().map(memory_mib).sum();
        let outcome = load.settle();
        let verdict = verdict(&fleet, &outcome);
        for replica in fleet.replicas() {
            assert!(metrics(replica.url()).contains("rpc_server_calls"));
        }
        // Kpi first: its links are calls of ingestion.
        let drained = fleet.kpis().iter().chain(fleet.ingestions()).map(drain).max();
        let dropped = fleet.replicas().map(dropped).sum();
        drop(scrapes);
        Self {
            outcome,
            verdict,
            drained: drained.expect("there are two"),
            memory_mib,
            dropped,
        }
    }
}

fn drain(replica: &Replica) -> Duration {
    let since = Instant::now();
    assert_eq!(replica.stop(), Some(0), "{} drains", replica.url());
    since.elapsed()
}

fn memory_mib(replica: &Replica) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", replica.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.expect("Linux tells it") / 1024
}

/// What a process said at its end about spans that found the queue full.
fn dropped(replica: &Replica) -> u64 {
    let log = std::fs::read_to_string(replica.folder().join("serve.log")).expect("it has a log");
    let counts = log.lines().filter_map(|line| {
        let (_, rest) = line.split_once("dropped_span_count=")?;
        rest.split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse::<u64>()
            .ok()
    });
    counts.sum()
}

/// Connections on which `/metrics` was asked for and nothing is ever read.
struct Scrapes {
    _streams: Vec<TcpStream>,
    // Ended after the connections that live on it.
    _runtime: Runtime,
}

impl Scrapes {
    fn of<'a>(replicas: impl Iterator<Item = &'a Replica>) -> Self {
        let runtime = Runtime::new().expect("threads");
        let addresses: Vec<SocketAddr> = replicas
            .map(|replica| {
                replica
                    .url()
                    .trim_start_matches("http://")
                    .parse()
                    .expect("an address")
            })
            .collect();
        let streams = runtime.block_on(async {
            let mut streams = Vec::new();
            for address in addresses.iter().cycle().take(SCRAPES * addresses.len()) {
                streams.push(hang(*address).await.expect("it listens"));
            }
            streams
        });
        Self {
            _streams: streams,
            _runtime: runtime,
        }
    }
}

/// Asks, with hardly any room for the answer.
async fn hang(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(1_024)?;
    let mut stream = socket.connect(address).await?;
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        .await?;
    Ok(stream)
}
