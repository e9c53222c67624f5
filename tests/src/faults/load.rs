//! A load: writers that keep the ledger, readers that keep what they were told.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bellwether_contracts::{ingestion, kpi, types};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::runtime::Runtime;
use tonic::Status;

use super::ledger::{Deal, Ledger};
use super::outcome::{Call, Outcome};
use super::seen::Seen;
use super::wire::Place;

/// The deadline of calls after the load, when nothing is wrong any more.
const SETTLING: Duration = Duration::from_secs(10);

/// What a load does.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Where writes go, in turn.
    pub ingestions: Vec<String>,
    /// Where reads go, in turn.
    pub kpis: Vec<String>,
    /// The token of all calls.
    pub token: String,
    /// The tenant.
    pub tenant: String,
    /// Tasks that write.
    pub writers: usize,
    /// Tasks that read.
    pub readers: usize,
    /// Deals in a request: 1 to this many.
    pub batch: usize,
    /// The deadline of every call.
    pub deadline: Duration,
    /// The pause of each task between calls.
    pub pause: Duration,
    /// Every how many reads one asks for the position of the write that was acknowledged last; 0 = none does.
    pub recent: usize,
    /// Whether a writer sends a failed request again, with the same id, until it is acknowledged.
    pub retries: bool,
    /// Chooses amounts, owners and batch sizes.
    pub seed: u64,
    /// The ledger's file.
    pub ledger: PathBuf,
}

/// A load that runs.
#[derive(Debug)]
pub struct Load {
    runtime: Runtime,
    shared: Arc<Shared>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    options: LoadOptions,
    ledger: Arc<Ledger>,
    stop: AtomicBool,
    calls: Mutex<Vec<Call>>,
    seen: Mutex<Vec<Seen>>,
    last: Arc<Mutex<Option<types::Position>>>,
}

impl Load {
    /// Starts writing and reading.
    ///
    /// # Panics
    /// When no threads can be started or the ledger cannot be written.
    #[must_use]
    pub fn start(options: LoadOptions) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads");
        let shared = Arc::new(Shared {
            ledger: Arc::new(Ledger::create(&options.ledger)),
            options,
            stop: AtomicBool::new(false),
            calls: Mutex::default(),
            seen: Mutex::default(),
            last: Arc::default(),
        });
        let mut tasks = Vec::new();
        for writer in 0..shared.options.writers {
            tasks.push(runtime.spawn(write(Arc::clone(&shared), writer)));
        }
        for reader in 0..shared.options.readers {
            tasks.push(runtime.spawn(read(Arc::clone(&shared), reader)));
        }
        Self {
            runtime,
            shared,
            tasks,
        }
    }

    /// Where the log stood after the write that was acknowledged last.
    #[must_use]
    pub fn last(&self) -> Arc<Mutex<Option<types::Position>>> {
        Arc::clone(&self.shared.last)
    }

    /// Successful writes and reads so far.
    #[must_use]
    pub fn successes(&self) -> (usize, usize) {
        let calls = self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let good = |write: bool| {
            let fits = |call: &&Call| call.write == write && call.failed.is_none();
            calls.iter().filter(fits).count()
        };
        (good(true), good(false))
    }

    /// Waits until a further `writes` and `reads` have succeeded.
    ///
    /// # Panics
    /// When they have not within `limit`.
    pub fn wait_for(&self, writes: usize, reads: usize, limit: Duration) {
        let (had_writes, had_reads) = self.successes();
        let since = Instant::now();
        loop {
            let (now_writes, now_reads) = self.successes();
            if now_writes >= had_writes + writes && now_reads >= had_reads + reads {
                return;
            }
            assert!(
                since.elapsed() < limit,
                "no {writes} writes and {reads} reads within {limit:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops, sends what has no good answer again with the same ids until it has one, and hands over what was seen.
    ///
    /// # Panics
    /// When a request is not acknowledged within 30 seconds, or a deal is refused.
    #[must_use]
    pub fn settle(self) -> Outcome {
        self.shared.stop.store(true, Ordering::SeqCst);
        let shared = Arc::clone(&self.shared);
        self.runtime.block_on(async move {
            for task in self.tasks {
                task.await.expect("a task of the load panicked");
            }
            let places = places(&shared.options.ingestions, &shared.options.token);
            let limit = Instant::now() + Duration::from_secs(30);
            for (turn, (request, deals)) in shared.ledger.open().into_iter().enumerate() {
                while !send(&shared, &places[turn % places.len()], &request, &deals, SETTLING).await {
                    assert!(Instant::now() < limit, "request {request} is not acknowledged");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        });
        let take = |calls: &Mutex<Vec<Call>>| {
            std::mem::take(&mut *calls.lock().unwrap_or_else(PoisonError::into_inner))
        };
        let seen = std::mem::take(&mut *self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner));
        Outcome {
            ledger: Arc::clone(&self.shared.ledger),
            seen,
            calls: take(&self.shared.calls),
        }
    }
}

fn places(urls: &[String], token: &str) -> Vec<Place> {
    urls.iter().map(|url| Place::new(url, token)).collect()
}

async fn write(shared: Arc<Shared>, writer: usize) {
    let options = &shared.options;
    let places = places(&options.ingestions, &options.token);
    let mut dice = StdRng::seed_from_u64(options.seed.wrapping_mul(1_000).wrapping_add(writer as u64));
    let mut turn = writer;
    for number in 0_u64.. {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let deals: Vec<Deal> = (0..dice.random_range(1..=options.batch.max(1)))
            .map(|part| Deal {
                id: format!("w{writer}-{number}-{part}"),
                owner: format!("rep-{}", dice.random_range(0..5)),
                minor: dice.random_range(100..10_000_000),
            })
            .collect();
        let request = format!("w{writer}-{number}");
        shared.ledger.intend(&request, &deals);
        loop {
            turn += 1;
            if send(
                &shared,
                &places[turn % places.len()],
                &request,
                &deals,
                options.deadline,
            )
            .await
            {
                break;
            }
            if !options.retries || shared.stop.load(Ordering::SeqCst) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(options.pause).await;
    }
}

/// Sends a request; whether it was acknowledged.
async fn send(shared: &Shared, place: &Place, request: &str, deals: &[Deal], deadline: Duration) -> bool {
    let message = ingestion::UpsertRecordsRequest {
        tenant: shared.options.tenant.clone(),
        records: deals.iter().map(Deal::record).collect(),
        request_id: request.to_owned(),
        all_or_nothing: false,
        ..Default::default()
    };
    let since = Instant::now();
    let reply = place.records().upsert_records(place.ask(message, deadline)).await;
    let (failed, done) = match reply {
        Ok(reply) => {
            let reply = reply.into_inner();
            let refused = reply.results.iter().find(|result| !result.violations.is_empty());
            assert!(refused.is_none(), "a deal was refused: {refused:?}");
            *shared.last.lock().unwrap_or_else(PoisonError::into_inner) = reply.position;
            shared.ledger.acknowledged(request, reply);
            (None, true)
        }
        Err(status) => {
            shared.ledger.unanswered(request, &format!("{:?}", status.code()));
            (Some(status), false)
        }
    };
    note(shared, since, true, failed);
    done
}

async fn read(shared: Arc<Shared>, reader: usize) {
    let options = &shared.options;
    let places = places(&options.kpis, &options.token);
    let mut turn = reader;
    while !shared.stop.load(Ordering::SeqCst) {
        turn += 1;
        let place = &places[turn % places.len()];
        let mut question = question(&options.tenant);
        let asks = options.recent > 0 && turn.is_multiple_of(options.recent);
        let last = *shared.last.lock().unwrap_or_else(PoisonError::into_inner);
        let least = last.filter(|_| asks);
        question.min_position = least.map(|position| kpi::MinPosition {
            at: Some(kpi::min_position::At::Position(position)),
        });
        let since = Instant::now();
        let asked = place
            .kpis()
            .query_kpis(place.ask(question, options.deadline))
            .await;
        let failed = match asked {
            Ok(answer) => {
                let answer = Seen::of(answer.get_ref(), least.map_or(0, |position| position.seq));
                let mut seen = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push(answer);
                None
            }
            // Before the first write there is no tenant.
            Err(status) if status.code() == tonic::Code::NotFound => None,
            Err(status) => Some(status),
        };
        note(&shared, since, false, failed);
        tokio::time::sleep(options.pause).await;
    }
}

/// What readers ask: bookings by owner, as of the end of 2026.
#[must_use]
pub fn question(tenant: &str) -> kpi::QueryKpisRequest {
    let day = bellwether_contracts::types::date_or_time::Value::Date("2026-12-31".to_owned());
    kpi::QueryKpisRequest {
        tenant: tenant.to_owned(),
        kpis: vec!["bookings".to_owned()],
        group_by: vec!["owner".to_owned()],
        as_of: Some(bellwether_contracts::types::DateOrTime { value: Some(day) }),
        ..Default::default()
    }
}

fn note(shared: &Shared, since: Instant, write: bool, failed: Option<Status>) {
    let call = Call {
        at: Instant::now(),
        took: since.elapsed(),
        write,
        failed,
    };
    shared
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(call);
}
