//! Imports: at one replica, looked after at another one.

use std::fs;
use std::path::Path;

use bellwether_tests::oracle::export::folder;
use bellwether_tests::workspace_root;
use serde_json::{Value, json};

use super::{IMPORTS, Journey, questions};

/// The files of each shipped example.
const EXAMPLES: [(&str, &[&str]); 14] = [
    ("accounts", &["accounts.csv", "account_sizes.csv"]),
    ("teams", &["teams.csv"]),
    ("reps", &["reps.csv"]),
    ("leads", &["leads.jsonl"]),
    (
        "opportunities",
        &[
            "deals.csv",
            "deal_lines.csv",
            "deal_stages.csv",
            "catalogue.csv",
            "deal_credits.csv",
        ],
    ),
    ("activities", &["activities.csv"]),
    ("quotas", &["quotas.csv"]),
    ("fx_rates", &["fx_rates.csv"]),
    ("subscriptions", &["subscriptions.csv"]),
    ("contracts", &["contracts.csv", "contract_checks.csv"]),
    ("orders", &["orders.csv", "order_items.csv"]),
    ("spend", &["spend.csv"]),
    ("metric_samples", &["metrics.jsonl"]),
    ("targets", &["targets.csv"]),
];
const EXPORT: [&str; 4] = [
    "accounts.csv",
    "products.csv",
    "sales_teams.csv",
    "sales_pipeline.csv",
];
const LIST: &str = "ingestion.v1.RecordService/ListRecords";
const CHUNK: usize = 100_000;

/// A file of an import: its name and what is in it.
type Named = (String, Vec<u8>);

fn import(journey: &Journey<'_>, tenant: &str, id: &str, mapping: &str, files: &[Named]) -> Value {
    let mut parts = vec![json!({"begin": {"tenant": tenant, "import_id": id, "mapping": mapping}})];
    for (name, bytes) in files {
        parts.push(json!({"file": {"name": name}}));
        parts.extend(bytes.chunks(CHUNK).map(|chunk| json!({ "chunk": base64(chunk) })));
    }
    parts.push(json!({"end": {}}));
    let url = journey.deployment.ingestion();
    let answer = journey
        .caller
        .send(url, &journey.token, &format!("{IMPORTS}/ImportFile"), &parts);
    let answer = journey.note(&format!("import {id}"), answer);
    journey.reached(tenant, &answer["import"]["position"]);
    let message = json!({"tenant": tenant, "import_id": id});
    for _ in 0..2 {
        journey.read(
            &format!("how {id} went"),
            &format!("{IMPORTS}/GetImport"),
            &message,
        );
    }
    answer
}

/// Bytes as proto JSON has them.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for three in bytes.chunks(3) {
        let all =
            three.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(all >> (18 - 6 * place) & 63) as usize];
            out.push(if place > three.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    out
}

fn named(folder: &Path, name: &str) -> Named {
    (
        name.to_owned(),
        fs::read(folder.join(name)).expect("the file is there"),
    )
}

/// Every shipped example, and the same ones again.
pub(super) fn examples(journey: &Journey<'_>) {
    let folder = workspace_root().join("deploy/mappings/examples");
    for round in ["first", "again"] {
        for (name, files) in EXAMPLES {
            let mapping = fs::read_to_string(folder.join(format!("{name}.yaml"))).expect("the mapping");
            let files: Vec<Named> = files.iter().map(|file| named(&folder, file)).collect();
            import(journey, "examples", &format!("{name} {round}"), &mapping, &files);
        }
    }
    let message = json!({"tenant": "examples", "kpis": ["win_rate", "bookings", "sales_cycle_mean"], "group_by": ["owner"], "as_of": {"date": "2025-12-31"}});
    journey.ask("examples by owner", &message);
    for kind in [
        "OPPORTUNITY",
        "REP",
        "TEAM",
        "ACCOUNT",
        "FX_RATE",
        "LEAD",
        "ACTIVITY",
        "QUOTA",
        "SUBSCRIPTION",
        "CONTRACT",
        "ORDER",
        "SPEND",
        "METRIC_SAMPLE",
        "TARGET",
    ] {
        let message = json!({"tenant": "examples", "kind": format!("RECORD_KIND_{kind}"), "page_size": 2});
        super::records::pages(journey, &format!("examples: {kind}"), LIST, &message);
    }
}

/// Rows that are refused, paged through at both replicas; imports that cannot be.
pub(super) fn rejects(journey: &Journey<'_>) {
    let mapping = "sources:\n  a: {files: a.csv}\nrecords:\n  - kind: account\n    source: a\n    id: id\n    fields: {name: name, employees: size}\n";
    let mut rows = "id,name,size,extra\n".to_owned();
    for number in 0..30 {
        let size = if number % 3 == 0 {
            "many".to_owned()
        } else {
            number.to_string()
        };
        let id = if number % 7 == 0 {
            String::new()
        } else {
            format!("a{number}")
        };
        rows.push_str(&format!("{id},Name \"{number}\" é,{size},\n"));
    }
    let files = [("a.csv".to_owned(), rows.into_bytes())];
    import(journey, "rejects", "rows", mapping, &files);
    for page_size in [4, 1000] {
        let message = json!({"tenant": "rejects", "import_id": "rows", "page_size": page_size});
        super::records::pages(journey, "rejects", &format!("{IMPORTS}/ListRejects"), &message);
    }
    import(journey, "rejects", "rows", mapping, &files);
    import(journey, "rejects", "no mapping", "nonsense: 1", &files);
    import(journey, "rejects", "no files", mapping, &[]);
    let lines = b"{\"id\":\"A\",\"account\":{\"name\":\"Acme\"}}\nnonsense\n{\"id\":\"B\",\"acount\":{}}\n\n{\"id\":\"\",\"account\":{}}\n";
    import(
        journey,
        "rejects",
        "lines",
        "",
        &[("records.jsonl".to_owned(), lines.to_vec())],
    );
    let message = json!({"tenant": "rejects", "import_id": "lines"});
    super::records::pages(
        journey,
        "rejects of lines",
        &format!("{IMPORTS}/ListRejects"),
        &message,
    );
    import(
        journey,
        "rejects",
        "\u{1F600} é",
        "",
        &[("é.jsonl".to_owned(), lines.to_vec())],
    );
}

/// The CRM export, twice, and what its KPIs say.
pub(super) fn export(journey: &Journey<'_>) {
    let Some(folder) = folder() else {
        eprintln!("left out: ../shared/data/crm is not there");
        return;
    };
    let mapping = workspace_root().join("deploy/mappings/crm_sales_opportunities.yaml");
    let mapping = fs::read_to_string(mapping).expect("the mapping");
    let files: Vec<Named> = EXPORT.iter().map(|file| named(&folder, file)).collect();
    import(journey, "crm", "export", &mapping, &files);
    questions::export(journey, "crm");
    let mut turned = files.clone();
    turned.reverse();
    import(journey, "crm", "export, turned", &mapping, &turned);
    for kind in ["ACCOUNT", "REP"] {
        let message = json!({"tenant": "crm", "kind": format!("RECORD_KIND_{kind}"), "page_size": 40});
        super::records::pages(journey, &format!("export: {kind}"), LIST, &message);
    }
    let message = json!({"tenant": "crm", "kind": "RECORD_KIND_OPPORTUNITY", "page_size": 500});
    journey.read("the first deals of the export", LIST, &message);
}
