//! A server process in a folder of its own.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::programs::User;
use super::{programs, watchman};

/// A machine that is busy with tests, or whose disk still takes in what a build wrote, takes its time.
const START_WITHIN: Duration = Duration::from_secs(120);
const END_WITHIN: Duration = Duration::from_secs(30);

/// What to run, and how it likes to be ended.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) args: Vec<String>,
    /// As whom it runs when it may not run as this user.
    pub(super) user: Option<User>,
    /// The signal that ends it at once and cleanly.
    pub(super) end: &'static str,
}

/// A program that is started, ended and started again in one folder, which goes with the value.
pub(super) struct Daemon {
    program: Program,
    path: PathBuf,
    folder: TempDir,
    child: Mutex<Option<Child>>,
}

/// A temporary folder that `user` owns. Below `/tmp`, because another user cannot enter everybody's `TMPDIR`, and because
/// the path of a socket is short.
pub(super) fn folder(user: Option<User>) -> TempDir {
    let folder = tempfile::Builder::new().prefix("bellwether-").tempdir_in("/tmp");
    let folder = folder.expect("/tmp is writable");
    if let Some(user) = user {
        chown(folder.path(), Some(user.id), Some(user.group)).expect("root may give a folder away");
    }
    watchman::remove_folder(folder.path());
    folder
}

/// A command that runs in a folder as a user, with nothing to read and a process group of its own.
pub(super) fn command(path: &Path, folder: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(path);
    command.current_dir(folder).stdin(Stdio::null()).process_group(0);
    if let Some(user) = user {
        command.uid(user.id).gid(user.group);
    }
    command
}

/// Sends a signal such as `STOP`.
pub(super) fn signal(id: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &id.to_string()]).status();
    assert!(sent.expect("kill is there").success(), "process {id} has gone");
}

impl Daemon {
    pub(super) fn new(folder: TempDir, program: Program) -> Self {
        Self {
            path: programs::find(program.name),
            program,
            folder,
            child: Mutex::new(None),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it said so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder().join("log")
    }

    fn open_log(&self) -> File {
        let log = OpenOptions::new().create(true).append(true).open(self.log_file());
        log.expect("the folder is writable")
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it and waits until `is_ready`.
    ///
    /// # Errors
    /// With what it said, when it ends before or does not get ready.
    pub(super) fn start(&self, is_ready: impl Fn() -> bool) -> Result<(), String> {
        let mut slot = self.child();
        assert!(slot.is_none(), "{} runs already", self.program.name);
        let mut command = command(&self.path, self.folder(), self.program.user);
        command.args(&self.program.args);
        command.stdout(self.open_log()).stderr(self.open_log());
        let mut child = command
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", self.path.display()));
        watchman::end_process(child.id(), self.program.end);
        let since = Instant::now();
        while since.elapsed() < START_WITHIN {
            if let Some(status) = child.try_wait().expect("it is ours") {
                watchman::forget_process(child.id());
                let (name, log) = (self.program.name, self.log());
                return Err(format!("{name} ended with {status}; it said:\n{log}"));
            }
            if is_ready() {
                *slot = Some(child);
                return Ok(());
            }
            sleep(Duration::from_millis(10));
        }
        *slot = Some(child);
        drop(slot);
        self.end("KILL");
        Err(format!(
            "{} is not ready after {START_WITHIN:?}; it said:\n{}",
            self.program.name,
            self.log()
        ))
    }

    /// Ends it with a signal and waits until it has gone; nothing when it does not run.
    pub(super) fn end(&self, name: &str) {
        let Some(mut child) = self.child().take() else {
            return;
        };
        let id = child.id();
        signal(id, name);
        // A stopped process does not hear what it is told.
        signal(id, "CONT");
        let since = Instant::now();
        watchman::forget_process(id);
        while child.try_wait().expect("it is ours").is_none() {
            if since.elapsed() > END_WITHIN {
                child.kill().expect("it is ours");
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal that does not end it.
    ///
    /// # Panics
    /// When it does not run.
    pub(super) fn signal(&self, name: &str) {
        let slot = self.child();
        let child = slot.as_ref().expect("the server runs");
        signal(child.id(), name);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.end(self.program.end);
    }
}
