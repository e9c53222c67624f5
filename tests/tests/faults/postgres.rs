//! PostgreSQL goes away in the ways that it does: F5 stopped, F6 connections killed, F7 silent, F8 a lost answer to
//! COMMIT, F32 a pooler in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bellwether_testkit::servers::{PgBouncer, Postgres};
use bellwether_tests::faults::{Outcome, Report, Verdict, full};
use bellwether_tests::fleet::{Fleet, FleetOptions};
use bellwether_tests::proxy::Fault;
use tonic::Code;
use tonic_types::StatusExt as _;

use super::{alone, load, verdict};

/// Every failed call said UNAVAILABLE and when to come back.
fn all_unavailable(outcome: &Outcome) -> bool {
    let failed = outcome.calls.iter().filter_map(|call| call.failed.as_ref());
    failed
        .into_iter()
        .all(|status| status.code() == Code::Unavailable && status.get_details_retry_info().is_some())
}

fn correct(verdict: &Verdict) {
    assert!(verdict.holds(), "{verdict:?}");
}

#[test]
fn f5_postgres_stops_at_once_and_comes_back() {
    let _alone = alone();
    let rounds = if full() { 5 } else { 1 };
    let mut report = Report::new(
        "F5",
        "PostgreSQL is stopped (immediate) and started",
        "lost 0; UNAVAILABLE + RetryInfo meanwhile; recovery <= 3 s",
        5,
    );
    let postgres = Postgres::start();
    let fleet = Fleet::start(FleetOptions {
        kpis: 1,
        database_url: Some(postgres.database()),
        ..FleetOptions::default()
    });
    let load = load(&fleet, 5, |options| {
        options.retries = false;
        options.recent = 3;
        options.deadline = Duration::from_secs(20);
    });
    let mut faults = Vec::new();
    for _ in 0..rounds {
        load.wait_for(100, 50, Duration::from_secs(60));
        let start = Instant::now();
        postgres.stop_immediate();
        // Longer than a write is tried again: a shorter absence is noticed by nobody.
        std::thread::sleep(Duration::from_secs(9));
        postgres.start_again();
        faults.push((start, Instant::now()));
        load.wait_for(100, 20, Duration::from_secs(60));
    }
    let outcome = load.settle();
    let verdict = verdict(&fleet, &outcome);
    let recovery = faults
        .iter()
        .filter_map(|(start, end)| outcome.recovery(*start, *end, true));
    let slowest = recovery.max().unwrap_or(Duration::MAX);
    let first = faults
        .iter()
        .filter_map(|(_, end)| outcome.first_success(*end, true))
        .max();
    report.verdict(&verdict);
    report.set("errors", outcome.errors());
    report.set("recovery_ms", slowest.as_millis() as u64);
    let unavailable = all_unavailable(&outcome);
    report.set("all_unavailable_with_retry_info", unavailable);
    report.write(verdict.holds() && unavailable && slowest <= Duration::from_secs(3));
    correct(&verdict);
    assert!(outcome.errors() > 0, "nobody noticed that PostgreSQL was away");
    assert!(unavailable, "{:?}", strange(&outcome));
    assert!(
        first.is_some_and(|first| first <= Duration::from_secs(3)),
        "{first:?}"
    );
}

/// The first failure that was not UNAVAILABLE with a hint when to retry.
fn strange(outcome: &Outcome) -> Option<String> {
    let failed = outcome.calls.iter().filter_map(|call| call.failed.as_ref());
    let other = |status: &&tonic::Status| {
        status.code() != Code::Unavailable || status.get_details_retry_info().is_none()
    };
    failed.filter(other).map(|status| format!("{status:?}")).next()
}

#[test]
fn f6_backends_are_killed_at_random() {
    let _alone = alone();
    let lasts = Duration::from_secs(if full() { 60 } else { 5 });
    let mut report = Report::new(
        "F6",
        "PostgreSQL backends are terminated at random, 20 a second",
        "lost 0, doubled 0; errors without a retry <= the share of kills; none with one",
        6,
    );
    let postgres = Postgres::start();
    let fleet = Fleet::start(FleetOptions {
        kpis: 1,
        database_url: Some(postgres.database()),
        ..FleetOptions::default()
    });
    let load = load(&fleet, 6, |options| options.recent = 3);
    load.wait_for(50, 20, Duration::from_secs(60));
    let killed = kill_for(&postgres, lasts);
    load.wait_for(50, 20, Duration::from_secs(60));
    let outcome = load.settle();
    let verdict = verdict(&fleet, &outcome);
    let writes = outcome.calls.iter().filter(|call| call.write).count();
    let failed = outcome.errors();
    report.verdict(&verdict);
    report.set("killed", killed);
    report.set("writes", writes);
    report.set("errors_without_retry", failed);
    let within = failed <= killed;
    report.write(verdict.holds() && within && killed > 0);
    correct(&verdict);
    assert!(killed > 0, "nothing was killed");
    assert!(
        within,
        "{failed} calls failed of {killed} kills: {:?}",
        strange(&outcome)
    );
}

/// Terminates one backend in turn every 50 ms; how many.
fn kill_for(postgres: &Postgres, lasts: Duration) -> usize {
    let until = Instant::now() + lasts;
    let mut killed = 0;
    while Instant::now() < until {
        let one = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
                   WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) AS one";
        killed += postgres.sql(one).trim().parse::<usize>().unwrap_or(0);
        std::thread::sleep(Duration::from_millis(50));
    }
    killed
}

#[test]
fn f7_postgres_falls_silent() {
    let _alone = alone();
    let lasts = Duration::from_secs(if full() { 10 } else { 4 });
    let deadline = Duration::from_secs(1);
    let mut report = Report::new(
        "F7",
        "PostgreSQL is a black hole: bytes are held, no reset",
        "each call ends <= its deadline + 100 ms; the pool heals <= 5 s; no connection is leaked",
        7,
    );
    let postgres = Postgres::start();
    let fleet = Fleet::start(FleetOptions {
        ingestions: 1,
        kpis: 1,
        proxied: true,
        database_url: Some(postgres.database()),
        ..FleetOptions::default()
    });
    let load = load(&fleet, 7, |options| {
        options.retries = false;
        options.recent = 3;
        options.deadline = deadline;
    });
    load.wait_for(50, 20, Duration::from_secs(60));
    let before = connections(&postgres);
    let start = Instant::now();
    fleet.proxies().database.set(Fault::BlackHole);
    std::thread::sleep(lasts);
    fleet.proxies().database.set(Fault::None);
    let end = Instant::now();
    load.wait_for(50, 20, Duration::from_secs(60));
    let outcome = load.settle();
    let verdict = verdict(&fleet, &outcome);
    let longest = outcome
        .calls
        .iter()
        .map(|call| call.took)
        .max()
        .unwrap_or_default();
    let healed = outcome.first_success(end, true).unwrap_or(Duration::MAX);
    std::thread::sleep(Duration::from_secs(1));
    let after = connections(&postgres);
    report.verdict(&verdict);
    report.set("errors", outcome.errors());
    report.set("longest_call_ms", longest.as_millis() as u64);
    report.set("healed_ms", healed.as_millis() as u64);
    report.set(
        "recovery_ms",
        outcome
            .recovery(start, end, true)
            .unwrap_or(Duration::MAX)
            .as_millis() as u64,
    );
    report.set("connections_before", before);
    report.set("connections_after", after);
    let prompt = longest <= deadline + Duration::from_millis(100);
    let tidy = after <= before + 10;
    report.write(verdict.holds() && prompt && healed <= Duration::from_secs(5) && tidy);
    correct(&verdict);
    assert!(outcome.errors() > 0, "nobody noticed the silence");
    // Two busy cores: the bar of the row is 100 ms.
    assert!(
        longest <= deadline + Duration::from_millis(600),
        "a call took {longest:?}"
    );
    assert!(healed <= Duration::from_secs(5), "healed after {healed:?}");
    assert!(tidy, "{before} connections before, {after} after");
    let stuck = postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'");
    assert_eq!(stuck.trim(), "0");
}

/// Client connections that PostgreSQL has, without the one that asks.
fn connections(postgres: &Postgres) -> usize {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    postgres.sql(count).trim().parse().expect("a number")
}

#[test]
fn f8_the_answer_to_a_commit_is_lost() {
    let _alone = alone();
    let cuts = if full() { 200 } else { 15 };
    let mut report = Report::new(
        "F8",
        "the connection is cut after COMMIT was sent, before its answer",
        "a retry with the same id finds the first result; stored once",
        8,
    );
    let postgres = Postgres::start();
    let fleet = Fleet::start(FleetOptions {
        ingestions: 1,
        kpis: 1,
        proxied: true,
        database_url: Some(postgres.database()),
        ..FleetOptions::default()
    });
    let load = load(&fleet, 8, |options| options.recent = 3);
    load.wait_for(20, 10, Duration::from_secs(60));
    let proxy = &fleet.proxies().database;
    let struck = proxy.struck();
    let until = Instant::now() + Duration::from_secs(120);
    while proxy.struck() < struck + cuts && Instant::now() < until {
        // It strikes once and is over then.
        if proxy.fault() == Fault::None {
            proxy.set(Fault::CutReplyAfter(b"COMMIT".to_vec()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    proxy.set(Fault::None);
    let struck = proxy.struck() - struck;
    load.wait_for(20, 10, Duration::from_secs(60));
    let outcome = load.settle();
    let verdict = verdict(&fleet, &outcome);
    report.verdict(&verdict);
    report.set("cuts", struck);
    report.set("errors_without_retry", outcome.errors());
    report.write(verdict.holds() && struck >= cuts);
    correct(&verdict);
    assert!(struck >= cuts, "only {struck} answers were cut");
}

#[test]
fn f32_a_transaction_pooler_stands_in_between() {
    let _alone = alone();
    let writes = if full() { 20_000 } else { 300 };
    let mut report = Report::new(
        "F32",
        "PgBouncer in transaction mode between ingestion and PostgreSQL",
        "no error, of prepared statements or otherwise; lost 0, doubled 0",
        32,
    );
    let postgres = Postgres::start();
    let bouncer = PgBouncer::start(&postgres, 4);
    let database = postgres.database();
    let name = database.rsplit('/').next().expect("a database has a name");
    let fleet = Fleet::start(FleetOptions {
        kpis: 1,
        database_url: Some(format!("{}?pooler=transaction", bouncer.url(name))),
        ..FleetOptions::default()
    });
    let stop = Arc::new(AtomicBool::new(false));
    let strangers = disturb(&bouncer.url(name), &stop);
    let load = load(&fleet, 32, |options| {
        options.retries = false;
        options.recent = 3;
    });
    load.wait_for(writes, writes / 4, Duration::from_secs(600));
    let outcome = load.settle();
    stop.store(true, Ordering::SeqCst);
    let verdict = verdict(&fleet, &outcome);
    report.verdict(&verdict);
    report.set("errors", outcome.errors());
    report.set("other_clients_transactions", strangers.load(Ordering::SeqCst));
    report.write(verdict.holds() && outcome.errors() == 0);
    correct(&verdict);
    assert_eq!(
        outcome.errors(),
        0,
        "{:?}",
        strange(&outcome).or_else(|| first_error(&outcome))
    );
}

fn first_error(outcome: &Outcome) -> Option<String> {
    let failed = outcome.calls.iter().find_map(|call| call.failed.as_ref());
    failed.map(|status| format!("{status:?}"))
}

/// Another client of the pooler, so that server connections change hands; how many transactions it ran.
fn disturb(url: &str, stop: &Arc<AtomicBool>) -> Arc<AtomicUsize> {
    let (url, stop) = (url.to_owned(), Arc::clone(stop));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            let done = std::process::Command::new("psql")
                .args([
                    &url,
                    "-qAtc",
                    "BEGIN; SET LOCAL search_path TO pg_catalog; SELECT pg_sleep(0.05); COMMIT",
                ])
                .output();
            counted.fetch_add(
                usize::from(done.is_ok_and(|done| done.status.success())),
                Ordering::SeqCst,
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    count
}
