//! The shipped CRM mapping on the real export, which lies beside the repository where it is developed.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::{Input, Outcome, file, import, repository, text_of};

const FILES: [&str; 4] = [
    "sales_pipeline.csv",
    "accounts.csv",
    "products.csv",
    "sales_teams.csv",
];
const MAPPING: &str = "deploy/mappings/crm_sales_opportunities.yaml";

/// The files of the export; `None`, saying so, where it is absent.
fn export() -> Option<Vec<(&'static str, String)>> {
    let folder = repository("../shared/data/crm");
    let read = FILES.map(|name| std::fs::read_to_string(folder.join(name)).map(|text| (name, text)));
    let read: Option<Vec<_>> = read.into_iter().map(Result::ok).collect();
    if read.is_none() {
        eprintln!("skipped: {} is absent", folder.display());
    }
    read
}

fn imported(files: Vec<(&str, String)>) -> Outcome {
    let files: Vec<Box<dyn Input>> = files.into_iter().map(|(name, text)| file(name, text)).collect();
    import(&text_of(MAPPING), files).unwrap()
}

#[test]
fn the_real_export_is_read_whole() {
    let Some(files) = export() else { return };
    let outcome = imported(files);
    assert!(
        outcome.rejects.is_empty(),
        "{:?}",
        &outcome.told()[..3.min(outcome.rejects.len())]
    );
    assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
    let count = |kind: &str| {
        outcome
            .records
            .iter()
            .filter(|record| record.kind.name() == kind)
            .count()
    };
    assert_eq!(
        (count("opportunity"), count("account"), count("rep")),
        (8_800, 85, 35)
    );
    assert_eq!(outcome.rows, 8_920);
    let deals = outcome.json("opportunity");
    let deal = |id: &str| deals.iter().find(|deal| deal["id"] == id).unwrap().to_string();
    let won = r#"{"id":"Z063OYW0","opportunity":{"account_id":"Isdom","owner_id":"Darcel Schlecht","lines":[{"product":"GTX Pro","product_family":"GTX","units":"1"}],"pipeline":"sales","amount":{"minor_units":451400,"currency_code":"USD"},"list_amount":{"minor_units":482100,"currency_code":"USD"},"stage":"Won","created_at":{"date":"2016-10-25"},"closed_at":{"date":"2017-03-11"},"stage_history":[{"at":{"date":"2016-10-25"},"stage":"Engaging"},{"at":{"date":"2017-03-11"},"stage":"Won"}],"amount_history":[{"at":{"date":"2016-10-25"},"amount":{"minor_units":482100,"currency_code":"USD"}},{"at":{"date":"2017-03-11"},"amount":{"minor_units":451400,"currency_code":"USD"}}]}}"#;
    assert_eq!(deal("Z063OYW0"), won);
    let undated = r#"{"id":"6CWZFOHJ","opportunity":{"account_id":"Green-Plus","owner_id":"Anna Snelling","lines":[{"product":"GTX Basic","product_family":"GTX","units":"1"}],"pipeline":"sales","amount":{"minor_units":55000,"currency_code":"USD"},"list_amount":{"minor_units":55000,"currency_code":"USD"},"stage":"Prospecting"}}"#;
    assert_eq!(deal("6CWZFOHJ"), undated);
    let lost = deals
        .iter()
        .find(|deal| deal["opportunity"]["stage"] == "Lost")
        .unwrap();
    assert_eq!(lost["opportunity"]["amount"], lost["opportunity"]["list_amount"]);
    assert_eq!(lost["opportunity"]["amount_history"].as_array().unwrap().len(), 1);
    let rep = &outcome.json("rep")[0];
    assert_eq!(rep["rep"]["manager"], "Dustin Brinkmann");
    let account = outcome
        .json("account")
        .into_iter()
        .find(|account| account["id"] == "Bluth Company")
        .unwrap();
    assert_eq!(account["account"]["parent_id"], "Acme Corporation");
    assert_eq!(account["account"]["employees"], 3027);
}

#[test]
fn the_order_of_files_and_rows_does_not_matter() {
    let Some(files) = export() else { return };
    let sorted = |outcome: &Outcome| {
        let mut records: Vec<String> = ["account", "opportunity", "rep"]
            .iter()
            .flat_map(|kind| outcome.json(kind))
            .map(|json| json.to_string())
            .collect();
        records.sort();
        records
    };
    let straight = sorted(&imported(files.clone()));
    let mut random = StdRng::seed_from_u64(7);
    let mut shuffled: Vec<(&str, String)> = files
        .into_iter()
        .map(|(name, text)| {
            let (header, rows) = text.split_once('\n').unwrap();
            let mut rows: Vec<&str> = rows.lines().collect();
            rows.shuffle(&mut random);
            (name, format!("{header}\n{}\n", rows.join("\n")))
        })
        .collect();
    shuffled.shuffle(&mut random);
    assert!(straight == sorted(&imported(shuffled)));
}
