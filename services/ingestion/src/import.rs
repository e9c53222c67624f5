//! Imports: files are spooled to a private folder, and only when all of them are there is anything read or written.
//!
//! The work runs in a task of its own: once the last file has arrived it goes to its end even when the caller does not
//! wait for it. A process that is told to stop ends an import between two batches; one that dies leaves it RUNNING, which
//! the next start turns into FAILED, or where several processes share a database, any of them when the lease of the dead
//! one has passed. Either way what was committed stays, and sending the files again is safe.

mod feeder;
mod keeper;
mod run;
mod spool;
mod upload;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwether_domain::{Clock, Error, ErrorCode, ErrorReason, Result, TenantId};
use bellwether_runtime::{Host, Shutdown};

use crate::config::Config;
use crate::store::{ImportRow, ImportState, RejectRow, Store, under_way};
use crate::worker::Writer;
pub(crate) use keeper::Keeper;
pub(crate) use upload::Upload;

/// The folder below the data folder that uploads are kept in while they are needed.
const FOLDER: &str = "imports";

/// How often something is tried while the log is away, and the waits between: about ten seconds together.
const ATTEMPTS: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The imports of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Imports {
    store: Store,
    writer: Writer,
    clock: Arc<dyn Clock>,
    keeper: Keeper,
    shutdown: Shutdown,
    folder: PathBuf,
    max_bytes: u64,
    /// Tenant and id of those under way.
    running: Arc<Mutex<HashSet<(TenantId, String)>>>,
}

impl Imports {
    /// Clears away what an earlier process left behind, and gives the one that keeps the imports of this one. Starts
    /// nothing, so that it may be tried again.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn prepare(store: &Store, host: &Host, config: &Config) -> Result<Keeper> {
        spool::clear(&host.data_dir.join(FOLDER))?;
        let keeper = Keeper::new(store.clone(), Arc::clone(&host.clock), config.import_lease())?;
        keeper.sweep().await?;
        Ok(keeper)
    }

    /// The imports of a process that starts.
    pub(crate) fn start(store: Store, writer: Writer, keeper: Keeper, host: &Host, config: &Config) -> Self {
        if store.is_shared() {
            host.shutdown
                .spawn(keeper.clone().run(host.shutdown.workers().clone()));
        }
        Self {
            store,
            writer,
            clock: Arc::clone(&host.clock),
            keeper,
            shutdown: host.shutdown.clone(),
            folder: host.data_dir.join(FOLDER),
            max_bytes: config.import_max_bytes,
            running: Arc::default(),
        }
    }

    /// Runs an import whose files are all there, in a task of its own, and waits for it.
    ///
    /// # Errors
    /// What keeps it from running (`INVALID_ARGUMENT` for mapping and files, `FAILED_PRECONDITION` for settings), what
    /// broke it off, `ABORTED` while an import of the same id is under way.
    pub(crate) async fn run(&self, upload: Upload) -> Result<ImportRow> {
        let imports = self.clone();
        let task = self.shutdown.spawn(async move { imports.run_here(upload).await });
        task.await
            .map_err(|error| Error::internal(format!("an import ended without a word: {error}")))?
    }

    async fn run_here(&self, upload: Upload) -> Result<ImportRow> {
        let tenant = upload.tenant.clone();
        let id = match &upload.import_id {
            Some(id) => id.clone(),
            None => self.free_id(&tenant).await?,
        };
        let _place = self.enter(&tenant, &id)?;
        let mut row = self
            .store
            .begin_import(&tenant, &id, self.clock.now(), &self.keeper.lease())
            .await?;
        let outcome = run::run(self, upload, &mut row).await;
        row.ended_at = Some(self.clock.now());
        match &outcome {
            Ok(()) => row.state = ImportState::Done,
            Err(error) => {
                row.state = ImportState::Failed;
                row.error.clone_from(&error.message);
                tracing::warn!(tenant = %tenant, import = %id, error = %error, "import failed");
            }
        }
        let noted = self.note(&tenant, &row, Vec::new()).await;
        outcome.and(noted).map(|()| row)
    }

    /// Notes how an import of this process stands, and rows that it refused.
    async fn note(&self, tenant: &TenantId, row: &ImportRow, rejects: Vec<RejectRow>) -> Result<()> {
        let owner = self.keeper.owner();
        let note = || self.store.note_import(tenant, row, rejects.clone(), owner);
        self.waiting_for_the_log(tenant, note).await
    }

    /// Looks whether an import is still of this process; where nobody else has the database it always is.
    ///
    /// # Errors
    /// `ABORTED` when another process has taken it over, otherwise as storage has it.
    async fn still_ours(&self, tenant: &TenantId, row: &ImportRow) -> Result<()> {
        if !self.store.is_shared() {
            return Ok(());
        }
        self.store.is_import_of(tenant, row, self.keeper.owner()).await
    }

    /// Does something that may be done twice, and waits with it while the log is away.
    async fn waiting_for_the_log<T, F>(&self, tenant: &TenantId, work: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            match work().await {
                Err(error) if error.code == ErrorCode::Unavailable && attempt < ATTEMPTS => {
                    tracing::warn!(tenant = %tenant, error = %error, "import waits for the log");
                    tokio::select! {
                        () = tokio::time::sleep(wait) => wait = (wait * 2).min(LONGEST_WAIT),
                        () = self.shutdown.streams().cancelled() => return Err(stopping()),
                    }
                }
                done => return done,
            }
        }
        Err(stopping())
    }

    /// An id that no import of the tenant has.
    async fn free_id(&self, tenant: &TenantId) -> Result<String> {
        let now = self.clock.now().as_micros();
        for attempt in 0_u64.. {
            let mut hasher = blake3::Hasher::new();
            hasher
                .update(tenant.as_str().as_bytes())
                .update(&now.to_le_bytes())
                .update(&attempt.to_le_bytes());
            let id = hasher.finalize().to_hex()[..16].to_owned();
            let taken = self.store.import(tenant, &id).await?.is_some() || self.is_running(tenant, &id);
            if !taken {
                return Ok(id);
            }
        }
        Err(Error::internal("every import id is taken"))
    }

    fn is_running(&self, tenant: &TenantId, id: &str) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.contains(&(tenant.clone(), id.to_owned()))
    }

    fn enter(&self, tenant: &TenantId, id: &str) -> Result<Place> {
        let key = (tenant.clone(), id.to_owned());
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if !running.insert(key.clone()) {
            return Err(under_way(id));
        }
        Ok(Place {
            running: Arc::clone(&self.running),
            key,
        })
    }
}

/// An import's place among those under way; given up when it is dropped.
struct Place {
    running: Arc<Mutex<HashSet<(TenantId, String)>>>,
    key: (TenantId, String),
}

impl Drop for Place {
    fn drop(&mut self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

/// The error of an import that is broken off because the process stops.
fn stopping() -> Error {
    let message = "the server is shutting down: what was committed stays, send the files again";
    Error::unavailable(ErrorReason::ShuttingDown, message)
}
