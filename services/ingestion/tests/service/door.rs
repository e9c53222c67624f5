//! A node that serves ingestion, and its clients.

use bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient;
use bellwether_contracts::ingestion::record_service_client::RecordServiceClient;
use bellwether_contracts::ingestion::tenant_service_client::TenantServiceClient;
use bellwether_contracts::ingestion::{
    Change, DeleteRecordRequest, GetHeadRequest, GetRecordRequest, SubscribeRequest, UpsertRecordsRequest,
    UpsertRecordsResponse,
};
use bellwether_contracts::status::from_status;
use bellwether_contracts::{sales, types};
use bellwether_domain::{Error, ErrorCode, ErrorReason};
use bellwether_ingestion::{Config, Ingestion};
use bellwether_runtime::{Host, PeerChannel, ServiceSet};
use bellwether_testkit::{TestNode, sample};
use tonic::Status;

pub(crate) const OPPORTUNITY: i32 = sales::RecordKind::Opportunity as i32;

/// The service under test.
pub(crate) async fn ingestion(host: Host) -> bellwether_domain::Result<ServiceSet> {
    configured(host, Config::default()).await
}

/// The service under test, configured.
pub(crate) async fn configured(host: Host, config: Config) -> bellwether_domain::Result<ServiceSet> {
    let place = crate::place::of(host.data_dir.path());
    Ok(Ingestion::start(&host, &place, config).await?.services())
}

/// A node of its own.
pub(crate) async fn node() -> TestNode {
    TestNode::start(ingestion).await
}

/// Clients over one connection.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) records: RecordServiceClient<PeerChannel>,
    pub(crate) feed: ChangeFeedServiceClient<PeerChannel>,
    pub(crate) tenants: TenantServiceClient<PeerChannel>,
}

impl Door {
    pub(crate) fn new(channel: PeerChannel) -> Self {
        let most = bellwether_runtime::MAX_MESSAGE_BYTES;
        Self {
            records: RecordServiceClient::new(channel.clone()).max_decoding_message_size(most),
            feed: ChangeFeedServiceClient::new(channel.clone()).max_decoding_message_size(most),
            tenants: TenantServiceClient::new(channel),
        }
    }

    pub(crate) async fn upsert(
        &self,
        request: UpsertRecordsRequest,
    ) -> Result<UpsertRecordsResponse, Status> {
        let reply = self.records.clone().upsert_records(request).await;
        reply.map(tonic::Response::into_inner)
    }

    /// Writes records of tenant `acme` and gives the outcomes.
    pub(crate) async fn write(&self, records: Vec<sales::Record>) -> Vec<(i32, u64)> {
        let reply = self.upsert(batch(records)).await.unwrap();
        reply.results.iter().map(|one| (one.outcome, one.seq)).collect()
    }

    /// The amount of a deal of `acme`, in minor units.
    pub(crate) async fn amount(&self, id: &str) -> Result<i64, Status> {
        let request = GetRecordRequest {
            tenant: "acme".into(),
            kind: OPPORTUNITY,
            id: id.into(),
        };
        let reply = self.records.clone().get_record(request).await?.into_inner();
        let record = reply.record.unwrap().record.unwrap();
        let Some(sales::record::Body::Opportunity(deal)) = record.body else {
            panic!("not a deal");
        };
        Ok(deal.amount.unwrap().minor_units)
    }

    pub(crate) async fn delete(&self, id: &str, request_id: &str) -> Result<types::Position, Status> {
        let request = DeleteRecordRequest {
            tenant: "acme".into(),
            kind: OPPORTUNITY,
            id: id.into(),
            request_id: request_id.into(),
            expected_seq: None,
        };
        let reply = self.records.clone().delete_record(request).await?;
        Ok(reply.into_inner().position.unwrap())
    }

    pub(crate) async fn head(&self, tenant: &str) -> types::Position {
        let request = GetHeadRequest {
            tenant: tenant.into(),
        };
        self.feed
            .clone()
            .get_head(request)
            .await
            .unwrap()
            .into_inner()
            .position
            .unwrap()
    }

    /// All changes of a tenant after a position, up to its head of now.
    pub(crate) async fn changes(&self, tenant: &str, after: u64) -> Vec<Change> {
        let head = self.head(tenant).await;
        let after = types::Position {
            epoch: head.epoch,
            seq: after,
        };
        let request = SubscribeRequest {
            tenant: tenant.into(),
            after: Some(after),
        };
        let mut stream = self.feed.clone().subscribe(request).await.unwrap().into_inner();
        let mut changes: Vec<Change> = Vec::new();
        while changes.last().map_or(after.seq, |change| change.seq) < head.seq {
            changes.extend(stream.message().await.unwrap().unwrap().changes);
        }
        changes
    }
}

/// A request of tenant `acme`.
pub(crate) fn batch(records: Vec<sales::Record>) -> UpsertRecordsRequest {
    UpsertRecordsRequest {
        tenant: "acme".into(),
        records,
        ..Default::default()
    }
}

/// A deal over an amount.
pub(crate) fn deal(id: &str, major: u64) -> sales::Record {
    sample::deal(id)
        .amount(&major.to_string())
        .created("2017-01-02")
        .proto()
}

/// What a refusal says.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> (ErrorCode, ErrorReason, Error) {
    let error = from_status(&answer.unwrap_err());
    (error.code, error.reason, error)
}
