//! The bugs of real dashboards (KPI rules 5.3), the complaints and the firsts (6), each by its name: histories are told
//! change by change, as a source would, and asked as a reader would. Each test fails where the bug is.

mod complaints;
mod erpnext;
mod espo;
mod firsts;
mod frappe;
mod odoo;
mod salesforce;

use bellwether_domain::record::{Activity, ActivityType, Body, Direction, Lead, Record};
use bellwether_domain::settings::Settings;
use bellwether_testkit::sample;

use super::*;
use crate::tenant::TenantFacts;
use crate::tenant::tests::{Log, hour};

/// A company, told change by change.
#[derive(Default)]
struct Company {
    log: Log,
}

impl Company {
    fn of(records: impl IntoIterator<Item = Record>) -> Self {
        let mut company = Self::default();
        company.tell(records);
        company
    }

    /// Tells records, one change each; the sequence number of the last.
    fn tell(&mut self, records: impl IntoIterator<Item = Record>) -> u64 {
        for record in records {
            let recorded = hour(100_001 + i64::try_from(self.log.changes.len()).unwrap());
            let key = (record.effective_at.unwrap_or(recorded), record.source_version);
            self.log.record(&record.id, key, record.body);
        }
        self.log.changes.len() as u64
    }

    /// Deletes a record.
    fn delete(&mut self, kind: bellwether_domain::RecordKind, id: &str) -> u64 {
        let at = hour(200_000);
        self.log.tombstone(kind, id, (at, 0));
        self.log.changes.len() as u64
    }

    fn settings(&mut self, settings: &Settings) -> u64 {
        self.log.settings(settings);
        self.log.changes.len() as u64
    }

    fn facts(&self) -> TenantFacts {
        self.log.replay(self.log.changes.len())
    }
}

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    &CATALOGUE
}

fn answered(facts: &TenantFacts, ask: &Ask) -> Result<Vec<Row>> {
    Ok(answer(facts, catalogue(), ask, now(), 2)?.rows)
}

/// The only value, or the reason why there is none.
fn told(facts: &TenantFacts, ask: &Ask) -> String {
    let rows = answered(facts, ask).unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    text(&rows[0])
}

/// `group value`, a line a row.
fn lines(facts: &TenantFacts, ask: &Ask) -> Vec<String> {
    let line = |row: &Row| {
        let names: Vec<&str> = row
            .group
            .iter()
            .map(|(_, name)| name.as_deref().unwrap_or("null"))
            .collect();
        format!("{} {}", names.join("/"), text(row))
            .trim_start()
            .to_owned()
    };
    answered(facts, ask).unwrap().iter().map(line).collect()
}

/// `start value`, a line a period.
fn periods(facts: &TenantFacts, ask: &Ask) -> Vec<String> {
    let line = |row: &Row| {
        let start = row.start.map_or("-".to_owned(), |start| start.to_string());
        format!("{start} {}", text(row))
    };
    answered(facts, ask).unwrap().iter().map(line).collect()
}

fn known(ask: Ask, seq: u64) -> Ask {
    Ask {
        known_at: Some(KnownAt::Seq(seq)),
        ..ask
    }
}

/// The deal that a rep won, created on 2017-01-01.
fn won(id: &str, owner: &str, at: &str, major: &str) -> Record {
    let deal = sample::deal(id).owner(owner).created("2017-01-01");
    deal.qualified("2017-01-01").won(at, major).record()
}

/// A lead that was created at an instant.
fn lead(id: &str, created: &str, change: impl FnOnce(&mut Lead)) -> Record {
    let mut lead = Lead {
        created: Some(sample::when(created)),
        owner_id: Some("ann".to_owned()),
        ..Lead::default()
    };
    change(&mut lead);
    record(id, Body::Lead(lead))
}

/// A call to a lead.
fn call(id: &str, lead: &str, at: &str) -> Record {
    let call = Activity {
        activity_type: ActivityType::Call,
        rep_id: Some("ann".to_owned()),
        lead_id: Some(lead.to_owned()),
        opportunity_id: None,
        account_id: None,
        at: sample::when(at),
        duration_seconds: None,
        completed: true,
        direction: Some(Direction::Outbound),
        automatic: false,
        outcome: None,
        evidence: Vec::new(),
    };
    record(id, Body::Activity(call))
}

fn record(id: &str, body: Body) -> Record {
    Record {
        id: id.to_owned(),
        effective_at: None,
        source_version: 0,
        attributes: Default::default(),
        body,
    }
}
