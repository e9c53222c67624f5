//! Plans beside the forecast as a user has them: quotas, overrides, what-ifs and what moved the forecast, of the made-up
//! company, by the command line and by gRPC.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bellwether_testkit::servers::watchman;
use bellwether_tests::caller::Caller;
use bellwether_tests::product::Server;
use serde_json::{Value, json};

/// The exit code of what may succeed when it is asked again.
const AGAIN: i32 = 6;
/// The token of a rep.
const REP: &str = "rep-0123456789abcdef";

/// A server with the made-up company, that looks for forecasts to score every second.
static PLACE: LazyLock<(tempfile::TempDir, Server)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    watchman::remove_folder(dir.path());
    let tokens = dir.path().join("tokens.yaml");
    let rep = format!("tokens:\n  - token: {REP}\n    tenant: demo\n    scope: {{own: ann}}\n");
    fs::write(&tokens, rep).expect("a writable folder");
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).expect("ours");
    let config = dir.path().join("config.yaml");
    fs::write(&config, "forecasting: { score_interval_seconds: 1 }\n").expect("a writable folder");
    let server = Server::start_with(dir.path(), &["--demo", "--config", &config.display().to_string()]);
    (dir, server)
});

/// How a command ends, once models are fitted.
fn ended(args: &[&str]) -> bellwether_tests::product::Done {
    let all = [&["forecast"], args, &["--tenant", "demo", "--output", "json"]].concat();
    let ends = Instant::now() + Duration::from_secs(240);
    loop {
        let done = PLACE.1.run(&all);
        if done.code != AGAIN || Instant::now() > ends {
            return done;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn asked(args: &[&str]) -> Value {
    ended(args).exits(0).json()
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

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-6 * one.abs().max(other.abs()).max(1.0)
}

/// The year before this one: the made-up company has three years up to today.
fn last_year() -> i32 {
    let answer = asked(&["stages"]);
    let year: i32 = text(&answer["as_of"])[..4].parse().expect("a year");
    year - 1
}

fn kpi(id: &str, from: &str, to: &str, as_of: &str) -> f64 {
    let args = [
        "kpi", "query", id, "--tenant", "demo", "--from", from, "--to", to, "--as-of", as_of, "--output",
        "json",
    ];
    let told = PLACE.1.run(&args).exits(0).json();
    text(&told[0]["value"]).parse().expect("a number")
}

fn row<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let of = |row: &&Value| row["group"]["name"].as_str() == Some(name);
    list(&answer["attainments"])
        .iter()
        .find(of)
        .unwrap_or_else(|| panic!("nobody is called {name}: {answer}"))
}

/// A forecast, once all of it was compared with what came.
fn scored(id: &str) -> Value {
    let ends = Instant::now() + Duration::from_secs(60);
    loop {
        let served = asked(&["accuracy", "--list", "--kpi", "bookings"]);
        let one = list(&served).iter().find(|one| one["id"] == id).cloned();
        let one = one.unwrap_or_else(|| panic!("{id} is not kept: {served}"));
        if list(&one["points"])
            .iter()
            .all(|point| !point["actual"].is_null())
        {
            return one;
        }
        assert!(Instant::now() < ends, "it was not scored: {one}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn quotas_have_odds_and_are_scored_once_it_is_known_what_came() {
    let year = last_year();
    let (start, end) = (format!("{year}-04-01"), format!("{year}-07-01"));
    let as_of = format!("{year}-05-15");
    let args = ["attainment", "--period", "quarter", "--as-of", &as_of];
    let answer = asked(&args);
    assert_eq!(answer["reason"].as_str(), Some(""), "{answer}");
    assert_eq!(
        (text(&answer["period_start"]), text(&answer["period_end"])),
        (start.as_str(), end.as_str())
    );
    let rows = list(&answer["attainments"]);
    let whole = &rows[0];
    assert!(whole["group"].is_null() && rows.len() > 10, "{answer}");
    assert!(near(number(&whole["quota"]), kpi("quota", &start, &end, &as_of)));
    assert!(near(number(&whole["won"]), kpi("bookings", &start, &end, &as_of)));
    let mean = |row: &Value| number(&row["expected"]["mean"]);
    for row in rows {
        let parts = number(&row["won"]) + number(&row["open"]) + number(&row["newcomers"]);
        assert!(near(parts, mean(row)), "{row}");
        let bands = list(&row["expected"]["intervals"]);
        assert_eq!(bands.len(), 3);
        assert!(
            bands
                .windows(2)
                .all(|pair| number(&pair[1]["low"]) <= number(&pair[0]["low"]))
        );
        assert!(
            number(&bands[2]["low"]) >= number(&row["won"]) - 1e-6,
            "what is won stays won: {row}"
        );
        let odds = number(&row["odds"]);
        assert!((0.0..=1.0).contains(&odds));
        let Some(at) = row["need"]["at_odds"].as_array() else {
            continue;
        };
        let (open, half) = (number(&row["need"]["open_amount"]), &at[0]["amount"]);
        if let (Some(half), Some(most)) = (half.as_f64(), at[1]["amount"].as_f64()) {
            assert!(half <= most, "{row}");
            // Who is likely to reach it has pipeline enough.
            assert!(odds < 0.6 || half <= open, "{row}");
            assert!(odds > 0.4 || half >= open, "{row}");
        }
    }
    // A team is all below it, and the company is all there is.
    let sum = |names: &[&str]| names.iter().map(|name| mean(row(&answer, name))).sum::<f64>();
    assert!(near(
        sum(&["Enterprise", "Mid-Market", "Small Business"]),
        mean(row(&answer, "North America"))
    ));
    assert!(near(mean(row(&answer, "Demo Company")), mean(whole)));

    let kept = scored(text(&answer["forecast_id"]));
    let point = &list(&kept["points"])[0];
    let came = kpi("bookings", &start, &end, &format!("{}-01-01", year + 1));
    // A deal may have been reopened since.
    assert!(
        (number(&point["actual"]) / came - 1.0).abs() < 0.05,
        "{point} {came}"
    );
    assert!(near(number(&point["mean"]), mean(whole)));

    let odd = ended(&["attainment", "--by", "product"]);
    assert!(odd.code == 3 && odd.err.contains("group_by"), "{odd:?}");
    let odd = ended(&["attainment", "--period", "week"]);
    assert!(odd.code == 3 && odd.err.contains("period"), "{odd:?}");
}

#[test]
fn what_people_say_stands_beside_the_model_and_is_kept() {
    let before = asked(&["pipeline", "--days", "60", "--deals", "3"]);
    assert!(before["overridden"].is_null(), "{}", before["overridden"]);
    let deal = list(&before["deals"])[0].clone();
    let id = text(&deal["id"]);
    let say = |chance: &str, more: &[&str]| {
        let args = [
            "override", "deal", id, "--chance", chance, "--amount", "1000000", "--author", "Ann", "--reason",
            "signed",
        ];
        ended(&[&args, more].concat())
    };
    let said = say("100%", &["--request-id", "r1"]).exits(0).json();
    let said = &list(&said)[0];
    assert_eq!((text(&said["author"]), text(&said["state"])), ("Ann", "holds"));
    let again = say("100%", &["--request-id", "r1"]).exits(0).json();
    assert_eq!(&list(&again)[0], said, "the same request has the same answer");
    assert_ne!(say("90%", &["--request-id", "r1"]).code, 0);

    let after = asked(&["pipeline", "--days", "60", "--by", "owner"]);
    let mean = |sum: &Value, what: &str| number(&sum[what]["mean"]);
    let (chance, worth) = (number(&deal["chance"]), number(&deal["worth"]));
    for sum in ["open", "total"] {
        let sum = &after[sum];
        let count = mean(sum, "count_overridden") - mean(sum, "count");
        assert!(near(count, 1.0 - chance), "{count} {chance}");
        let value = mean(sum, "value_overridden") - mean(sum, "value");
        assert!(near(value, 1_000_000.0 - chance * worth), "{value}");
    }
    assert_eq!(
        before["open"]["value"], after["open"]["value"],
        "the model says what it said"
    );
    let owners = list(&after["groups"][0]["members"]);
    let sum: f64 = owners.iter().map(|owner| mean(owner, "value_overridden")).sum();
    assert!(near(sum, mean(&after["open"], "value_overridden")));
    let told = &list(&after["overridden"]["deals"])[0];
    assert!(
        near(number(&told["chance_model"]), chance) && number(&told["chance"]) == 1.0,
        "{told}"
    );
    let kept = text(&after["overridden"]["forecast_id"]);
    assert_ne!(kept, text(&after["forecast_id"]));
    let served = asked(&["accuracy", "--list"]);
    let one = list(&served).iter().find(|one| one["id"] == kept);
    assert_eq!(one.map(|one| text(&one["kind"])), Some("override"), "{served}");

    // Who is second is told so; what is taken back is taken back once.
    let version = text(&said["etag"]);
    say("80%", &["--etag", version]).exits(0);
    let late = say("70%", &["--etag", version]);
    assert!(late.code != 0 && late.err.contains("meanwhile"), "{late:?}");
    let name = format!("deal/{id}");
    let back = [
        "override",
        "remove",
        &name,
        "--author",
        "Bo",
        "--reason",
        "lost hope",
    ];
    assert_eq!(text(&list(&asked(&back))[0]["state"]), "taken back");
    assert_eq!(ended(&back).code, 4);
    let versions = asked(&["override", "list", "--id", &name, "--versions"]);
    let states: Vec<&str> = list(&versions).iter().map(|one| text(&one["state"])).collect();
    assert_eq!(states, ["taken back", "ended", "ended"]);
    assert!(asked(&["pipeline", "--days", "60"])["overridden"].is_null());
}

#[test]
fn what_is_said_of_a_deal_must_be_able_to_matter() {
    let open = asked(&["pipeline", "--days", "60", "--deals", "1"]);
    let id = text(&list(&open["deals"])[0]["id"]);
    for (more, said) in [
        (
            ["--category", "nope"],
            "use one of omitted, pipeline, best_case, most_likely, commit",
        ),
        (
            ["--close", "2017-01-31"],
            "deal.expected_close: 2017-01-31 is over",
        ),
    ] {
        let args = ["override", "deal", id, "--author", "An\nn", "--reason", "b"];
        let odd = ended(&[&args, &more[..]].concat());
        assert!(odd.code == 3 && odd.err.contains("author"), "{odd:?}");
        let args = ["override", "deal", id, "--author", "Ann", "--reason", "b"];
        let odd = ended(&[&args, &more[..]].concat());
        assert!(odd.code == 3 && odd.err.contains(said), "{odd:?}");
    }
    let unknown = ended(&[
        "override", "deal", "nope", "--chance", "1", "--author", "A", "--reason", "b",
    ]);
    assert_eq!(unknown.code, 4, "{unknown:?}");
}

#[test]
fn what_is_said_of_a_period_stands_beside_what_is_expected() {
    let now = asked(&["attainment", "--by", "team"]);
    let (start, end) = (text(&now["period_start"]), text(&now["period_end"]));
    let call = |of: &str, value: &str| {
        let args = [
            "override", "period", "--from", start, "--to", end, "--for", of, "--value", value, "--author",
            "Bo", "--reason", "commit",
        ];
        ended(&args)
    };
    call("team=Enterprise", "1234567").exits(0);
    let nobody = call("team=Nobody", "1");
    assert!(
        nobody.code == 3
            && nobody.err.contains("no team is called `Nobody`: there are ")
            && nobody.err.contains("Enterprise"),
        "{nobody:?}"
    );
    call("team=North America", "5").exits(0);
    let then = asked(&["attainment", "--by", "team"]);
    let said = &row(&then, "Enterprise")["said"];
    assert_eq!(
        (number(&said["call"]["value"]), text(&said["author"])),
        (1_234_567.0, "Bo")
    );
    let served = asked(&["accuracy", "--list", "--kpi", "bookings"]);
    let kept = list(&served)
        .iter()
        .find(|one| one["points"][0]["model"] == "call by Bo");
    assert!(
        kept.is_some_and(|one| text(&one["kind"]) == "override"),
        "{served}"
    );
    let odd = call("flavour=sweet", "1");
    assert!(odd.code == 3 && odd.err.contains("period.dimension"), "{odd:?}");
    let year = last_year();
    let (start, end) = (format!("{year}-01-01"), format!("{year}-04-01"));
    let args = [
        "override", "period", "--from", &start, "--to", &end, "--value", "1", "--author", "A", "--reason",
        "b",
    ];
    let over = ended(&args);
    assert!(over.code == 3 && over.err.contains("over"), "{over:?}");
}

#[test]
fn what_would_change_is_a_difference_with_its_interval() {
    let forecast = asked(&["pipeline", "--days", "45", "--deals", "1"]);
    let deal = &list(&forecast["deals"])[0];
    let (id, chance, worth) = (text(&deal["id"]), number(&deal["chance"]), number(&deal["worth"]));
    let dropped = asked(&["what-if", "--days", "45", "--drop", id]);
    let difference = &dropped["value_difference"];
    assert!(near(number(&difference["mean"]), -chance * worth), "{dropped}");
    assert!(near(
        number(&dropped["value_before"]),
        number(&forecast["total"]["value"]["mean"])
    ));
    let wide = |answer: &Value| {
        let band = &list(&answer["intervals"])[1];
        number(&band["high"]) - number(&band["low"])
    };
    // What stays as it is cancels out: the interval is that of the change.
    assert!(
        wide(difference) < 0.5 * wide(&forecast["total"]["value"]),
        "{dropped}"
    );
    assert_eq!(text(&list(&dropped["deals"])[0]["id"]), id);
    let both = asked(&[
        "what-if",
        "--days",
        "45",
        "--stage",
        "Quoted=1.5",
        "--add-rep",
        "0",
    ]);
    assert!(number(&both["value_difference"]["mean"]) > 0.0, "{both}");
    let later = format!("{id}={}-12-31", last_year() + 3);
    asked(&["what-if", "--days", "45", "--move", &later]);
    for (args, code, word) in [
        (["--drop", "nope"], 4, "nope"),
        (["--move", &format!("{id}=2000-01-01")], 3, "2000-01-01 is over"),
        (["--stage", "Nowhere=2"], 3, "Quoted"),
        (["--stage", "Quoted=101"], 3, "factor"),
        (["--add-rep", "1096"], 3, "ramp_days"),
    ] {
        let odd = ended(&[&["what-if", "--days", "45"], &args[..]].concat());
        assert!(odd.code == code && odd.err.contains(word), "{args:?}: {odd:?}");
    }
}

#[test]
fn what_moved_the_forecast_sums_to_the_difference() {
    let year = last_year();
    let day = |month: u32| format!("{year}-{month:02}-28");
    let [first, second] = [day(8), day(9)];
    let none = ended(&["waterfall", "--days", "70", "--as-of", &second]);
    assert!(none.code == 4 && none.err.contains("70 days"), "{none:?}");
    let from = asked(&["pipeline", "--days", "75", "--as-of", &first]);
    let answer = asked(&["waterfall", "--days", "75", "--as-of", &second]);
    assert_eq!(answer["reason"].as_str(), Some(""), "{answer}");
    assert_eq!(answer["from"]["forecast_id"], from["forecast_id"]);
    for (what, of) in [("count", "count"), ("value", "value")] {
        assert!(near(
            number(&answer["from"][what]),
            number(&from["total"][of]["mean"])
        ));
        let steps: f64 = list(&answer["steps"])
            .iter()
            .map(|step| number(&step[what]))
            .sum();
        let difference = number(&answer["to"][what]) - number(&answer["from"][what]);
        assert!(
            (steps - difference).abs() < 1e-6 * number(&answer["to"][what]),
            "{what}: {answer}"
        );
    }
    let kinds: Vec<&str> = list(&answer["steps"])
        .iter()
        .map(|step| text(&step["kind"]))
        .collect();
    for kind in ["won", "lost", "created", "chance"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert!(number(&answer["won_since"]) > 0.0 && number(&answer["won_value_since"]) > 0.0);
    let id = text(&from["forecast_id"]);
    let named = asked(&["waterfall", "--days", "75", "--as-of", &second, "--since", id]);
    assert_eq!(named["steps"], answer["steps"]);
    assert_eq!(ended(&["waterfall", "--since", "nope"]).code, 4);
}

#[test]
fn a_rep_is_refused_and_every_field_at_fault_is_named() {
    let caller = Caller::new();
    let (url, own) = (
        PLACE.1.url.as_str(),
        fs::read_to_string(PLACE.0.path().join("token")).expect("a token"),
    );
    let pipeline = json!({ "pipeline": { "tenant": "demo" } });
    let tenant = json!({ "tenant": "demo" });
    for (method, message) in [
        ("TrendService/ForecastQuotaAttainment", &tenant),
        ("PipelineService/WhatIfPipeline", &pipeline),
        ("PipelineService/GetForecastWaterfall", &pipeline),
        ("PipelineService/SetForecastOverride", &tenant),
        ("PipelineService/ListForecastOverrides", &tenant),
        ("PipelineService/DeleteForecastOverride", &tenant),
    ] {
        let method = format!("forecasting.v1.{method}");
        let refused = caller
            .call(url, REP, &method, message)
            .expect_err("a rep sees some rows only");
        assert!(
            refused.to_string().contains("SCOPE_MISMATCH"),
            "{method}: {refused}"
        );
    }
    let odd = json!({
        "tenant": "demo", "deal": { "deal": "d", "chance": 1.5, "expectedClose": "soon" }, "etag": "x",
    });
    let method = "forecasting.v1.PipelineService/SetForecastOverride";
    let refused = caller
        .call(url, own.trim(), method, &odd)
        .expect_err("nothing of it can be")
        .to_string();
    for field in ["deal.chance", "deal.expected_close", "author", "reason", "etag"] {
        assert!(refused.contains(field), "{field}: {refused}");
    }
}
