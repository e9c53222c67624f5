//! The ledger of a load: what was asked to be written, and what the server said, in a file before the client goes on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bellwether_contracts::{ingestion, sales, types};

/// A won deal of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    /// The record's id.
    pub id: String,
    /// One of a few reps, so that answers have groups.
    pub owner: String,
    /// In cents.
    pub minor: i64,
}

impl Deal {
    /// The record that is sent.
    #[must_use]
    pub fn record(&self) -> sales::Record {
        let day = |text: &str| {
            Some(types::DateOrTime {
                value: Some(types::date_or_time::Value::Date(text.to_owned())),
            })
        };
        let deal = sales::Opportunity {
            owner_id: self.owner.clone(),
            stage: "Won".to_owned(),
            amount: Some(types::Money {
                minor_units: self.minor,
                currency_code: "USD".to_owned(),
            }),
            created_at: day("2026-01-05"),
            closed_at: day("2026-02-10"),
            ..Default::default()
        };
        sales::Record {
            id: self.id.clone(),
            body: Some(sales::record::Body::Opportunity(deal)),
            ..Default::default()
        }
    }
}

/// A request of the ledger.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What was to be written.
    pub deals: Vec<Deal>,
    /// What the server answered; `None` = no answer, or an error: it is not known whether it was written.
    pub reply: Option<ingestion::UpsertRecordsResponse>,
}

/// Every request of a load by its id, on disk and in memory.
#[derive(Debug)]
pub struct Ledger {
    file: Mutex<File>,
    entries: Mutex<BTreeMap<String, Entry>>,
}

impl Ledger {
    /// An empty ledger in a file.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[must_use]
    pub fn create(path: &Path) -> Self {
        Self {
            file: Mutex::new(File::create(path).expect("a writable folder")),
            entries: Mutex::default(),
        }
    }

    /// Notes what will be asked.
    pub fn intend(&self, request: &str, deals: &[Deal]) {
        let ids: Vec<&str> = deals.iter().map(|deal| deal.id.as_str()).collect();
        self.line(&format!("ask {request} {}", ids.join(" ")));
        let entry = Entry {
            deals: deals.to_vec(),
            reply: None,
        };
        self.entries().insert(request.to_owned(), entry);
    }

    /// Notes what the server said.
    ///
    /// # Panics
    /// When the request was never asked.
    pub fn acknowledged(&self, request: &str, reply: ingestion::UpsertRecordsResponse) {
        let seq = reply.position.as_ref().map_or(0, |position| position.seq);
        self.line(&format!("ack {request} {seq}"));
        let mut entries = self.entries();
        entries.get_mut(request).expect("it was asked").reply = Some(reply);
    }

    /// Notes that no good answer came.
    pub fn unanswered(&self, request: &str, why: &str) {
        self.line(&format!("unknown {request} {why}"));
    }

    /// A copy of everything.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, Entry> {
        self.entries().clone()
    }

    /// The requests without a good answer.
    #[must_use]
    pub fn open(&self) -> Vec<(String, Vec<Deal>)> {
        let entries = self.entries();
        let open = entries.iter().filter(|(_, entry)| entry.reply.is_none());
        open.map(|(id, entry)| (id.clone(), entry.deals.clone()))
            .collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, text: &str) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{text}").expect("the ledger is writable");
    }
}
