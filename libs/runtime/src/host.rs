//! The parts of a process that every service is handed.

use std::sync::Arc;

use bellwether_domain::Clock;

use crate::data_dir::DataDir;
use crate::metrics::Metrics;
use crate::readiness::Readiness;
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
        }
    }
}
