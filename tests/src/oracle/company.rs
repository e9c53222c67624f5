//! Made-up companies: their steps are sent to a server, their questions asked of it.

use serde_json::{Value, json};

use crate::caller::Caller;
use crate::product::Server;

/// A company on a server.
#[derive(Debug)]
pub struct Company<'a> {
    caller: &'a Caller,
    url: &'a str,
    token: String,
    tenant: String,
}

impl<'a> Company<'a> {
    /// A company of a seed; it has no record yet.
    ///
    /// # Panics
    /// When the server has left no token.
    #[must_use]
    pub fn new(caller: &'a Caller, server: &'a Server, seed: u64) -> Self {
        let token = std::fs::read_to_string(server.dir.join("token")).expect("a token");
        Self {
            caller,
            url: &server.url,
            token: token.trim().to_owned(),
            tenant: format!("company-{seed}"),
        }
    }

    fn call(&self, method: &str, message: &Value) -> Result<Value, Value> {
        self.caller.call(self.url, &self.token, method, message)
    }

    /// Sends a step; the server's reply.
    ///
    /// # Panics
    /// When the server refuses it.
    #[must_use]
    pub fn play(&self, step: &Value) -> Value {
        let tenant = self.tenant.as_str();
        let kind = |of: &Value| {
            let kind = of["kind"].as_str().expect("a kind").to_uppercase();
            format!("RECORD_KIND_{kind}")
        };
        let (name, body) = step
            .as_object()
            .and_then(|step| step.iter().next())
            .expect("a step");
        let (method, message) = match name.as_str() {
            "settings" => (
                "ingestion.v1.TenantService/UpdateSettings",
                json!({ "tenant": tenant, "settings": body }),
            ),
            "upsert" => (
                "ingestion.v1.RecordService/UpsertRecords",
                json!({ "tenant": tenant, "records": body }),
            ),
            "delete" => (
                "ingestion.v1.RecordService/DeleteRecord",
                json!({ "tenant": tenant, "kind": kind(body), "id": body["id"] }),
            ),
            _ => (
                "ingestion.v1.RecordService/MergeRecords",
                json!({
                    "tenant": tenant, "kind": kind(body), "survivor_id": body["survivor"], "loser_ids": body["losers"],
                }),
            ),
        };
        self.call(method, &message)
            .unwrap_or_else(|refused| panic!("{refused}\n{step}"))
    }

    /// The KPIs of the built-in catalogue.
    ///
    /// # Panics
    /// When the server does not tell.
    #[must_use]
    pub fn kpis(&self) -> Value {
        let mut reply = self
            .call("kpi.v1.CatalogService/ListKpis", &json!({}))
            .expect("the catalogue");
        reply["kpis"].take()
    }

    /// Asks a question; an error under `error`.
    #[must_use]
    pub fn ask(&self, question: &Value) -> Value {
        let mut message = question.clone();
        message["tenant"] = json!(self.tenant);
        message["min_position"] = json!({ "head": true });
        self.call("kpi.v1.KpiService/QueryKpis", &message)
            .unwrap_or_else(|error| json!({ "error": error }))
    }
}
