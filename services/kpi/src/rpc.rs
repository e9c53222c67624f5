//! The gRPC services of questions: from messages to [`crate::query`] and back.

mod ask;
mod catalog;
mod compare;
mod definition;
mod explain;
mod kpi;
mod measure;
mod values;
mod watch;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bellwether_contracts::kpi::catalog_service_server::CatalogServiceServer;
use bellwether_contracts::kpi::kpi_service_server::KpiServiceServer;
use bellwether_runtime::services::{MAX_MESSAGE_BYTES, ServiceSet};

pub(crate) use ask::ask_of;
pub use catalog::CatalogRpc;
pub use definition::definition_of;
pub use kpi::KpiRpc;
pub(crate) use values::{response_of, value_of};
pub(crate) use watch::Watches;

use crate::answers::Answers;
use crate::catalogue::Catalogue;
use crate::worker::Tenants;

/// The services of questions about these tenants.
pub(crate) fn services(
    tenants: &Tenants,
    answers: Answers,
    watches: Watches,
    catalogue: Arc<Catalogue>,
) -> ServiceSet {
    let kpi = KpiRpc::new(tenants.clone(), answers, watches);
    let catalog = CatalogRpc::new(tenants.clone(), catalogue);
    ServiceSet::new()
        .add(KpiServiceServer::new(kpi).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add(CatalogServiceServer::new(catalog).max_decoding_message_size(MAX_MESSAGE_BYTES))
}
