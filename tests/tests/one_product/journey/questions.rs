//! Questions: every KPI by every dimension it knows, over several ranges, and as known before.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::company::TENANT;
use super::{CATALOG, Journey};

/// How many KPIs a question may have.
const MOST_KPIS: usize = 32;

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Every KPI with the dimensions that it knows.
fn kpis(journey: &Journey<'_>) -> Vec<(String, Vec<String>)> {
    let (url, method) = (journey.deployment.kpi(), format!("{CATALOG}/ListKpis"));
    let list = journey.caller.call(url, &journey.token, &method, &json!({}));
    let list = journey.note("the catalogue", list);
    let list = list["kpis"].as_array().expect("a list");
    let dimensions = |kpi: &Value| {
        kpi["dimensions"]
            .as_array()
            .into_iter()
            .flatten()
            .map(text)
            .collect()
    };
    list.iter()
        .map(|kpi| (text(&kpi["id"]), dimensions(kpi)))
        .collect()
}

/// The KPIs that know all of these dimensions.
fn knowing<'a>(all: &'a [(String, Vec<String>)], dimensions: &[&str]) -> Vec<&'a String> {
    let knows = |known: &[String]| {
        let mut wanted = dimensions.iter();
        wanted.all(|name| known.iter().any(|one| one == name))
    };
    let found = all.iter().filter(|(_, known)| knows(known));
    found.map(|(kpi, _)| kpi).collect()
}

/// A KPI between two days as of a third.
fn cut(tenant: &str, kpi: &str, days: [&str; 3]) -> Value {
    json!({
        "tenant": tenant,
        "kpis": [kpi],
        "from": {"date": days[0]},
        "to": {"date": days[1]},
        "as_of": {"date": days[2]},
    })
}

/// The company's KPIs: each alone over time, then together by each dimension that they know.
pub(super) fn company(journey: &Journey<'_>, when: &str) {
    let all = kpis(journey);
    let ask = |what: &str, message: &Value| {
        journey.ask(&format!("{when}: {what}"), message);
    };
    for (kpi, _) in &all {
        ask(
            &format!("{kpi} of all time"),
            &json!({"tenant": TENANT, "kpis": [kpi], "as_of": {"date": "2024-08-15"}}),
        );
        ask(
            &format!("{kpi} at an instant"),
            &json!({"tenant": TENANT, "kpis": [kpi], "as_of": {"instant": "2024-08-15T03:30:00.5Z"}}),
        );
        for grain in ["WEEK", "FISCAL_MONTH", "FISCAL_YEAR"] {
            let mut message = cut(TENANT, kpi, ["2024-02-07", "2024-08-01", "2025-06-30"]);
            message["grain"] = json!(format!("GRAIN_{grain}"));
            ask(&format!("{kpi}, {grain}"), &message);
        }
    }
    let dimensions: BTreeSet<&String> = all.iter().flat_map(|(_, dimensions)| dimensions).collect();
    for dimension in dimensions {
        for kpis in knowing(&all, &[dimension]).chunks(MOST_KPIS) {
            by_dimension(journey, when, dimension, kpis);
        }
        for kpis in knowing(&all, &[dimension, "region", "campaign"]).chunks(MOST_KPIS) {
            of_two_owners(journey, when, dimension, kpis);
        }
    }
}

fn by_dimension(journey: &Journey<'_>, when: &str, dimension: &str, kpis: &[&String]) {
    let mut message = cut(TENANT, "", ["2024-01-01", "2025-01-01", "2025-06-30"]);
    message["kpis"] = json!(kpis);
    message["group_by"] = json!([dimension]);
    journey.ask(&format!("{when}: by {dimension}, from {}", kpis[0]), &message);
}

fn of_two_owners(journey: &Journey<'_>, when: &str, dimension: &str, kpis: &[&String]) {
    let mut message = cut(TENANT, "", ["2024-02-10", "2024-11-20", "2024-10-01"]);
    message["kpis"] = json!(kpis);
    message["group_by"] = json!([dimension, "region"]);
    message["grain"] = json!("GRAIN_YEAR");
    message["filters"] = json!([{"dimension": "owner", "value": "Rep 1"}, {"dimension": "owner", "value": "Rep 4"}, {"dimension": "campaign"}]);
    if dimension != "region" {
        let what = format!("by {dimension} and region, of two owners without a campaign");
        journey.ask(&format!("{when}: {what}, from {}", kpis[0]), &message);
    }
}

/// What was known at earlier states of the log, by number and by instant.
pub(super) fn earlier(journey: &Journey<'_>) {
    let message = json!({"tenant": TENANT, "kpis": ["deals_won", "pipeline_value"], "as_of": {"date": "2025-06-30"}, "group_by": ["team"]});
    let now = journey.ask("known now", &message);
    let seq = now["values"][0]["watermark"]["position"]["seq"]
        .as_u64()
        .expect("a number");
    for known in [0, 1, 2, 3, 150, seq / 2, seq - 1, seq] {
        let mut message = message.clone();
        message["known_at"] = json!({ "seq": known });
        journey.ask(&format!("known at {known}"), &message);
    }
    let mut message = message.clone();
    message["known_at"] = json!({"instant": now["values"][0]["watermark"]["recorded_at"]});
    let then = journey.ask("known at the instant of the last change", &message);
    assert_eq!(
        values(&then),
        values(&now),
        "the last instant knows what is known"
    );
}

fn values(answer: &Value) -> Vec<(Value, Value)> {
    let rows = answer["values"].as_array().into_iter().flatten();
    rows.map(|row| (row["group"].clone(), row["value"].clone()))
        .collect()
}

/// The KPIs of the CRM export, all together: of the year as it stood on five days, and by each of its dimensions.
pub(super) fn export(journey: &Journey<'_>, tenant: &str) {
    let all = kpis(journey);
    let year = |as_of: &str, grain: &str, by: &[&str]| {
        let ids: Vec<&String> = knowing(&all, by);
        for kpis in ids.chunks(MOST_KPIS) {
            let mut message = cut(tenant, "", ["2017-01-01", "2018-01-01", as_of]);
            message["kpis"] = json!(kpis);
            message["grain"] = json!(format!("GRAIN_{grain}"));
            message["group_by"] = json!(by);
            let what = format!("export as of {as_of} by {by:?}, {grain}, from {}", kpis[0]);
            journey.ask(&what, &message);
        }
    };
    for as_of in [
        "2016-12-31",
        "2017-03-01",
        "2017-08-31",
        "2017-12-31",
        "2018-06-30",
    ] {
        year(as_of, "MONTH", &[]);
    }
    for by in [
        &["owner"][..],
        &["product"],
        &["account_industry"],
        &["region", "product"],
    ] {
        year("2018-06-30", "YEAR", by);
    }
}
