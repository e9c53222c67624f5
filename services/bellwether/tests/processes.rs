//! Roles in processes of their own: how they start, find each other, and end when what they need is not there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder with a token, where temporary folders of processes lie too.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        std::fs::write(desk.path("token"), "the-token-of-all\r\n").unwrap();
        std::fs::create_dir(desk.path("tmp")).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
        command.args(args).env("TMPDIR", self.path("tmp"));
        command.env("BELLWETHER_TOKEN_FILE", self.path("token"));
        command.stdin(Stdio::null());
        command
    }

    fn serve(&self, name: &str, args: &[&str], variables: &[(&str, &str)]) -> Serving {
        let log = self.path(&format!("{name}.log"));
        let mut command = self.command(&[&["serve"], args].concat());
        command.envs(variables.iter().copied());
        command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        Serving {
            child: command.spawn().unwrap(),
            log,
        }
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        let output = self.command(args).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }
}

/// A process, killed when the test ends.
struct Serving {
    child: Child,
    log: PathBuf,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Serving {
    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    fn says(&self, text: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        while !self.said().contains(text) {
            assert!(Instant::now() < until, "`{text}` is not in:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ready(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().strip_prefix("ready ");
        url.unwrap_or_else(|| panic!("not ready: {line}{}", self.said()))
            .to_owned()
    }

    fn ends(&mut self) -> (i32, Duration) {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code().unwrap_or(-1), since.elapsed());
            }
            assert!(since.elapsed() < Duration::from_secs(30), "{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to end; it must be quick about it.
    fn drains_at_once(&mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let (code, took) = self.ends();
        assert_eq!(code, 0, "{}", self.said());
        assert!(took < Duration::from_secs(2), "{took:?}\n{}", self.said());
    }
}

/// A port that takes connections and never says a word.
fn black_hole() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// A port that nobody listens on.
fn nobody() -> String {
    black_hole().1
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn two_processes_are_one_product() {
    let desk = Desk::new();
    let data = desk.path("ingestion");
    let data = data.to_str().unwrap();
    let mut ingestion = desk.serve("ingestion", &["--roles", "ingestion", "--data-dir", data], &[]);
    let behind = ingestion.ready();
    assert!(!desk.path("ingestion/token").exists(), "the shared token is used");
    let dead = format!("http://{}", nobody());
    let urls = format!("{dead},{behind}");
    let mut kpi = desk.serve("kpi", &["--roles", "kpi", "--ingestion-url", &urls], &[]);
    let front = kpi.ready();
    let file = desk.path("settings.yaml");
    std::fs::write(&file, "currency: USD\nzone: Europe/Berlin\n").unwrap();
    let apply = ["settings", "apply", "--tenant", "acme", "--server", &behind];
    let (code, said) = desk.run(&[&apply[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(code, 0, "{said}");
    let servers = format!("{dead},{front}");
    let ask = [
        "kpi", "query", "win_rate", "--tenant", "acme", "--server", &servers,
    ];
    let (code, said) = desk.run(&ask);
    assert_eq!(code, 0, "{said}");
    let (code, said) = desk.run(&["kpi", "list", "--tenant", "acme", "--server", &behind]);
    assert_eq!(code, 3, "ingestion answers no questions: {said}");
    assert!(!is_empty(&desk.path("tmp")), "kpi has a folder of its own");
    ingestion.child.kill().unwrap();
    ingestion.child.wait().unwrap();
    let (code, said) = desk.run(&ask);
    assert_eq!(code, 6, "nobody knows the head of the log: {said}");
    kpi.drains_at_once();
    assert!(is_empty(&desk.path("tmp")), "and it is gone with it");
}

#[test]
fn a_kpi_that_never_reached_ingestion_drains_at_once() {
    let desk = Desk::new();
    let (_held, hole) = black_hole();
    for (name, address) in [("hole", hole), ("nobody", nobody())] {
        let url = format!("http://{address}");
        let flags = ["--roles", "kpi", "--ingestion-url", &url];
        let mut kpi = desk.serve(name, &flags, &[("BELLWETHER_TELEMETRY__FILTER", "debug")]);
        std::thread::sleep(Duration::from_millis(700));
        assert!(kpi.child.try_wait().unwrap().is_none(), "{}", kpi.said());
        kpi.drains_at_once();
        assert!(is_empty(&desk.path("tmp")));
    }
}

#[test]
fn a_database_that_is_not_there_is_waited_for() {
    let desk = Desk::new();
    let url = format!("postgres://ann:hunter2@{}/d", nobody());
    let variables = [("BELLWETHER_DATABASE_URL", url.as_str())];
    let mut waiting = desk.serve("waiting", &["--roles", "ingestion"], &variables);
    waiting.says("trying again");
    waiting.drains_at_once();
    let soon = [variables[0], ("BELLWETHER_NODE__STARTUP_WAIT_MS", "800")];
    let mut failing = desk.serve("failing", &["--roles", "ingestion"], &soon);
    let (code, took) = failing.ends();
    assert_eq!(code, 6, "{}", failing.said());
    assert!(took < Duration::from_secs(15), "{took:?}");
    for said in [waiting.said(), failing.said()] {
        assert!(!said.contains("hunter2"), "{said}");
    }
    let (_held, hole) = black_hole();
    let url = format!("postgres://ann:hunter2@{hole}/d");
    let mut silent = desk.serve(
        "silent",
        &["--roles", "ingestion"],
        &[("BELLWETHER_DATABASE_URL", &url)],
    );
    std::thread::sleep(Duration::from_millis(700));
    silent.drains_at_once();
}

#[test]
fn a_hung_collector_does_not_hold_up_the_end() {
    let desk = Desk::new();
    let (_held, hole) = black_hole();
    let data = desk.path("data");
    let mut both = desk.serve(
        "both",
        &["--data-dir", data.to_str().unwrap()],
        &[("BELLWETHER_TELEMETRY__OTLP_ENDPOINT", &format!("http://{hole}"))],
    );
    let url = both.ready();
    let (code, said) = desk.run(&["settings", "get", "--tenant", "acme", "--server", &url]);
    assert_eq!(code, 0, "{said}");
    let id = both.child.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    let (code, took) = both.ends();
    assert_eq!(code, 0, "{}", both.said());
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn what_is_missing_is_said() {
    let desk = Desk::new();
    let (code, said) = desk.run(&["serve", "--roles", "kpi"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("--ingestion-url"), "{said}");
    let (code, said) = desk.run(&["serve", "--roles", "ingestion"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("--data-dir"), "{said}");
    let flags = [
        "--roles",
        "kpi",
        "--ingestion-url",
        "http://127.0.0.1:1",
        "--redis-url",
        "nonsense",
    ];
    let (code, said) = desk.run(&[&["serve"], &flags[..]].concat());
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("redis"), "{said}");
}
