//! F13: Redis is killed. F14: Redis hangs.

use std::time::{Duration, Instant};

use bellwether_contracts::kpi::QueryKpisRequest;
use bellwether_testkit::servers::Redis;
use bellwether_tests::faults::load::question;
use bellwether_tests::faults::{Place, Report, full};
use bellwether_tests::fleet::Fleet;

use super::{
    FROM_REDIS, Loads, ONLY_REDIS, ask, back, each, first_error, fleet, ms, percentile, reads_between,
    settings, until,
};
use crate::{TENANT, alone, token, verdict};

/// The longest that a call to Redis may take.
const CAP: Duration = Duration::from_millis(100);
/// What two busy cores may add to a time that is asserted; the row's own bar has nothing of it.
const NOISE: Duration = Duration::from_millis(500);

fn calm() -> Duration {
    Duration::from_secs(if full() { 10 } else { 2 })
}

#[test]
fn f13_redis_is_killed_for_a_while() {
    let _alone = alone();
    let mut report = Report::new(
        "F13",
        "Redis is killed (SIGKILL) and comes back empty",
        "no error, every answer right; p99 <= 3 x cached; cache used again <= 2 s after Redis is back",
        13,
    );
    let (redis, settings) = (Redis::start(), settings(ONLY_REDIS));
    let fleet = fleet(redis.url(), &settings);
    let loads = Loads::start(&fleet, 13);
    let before = Instant::now();
    std::thread::sleep(calm());
    let start = Instant::now();
    redis.kill();
    std::thread::sleep(Duration::from_secs(if full() { 30 } else { 3 }));
    let end = Instant::now();
    redis.start_again();
    let back = back(&fleet, Duration::from_secs(10));
    loads.go_on();
    let outcome = loads.settle();
    let verdict = verdict(&fleet, &outcome);
    let cached = percentile(&reads_between(&outcome, before, start), 0.99);
    let away = reads_between(&outcome, start, end);
    let without = percentile(&away, 0.99);
    report.verdict(&verdict);
    report.set("errors", outcome.errors());
    report.set("reads_meanwhile", away.len());
    report.set("p99_cached_us", cached.as_micros() as u64);
    report.set("p99_meanwhile_us", without.as_micros() as u64);
    report.set("recovery_ms", ms(back));
    report.set("answers_from_redis", each(&fleet, FROM_REDIS));
    let prompt = back.is_some_and(|back| back <= Duration::from_secs(2));
    report.write(verdict.holds() && outcome.errors() == 0 && prompt && without <= cached * 3);
    assert!(verdict.holds(), "{verdict:?}");
    assert_eq!(outcome.errors(), 0, "{:?}", first_error(&outcome));
    assert!(away.len() > 100, "only {} reads without Redis", away.len());
    assert!(
        without <= cached * 3 + NOISE,
        "p99 {without:?}, cached {cached:?}"
    );
    assert!(
        back.is_some_and(|back| back <= Duration::from_secs(2) + NOISE),
        "{back:?}"
    );
}

#[test]
fn f14_redis_hangs_for_a_while() {
    let _alone = alone();
    let mut report = Report::new(
        "F14",
        "Redis hangs (SIGSTOP)",
        "no error; no answer takes longer than 100 ms and its scan; the breaker opens <= 1 s",
        14,
    );
    let (redis, settings) = (Redis::start(), settings(ONLY_REDIS));
    let fleet = fleet(redis.url(), &settings);
    let loads = Loads::start(&fleet, 14);
    let before = Instant::now();
    std::thread::sleep(calm());
    let opened = each(&fleet, "kpi_shared_cache_breaker_opens_total");
    let start = Instant::now();
    redis.pause();
    // What nobody asked before might be dear, so that a lease is worth a call as well; not of one that is hung.
    let new = slowest_new(&fleet);
    let open = until(Duration::from_secs(10), || {
        let now = each(&fleet, "kpi_shared_cache_open");
        let opens = each(&fleet, "kpi_shared_cache_breaker_opens_total");
        let is_open = |at: usize| now[at] == 1 || opens[at] > opened[at];
        (0..now.len()).all(is_open)
    });
    let open = open.map(|_| start.elapsed());
    std::thread::sleep(Duration::from_secs(if full() { 10 } else { 3 }));
    let end = Instant::now();
    redis.resume();
    let back = back(&fleet, Duration::from_secs(10));
    loads.go_on();
    let outcome = loads.settle();
    let verdict = verdict(&fleet, &outcome);
    let usual = reads_between(&outcome, before, start);
    let hung = reads_between(&outcome, start, end);
    let slowest = hung.last().copied().unwrap_or_default().max(new);
    let scan = usual.last().copied().unwrap_or_default();
    report.verdict(&verdict);
    report.set("errors", outcome.errors());
    report.set("reads_meanwhile", hung.len());
    report.set("slowest_before_us", scan.as_micros() as u64);
    report.set("p99_meanwhile_us", percentile(&hung, 0.99).as_micros() as u64);
    report.set("slowest_meanwhile_us", slowest.as_micros() as u64);
    report.set("slowest_new_question_us", new.as_micros() as u64);
    report.set("breaker_open_ms", ms(open));
    report.set("recovery_ms", ms(back));
    let prompt = open.is_some_and(|open| open <= Duration::from_secs(1));
    report.write(verdict.holds() && outcome.errors() == 0 && prompt && slowest <= CAP + scan);
    assert!(verdict.holds(), "{verdict:?}");
    assert_eq!(outcome.errors(), 0, "{:?}", first_error(&outcome));
    assert!(hung.len() > 100, "only {} reads while Redis hung", hung.len());
    assert!(slowest <= CAP + scan + NOISE, "an answer took {slowest:?}");
    assert!(
        open.is_some_and(|open| open <= Duration::from_secs(1) + NOISE),
        "the breaker opened after {open:?}"
    );
    assert!(
        back.is_some_and(|back| back <= Duration::from_secs(2) + NOISE),
        "{back:?}"
    );
}

/// The longest that a kpi took to answer what it was never asked before.
fn slowest_new(fleet: &Fleet) -> Duration {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let token = token(fleet);
    runtime.block_on(async {
        let mut slowest = Duration::ZERO;
        for kpi in fleet.kpis() {
            let question = QueryKpisRequest {
                kpis: vec!["deals_won".to_owned()],
                ..question(TENANT)
            };
            let place = Place::new(kpi.url(), &token);
            let since = Instant::now();
            ask(&place, question).await.expect("an answer without Redis");
            slowest = slowest.max(since.elapsed());
        }
        slowest
    })
}
