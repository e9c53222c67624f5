//! `forecast evaluate-scores`: what it says of made-up and of public records, beside an independent look at the same
//! scores (`tests/forecasts/scores.py`, Python without the product's code) and beside scikit-learn where that is
//! installed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bellwether_tests::product::run_in;
use bellwether_tests::workspace_root;
use serde_json::Value;

/// What is asked of a file.
struct Ask<'a> {
    file: &'a Path,
    target: &'a str,
    positive: &'a str,
    ignore: &'a str,
    more: &'a [&'a str],
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

/// What the command says, and what the script says of the same scores.
fn both(dir: &Path, ask: &Ask<'_>) -> (Value, Value) {
    let rows = dir.join("rows.csv");
    let mut args = vec![
        "forecast",
        "evaluate-scores",
        text(ask.file),
        "--target",
        ask.target,
    ];
    args.extend([
        "--positive",
        ask.positive,
        "--ignore",
        ask.ignore,
        "--per-row",
        text(&rows),
    ]);
    args.extend(ask.more);
    args.extend(["--output", "json"]);
    let own = run_in(dir, &args).exits(0).json();
    let out = Command::new("python3")
        .arg(workspace_root().join("tests/forecasts/scores.py"))
        .args([text(ask.file), ask.target, ask.positive, ask.ignore, text(&rows)])
        .output()
        .expect("python3 runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let look: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    for name in ["n_test", "auc", "log_loss", "brier", "ece10", "count_error"] {
        let (a, b) = (number(&own, name), number(&look["own"], name));
        assert!((a - b).abs() < 1e-9, "{name}: {a} by itself, {b} looked at");
    }
    (own, look)
}

fn number(value: &Value, name: &str) -> f64 {
    value[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} of {value}"))
}

/// Public data beside the repository; absent on most machines.
fn public(name: &str) -> Option<PathBuf> {
    let path = workspace_root().join("../shared/data").join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not on this machine");
        return None;
    }
    Some(path)
}

/// Deals of which a third of the sources win mostly and a third seldom; chance is a multiplication that repeats itself.
fn made(dir: &Path) -> PathBuf {
    let mut lines = "\u{feff}source,\"size, EUR\",paid,end\n".to_owned();
    for row in 0_u32..900 {
        let chance = row.wrapping_mul(2_654_435_761) >> 8 & 0xff;
        let won = chance < [40, 120, 210][(row % 3) as usize];
        let (end, paid) = if won { ("Won", row + 1) } else { ("Lost", 0) };
        writeln!(lines, "s{},{},{paid},{end}", row % 3, row * 37 % 113).expect("text");
    }
    let path = dir.join("made.csv");
    std::fs::write(&path, lines).expect("a file");
    path
}

#[test]
fn figures_are_those_of_an_independent_look() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = made(dir.path());
    let ask = Ask {
        file: &file,
        target: "end",
        positive: "Won",
        ignore: "paid",
        more: &["--seed", "3"],
    };
    let (own, _) = both(
        dir.path(),
        &Ask {
            ignore: "paid",
            ..ask
        },
    );
    assert_eq!(
        (own["n_train"].as_u64(), own["n_test"].as_u64()),
        (Some(630), Some(270)),
        "{own}"
    );
    assert_eq!(own["signal"], true, "{own}");
    assert!(own["leaks"].as_array().is_some_and(Vec::is_empty), "{own}");
}

#[test]
fn a_column_that_knows_the_end_is_named_and_left_out() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = made(dir.path());
    let args = [
        "forecast",
        "evaluate-scores",
        text(&file),
        "--target",
        "end",
        "--output",
        "json",
    ];
    let out = run_in(dir.path(), &args).exits(0).json();
    let leak = out["leaks"][0].as_str().expect("a leak");
    assert!(leak.starts_with("paid: explains"), "{out}");
    assert!(number(&out, "auc") < 0.95, "{out}");
}

/// What the issue asks for: churn as well as scikit-learn, and nothing made of deals that nothing predicts.
#[test]
fn public_records_are_scored_as_well_as_promised() {
    let dir = tempfile::tempdir().expect("a folder");
    if let Some(file) = public("retention/telco_customer_churn.csv") {
        let ask = Ask {
            file: &file,
            target: "Churn",
            positive: "Yes",
            ignore: "customerID",
            more: &[],
        };
        let (own, look) = both(dir.path(), &ask);
        if look["reference"].is_null() {
            eprintln!("skipped: scikit-learn is not installed");
        } else {
            for model in ["logistic", "boosting"] {
                let other = number(&look["reference"][model], "log_loss");
                assert!(
                    number(&own, "log_loss") < other + 0.003,
                    "{model}: {other}, {own}"
                );
            }
        }
    }
    if let Some(file) = public("crm/sales_pipeline.csv") {
        let ignore = "close_date,close_value,opportunity_id";
        for more in [&[][..], &["--time", "engage_date"]] {
            let args = [
                &[
                    "forecast",
                    "evaluate-scores",
                    text(&file),
                    "--target",
                    "deal_stage",
                    "--positive",
                    "Won",
                ][..],
                &["--ignore", ignore, "--output", "json"],
                more,
            ];
            let own = run_in(dir.path(), &args.concat()).exits(0).json();
            assert_eq!(own["signal"], false, "{own}");
            assert!(
                number(&own, "log_loss") <= number(&own, "base_log_loss") + 0.003,
                "{own}"
            );
        }
    }
}

/// The same rows as different programs write them, and what else may stand in a file.
#[test]
fn files_are_read_as_programs_write_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let rows = |cell: fn(u32, f64) -> String| {
        let line = |row: u32| {
            let chance = row.wrapping_mul(2_654_435_761) >> 8 & 0xff;
            let end = if f64::from(chance) < 60.0 + f64::from(row % 7) * 20.0 {
                "Won"
            } else {
                "Lost"
            };
            format!("{};{end}\n", cell(row, f64::from(row % 7) + 0.5))
        };
        (0..600).map(line).collect::<String>()
    };
    let said = |name: &str, text: String| {
        let file = dir.path().join(name);
        std::fs::write(&file, text).expect("a file");
        let args = [
            "forecast",
            "evaluate-scores",
            self::text(&file),
            "--target",
            "end",
            "--output",
            "json",
        ];
        run_in(dir.path(), &args).exits(0).json()
    };
    let point = said(
        "point.csv",
        format!("size;end\n{}", rows(|_, size| size.to_string())),
    );
    assert_eq!(point["signal"], true, "{point}");
    let comma = |_: u32, size: f64| size.to_string().replace('.', ",");
    let with_comma = said("comma.csv", format!("size;end\n{}", rows(comma)));
    let told = said(
        "told.csv",
        format!("sep=;\r\nsize;end\n{}", rows(|_, size| size.to_string())),
    );
    for other in [&with_comma, &told] {
        for name in ["auc", "log_loss", "brier", "ece10"] {
            assert_eq!(number(other, name), number(&point, name), "{name}: {other}");
        }
    }
    // A line break within quotes, words that were never seen, and numbers beyond all bounds.
    let odd = |row: u32, size: f64| {
        let size = ["NaN", "1e300", "-1e300", "", &size.to_string()][row as usize % 5].to_owned();
        format!("{size};\"of {row}\nlines\"")
    };
    let odd = said("odd.csv", format!("size;note;end\n{}", rows(odd)));
    assert!(
        number(&odd, "log_loss").is_finite() && number(&odd, "brier") <= 1.0,
        "{odd}"
    );
    // Of several ends one is the good one.
    let ends = said(
        "ends.csv",
        format!("size;end\n{}", rows(|_, size| size.to_string())).replace("Lost", "No Decision"),
    );
    assert_eq!(ends["positive"], "Won", "{ends}");
}

#[test]
fn what_is_wrong_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = made(dir.path());
    let run = |args: &[&str]| run_in(dir.path(), &[&["forecast", "evaluate-scores"], args].concat());
    run(&["absent.csv", "--target", "end"]).exits(2);
    run(&[text(&file), "--target", "end", "--test-share", "1"]).exits(2);
    run(&[text(&file), "--target", "outcome"]).exits(3);
    run(&[text(&file), "--target", "end", "--ignore", "nothing"]).exits(3);
    run(&[text(&file), "--target", "end", "--positive", "Sold"]).exits(3);
    run(&[text(&file), "--target", "end", "--time", "source"]).exits(3);
    let odd = dir.path().join("odd.csv");
    for content in ["", "a,end\n", "a,end\n1,Won\n2,Won\n", "a,end\n1\n"] {
        std::fs::write(&odd, content).expect("a file");
        run(&[text(&odd), "--target", "end"]).exits(3);
    }
}
