//! F16: Redis is emptied while very many ask for one answer that nobody has.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_contracts::kpi::QueryKpisResponse;
use bellwether_contracts::types::Position;
use bellwether_testkit::servers::Redis;
use bellwether_tests::faults::ledger::Deal;
use bellwether_tests::faults::load::question;
use bellwether_tests::faults::outcome::Call;
use bellwether_tests::faults::seen::Seen;
use bellwether_tests::faults::{Ledger, Outcome, Place, Report, full};
use bellwether_tests::fleet::Fleet;
use prost::Message as _;
use tokio::sync::Barrier;

use super::{ask, each, first_error, fleet, not_before, paths, percentile, plain, seq, settings, write};
use crate::{TENANT, alone, token, verdict};

/// As services run, but that all readers are let in at once.
const LET_ALL_IN: &str = "kpi: {shared_min_micros: 0}\nnode: {limits: {max_calls: 4096}}\n";
/// Connections to each kpi.
const CONNECTIONS: usize = 10;
/// Deals that the hot answer reads.
const DEALS: usize = 2_000;

/// What a reader was told.
type Told = (Call, Option<QueryKpisResponse>);

#[test]
fn f16_redis_is_emptied_under_very_many_readers() {
    let _alone = alone();
    let (readers, rounds) = if full() { (1_000, 20) } else { (200, 5) };
    let mut report = Report::new(
        "F16",
        "FLUSHALL while very many readers ask for one answer that nobody has",
        "each process computes it once at most; p99 <= 2 s; no error",
        16,
    );
    let (redis, settings) = (Redis::start(), settings(LET_ALL_IN));
    let fleet = fleet(redis.url(), &settings);
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let ledger = Arc::new(Ledger::create(&fleet.token_file().with_file_name("ledger")));
    let places = runtime.block_on(async { prepare(&fleet, &ledger).await });
    let (mut told, mut most, mut late) = (Vec::new(), 0, 0);
    for round in 0..rounds {
        redis.cli(&["FLUSHALL"]);
        let before = each(&fleet, "kpi_computations_total");
        let position = runtime.block_on(fill(&places.0, &ledger, &format!("r{round}"), 1));
        let asked = runtime.spawn(all_at_once(places.1.clone(), position, readers));
        // Again, with the answer on its way.
        redis.cli(&["FLUSHALL"]);
        let answers = runtime.block_on(asked).expect("nobody panics");
        let after = each(&fleet, "kpi_computations_total");
        let grown = after.iter().zip(&before).map(|(after, before)| after - before);
        most = most.max(grown.max().unwrap_or(0));
        let is_late = |told: &&Told| told.1.as_ref().is_some_and(|answer| seq(answer) < position.seq);
        late += answers.iter().filter(is_late).count();
        told.extend(answers);
    }
    let ways = paths(told.iter().filter_map(|told| told.1.as_ref()));
    let outcome = outcome(ledger, told);
    let verdict = verdict(&fleet, &outcome);
    let mut took: Vec<Duration> = outcome.calls.iter().map(|call| call.took).collect();
    took.sort_unstable();
    let p99 = percentile(&took, 0.99);
    report.verdict(&verdict);
    report.set("readers", readers);
    report.set("rounds", rounds);
    report.set("errors", outcome.errors());
    report.set("most_computations_of_a_process_and_key", most);
    report.set("older_than_asked", late);
    report.set("p99_ms", p99.as_millis() as u64);
    report.set("paths", serde_json::json!(ways));
    let calm = outcome.errors() == 0 && late == 0 && most <= 1;
    report.write(verdict.holds() && calm && p99 <= Duration::from_secs(2));
    assert!(verdict.holds(), "{verdict:?}");
    assert_eq!(outcome.errors(), 0, "{:?}", first_error(&outcome));
    assert_eq!(late, 0, "answers older than was asked for");
    assert!(most <= 1, "a process computed one answer {most} times");
    // Two busy cores serve and ask, in a build that is not optimised.
    assert!(p99 <= Duration::from_secs(10), "p99 {p99:?}");
}

/// Writes what the hot answer reads; the way to ingestion and, warm, the ways to kpi.
async fn prepare(fleet: &Fleet, ledger: &Arc<Ledger>) -> (Place, Vec<Place>) {
    let token = token(fleet);
    let ingestion = Place::new(fleet.ingestion(0).url(), &token);
    let mut position = Position::default();
    for part in 0..DEALS / 200 {
        position = fill(&ingestion, ledger, &format!("before-{part}"), 200).await;
    }
    let mut places = Vec::new();
    for _ in 0..CONNECTIONS {
        for kpi in fleet.kpis() {
            let place = Place::new(kpi.url(), &token);
            let warm = ask(&place, not_before(position, question(TENANT))).await;
            warm.expect("kpi answers");
            places.push(place);
        }
    }
    (ingestion, places)
}

async fn fill(place: &Place, ledger: &Arc<Ledger>, request: &str, count: usize) -> Position {
    let deal = |number: usize| Deal {
        id: format!("{request}-{number}"),
        owner: format!("rep-{}", number % 5),
        minor: 100 + number as i64,
    };
    let deals: Vec<Deal> = (0..count).map(deal).collect();
    write(place, ledger, request, &deals)
        .await
        .expect("ingestion is well")
}

/// All ask at the same moment for what must be at least as new as what was just written.
async fn all_at_once(places: Vec<Place>, position: Position, readers: usize) -> Vec<Told> {
    let barrier = Arc::new(Barrier::new(readers));
    let reader = |number: usize| {
        let (place, barrier) = (places[number % places.len()].clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            let since = Instant::now();
            let answer = ask(&place, not_before(position, question(TENANT))).await;
            let call = Call {
                at: Instant::now(),
                took: since.elapsed(),
                write: false,
                failed: answer.as_ref().err().cloned(),
            };
            (call, answer.ok())
        })
    };
    let readers: Vec<_> = (0..readers).map(reader).collect();
    let mut told = Vec::new();
    for reader in readers {
        told.push(reader.await.expect("a reader panicked"));
    }
    told
}

/// What all were told, each different answer once: they are compared with the log one by one.
fn outcome(ledger: Arc<Ledger>, told: Vec<Told>) -> Outcome {
    let (mut calls, mut seen, mut known) = (Vec::new(), Vec::new(), HashSet::new());
    for (call, answer) in told {
        calls.push(call);
        let Some(answer) = answer.map(plain) else {
            continue;
        };
        if known.insert(answer.encode_to_vec()) {
            seen.push(Seen::of(&answer, 0));
        }
    }
    Outcome { ledger, seen, calls }
}
