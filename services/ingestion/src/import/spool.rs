//! Uploaded files on disk, in a folder that only this user can read and that goes when it is no longer needed.

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use tokio::io::AsyncWriteExt;

use crate::mapping::Input;

/// Tells the folders of one process apart.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Removes what earlier processes left behind.
pub(super) fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("clear", folder, &error)),
        _ => Ok(()),
    }
}

/// The files of one import.
#[derive(Debug)]
pub(super) struct Spool {
    folder: Arc<Folder>,
    files: Vec<Spooled>,
    open: Option<tokio::fs::File>,
    bytes: u64,
    max_bytes: u64,
}

#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), error = %error, "cannot remove an import's files");
        }
    }
}

/// A file as it lies on disk. It keeps the folder for as long as it is there itself.
#[derive(Debug, Clone)]
struct Spooled {
    name: String,
    path: PathBuf,
    _folder: Arc<Folder>,
}

impl Input for Spooled {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(fs::File::open(&self.path)?))
    }
}

impl Spool {
    /// A spool of at most `max_bytes` in a new folder below `parent`.
    ///
    /// # Errors
    /// As storage has it.
    pub(super) fn create(parent: &Path, max_bytes: u64) -> Result<Self> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{}-{number}", std::process::id()));
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder
            .create(&path)
            .map_err(|error| failed("create", &path, &error))?;
        let folder = Arc::new(Folder(path));
        Ok(Self {
            folder,
            files: Vec::new(),
            open: None,
            bytes: 0,
            max_bytes,
        })
    }

    /// Begins the next file.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when another file has the name, otherwise as storage has it.
    pub(super) async fn begin(&mut self, name: String) -> Result<()> {
        self.finish().await?;
        if self.files.iter().any(|file| file.name == name) {
            let message = format!("`{name}` is the name of two files: refused rows could not be told apart");
            return Err(Error::invalid(ErrorReason::InvalidField, "file.name", message));
        }
        let path = self.folder.0.join(self.files.len().to_string());
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let opened = tokio::fs::OpenOptions::from(options).open(&path).await;
        self.open = Some(opened.map_err(|error| failed("create", &path, &error))?);
        self.files.push(Spooled {
            name,
            path,
            _folder: Arc::clone(&self.folder),
        });
        Ok(())
    }

    /// Appends bytes to the file that was begun last.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` before the first file, `RESOURCE_EXHAUSTED` beyond the limit and on a full disk.
    pub(super) async fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(file) = &mut self.open else {
            let message = "comes before the first file: send a file header first";
            return Err(Error::invalid(ErrorReason::InvalidField, "chunk", message));
        };
        self.bytes += bytes.len() as u64;
        if self.bytes > self.max_bytes {
            let message = format!(
                "the files have more than {} bytes together: import them in parts, or raise `import_max_bytes`",
                self.max_bytes
            );
            return Err(Error::new(
                ErrorCode::ResourceExhausted,
                ErrorReason::MessageTooLarge,
                message,
            ));
        }
        file.write_all(bytes)
            .await
            .map_err(|error| failed("write", &self.folder.0, &error))
    }

    /// Writes out the file that was begun last.
    async fn finish(&mut self) -> Result<()> {
        if let Some(mut file) = self.open.take() {
            file.flush()
                .await
                .map_err(|error| failed("write", &self.folder.0, &error))?;
        }
        Ok(())
    }

    /// The files, in the order in which they came. The folder goes with the last of them.
    ///
    /// # Errors
    /// As storage has it.
    pub(super) async fn into_inputs(mut self) -> Result<Vec<Box<dyn Input>>> {
        self.finish().await?;
        Ok(self
            .files
            .into_iter()
            .map(|file| Box::new(file) as Box<dyn Input>)
            .collect())
    }
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    let message = format!("cannot {what} {}: {error}", path.display());
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        return Error::new(ErrorCode::ResourceExhausted, ErrorReason::StorageFull, message);
    }
    Error::unavailable(ErrorReason::StorageUnavailable, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn files_are_private_and_go_with_their_last_user() {
        let parent = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(parent.path(), 10).unwrap();
        spool.begin("a.csv".to_owned()).await.unwrap();
        spool.append(b"12345").await.unwrap();
        spool.append(b"678").await.unwrap();
        assert!(spool.begin("a.csv".to_owned()).await.is_err());
        let path = spool.files[0].path.clone();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let inputs = spool.into_inputs().await.unwrap();
        let mut text = String::new();
        inputs[0].open().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((inputs[0].name(), text.as_str()), ("a.csv", "12345678"));
        drop(inputs);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn more_than_the_limit_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(parent.path(), 10).unwrap();
        assert_eq!(
            spool.append(b"x").await.unwrap_err().code,
            ErrorCode::InvalidArgument
        );
        spool.begin("a".to_owned()).await.unwrap();
        spool.append(b"1234567890").await.unwrap();
        let error = spool.append(b"x").await.unwrap_err();
        assert_eq!(
            (error.code, error.reason),
            (ErrorCode::ResourceExhausted, ErrorReason::MessageTooLarge)
        );
        drop(spool);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
