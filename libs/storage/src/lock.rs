//! The lock beside a database file: one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};

/// An exclusive lock that ends with the process, however that ends.
#[derive(Debug)]
pub(crate) struct FileLock(#[allow(dead_code, reason = "the open file is the lock")] File);

impl FileLock {
    /// Takes the lock of the database at `path`, or says which file is taken.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        let lock = lock_path(path);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock)
            .map_err(|error| cannot_open(&lock, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                ErrorCode::FailedPrecondition,
                ErrorReason::StorageUnavailable,
                format!(
                    "{} is in use by another process (it holds {})",
                    path.display(),
                    lock.display()
                ),
            )),
            Err(TryLockError::Error(error)) => Err(cannot_open(&lock, &error)),
        }
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn cannot_open(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorCode::FailedPrecondition,
        ErrorReason::StorageUnavailable,
        format!("cannot open {}: {error}", path.display()),
    )
}
