//! The service: its parts put together.

use bellwether_domain::Result;
use bellwether_runtime::{Host, PeerLink, ServiceSet};
use bellwether_storage::{PageSigner, Place};

use crate::config::Config;
use crate::rpc::Desk;
use crate::source::Source;
use crate::store::Store;
use crate::worker::Scorer;

/// The forecasting service of a process.
#[derive(Debug, Clone)]
pub struct Forecasting {
    store: Store,
    services: ServiceSet,
}

impl Forecasting {
    /// Opens the database at `place`, making its tables if need be, and starts to look out for forecasts whose time has
    /// come. Facts and truth come from kpi, over a link. Any number of processes may share a server; a file is held by one.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` when the database cannot be opened or another process holds its file, `UNAVAILABLE` when
    /// the server does not answer, `INVALID_ARGUMENT` for an address that is none.
    pub async fn start(host: &Host, place: &Place, kpi: PeerLink, config: Config) -> Result<Self> {
        let store = Store::open(place, &config.database()).await?;
        let pages = PageSigner::new(host.derive_key("forecasting.pages")?);
        // From here on nothing fails: a start that is tried again leaves no task behind.
        let source = Source::new(kpi);
        let scorer = Scorer::new(store.clone(), source.clone(), host.clock.clone(), &config);
        drop(host.shutdown.spawn(scorer.run(host.shutdown.clone())));
        let desk = Desk::new(source, store.clone(), host.clock.clone(), pages, &config);
        let services = desk.services();
        let stop = host.shutdown.workers().clone();
        drop(host.shutdown.spawn(async move {
            stop.cancelled().await;
            desk.stop();
        }));
        Ok(Self { store, services })
    }

    /// The gRPC services.
    #[must_use]
    pub fn services(&self) -> ServiceSet {
        self.services.clone()
    }

    /// Closes the database, so that all of it lies in its one file. For the end of the process, when all calls and workers
    /// have ended.
    ///
    /// # Errors
    /// As the database says.
    pub async fn close(&self) -> Result<()> {
        self.store.close().await
    }
}
