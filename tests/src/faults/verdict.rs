//! The verdict over a ledger: nothing acknowledged is lost, nothing is counted twice, no number was ever wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_contracts::ingestion::{Change, StreamSnapshotRequest};
use bellwether_contracts::{ingestion, kpi};
use tokio::runtime::Runtime;

use super::ledger::{Deal, Entry};
use super::load::{Outcome, question};
use super::seen::{self, Seen};
use super::wire::Place;

const PATIENCE: Duration = Duration::from_secs(30);
/// How many requests are sent again to see that they get the first reply.
const REPLAYED: usize = 50;

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Deals that were acknowledged.
    pub acknowledged: usize,
    /// Acknowledged and not in the log.
    pub lost: usize,
    /// More than one change of a deal that was written once.
    pub doubled: usize,
    /// Answers that differ from a recomputation from the log, replies that differ from the first one, and deals in the
    /// log that nobody asked for.
    pub wrong: usize,
    /// Answers that were checked.
    pub checked: usize,
}

impl Verdict {
    /// Whether the promises hold and something was promised.
    #[must_use]
    pub fn holds(&self) -> bool {
        (self.lost, self.doubled, self.wrong) == (0, 0, 0) && self.acknowledged > 0
    }
}

/// Compares the ledger of a settled load, and everything that its readers were told, with the log as it stands.
///
/// # Panics
/// When the servers do not answer.
#[must_use]
pub fn verify(outcome: &Outcome, ingestion: &str, kpis: &[String], token: &str, tenant: &str) -> Verdict {
    let runtime = Runtime::new().expect("threads");
    runtime.block_on(async {
        let place = Place::new(ingestion, token);
        let log = snapshot(&place, tenant).await;
        let ledger = outcome.ledger.all();
        let mut verdict = stored(&ledger, &log);
        let mut last = Vec::new();
        for url in kpis {
            let answer = ask_at_head(&Place::new(url, token), tenant).await;
            last.push(Seen::of(&answer, log.len() as u64));
        }
        verdict.checked = outcome.seen.len() + last.len();
        verdict.wrong += seen::wrong(&outcome.seen, &log) + seen::wrong(&last, &log);
        verdict.wrong += replayed(&place, tenant, &ledger).await;
        verdict
    })
}

/// The whole log, in order.
async fn snapshot(place: &Place, tenant: &str) -> Vec<Change> {
    let request = StreamSnapshotRequest {
        tenant: tenant.to_owned(),
    };
    let stream = place
        .feed()
        .stream_snapshot(place.ask(request, PATIENCE))
        .await
        .expect("the log can be read");
    let mut stream = stream.into_inner();
    let mut log = Vec::new();
    while let Some(message) = stream.message().await.expect("the log can be read to its end") {
        log.extend(message.changes);
    }
    for (place, change) in log.iter().enumerate() {
        assert_eq!(change.seq, place as u64 + 1, "the log has a gap");
    }
    log
}

fn stored(ledger: &BTreeMap<String, Entry>, log: &[Change]) -> Verdict {
    let mut changes: BTreeMap<&str, usize> = BTreeMap::new();
    for change in log {
        *changes.entry(change.id.as_str()).or_default() += 1;
    }
    let mut verdict = Verdict::default();
    for entry in ledger.values() {
        for deal in &entry.deals {
            let count = changes.remove(deal.id.as_str()).unwrap_or(0);
            verdict.acknowledged += usize::from(entry.reply.is_some());
            verdict.lost += usize::from(entry.reply.is_some() && count == 0);
            verdict.doubled += usize::from(count > 1);
        }
    }
    verdict.wrong = changes.len();
    verdict
}

async fn ask_at_head(place: &Place, tenant: &str) -> kpi::QueryKpisResponse {
    let head = kpi::MinPosition {
        at: Some(kpi::min_position::At::Head(true)),
    };
    let question = kpi::QueryKpisRequest {
        min_position: Some(head),
        ..question(tenant)
    };
    let answer = place.kpis().query_kpis(place.ask(question, PATIENCE)).await;
    answer.expect("kpi answers at the head").into_inner()
}

/// Sends some requests again: how many get another reply than the first one.
async fn replayed(place: &Place, tenant: &str, ledger: &BTreeMap<String, Entry>) -> usize {
    let step = (ledger.len() / REPLAYED).max(1);
    let mut different = 0;
    for (id, entry) in ledger.iter().step_by(step) {
        let message = ingestion::UpsertRecordsRequest {
            tenant: tenant.to_owned(),
            records: entry.deals.iter().map(Deal::record).collect(),
            request_id: id.clone(),
            all_or_nothing: false,
        };
        let again = place.records().upsert_records(place.ask(message, PATIENCE)).await;
        let again = again.expect("a request can be sent again").into_inner();
        different += usize::from(entry.reply.as_ref() != Some(&again));
    }
    different
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_strange_is_seen() {
        let deal = |id: &str| Deal {
            id: id.to_owned(),
            owner: "rep-1".to_owned(),
            minor: 100,
        };
        let entry = |id: &str, answered: bool| Entry {
            deals: vec![deal(id)],
            reply: answered.then(ingestion::UpsertRecordsResponse::default),
        };
        let ledger = BTreeMap::from([
            ("a".to_owned(), entry("a", true)),
            ("b".to_owned(), entry("b", true)),
            ("c".to_owned(), entry("c", false)),
        ]);
        let change = |id: &str| Change {
            id: id.to_owned(),
            ..Change::default()
        };
        let found = stored(&ledger, &[change("a"), change("a"), change("x")]);
        let expected = Verdict {
            acknowledged: 2,
            lost: 1,
            doubled: 1,
            wrong: 1,
            checked: 0,
        };
        assert_eq!((found, found.holds()), (expected, false));
    }
}
