//! F25 through the fault proxy: kpi cannot reach ingestion. Silence first, then refusal.

use std::time::{Duration, Instant};

use bellwether_tests::faults::{Report, full};
use bellwether_tests::fleet::{Fleet, FleetOptions};
use bellwether_tests::proxy::{Fault, Proxy};
use tonic::Code;

use super::{Asker, Configs, breaks, correct, first_error};
use crate::{alone, load, token, verdict};

/// What the small row makes faster, so that silence is noticed within it.
const INGESTION: &str = "ingestion:\n  feed_idle_ms: 300\n";
const KPI: &str =
    "link:\n  keepalive_interval_ms: 700\n  keepalive_timeout_ms: 500\nkpi:\n  feed_silence_ms: 1500\n";
/// The deadline of those who ask for the head meanwhile.
const DEADLINE: Duration = Duration::from_millis(800);
const NOTICE: Duration = Duration::from_secs(50);
const RECONNECT: Duration = Duration::from_secs(5);

#[test]
fn f25_kpi_cannot_reach_ingestion() {
    let _alone = alone();
    let mut report = Report::new(
        "F25",
        "kpi and ingestion are parted by a proxy: silence, then refusal",
        "kpi answers what it has; the head is UNAVAILABLE or DEADLINE_EXCEEDED in time; reconnect <= 5 s; no stuck stream",
        25,
    );
    let configs = Configs::new();
    let (ingestion_args, kpi_args) = if full() {
        (Vec::new(), Vec::new())
    } else {
        (
            configs.args("ingestion.yaml", INGESTION),
            configs.args("kpi.yaml", KPI),
        )
    };
    let fleet = Fleet::start(FleetOptions {
        proxied: true,
        ingestion_args,
        kpi_args,
        ..FleetOptions::default()
    });
    let load = load(&fleet, 25, |options| {
        options.retries = false;
        options.writers = 2;
        options.pause = Duration::from_millis(15);
    });
    load.wait_for(50, 50, Duration::from_secs(60));
    let parts = Parts::of(&fleet);
    let silence = Duration::from_secs(if full() { 15 } else { 4 });
    let silent = parts.lasting(&Fault::BlackHole, silence);
    load.wait_for(20, 20, Duration::from_secs(60));
    let refused = parts.lasting(&Fault::Refuse, silence / 2);
    load.wait_for(20, 20, Duration::from_secs(60));
    let stuck = parts.connections_left();
    let outcome = load.settle();
    let verdict = verdict(&fleet, &outcome);
    report.verdict(&verdict);
    report.set("calls", outcome.calls.len());
    report.set("errors", outcome.errors());
    let slowest = silent.reconnected.max(refused.reconnected);
    report.set("recovery_ms", slowest.as_millis() as u64);
    silent.tell("silence", &mut report);
    refused.tell("refusal", &mut report);
    report.set("connections_left", stuck);
    let strict = DEADLINE + Duration::from_millis(100);
    let holds = |seen: &Parted| seen.reconnected <= RECONNECT && seen.longest <= strict;
    let calm = outcome.errors() == 0 && stuck.is_some();
    report.write(verdict.holds() && calm && holds(&silent) && holds(&refused));
    correct(&verdict);
    assert_eq!(outcome.errors(), 0, "{:?}", first_error(&outcome));
    assert!(stuck.is_some(), "connections are left from before");
    for seen in [silent, refused] {
        assert!(seen.asked > 0 && seen.noticed.is_some(), "{seen:?}");
        assert!(seen.reconnected <= RECONNECT, "{seen:?}");
        assert!(seen.longest <= DEADLINE + Duration::from_millis(600), "{seen:?}");
    }
}

/// The parts of a fleet that are parted.
struct Parts<'a> {
    fleet: &'a Fleet,
    askers: Vec<Asker>,
}

/// What was seen of one parting.
#[derive(Debug)]
struct Parted {
    /// When the first feed was given up.
    noticed: Option<Duration>,
    /// When the last kpi process answered at the head again, after the end.
    reconnected: Duration,
    /// Calls for the head meanwhile, and the longest of them.
    asked: usize,
    longest: Duration,
}

impl Parted {
    fn tell(&self, name: &str, report: &mut Report) {
        let ms = |time: Duration| time.as_millis() as u64;
        report.set(&format!("{name}_noticed_ms"), self.noticed.map(ms));
        report.set(&format!("{name}_reconnect_ms"), ms(self.reconnected));
        report.set(&format!("{name}_longest_call_ms"), ms(self.longest));
        report.set(&format!("{name}_head_asked"), self.asked);
    }
}

impl<'a> Parts<'a> {
    fn of(fleet: &'a Fleet) -> Self {
        let token = token(fleet);
        let askers = fleet.kpis().iter().map(|kpi| Asker::of(kpi.url(), &token));
        Self {
            askers: askers.collect(),
            fleet,
        }
    }

    fn set(&self, fault: &Fault) {
        let proxies = &self.fleet.proxies().ingestions;
        for proxy in proxies {
            proxy.set(fault.clone());
        }
        if *fault == Fault::Refuse {
            // Nobody listens any more by then: what is cut stays cut.
            std::thread::sleep(Duration::from_millis(50));
            proxies.iter().for_each(Proxy::cut_all);
        }
    }

    fn breaks(&self) -> usize {
        let kpis = self.fleet.kpis().iter();
        kpis.map(|kpi| breaks(&kpi.folder().join("serve.log"))).sum()
    }

    /// Parts them for so long, and until it is noticed.
    fn lasting(&self, fault: &Fault, lasts: Duration) -> Parted {
        let before = self.breaks();
        let mut seen = Parted {
            noticed: None,
            reconnected: Duration::ZERO,
            asked: 0,
            longest: Duration::ZERO,
        };
        let start = Instant::now();
        self.set(fault);
        while start.elapsed() < lasts || (seen.noticed.is_none() && start.elapsed() < NOTICE) {
            for asker in &self.askers {
                let (asked, took) = asker.at_head(DEADLINE);
                let code = asked.expect_err("nobody can know the head").code();
                assert!(
                    matches!(code, Code::Unavailable | Code::DeadlineExceeded),
                    "{code:?}"
                );
                seen.asked += 1;
                seen.longest = seen.longest.max(took);
            }
            if seen.noticed.is_none() && self.breaks() > before {
                seen.noticed = Some(start.elapsed());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.set(&Fault::None);
        let end = Instant::now();
        for asker in &self.askers {
            seen.reconnected = seen.reconnected.max(asker.until_at_head(end));
        }
        seen
    }

    /// Connections between the parts once those from before have ended: a link has two, one for calls and one for
    /// streams. Nothing when more are left.
    fn connections_left(&self) -> Option<u64> {
        let most = 2 * self.fleet.kpis().len() as u64;
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(10) {
            let open = self.fleet.proxies().ingestions.iter().map(|proxy| proxy.open());
            let open = open.sum();
            if open <= most {
                return Some(open);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }
}
