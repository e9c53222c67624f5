//! The log for those that follow it: from nothing, from the middle, as a snapshot, across replicas.

use serde_json::{Value, json};

use super::company::TENANT;
use super::{FEED, Journey};

/// Heads and changes of three tenants, and of one that is not there.
pub(super) fn all(journey: &Journey<'_>) {
    for tenant in [TENANT, "strange", "merges", "nobody"] {
        let head = journey.read(
            &format!("head of {tenant}"),
            &format!("{FEED}/GetHead"),
            &json!({ "tenant": tenant }),
        );
        let seq = head["position"]["seq"].as_u64().unwrap_or_default();
        for after in [0, 1, seq / 2, seq] {
            follow(journey, tenant, &head["position"], after);
        }
        let message = json!({ "tenant": tenant });
        let url = journey.deployment.ingestion();
        let heard = journey.caller.listen(
            url,
            &journey.token,
            &format!("{FEED}/StreamSnapshot"),
            &message,
            |_| false,
        );
        changes(journey, &format!("snapshot of {tenant}"), heard);
    }
}

fn follow(journey: &Journey<'_>, tenant: &str, head: &Value, after: u64) {
    let position = json!({"epoch": head["epoch"], "seq": after});
    let message = json!({"tenant": tenant, "after": position});
    let reached = |message: &Value| {
        let last = message["changes"].as_array().and_then(|changes| changes.last());
        let last = last.map_or(after, |change| change["seq"].as_u64().unwrap_or_default());
        last >= head["seq"].as_u64().unwrap_or_default()
    };
    let url = journey.deployment.ingestion();
    let heard = journey.caller.listen(
        url,
        &journey.token,
        &format!("{FEED}/Subscribe"),
        &message,
        reached,
    );
    changes(journey, &format!("changes of {tenant} after {after}"), heard);
}

/// How changes are parcelled into messages is not part of the answer.
fn changes(journey: &Journey<'_>, question: &str, heard: Result<Vec<Value>, Value>) {
    let heard = heard.map(|messages| {
        let last = messages.last().map(|message| message["head"].clone());
        let all = messages
            .into_iter()
            .flat_map(|mut message| match message["changes"].take() {
                Value::Array(changes) => changes,
                _ => Vec::new(),
            });
        json!({"changes": all.collect::<Vec<Value>>(), "head": last})
    });
    journey.note(question, heard);
}
