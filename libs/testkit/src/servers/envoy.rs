//! Envoy.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

use super::daemon::{self, Daemon, Program};
use super::ports;

/// A proxy as meshes and gateways run it, with a configuration of the test's own.
pub struct Envoy {
    daemon: Daemon,
    admin: u16,
}

impl Envoy {
    /// Starts with a configuration in YAML that has no `admin` section, and waits until its listeners are open. Ports of
    /// listeners come from [`super::free_port`].
    ///
    /// # Panics
    /// When Envoy is not installed or refuses the configuration, with what it said.
    #[must_use]
    pub fn start(yaml: &str) -> Self {
        ports::on_free_port(|admin| Self::start_on(admin, yaml))
    }

    fn start_on(admin: u16, yaml: &str) -> Result<Self, String> {
        let folder = daemon::folder(None);
        let config = folder.path().join("envoy.yaml");
        std::fs::write(&config, yaml).expect("the folder is writable");
        let address = format!("{{address: 127.0.0.1, port_value: {admin}}}");
        let section = format!("admin: {{address: {{socket_address: {address}}}}}");
        let config = config.display().to_string();
        let mut args = vec!["-c", &config, "--config-yaml", &section];
        // One worker, and none of the memory that two generations of one Envoy would share.
        args.extend([
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "--log-level",
            "warn",
        ]);
        let program = Program {
            name: "envoy",
            args: args.into_iter().map(str::to_owned).collect(),
            user: None,
            end: "KILL",
        };
        let envoy = Self {
            daemon: Daemon::new(folder, program),
            admin,
        };
        envoy
            .daemon
            .start(|| envoy.get("/ready").is_some_and(|page| page.contains("LIVE")))?;
        Ok(envoy)
    }

    /// A page of its admin interface, such as `/stats`, with the head of the answer.
    #[must_use]
    pub fn get(&self, page: &str) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.admin)).ok()?;
        write!(
            stream,
            "GET {page} HTTP/1.1\r\nHost: envoy\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }
}
