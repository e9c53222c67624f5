//! F18: Redis has no room left, and refuses or throws away.

use std::time::{Duration, Instant};

use bellwether_testkit::servers::Redis;
use bellwether_tests::faults::{Report, full};
use bellwether_tests::fleet::Fleet;

use super::{FAILURES, FROM_REDIS, Loads, ONLY_REDIS, back, each, first_error, fleet, ms, settings};
use crate::{alone, verdict};

#[test]
fn f18_redis_is_full() {
    let _alone = alone();
    let lasts = Duration::from_secs(if full() { 70 } else { 3 });
    let mut report = Report::new(
        "F18",
        "Redis is full (4 MiB): first it refuses what is new, then it evicts",
        "no error, no crash, a warning a minute at most; evicting, it is used",
        18,
    );
    let redis = Redis::start_with(&["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"]);
    let settings = settings(ONLY_REDIS);
    let since = Instant::now();
    let fleet = fleet(redis.url(), &settings);
    let loads = Loads::start(&fleet, 18);
    let failures = each(&fleet, FAILURES);
    crowd(&redis, 0);
    std::thread::sleep(lasts);
    let refused = each(&fleet, FAILURES);
    loads.go_on();
    redis.cli(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let back = back(&fleet, Duration::from_secs(10));
    let used = each(&fleet, FROM_REDIS);
    for turn in 1..=3 {
        crowd(&redis, turn);
        std::thread::sleep(lasts / 6);
    }
    let used_more = each(&fleet, FROM_REDIS);
    loads.go_on();
    let outcome = loads.settle();
    let verdict = verdict(&fleet, &outcome);
    let warnings = warnings(&fleet);
    let allowed = 1 + since.elapsed().as_secs() / 60;
    report.verdict(&verdict);
    report.set("errors", outcome.errors());
    report.set("warnings", warnings.clone());
    report.set("recovery_ms", ms(back));
    report.set("evicted", evicted(&redis));
    let few = warnings.iter().all(|count| *count <= allowed);
    let prompt = back.is_some_and(|back| back <= Duration::from_secs(2));
    report.write(verdict.holds() && outcome.errors() == 0 && few && prompt);
    assert!(verdict.holds(), "{verdict:?}");
    assert_eq!(outcome.errors(), 0, "{:?}", first_error(&outcome));
    assert!(
        refused
            .iter()
            .zip(&failures)
            .all(|(after, before)| after > before),
        "nobody was refused"
    );
    assert!(few && warnings.iter().all(|count| *count > 0), "{warnings:?}");
    assert!(
        back.is_some_and(|back| back <= Duration::from_secs(3)),
        "used after {back:?}"
    );
    assert!(evicted(&redis) > 0, "nothing was evicted");
    assert!(
        used_more.iter().zip(&used).all(|(after, before)| after > before),
        "not used while it evicts"
    );
}

/// Fills Redis with keys of somebody else, beyond what it may hold.
fn crowd(redis: &Redis, turn: usize) {
    redis.cli(&["DEBUG", "POPULATE", "30000", &format!("junk{turn}"), "200"]);
}

fn evicted(redis: &Redis) -> u64 {
    let text = redis.cli(&["INFO", "stats"]);
    let count = text.lines().find_map(|line| line.strip_prefix("evicted_keys:"));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// Warnings about Redis in the log of each kpi.
fn warnings(fleet: &Fleet) -> Vec<u64> {
    let count = |folder: &std::path::Path| {
        let log = std::fs::read_to_string(folder.join("serve.log")).expect("a log");
        let about = log.lines().filter(|line| line.contains("the shared cache fails"));
        about.count() as u64
    };
    fleet.kpis().iter().map(|kpi| count(kpi.folder())).collect()
}
