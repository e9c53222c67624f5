//! Plain gRPC clients without any retry of their own: what a fault does to a call is seen as it is.

use std::time::Duration;

use bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient;
use bellwether_contracts::ingestion::record_service_client::RecordServiceClient;
use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};

/// Bytes of one message that a client takes.
const MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// A server and how to call it.
#[derive(Debug, Clone)]
pub struct Place {
    channel: Channel,
    token: String,
}

impl Place {
    /// The server at `url`; connects at the first call, and anew after a break. Within a tokio runtime only.
    ///
    /// # Panics
    /// When `url` is none.
    #[must_use]
    pub fn new(url: &str, token: &str) -> Self {
        let endpoint = Endpoint::from_shared(url.to_owned()).expect("a URL");
        let channel = endpoint
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .connect_lazy();
        Self {
            channel,
            token: token.to_owned(),
        }
    }

    /// A message with the token and a deadline.
    ///
    /// # Panics
    /// When the token is not ASCII.
    #[must_use]
    pub fn ask<T>(&self, message: T, deadline: Duration) -> Request<T> {
        let mut request = Request::new(message);
        let value: MetadataValue<_> = format!("Bearer {}", self.token).parse().expect("ASCII");
        request.metadata_mut().insert("authorization", value);
        request.set_timeout(deadline);
        request
    }

    /// Records.
    #[must_use]
    pub fn records(&self) -> RecordServiceClient<Channel> {
        RecordServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES)
    }

    /// The log.
    #[must_use]
    pub fn feed(&self) -> ChangeFeedServiceClient<Channel> {
        ChangeFeedServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES)
    }

    /// KPIs.
    #[must_use]
    pub fn kpis(&self) -> KpiServiceClient<Channel> {
        KpiServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES)
    }
}
