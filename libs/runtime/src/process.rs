//! What every server process does around its services: opens its folder, waits for what it needs, serves, and closes.
//!
//! ```text
//! main(observed(&config.telemetry, async {
//!     let process = Process::open(home, config.node)?;
//!     let Some(service) = process.start(|| Service::start(process.host(), ..)).await? else { return Ok(()) };
//!     let served = process.run(service.services(), say_ready).await;
//!     close(service.close()).await.and(served)
//! }))
//! ```

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result, SystemClock};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::config::{NodeConfig, TelemetryConfig, millis};
use crate::data_dir::DataDir;
use crate::host::Host;
use crate::node::{self, Node};
use crate::services::ServiceSet;
use crate::{auth::TokenSet, jitter, telemetry};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long closing a database may take at the end. What is acknowledged is safe before that.
const CLOSING: Duration = Duration::from_secs(5);

/// Where a process lives and which token it has.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// Its folder. Without one it gets a private one, which is removed at its end, and must be given a token.
    pub data_dir: Option<PathBuf>,
    /// A file with the token that all processes share, instead of one of the folder's own.
    pub token_file: Option<PathBuf>,
}

/// A process that is about to serve: what is wrong with its folder, tokens or address has been said.
#[derive(Debug)]
pub struct Process {
    host: Host,
    node: NodeConfig,
    tokens: TokenSet,
    _temporary: Option<TempDir>,
}

impl Process {
    /// Opens the folder, reads the tokens, looks at the address, and listens to signals from now on.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for an address or a home that cannot be; `FAILED_PRECONDITION` naming the folder or file.
    pub async fn open(home: Home, node: NodeConfig) -> Result<Self> {
        let (path, temporary) = match home.data_dir {
            Some(path) => (path, None),
            None if home.token_file.is_some() => {
                let folder = private_folder()?;
                (folder.path().to_owned(), Some(folder))
            }
            None => {
                let message = "give a folder, or a token file for a process that keeps nothing";
                return Err(Error::invalid(ErrorReason::InvalidField, "data_dir", message));
            }
        };
        let (clock, data_dir) = (Arc::new(SystemClock), DataDir::open(path)?);
        let host = match home.token_file {
            Some(file) => Host::with_token_file(clock, data_dir, file),
            None => Host::new(clock, data_dir),
        };
        let tokens = host.tokens()?;
        let process = Self {
            host,
            node,
            tokens,
            _temporary: temporary,
        };
        process.node().check_address().await?;
        process.host.shutdown.listen_to_signals()?;
        Ok(process)
    }

    /// The parts that services are handed.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Starts a service that needs a database or the like: again and again for `startup_wait_ms` while that is UNAVAILABLE.
    /// Nothing when the process was told to end meanwhile.
    ///
    /// # Errors
    /// What the service says, the last time.
    pub async fn start<T, F, Fut>(&self, mut start: F) -> Result<Option<T>>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let until = Instant::now() + millis(self.node.startup_wait_ms);
        let mut pause = FIRST_PAUSE;
        let attempts = async {
            loop {
                let error = match start().await {
                    Ok(started) => return Ok(Some(started)),
                    Err(error) => error,
                };
                if error.code != ErrorCode::Unavailable || Instant::now() + pause > until {
                    return Err(error);
                }
                tracing::warn!(message = error.message, "not there yet, trying again");
                tokio::time::sleep(jitter::spread(pause, 0.3)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        tokio::select! {
            biased;
            () = self.host.shutdown.draining().cancelled() => Ok(None),
            started = attempts => started,
        }
    }

    /// Serves until the process is told to end and has ended in order; `on_ready` is called with the address once every
    /// gate is open.
    ///
    /// # Errors
    /// As [`node::run`].
    pub async fn run(&self, services: ServiceSet, on_ready: impl FnOnce(&str)) -> Result<()> {
        node::run(&self.host, self.node().serve_services(services), on_ready).await
    }

    fn node(&self) -> Node {
        Node::new(&self.host, self.node.clone(), self.tokens.clone())
    }
}

fn private_folder() -> Result<TempDir> {
    let made = tempfile::Builder::new().prefix("bellwether-").tempdir();
    made.map_err(|error| {
        let message = format!("cannot make a temporary folder: {error}; give a folder");
        Error::new(
            ErrorCode::FailedPrecondition,
            ErrorReason::StorageUnavailable,
            message,
        )
    })
}

/// Closes what a service holds, for a few seconds at most.
///
/// # Errors
/// What closing says, or that it took too long.
pub async fn close(closing: impl Future<Output = Result<()>>) -> Result<()> {
    let late = |_| {
        Error::unavailable(
            ErrorReason::StorageUnavailable,
            "the database did not close in time",
        )
    };
    tokio::time::timeout(CLOSING, closing).await.map_err(late)?
}

/// Runs `work` with logs and spans, and sends the last spans when it has ended.
///
/// # Errors
/// As [`telemetry::init`], and what `work` says.
pub async fn observed<T, E: From<Error>>(
    config: &TelemetryConfig,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let telemetry = telemetry::init(config)?;
    let done = work.await;
    telemetry.shutdown().await;
    done
}

/// Writes `ready URL` to standard output, for those who started the process.
pub fn say_ready(url: &str) {
    // One that nobody reads is no reason to stop serving.
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {url}").and_then(|()| out.flush()).ok();
}

/// Writes an address given by a flag as the section `node` of the configuration.
///
/// # Errors
/// As the serializer says.
pub fn as_listen<S: serde::Serializer>(listen: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(listen.iter().map(|address| ("listen", address)))
}

/// The `main` of a process that only serves: 0 when it ended in order, 2 for a wrong configuration, 3 when its folder
/// or data cannot be used, 6 when something that it needs is not there; what is wrong goes to standard error.
pub fn main(work: impl Future<Output = Result<()>>) -> ExitCode {
    let runtime = tokio::runtime::Runtime::new();
    let done = runtime
        .map_err(|error| Error::internal(format!("cannot start threads: {error}")))
        .and_then(|runtime| runtime.block_on(work));
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    // Nobody can be told that standard error is closed.
    writeln!(std::io::stderr(), "error: {}", error.message).ok();
    ExitCode::from(match error.code {
        ErrorCode::InvalidArgument => 2,
        ErrorCode::FailedPrecondition => 3,
        _ => 6,
    })
}
