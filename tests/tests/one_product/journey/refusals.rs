//! What is refused, with its code, its reason, every violation and its words.

use serde_json::{Value, json};

use super::company::TENANT;
use super::{CATALOG, FEED, IMPORTS, Journey, KPIS, RECORDS, TENANTS};
use crate::deployment::NORTH;

/// Everything that is refused.
pub(super) fn all(journey: &Journey<'_>) {
    writes(journey);
    questions(journey);
    positions(journey);
    rights(journey);
}

/// Records that break many rules at once, between good ones.
fn broken() -> Vec<Value> {
    let money = json!({"minor_units": -5, "currency_code": "XXQ"});
    let deal = json!({
        "stage": "Dreaming", "pipeline": "unknown", "amount": money, "created_at": {"date": "2024-02-30"},
        "closed_at": {"date": "2023-01-01"}, "crm_probability": "1.5", "lines": [{"product": "", "units": "x"}],
        "stage_history": [{"at": {"date": "2024-03-01"}, "stage": "Won"}, {"at": {"date": "2024-01-01"}, "stage": "Talking"}],
    });
    vec![
        json!({"id": "", "opportunity": deal}),
        json!({"id": "fine", "effective_at": "2024-01-01T00:00:00Z", "account": {"name": "Fine"}}),
        json!({"id": "x".repeat(300), "account": {"name": "y".repeat(2000), "parent_id": "x".repeat(300)}}),
        json!({"id": "nothing"}),
        json!({"id": "q", "quota": {"period_start": "2024-04-01", "period_end": "2024-04-01", "amount": {"minor_units": -1, "currency_code": "EUR"}}}),
        json!({"id": "r", "rep": {"manager": "r", "start_date": "2024-01-02", "end_date": "2024-01-01"}}),
        json!({"id": "a", "activity": {"type": "ACTIVITY_TYPE_UNSPECIFIED"}}),
        json!({"fx_rate": {"base_currency": "EUR", "quote_currency": "EUR", "date": "x", "rate": "-1"}}),
        json!({"id": "open", "opportunity": {"stage": "Talking", "pipeline": "new", "closed_at": {"date": "2024-01-01"}}}),
        json!({"id": "s", "subscription": {"mrr": money, "ended_at": {"date": "2024-01-01"}}}),
        json!({"id": "k", "contract": {"term_months": 0, "compliance_checks": [{"name": "", "due_date": "x"}]}}),
        json!({"id": "o", "order": {"revenue": {"minor_units": -1, "currency_code": "EUR"}, "lines": [{"units": "x"}]}}),
        json!({"id": "p", "spend": {"period_start": "2024-04-01", "period_end": "2024-04-01"}}),
        json!({"id": "n", "metric_sample": {"name": "A", "value": "x", "weight": "0", "dimensions": {"B": "y"}}}),
        json!({"id": "Fast wins", "kpi_definition": {"deprecated_for": "win_rate", "promotion": {"deadline": "soon"}}}),
        json!({"id": "g", "target": {"kpi": "", "period_start": "2024-01-01", "period_end": "2024-01-01", "value": "30 %"}}),
        json!({"id": "b", "scorecard": {"items": [{"kpi": "win_rate"}, {"kpi": "win_rate"}]}}),
        json!({"id": "credits", "opportunity": {"stage": "Talking", "credits": [{"rep_id": "a", "share": "0.5"}]}}),
        json!({"id": "attributes", "attributes": {"unknown": {"text": "x"}, "score": {"text": "x"}}, "opportunity": {"stage": "Won"}}),
    ]
}

fn writes(journey: &Journey<'_>) {
    let records = broken();
    journey.upsert("broken records", TENANT, &records);
    let one = json!([records[1]]);
    let many = vec![records[1].clone(); 5001];
    let cases = [
        ("a bad tenant", json!({"tenant": "Acme!", "records": one})),
        (
            "a request id too long",
            json!({"records": one, "request_id": "x".repeat(129)}),
        ),
        ("no records", json!({"request_id": "none"})),
        ("too many records", json!({ "records": many })),
    ];
    refused(journey, &format!("{RECORDS}/UpsertRecords"), &cases);
    let cases = [
        ("delete nothing", json!({"kind": "RECORD_KIND_ACCOUNT"})),
        (
            "delete settings",
            json!({"kind": "RECORD_KIND_SETTINGS", "id": "settings"}),
        ),
    ];
    refused(journey, &format!("{RECORDS}/DeleteRecord"), &cases);
    let cases = [
        ("a kind that is none", json!({"kind": 77, "id": "x"})),
        (
            "a record of nobody",
            json!({"tenant": "nobody", "kind": "RECORD_KIND_REP", "id": "x"}),
        ),
    ];
    refused(journey, &format!("{RECORDS}/GetRecord"), &cases);
    let page = (
        "a page of less than nothing",
        json!({"kind": "RECORD_KIND_REP", "page_size": -1}),
    );
    refused(journey, &format!("{RECORDS}/ListRecords"), &[page]);
    refused(
        journey,
        &format!("{TENANTS}/UpdateSettings"),
        &[("settings without any", json!({}))],
    );
    let none = [("an import that is none", json!({"import_id": "none"}))];
    refused(journey, &format!("{IMPORTS}/GetImport"), &none);
    refused(journey, &format!("{IMPORTS}/ListRejects"), &none);
}

/// Calls a method of ingestion in ways that it refuses; the tenant is the company's where none is named.
fn refused(journey: &Journey<'_>, method: &str, cases: &[(&str, Value)]) {
    for (what, case) in cases {
        let mut message = json!({ "tenant": TENANT });
        for (name, value) in case.as_object().expect("an object") {
            message[name] = value.clone();
        }
        let answer = journey.read(&format!("{method}: {what}"), method, &message);
        assert!(answer["refused"].is_object(), "{method} takes {what}: {answer}");
    }
}

/// Questions that cannot be asked.
fn questions(journey: &Journey<'_>) {
    let cases = [
        ("no KPI", json!({})),
        ("an unknown KPI", json!({"kpis": ["winrate"]})),
        (
            "an unknown dimension",
            json!({"kpis": ["win_rate"], "group_by": ["ownr"]}),
        ),
        (
            "a dimension of others",
            json!({"kpis": ["win_rate", "open_deals"], "group_by": ["loss_reason"]}),
        ),
        (
            "a dimension twice",
            json!({"kpis": ["win_rate"], "group_by": ["owner", "owner"]}),
        ),
        (
            "a range backwards",
            json!({"kpis": ["win_rate"], "from": {"date": "2025-01-01"}, "to": {"date": "2024-01-01"}}),
        ),
        (
            "no such day",
            json!({"kpis": ["win_rate"], "as_of": {"date": "2024-02-30"}, "from": {"date": "x"}}),
        ),
        (
            "a grain without a range",
            json!({"kpis": ["win_rate"], "grain": "GRAIN_MONTH"}),
        ),
        ("a grain that is none", json!({"kpis": ["win_rate"], "grain": 99})),
        (
            "known ahead of the head",
            json!({"kpis": ["win_rate"], "known_at": {"seq": 999_999_999}}),
        ),
        ("known at nothing", json!({"kpis": ["win_rate"], "known_at": {}})),
        (
            "a position of nothing",
            json!({"kpis": ["win_rate"], "min_position": {}}),
        ),
        (
            "no head",
            json!({"kpis": ["win_rate"], "min_position": {"head": false}}),
        ),
        (
            "too many cells",
            json!({"kpis": ["win_rate", "bookings"], "grain": "GRAIN_DAY", "from": {"date": "1990-01-01"}, "to": {"date": "2060-01-01"}, "group_by": ["owner"]}),
        ),
        ("too many KPIs", json!({"kpis": vec!["win_rate"; 33]})),
    ];
    for (what, case) in cases {
        let mut message =
            json!({"tenant": TENANT, "as_of": {"date": "2025-06-30"}, "min_position": {"head": true}});
        for (name, value) in case.as_object().expect("an object") {
            message[name] = value.clone();
        }
        journey.ask(what, &message);
    }
    journey.ask(
        "the KPIs of nobody",
        &json!({"tenant": "nobody", "kpis": ["win_rate"], "min_position": {"head": true}}),
    );
    for id in ["winrate", "", "bookings"] {
        let (url, method) = (journey.deployment.kpi(), format!("{CATALOG}/GetKpi"));
        let answer = journey
            .caller
            .call(url, &journey.token, &method, &json!({ "id": id }));
        journey.note(&format!("get KPI `{id}`"), answer);
    }
    // Yen have no rate: the answer would be wrong without one.
    let yen = json!({"id": "yen", "opportunity": {"stage": "Won", "created_at": {"date": "2024-02-01"}, "closed_at": {"date": "2024-03-01"}, "amount": {"minor_units": 5, "currency_code": "JPY"}}});
    journey.upsert("a deal in yen", "yen", &[yen]);
    for kpi in ["bookings", "deals_won", "pipeline_value"] {
        journey.ask(
            &format!("yen: {kpi}"),
            &json!({"tenant": "yen", "kpis": [kpi], "as_of": {"date": "2025-06-30"}}),
        );
    }
}

/// Positions of other lives of the log, and of its future.
fn positions(journey: &Journey<'_>) {
    let here = journey.position(TENANT);
    let (epoch, seq) = (
        here["epoch"].as_u64().expect("a number"),
        here["seq"].as_u64().expect("a number"),
    );
    let cases = [
        ("an old epoch", json!({"epoch": 7, "seq": 1})),
        ("an epoch to come", json!({"epoch": u64::MAX, "seq": 1})),
        ("ahead of the head", json!({"epoch": epoch, "seq": seq + 1000})),
        ("ahead of the head, in any life", json!({"seq": seq + 1000})),
    ];
    for (what, position) in &cases {
        let message = json!({"tenant": TENANT, "after": position});
        let url = journey.deployment.ingestion();
        let heard = journey.caller.listen(
            url,
            &journey.token,
            &format!("{FEED}/Subscribe"),
            &message,
            |_| true,
        );
        journey.note(&format!("follow from {what}"), heard.map(Value::from));
    }
    for (what, position) in &cases[..2] {
        let message = json!({"tenant": TENANT, "kpis": ["win_rate"], "as_of": {"date": "2025-06-30"}, "min_position": {"position": position}});
        journey.ask(&format!("wait for {what}"), &message);
    }
}

/// Tokens that open nothing, or another tenant.
fn rights(journey: &Journey<'_>) {
    journey.upsert(
        "an account of the north",
        "north",
        &[json!({"id": "N", "account": {"name": "North"}})],
    );
    let get = |tenant: &str| json!({"tenant": tenant, "kind": "RECORD_KIND_ACCOUNT", "id": "N"});
    for token in ["wrong", NORTH] {
        for tenant in ["north", "strange", "nobody"] {
            let url = journey.deployment.ingestion();
            let answer = journey
                .caller
                .call(url, token, &format!("{RECORDS}/GetRecord"), &get(tenant));
            journey.note(&format!("{tenant} by {token}"), answer);
            let message = json!({"tenant": tenant, "kpis": ["win_rate"], "as_of": {"date": "2025-06-30"}, "min_position": {"head": true}});
            let answer = journey.caller.call(
                journey.deployment.kpi(),
                token,
                &format!("{KPIS}/QueryKpis"),
                &message,
            );
            journey.note(&format!("KPIs of {tenant} by {token}"), answer);
        }
        let url = journey.deployment.ingestion();
        let answer = journey
            .caller
            .call(url, token, &format!("{TENANTS}/ListTenants"), &json!({}));
        journey.note(&format!("tenants by {token}"), answer);
    }
}
