//! F17: writes commit between the computing of an answer and its storing; no old answer is ever told, and none is left.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bellwether_contracts::kpi::{KnownAt, Path, QueryKpisRequest, QueryKpisResponse, known_at};
use bellwether_testkit::servers::Redis;
use bellwether_tests::faults::ledger::Deal;
use bellwether_tests::faults::load::question;
use bellwether_tests::faults::outcome::Call;
use bellwether_tests::faults::seen::Seen;
use bellwether_tests::faults::{Ledger, Outcome, Place, Report, full};
use bellwether_tests::fleet::{Fleet, FleetOptions};
use bellwether_tests::proxy::Fault;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tonic::Status;

use super::{ONLY_REDIS, ask, first_error, not_before, plain, seq, settings, write};
use crate::{TENANT, alone, token, verdict};

const WRITERS: usize = 3;
const READERS: usize = 4;
/// Nobody listens there: who is told to find Redis there computes everything.
const NO_REDIS: &str = "redis://127.0.0.1:1";

/// Those who write and at once ask for what they wrote, and those who only ask.
struct Hammer {
    ingestions: Vec<Place>,
    kpis: Vec<Place>,
    ledger: Arc<Ledger>,
    stop: AtomicBool,
    seen: Mutex<Vec<Seen>>,
    calls: Mutex<Vec<Call>>,
    /// Answers that did not know what their asker had written.
    behind: AtomicUsize,
}

#[test]
fn f17_writes_commit_between_computing_and_storing() {
    let _alone = alone();
    let lasts = Duration::from_secs(if full() { 60 } else { 5 });
    let mut report = Report::new(
        "F17",
        "writes commit while answers are computed and late in being stored in Redis",
        "who wrote reads it back on any replica; after quiesce no answer in Redis differs from a fresh one",
        17,
    );
    let (redis, settings) = (Redis::start(), settings(ONLY_REDIS));
    let fleet = Fleet::start(FleetOptions {
        proxied: true,
        redis_url: Some(redis.url()),
        kpi_args: settings.args.clone(),
        ..FleetOptions::default()
    });
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let hammer = {
        let _inside = runtime.enter();
        Arc::new(Hammer::new(&fleet))
    };
    let tasks: Vec<_> = (0..WRITERS)
        .map(|number| runtime.spawn(writer(Arc::clone(&hammer), number)))
        .chain((0..READERS).map(|number| runtime.spawn(reader(Arc::clone(&hammer), number))))
        .collect();
    delay_for(&fleet, lasts);
    hammer.stop.store(true, Ordering::SeqCst);
    for task in tasks {
        runtime.block_on(task).expect("a task panicked");
    }
    let outcome = hammer.outcome();
    let behind = hammer.behind.load(Ordering::SeqCst);
    let verdict = verdict(&fleet, &outcome);
    let keys: usize = redis.cli(&["DBSIZE"]).trim().parse().expect("a number");
    let found = compare(&runtime, &fleet, &settings.args, verdict.acknowledged as u64);
    report.verdict(&verdict);
    report.set("errors", outcome.errors());
    report.set("behind_own_write", behind);
    report.set("keys_in_redis", keys);
    report.set("compared", found.compared);
    report.set("compared_from_redis", found.from_redis);
    report.set("stale", found.stale);
    let calm = outcome.errors() == 0 && behind == 0 && found.stale == 0;
    report.write(verdict.holds() && calm && found.from_redis > 0);
    assert!(verdict.holds(), "{verdict:?}");
    assert_eq!(outcome.errors(), 0, "{:?}", first_error(&outcome));
    assert_eq!(behind, 0, "answers behind the write that they follow");
    assert_eq!(
        found.stale, 0,
        "answers in Redis that are not what a fresh one is"
    );
    assert!(
        found.from_redis * 2 > found.compared,
        "{} of {} came from Redis, which has {keys} keys",
        found.from_redis,
        found.compared
    );
}

/// Redis answers now at once and now late, so that what is stored is stored long after it was computed.
fn delay_for(fleet: &Fleet, lasts: Duration) {
    let until = Instant::now() + lasts;
    let delays = [15, 0, 40].map(Duration::from_millis);
    for delay in delays.iter().cycle().take_while(|_| Instant::now() < until) {
        fleet.proxies().redis.set(match *delay {
            Duration::ZERO => Fault::None,
            delay => Fault::Latency(delay),
        });
        std::thread::sleep(Duration::from_millis(250));
    }
    fleet.proxies().redis.set(Fault::None);
}

impl Hammer {
    fn new(fleet: &Fleet) -> Self {
        let token = token(fleet);
        let place = |replica: &bellwether_tests::fleet::Replica| Place::new(replica.url(), &token);
        Self {
            ingestions: fleet.ingestions().iter().map(place).collect(),
            kpis: fleet.kpis().iter().map(place).collect(),
            ledger: Arc::new(Ledger::create(&fleet.token_file().with_file_name("ledger"))),
            stop: AtomicBool::new(false),
            seen: Mutex::default(),
            calls: Mutex::default(),
            behind: AtomicUsize::new(0),
        }
    }

    fn note(&self, since: Instant, write: bool, failed: Option<&Status>) {
        let call = Call {
            at: Instant::now(),
            took: since.elapsed(),
            write,
            failed: failed.cloned(),
        };
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
    }

    fn outcome(&self) -> Outcome {
        Outcome {
            ledger: Arc::clone(&self.ledger),
            seen: std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner)),
            calls: std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

async fn writer(hammer: Arc<Hammer>, writer: usize) {
    let mut dice = StdRng::seed_from_u64(1_700 + writer as u64);
    for number in 0_usize.. {
        if hammer.stop.load(Ordering::SeqCst) {
            return;
        }
        let request = format!("w{writer}-{number}");
        let deal = |part: usize| Deal {
            id: format!("{request}-{part}"),
            owner: format!("rep-{}", part % 3),
            minor: dice.random_range(100..1_000_000),
        };
        let deals: Vec<Deal> = (0..1 + number % 3).map(deal).collect();
        let place = &hammer.ingestions[number % hammer.ingestions.len()];
        let since = Instant::now();
        let written = write(place, &hammer.ledger, &request, &deals).await;
        hammer.note(since, true, written.as_ref().err());
        let Ok(position) = written else {
            continue;
        };
        // Every replica is asked: each must know what was just acknowledged.
        for kpi in &hammer.kpis {
            let since = Instant::now();
            let answer = ask(kpi, not_before(position, question(TENANT))).await;
            hammer.note(since, false, answer.as_ref().err());
            if let Ok(answer) = answer {
                let is_behind = seq(&answer) < position.seq;
                hammer.behind.fetch_add(usize::from(is_behind), Ordering::SeqCst);
                let mut seen = hammer.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push(Seen::of(&answer, 0));
            }
        }
    }
}

async fn reader(hammer: Arc<Hammer>, reader: usize) {
    let questions = questions();
    for number in reader.. {
        if hammer.stop.load(Ordering::SeqCst) {
            return;
        }
        let kpi = &hammer.kpis[number % hammer.kpis.len()];
        let since = Instant::now();
        let answer = ask(kpi, questions[number % questions.len()].clone()).await;
        let failed = answer.err();
        // Before the first write there is no tenant.
        let failed = failed.filter(|status| status.code() != tonic::Code::NotFound);
        hammer.note(since, false, failed.as_ref());
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// Several answers that all change with every write.
fn questions() -> Vec<QueryKpisRequest> {
    let asked = |kpi: &str, group: Option<&str>| QueryKpisRequest {
        kpis: vec![kpi.to_owned()],
        group_by: group.map(str::to_owned).into_iter().collect(),
        ..question(TENANT)
    };
    vec![
        asked("bookings", Some("owner")),
        asked("bookings", None),
        asked("deals_won", Some("owner")),
        asked("median_deal_size", None),
        asked("average_deal_size", Some("owner")),
        asked("sales_cycle_mean", None),
    ]
}

/// What the comparison found.
#[derive(Default)]
struct Found {
    compared: usize,
    from_redis: usize,
    stale: usize,
}

/// Asks for all questions as of now, and for the one that was asked after each write as of every place in the log (its
/// answers then are kept under the keys of then), and compares with a kpi that begins now and keeps nothing.
fn compare(runtime: &tokio::runtime::Runtime, fleet: &Fleet, kpi_args: &[String], head: u64) -> Found {
    let fresh = Fleet::start(FleetOptions {
        ingestions: 1,
        kpis: 1,
        database_url: Some(fleet.database_url().to_owned()),
        redis_url: Some(NO_REDIS.to_owned()),
        kpi_args: kpi_args.to_vec(),
        ..FleetOptions::default()
    });
    let token = token(fleet);
    let most = if full() { 2_000 } else { 200 };
    let step = (head / most).max(1) as usize;
    let then = (1..=head).step_by(step).map(|seq| QueryKpisRequest {
        known_at: Some(KnownAt {
            at: Some(known_at::At::Seq(seq)),
        }),
        ..question(TENANT)
    });
    let now = questions();
    runtime.block_on(async {
        let computed = Place::new(fresh.kpi(0).url(), &token);
        let kpis: Vec<Place> = fleet
            .kpis()
            .iter()
            .map(|kpi| Place::new(kpi.url(), &token))
            .collect();
        let mut found = Found::default();
        for question in now.into_iter().chain(then) {
            let right = ask(&computed, question.clone()).await.expect("a fresh answer");
            assert_eq!(path(&right), Path::Scan, "a fresh answer is computed");
            let right = plain(right);
            for kpi in &kpis {
                let kept = ask(kpi, question.clone()).await.expect("an answer");
                found.compared += 1;
                found.from_redis += usize::from(path(&kept) == Path::Shared);
                found.stale += usize::from(plain(kept) != right);
                // Whoever computed it stores it behind the back of its caller.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        found
    })
}

fn path(answer: &QueryKpisResponse) -> Path {
    answer
        .values
        .first()
        .map_or(Path::Unspecified, |value| value.path())
}
