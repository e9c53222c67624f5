//! The gRPC services of forecasts: from messages to the pure rooms and back. Each handler checks the caller, asks kpi for
//! the facts, has the models fitted beside the runtime's threads, keeps what is served, and answers.

mod accuracy;
mod attainment;
mod digest;
mod looked;
mod operations;
mod outlook;
mod overrides;
mod pipeline;
mod read;
mod retention;
mod scores;
mod stands;
mod trend;
mod write;

use std::sync::Arc;

use bellwether_contracts::forecasting::accuracy_service_server::AccuracyServiceServer;
use bellwether_contracts::forecasting::operation_service_server::OperationServiceServer;
use bellwether_contracts::forecasting::pipeline_service_server::PipelineServiceServer;
use bellwether_contracts::forecasting::retention_service_server::RetentionServiceServer;
use bellwether_contracts::forecasting::trend_service_server::TrendServiceServer;
use bellwether_contracts::status::to_status;
use bellwether_domain::{Clock, Result};
use bellwether_runtime::{MAX_MESSAGE_BYTES, ServiceSet};
use bellwether_storage::PageSigner;
use tokio::sync::Semaphore;
use tonic::{Response, Status};

use crate::config::Config;
use crate::source::Source;
use crate::store::Store;
use crate::worker::{Fits, Operations};

use outlook::Outlook;
use retention::Retained;
use scores::Learned;
use trend::Fitted;

/// Raised by whoever changes what a forecast of the same facts is, and be it one digit: it tells kept forecasts apart.
const MODELS: u32 = 2;

/// What handlers work with. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    source: Source,
    store: Store,
    clock: Arc<dyn Clock>,
    pages: PageSigner,
    trends: Fits<Fitted>,
    pipelines: Fits<Outlook>,
    scores: Fits<Learned>,
    retentions: Fits<Retained>,
    operations: Operations,
}

impl Desk {
    /// A desk that asks `source` and keeps what it serves in `store`.
    pub(crate) fn new(
        source: Source,
        store: Store,
        clock: Arc<dyn Clock>,
        pages: PageSigner,
        config: &Config,
    ) -> Self {
        // Series are fitted fast: they do not wait behind pipelines.
        let [long, short] = [(); 2].map(|()| Arc::new(Semaphore::new(config.fits())));
        let bytes = config.cache_bytes / 4;
        let operations = Operations::new(clock.clone());
        let all = &operations;
        Self {
            source,
            store,
            clock,
            pages,
            trends: Fits::new(short, all.clone(), bytes),
            pipelines: Fits::new(long.clone(), all.clone(), bytes),
            scores: Fits::new(long.clone(), all.clone(), bytes),
            retentions: Fits::new(long, all.clone(), bytes),
            operations,
        }
    }

    /// Ends the fits that go on: nobody will hear of them any more.
    pub(crate) fn stop(&self) {
        self.operations.cancel_all();
    }

    /// The services.
    pub(crate) fn services(&self) -> ServiceSet {
        let trend = trend::TrendRpc(self.clone());
        let pipeline = pipeline::PipelineRpc(self.clone());
        let retention = retention::RetentionRpc(self.clone());
        let accuracy = accuracy::AccuracyRpc(self.clone());
        let operations = operations::OperationRpc(self.clone());
        ServiceSet::new()
            .add(TrendServiceServer::new(trend).max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add(PipelineServiceServer::new(pipeline).max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add(RetentionServiceServer::new(retention).max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add(AccuracyServiceServer::new(accuracy).max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add(OperationServiceServer::new(operations).max_decoding_message_size(MAX_MESSAGE_BYTES))
    }
}

/// The version of the models, as answers tell it.
fn model_version() -> String {
    format!("{}/{MODELS}", env!("CARGO_PKG_VERSION"))
}

/// What a handler found, as the wire has it.
fn answer<T>(found: Result<T>) -> std::result::Result<Response<T>, Status> {
    found.map(Response::new).map_err(|error| to_status(&error))
}
