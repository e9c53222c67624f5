//! The streams of a tenant's log, listened to with a limit to silence: a connection may be dead without anybody having
//! said so.

use std::time::Duration;

use bellwether_contracts::convert::{position_from_proto, position_to_proto};
use bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient;
use bellwether_contracts::ingestion::{
    Change, StreamSnapshotRequest, StreamSnapshotResponse, SubscribeRequest, SubscribeResponse,
};
use bellwether_contracts::status::from_status;
use bellwether_contracts::types;
use bellwether_domain::{Error, ErrorReason, Position, Result, TenantId};
use bellwether_runtime::{MAX_MESSAGE_BYTES, PeerLink};
use tokio::time::{Instant, timeout, timeout_at};
use tonic::{Response, Status, Streaming};

/// Some changes, and the head when they were read; epoch 0 = not said.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) changes: Vec<Change>,
    pub(super) head: Position,
}

/// A stream of messages.
#[derive(Debug)]
pub(super) struct Feed<T> {
    stream: Streaming<T>,
    silence: Duration,
    heard: Instant,
}

/// What comes after a position.
///
/// The change at the position is asked for again: it tells whether this is the history that the position is of.
pub(super) async fn subscribe(
    link: &PeerLink,
    tenant: &TenantId,
    at: Position,
    silence: Duration,
) -> Result<Feed<SubscribeResponse>> {
    let channel = link.stream_channel();
    let mut client = ChangeFeedServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let seq = at.seq.saturating_sub(1);
    let after = (seq > 0).then(|| position_to_proto(Position { seq, ..at }));
    let request = SubscribeRequest {
        tenant: tenant.to_string(),
        after,
    };
    Feed::open(client.subscribe(request), silence).await
}

/// The whole log up to now.
pub(super) async fn snapshot(
    link: &PeerLink,
    tenant: &TenantId,
    silence: Duration,
) -> Result<Feed<StreamSnapshotResponse>> {
    let channel = link.stream_channel();
    let mut client = ChangeFeedServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let request = StreamSnapshotRequest {
        tenant: tenant.to_string(),
    };
    Feed::open(client.stream_snapshot(request), silence).await
}

impl<T: Into<Message>> Feed<T> {
    async fn open(
        call: impl Future<Output = std::result::Result<Response<Streaming<T>>, Status>>,
        silence: Duration,
    ) -> Result<Self> {
        let opened = timeout(silence, call).await.map_err(|_| silent(silence))?;
        Ok(Self {
            stream: opened.map_err(|status| from_status(&status))?.into_inner(),
            silence,
            heard: Instant::now(),
        })
    }

    /// The next message; `None` = the stream ended. May be dropped while it waits.
    ///
    /// # Errors
    /// What the peer says, or `UNAVAILABLE` when it is silent for too long.
    pub(super) async fn next(&mut self) -> Result<Option<Message>> {
        let message = timeout_at(self.heard + self.silence, self.stream.message()).await;
        let message = message.map_err(|_| silent(self.silence))?;
        self.heard = Instant::now();
        Ok(message.map_err(|status| from_status(&status))?.map(Into::into))
    }

    /// Nobody listened since then: that time does not count as silence.
    pub(super) fn excuse(&mut self, since: Instant) {
        self.heard += since.elapsed();
    }
}

fn silent(silence: Duration) -> Error {
    let message = format!("no sign of life for {silence:?}");
    Error::unavailable(ErrorReason::PeerUnavailable, message)
}

fn position(head: Option<&types::Position>) -> Position {
    head.map(position_from_proto).unwrap_or_default()
}

impl From<SubscribeResponse> for Message {
    fn from(response: SubscribeResponse) -> Self {
        Self {
            head: position(response.head.as_ref()),
            changes: response.changes,
        }
    }
}

impl From<StreamSnapshotResponse> for Message {
    fn from(response: StreamSnapshotResponse) -> Self {
        Self {
            head: position(response.head.as_ref()),
            changes: response.changes,
        }
    }
}
