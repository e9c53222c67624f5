//! KPIs of the company's own: tried, made, read at another replica, edited by two at once, promoted, deprecated.

use serde_json::{Value, json};

use super::company::TENANT;
use super::{CATALOG, Journey};

const DEFINITION: &str = "\
name: Offers won
owner: Ann
description: Deals won of those closed.
counts: Every deal closed in the period.
leaves_out: Open deals.
in_words: deals won of all deals closed
formula: won / closed
unit: ratio
direction: up
leading: false
cadence: monthly
funnel_stage: close
items: { what: deals closed, measure: closed }
absent_reason: no_closed_deals
interval: { successes: won, trials: closed }
measures:
  - { name: won, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
  - { name: closed, table: closings, class: flow, aggregate: count }
caveats:
  - A test.
";

/// Asks the next kpi replica for what has seen the tenant's last write.
fn read(journey: &Journey<'_>, question: &str, method: &str, message: &Value) -> Value {
    let mut message = message.clone();
    message["tenant"] = json!(TENANT);
    let url = journey.deployment.kpi();
    let method = format!("{CATALOG}/{method}");
    journey.note(
        question,
        journey.caller.call(url, &journey.token, &method, &message),
    )
}

/// Writes through the next kpi replica, and remembers the position.
fn write(journey: &Journey<'_>, question: &str, method: &str, message: &Value) -> Value {
    let answer = read(journey, question, method, message);
    journey.reached(TENANT, &answer["position"]);
    answer
}

fn get(journey: &Journey<'_>, question: &str, id: &str) -> Value {
    let message = json!({"id": id, "min_position": journey.position(TENANT)});
    read(journey, question, "GetKpi", &message)["kpi"].clone()
}

/// Everything that becomes of a KPI of one's own.
pub(super) fn all(journey: &Journey<'_>) {
    made(journey);
    edited(journey);
    promoted(journey);
    deprecated(journey);
    let versions = json!({"id": "offers_won", "min_position": journey.position(TENANT)});
    let found = read(journey, "every version", "ListVersions", &versions);
    assert_eq!(found["versions"].as_array().map(Vec::len), Some(5), "{found}");
    read(
        journey,
        "versions of none",
        "ListVersions",
        &json!({"id": "win_rate_value"}),
    );
}

fn made(journey: &Journey<'_>) {
    let year = json!({
        "from": {"date": "2024-01-01"}, "to": {"date": "2025-01-01"}, "grain": "GRAIN_QUARTER", "group_by": ["pipeline"],
        "min_position": {"position": journey.position(TENANT)},
    });
    let trial = json!({"id": "offers_won", "definition": DEFINITION, "query": year});
    let tried = read(journey, "a definition tried", "DryRunKpi", &trial);
    assert!(
        tried["values"]
            .as_array()
            .is_some_and(|values| !values.is_empty()),
        "{tried}"
    );
    let wrong = DEFINITION.replace("won / closed", "won / closd");
    read(
        journey,
        "a wrong one tried",
        "DryRunKpi",
        &json!({"id": "x", "definition": wrong}),
    );
    get(journey, "nothing was made", "offers_won");
    let make = json!({"id": "offers_won", "definition": DEFINITION, "author": "Ann", "request_id": "own-1"});
    write(journey, "made", "CreateKpi", &make);
    write(journey, "sent again", "CreateKpi", &make);
    let second = json!({"id": "offers_won", "definition": DEFINITION});
    write(journey, "made twice", "CreateKpi", &second);
    write(
        journey,
        "over a built-in one",
        "CreateKpi",
        &json!({"id": "win_rate", "definition": DEFINITION}),
    );
    let ask = json!({
        "tenant": TENANT, "kpis": ["offers_won", "win_rate"], "group_by": ["pipeline"], "as_of": {"date": "2025-12-31"},
    });
    let answer = journey.ask("own beside built-in", &ask);
    let values: Vec<&Value> = answer["values"].as_array().into_iter().flatten().collect();
    let (own, built_in) = values.split_at(values.len() / 2);
    let numbers = |values: &[&Value]| values.iter().map(|one| one["value"].clone()).collect::<Vec<_>>();
    assert!(!own.is_empty(), "{answer}");
    assert_eq!(numbers(own), numbers(built_in));
}

fn edited(journey: &Journey<'_>) {
    let first = get(journey, "as it was made", "offers_won");
    let text = DEFINITION.replace("A test.", "Read it next to the number of deals.");
    let edit = |etag: &Value, note: &str| json!({"id": "offers_won", "definition": text, "etag": etag, "note": note, "request_id": format!("own-{note}")});
    let changed = write(journey, "edited", "UpdateKpi", &edit(&first["etag"], "words"));
    write(
        journey,
        "edited, sent again",
        "UpdateKpi",
        &edit(&first["etag"], "words"),
    );
    write(
        journey,
        "edited by somebody else",
        "UpdateKpi",
        &edit(&first["etag"], "late"),
    );
    let certify = json!({
        "id": "offers_won", "status": "DEFINITION_STATUS_CERTIFIED", "update_mask": "status",
        "etag": changed["kpi"]["etag"],
    });
    write(journey, "certified", "UpdateKpi", &certify);
    write(
        journey,
        "a mask of nothing",
        "UpdateKpi",
        &json!({"id": "offers_won", "update_mask": "owner"}),
    );
    write(
        journey,
        "a built-in one",
        "UpdateKpi",
        &json!({"id": "win_rate", "definition": DEFINITION}),
    );
}

fn promoted(journey: &Journey<'_>) {
    write(
        journey,
        "nothing is there",
        "PromoteKpi",
        &json!({"id": "offers_won"}),
    );
    let target = json!({"id": "own-target", "target": {
        "kpi": "offers_won", "period_start": "2024-01-01", "period_end": "2100-01-01", "value": "0.5",
    }});
    journey.upsert("a target", TENANT, &[target]);
    let promotion = json!({
        "owner": "Ann", "target_id": "own-target", "deadline": "2099-12-31", "action": "call",
        "benchmark": "a study of 2024", "cadence": "REVIEW_CADENCE_MONTHLY",
    });
    write(
        journey,
        "promoted",
        "PromoteKpi",
        &json!({"id": "offers_won", "promotion": promotion}),
    );
    get(journey, "as it was promoted", "offers_won");
}

fn deprecated(journey: &Journey<'_>) {
    let away = |successor: &str| json!({"id": "offers_won", "successor": successor});
    write(journey, "in favour of none", "DeprecateKpi", &away("offers"));
    write(journey, "deprecated", "DeprecateKpi", &away("win_rate"));
    let ask = json!({"tenant": TENANT, "kpis": ["offers_won"], "as_of": {"date": "2025-12-31"}});
    journey.ask("it still answers", &ask);
}
