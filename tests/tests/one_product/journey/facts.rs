//! Rows of facts: every table, all of its past and what stands, as known at first and now.

use serde_json::{Value, json};

use super::company::TENANT;
use super::{Journey, KPIS};

const TABLES: [&str; 6] = [
    "open_deals",
    "closings",
    "stage_spells",
    "leads",
    "subscriptions",
    "of_nobody",
];

/// The rows of each table.
pub(super) fn all(journey: &Journey<'_>) {
    for table in TABLES {
        let all = json!({"tenant": TENANT, "table": table, "as_of": {"date": "2025-06-30"}});
        stream(journey, &format!("{table}, all"), &all);
        let mut standing = all.clone();
        standing["standing"] = json!(true);
        standing["as_of"] = json!({"date": "2024-03-31"});
        stream(journey, &format!("{table}, standing"), &standing);
        let mut before = all.clone();
        before["known_at"] = json!({"seq": 120});
        stream(journey, &format!("{table}, as known before"), &before);
    }
    let named = json!({"tenant": TENANT, "table": "open_deals", "columns": ["deal", "owner"], "dimensions": ["team"], "as_of": {"date": "2025-06-30"}});
    stream(journey, "some columns", &named);
    stream(
        journey,
        "facts of nobody",
        &json!({"tenant": "nobody", "table": "open_deals"}),
    );
}

fn stream(journey: &Journey<'_>, question: &str, message: &Value) {
    let mut message = message.clone();
    let position = journey.position(message["tenant"].as_str().expect("a tenant"));
    if position.is_object() {
        message["min_position"] = json!({ "position": position });
    }
    let url = journey.deployment.kpi();
    let heard = journey.caller.listen(
        url,
        &journey.token,
        &format!("{KPIS}/StreamFacts"),
        &message,
        |_| false,
    );
    journey.note(&format!("facts: {question}"), heard.map(Value::from));
}
