//! Faults against the real product with real servers: small counts in `make test`, full ones in `make faults`. Each
//! row keeps a ledger and writes one JSON object.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_tests::faults::{Load, LoadOptions, Outcome, Verdict, verify};
use bellwether_tests::fleet::{Fleet, Replica};

mod calm;
mod deadlines;
mod network;
mod postgres;
mod redis;

/// The tenant of every load.
const TENANT: &str = "ledger";

/// Rows measure time: they run one after another, however many threads the tests have.
fn alone() -> MutexGuard<'static, ()> {
    static ROOM: Mutex<()> = Mutex::new(());
    ROOM.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The token of a fleet.
fn token(fleet: &Fleet) -> String {
    let text = std::fs::read_to_string(fleet.token_file()).expect("a token");
    text.trim().to_owned()
}

fn urls(replicas: &[Replica]) -> Vec<String> {
    replicas.iter().map(|replica| replica.url().to_owned()).collect()
}

/// A load on all processes of a fleet, with a ledger in its folder.
fn load(fleet: &Fleet, seed: u64, change: impl FnOnce(&mut LoadOptions)) -> Load {
    let mut options = LoadOptions {
        ingestions: urls(fleet.ingestions()),
        kpis: urls(fleet.kpis()),
        token: token(fleet),
        tenant: TENANT.to_owned(),
        writers: 4,
        readers: 2,
        batch: 10,
        deadline: Duration::from_secs(10),
        pause: Duration::from_millis(5),
        recent: 0,
        retries: true,
        seed,
        ledger: fleet.token_file().with_file_name("ledger"),
    };
    change(&mut options);
    Load::start(options)
}

/// The ledger of a settled load against the log and every kpi of its fleet.
fn verdict(fleet: &Fleet, outcome: &Outcome) -> Verdict {
    let kpis = urls(fleet.kpis());
    verify(outcome, fleet.ingestion(0).url(), &kpis, &token(fleet), TENANT)
}
