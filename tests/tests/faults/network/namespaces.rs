//! F25 in network namespaces (`make faults`): the wire between kpi and ingestion is pulled, then what it carries is
//! dropped. Needs root.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bellwether_testkit::servers::{Postgres, free_port};
use bellwether_tests::faults::{Load, LoadOptions, Report, verify};
use bellwether_tests::product::Server;

use super::{Asker, Configs, breaks, correct, first_error};
use crate::{TENANT, alone};

const TOKEN: &str = "token-of-this-row";
/// How long the wire is pulled.
const PULLED: Duration = Duration::from_secs(15);
const NOTICE: Duration = Duration::from_secs(50);
const RECONNECT: Duration = Duration::from_secs(5);

#[test]
#[ignore = "takes minutes and needs root: `make faults` runs it"]
fn f25_the_wire_between_kpi_and_ingestion_is_pulled() {
    let _alone = alone();
    let mut report = Report::new(
        "F25-netns",
        "network namespaces: the link between kpi and ingestion is down for 15 s, then nft drops what it carries",
        "noticed <= 50 s; reconnect <= 5 s; no failed call; no stuck stream",
        25,
    );
    if std::fs::metadata("/proc/self").expect("Linux").uid() != 0 {
        report.set("why", "network namespaces need root");
        report.write(false);
        panic!("network namespaces need root: run `make faults` as root");
    }
    let seen = run();
    report.verdict(&seen.verdict);
    report.set("errors", seen.failed);
    let back = seen.after_pull.max(seen.after_drop);
    report.set("recovery_ms", back.as_millis() as u64);
    report.set("link_down_reconnect_ms", seen.after_pull.as_millis() as u64);
    report.set("drop_noticed_ms", seen.noticed.as_millis() as u64);
    report.set("drop_reconnect_ms", seen.after_drop.as_millis() as u64);
    report.write(seen.verdict.holds() && seen.failed == 0 && seen.noticed <= NOTICE && back <= RECONNECT);
    correct(&seen.verdict);
    assert_eq!(seen.failed, 0, "{:?}", seen.error);
    assert!(seen.noticed <= NOTICE, "noticed after {:?}", seen.noticed);
    assert!(back <= RECONNECT, "back after {back:?}");
}

struct Seen {
    verdict: bellwether_tests::faults::Verdict,
    failed: usize,
    error: Option<String>,
    after_pull: Duration,
    noticed: Duration,
    after_drop: Duration,
}

fn run() -> Seen {
    let configs = Configs::new();
    // Dropped last: the processes end before their wires.
    let wires = Wires::lay();
    let port = free_port();
    let ingestion = start_ingestion(&configs, port);
    let kpi = start_kpi(&configs, port);
    let load = Load::start(LoadOptions {
        ingestions: vec![ingestion.url.clone()],
        kpis: vec![kpi.url.clone()],
        token: TOKEN.to_owned(),
        tenant: TENANT.to_owned(),
        writers: 2,
        readers: 2,
        batch: 5,
        deadline: Duration::from_secs(10),
        pause: Duration::from_millis(15),
        recent: 0,
        retries: false,
        seed: 25,
        ledger: configs.path("ledger"),
    });
    load.wait_for(50, 50, Duration::from_secs(60));
    let asker = Asker::of(&kpi.url, TOKEN);
    wires.pull(true);
    std::thread::sleep(PULLED);
    wires.pull(false);
    let after_pull = asker.until_at_head(Instant::now());
    load.wait_for(50, 50, Duration::from_secs(60));
    let log = kpi.dir.join("serve.log");
    let before = breaks(&log);
    let start = Instant::now();
    wires.swallow(true);
    while breaks(&log) == before && start.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let noticed = start.elapsed();
    std::thread::sleep(PULLED.saturating_sub(noticed));
    wires.swallow(false);
    let after_drop = asker.until_at_head(Instant::now());
    load.wait_for(50, 50, Duration::from_secs(60));
    let outcome = load.settle();
    let verdict = verify(
        &outcome,
        &ingestion.url,
        std::slice::from_ref(&kpi.url),
        TOKEN,
        TENANT,
    );
    Seen {
        verdict,
        failed: outcome.errors(),
        error: first_error(&outcome),
        after_pull,
        noticed,
        after_drop,
    }
}

/// What both processes need to be reached from another namespace.
const REMOTE: &str = "node:\n  allow_remote: true\n";

/// Ingestion, in the namespace of the tests.
fn start_ingestion(configs: &Configs, port: u16) -> Server {
    let folder = folder(configs, "ingestion");
    let database = Postgres::shared().database();
    let listen = format!("0.0.0.0:{port}");
    let own = [
        "--roles",
        "ingestion",
        "--database-url",
        &database,
        "--listen",
        &listen,
    ];
    let words = words(configs, &folder, &own);
    Server::launch(&folder, &borrowed(&words))
}

/// Kpi, in a namespace of its own.
fn start_kpi(configs: &Configs, port: u16) -> Server {
    let folder = folder(configs, "kpi");
    let ingestion = format!("http://{FEED_HERE}:{port}");
    let listen = format!("{CALLS_THERE}:{}", free_port());
    let own = [
        "--roles",
        "kpi",
        "--ingestion-url",
        &ingestion,
        "--listen",
        &listen,
    ];
    let words = words(configs, &folder, &own);
    Server::launch_in(SPACE, &folder, &borrowed(&words))
}

fn folder(configs: &Configs, name: &str) -> PathBuf {
    let folder = configs.path(name);
    std::fs::create_dir_all(&folder).expect("writable");
    folder
}

fn words(configs: &Configs, folder: &Path, own: &[&str]) -> Vec<String> {
    let token = configs.path("token");
    std::fs::write(&token, TOKEN).expect("writable");
    std::fs::set_permissions(&token, Permissions::from_mode(0o600)).expect("ours");
    let mut words: Vec<String> = own.iter().map(|word| (*word).to_owned()).collect();
    words.extend(configs.args("remote.yaml", REMOTE));
    let places = [("--data-dir", folder), ("--token-file", &token)];
    words.extend(
        places
            .iter()
            .flat_map(|(flag, path)| [(*flag).to_owned(), path.display().to_string()]),
    );
    words
}

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// The namespace of kpi.
const SPACE: &str = "bellwether-f25";
/// The wire that kpi reaches ingestion by, and the one that callers reach kpi by: each end's name and address.
const FEED: [&str; 2] = ["bw-f25-feed", "bw-f25-feed-k"];
const CALLS: [&str; 2] = ["bw-f25-call", "bw-f25-call-k"];
const FEED_HERE: &str = "10.231.25.1";
const FEED_THERE: &str = "10.231.25.2";
const CALLS_HERE: &str = "10.231.25.5";
const CALLS_THERE: &str = "10.231.25.6";

/// Two wires into a namespace; gone with the value.
struct Wires;

impl Wires {
    fn lay() -> Self {
        // What a run that was killed has left.
        remove();
        must("ip", &["netns", "add", SPACE]);
        let wires = Self;
        for ([here, there], near, far) in [(FEED, FEED_HERE, FEED_THERE), (CALLS, CALLS_HERE, CALLS_THERE)] {
            must(
                "ip",
                &[
                    "link", "add", here, "type", "veth", "peer", "name", there, "netns", SPACE,
                ],
            );
            must("ip", &["addr", "add", &format!("{near}/30"), "dev", here]);
            must("ip", &["link", "set", here, "up"]);
            must(
                "ip",
                &["-n", SPACE, "addr", "add", &format!("{far}/30"), "dev", there],
            );
            must("ip", &["-n", SPACE, "link", "set", there, "up"]);
        }
        must("ip", &["-n", SPACE, "link", "set", "lo", "up"]);
        wires
    }

    /// Pulls the wire between kpi and ingestion, or puts it back.
    fn pull(&self, is_out: bool) {
        must(
            "ip",
            &["link", "set", FEED[0], if is_out { "down" } else { "up" }],
        );
    }

    /// Drops what the wire carries, in both directions, without a word to anybody.
    fn swallow(&self, is_on: bool) {
        let mut rules = "table inet fault\ndelete table inet fault\n".to_owned();
        if is_on {
            rules = rules
                + "table inet fault {\n"
                + &format!(
                    "  chain in {{ type filter hook input priority 0; iifname {} drop; }}\n",
                    FEED[1]
                )
                + &format!(
                    "  chain out {{ type filter hook output priority 0; oifname {} drop; }}\n",
                    FEED[1]
                )
                + "}\n";
        }
        must("ip", &["netns", "exec", SPACE, "nft", &rules]);
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        remove();
    }
}

/// Takes down what is there; the ends in the namespace go with the others.
fn remove() {
    for args in [
        &["link", "del", FEED[0]][..],
        &["link", "del", CALLS[0]],
        &["netns", "del", SPACE],
    ] {
        // Nothing to remove is as good.
        let _ = Command::new("ip").args(args).output();
    }
}

fn must(program: &str, args: &[&str]) {
    let done = Command::new(program).args(args).output();
    let done = done.unwrap_or_else(|error| panic!("`{program}` is not installed: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {args:?}: {said}");
}
