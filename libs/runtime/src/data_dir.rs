//! The folder of a process: its lock, its token, and the address at which clients find it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use rand::TryRngCore;

use crate::secret::Secret;

const LOCK: &str = "lock";
const TOKEN: &str = "token";
const ENDPOINT: &str = "endpoint";

/// The folder of a process, held against a second process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
    // The open file is the lock; it ends with the process, however that ends.
    _lock: Arc<File>,
}

impl DataDir {
    /// Opens the folder, creating it for its owner only, and takes its lock.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` naming the file when another process holds the folder or it cannot be written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let created = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path);
        created.map_err(|error| failed("create", &path, &error))?;
        let file = path.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&file);
        let lock = lock.map_err(|error| failed("open", &file, &error))?;
        match lock.try_lock() {
            Ok(()) => {
                let opened = Self {
                    path,
                    _lock: Arc::new(lock),
                };
                // An address that a killed process left behind leads nowhere.
                opened.remove_endpoint();
                Ok(opened)
            }
            Err(TryLockError::WouldBlock) => Err(precondition(format!(
                "{} is in use by another process (it holds {})",
                path.display(),
                file.display()
            ))),
            Err(TryLockError::Error(error)) => Err(failed("lock", &file, &error)),
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in the folder.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The token that may act for every tenant: read from `token`, which is created (0600, 256 random bits) when absent.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` naming the file when it cannot be read or written or is empty.
    pub fn token(&self) -> Result<Secret<String>> {
        let file = self.join(TOKEN);
        match OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&file)
        {
            Ok(mut created) => {
                let token = random_token()?;
                let written = created
                    .write_all(format!("{token}\n").as_bytes())
                    .and_then(|()| created.sync_all());
                written.map_err(|error| failed("write", &file, &error))?;
                Ok(Secret::new(token))
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                warn_when_shared(&file);
                read_token(&file)
            }
            Err(error) => Err(failed("create", &file, &error)),
        }
    }

    /// Writes the address at which clients of this folder find the process; readers see the whole line or none.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` naming the file.
    pub fn write_endpoint(&self, url: &str) -> Result<()> {
        let (file, fresh) = (self.join(ENDPOINT), self.join("endpoint.new"));
        std::fs::write(&fresh, format!("{url}\n")).map_err(|error| failed("write", &fresh, &error))?;
        std::fs::rename(&fresh, &file).map_err(|error| failed("write", &file, &error))
    }

    /// Removes the address, so that clients say "not running" instead of waiting for a dead port.
    pub fn remove_endpoint(&self) {
        // Nobody can be helped by an error at the very end; a stale address is refused at the first call anyway.
        std::fs::remove_file(self.join(ENDPOINT)).ok();
    }
}

/// The address that the process of the folder `path` wrote.
///
/// # Errors
/// `UNAVAILABLE` when no process serves this folder.
pub fn read_endpoint(path: &Path) -> Result<String> {
    let file = path.join(ENDPOINT);
    match std::fs::read_to_string(&file) {
        Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(Error::unavailable(
            ErrorReason::PeerUnavailable,
            format!(
                "no process serves {}: there is no address in {}",
                path.display(),
                file.display()
            ),
        )),
    }
}

/// The token in `file`, without the white space around it.
///
/// # Errors
/// `FAILED_PRECONDITION` naming the file when it cannot be read, is empty, or holds something that no header can carry.
pub fn read_token(file: &Path) -> Result<Secret<String>> {
    // A pipe would be empty at the second look, and a process looks more than once.
    let metadata = std::fs::metadata(file).map_err(|error| failed("read", file, &error))?;
    if !metadata.is_file() {
        return Err(precondition(format!("{} is not a file", file.display())));
    }
    let text = std::fs::read_to_string(file).map_err(|error| failed("read", file, &error))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(precondition(format!(
            "{} is empty: put a token there or remove it",
            file.display()
        )));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(precondition(format!(
            "{} must hold one token of visible ASCII characters",
            file.display()
        )));
    }
    Ok(Secret::new(token.to_owned()))
}

/// The file may have been put there by hand or mounted; who may read it is then its owner's decision.
pub(crate) fn warn_when_shared(file: &Path) {
    let mode = std::fs::metadata(file).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(file = %file.display(), "others on this machine can read the token: chmod 600 keeps them out");
    }
}

fn random_token() -> Result<String> {
    let mut bytes = [0; 32];
    let filled = rand::rngs::OsRng.try_fill_bytes(&mut bytes);
    filled.map_err(|error| Error::internal(format!("the system gives no random bytes: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    precondition(format!("cannot {what} {}: {error}", path.display()))
}

fn precondition(message: String) -> Error {
    Error::new(
        ErrorCode::FailedPrecondition,
        ErrorReason::StorageUnavailable,
        message,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path().join("deep/data")).unwrap();
        let token = data.token().unwrap();
        assert_eq!(token.expose().len(), 43);
        assert_eq!(data.token().unwrap(), token);
        let mode = |name| std::fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("token"), 0o600);
        assert_eq!(
            std::fs::metadata(data.path()).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_token_is_trimmed_and_an_empty_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        std::fs::write(data.join("token"), "  abc \r\n\n").unwrap();
        assert_eq!(data.token().unwrap().expose(), "abc");
        std::fs::write(data.join("token"), " \n").unwrap();
        assert!(data.token().unwrap_err().message.contains("is empty"));
    }

    #[test]
    fn a_second_process_is_told_what_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::open(folder.path()).unwrap();
        let error = DataDir::open(folder.path()).unwrap_err();
        assert!(
            error.message.contains("in use by another process"),
            "{}",
            error.message
        );
        drop(first);
        DataDir::open(folder.path()).unwrap();
    }

    #[test]
    fn the_endpoint_is_there_only_while_served() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        assert_eq!(
            read_endpoint(folder.path()).unwrap_err().code,
            ErrorCode::Unavailable
        );
        data.write_endpoint("http://127.0.0.1:4711").unwrap();
        assert_eq!(read_endpoint(folder.path()).unwrap(), "http://127.0.0.1:4711");
        data.remove_endpoint();
        assert!(read_endpoint(folder.path()).is_err());
        data.write_endpoint("http://127.0.0.1:4711").unwrap();
        drop(data);
        let _next = DataDir::open(folder.path()).unwrap();
        assert!(
            read_endpoint(folder.path()).is_err(),
            "left behind by a process that was killed"
        );
    }
}
