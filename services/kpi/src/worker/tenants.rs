//! The tenants in memory: each is loaded on first use and then followed by a task of its own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bellwether_contracts::convert::{instant_from_proto, position_from_proto};
use bellwether_contracts::ingestion::GetHeadRequest;
use bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient;
use bellwether_contracts::status::from_status;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Instant, Position, Result, TenantId};
use bellwether_runtime::{Host, MAX_MESSAGE_BYTES, PeerLink, Shutdown, deadline};
use tokio::sync::watch;
use tonic::{Response, Status};

use super::changes::Changes;
use super::follower::Follower;
use super::meter::Meter;
use crate::config::Config;
use crate::tenant::{Marks, TenantFacts};

/// When a caller may try again while ingestion is away, in milliseconds.
const RETRY_MS: u64 = 100;
/// So often in a row changes must fail to be taken in before nobody waits for the facts any more.
const FAILURES: u32 = 3;
/// What callers hear when ingestion is away; why it is, and at which address, is said to operators, so often at most.
const AWAY: &str = "ingestion cannot be reached: ask again";
const SAY_WHY_EVERY: Duration = Duration::from_secs(1);

/// Every tenant's facts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tenants {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shutdown: Shutdown,
    /// Where checkpoints lie, a folder a tenant.
    folder: PathBuf,
    link: PeerLink,
    config: Config,
    meter: Meter,
    open: Mutex<HashMap<TenantId, Arc<Tenant>>>,
    /// When operators were last told why ingestion is away.
    told: Mutex<Option<std::time::Instant>>,
}

/// One tenant, and how far its facts have come.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) facts: RwLock<TenantFacts>,
    pub(super) progress: watch::Sender<Progress>,
    /// One checkpoint is written at a time.
    pub(super) saving: Mutex<()>,
}

impl Tenant {
    /// Where the facts stand.
    pub(super) fn at(&self) -> Position {
        self.progress.borrow().at()
    }
}

/// The end of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) position: Position,
    /// When its last change was recorded.
    pub(super) recorded_at: Option<Instant>,
}

/// How far a tenant's facts have come.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    /// Where they stand, and what touched them last.
    pub(super) marks: Arc<Marks>,
    /// The head at first contact with this life of the log: before it nothing is shown.
    pub(super) start: Position,
    /// How often in a row changes could not be taken in.
    pub(super) failures: u32,
}

impl Progress {
    pub(super) fn at(&self) -> Position {
        self.marks.position
    }

    fn reached(&self, position: Position) -> bool {
        let at = self.at();
        at.epoch == self.start.epoch
            && at.seq >= self.start.seq.max(position.seq)
            && (position.epoch == 0 || position.epoch == at.epoch)
    }

    /// Changes were taken in.
    pub(super) fn take_in(&mut self, marks: Arc<Marks>) {
        self.marks = marks;
        if self.reached(Position::default()) {
            self.failures = 0;
        }
    }

    /// Whether the log holds something that cannot be taken in, as it seems: it is tried on, and nobody waits for it.
    fn unreadable(&self) -> bool {
        self.failures >= FAILURES
    }
}

impl Tenants {
    pub(crate) fn new(host: &Host, link: PeerLink, config: Config) -> Self {
        let inner = Inner {
            shutdown: host.shutdown.clone(),
            folder: host.data_dir.join("kpi"),
            link,
            config,
            meter: Meter::register(&host.metrics),
            open: Mutex::default(),
            told: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(super) fn shutdown(&self) -> &Shutdown {
        &self.inner.shutdown
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.inner.meter
    }

    pub(super) fn link(&self) -> &PeerLink {
        &self.inner.link
    }

    /// Waits until a tenant's facts stand at `position` or later; loads the tenant on first use.
    ///
    /// # Errors
    /// `NOT_FOUND` `UNKNOWN_TENANT`, `UNAVAILABLE` `POSITION_NOT_REACHED` when the deadline nears or the log cannot be
    /// read, `OUT_OF_RANGE` `SNAPSHOT_REQUIRED` for a position of another life of the log.
    pub async fn wait_for(&self, tenant: &TenantId, position: Position) -> Result<()> {
        let entry = self.open(tenant).await?;
        self.wait_of(tenant, &entry, position).await
    }

    /// What touched a tenant's facts last, as soon as they may be shown. Holds nobody up and is held up by nobody.
    ///
    /// # Errors
    /// As [`Self::wait_for`].
    pub async fn marks(&self, tenant: &TenantId) -> Result<Arc<Marks>> {
        let entry = self.open(tenant).await?;
        loop {
            {
                let progress = entry.progress.borrow();
                if progress.reached(Position::default()) {
                    return Ok(Arc::clone(&progress.marks));
                }
            }
            self.wait_of(tenant, &entry, Position::default()).await?;
        }
    }

    /// The news of a tenant from now on; loads the tenant on first use.
    ///
    /// # Errors
    /// `NOT_FOUND` `UNKNOWN_TENANT` for a tenant whose log is empty, `UNAVAILABLE` while ingestion is away.
    pub(crate) async fn changes(&self, tenant: &TenantId) -> Result<Changes> {
        Ok(Changes::new(self.open(tenant).await?.progress.subscribe()))
    }

    async fn wait_of(&self, tenant: &TenantId, entry: &Tenant, position: Position) -> Result<()> {
        if entry.progress.borrow().reached(position) {
            return Ok(());
        }
        let mut progress = entry.progress.subscribe();
        if position.epoch != 0 && position.epoch != entry.at().epoch {
            self.check_epoch(tenant, position).await?;
        }
        let reached = progress.wait_for(|progress| progress.reached(position) || progress.unreadable());
        // Feeds end before calls do: nothing is reached any more, and the drain need not wait for it.
        let reached = self.inner.shutdown.streams().run_until_cancelled(reached);
        match tokio::time::timeout(self.patience(), reached).await {
            Ok(Some(Ok(progress))) if progress.reached(position) => Ok(()),
            Ok(Some(Ok(_))) => {
                let message =
                    format!("the facts of tenant `{tenant}` cannot be read from its log at present");
                Err(Error::unavailable(ErrorReason::PositionNotReached, message))
            }
            Ok(Some(Err(_)) | None) => Err(Error::unavailable(
                ErrorReason::ShuttingDown,
                "the node is shutting down",
            )),
            Err(_) => {
                let at = entry.at();
                let message = format!("facts stand at {at}, not yet at {position}: ask again");
                Err(Error::unavailable(ErrorReason::PositionNotReached, message))
            }
        }
    }

    /// Waits until a tenant's facts may be shown, however long it takes; `false` = its log cannot be read.
    pub(super) async fn ready(&self, tenant: &TenantId) -> Result<bool> {
        let entry = self.open(tenant).await?;
        let mut progress = entry.progress.subscribe();
        let reached = progress
            .wait_for(|progress| progress.reached(Position::default()) || progress.unreadable())
            .await;
        let ended = |_| Error::unavailable(ErrorReason::ShuttingDown, "the node is shutting down");
        reached
            .map(|progress| progress.reached(Position::default()))
            .map_err(ended)
    }

    /// The log's head, asked of the ingestion peer. `seq` 0 = the log of this tenant is empty.
    ///
    /// # Errors
    /// What the peer answers.
    pub async fn head(&self, tenant: &TenantId) -> Result<Position> {
        Ok(self.end_of_log(tenant).await?.position)
    }

    /// The log's end, asked of the ingestion peer; for no longer than a call may wait.
    pub(super) async fn end_of_log(&self, tenant: &TenantId) -> Result<Head> {
        let channel = self.inner.link.channel();
        let mut client = ChangeFeedServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let request = GetHeadRequest {
            tenant: tenant.to_string(),
        };
        let response = self.asked(client.get_head(request)).await?;
        let recorded_at = response
            .recorded_at
            .as_ref()
            .and_then(|at| instant_from_proto(at).ok());
        Ok(Head {
            position: response
                .position
                .as_ref()
                .map(position_from_proto)
                .unwrap_or_default(),
            recorded_at,
        })
    }

    /// The answer of the ingestion peer, for no longer than a call may wait. When it is away: try again.
    pub(super) async fn asked<T>(
        &self,
        call: impl Future<Output = std::result::Result<Response<T>, Status>>,
    ) -> Result<T> {
        let silent = "ingestion does not answer: ask again";
        match tokio::time::timeout(self.patience(), call).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => {
                let mut error = from_status(&status);
                if error.code == ErrorCode::Unavailable && error.retry_after_ms.is_none() {
                    error.retry_after_ms = Some(RETRY_MS);
                }
                // In ingestion's own words there are no addresses.
                if error.reason == ErrorReason::PeerUnavailable {
                    self.say_why(&error);
                    AWAY.clone_into(&mut error.message);
                }
                Err(error)
            }
            Err(_) => Err(Error::unavailable(ErrorReason::PeerUnavailable, silent)),
        }
    }

    fn say_why(&self, error: &Error) {
        let mut told = self.inner.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= SAY_WHY_EVERY) {
            *told = Some(std::time::Instant::now());
            tracing::warn!(error = %error, "ingestion cannot be reached");
        }
    }

    /// Reads a tenant's facts, off the async runtime and under a read lock for the whole of `f`.
    ///
    /// # Errors
    /// `NOT_FOUND` `UNKNOWN_TENANT` for a tenant whose log is empty, `UNAVAILABLE` while it cannot be loaded.
    pub async fn read<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        f: impl FnOnce(&TenantFacts) -> T + Send + 'static,
    ) -> Result<T> {
        let entry = self.open(tenant).await?;
        self.wait_of(tenant, &entry, Position::default()).await?;
        let read = move || {
            let facts = entry
                .facts
                .read()
                .map_err(|_| Error::internal("the facts are damaged and are read anew"))?;
            // Under the lock: a new life is announced before its facts take the place of the old.
            let (at, start) = (facts.position(), entry.progress.borrow().start);
            if at.epoch != start.epoch || at.seq < start.seq {
                let message = "the log has begun a new life and its facts are read anew";
                return Err(Error::unavailable(ErrorReason::PositionNotReached, message));
            }
            Ok(f(&facts))
        };
        let read = tokio::task::spawn_blocking(read).await;
        read.map_err(|error| Error::internal(format!("the question failed: {error}")))?
    }

    /// The tenant, followed from now on if it was not yet.
    async fn open(&self, tenant: &TenantId) -> Result<Arc<Tenant>> {
        if let Some(entry) = self.opened().get(tenant) {
            return Ok(Arc::clone(entry));
        }
        let end = self.end_of_log(tenant).await?;
        let head = end.position;
        if head.seq == 0 {
            let message = format!("tenant `{tenant}` has no records");
            return Err(Error::not_found(ErrorReason::UnknownTenant, message));
        }
        match self.opened().entry(tenant.clone()) {
            Entry::Occupied(entry) => Ok(Arc::clone(entry.get())),
            Entry::Vacant(place) => {
                let facts = TenantFacts::of_epoch(head.epoch);
                let progress = Progress {
                    marks: Arc::new(facts.marks()),
                    start: head,
                    failures: 0,
                };
                let entry = Arc::new(Tenant {
                    facts: RwLock::new(facts),
                    progress: watch::Sender::new(progress),
                    saving: Mutex::new(()),
                });
                let follower = Follower {
                    tenant: tenant.clone(),
                    entry: Arc::clone(&entry),
                    tenants: self.clone(),
                    config: self.inner.config.clone(),
                    folder: self.inner.folder.join(tenant.as_str()),
                };
                drop(self.inner.shutdown.spawn(follower.run(end)));
                Ok(Arc::clone(place.insert(entry)))
            }
        }
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Arc<Tenant>>> {
        self.inner.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A position of another life of the log is never reached.
    async fn check_epoch(&self, tenant: &TenantId, position: Position) -> Result<()> {
        let head = self.head(tenant).await?;
        if head.epoch == position.epoch {
            return Ok(());
        }
        let message = format!("position {position} is of another life of the log, which stands at {head}");
        Err(Error::new(
            ErrorCode::OutOfRange,
            ErrorReason::SnapshotRequired,
            message,
        ))
    }

    /// How long a call may wait: all but a tenth of what is left of its deadline, so that it can still answer.
    fn patience(&self) -> Duration {
        let most = Duration::from_millis(self.inner.config.wait_ms);
        deadline::remaining().map_or(most, |left| left * 9 / 10)
    }
}
