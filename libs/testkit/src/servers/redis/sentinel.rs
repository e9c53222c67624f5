//! Redis with Sentinel: replicas stand by, sentinels agree on who is the master.

use super::{Redis, addresses, ask, wait_until};
use crate::servers::daemon::{self, Daemon, Program};
use crate::servers::ports;

/// What the sentinels call the master.
const MASTER: &str = "bellwether";

/// One master, two replicas, three sentinels; two of these must agree that the master is gone, after half a second.
pub struct Sentinel {
    servers: Vec<Redis>,
    sentinels: Vec<Watcher>,
}

struct Watcher {
    port: u16,
    /// Ends the process with the value.
    _daemon: Daemon,
}

impl Sentinel {
    /// Starts all and waits until they know each other.
    ///
    /// # Panics
    /// When Redis is not installed or they do not find each other.
    #[must_use]
    pub fn start() -> Self {
        let master = Redis::start();
        let port = master.port();
        let mut servers = vec![master];
        for _ in 0..2 {
            let of = port.to_string();
            servers.push(Redis::start_with(&[
                "--replicaof",
                "127.0.0.1",
                &of,
                "--repl-diskless-sync-delay",
                "0",
            ]));
        }
        let watch = |_| ports::on_free_port(|own| Watcher::start(own, port));
        let sentinel = Self {
            servers,
            sentinels: (0..3).map(watch).collect(),
        };
        sentinel.wait_for_agreement();
        sentinel
    }

    /// Until every sentinel knows both replicas and both other sentinels, a failover finds nobody to choose.
    fn wait_for_agreement(&self) {
        for replica in &self.servers[1..] {
            wait_until("the replicas follow", || {
                let state = ask(replica.port(), &["INFO", "replication"]);
                state.is_ok_and(|state| state.contains("master_link_status:up"))
            });
        }
        for watcher in &self.sentinels {
            wait_until("the sentinels know all", || {
                let known = ask(watcher.port, &["SENTINEL", "MASTER", MASTER]).unwrap_or_default();
                field(&known, "num-slaves") == Some("2") && field(&known, "num-other-sentinels") == Some("2")
            });
        }
    }

    /// `redis+sentinel://`, the addresses of the sentinels, and the name of the master.
    #[must_use]
    pub fn url(&self) -> String {
        let sentinels = addresses(self.sentinels.iter().map(|sentinel| sentinel.port));
        format!("redis+sentinel://{sentinels}/{MASTER}")
    }

    /// The port of the server that the sentinels call the master now.
    ///
    /// # Panics
    /// When no sentinel answers.
    #[must_use]
    pub fn master_port(&self) -> u16 {
        let asked = self.sentinels.iter().find_map(|sentinel| sentinel.master());
        asked.expect("a sentinel answers")
    }

    /// The server that is the master now.
    ///
    /// # Panics
    /// As [`Sentinel::master_port`].
    #[must_use]
    pub fn master(&self) -> &Redis {
        let port = self.master_port();
        let master = self.servers.iter().find(|server| server.port() == port);
        master.expect("the sentinels choose one of ours")
    }

    /// The master and the replicas.
    #[must_use]
    pub fn servers(&self) -> &[Redis] {
        &self.servers
    }

    /// Makes a replica the master, with the old one alive; returns when all sentinels say so and the new one takes writes.
    ///
    /// # Panics
    /// When that does not happen within half a minute.
    pub fn failover(&self) {
        let before = self.master_port();
        let first = self.sentinels[0].port;
        wait_until("a failover may begin", || {
            ask(first, &["SENTINEL", "FAILOVER", MASTER]).is_ok()
        });
        self.wait_for_other_master(before);
    }

    /// Returns when all sentinels name another master than the one on port `before`, and it takes writes.
    ///
    /// # Panics
    /// When that does not happen within half a minute.
    pub fn wait_for_other_master(&self, before: u16) {
        wait_until("there is another master", || {
            let named: Vec<Option<u16>> = self.sentinels.iter().map(Watcher::master).collect();
            let other = named[0].filter(|port| *port != before);
            let agreed = other.is_some() && named.iter().all(|port| *port == other);
            agreed
                && other.is_some_and(|port| ask(port, &["ROLE"]).is_ok_and(|role| role.starts_with("master")))
        });
    }
}

impl Watcher {
    fn start(own: u16, master: u16) -> Result<Self, String> {
        let folder = daemon::folder(None);
        // A sentinel writes what it learns into its configuration.
        let config = folder.path().join("sentinel.conf");
        let lines = [
            format!("port {own}"),
            "bind 127.0.0.1".to_owned(),
            format!("sentinel monitor {MASTER} 127.0.0.1 {master} 2"),
            format!("sentinel down-after-milliseconds {MASTER} 500"),
            format!("sentinel failover-timeout {MASTER} 3000"),
        ];
        std::fs::write(&config, lines.join("\n")).expect("the folder is writable");
        let program = Program {
            name: "redis-server",
            args: vec![config.display().to_string(), "--sentinel".to_owned()],
            user: None,
            end: "KILL",
        };
        let daemon = Daemon::new(folder, program);
        daemon.start(|| ask(own, &["PING"]).is_ok())?;
        Ok(Self {
            port: own,
            _daemon: daemon,
        })
    }

    fn master(&self) -> Option<u16> {
        let address = ask(self.port, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER]).ok()?;
        address.lines().nth(1)?.parse().ok()
    }
}

/// The value after the line that is the field's name.
fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = answer.lines();
    lines.find(|line| *line == name)?;
    lines.next()
}
