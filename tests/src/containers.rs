//! Runs the image in containers, by podman and runc without a daemon, in a storage folder that goes with the value.
//!
//! A container gets what a service of `deploy/compose.yaml` says, on the network of this machine.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use bellwether_testkit::servers::watchman;

use crate::compose::{Service, duration};
use crate::product::{Done, binary, done};
use crate::workspace_root;

/// The name of the image that these tests build.
const IMAGE: &str = "localhost/bellwether:test";
/// Limits that a machine inside another one can give, file locks instead of memory that outlives the folder, and no
/// journal: nothing of a test is left behind.
const SETTINGS: &str = r#"[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
log_driver = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
runtime = "runc"
"#;
/// A machine that is busy with tests takes its time.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A store of images and containers with our image in it.
#[derive(Debug)]
pub struct Store {
    folder: tempfile::TempDir,
    /// What the image holds, in MB (10^6 bytes).
    pub image_mb: u64,
}

impl Store {
    /// Builds the image of the binary that this test run was built with.
    ///
    /// # Panics
    /// When buildah, podman or runc are missing or do not work here.
    #[must_use]
    pub fn with_image() -> Self {
        let folder = tempfile::Builder::new().prefix("bellwether-").tempdir_in("/tmp");
        let folder = folder.expect("/tmp is writable");
        watchman::remove_folder(folder.path());
        fs::write(folder.path().join("containers.conf"), SETTINGS).expect("a writable folder");
        let mut build = bounded(&workspace_root().join("scripts/image.sh"));
        build
            .arg("--binary")
            .arg(binary())
            .args(["--tag", IMAGE, "--root"]);
        // Not optimised, the program is larger than the limit of the image that is shipped.
        build.arg(folder.path()).args(["--max-mb", "1000"]);
        done(&build.output().expect("bash starts")).exits(0);
        let mut store = Self { folder, image_mb: 0 };
        let bytes: u64 = store.image("{{.Size}}").parse().expect("a number");
        store.image_mb = bytes.div_ceil(1_000_000);
        store
    }

    fn command(&self, mut command: Command) -> Command {
        let at = |name: &str| self.folder.path().join(name);
        command.env("CONTAINERS_CONF", at("containers.conf"));
        command.args(["--storage-driver", "vfs", "--runtime", "runc", "--root"]);
        command.arg(at("storage")).arg("--runroot").arg(at("run"));
        command.arg("--tmpdir").arg(at("tmp")).stdin(Stdio::null());
        command
    }

    /// Runs podman on this store.
    ///
    /// # Panics
    /// When it fails.
    pub fn podman(&self, args: &[&str]) -> Done {
        let mut command = self.command(bounded(Path::new("podman")));
        done(&command.args(args).output().expect("timeout is there")).exits(0)
    }

    /// What the image's configuration says, as podman's template has it.
    ///
    /// # Panics
    /// As [`Store::podman`].
    #[must_use]
    pub fn image(&self, template: &str) -> String {
        let done = self.podman(&["image", "inspect", "--format", template, IMAGE]);
        done.out.trim().to_owned()
    }

    /// Starts a container as a service says, with files mounted at `/run/secrets/NAME`, and waits until it is ready.
    ///
    /// # Panics
    /// When it ends or is not ready within a minute; with what it said.
    #[must_use]
    pub fn start(&self, name: &str, service: &Service, secrets: &[(&str, &Path)]) -> Container<'_> {
        let (log, id) = (self.file(name, "log"), self.file(name, "pid"));
        let mut command = self.command(Command::new("podman"));
        command.args(["run", "--name", name, "--network", "host", "--pidfile"]);
        command.arg(&id).args(arguments(service));
        for (secret, file) in secrets {
            let mount = format!("{}:/run/secrets/{secret}:ro", file.display());
            command.args(["--volume", &mount]);
        }
        command.arg(IMAGE).args(&service.command);
        command.stderr(fs::File::create(&log).expect("a writable folder"));
        let since = Instant::now();
        let child = command.stdout(Stdio::piped()).spawn().expect("podman is there");
        let mut container = Container {
            store: self,
            name: name.to_owned(),
            grace: duration(&service.stop_grace_period),
            child,
            url: String::new(),
            ready_after: Duration::ZERO,
        };
        container.wait_until_ready(since, &log);
        if let Ok(id) = fs::read_to_string(&id) {
            watchman::end_process(id.trim().parse().expect("a number"), "KILL");
        }
        container
    }

    fn file(&self, container: &str, end: &str) -> PathBuf {
        self.folder.path().join(format!("{container}.{end}"))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Without root's rights the folders of the image's user can be removed by podman only.
        let all: [&[&str]; 3] = [
            &["rm", "--all", "--force", "--time", "0"],
            &["volume", "rm", "--all", "--force"],
            &["rmi", "--all", "--force"],
        ];
        for what in all {
            let mut command = self.command(bounded(Path::new("podman")));
            // There is nobody to tell; the folder goes in any case.
            let _ = command.args(what).output();
        }
    }
}

/// podman's flags for what a service says of its container.
fn arguments(service: &Service) -> Vec<String> {
    let mut args = Vec::new();
    let mut add = |flag: &str, value: &str| args.push(format!("--{flag}={value}"));
    add("read-only", if service.read_only { "true" } else { "false" });
    add("user", &service.user);
    for capability in &service.cap_drop {
        add("cap-drop", capability);
    }
    for option in &service.security_opt {
        // podman knows the word, not the value.
        add("security-opt", option.trim_end_matches(":true"));
    }
    if let Some(limit) = service.pids_limit {
        add("pids-limit", &limit.to_string());
    }
    for folder in &service.tmpfs {
        add("tmpfs", folder);
    }
    for volume in &service.volumes {
        add("volume", volume);
    }
    for (name, value) in &service.environment {
        add("env", &format!("{name}={value}"));
    }
    args
}

/// A command that is ended after two minutes.
fn bounded(program: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "120"]).arg(program);
    command.stdin(Stdio::null());
    command
}

/// A running container, ended with the value.
#[derive(Debug)]
pub struct Container<'a> {
    store: &'a Store,
    name: String,
    grace: Duration,
    child: Child,
    /// What it printed after `ready`.
    pub url: String,
    /// From the start of podman to `ready`.
    pub ready_after: Duration,
}

impl Container<'_> {
    fn wait_until_ready(&mut self, since: Instant, log: &Path) {
        let (tell, told) = channel();
        let out = self.child.stdout.take().expect("it is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Some(url) = line.strip_prefix("ready ") {
                    let _ = tell.send((url.to_owned(), Instant::now()));
                }
            }
        });
        let (url, at) = told.recv_timeout(READY_WITHIN).unwrap_or_else(|why| {
            let said = fs::read_to_string(log).unwrap_or_default();
            let what = match why {
                RecvTimeoutError::Timeout => "is not ready",
                RecvTimeoutError::Disconnected => "has ended",
            };
            panic!("{} {what}; it said:\n{said}", self.name)
        });
        self.url = url;
        self.ready_after = at.duration_since(since);
    }

    /// Runs a command in it with further variables.
    ///
    /// # Panics
    /// When podman is not there.
    #[must_use]
    pub fn exec(&self, environment: &[(&str, &str)], command: &[String]) -> Done {
        let mut podman = self.store.command(bounded(Path::new("podman")));
        podman.arg("exec");
        for (name, value) in environment {
            podman.arg(format!("--env={name}={value}"));
        }
        done(
            &podman
                .arg(&self.name)
                .args(command)
                .output()
                .expect("timeout is there"),
        )
    }

    /// What podman knows of it, by a template.
    ///
    /// # Panics
    /// As [`Store::podman`].
    #[must_use]
    pub fn inspect(&self, template: &str) -> String {
        let done = self.store.podman(&["inspect", "--format", template, &self.name]);
        done.out.trim().to_owned()
    }

    /// `/proc/ID/status` of its program, as the machine sees it.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn status(&self) -> String {
        let id = self.inspect("{{.State.Pid}}");
        fs::read_to_string(format!("/proc/{id}/status")).expect("it runs")
    }

    /// Asks it to drain, as compose does, and returns its exit code and how long it took.
    ///
    /// # Panics
    /// When podman cannot.
    #[must_use]
    pub fn stop(mut self) -> (Option<i32>, Duration) {
        let since = Instant::now();
        let grace = self.grace.as_secs().to_string();
        self.store.podman(&["stop", "--time", &grace, &self.name]);
        let code = self.child.wait().expect("it is ours").code();
        (code, since.elapsed())
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        if let Ok(id) = fs::read_to_string(self.store.file(&self.name, "pid")) {
            watchman::forget_process(id.trim().parse().unwrap_or_default());
        }
        let mut podman = self.store.command(bounded(Path::new("podman")));
        let _ = podman.args(["rm", "--force", "--time", "0", &self.name]).output();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
