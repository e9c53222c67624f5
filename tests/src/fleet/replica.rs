//! One process of a fleet.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::product::{Done, Server, run_with};

/// One process of a fleet, which keeps its address over restarts.
pub struct Replica {
    folder: PathBuf,
    token_file: PathBuf,
    args: Vec<String>,
    url: String,
    server: Mutex<Option<Server>>,
}

impl Replica {
    /// Where it serves.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its folder, where `serve.log` lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn server(&self) -> MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Server {
        self.server().take().expect("the process runs")
    }

    /// Its process id.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.server().as_ref().expect("the process runs").id()
    }

    /// Ends it at once, as a power cut would.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&self) {
        self.take().kill();
    }

    /// Asks it to drain and returns its exit code.
    ///
    /// # Panics
    /// When it does not run, or does not end within a minute.
    #[allow(clippy::must_use_candidate, reason = "often called for what it does")]
    pub fn stop(&self) -> Option<i32> {
        self.take().stop()
    }

    /// Starts it on the same address and folder and waits until it is ready.
    ///
    /// # Panics
    /// When it runs, or does not get ready.
    pub fn start_again(&self) {
        let mut slot = self.server();
        assert!(slot.is_none(), "the process runs already");
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        *slot = Some(Server::launch(&self.folder, &args));
    }

    /// Drains it and starts it again.
    ///
    /// # Panics
    /// When it does not run, does not drain with 0, or does not get ready.
    pub fn restart(&self) {
        assert_eq!(self.stop(), Some(0), "{} drains", self.url);
        self.start_again();
    }

    /// Makes it hang (SIGSTOP) until [`Replica::resume`].
    ///
    /// # Panics
    /// When it does not run.
    pub fn pause(&self) {
        self.server().as_ref().expect("the process runs").signal("STOP");
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn resume(&self) {
        self.server().as_ref().expect("the process runs").signal("CONT");
    }

    /// Whether it listens.
    #[must_use]
    pub fn listens(&self) -> bool {
        TcpStream::connect(address(&self.url)).is_ok()
    }

    /// Runs a client command against it alone.
    ///
    /// # Panics
    /// When the binary cannot be started.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Done {
        run_at(&self.url, &self.token_file, args)
    }
}

/// Starts processes with the same arguments, each in a folder and on a port of its own.
pub(super) fn start_each(name: &str, ports: &[u16], folder: &Path, args: &[String]) -> Vec<Replica> {
    let start = |(index, port): (usize, &u16)| {
        let own = folder.join(format!("{name}-{index}"));
        std::fs::create_dir_all(&own).expect("the folder is writable");
        let token_file = folder.join("token");
        let places = [
            "--data-dir".to_owned(),
            own.display().to_string(),
            "--token-file".to_owned(),
            token_file.display().to_string(),
            "--listen".to_owned(),
            format!("127.0.0.1:{port}"),
        ];
        let replica = Replica {
            folder: own,
            token_file,
            args: [args, &places[..]].concat(),
            url: url(*port),
            server: Mutex::new(None),
        };
        replica.start_again();
        replica
    };
    ports.iter().enumerate().map(start).collect()
}

/// Runs a client command against addresses.
pub(super) fn run_at(urls: &str, token_file: &Path, args: &[&str]) -> Done {
    let variables = [
        ("BELLWETHER_SERVER", urls.as_ref()),
        ("BELLWETHER_TOKEN_FILE", token_file.as_os_str()),
    ];
    run_with(&variables, args)
}

/// The URL of a port of this machine.
pub(super) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// `HOST:PORT` in a URL that names one server.
pub(super) fn address(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or(rest);
    rest.rsplit('@').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_found_in_every_url() {
        for url in [
            "http://127.0.0.1:1",
            "postgres://a:b@127.0.0.1:1/d?sslmode=disable",
            "redis://127.0.0.1:1",
            "postgres://a@127.0.0.1:1",
        ] {
            assert_eq!(address(url), "127.0.0.1:1", "{url}");
        }
    }
}
