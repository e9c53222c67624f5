//! PgBouncer in transaction mode.

use super::daemon::{self, Daemon, Program};
use super::postgres::{Postgres, is_accepting};
use super::{ports, programs};

/// A pooler before a server: each transaction may get another of its few sessions.
pub struct PgBouncer {
    daemon: Daemon,
    port: u16,
}

impl PgBouncer {
    /// Starts with at most `pool_size` sessions a database. Start-up parameters beyond the protocol's own are refused, as
    /// they are by default.
    ///
    /// # Panics
    /// When PgBouncer is not installed or does not start, with what it said.
    #[must_use]
    pub fn start(postgres: &Postgres, pool_size: u32) -> Self {
        ports::on_free_port(|port| Self::start_on(port, postgres, pool_size))
    }

    fn start_on(port: u16, postgres: &Postgres, pool_size: u32) -> Result<Self, String> {
        let user = programs::unprivileged();
        let folder = daemon::folder(user);
        let users = folder.path().join("users");
        std::fs::write(&users, "\"postgres\" \"\"\n").expect("the folder is writable");
        let config = folder.path().join("pgbouncer.ini");
        let lines = [
            "[databases]".to_owned(),
            format!("* = host=127.0.0.1 port={}", postgres.port()),
            "[pgbouncer]".to_owned(),
            "listen_addr = 127.0.0.1".to_owned(),
            format!("listen_port = {port}"),
            "unix_socket_dir =".to_owned(),
            "auth_type = trust".to_owned(),
            format!("auth_file = {}", users.display()),
            "pool_mode = transaction".to_owned(),
            format!("default_pool_size = {pool_size}"),
            "max_client_conn = 500".to_owned(),
        ];
        std::fs::write(&config, lines.join("\n")).expect("the folder is writable");
        let program = Program {
            name: "pgbouncer",
            args: vec![config.display().to_string()],
            user,
            end: "TERM",
        };
        let bouncer = Self {
            daemon: Daemon::new(folder, program),
            port,
        };
        bouncer
            .daemon
            .start(|| is_accepting(port, &bouncer.url("postgres")))?;
        Ok(bouncer)
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database through the pooler; takes the name of a database or a URL of the server that names it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let name = database.rsplit('/').next().unwrap_or(database);
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }
}
