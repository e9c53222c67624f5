//! Forecasts as a user has them: of the made-up company, by the command line, kept, and scored once it is known what came.

use std::fs;
use std::time::{Duration, Instant};

use bellwether_tests::product::Server;
use serde_json::Value;

/// The exit code of what may succeed when it is asked again.
const AGAIN: i32 = 6;

/// A server with the made-up company, that looks for forecasts to score every second.
fn demo() -> (tempfile::TempDir, Server) {
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("config.yaml");
    fs::write(&config, "forecasting: { score_interval_seconds: 1 }\n").expect("a writable folder");
    let server = Server::start_with(dir.path(), &["--demo", "--config", &config.display().to_string()]);
    (dir, server)
}

/// What a command says. While kpi still reads the demo's records, or models are fitted for the first time, a call may
/// run out of time: whoever asks again finds what went on meanwhile.
fn asked(server: &Server, args: &[&str]) -> Value {
    let all = [&["forecast"], args, &["--tenant", "demo", "--output", "json"]].concat();
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

/// Every interval holds its mean, and the wider level is the wider interval.
fn nested(point: &Value) {
    let mean = number(&point["mean"]);
    let ends: Vec<(f64, f64)> = list(&point["intervals"])
        .iter()
        .map(|band| (number(&band["low"]), number(&band["high"])))
        .collect();
    assert_eq!(ends.len(), 2, "{point}");
    assert!(ends[0].0 <= mean && mean <= ends[0].1, "{point}");
    assert!(ends[1].0 <= ends[0].0 && ends[0].1 <= ends[1].1, "{point}");
}

/// The first of January two years ago: the made-up company has three years up to today.
fn earlier(server: &Server) -> String {
    let answer = asked(server, &["kpi", "bookings", "--horizon", "1"]);
    let year: i32 = answer["as_of"].as_str().expect("as_of")[..4]
        .parse()
        .expect("a year");
    format!("{}-06-30", year - 1)
}

#[test]
fn a_kpi_is_forecast_and_kept() {
    let (_dir, server) = demo();
    let first = asked(&server, &["kpi", "bookings", "--horizon", "6"]);
    let forecast = &list(&first["forecasts"])[0];
    assert_eq!(
        (first["unit"].as_str(), forecast["reason"].as_str()),
        (Some("USD"), Some(""))
    );
    assert_eq!(list(&forecast["points"]).len(), 6);
    list(&forecast["points"]).iter().for_each(nested);
    // The month that runs is no history: it is forecast, as a whole.
    for period in list(&forecast["history"]).iter().chain(list(&forecast["points"])) {
        let [start, end] = ["period_start", "period_end"].map(|key| period[key].as_str().expect("a day"));
        assert!(start.ends_with("-01") && end.ends_with("-01"), "{period}");
    }
    assert!(list(&forecast["history"]).len() >= 24 && !list(&forecast["models"]).is_empty());
    assert!(!first["forecast_id"].as_str().expect("an id").is_empty());
    // What is said of the first month does not depend on how many others are asked for.
    let alone = asked(&server, &["kpi", "bookings", "--horizon", "1"]);
    let points = list(&list(&alone["forecasts"])[0]["points"]);
    assert_eq!(points, &list(&forecast["points"])[..1]);

    let again = asked(&server, &["kpi", "bookings", "--horizon", "6"]);
    assert_eq!(
        (&again["forecasts"], &again["forecast_id"]),
        (&first["forecasts"], &first["forecast_id"])
    );
    assert_eq!(again["cached"], Value::Bool(true));

    let share = asked(&server, &["kpi", "win_rate", "--horizon", "3"]);
    for point in list(&list(&share["forecasts"])[0]["points"]) {
        nested(point);
        assert!(
            (0.0..=1.0).contains(&number(&point["mean"])) && number(&point["items"]) > 0.0,
            "{point}"
        );
    }

    assert_eq!(server.stop(), Some(0));
}

#[test]
fn what_was_forecast_is_scored_once_it_came() {
    let (_dir, server) = demo();
    let as_of = earlier(&server);
    let past = asked(
        &server,
        &["kpi", "deals_won", "--horizon", "3", "--as-of", &as_of],
    );
    let id = past["forecast_id"].as_str().expect("an id").to_owned();
    let ended = Instant::now() + Duration::from_secs(60);
    let points = loop {
        let served = asked(&server, &["accuracy", "--list", "--kpi", "deals_won"]);
        let one = list(&served).iter().find(|one| one["id"] == id.as_str()).cloned();
        let one = one.unwrap_or_else(|| panic!("{id} is not kept: {served}"));
        if list(&one["points"])
            .iter()
            .all(|point| !point["actual"].is_null())
        {
            break one["points"].clone();
        }
        assert!(Instant::now() < ended, "it was not scored: {one}");
        std::thread::sleep(Duration::from_millis(500));
    };
    for point in list(&points) {
        let [start, end] =
            ["period_start", "period_end"].map(|key| point[key].as_str().expect("a day").to_owned());
        let args = [
            "kpi",
            "query",
            "deals_won",
            "--tenant",
            "demo",
            "--from",
            &start,
            "--to",
            &end,
            "--output",
            "json",
        ];
        let came = server.run(&args).exits(0).json();
        let came: f64 = came[0]["value"]
            .as_str()
            .expect("a value")
            .parse()
            .expect("a number");
        assert_eq!(number(&point["actual"]), came);
    }
    let accuracy = asked(&server, &["accuracy", "--kpi", "deals_won", "--by", "step"]);
    assert_eq!(list(&accuracy["accuracies"]).len(), 3);
    assert!(
        list(&accuracy["accuracies"])
            .iter()
            .all(|row| row["n"] == 1 && row["wape"].is_number()),
        "{accuracy}"
    );
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn groups_add_up_and_nothing_is_made_up() {
    let (_dir, server) = demo();
    let grouped = asked(&server, &["kpi", "bookings", "--horizon", "3", "--by", "region"]);
    let forecasts = list(&grouped["forecasts"]);
    assert!(forecasts.len() > 2 && forecasts[0]["group"].is_null());
    for step in 0..3 {
        let mean = |one: &Value| number(&one["points"][step]["mean"]);
        let sum: f64 = forecasts[1..].iter().map(mean).sum();
        assert!(
            (sum - mean(&forecasts[0])).abs() < 1e-6 * sum.abs().max(1.0),
            "{sum} {}",
            mean(&forecasts[0])
        );
    }
    // Before the first record there is no history, and no forecast.
    let nothing = asked(&server, &["kpi", "bookings", "--as-of", "1999-12-31"]);
    let nothing = &list(&nothing["forecasts"])[0];
    assert_eq!(
        (nothing["absence"].as_str(), list(&nothing["points"]).len()),
        (Some("no_history"), 0)
    );
    let unknown = server.run(&["forecast", "kpi", "bookigns", "--tenant", "demo"]);
    assert_eq!(unknown.code, 4, "{unknown:?}");
    let missing = server.run(&["forecast", "pipeline", "--tenant", "nobody"]);
    assert_eq!(missing.code, 4, "{missing:?}");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn the_pipeline_is_forecast_kept_and_scored() {
    let (_dir, server) = demo();
    let args = [
        "pipeline",
        "--days",
        "90",
        "--by",
        "owner",
        "--deals",
        "5",
        "--concerns",
    ];
    let answer = asked(&server, &args);
    assert_eq!(answer["reason"].as_str(), Some(""), "{answer}");
    let mean = |sum: &str, what: &str| number(&answer[sum][what]["mean"]);
    for what in ["count", "value"] {
        let parts = mean("open", what) + mean("newcomers", what);
        assert!(
            (parts - mean("total", what)).abs() < 1e-6 * parts.max(1.0),
            "{what}"
        );
        let bands = list(&answer["total"][what]["intervals"]);
        assert_eq!(bands.len(), 3);
        assert!(
            bands
                .windows(2)
                .all(|pair| number(&pair[1]["low"]) <= number(&pair[0]["low"]))
        );
    }
    let owners = list(&answer["groups"][0]["members"]);
    let sum: f64 = owners.iter().map(|owner| number(&owner["count"]["mean"])).sum();
    assert!(
        (sum - mean("open", "count")).abs() < 1e-6 * sum,
        "groups sum to the whole"
    );
    assert_eq!(list(&answer["deals"]).len(), 5);
    assert!(
        list(&answer["concerns"])
            .iter()
            .all(|deal| !list(&deal["concerns"]).is_empty())
    );
    assert_eq!(asked(&server, &args)["cached"], Value::Bool(true));
    let stages = asked(&server, &["stages"]);
    assert!(!list(&stages["stages"]).is_empty(), "{stages}");

    let as_of = earlier(&server);
    let past = asked(&server, &["pipeline", "--days", "30", "--as-of", &as_of]);
    assert_eq!(past["reason"].as_str(), Some(""), "{past}");
    let ended = Instant::now() + Duration::from_secs(60);
    let accuracy = loop {
        let accuracy = asked(&server, &["accuracy"]);
        if list(&accuracy["accuracies"]).len() == 2 {
            break accuracy;
        }
        assert!(Instant::now() < ended, "it was not scored: {accuracy}");
        std::thread::sleep(Duration::from_millis(500));
    };
    let kpis: Vec<&str> = list(&accuracy["accuracies"])
        .iter()
        .filter_map(|row| row["kpi"].as_str())
        .collect();
    assert_eq!(kpis, ["bookings", "deals_won"]);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn records_are_scored_with_reasons_and_customers_forecast() {
    let (_dir, server) = demo();
    for what in ["opportunities", "leads", "customers"] {
        let told = asked(&server, &["score", what, "--most", "5"]);
        assert_eq!(told["reason"].as_str(), Some(""), "{what}: {told}");
        let scores = list(&told["scores"]);
        assert!(!scores.is_empty() && scores.len() <= 5, "{what}");
        for score in scores {
            let sum = list(&score["reasons"])
                .iter()
                .map(|reason| number(&reason["contribution"]))
                .sum::<f64>();
            assert!(
                (number(&score["base"]) + sum - number(&score["logit"])).abs() < 1e-9,
                "{score}"
            );
            assert!((0.0..=1.0).contains(&number(&score["probability"])));
        }
        let (signal, reasons) = (&told["card"]["signal"], list(&scores[0]["reasons"]).len());
        assert_eq!(
            signal == &Value::Bool(true),
            reasons > 0,
            "{what}: a base rate has no reasons"
        );
        let again = asked(&server, &["score", what, "--most", "5"]);
        assert_eq!(
            (&again["scores"], &again["cached"]),
            (&told["scores"], &Value::Bool(true))
        );
    }
    let retention = asked(&server, &["retention", "--months", "6"]);
    assert_eq!(retention["reason"].as_str(), Some(""), "{retention}");
    let points = list(&retention["points"]);
    assert_eq!(points.len(), 6);
    points.iter().for_each(|point| nested(&point["logo"]));
    assert!(
        points
            .windows(2)
            .all(|pair| number(&pair[1]["customers"]) <= number(&pair[0]["customers"]))
    );
    let survival = asked(&server, &["retention", "--survival"]);
    let shares: Vec<f64> = list(&survival["points"])
        .iter()
        .map(|point| number(&point["share"]))
        .collect();
    assert!(
        shares[0] <= 1.0 && shares.windows(2).all(|pair| pair[1] <= pair[0]),
        "{shares:?}"
    );
    let anomalies = asked(
        &server,
        &["anomalies", "bookings", "--grain", "week", "--drivers", "region"],
    );
    assert_eq!(
        list(&anomalies["anomalies"])[0]["reason"].as_str(),
        Some(""),
        "{anomalies}"
    );
    let refused = server.run(&[
        "forecast",
        "anomalies",
        "win_rate",
        "--tenant",
        "demo",
        "--drivers",
        "region",
    ]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert_eq!(server.stop(), Some(0));
}
