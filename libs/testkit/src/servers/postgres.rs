//! PostgreSQL.

use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::daemon::{self, Daemon, Program};
use super::ports;
use super::programs::{self, User};

/// Recovery syncs a whole file system, on which a build may just have written gigabytes.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A server of its own, in a folder of its own. Writes reach the disk as in production: what it acknowledged outlives
/// [`Postgres::stop_immediate`].
///
/// Text sorts as in a dictionary (ICU, `en-US`), as it does on most servers in use: an order that must be by bytes and
/// forgets to say so shows.
pub struct Postgres {
    daemon: Daemon,
    port: u16,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts a server.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start, with what it said.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with settings such as `max_connections=20`.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        ports::on_free_port(|port| Self::start_on(port, settings))
    }

    /// The one server of this test process, which lives as long as the process does.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start_on(port: u16, settings: &[&str]) -> Result<Self, String> {
        let user = programs::unprivileged();
        let folder = daemon::folder(user);
        let data = folder.path().join("data");
        make_cluster(folder.path(), &data, user);
        let sockets = format!("unix_socket_directories={}", folder.path().display());
        let own = [
            "listen_addresses=127.0.0.1",
            "max_connections=200",
            // After a crash: one call instead of one for each of a thousand files, a quarter of a second instead of four.
            "recovery_init_sync_method=syncfs",
            &sockets,
        ];
        let mut args = vec!["-D".to_owned(), data.display().to_string()];
        args.extend(["-p".to_owned(), port.to_string()]);
        for setting in own.into_iter().chain(settings.iter().copied()) {
            args.extend(["-c".to_owned(), setting.to_owned()]);
        }
        let program = Program {
            name: "postgres",
            args,
            user,
            end: "QUIT",
        };
        let postgres = Self {
            daemon: Daemon::new(folder, program),
            port,
            databases: AtomicU32::new(0),
        };
        postgres.daemon.start(|| postgres.is_ready())?;
        Ok(postgres)
    }

    /// A server whose session crashed recovers by itself; whoever comes meanwhile waits, and the log tells of it.
    fn wait_until_ready(&self) {
        let since = Instant::now();
        while !self.is_ready() {
            let log = self.log();
            assert!(
                since.elapsed() < READY_WITHIN,
                "not ready after {READY_WITHIN:?}:\n{log}"
            );
            sleep(Duration::from_millis(100));
        }
        if since.elapsed() > Duration::from_secs(1) {
            eprintln!("PostgreSQL was away; it said:\n{}", self.log());
        }
    }

    fn is_ready(&self) -> bool {
        is_accepting(self.port, &self.url())
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's URL of the database `postgres`; no password is asked for.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database and returns its URL.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn database(&self) -> String {
        self.wait_until_ready();
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE DATABASE {name}"));
        self.url_of(&name)
    }

    /// Runs statements in the database `postgres`; returns rows as lines of fields that `|` divides.
    ///
    /// # Panics
    /// When a statement fails, with why.
    #[allow(clippy::must_use_candidate, reason = "often called for what it does")]
    pub fn sql(&self, statements: &str) -> String {
        self.sql_in(&self.url(), statements)
    }

    /// The same in the database of a URL.
    ///
    /// # Panics
    /// As [`Postgres::sql`].
    #[allow(clippy::must_use_candidate, reason = "often called for what it does")]
    pub fn sql_in(&self, url: &str, statements: &str) -> String {
        let mut psql = Command::new(programs::find("psql"));
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statements]);
        let output = psql.output().expect("psql starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{statements}\n{said}\nthe server:\n{}",
            self.log()
        );
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// The process ids of the sessions of clients.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        let sessions = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let pids = self.sql(sessions);
        pids.lines()
            .map(|pid| pid.parse().expect("a process id"))
            .collect()
    }

    /// Ends it as a crash would: sessions are cut, nothing is tidied, the log is replayed at the next start.
    pub fn stop_immediate(&self) {
        self.daemon.end("QUIT");
    }

    /// Starts it again on the same port and data.
    ///
    /// # Panics
    /// When it runs, or does not start.
    pub fn start_again(&self) {
        self.daemon
            .start(|| self.is_ready())
            .unwrap_or_else(|why| panic!("{why}"));
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }
}

/// Whether PostgreSQL, or who stands before it, accepts connections.
pub(super) fn is_accepting(port: u16, url: &str) -> bool {
    // The port opens late; only then is it worth starting a process to ask.
    if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        return false;
    }
    let mut ask = Command::new(programs::find("pg_isready"));
    let asked = ask.args(["-q", "-d", url]).status();
    asked.is_ok_and(|status| status.success())
}

/// Makes the data folder. Unsynced, because there is nothing to lose yet; the server itself syncs.
fn make_cluster(folder: &Path, data: &Path, user: Option<User>) {
    let mut initdb = daemon::command(&programs::find("initdb"), folder, user);
    initdb.arg("-D").arg(data).args(["-U", "postgres"]);
    initdb.args(["-A", "trust", "-E", "UTF8", "--no-sync"]);
    initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]);
    let output = initdb.output().expect("initdb starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "initdb: {said}");
}
