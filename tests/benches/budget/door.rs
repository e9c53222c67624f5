//! A client at the gRPC door of a running server.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bellwether_contracts::ingestion::record_service_client::RecordServiceClient;
use bellwether_contracts::ingestion::tenant_service_client::TenantServiceClient;
use bellwether_contracts::ingestion::{
    UpdateSettingsRequest, UpsertOutcome, UpsertRecordsRequest, UpsertRecordsResponse,
};
use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    Grain, KpiValue, MinPosition, QueryKpisRequest, QueryKpisResponse, min_position,
};
use bellwether_contracts::sales::Record;
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_runtime::data_dir::read_token;
use bellwether_runtime::{LinkConfig, MAX_MESSAGE_BYTES, PeerChannel, PeerLink};
use bellwether_tests::product::Server;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tonic::Code;

use crate::deals;

/// Records of one call.
pub(crate) const BATCH: usize = 4000;
/// Calls under way at the same time.
pub(crate) const IN_FLIGHT: usize = 4;
/// How long kpi may take to read what was written.
const CATCH_UP: Duration = Duration::from_secs(300);

/// A connection with the right to act for every tenant.
pub(crate) struct Door {
    channel: PeerChannel,
}

impl Door {
    /// Connects on first use.
    pub(crate) fn to(server: &Server) -> Result<Self> {
        Self::at(&server.url, &server.dir.join("token"))
    }

    /// Connects on first use to an address, with the token of a file.
    pub(crate) fn at(url: &str, token_file: &Path) -> Result<Self> {
        let token = read_token(token_file)?;
        let link = PeerLink::far(url, &token, &LinkConfig::default())?;
        Ok(Self {
            channel: link.channel(),
        })
    }

    /// Sets the tenant up for the deals of this bench.
    pub(crate) async fn prepare(&self, tenant: &str) -> Result<()> {
        let request = UpdateSettingsRequest {
            tenant: tenant.to_owned(),
            settings: Some(deals::settings()),
            ..UpdateSettingsRequest::default()
        };
        TenantServiceClient::new(self.channel.clone())
            .update_settings(request)
            .await?;
        Ok(())
    }

    /// Writes new records, a few calls at a time, each batch made when it is sent. Anything not created is an error.
    pub(crate) async fn create(
        &self,
        tenant: &str,
        batches: impl Iterator<Item = Result<Vec<Record>>>,
    ) -> Result<()> {
        stream::iter(batches)
            .map(|batch| async { self.create_batch(tenant, batch?).await })
            .buffer_unordered(IN_FLIGHT)
            .try_for_each(|()| async { Ok(()) })
            .await
    }

    async fn create_batch(&self, tenant: &str, records: Vec<Record>) -> Result<()> {
        let request = UpsertRecordsRequest {
            tenant: tenant.to_owned(),
            records,
            ..UpsertRecordsRequest::default()
        };
        let mut client = RecordServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        let UpsertRecordsResponse { results, .. } = client.upsert_records(request).await?.into_inner();
        match results
            .iter()
            .find(|result| result.outcome != UpsertOutcome::Created as i32)
        {
            None => Ok(()),
            Some(other) => bail!("a record was not created: {other:?}"),
        }
    }

    /// Asks once.
    pub(crate) async fn ask(&self, question: &QueryKpisRequest) -> Result<Vec<KpiValue>, tonic::Status> {
        let mut client =
            KpiServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let QueryKpisResponse { values, .. } = client.query_kpis(question.clone()).await?.into_inner();
        Ok(values)
    }

    /// Asks for an answer that has seen everything written before, as often as kpi needs to get there.
    pub(crate) async fn ask_at_head(&self, question: &QueryKpisRequest) -> Result<Vec<KpiValue>> {
        let at_head = QueryKpisRequest {
            min_position: Some(MinPosition {
                at: Some(min_position::At::Head(true)),
            }),
            ..question.clone()
        };
        let since = Instant::now();
        loop {
            match self.ask(&at_head).await {
                Ok(values) => {
                    ensure!(!values.is_empty(), "an answer without a value");
                    return Ok(values);
                }
                Err(status) => {
                    let is_behind = matches!(
                        status.code(),
                        Code::Unavailable | Code::DeadlineExceeded | Code::NotFound
                    );
                    if !is_behind || since.elapsed() > CATCH_UP {
                        return Err(status).context("no answer at the head of the log");
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
    }
}

/// Asks for KPIs between two days, as known now.
pub(crate) fn question(tenant: &str, kpis: &[&str], grain: Grain, by: &[&str]) -> QueryKpisRequest {
    QueryKpisRequest {
        tenant: tenant.to_owned(),
        kpis: kpis.iter().map(|kpi| (*kpi).to_owned()).collect(),
        grain: grain as i32,
        group_by: by.iter().map(|dimension| (*dimension).to_owned()).collect(),
        ..QueryKpisRequest::default()
    }
}

/// A civil day, YYYY-MM-DD.
pub(crate) fn day(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime {
        value: Some(date_or_time::Value::Date(text.to_owned())),
    })
}
