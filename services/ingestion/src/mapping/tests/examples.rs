//! The example mappings: each is imported with its samples, and together they fill every field of every kind.

use std::collections::BTreeSet;

use super::{Input, file, import, repository, text_of};
use crate::mapping::Mapping;
use crate::mapping::target::{Shape, Target};

const EXAMPLES: [(&str, &[&str], usize); 14] = [
    ("accounts", &["accounts.csv", "account_sizes.csv"], 2),
    ("reps", &["reps.csv"], 2),
    ("teams", &["teams.csv"], 2),
    ("leads", &["leads.jsonl"], 2),
    (
        "opportunities",
        &[
            "deals.csv",
            "deal_lines.csv",
            "deal_stages.csv",
            "catalogue.csv",
            "deal_credits.csv",
        ],
        2,
    ),
    ("activities", &["activities.csv"], 3),
    ("quotas", &["quotas.csv"], 3),
    ("fx_rates", &["fx_rates.csv"], 2),
    ("subscriptions", &["subscriptions.csv"], 3),
    ("contracts", &["contracts.csv", "contract_checks.csv"], 2),
    ("orders", &["orders.csv", "order_items.csv"], 3),
    ("spend", &["spend.csv"], 2),
    ("metric_samples", &["metrics.jsonl"], 2),
    ("targets", &["targets.csv"], 3),
];

#[test]
fn every_example_imports_its_samples() {
    let mut filled = BTreeSet::new();
    for (name, files, records) in EXAMPLES {
        let sample = |name: &&str| file(name, text_of(&format!("deploy/mappings/examples/{name}")));
        let files: Vec<Box<dyn Input>> = files.iter().map(sample).collect();
        let outcome = import(&text_of(&format!("deploy/mappings/examples/{name}.yaml")), files).unwrap();
        assert_eq!(outcome.told(), [], "{name}");
        assert!(outcome.warnings.is_empty(), "{name}: {:?}", outcome.warnings);
        assert_eq!(outcome.records.len(), records, "{name}");
        for record in &outcome.records {
            for record in outcome.json(record.kind.name()) {
                let (kind, body) = record.as_object().unwrap().iter().next_back().unwrap();
                collect(kind, body, &mut filled);
            }
        }
    }
    let missing: Vec<String> = every_field()
        .into_iter()
        .filter(|path| !filled.contains(path))
        .collect();
    assert!(missing.is_empty(), "no example fills {missing:?}");
}

fn collect(path: &str, value: &serde_json::Value, out: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                out.insert(format!("{path}.{name}"));
                collect(&format!("{path}.{name}"), value, out);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(path, item, out)),
        _ => {}
    }
}

fn every_field() -> Vec<String> {
    let mut paths = Vec::new();
    for kind in Target::kinds() {
        let target = Target::of(kind.parse().unwrap()).unwrap();
        for field in &target.fields {
            paths.push(format!("{kind}.{}", field.name));
            if let Shape::List(entry) = &field.shape {
                paths.extend(
                    entry
                        .fields
                        .iter()
                        .map(|inner| format!("{kind}.{}.{}", field.name, inner.name)),
                );
            }
        }
    }
    paths
}

#[test]
fn an_example_reads_as_its_comments_say() {
    let read = |name: &str| text_of(&format!("deploy/mappings/examples/{name}"));
    let deals = import(
        &read("opportunities.yaml"),
        EXAMPLES[4].1.iter().map(|name| file(name, read(name))).collect(),
    )
    .unwrap();
    let deals = deals.json("opportunity");
    let first = &deals[0]["opportunity"];
    assert_eq!(deals[0]["id"], "D1");
    assert_eq!(
        first["amount"],
        serde_json::json!({"minor_units": 1_250_050, "currency_code": "EUR"})
    );
    assert_eq!(first["created_at"]["instant"], "2025-03-01T08:15:00Z");
    assert_eq!(first["qualified_at"]["date"], "2025-03-10");
    assert_eq!(first["lines"][0]["product_family"], "licences");
    let stages: Vec<&str> = first["stage_history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["stage"].as_str().unwrap())
        .collect();
    assert_eq!(stages, ["Discovery", "Proposal", "Won"]);
    assert!(deals[1]["opportunity"]["lines"][0]["product_family"].is_null());
    let rates = import(
        &read("fx_rates.yaml"),
        vec![file("fx_rates.csv", read("fx_rates.csv"))],
    )
    .unwrap();
    assert_eq!(rates.json("fx_rate")[1]["fx_rate"]["rate"], "0.9234");
    assert_eq!(
        first["credits"][0],
        serde_json::json!({"rep_id": "bo@firm.example", "share": "0.3"})
    );
}

#[test]
fn examples_of_the_kinds_after_the_deal_read_as_their_comments_say() {
    let read = |name: &str| text_of(&format!("deploy/mappings/examples/{name}"));
    let imported = |number: usize| {
        let (name, files, _) = EXAMPLES[number];
        let files = files.iter().map(|name| file(name, read(name))).collect();
        import(&read(&format!("{name}.yaml")), files).unwrap()
    };
    let versions = imported(8).json("subscription");
    let monthly = |at: usize| &versions[at]["subscription"]["mrr"]["minor_units"];
    assert_eq!((monthly(0), monthly(1)), (&9_900.into(), &14_900.into()));
    assert_eq!(versions[1]["effective_at"], "2025-04-01T00:00:00Z");
    let contracts = imported(9).json("contract");
    let checks = contracts[0]["contract"]["compliance_checks"].as_array().unwrap();
    assert_eq!(checks.len(), 2);
    assert_eq!(contracts[0]["contract"]["document_present"], true);
    let orders = imported(10).json("order");
    assert_eq!(orders[1]["order"]["type"], "ORDER_TYPE_CREDIT_NOTE");
    assert_eq!(orders[1]["order"]["revenue"]["minor_units"], 50_000);
    let samples = imported(12).json("metric_sample");
    let dimensions = |at: usize| &samples[at]["metric_sample"]["dimensions"];
    assert_eq!(
        dimensions(1),
        &serde_json::json!({"site": "berlin", "channel": "web", "system": "tickets"})
    );
    assert_eq!(
        dimensions(0),
        &serde_json::json!({"site": "oslo", "system": "tickets"})
    );
}

#[test]
fn every_mapping_that_is_shipped_is_read() {
    let mut read = 0;
    for folder in ["deploy/mappings", "deploy/mappings/examples"] {
        for entry in std::fs::read_dir(repository(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                Mapping::parse(&std::fs::read_to_string(&path).unwrap())
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                read += 1;
            }
        }
    }
    assert_eq!(read, EXAMPLES.len() + 1);
}
