//! Every KPI of the catalogue equals an independent recomputation: made-up companies, small but nasty, are sent to a real
//! server, and every KPI is asked for under many cuts, as of several instants and as known at several positions. The
//! oracle (`tests/oracle`, Python without the product's code) computes the same from the raw records and the words of
//! the rules.
//!
//! A KPI that the oracle does not know fails the test by name. More companies: `ORACLE_SEEDS=100 cargo test --test oracle`.

use std::collections::BTreeMap;

use bellwether_tests::caller::Caller;
use bellwether_tests::oracle::company::Company;
use bellwether_tests::oracle::program::run;
use bellwether_tests::product::Server;
use serde_json::{Value, json};

/// The companies of `make test`; zone, fiscal calendar, home currency and what is nasty follow from the number.
const SEEDS: [u64; 3] = [0, 1, 4];

/// How many disagreements are shown.
const SHOWN: usize = 12;

/// How many companies are checked at a time.
const AT_ONCE: usize = 2;

/// In so many cells at least each KPI must be something else than 0 or absent.
const TELLING: u64 = 3;

#[expect(
    clippy::disallowed_methods,
    reason = "a switch of the tests, not a setting of the product"
)]
fn seeds() -> Vec<u64> {
    std::env::var("ORACLE_SEEDS").map_or(SEEDS.to_vec(), |text| {
        let count: u64 = text.parse().expect("a number of companies");
        (0..count).collect()
    })
}

/// Sends a company of a seed to the server, asks all its questions, and has the answers checked.
fn compare(company: &Company<'_>, kpis: &Value, seed: u64) -> Value {
    let steps = run(&["company", &seed.to_string()], &Value::Null);
    let steps = steps["steps"].as_array().expect("steps");
    let played: Vec<Value> = steps
        .iter()
        .map(|step| json!({ "step": step, "reply": company.play(step) }))
        .collect();
    let made = run(
        &["questions"],
        &json!({ "seed": seed, "played": played, "kpis": kpis }),
    );
    assert_eq!(made["unknown"], json!([]), "KPIs that the oracle does not know");
    assert_eq!(
        made["refused"],
        json!([]),
        "records of company {seed} that are not fit"
    );
    let questions = made["questions"].as_array().expect("questions");
    let asked: Vec<Value> = questions
        .iter()
        .map(|question| json!({ "question": question, "reply": company.ask(question) }))
        .collect();
    run(&["check"], &json!({ "played": played, "asked": asked }))
}

/// What became of all companies, so many at a time.
fn compare_all(server: &Server, kpis: &Value) -> Vec<(u64, Value)> {
    let seeds = seeds();
    let mut found = Vec::new();
    for some in seeds.chunks(AT_ONCE) {
        found.extend(std::thread::scope(|scope| {
            let checked = |seed: u64| {
                let caller = Caller::new();
                (seed, compare(&Company::new(&caller, server, seed), kpis, seed))
            };
            let running: Vec<_> = some
                .iter()
                .map(|seed| scope.spawn(move || checked(*seed)))
                .collect();
            let done = running
                .into_iter()
                .map(|one| one.join().expect("a company is checked"));
            done.collect::<Vec<_>>()
        }));
    }
    found
}

#[test]
fn every_kpi_equals_an_independent_recomputation() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    let caller = Caller::new();
    let kpis = Company::new(&caller, &server, 0).kpis();
    let (mut cells, mut wrong, mut told) = (0, Vec::new(), BTreeMap::new());
    for (seed, found) in compare_all(&server, &kpis) {
        cells += found["cells"].as_u64().expect("a number");
        for one in found["wrong"].as_array().expect("a list") {
            wrong.push(format!("company {seed}: {one}"));
        }
        for (kpi, count) in found["told"].as_object().expect("an object") {
            *told.entry(kpi.clone()).or_insert(0) += count.as_u64().expect("a number");
        }
    }
    let shown = wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {cells} cells differ:\n{shown}",
        wrong.len()
    );
    let ids = kpis
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|kpi| kpi["id"].as_str());
    let silent: Vec<&str> = ids
        .filter(|kpi| told.get(*kpi).is_none_or(|told| *told < TELLING))
        .collect();
    assert!(
        silent.is_empty(),
        "KPIs that are nothing in all companies prove nothing: {silent:?}"
    );
    assert!(cells > 70_000, "only {cells} cells were compared");
    eprintln!("{cells} cells of {} KPIs agree", told.len());
    assert_eq!(server.stop(), Some(0));
}
