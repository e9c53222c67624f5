//! `forecast evaluate`: what it says of made-up and of public series, beside an independent look at the same forecasts
//! (`tests/forecasts/series.py`, Python without the product's code) and beside statsforecast where that is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use bellwether_tests::product::run_in;
use bellwether_tests::workspace_root;
use serde_json::Value;

/// Public series beside the repository; absent on most machines.
fn public(name: &str) -> Option<PathBuf> {
    let path = workspace_root().join("../shared/data/series").join(name);
    path.exists().then_some(path)
}

fn evaluate(dir: &Path, file: &Path, horizon: &str, season: &str) -> Value {
    let out = dir.join("forecasts.csv");
    let args = [
        "forecast",
        "evaluate",
        text(file),
        "--horizon",
        horizon,
        "--season",
        season,
        "--per-series",
        text(&out),
        "--output",
        "json",
    ];
    run_in(dir, &args).exits(0).json()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

/// What the script says of the same forecasts.
fn look(dir: &Path, file: &Path, horizon: &str, season: &str) -> Value {
    let script = workspace_root().join("tests/forecasts/series.py");
    let out = Command::new("python3")
        .arg(script)
        .args([text(file), horizon, season, text(&dir.join("forecasts.csv"))])
        .output()
        .expect("python3 runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn number(value: &Value, name: &str) -> f64 {
    value[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} of {value}"))
}

/// A few series with a season, a slope and some noise that repeats itself, so that no chance is needed.
fn made(dir: &Path) -> PathBuf {
    let mut lines = vec!["id,note,values".to_owned()];
    for series in 0..9_u32 {
        let value = |at: u32| -> String {
            let noise = f64::from((at * 37 + series * 101) % 53) / 53.0;
            let season = [5.0, -3.0, -4.0, 2.0][(at % 4) as usize];
            if at == 11 {
                "NA".to_owned()
            } else {
                format!("{:.3}", 50.0 + 0.3 * f64::from(at) + season + 4.0 * noise)
            }
        };
        let values: Vec<String> = (0..52).map(value).collect();
        lines.push(format!("s{series},x,{}", values.join(" ")));
    }
    let path = dir.join("made.csv");
    std::fs::write(&path, lines.join("\n")).expect("a file");
    path
}

fn agree(own: &Value, look: &Value) {
    for (name, near) in [
        ("smape", 1e-6),
        ("mase", 1e-6),
        ("owa", 0.005),
        ("coverage80", 1e-9),
        ("coverage95", 1e-9),
        ("msis95", 1e-6),
    ] {
        let (own, other) = (number(own, name), number(&look["own"], name));
        assert!(
            (own - other).abs() <= near * other.abs().max(1.0),
            "{name}: {own} by itself, {other} looked at"
        );
    }
}

#[test]
fn figures_are_those_of_an_independent_look() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = made(dir.path());
    let own = evaluate(dir.path(), &file, "8", "4");
    assert_eq!(
        (own["series"].as_u64(), own["failures"].as_u64()),
        (Some(9), Some(0)),
        "{own}"
    );
    agree(&own, &look(dir.path(), &file, "8", "4"));
    assert!(number(&own, "owa") < 1.0, "{own}");
}

/// Public series: file, steps ahead, season, how far the 80 and 95 % intervals may be off, and how much above the mean of
/// statsforecast's Theta and ETS its OWA may be.
const PUBLIC: [(&str, &str, &str, [f64; 2], f64); 2] = [
    ("nn3.csv", "18", "12", [0.04, 0.02], 1.0),
    ("nn5.csv", "56", "7", [0.04, 0.02], 1.0),
];

#[test]
fn public_series_are_forecast_as_well_as_promised() {
    for (name, horizon, season, off, above) in PUBLIC {
        let Some(file) = public(name) else {
            eprintln!("skipped: {name} is not on this machine");
            continue;
        };
        let dir = tempfile::tempdir().expect("a folder");
        let own = evaluate(dir.path(), &file, horizon, season);
        assert_eq!(
            (own["series"].as_u64(), own["failures"].as_u64()),
            (Some(111), Some(0)),
            "{own}"
        );
        assert!(
            (number(&own, "coverage80") - 0.8).abs() <= off[0],
            "{name}: {own}"
        );
        assert!(
            (number(&own, "coverage95") - 0.95).abs() <= off[1],
            "{name}: {own}"
        );
        let look = look(dir.path(), &file, horizon, season);
        agree(&own, &look);
        if look["reference"].is_null() {
            eprintln!("skipped: statsforecast is not installed");
            continue;
        }
        let (own, reference) = (number(&own, "owa"), number(&look["reference"], "owa"));
        assert!(
            own <= above * reference,
            "{name}: {own}, statsforecast {reference}"
        );
    }
}

#[test]
fn what_is_wrong_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = made(dir.path());
    let run = |args: &[&str]| run_in(dir.path(), &[&["forecast", "evaluate"], args].concat());
    run(&["absent.csv", "--horizon", "8"]).exits(2);
    run(&[text(&file), "--horizon", "0"]).exits(2);
    run(&[text(&file), "--horizon", "8", "--levels", "101"]).exits(2);
    let odd = dir.path().join("odd.csv");
    std::fs::write(&odd, "id,values\na,1 2 three\n").expect("a file");
    run(&[text(&odd), "--horizon", "1"]).exits(3);
    std::fs::write(
        &odd,
        "id,values\na,\nb,7\nc,NA NA NA NA NA\nd,1e300 1 1 1 1 1 1 1 1 1 1\n",
    )
    .expect("a file");
    let report = run(&[text(&odd), "--horizon", "2", "--output", "json"])
        .exits(0)
        .json();
    assert_eq!(
        (report["series"].as_u64(), report["failures"].as_u64()),
        (Some(1), Some(3)),
        "{report}"
    );
    let refused = |text_of_file: &str, words: &[&str]| {
        std::fs::write(&odd, text_of_file).expect("a file");
        let done = run(&[text(&odd), "--horizon", "6"]).exits(3);
        for words in words {
            assert!(done.err.contains(words), "{text_of_file:?}: {}", done.err);
        }
    };
    refused("", &["the file is empty"]);
    refused("id,values\n", &["no series below the header"]);
    refused("name,values\na,1\n", &["no column `id`", "`name`, `values`"]);
    refused("id,values\na,1 2\nb,3\na,4\n", &["lines 2 and 4"]);
    refused(
        "id;Values\na;1 2 3 4\nb;\n",
        &[
            "a horizon of 6 leaves none to learn from",
            "series b",
            "none of its series",
        ],
    );
}
