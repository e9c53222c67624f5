//! Redis goes away in the ways that it does: F13 killed, F14 hung, F15 failed over, F16 emptied, F17 raced by writes,
//! F18 full. Answers never wait for it long, never fail for it, and are never older than they say.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_contracts::kpi::{MinPosition, Path, QueryKpisRequest, QueryKpisResponse, min_position};
use bellwether_contracts::{ingestion, types};
use bellwether_tests::faults::ledger::Deal;
use bellwether_tests::faults::{Ledger, Load, Outcome, Place};
use bellwether_tests::fleet::{Fleet, FleetOptions, Replica};
use tempfile::TempDir;
use tonic::Status;

use crate::{TENANT, load};

mod failover;
mod flood;
mod gone;
mod race;
mod room;

/// Every answer is kept in Redis and nowhere else.
const ONLY_REDIS: &str = "kpi: {shared_min_micros: 0, cache_bytes: 0}\n";
/// Answers that came from Redis.
const FROM_REDIS: &str = r#"kpi_answers_total{path="shared"}"#;
/// Calls to Redis that failed.
const FAILURES: &str = "kpi_shared_cache_errors_total";
/// How long anything may take that a row does not measure.
const PATIENCE: Duration = Duration::from_secs(30);

/// What kpi processes are told, in a file.
struct Settings {
    _folder: TempDir,
    args: Vec<String>,
}

fn settings(text: &str) -> Settings {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kpi.yaml");
    std::fs::write(&file, text).expect("the folder is writable");
    let args = vec!["--config".to_owned(), file.display().to_string()];
    Settings {
        _folder: folder,
        args,
    }
}

/// One ingestion and two kpi over a Redis.
fn fleet(redis_url: String, settings: &Settings) -> Fleet {
    Fleet::start(FleetOptions {
        ingestions: 1,
        redis_url: Some(redis_url),
        kpi_args: settings.args.clone(),
        ..FleetOptions::default()
    })
}

/// A few writes and many reads, so that most answers are found in Redis and every key is soon another.
struct Loads {
    writes: Load,
    reads: Load,
}

impl Loads {
    /// Starts them and waits until every kpi has answered from Redis.
    fn start(fleet: &Fleet, seed: u64) -> Self {
        let writes = load(fleet, seed, |options| {
            (options.writers, options.readers, options.batch) = (1, 0, 5);
            options.pause = Duration::from_millis(100);
        });
        let reads = load(fleet, seed, |options| {
            (options.writers, options.readers) = (0, 4);
            options.pause = Duration::from_millis(5);
            options.ledger = options.ledger.with_file_name("ledger-of-readers");
        });
        let loads = Self { writes, reads };
        loads.go_on();
        back(fleet, PATIENCE).expect("answers come from Redis");
        loads
    }

    fn go_on(&self) {
        self.writes.wait_for(5, 0, PATIENCE);
        self.reads.wait_for(0, 50, PATIENCE);
    }

    fn settle(self) -> Outcome {
        let reads = self.reads.settle();
        let mut outcome = self.writes.settle();
        outcome.seen.extend(reads.seen);
        outcome.calls.extend(reads.calls);
        outcome.calls.sort_by_key(|call| call.at);
        outcome
    }
}

/// How long good reads took that ended in a span, the fastest first.
fn reads_between(outcome: &Outcome, from: Instant, to: Instant) -> Vec<Duration> {
    let calls = outcome.calls.iter();
    let fits = calls.filter(|call| !call.write && call.failed.is_none() && call.at >= from && call.at < to);
    let mut took: Vec<Duration> = fits.map(|call| call.took).collect();
    took.sort_unstable();
    took
}

/// The percentile (0 to 1) of what is sorted.
fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let place = (sorted.len() as f64 * share) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(place.min(last)).copied().unwrap_or_default()
}

fn first_error(outcome: &Outcome) -> Option<String> {
    let failed = outcome.calls.iter().find_map(|call| call.failed.as_ref());
    failed.map(|status| format!("{status:?}"))
}

/// The number of that name at a process's `/metrics`.
fn number(replica: &Replica, name: &str) -> u64 {
    let address = replica.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the process listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the process reads");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the process answers");
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let value = value.and_then(|value| value.trim().parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

/// The number of that name of each kpi.
fn each(fleet: &Fleet, name: &str) -> Vec<u64> {
    let kpis = fleet.kpis().iter();
    kpis.map(|kpi| number(kpi, name)).collect()
}

/// The time until it is so; `None` = not within `limit`.
fn until(limit: Duration, mut is_so: impl FnMut() -> bool) -> Option<Duration> {
    let since = Instant::now();
    loop {
        if is_so() {
            return Some(since.elapsed());
        }
        if since.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The time until every kpi has answered from Redis once more.
fn back(fleet: &Fleet, limit: Duration) -> Option<Duration> {
    let before = each(fleet, FROM_REDIS);
    until(limit, || {
        let now = each(fleet, FROM_REDIS);
        now.iter().zip(&before).all(|(now, before)| now > before)
    })
}

/// A time for the report, in milliseconds; null for one that never came.
fn ms(time: Option<Duration>) -> Option<u64> {
    time.map(|time| time.as_millis() as u64)
}

/// Writes deals, keeps the ledger, and gives the position after them.
async fn write(
    place: &Place,
    ledger: &Arc<Ledger>,
    request: &str,
    deals: &[Deal],
) -> Result<types::Position, Status> {
    ledger.intend(request, deals);
    let message = ingestion::UpsertRecordsRequest {
        tenant: TENANT.to_owned(),
        records: deals.iter().map(Deal::record).collect(),
        request_id: request.to_owned(),
        all_or_nothing: false,
        expected_seq: None,
    };
    let reply = place.records().upsert_records(place.ask(message, PATIENCE)).await;
    let reply = reply.inspect_err(|status| ledger.unanswered(request, &format!("{:?}", status.code())));
    let reply = reply?.into_inner();
    let position = reply.position.expect("a reply has a position");
    ledger.acknowledged(request, reply);
    Ok(position)
}

async fn ask(place: &Place, question: QueryKpisRequest) -> Result<QueryKpisResponse, Status> {
    let asked = place.kpis().query_kpis(place.ask(question, PATIENCE)).await;
    asked.map(tonic::Response::into_inner)
}

/// The question, to be answered from no older facts than these.
fn not_before(position: types::Position, question: QueryKpisRequest) -> QueryKpisRequest {
    let at = min_position::At::Position(position);
    QueryKpisRequest {
        min_position: Some(MinPosition { at: Some(at) }),
        ..question
    }
}

/// The sequence number that an answer stands at.
fn seq(answer: &QueryKpisResponse) -> u64 {
    let mark = answer.values.first().and_then(|value| value.watermark.as_ref());
    mark.and_then(|mark| mark.position).map_or(0, |at| at.seq)
}

/// An answer without how it was come by.
fn plain(mut answer: QueryKpisResponse) -> QueryKpisResponse {
    for value in &mut answer.values {
        value.path = Path::Unspecified.into();
        value.path_reason.clear();
    }
    answer
}

/// How many answers were come by in each way.
fn paths<'a>(answers: impl Iterator<Item = &'a QueryKpisResponse>) -> BTreeMap<&'static str, usize> {
    let mut paths = BTreeMap::new();
    for answer in answers {
        let path = answer
            .values
            .first()
            .map_or(Path::Unspecified, |value| value.path());
        *paths.entry(path.as_str_name()).or_default() += 1;
    }
    paths
}
