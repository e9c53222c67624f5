//! Finding the server and speaking to it.

use std::path::Path;

use bellwether_contracts::forecasting::accuracy_service_client::AccuracyServiceClient;
use bellwether_contracts::forecasting::operation_service_client::OperationServiceClient;
use bellwether_contracts::forecasting::pipeline_service_client::PipelineServiceClient;
use bellwether_contracts::forecasting::retention_service_client::RetentionServiceClient;
use bellwether_contracts::forecasting::trend_service_client::TrendServiceClient;
use bellwether_contracts::ingestion::import_service_client::ImportServiceClient;
use bellwether_contracts::ingestion::record_service_client::RecordServiceClient;
use bellwether_contracts::ingestion::tenant_service_client::TenantServiceClient;
use bellwether_contracts::kpi::catalog_service_client::CatalogServiceClient;
use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::scorecard_service_client::ScorecardServiceClient;
use bellwether_contracts::kpi::target_service_client::TargetServiceClient;
use bellwether_forecasting::source::Source;
use bellwether_runtime::{LinkConfig, MAX_MESSAGE_BYTES, PeerChannel, PeerLink, Secret, data_dir};

use crate::cli::Connection;
use crate::exit::{Code, Failure};

mod parts;

/// The server's address: the one that is named, else the one that the process of the folder wrote.
///
/// # Errors
/// Usage when neither is named, unavailable when nothing serves the folder.
pub(crate) fn address(server: Option<&str>, dir: Option<&Path>) -> Result<String, Failure> {
    match (server, dir) {
        (Some(url), _) => Ok(url.to_owned()),
        (None, Some(dir)) => Ok(data_dir::read_endpoint(dir)?),
        (None, None) => Err(Failure::usage(
            "where is the server? Give --data-dir DIR (or set BELLWETHER_DATA_DIR), or --server URL --token-file FILE",
        )),
    }
}

/// A server, or the processes of a fleet, that commands speak to.
#[derive(Debug)]
pub(crate) struct Client {
    ingestion: PeerLink,
    kpi: PeerLink,
    forecasting: PeerLink,
}

impl Client {
    /// Finds address and token as the command line says; several addresses are asked which of them serves what.
    ///
    /// # Errors
    /// Usage when neither folder nor server is named, unavailable when nothing serves the folder, auth without a token.
    pub(crate) async fn find(connection: &Connection) -> Result<Self, Failure> {
        let url = address(connection.server.as_deref(), connection.data_dir.as_deref())?;
        let in_folder = || connection.data_dir.as_ref().map(|dir| dir.join("token"));
        let file = connection.token_file.clone().or_else(in_folder);
        let file = file.ok_or_else(|| {
            Failure::usage("--server needs a token: give --token-file FILE, or --data-dir DIR")
        })?;
        let token = data_dir::read_token(&file).map_err(|error| Failure::auth(error.message))?;
        let config = LinkConfig {
            ca_file: connection.ca_file.clone(),
            ..LinkConfig::default()
        };
        let parts::Links {
            ingestion,
            kpi,
            forecasting,
        } = parts::links(&url, &token, &config).await?;
        Ok(Self {
            ingestion,
            kpi,
            forecasting,
        })
    }

    /// The server at an address.
    ///
    /// # Errors
    /// Usage when `url` is no address.
    pub(crate) fn at(url: &str, token: &Secret<String>) -> Result<Self, Failure> {
        let link = PeerLink::far(url, token, &LinkConfig::default())
            .map_err(|error| Failure::from(error).with_code(Code::Usage))?;
        Ok(Self {
            ingestion: link.clone(),
            kpi: link.clone(),
            forecasting: link,
        })
    }

    /// Records.
    pub(crate) fn records(&self) -> RecordServiceClient<PeerChannel> {
        RecordServiceClient::new(self.ingestion.channel())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Imports: uploads have a connection of their own.
    pub(crate) fn imports(&self) -> ImportServiceClient<PeerChannel> {
        ImportServiceClient::new(self.ingestion.stream_channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Tenants and settings.
    pub(crate) fn tenants(&self) -> TenantServiceClient<PeerChannel> {
        TenantServiceClient::new(self.ingestion.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Definitions of KPIs.
    pub(crate) fn catalog(&self) -> CatalogServiceClient<PeerChannel> {
        CatalogServiceClient::new(self.kpi.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Watches of KPIs: streams have a connection of their own.
    pub(crate) fn watches(&self) -> KpiServiceClient<PeerChannel> {
        KpiServiceClient::new(self.kpi.stream_channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Targets.
    pub(crate) fn targets(&self) -> TargetServiceClient<PeerChannel> {
        TargetServiceClient::new(self.kpi.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Scorecards.
    pub(crate) fn scorecards(&self) -> ScorecardServiceClient<PeerChannel> {
        ScorecardServiceClient::new(self.kpi.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Facts, as forecasts are made of them.
    pub(crate) fn source(&self) -> Source {
        Source::new(self.kpi.clone())
    }

    /// Forecasts of KPIs.
    pub(crate) fn trends(&self) -> TrendServiceClient<PeerChannel> {
        TrendServiceClient::new(self.forecasting.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Forecasts of the pipeline.
    pub(crate) fn pipelines(&self) -> PipelineServiceClient<PeerChannel> {
        PipelineServiceClient::new(self.forecasting.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// How long customers stay.
    pub(crate) fn retention(&self) -> RetentionServiceClient<PeerChannel> {
        RetentionServiceClient::new(self.forecasting.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// How good forecasts were.
    pub(crate) fn accuracies(&self) -> AccuracyServiceClient<PeerChannel> {
        AccuracyServiceClient::new(self.forecasting.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Fits of models that go on.
    pub(crate) fn operations(&self) -> OperationServiceClient<PeerChannel> {
        OperationServiceClient::new(self.forecasting.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Values of KPIs.
    pub(crate) fn kpis(&self) -> KpiServiceClient<PeerChannel> {
        KpiServiceClient::new(self.kpi.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}
