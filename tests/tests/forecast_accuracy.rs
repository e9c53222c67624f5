//! A replayed past: forecasts and scores as they would have been served then, what came since, and how good that was,
//! worked out once more from what the commands say of facts and scores.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::time::{Duration, Instant};

use bellwether_tests::product::Server;
use serde_json::Value;

/// The exit code of what may succeed when it is asked again.
const AGAIN: i32 = 6;

/// A server with the made-up company, that looks for what came every second.
fn demo() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("config.yaml");
    fs::write(&config, "forecasting: { score_interval_seconds: 1 }\n").expect("a writable folder");
    let server = Server::start_with(dir.path(), &["--demo", "--config", &config.display().to_string()]);
    (dir, server)
}

/// What a command says; while kpi still reads the demo's records a call may have to be made again.
fn asked(server: &Server, args: &[&str]) -> Value {
    let all = [args, &["--tenant", "demo", "--output", "json"]].concat();
    let ended = Instant::now() + Duration::from_secs(240);
    loop {
        let done = server.run(&all);
        if done.code != AGAIN || Instant::now() > ended {
            return done.exits(0).json();
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Ends of quarters last year: the made-up company has three years up to today.
fn days(server: &Server) -> [String; 3] {
    let answer = asked(server, &["forecast", "kpi", "bookings", "--horizon", "1"]);
    let year: i32 = text(&answer["as_of"])[..4].parse().expect("a year");
    ["03-31", "06-30", "09-30"].map(|day| format!("{}-{day}", year - 1))
}

/// Rows of a fact table.
fn facts(server: &Server, table: &str, columns: &str) -> Vec<HashMap<String, String>> {
    let args = [
        "kpi",
        "facts",
        table,
        "--tenant",
        "demo",
        "--columns",
        columns,
        "--output",
        "csv",
    ];
    let out = server.run(&args).exits(0).out;
    let mut lines = out.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    // Ids, instants and words of the demo hold no comma.
    let row = |line: &str| {
        header
            .iter()
            .map(ToString::to_string)
            .zip(line.split(',').map(str::to_owned))
            .collect()
    };
    lines.map(row).collect()
}

/// The measures of chances and what happened, by their definitions.
fn measured(pairs: &[(f64, bool)]) -> BTreeMap<&'static str, f64> {
    let n = pairs.len() as f64;
    let came = |one: &(f64, bool)| f64::from(u8::from(one.1));
    let mut bins = [(0.0, 0.0); 10];
    for pair in pairs {
        let bin = &mut bins[((pair.0 * 10.0) as usize).min(9)];
        *bin = (bin.0 + pair.0, bin.1 + came(pair));
    }
    BTreeMap::from([
        ("n", n),
        ("expected", pairs.iter().map(|pair| pair.0).sum()),
        ("happened", pairs.iter().map(came).sum()),
        (
            "brier",
            pairs
                .iter()
                .map(|pair| (pair.0 - came(pair)).powi(2))
                .sum::<f64>()
                / n,
        ),
        (
            "ece",
            bins.iter().map(|(said, seen)| (said - seen).abs()).sum::<f64>() / n,
        ),
    ])
}

/// The calibration of a kind, once as many chances as given were decided.
fn calibration(server: &Server, kind: &str, n: usize) -> Value {
    let ended = Instant::now() + Duration::from_secs(60);
    loop {
        let accuracy = asked(server, &["forecast", "accuracy"]);
        let found = list(&accuracy["calibrations"])
            .iter()
            .find(|one| one["kind"] == kind)
            .cloned();
        if let Some(found) = found.clone().filter(|found| found["n"] == n) {
            return found;
        }
        assert!(
            Instant::now() < ended,
            "{kind}: {n} were to be decided, and {found:?} is told"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn chances_of_the_past_are_scored_by_what_became_of_them() {
    let (_dir, server) = demo();
    let days = days(&server);
    let mut said: Vec<(String, f64)> = Vec::new();
    for day in &days {
        let args = [
            "forecast",
            "score",
            "opportunities",
            "--as-of",
            day,
            "--most",
            "10000",
        ];
        let told = asked(&server, &args);
        assert!(!text(&told["forecast_id"]).is_empty(), "{told}");
        let card = &told["card"];
        assert!(
            number(&card["slope"]) > 0.0 && card["seed"].is_number() && list(&card["contestants"]).len() > 1
        );
        let of = |score: &Value| (text(&score["id"]).to_owned(), number(&score["probability"]));
        said.extend(list(&told["scores"]).iter().map(of));
        // Asked again on that day it is the same chance, kept once.
        asked(&server, &args);
    }
    // The newest end of each deal, of those that stand.
    let mut ends: HashMap<String, bool> = HashMap::new();
    for row in facts(&server, "closings", "deal,outcome,valid_to") {
        if row["valid_to"].is_empty() {
            ends.insert(row["deal"].clone(), row["outcome"] == "won");
        }
    }
    let pairs: Vec<(f64, bool)> = said
        .iter()
        .filter_map(|(id, chance)| Some((*chance, *ends.get(id)?)))
        .collect();
    assert!(pairs.len() > 100, "of {} only {} ended", said.len(), pairs.len());
    let found = calibration(&server, "opportunity_scores", pairs.len());
    for (name, expected) in measured(&pairs) {
        assert!(
            (number(&found[name]) - expected).abs() < 1e-9,
            "{name}: {expected}, {found}"
        );
    }
    assert_eq!(found["waiting"], said.len() - pairs.len());
    let listed = asked(&server, &["forecast", "accuracy", "--list"]);
    let kept = |one: &Value| {
        if one["kind"] == "opportunity_scores" {
            number(&one["chances"])
        } else {
            0.0
        }
    };
    assert_eq!(list(&listed).iter().map(kept).sum::<f64>(), said.len() as f64);
    // By owner they are the same chances.
    let owners = asked(&server, &["forecast", "accuracy", "--by", "owner"]);
    let own = list(&owners["calibrations"])
        .iter()
        .filter(|one| one["kind"] == "opportunity_scores");
    let own: Vec<&Value> = own.filter(|one| one["n"] != 0).collect();
    assert!(own.len() > 1 && own.iter().map(|one| number(&one["n"])).sum::<f64>() == pairs.len() as f64);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn the_pipeline_and_retention_of_the_past_are_scored() {
    let (_dir, server) = demo();
    let days = days(&server);
    let mut said: Vec<(String, String, f64)> = Vec::new();
    for day in &days {
        let args = [
            "forecast", "pipeline", "--days", "60", "--as-of", day, "--deals", "5000",
        ];
        let told = asked(&server, &args);
        let of = |deal: &Value| {
            (
                text(&told["end"]).to_owned(),
                text(&deal["id"]).to_owned(),
                number(&deal["chance"]),
            )
        };
        said.extend(list(&told["deals"]).iter().map(of));
        asked(
            &server,
            &["forecast", "retention", "--months", "3", "--as-of", day],
        );
    }
    let mut wins: HashMap<String, String> = HashMap::new();
    for row in facts(&server, "closings", "deal,outcome,valid_from,valid_to") {
        if row["valid_to"].is_empty() && row["outcome"] == "won" {
            wins.insert(row["deal"].clone(), row["valid_from"][..10].to_owned());
        }
    }
    // The demo's days are those of UTC.
    let won = |end: &String, id: &String| wins.get(id).is_some_and(|day| day < end);
    let pairs: Vec<(f64, bool)> = said
        .iter()
        .map(|(end, id, chance)| (*chance, won(end, id)))
        .collect();
    let found = calibration(&server, "pipeline", pairs.len());
    for (name, expected) in measured(&pairs) {
        assert!(
            (number(&found[name]) - expected).abs() < 1e-9,
            "{name}: {expected}, {found}"
        );
    }
    let bins: f64 = list(&found["bins"]).iter().map(|bin| number(&bin["n"])).sum();
    assert_eq!(bins, pairs.len() as f64);
    let accuracy = asked(
        &server,
        &["forecast", "accuracy", "--kpi", "logo_retention", "--by", "step"],
    );
    let rows = list(&accuracy["accuracies"]);
    assert_eq!(rows.len(), 3, "{accuracy}");
    assert!(
        rows.iter().all(|row| row["n"] == 3 && number(&row["wape"]) < 0.2),
        "{accuracy}"
    );
    // A page for people, too.
    let page = server
        .run(&["forecast", "accuracy", "--tenant", "demo"])
        .exits(0)
        .out;
    assert!(
        page.contains("how good forecasts were") && page.contains("deals won within 60 days"),
        "{page}"
    );
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn operations_are_listed_and_long_ones_are_waited_for() {
    let (_dir, server) = demo();
    asked(&server, &["forecast", "pipeline"]);
    let all = asked(&server, &["forecast", "operations"]);
    let one = list(&all)
        .iter()
        .find(|one| one["kind"] == "pipeline")
        .expect("the fit of the pipeline");
    assert_eq!((text(&one["state"]), number(&one["progress"])), ("done", 1.0));
    assert!(
        one["ended_at"].is_string() && text(&one["purpose"]).contains("90 days"),
        "{one}"
    );
    assert!(list(&asked(&server, &["forecast", "operations", "--running"])).is_empty());
    // What has ended stays as it ended, and what there is not is not found.
    let id = text(&one["id"]).to_owned();
    let stopped = asked(&server, &["forecast", "operations", "--cancel", &id]);
    assert_eq!(text(&stopped[0]["state"]), "done");
    let nothing = server.run(&["forecast", "operations", "--tenant", "demo", "--cancel", "0"]);
    assert_eq!(nothing.code, 4, "{nothing:?}");
    let other = server.run(&["forecast", "operations", "--tenant", "nobody", "--cancel", &id]);
    assert_eq!(other.code, 4, "{other:?}");
    assert_eq!(server.stop(), Some(0));
}
