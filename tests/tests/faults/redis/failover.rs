//! F15: sentinels make another Redis the master; the old one stays, or comes back, as a replica that refuses writes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
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
        let mut before = None;
        until(PATIENCE, || {
            before = sets(new);
            before.is_some()
        });
        let used = back(&fleet, PATIENCE);
        let stored = until(PATIENCE, || sets(new) > before);
        again.push(used.zip(stored).map(|(used, stored)| used + stored));
        kind.end(old);
        if !full() {
            // What sentinels do by themselves, eight seconds later.
            said(old, &format!("REPLICAOF 127.0.0.1 {}", new.port()));
        }
        let demoted = until(PATIENCE, || said(old, "ROLE").contains("slave"));
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
    report.set("recovery_ms", ms(slowest));
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

/// How many values a server was told to store; `None` when it does not say.
fn sets(redis: &Redis) -> Option<u64> {
    let text = said(redis, "INFO commandstats");
    let has_stats = text.contains("# Commandstats");
    let calls = text
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_set:calls="));
    let count = calls.and_then(|calls| calls.split(',').next());
    has_stats.then(|| count.and_then(|count| count.parse().ok()).unwrap_or(0))
}

/// What a server answers; nothing when it breaks off: whoever is made master or replica cuts all its clients off.
fn said(redis: &Redis, command: &str) -> String {
    let mut text = String::new();
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", redis.port())) {
        let asked = write!(stream, "{command}\r\nQUIT\r\n");
        let heard = asked.and_then(|()| stream.read_to_string(&mut text));
        if heard.is_err() {
            text.clear();
        }
    }
    text
}
