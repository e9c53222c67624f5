//! A server with two reps, their manager, and what they won.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::LazyLock;

use bellwether_tests::product::{Done, Server};
use serde_json::Value;

/// The tokens of a rep and of the manager above her.
const REP: &str = "rep-0123456789abcdef";
const BOSS: &str = "boss-0123456789abcdef";

/// Ann wins 100 and Bob 50 USD on the 10th and 20th of each month from January 2024 to May 2026; in June 2026 only on the
/// 10th. On the 12th Ann loses one.
pub(crate) fn records() -> String {
    let mut out = String::new();
    for (rep, name, manager) in [
        ("boss", "Boss", ""),
        ("ann", "Ann", "boss"),
        ("bob", "Bob", "boss"),
    ] {
        writeln!(
            out,
            r#"{{"id":"{rep}","rep":{{"name":"{name}","manager":"{manager}","start_date":"2023-01-01"}}}}"#
        )
        .expect("memory");
    }
    let mut deal = |id: &str, owner: &str, day: &str, stage: &str, amount: u32| {
        writeln!(
            out,
            r#"{{"id":"{id}","opportunity":{{"owner_id":"{owner}","created_at":{{"date":"2023-12-01"}},"qualified_at":{{"date":"2023-12-01"}},"closed_at":{{"date":"{day}"}},"stage":"{stage}","amount":{{"minor_units":{amount}00,"currency_code":"USD"}}}}}}"#
        )
        .expect("memory");
    };
    for year in 2024..=2026 {
        for month in 1..=12 {
            if (year, month) > (2026, 6) {
                break;
            }
            for day in [10, 20] {
                if (year, month, day) > (2026, 6, 15) {
                    break;
                }
                let at = format!("{year}-{month:02}-{day}");
                deal(&format!("ann-{at}"), "ann", &at, "Won", 100);
                deal(&format!("bob-{at}"), "bob", &at, "Won", 50);
            }
            let at = format!("{year}-{month:02}-12");
            deal(&format!("lost-{at}"), "ann", &at, "Lost", 30);
        }
    }
    out
}

pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) server: Server,
}

pub(crate) static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    let tokens = dir.path().join("tokens.yaml");
    let text = format!(
        "- {{token: {REP}, tenant: acme, scope: {{own: ann}}}}\n- {{token: {BOSS}, tenant: acme, scope: {{subtree: boss}}}}\n"
    );
    fs::write(&tokens, text).expect("writable");
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).expect("ours");
    for (file, token) in [("rep", REP), ("boss", BOSS)] {
        fs::write(dir.path().join(file), token).expect("writable");
        fs::set_permissions(dir.path().join(file), fs::Permissions::from_mode(0o600)).expect("ours");
    }
    let server = Server::shared(&dir);
    for tenant in ["acme", "bare"] {
        let file = dir.path().join("records.jsonl");
        fs::write(&file, records()).expect("writable");
        let done = server.run(&["import", "--tenant", tenant, &file.display().to_string()]);
        let _ = done.exits(0);
    }
    Place { dir, server }
});

pub(crate) fn told(words: &str) -> Value {
    let mut args: Vec<&str> = words.split_whitespace().collect();
    args.extend(["--output", "json"]);
    PLACE.server.run(&args).exits(0).json()
}

/// Runs a command with the token in a file.
pub(crate) fn run_by(file: &str, words: &str) -> Done {
    let file = PLACE.dir.path().join(file).display().to_string();
    let mut args: Vec<&str> = words.split_whitespace().collect();
    args.extend(["--server", &PLACE.server.url, "--token-file", &file]);
    PLACE.server.run(&args)
}

pub(crate) fn seen_by(file: &str, words: &str) -> Value {
    run_by(file, &format!("{words} --output json")).exits(0).json()
}

pub(crate) fn kpi<'a>(card: &'a Value, id: &str) -> &'a Value {
    let kpis = card["kpis"].as_array().expect("KPIs");
    kpis.iter()
        .find(|one| one["kpi"] == id)
        .unwrap_or_else(|| panic!("no {id}: {card}"))
}
