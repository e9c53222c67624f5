//! README, ARCHITECTURE, the pages below docs and every `--help` are true: each command in them is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bellwether_testkit::servers::{Postgres, Redis};
use bellwether_tests::product::{Done, Server, binary, done};
use bellwether_tests::workspace_root;

/// A folder with what the examples name: a small export, records, settings, the shipped mappings.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    let at = |name: &str| desk.path().join(name);
    let files = [
        (
            "accounts.csv",
            "account,sector,year_established,revenue,employees,office_location,subsidiary_of\nAcme,retail,1990,1.0,10,Kenya,\n",
        ),
        ("products.csv", "product,series,sales_price\nGTX Basic,GTX,550\n"),
        (
            "sales_teams.csv",
            "sales_agent,manager,regional_office\nAnn,Bo,West\n",
        ),
        (
            "sales_pipeline.csv",
            "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n\
             1C1I7A6R,Ann,GTX Basic,Acme,Won,2017-01-01,2017-02-01,500\nX2,Ann,GTX Basic,Acme,Lost,2017-01-01,2017-02-01,0\n",
        ),
        (
            "records.jsonl",
            "{\"id\":\"A1\",\"account\":{\"name\":\"Acme\"}}\n",
        ),
        ("settings.yaml", "currency: USD\nzone: Europe/Berlin\n"),
    ];
    for (name, text) in files {
        fs::write(at(name), text).expect("a writable folder");
    }
    for (name, text) in rows() {
        fs::write(at(name), text).expect("a writable folder");
    }
    fs::create_dir_all(at(".local/share/bash-completion/completions")).expect("a writable folder");
    for name in ["deploy", "scripts", "Makefile"] {
        std::os::unix::fs::symlink(workspace_root().join(name), at(name)).expect("a writable folder");
    }
    desk
}

/// Files that forecasts and scores are judged on.
fn rows() -> [(&'static str, String); 3] {
    let mut series = "id,values\n".to_owned();
    for one in 1..4 {
        let value = |at: usize| (100 * one + at + 20 * (at % 7) + at * 13 % 5).to_string();
        let values: Vec<String> = (0..120).map(value).collect();
        series.push_str(&format!("s{one},{}\n", values.join(" ")));
    }
    let mut deals = "id,created,close_date,source,amount,stage\n".to_owned();
    let mut churn = "customerID,tenure,contract,Churn\n".to_owned();
    for at in 0..300 {
        let (month, day) = (1 + at / 28, 1 + at % 28);
        let (source, won) = (["web", "fair"][at % 2], (at % 2 == 0) != (at % 5 == 0));
        let stage = if won { "Won" } else { "Lost" };
        let amount = 500 + at * 37 % 400;
        deals.push_str(&format!(
            "d{at},2024-{month:02}-{day:02},2025-{month:02}-{day:02},{source},{amount},{stage}\n"
        ));
        let (contract, left) = (["month", "year"][at % 2], if won { "Yes" } else { "No" });
        churn.push_str(&format!("c{at},{},{contract},{left}\n", at * 31 % 72));
    }
    [("series.csv", series), ("deals.csv", deals), ("churn.csv", churn)]
}

/// Runs a line as a person would type it, in the folder.
#[allow(
    clippy::disallowed_methods,
    reason = "a person's shell has PATH and HOME, and so has the test's"
)]
fn typed(desk: &Path, data: &str, line: &str) -> Done {
    let folder = binary().parent().map(Path::to_owned).unwrap_or_default();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .args(["-euc", line])
        .current_dir(desk)
        .stdin(Stdio::null());
    command
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("BELLWETHER_DATA_DIR", data);
    // Completions are written below the home folder; the tools stay where `make test` put them.
    let home = PathBuf::from(std::env::var("HOME").unwrap_or_default());
    let cache = std::env::var("XDG_CACHE_HOME").map_or_else(|_| home.join(".cache"), PathBuf::from);
    command.env("HOME", desk).env("XDG_CACHE_HOME", cache);
    done(&command.output().expect("bash starts"))
}

fn help(args: &[String]) -> String {
    let output = Command::new(binary())
        .args(args)
        .arg("--help")
        .stdin(Stdio::null())
        .output();
    let done = done(&output.expect("the binary starts")).exits(0);
    assert!(done.out.contains("Usage:"), "{args:?}: {}", done.out);
    done.out
}

/// Every `--help` page, found by following the commands that each page lists.
fn pages(args: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let text = help(args);
    let commands = text.split("Commands:\n").nth(1).unwrap_or_default();
    let names = commands.lines().take_while(|line| line.starts_with("  "));
    let names: Vec<&str> = names
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .collect();
    found.push((args.to_vec(), text.clone()));
    for name in names
        .into_iter()
        .filter(|name| !name.is_empty() && *name != "help")
    {
        pages(&[args, &[name.to_owned()]].concat(), found);
    }
}

/// Starts a server by the words of an example and stops it. Names of places are replaced by places that are there: a
/// folder of its own, a free port, throw-away PostgreSQL and Redis, and the server that the other examples speak to.
fn serves(line: &str, other: &Server) {
    let dir = tempfile::tempdir().expect("a folder");
    let mut words = line.split_whitespace().skip(2);
    let mut args = Vec::new();
    while let Some(word) = words.next() {
        args.push(word.to_owned());
        let place = match word {
            "--data-dir" => dir.path().display().to_string(),
            "--listen" => "127.0.0.1:0".to_owned(),
            "--token-file" => other.dir.join("token").display().to_string(),
            "--database-url" => Postgres::shared().database(),
            "--redis-url" => Redis::shared().url(),
            "--ingestion-url" | "--kpi-url" => other.url.clone(),
            _ => continue,
        };
        assert!(words.next().is_some(), "{line}: {word} has no value");
        args.push(place);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let server = Server::launch(dir.path(), &args);
    assert_eq!(server.stop(), Some(0), "{line}");
}

#[test]
fn every_example_in_the_help_runs() {
    let desk = desk();
    let data = desk.path().join("data");
    fs::create_dir(&data).expect("a writable folder");
    let server = Server::start_with(&data, &["--demo"]);
    let mut found = Vec::new();
    pages(&[], &mut found);
    // A line that ends with a backslash goes on in the next one.
    for (_, text) in &mut found {
        *text = text.replace("\\\n", "");
    }
    assert!(found.len() >= 12, "only {} pages", found.len());
    let mut lines: Vec<&str> = Vec::new();
    for (_, text) in &found {
        lines.extend(
            text.lines()
                .map(str::trim)
                .filter(|line| line.starts_with("bellwether ")),
        );
    }
    // Imports first: other examples ask for what they bring.
    lines.sort_by_key(|line| !line.starts_with("bellwether import"));
    lines.dedup();
    assert!(lines.len() >= 15, "{lines:#?}");
    for line in lines {
        if line.starts_with("bellwether serve") {
            serves(line, &server);
            continue;
        }
        let done = typed(desk.path(), "./data", line);
        assert_eq!(done.code, 0, "{line}\n{}\n{}", done.out, done.err);
    }
}

/// The pages that a reader types commands from: README first, and all below docs.
fn pages_of_the_house() -> Vec<PathBuf> {
    let root = workspace_root();
    let mut docs: Vec<PathBuf> = fs::read_dir(root.join("docs"))
        .expect("the folder of pages")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    docs.sort();
    [vec![root.join("README.md"), root.join("ARCHITECTURE.md")], docs].concat()
}

/// The lines of the `sh` blocks of a page; a line that ends in a backslash goes on.
fn commands(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).expect("the page");
    let page = page.display();
    for other in [
        "```console",
        "```bash",
        "```shell",
        "\n    bellwether ",
        "\n    make ",
    ] {
        assert!(
            !text.contains(other),
            "{page}: commands stand in blocks of `sh`, where they are run"
        );
    }
    let mut out = Vec::new();
    for block in text.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default().replace("\\\n", " ");
        out.extend(
            block
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned),
        );
    }
    assert!(
        !text.contains("```sh\n") || !out.is_empty(),
        "{page}: its blocks have no command"
    );
    out
}

/// `make run` or `make fleet` with the build that the tests were built with, and its folder (`.demo`, `.fleet`) on the desk.
fn make(what: &str, desk: &Path) -> Run {
    let profile = binary()
        .parent()
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().into_owned());
    let profile = profile
        .filter(|name| name != "debug")
        .unwrap_or_else(|| "dev".to_owned());
    let log = desk.join(format!("{what}.log"));
    let said = fs::File::create(&log).expect("a writable folder");
    let target: PathBuf = binary()
        .ancestors()
        .nth(2)
        .expect("target/PROFILE/bellwether")
        .to_owned();
    let mut command = Command::new("make");
    command
        .arg(what)
        .current_dir(workspace_root())
        .stdin(Stdio::null());
    command
        .env("BUILD_PROFILE", profile)
        .env("CARGO_TARGET_DIR", target)
        .env("BELLWETHER_DATA_DIR", desk.join(".demo"))
        .env("FLEET_DIR", desk.join(".fleet"));
    command.stdout(said.try_clone().expect("a file")).stderr(said);
    let child = command.spawn().expect("make starts");
    Run { child, log }
}

/// What `make` runs, asked to drain when the test ends, however it ends.
struct Run {
    child: std::process::Child,
    log: PathBuf,
}

impl Run {
    /// What it printed once it stood.
    fn seen(&mut self) -> String {
        wait_for(&mut self.child, &self.log, "Ctrl-C drains and stops.")
    }

    /// Asks it to drain, and waits until it has.
    fn drains(mut self) {
        self.stop();
        let code = self.child.wait().expect("it is ours").code();
        assert!(matches!(code, Some(0 | 2) | None), "make ended with {code:?}");
    }

    fn stop(&self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill")
            .args(["-TERM", &id])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

fn wait_for(run: &mut std::process::Child, file: &Path, text: &str) -> String {
    for _ in 0..3000 {
        let seen = fs::read_to_string(file).unwrap_or_default();
        if seen.contains(text) {
            return seen;
        }
        let ended = run.try_wait().expect("it is ours");
        assert!(ended.is_none(), "make run ended with {ended:?}:\n{seen}");
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!(
        "`{text}` did not appear in ten minutes:\n{}",
        fs::read_to_string(file).unwrap_or_default()
    )
}

#[test]
fn every_command_in_the_pages_runs() {
    let desk = desk();
    let mut run = make("run", desk.path());
    let mut fleet = make("fleet", desk.path());
    let seen = run.seen();
    assert!(
        seen.contains("Win rate") && seen.contains("kpi query"),
        "no scorecard:\n{seen}"
    );
    let of_fleet = fleet.seen();
    assert!(of_fleet.contains("Win rate"), "no scorecard:\n{of_fleet}");
    let mut told = 0;
    for page in pages_of_the_house() {
        let commands = commands(&page);
        told += usize::from(!commands.is_empty());
        for line in commands {
            // These are the runs above and the run that this test is part of.
            if ["make run", "make fleet", "make test"].contains(&line.as_str()) {
                continue;
            }
            let done = typed(desk.path(), "./.demo", &line);
            let page = page.display();
            assert_eq!(done.code, 0, "{page}: {line}\n{}\n{}", done.out, done.err);
        }
    }
    assert!(told >= 4, "only {told} pages have commands");
    let printed = seen
        .lines()
        .chain(of_fleet.lines())
        .map(str::trim)
        .filter(|line| {
            ["bellwether kpi", "bellwether forecast", "grpcurl"]
                .iter()
                .any(|word| line.contains(word))
        });
    for line in printed {
        let done = typed(desk.path(), "./.demo", line);
        assert_eq!(done.code, 0, "{line}\n{}\n{}", done.out, done.err);
    }
    fleet.drains();
    run.drains();
    let left = fs::read_dir(desk.path().join(".fleet")).expect("the fleet's folder");
    let left: Vec<_> = left
        .map_while(Result::ok)
        .map(|entry| entry.path().join("endpoint"))
        .collect();
    assert!(
        left.len() > 4 && left.iter().all(|file| !file.exists()),
        "processes of the fleet are left: {left:?}"
    );
    let endpoint = desk.path().join(".demo/endpoint");
    let gone = (0..150).any(|_| {
        std::thread::sleep(Duration::from_millis(200));
        !endpoint.exists()
    });
    assert!(gone, "the server did not drain");
}
