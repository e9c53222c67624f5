//! Drives the built binary as a user does: starts servers, runs commands, reads what they print.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use bellwether_testkit::servers::watchman;

/// The binary that this test run was built with.
///
/// # Panics
/// When it was not built: `cargo build --workspace` (as `make test` does) comes first.
#[must_use]
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("a test knows where it runs");
    let profile = here
        .parent()
        .and_then(Path::parent)
        .expect("tests lie in target/PROFILE/deps");
    let binary = profile.join("bellwether");
    assert!(
        binary.is_file(),
        "{} is not built: run `cargo build --workspace` or `make test`",
        binary.display()
    );
    binary
}

/// A running `bellwether serve`, ended with the value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Its data folder.
    pub dir: PathBuf,
    /// What it printed after `ready`.
    pub url: String,
}

impl Server {
    /// Starts on a data folder and waits until it is ready.
    #[must_use]
    pub fn start(dir: &Path) -> Self {
        Self::start_with(dir, &[])
    }

    /// Starts a server that all tests of a file share from a `static`, which is never dropped: its folder goes with this
    /// process, as every server does.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    #[must_use]
    pub fn shared(dir: &tempfile::TempDir) -> Self {
        watchman::remove_folder(dir.path());
        Self::start(dir.path())
    }

    /// Starts with further arguments.
    ///
    /// # Panics
    /// When it ends or is not ready within two minutes.
    #[must_use]
    pub fn start_with(dir: &Path, args: &[&str]) -> Self {
        let folder = dir.display().to_string();
        let own = ["--data-dir", &folder, "--listen", "127.0.0.1:0"];
        Self::launch(dir, &[&own[..], args].concat())
    }

    /// Starts `bellwether serve` with these arguments and no others; what it logs goes to `serve.log` in the folder.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    #[must_use]
    pub fn launch(dir: &Path, args: &[&str]) -> Self {
        Self::launch_by(Command::new(binary()), dir, args)
    }

    /// The same in a network namespace; root only.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    #[must_use]
    pub fn launch_in(namespace: &str, dir: &Path, args: &[&str]) -> Self {
        let mut command = Command::new("ip");
        // It becomes the server: the same process.
        command.args(["netns", "exec", namespace]).arg(binary());
        Self::launch_by(command, dir, args)
    }

    fn launch_by(mut command: Command, dir: &Path, args: &[&str]) -> Self {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(dir.join("serve.log"))
            .expect("a writable folder");
        let mut child = command
            .arg("serve")
            .args(args)
            .stdout(Stdio::piped())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .expect("the binary starts");
        // However this process ends, none of its servers is left behind.
        watchman::end_process(child.id(), "KILL");
        let (tell, told) = std::sync::mpsc::channel();
        let out = child.stdout.take().expect("it is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Some(url) = line.strip_prefix("ready ") {
                    let _ = tell.send(url.to_owned());
                }
            }
        });
        let url = told.recv_timeout(Duration::from_secs(120)).unwrap_or_else(|_| {
            let _ = child.kill();
            let log = std::fs::read_to_string(dir.join("serve.log")).unwrap_or_default();
            panic!("the server did not get ready; it said:\n{log}")
        });
        Self {
            child,
            dir: dir.to_owned(),
            url,
        }
    }

    /// Runs a client command against it.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Done {
        run_in(&self.dir, args)
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal such as `STOP` or `CONT`.
    ///
    /// # Panics
    /// When it has gone.
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("kill is there").success(), "the server had gone");
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(self) {
        drop(self);
    }

    /// Asks it to drain (SIGTERM) and returns its exit code.
    ///
    /// # Panics
    /// When it does not end within a minute.
    #[must_use]
    pub fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status.code();
            }
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "the server did not drain in a minute"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        watchman::forget_process(self.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that ended.
#[derive(Debug)]
pub struct Done {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Done {
    /// The output as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("no JSON ({e}):\n{}\n{}", self.out, self.err))
    }

    /// The same, once it has been seen to exit with `code`.
    ///
    /// # Panics
    /// When it exited otherwise.
    #[allow(clippy::must_use_candidate, reason = "often called for the check alone")]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

/// Runs the binary with `BELLWETHER_DATA_DIR` set to a folder.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run_in(dir: &Path, args: &[&str]) -> Done {
    run_with(&[("BELLWETHER_DATA_DIR", dir.as_os_str())], args)
}

/// Runs the binary with variables set.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run_with(variables: &[(&str, &OsStr)], args: &[&str]) -> Done {
    let mut command = Command::new(binary());
    command.args(args).stdin(Stdio::null());
    command.envs(variables.iter().copied());
    done(&command.output().expect("the binary starts"))
}

/// What a process that ended left behind.
#[must_use]
pub fn done(output: &Output) -> Done {
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Imports the CRM export of `folder` for tenant `t` with the shipped mapping.
#[must_use]
pub fn import_export(server: &Server, folder: &Path, tenant: &str) -> Done {
    let mapping = crate::workspace_root().join("deploy/mappings/crm_sales_opportunities.yaml");
    let files: Vec<String> = [
        "accounts.csv",
        "products.csv",
        "sales_teams.csv",
        "sales_pipeline.csv",
    ]
    .map(|file| folder.join(file).display().to_string())
    .to_vec();
    let mapping = mapping.display().to_string();
    let mut args = vec![
        "import",
        "--tenant",
        tenant,
        "--mapping",
        &mapping,
        "--output",
        "json",
    ];
    args.extend(files.iter().map(String::as_str));
    server.run(&args)
}
