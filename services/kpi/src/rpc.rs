//! The gRPC services of questions: from messages to [`crate::query`] and back.

mod ask;
mod catalog;
mod compare;
mod definition;
mod etag;
mod explain;
mod facts;
mod kpi;
mod measure;
mod plan;
mod rank;
mod restate;
mod scorecard;
mod target;
mod values;
mod watch;
mod waterfall;

#[cfg(test)]
mod tests;

use bellwether_contracts::kpi::catalog_service_server::CatalogServiceServer;
use bellwether_contracts::kpi::kpi_service_server::KpiServiceServer;
use bellwether_contracts::kpi::scorecard_service_server::ScorecardServiceServer;
use bellwether_contracts::kpi::target_service_server::TargetServiceServer;
use bellwether_runtime::services::{MAX_MESSAGE_BYTES, ServiceSet};
use bellwether_storage::paging::PageSigner;

pub(crate) use ask::{ask_of, caller_of};
pub use catalog::CatalogRpc;
pub use definition::definition_of;
pub use kpi::KpiRpc;
pub(crate) use restate::restatement_of;
pub(crate) use values::{kind_of, response_of, value_of};
pub(crate) use watch::Watches;

use crate::answers::Answers;
use crate::worker::Tenants;

/// The services of questions about these tenants.
pub(crate) fn services(
    tenants: &Tenants,
    answers: Answers,
    watches: Watches,
    pages: PageSigner,
) -> ServiceSet {
    let kpi = KpiRpc::new(tenants.clone(), answers.clone(), watches);
    let plan = plan::Plan::new(tenants.clone(), answers.clone());
    let targets = target::TargetRpc::new(plan.clone(), pages);
    let scorecards = scorecard::ScorecardRpc::new(plan);
    let catalog = CatalogRpc::new(tenants.clone(), answers);
    ServiceSet::new()
        .add(KpiServiceServer::new(kpi).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add(CatalogServiceServer::new(catalog).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add(TargetServiceServer::new(targets).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add(ScorecardServiceServer::new(scorecards).max_decoding_message_size(MAX_MESSAGE_BYTES))
}
