//! F15: sentinels make another Redis the master; the old one stays, or comes back, as a replica that refuses writes.

use std::time::Duration;

use bellwether_testkit::servers::{Redis, Sentinel};
use bellwether_tests::faults::{Report, full};

use super::{FAILURES, Loads, ONLY_REDIS, PATIENCE, back, each, first_error, fleet, ms, settings, until};
use crate::{alone, verdict};

/// How a failover comes about.
#[derive(Clone, Copy)]
enum Kind {
    /// Somebody asks for it; the old master lives on.
    Asked,
    /// The master dies; it comes back later.
    Killed,
    /// The master hangs. When it goes on it still takes itself for the master, and so do the connections it has.
    Hung,
}

impl Kind {
    /// Begins the failover of the master `old` and waits until there is another.
    fn begin(self, sentinel: &Sentinel, old: &Redis) {
        match self {
            Self::Asked => return sentinel.failover(),
            Self::Killed => old.kill(),
            Self::Hung => old.pause(),
        }
        sentinel.wait_for_other_master(old.port());
    }

    /// Lets the old master come back.
    fn end(self, old: &Redis) {
        match self {
            Self::Asked => {}
            Self::Killed => old.start_again(),
            Self::Hung => old.resume(),
        }
    }
}

#[test]
fn f15_sentinels_choose_another_master() {
    let _alone = alone();
    // Sentinels rest for six seconds between two.
    let all = [Kind::Hung, Kind::Asked, Kind::Killed];
    let kinds = if full() { all.repeat(2) } else { vec![Kind::Hung] };
    let mut report = Report::new(
        "F15",
        "Sentinel failover: the master hangs, steps down, dies; it comes back READONLY",
        "no error, no answer older than it says; cache used again <= 3 s; nobody clings to the old master",
        15,
    );
    let (sentinel, settings) = (Sentinel::start(), settings(ONLY_REDIS));
    let fleet = fleet(sentinel.url(), &settings);
    let loads = Loads::start(&fleet, 15);
    let mut again = Vec::new();
    for kind in kinds {
        let old = sentinel.master();
        kind.begin(&sentinel, old);
        let new = sentinel.master();
        let before = sets(new);
        let used = back(&fleet, PATIENCE);
        let stored = until(PATIENCE, || sets(new) > before);
        again.push(used.zip(stored).map(|(used, stored)| used + stored));
        kind.end(old);
        if !full() {
            // What sentinels do by themselves, eight seconds later.
            old.cli(&["REPLICAOF", "127.0.0.1", &new.port().to_string()]);
        }
        let demoted = until(PATIENCE, || old.cli(&["ROLE"]).starts_with("slave"));
        assert!(demoted.is_some(), "the old master is a replica");
        loads.go_on();
    }
    // Whoever still wrote to a replica would go on failing.
    let failures = each(&fleet, FAILURES);
    std::thread::sleep(Duration::from_secs(1));
    let quiet = each(&fleet, FAILURES) == failures;
    let outcome = loads.settle();
    let verdict = verdict(&fleet, &outcome);
    let slowest = again
        .iter()
        .copied()
        .max_by_key(|used| used.unwrap_or(Duration::MAX));
    let slowest = slowest.flatten();
    report.verdict(&verdict);
    report.set("failovers", again.len());
    report.set("errors", outcome.errors());
    report.set("used_again_ms", ms(slowest));
    report.set("failed_calls_to_redis", failures);
    let prompt = slowest.is_some_and(|used| used <= Duration::from_secs(3));
    report.write(verdict.holds() && outcome.errors() == 0 && prompt && quiet);
    assert!(verdict.holds(), "{verdict:?}");
    assert_eq!(outcome.errors(), 0, "{:?}", first_error(&outcome));
    assert!(
        again
            .iter()
            .all(|used| used.is_some_and(|used| used <= Duration::from_secs(4))),
        "{again:?}"
    );
    assert!(quiet, "somebody still calls a server that refuses");
}

/// How many values a server was told to store.
fn sets(redis: &Redis) -> u64 {
    let text = redis.cli(&["INFO", "commandstats"]);
    let calls = text
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_set:calls="));
    let count = calls.and_then(|calls| calls.split(',').next());
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}
