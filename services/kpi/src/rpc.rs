//! The gRPC services of questions: from messages to [`crate::query`] and back.

mod ask;
mod catalog;
mod kpi;
mod values;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bellwether_contracts::kpi::catalog_service_server::CatalogServiceServer;
use bellwether_contracts::kpi::kpi_service_server::KpiServiceServer;
use bellwether_domain::{Clock, Result};
use bellwether_runtime::services::{MAX_MESSAGE_BYTES, ServiceSet};

pub use catalog::CatalogRpc;
pub use kpi::KpiRpc;

use crate::catalogue::Catalogue;
use crate::worker::Tenants;

/// The services of questions about these tenants; a question scans on at most so many threads.
///
/// # Errors
/// `INTERNAL` when the built-in catalogue is wrong.
pub fn services(tenants: &Tenants, clock: &Arc<dyn Clock>, threads: usize) -> Result<ServiceSet> {
    let catalogue = Arc::new(Catalogue::built_in()?);
    let kpi = KpiRpc::new(
        tenants.clone(),
        Arc::clone(clock),
        Arc::clone(&catalogue),
        threads,
    );
    let catalog = CatalogRpc::new(tenants.clone(), catalogue);
    Ok(ServiceSet::new()
        .add(KpiServiceServer::new(kpi).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add(CatalogServiceServer::new(catalog).max_decoding_message_size(MAX_MESSAGE_BYTES)))
}
