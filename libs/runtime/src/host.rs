//! The parts of a process that every service is handed.

use std::path::PathBuf;
use std::sync::Arc;

use bellwether_domain::{Clock, Result};

use crate::auth::TokenSet;
use crate::data_dir::{DataDir, read_token};
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::secret::Secret;
use crate::shutdown::Shutdown;

/// The parts of a process that its services share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Host {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The folder.
    pub data_dir: DataDir,
    /// The end.
    pub shutdown: Shutdown,
    /// The numbers at `/metrics`.
    pub metrics: Metrics,
    /// What must be true before the process is ready.
    pub readiness: Readiness,
    /// The token; without it that of the folder.
    token_file: Option<PathBuf>,
}

impl Host {
    /// The parts of a new process in `data_dir` that tells the time by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, data_dir: DataDir) -> Self {
        Self {
            clock,
            data_dir,
            shutdown: Shutdown::new(),
            metrics: Metrics::new(),
            readiness: Readiness::new(),
            token_file: None,
        }
    }

    /// The same with the token in `file`, which all processes of a deployment share, instead of one of the folder's own.
    #[must_use]
    pub fn with_token_file(clock: Arc<dyn Clock>, data_dir: DataDir, file: impl Into<PathBuf>) -> Self {
        Self {
            token_file: Some(file.into()),
            ..Self::new(clock, data_dir)
        }
    }

    /// The token that may act for every tenant, and that this process shows to its peers.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` naming the file when it cannot be used.
    pub fn token(&self) -> Result<Secret<String>> {
        match &self.token_file {
            Some(file) => read_token(file),
            None => self.data_dir.token(),
        }
    }

    /// A key for `purpose`, derived from the token: the same after a restart and in every process with that token.
    ///
    /// # Errors
    /// As [`Host::token`].
    pub fn derive_key(&self, purpose: &'static str) -> Result<[u8; 32]> {
        Ok(blake3::derive_key(purpose, self.token()?.expose().as_bytes()))
    }

    /// The tokens that a server of this process accepts: the one above, and those that the `tokens.yaml` beside it lists.
    ///
    /// # Errors
    /// As [`TokenSet::load`].
    pub fn tokens(&self) -> Result<TokenSet> {
        match &self.token_file {
            Some(file) => TokenSet::from_file(file),
            None => TokenSet::load(&self.data_dir),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_domain::SystemClock;

    #[test]
    fn processes_with_one_token_file_have_the_same_keys() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let file = folders[0].path().join("shared");
        std::fs::write(&file, "  the-shared-token\r\n").unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let hosts = folders.each_ref().map(|folder| {
            let data_dir = DataDir::open(folder.path().join("data")).unwrap();
            Host::with_token_file(clock.clone(), data_dir, &file)
        });
        let keys = hosts.each_ref().map(|host| host.derive_key("test").unwrap());
        assert_eq!(keys[0], keys[1]);
        assert_eq!(hosts[0].token().unwrap().expose(), "the-shared-token");
        assert!(!hosts[0].data_dir.join("token").exists(), "none is made");
        let alone = Host::new(clock, hosts[0].data_dir.clone());
        assert_ne!(alone.derive_key("test").unwrap(), keys[0]);
        assert!(hosts[1].tokens().is_ok());
    }
}
