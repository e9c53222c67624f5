//! Redis: one server, and what several make.

use std::process::Command;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::daemon::{self, Daemon, Program};
use super::{ports, programs};

pub(super) mod cluster;
pub(super) mod sentinel;

/// A server of its own that keeps nothing on disk.
pub struct Redis {
    daemon: Daemon,
    port: u16,
}

impl Redis {
    /// Starts a server.
    ///
    /// # Panics
    /// When Redis is not installed or does not start, with what it said.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with further arguments, such as `["--maxmemory", "4mb"]`.
    ///
    /// # Panics
    /// As [`Redis::start`].
    #[must_use]
    pub fn start_with(args: &[&str]) -> Self {
        ports::on_free_port(|port| Self::start_on(port, args))
    }

    /// The one server of this test process, which lives as long as the process does.
    ///
    /// # Panics
    /// As [`Redis::start`].
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start_on(port: u16, more: &[&str]) -> Result<Self, String> {
        let text = port.to_string();
        let mut args = vec!["--port", &text, "--bind", "127.0.0.1", "--daemonize", "no"];
        args.extend(["--save", "", "--appendonly", "no"]);
        // For `DEBUG SLEEP`, which makes it slow.
        args.extend(["--enable-debug-command", "local"]);
        args.extend(more);
        let program = Program {
            name: "redis-server",
            args: args.into_iter().map(str::to_owned).collect(),
            user: None,
            end: "KILL",
        };
        let redis = Self {
            daemon: Daemon::new(daemon::folder(None), program),
            port,
        };
        redis.daemon.start(|| redis.is_ready())?;
        Ok(redis)
    }

    fn is_ready(&self) -> bool {
        let said = ask(self.port, &["PING"]);
        // With a password it wants to hear that first, but it listens.
        said.is_ok_and(|said| said.contains("PONG") || said.contains("NOAUTH"))
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL; no password is asked for.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once and waits until it has gone; nothing when it does not run.
    pub fn kill(&self) {
        self.daemon.end("KILL");
    }

    /// Starts it again on the same port, empty.
    ///
    /// # Panics
    /// When it runs, or does not start.
    pub fn start_again(&self) {
        self.daemon
            .start(|| self.is_ready())
            .unwrap_or_else(|why| panic!("{why}"));
    }

    /// Makes it hang: connections stay, nothing is answered.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pause(&self) {
        self.daemon.signal("STOP");
    }

    /// Lets it go on after [`Redis::pause`].
    ///
    /// # Panics
    /// When it does not run.
    pub fn resume(&self) {
        self.daemon.signal("CONT");
    }

    /// Runs a command, such as `["SET", "key", "value"]`, and returns what it answers.
    ///
    /// # Panics
    /// When the server does not answer, or answers with an error.
    #[allow(clippy::must_use_candidate, reason = "often called for what it does")]
    pub fn cli(&self, args: &[&str]) -> String {
        ask(self.port, args).unwrap_or_else(|why| panic!("{args:?}: {why}"))
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }
}

/// Asks whoever listens on a port.
fn ask(port: u16, args: &[&str]) -> Result<String, String> {
    let mut cli = Command::new(programs::find("redis-cli"));
    cli.args(["-e", "-h", "127.0.0.1", "-p", &port.to_string()])
        .args(args);
    let output = cli.output().map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(said)
    } else {
        Err(format!("{said}{complaint}"))
    }
}

/// Waits for half a minute at most.
#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "waited in vain until {what}"
        );
        sleep(Duration::from_millis(20));
    }
}

/// `127.0.0.1:PORT` of each, with commas between.
fn addresses(ports: impl Iterator<Item = u16>) -> String {
    let ports: Vec<String> = ports.map(|port| format!("127.0.0.1:{port}")).collect();
    ports.join(",")
}
