//! Where installed programs lie, and as whom they run.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An installed program.
///
/// # Panics
/// When it is nowhere, with the script that installs it.
pub(super) fn find(name: &str) -> PathBuf {
    let path = search_path().unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Daemons lie where only root's PATH looks.
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.extend(postgres_folders());
    let found = first_with(&folders, name).or_else(|| first_with(&pinned_tools(), name));
    found.unwrap_or_else(|| panic!("`{name}` is not installed: run scripts/tools.sh (`make test` does)"))
}

#[allow(
    clippy::disallowed_methods,
    reason = "PATH is how an installed program is found"
)]
fn search_path() -> Option<OsString> {
    std::env::var_os("PATH")
}

fn first_with(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Debian keeps the server's programs out of PATH, one folder a version; the newest first.
fn postgres_folders() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let version = folder.file_name()?.to_str()?.parse().ok()?;
            Some((version, folder.join("bin")))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// The folder of the pinned tools, as the one install script tells it.
fn pinned_tools() -> Vec<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/tools.sh");
    let told = Command::new(script).arg("--bin").output();
    told.ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|folder| PathBuf::from(folder.trim()))
        .into_iter()
        .collect()
}

/// Numbers of a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub(super) id: u32,
    pub(super) group: u32,
}

/// For servers that refuse to run as root: nobody else when this process is not root, else the package's own user.
///
/// # Panics
/// When this is root and the package's user is not there.
pub(super) fn unprivileged() -> Option<User> {
    let own = std::fs::metadata("/proc/self").expect("Linux shows processes in /proc");
    if own.uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("there are users");
    let user = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        let (id, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(User { id, group })
    });
    Some(user.expect("root needs the user postgres to run it as: run scripts/tools.sh"))
}
