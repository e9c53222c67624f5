//! The journey: what a company does with the product, from the first setting to the last correction.

mod commands;
mod company;
mod facts;
mod feed;
mod forecasts;
mod imports;
mod own_kpis;
mod questions;
mod records;
mod refusals;
mod settings;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use bellwether_tests::caller::Caller;
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::transcript::Transcript;

const RECORDS: &str = "ingestion.v1.RecordService";
const TENANTS: &str = "ingestion.v1.TenantService";
const IMPORTS: &str = "ingestion.v1.ImportService";
const FEED: &str = "ingestion.v1.ChangeFeedService";
const KPIS: &str = "kpi.v1.KpiService";
const CATALOG: &str = "kpi.v1.CatalogService";

/// Travels through a deployment: what was answered, and how often answers were computed in which way.
pub(crate) fn run(deployment: &Deployment) -> (Transcript, BTreeMap<String, usize>) {
    let journey = Journey {
        token: deployment.token(),
        deployment,
        caller: Caller::new(),
        transcript: RefCell::default(),
        paths: RefCell::default(),
        positions: RefCell::default(),
        requests: Cell::new(0),
    };
    settings::first(&journey);
    records::arrive(&journey);
    questions::company(&journey, "at first");
    records::change(&journey);
    questions::company(&journey, "after changes");
    settings::change(&journey);
    questions::company(&journey, "after other settings");
    questions::earlier(&journey);
    records::strange(&journey);
    records::replay(&journey);
    records::merge(&journey);
    records::page(&journey);
    refusals::all(&journey);
    imports::examples(&journey);
    imports::rejects(&journey);
    own_kpis::all(&journey);
    feed::all(&journey);
    facts::all(&journey);
    forecasts::all(&journey);
    commands::all(&journey);
    imports::export(&journey);
    (journey.transcript.into_inner(), journey.paths.into_inner())
}

/// A journey under way.
struct Journey<'a> {
    deployment: &'a Deployment,
    caller: Caller,
    token: String,
    transcript: RefCell<Transcript>,
    paths: RefCell<BTreeMap<String, usize>>,
    /// The last position of each tenant, as it was given out.
    positions: RefCell<HashMap<String, Value>>,
    /// How many request ids were given.
    requests: Cell<usize>,
}

impl Journey<'_> {
    /// Writes an answer down and hands it back as it came.
    fn note(&self, question: &str, answer: Result<Value, Value>) -> Value {
        let answer = answer.unwrap_or_else(|refusal| json!({ "refused": refusal }));
        self.transcript.borrow_mut().note(question, &answer);
        answer
    }

    /// Asks the next ingestion replica.
    fn read(&self, question: &str, method: &str, message: &Value) -> Value {
        let url = self.deployment.ingestion();
        self.note(question, self.caller.call(url, &self.token, method, message))
    }

    /// Asks the next forecasting replica.
    fn foretell(&self, question: &str, method: &str, message: &Value) -> Value {
        let url = self.deployment.forecasting();
        self.note(question, self.caller.call(url, &self.token, method, message))
    }

    /// Writes through the next ingestion replica, and remembers the position.
    fn write(&self, question: &str, method: &str, message: &Value) -> Value {
        let answer = self.read(question, method, message);
        self.reached(message["tenant"].as_str().expect("a tenant"), &answer["position"]);
        answer
    }

    fn reached(&self, tenant: &str, position: &Value) {
        if position.is_object() {
            self.positions
                .borrow_mut()
                .insert(tenant.to_owned(), position.clone());
        }
    }

    /// The last position of a tenant.
    fn position(&self, tenant: &str) -> Value {
        self.positions
            .borrow()
            .get(tenant)
            .cloned()
            .unwrap_or(Value::Null)
    }

    /// Upserts records under a request id of their own.
    fn upsert(&self, question: &str, tenant: &str, records: &[Value]) -> Value {
        self.requests.set(self.requests.get() + 1);
        let request_id = format!("journey-{}", self.requests.get());
        let message = json!({"tenant": tenant, "records": records, "request_id": request_id});
        self.write(question, &format!("{RECORDS}/UpsertRecords"), &message)
    }

    /// Asks two kpi replicas in turn (the only one twice) for what has seen the tenant's last write.
    fn ask(&self, question: &str, message: &Value) -> Value {
        let mut message = message.clone();
        if message["min_position"].is_null() {
            let position = self.position(message["tenant"].as_str().expect("a tenant"));
            message["min_position"] = json!({ "position": position });
        }
        let method = format!("{KPIS}/QueryKpis");
        let mut last = Value::Null;
        for _ in 0..2 {
            let url = self.deployment.kpi();
            last = self.note(question, self.caller.call(url, &self.token, &method, &message));
            let values = last["values"].as_array().into_iter().flatten();
            for path in values.filter_map(|value| value["path"].as_str()) {
                *self.paths.borrow_mut().entry(path.to_owned()).or_default() += 1;
            }
        }
        last
    }
}
