//! The command line: what it prints, and how it ends.

use std::fs;
use std::path::Path;

use bellwether_tests::product::run_in;
use serde_json::{Value, json};

use super::Journey;
use super::company::TENANT;

const LINES: &str = r#"{"id":"A1","effective_at":"2024-01-01T00:00:00Z","account":{"name":"Acme"}}
{"id":"D1","opportunity":{"stage":"Won","account_id":"A1","created_at":{"date":"2024-01-10"},"closed_at":{"date":"2024-02-28"},"amount":{"minor_units":100000,"currency_code":"USD"}}}
{"id":"D2","opportunity":{"stage":"","closed_at":{"date":"2024-02-28"}}}
"#;

/// Imports, records, settings, KPIs and the catalogue.
pub(super) fn all(journey: &Journey<'_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    journey
        .transcript
        .borrow_mut()
        .hide(&folder.path().display().to_string(), "FOLDER");
    fs::write(at("records.jsonl"), LINES).expect("a writable folder");
    fs::write(at("settings.yaml"), "currency: USD\nzone: Europe/Berlin\n").expect("a writable folder");
    let (records, settings, rejects) = (at("records.jsonl"), at("settings.yaml"), at("rejects.csv"));
    let ingestion = |line: &str, tenant: &str| {
        command(
            journey,
            folder.path(),
            journey.deployment.ingestion(),
            line,
            tenant,
        )
    };
    for _ in 0..2 {
        ingestion(
            &format!("import {records} --rejects {rejects} --output json"),
            "shell",
        );
        let text = fs::read_to_string(at("rejects.csv")).expect("rejects");
        journey.note("the rejects file", Ok(json!(text)));
        ingestion(&format!("settings apply {settings} --output json"), "shell");
    }
    for output in ["json", "table", "csv"] {
        ingestion(&format!("settings get --output {output}"), "shell");
        ingestion(&format!("records list account --output {output}"), TENANT);
        ingestion(&format!("records get opportunity D003 --output {output}"), TENANT);
    }
    ingestion("records get opportunity nobody", TENANT);
    ingestion("records list rep", "nobody");
    ingestion(&format!("import {settings} --rejects {rejects}"), "shell");
    questions(journey, folder.path());
}

fn questions(journey: &Journey<'_>, folder: &Path) {
    let kpi = |line: &str, tenant: &str| command(journey, folder, journey.deployment.kpi(), line, tenant);
    let range = "--from 2024-01-01 --to 2025-01-01 --as-of 2025-06-30";
    for output in ["json", "table"] {
        let query = |rest: &str| kpi(&format!("kpi query {rest} --output {output}"), TENANT);
        query(&format!("win_rate bookings --by team {range}"));
        query(&format!("open_deals --grain quarter {range}"));
        query("bookings --as-of 2024-12-31 --known-at seq:2");
        kpi(&format!("kpi list --output {output}"), TENANT);
        kpi(&format!("kpi show win_rate --output {output}"), TENANT);
    }
    let everywhere = journey.deployment.everywhere();
    let both = |line: &str| command(journey, folder, &everywhere, line, TENANT);
    both("scorecard --as-of 2024-06-30 --output json");
    both("scorecard --as-of 2024-06-30 --period month --output csv");
    both("kpi query win_rate --as-of 2024-12-31 --known-at 2020-01-01 --output json");
    both("records get rep rep1 --output json");
    kpi("kpi query winrate", TENANT);
    kpi("kpi query win_rate", "nobody");
}

/// Runs a command line against a server and writes down how it ended and what it said.
fn command(journey: &Journey<'_>, folder: &Path, url: &str, line: &str, tenant: &str) {
    let token = journey.deployment.token_file.display().to_string();
    let mut args: Vec<&str> = line.split(' ').collect();
    args.extend([
        "--tenant",
        tenant,
        "--server",
        url,
        "--token-file",
        &token,
        "--no-color",
    ]);
    let done = run_in(folder, &args);
    let out = serde_json::from_str(&done.out).unwrap_or(Value::from(done.out));
    let words: Vec<&str> = line
        .split(' ')
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .collect();
    journey.note(
        &format!("$ {}", words.join(" ")),
        Ok(json!({"code": done.code, "out": out, "err": done.err})),
    );
}
