//! The verdict over a ledger: nothing acknowledged is lost, nothing is counted twice, no number was ever wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_contracts::ingestion::{Change, StreamSnapshotRequest, change::Payload};
use bellwether_contracts::sales::record::Body;
use bellwether_contracts::{ingestion, kpi};
use tokio::runtime::Runtime;

use super::ledger::{Deal, Entry};
use super::load::question;
use super::outcome::Outcome;
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
    /// Deals in the log that differ from what the ledger says was sent or that nobody sent, answers that differ from a
    /// recomputation from the log, and replies that differ from the first one.
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
    let mut changes: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in log {
        changes.entry(change.id.as_str()).or_default().push(change);
    }
    let mut verdict = Verdict::default();
    for entry in ledger.values() {
        for deal in &entry.deals {
            let stored = changes.remove(deal.id.as_str()).unwrap_or_default();
            verdict.acknowledged += usize::from(entry.reply.is_some());
            verdict.lost += usize::from(entry.reply.is_some() && stored.is_empty());
            verdict.doubled += usize::from(stored.len() > 1);
            verdict.wrong += stored.iter().filter(|change| !says(change, deal)).count();
        }
    }
    verdict.wrong += changes.len();
    verdict
}

/// Whether a change holds what the ledger says was sent.
fn says(change: &Change, deal: &Deal) -> bool {
    let Some(Payload::Record(record)) = &change.payload else {
        return false;
    };
    let (Some(Body::Opportunity(stored)), Some(Body::Opportunity(sent))) =
        (&record.body, &deal.record().body)
    else {
        return false;
    };
    (&stored.owner_id, &stored.amount, &stored.stage, &stored.closed_at)
        == (&sent.owner_id, &sent.amount, &sent.stage, &sent.closed_at)
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
            ..Default::default()
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
        let change = |sent: &Deal| Change {
            id: sent.id.clone(),
            payload: Some(Payload::Record(sent.record())),
            ..Change::default()
        };
        let [a, x] = ["a", "x"].map(|id| change(&deal(id)));
        let found = stored(&ledger, &[a.clone(), a.clone(), x]);
        let expected = Verdict {
            acknowledged: 2,
            lost: 1,
            doubled: 1,
            wrong: 1,
            checked: 0,
        };
        assert_eq!((found, found.holds()), (expected, false));
        let b = Deal {
            minor: 101,
            ..deal("b")
        };
        let found = stored(&ledger, &[a, change(&b)]);
        assert_eq!(
            (found.lost, found.doubled, found.wrong),
            (0, 0, 1),
            "another amount"
        );
    }
}
