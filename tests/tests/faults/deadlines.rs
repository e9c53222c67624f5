//! F9: deadlines that pass during BEGIN, a query and COMMIT, with few connections.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bellwether_contracts::ingestion::ListRecordsRequest;
use bellwether_contracts::sales::RecordKind;
use bellwether_contracts::types::Position;
use bellwether_testkit::servers::Postgres;
use bellwether_tests::faults::{Place, Report, full};
use bellwether_tests::fleet::{Fleet, FleetOptions};
use bellwether_tests::proxy::Fault;
use tonic::Code;

use super::{TENANT, alone, load, token, verdict};

/// Two connections that read and two that write, as in the finding that this row is about.
const POOL: &str = "ingestion:\n  readers: 2\n  writers: 2\n";

#[test]
fn f9_deadlines_pass_at_every_point_of_a_transaction() {
    let _alone = alone();
    let requests = if full() { 5_000 } else { 400 };
    let mut report = Report::new(
        "F9",
        "deadlines of 2 to 12 ms during BEGIN, query and COMMIT, a pool of 2",
        "0 connections idle in transaction > 1 s; 0 x 25P02; 0 stale reads; lost 0, doubled 0",
        9,
    );
    let postgres = Postgres::start();
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("pool.yaml");
    std::fs::write(&config, POOL).expect("writable");
    let fleet = Fleet::start(FleetOptions {
        ingestions: 1,
        kpis: 1,
        proxied: true,
        database_url: Some(postgres.database()),
        ingestion_args: vec!["--config".to_owned(), config.display().to_string()],
        ..FleetOptions::default()
    });
    // A round trip to PostgreSQL takes about as long as a deadline, so that deadlines strike everywhere.
    fleet
        .proxies()
        .database
        .set(Fault::Latency(Duration::from_millis(1)));
    let load = load(&fleet, 9, |options| {
        options.retries = false;
        options.writers = 16;
        options.recent = 3;
        options.deadline = Duration::from_millis(12);
        options.pause = Duration::ZERO;
        options.ledger = folder.path().join("ledger");
    });
    let reads = lists(&fleet, requests, &load.last());
    let mut idle = 0;
    let until = Instant::now() + Duration::from_secs(300);
    while !reads.thread.is_finished() && Instant::now() < until {
        idle = idle.max(idle_in_transaction(&postgres));
        std::thread::sleep(Duration::from_millis(200));
    }
    let (begun, passed) = (
        reads.begun.load(Ordering::SeqCst),
        reads.passed.load(Ordering::SeqCst),
    );
    reads.thread.join().expect("the readers ended");
    let stale = reads.stale.load(Ordering::SeqCst);
    let outcome = load.settle();
    fleet.proxies().database.set(Fault::None);
    let verdict = verdict(&fleet, &outcome);
    let writes = outcome.calls.iter().filter(|call| call.write).count();
    let aborted = postgres.log().matches("current transaction is aborted").count();
    report.verdict(&verdict);
    report.set("requests", begun + writes);
    report.set("stale_reads", stale);
    report.set("deadlines_passed", passed + outcome.errors());
    report.set("idle_in_transaction", idle);
    report.set("sqlstate_25P02", aborted);
    report.write(verdict.holds() && (idle, aborted, stale) == (0, 0, 0) && begun + writes >= requests);
    assert!(verdict.holds(), "{verdict:?}");
    assert!(
        passed + outcome.errors() > requests / 20,
        "hardly a deadline passed"
    );
    assert_eq!((idle, aborted, stale), (0, 0, 0));
}

/// Connections that sit in a transaction for more than a second without doing anything.
fn idle_in_transaction(postgres: &Postgres) -> usize {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' \
                 AND state_change < now() - interval '1 second'";
    postgres.sql(count).trim().parse().expect("a number")
}

struct Lists {
    begun: Arc<AtomicUsize>,
    passed: Arc<AtomicUsize>,
    /// Pages that stand before a write which was acknowledged before they were asked for.
    stale: Arc<AtomicUsize>,
    thread: std::thread::JoinHandle<()>,
}

/// What the tasks that read share.
#[derive(Clone)]
struct Reader {
    place: Place,
    requests: usize,
    begun: Arc<AtomicUsize>,
    passed: Arc<AtomicUsize>,
    stale: Arc<AtomicUsize>,
    written: Arc<Mutex<Option<Position>>>,
}

/// Reads pages of records with deadlines of 2 to 11 ms, 16 at a time.
fn lists(fleet: &Fleet, requests: usize, written: &Arc<Mutex<Option<Position>>>) -> Lists {
    let counters = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
    let [begun, passed, stale] = counters.clone();
    let (url, token, written) = (
        fleet.ingestion(0).url().to_owned(),
        token(fleet),
        Arc::clone(written),
    );
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        runtime.block_on(async {
            let [begun, passed, stale] = counters;
            let place = Place::new(&url, &token);
            let reader = Reader {
                place,
                requests,
                begun,
                passed,
                stale,
                written,
            };
            let tasks = (0..16).map(|_| tokio::spawn(reader.clone().run()));
            for task in tasks.collect::<Vec<_>>() {
                task.await.expect("a reader panicked");
            }
        });
    });
    Lists {
        begun,
        passed,
        stale,
        thread,
    }
}

impl Reader {
    async fn run(self) {
        loop {
            let number = self.begun.fetch_add(1, Ordering::SeqCst);
            if number >= self.requests {
                return;
            }
            let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
            let request = ListRecordsRequest {
                tenant: TENANT.to_owned(),
                kind: RecordKind::Opportunity.into(),
                page_size: 20,
                page_token: String::new(),
            };
            let deadline = Duration::from_millis(2 + number as u64 % 10);
            let asked = self.place.ask(request, deadline);
            let answer = self.place.records().list_records(asked).await;
            match answer.map_err(|status| status.code()) {
                Ok(page) => {
                    let at = page.get_ref().position.map_or(0, |position| position.seq);
                    let behind = written.is_some_and(|written| at < written.seq);
                    self.stale.fetch_add(usize::from(behind), Ordering::SeqCst);
                }
                Err(Code::NotFound) => {
                    self.stale
                        .fetch_add(usize::from(written.is_some()), Ordering::SeqCst);
                }
                Err(
                    Code::DeadlineExceeded | Code::Cancelled | Code::Unavailable | Code::ResourceExhausted,
                ) => {
                    self.passed.fetch_add(1, Ordering::SeqCst);
                }
                Err(code) => panic!("a read ended with {code:?}"),
            }
        }
    }
}
