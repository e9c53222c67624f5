//! The service: its parts put together.

use bellwether_domain::Result;
use bellwether_runtime::{Host, PeerLink, ServiceSet};

use crate::config::Config;
use crate::worker::{self, Tenants};

/// Most threads that one question scans with, unless told otherwise.
const MOST_SCAN_THREADS: usize = 8;

/// The KPI service of a process.
#[derive(Debug, Clone)]
pub struct Kpi {
    tenants: Tenants,
    services: ServiceSet,
}

impl Kpi {
    /// Starts the service: from now on it follows the log behind `ingestion`, and holds the host's readiness until the
    /// tenants of now have reached the head that they have at first contact.
    ///
    /// # Errors
    /// `INTERNAL` when the built-in catalogue is wrong.
    pub async fn start(host: &Host, ingestion: PeerLink, config: Config) -> Result<Self> {
        let threads = match config.scan_threads {
            0 => std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(MOST_SCAN_THREADS),
            threads => threads,
        };
        let tenants = Tenants::new(host, ingestion, config);
        let services = crate::rpc::services(&tenants, &host.clock, threads)?;
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
