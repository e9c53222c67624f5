//! The service: its parts put together.

use std::sync::Arc;

use bellwether_domain::Result;
use bellwether_runtime::{Host, PeerLink, ServiceSet};
use bellwether_storage::cache::SharedCache;
use bellwether_storage::paging::PageSigner;

use crate::answers::Answers;
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::library::Library;
use crate::rpc::Watches;
use crate::worker::{self, Tenants};

/// The KPI service of a process.
#[derive(Debug, Clone)]
pub struct Kpi {
    tenants: Tenants,
    services: ServiceSet,
}

impl Kpi {
    /// Starts the service: from now on it follows the log behind `ingestion`, and holds the host's readiness until the
    /// tenants of now have reached the head that they have at first contact. Answers are also kept in `shared`, where
    /// other processes find them.
    ///
    /// # Errors
    /// `INTERNAL` when the built-in catalogue is wrong; as [`Host::token`].
    pub async fn start(
        host: &Host,
        ingestion: PeerLink,
        shared: Option<SharedCache>,
        config: Config,
    ) -> Result<Self> {
        let library = Library::new(Arc::new(Catalogue::built_in()?));
        let tenants = Tenants::new(host, ingestion, config.clone());
        let answers = Answers::new(host, tenants.clone(), library, shared, &config)?;
        let watches = Watches::new(host, tenants.clone(), answers.clone(), &config);
        let pages = PageSigner::new(host.derive_key("kpi.targets")?);
        let services = crate::rpc::services(&tenants, answers, watches, pages);
        let gate = host.readiness.gate("kpi facts");
        drop(host.shutdown.spawn(worker::get_ready(tenants.clone(), gate)));
        Ok(Self { tenants, services })
    }

    /// The gRPC services.
    #[must_use]
    pub fn services(&self) -> ServiceSet {
        self.services.clone()
    }

    /// The tenants' facts.
    #[must_use]
    pub fn tenants(&self) -> &Tenants {
        &self.tenants
    }
}
