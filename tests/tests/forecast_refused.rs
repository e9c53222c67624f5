//! What `forecast` refuses: what nobody can know yet, what there is not, and what would write over what it reads.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bellwether_testkit::servers::watchman;
use bellwether_tests::product::{Done, Server};

/// The exit code of what may succeed when it is asked again.
const AGAIN: i32 = 6;

/// A server with the made-up company.
static PLACE: LazyLock<(tempfile::TempDir, Server)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    watchman::remove_folder(dir.path());
    let server = Server::start_with(dir.path(), &["--demo"]);
    (dir, server)
});

/// How a command ends, once records are read and models are fitted.
fn ended(tenant: &str, args: &[&str]) -> Done {
    let all = [&["forecast"], args, &["--tenant", tenant, "--output", "json"]].concat();
    let ends = Instant::now() + Duration::from_secs(240);
    loop {
        let done = PLACE.1.run(&all);
        if done.code != AGAIN || Instant::now() > ends {
            return done;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn what_is_to_come_is_no_past_and_nothing_is_kept_of_it() {
    for args in [
        &["pipeline"][..],
        &["stages"],
        &["what-if", "--add-rep", "0"],
        &["waterfall"],
        &["attainment"],
        &["kpi", "bookings"],
        &["kpi", "bookings", "--seasons"],
        &["anomalies", "bookings"],
        &["retention"],
        &["retention", "--survival"],
        &["score", "opportunities"],
        &["score", "leads"],
        &["score", "customers"],
    ] {
        for day in ["2099-01-01", "9999-12-31"] {
            let done = ended("demo", &[args, &["--as-of", day]].concat());
            let said = format!("as_of: {day} is in the future: nothing can be known of it");
            assert!(done.code == 3 && done.err.contains(&said), "{args:?}: {done:?}");
        }
    }
    let late = ended("demo", &["kpi", "bookings", "--from", "2099-01-01"]);
    assert!(
        late.code == 3 && late.err.contains("history.from: 2099-01-01"),
        "{late:?}"
    );
    let kept = ended("demo", &["accuracy", "--list"]).exits(0).json();
    assert!(kept.as_array().is_some_and(Vec::is_empty), "{kept}");
}

#[test]
fn what_there_is_not_is_not_found() {
    for args in [
        &["accuracy"][..],
        &["accuracy", "--list"],
        &["operations"],
        &["override", "list"],
        &["pipeline"],
    ] {
        let done = ended("nope", args);
        assert!(done.code == 4 && done.err.contains("nope"), "{args:?}: {done:?}");
    }
    for list in [&[][..], &["--list"]] {
        let of = |kpi: &str| ended("demo", &[&["accuracy", "--kpi", kpi], list].concat());
        let unknown = of("nope");
        assert!(unknown.code == 4 && unknown.err.contains("nope"), "{unknown:?}");
        for kpi in ["bookings", "logo_retention"] {
            of(kpi).exits(0);
        }
    }
    for args in [&["operations"][..], &["override", "list"]] {
        ended("demo", args).exits(0);
    }
    let done = ended(
        "demo",
        &["score", "opportunities", "--id", "nope", "--id", "neither"],
    );
    let said = "no open deal is called `nope`, `neither`";
    assert!(done.code == 4 && done.err.contains(said), "{done:?}");
    let done = ended("demo", &["score", "opportunities", "--days", "30"]);
    assert!(done.code == 2 && done.err.contains("--days"), "{done:?}");
}

#[test]
fn what_is_read_is_not_written_over_and_levels_are_percent() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("series.csv");
    let values: Vec<String> = (0..40).map(|at| (100 + at % 4 * 10).to_string()).collect();
    let text = format!("id,values\na,{}\n", values.join(" "));
    fs::write(&file, &text).expect("a writable folder");
    let name = file.display().to_string();
    let evaluate = |more: &[&str]| {
        let args = ["forecast", "evaluate", &name, "--horizon", "4", "--season", "4"];
        PLACE.1.run(&[&args, more].concat())
    };
    let same = evaluate(&["--per-series", &name]);
    assert!(
        same.code == 2 && same.err.contains("is the file that is read"),
        "{same:?}"
    );
    assert_eq!(fs::read_to_string(&file).expect("as it was"), text);
    for (levels, said) in [("80,80", "80 twice"), ("0.8", "levels are percent: 80")] {
        let done = evaluate(&["--levels", levels]);
        assert!(done.code == 2 && done.err.contains(said), "{done:?}");
    }
    let out = dir.path().join("out.csv").display().to_string();
    evaluate(&["--per-series", &out]).exits(0);
    let rows = dir.path().join("rows.csv");
    let row = |at: usize| format!("{},{}\n", at % 7, ["yes", "no"][at % 2]);
    let text = format!("size,won\n{}", (0..100).map(row).collect::<String>());
    fs::write(&rows, &text).expect("a writable folder");
    let name = rows.display().to_string();
    let args = [
        "forecast",
        "evaluate-scores",
        &name,
        "--target",
        "won",
        "--per-row",
        &name,
    ];
    let same = PLACE.1.run(&args);
    assert!(
        same.code == 2 && same.err.contains("is the file that is read"),
        "{same:?}"
    );
    assert_eq!(fs::read_to_string(&rows).expect("as it was"), text);
}
