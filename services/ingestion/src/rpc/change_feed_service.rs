//! The log for those that follow it: every change after a position, in order and without gaps.

mod follower;
mod snapshot;

use std::time::Duration;

use bellwether_contracts::convert::{instant_to_proto, position_from_proto, position_to_proto};
use bellwether_contracts::ingestion::change_feed_service_server::ChangeFeedService;
use bellwether_contracts::ingestion::{
    GetHeadRequest, GetHeadResponse, StreamSnapshotRequest, SubscribeRequest,
};
use bellwether_domain::Result;
use bellwether_runtime::authorize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::answer;
use crate::config::Config;
use crate::store::Store;
use crate::worker::Writer;
use follower::{Follower, check_position};

/// Batches that wait for a slow follower; each is at most about 1 MiB.
const BATCHES_AHEAD: usize = 2;

/// `ingestion.v1.ChangeFeedService`.
#[derive(Debug, Clone)]
pub(crate) struct ChangeFeed {
    store: Store,
    writer: Writer,
    poll: Duration,
    idle: Duration,
    patience: Duration,
    stop: CancellationToken,
}

impl ChangeFeed {
    /// The feed of a store; its streams end when `stop` is cancelled.
    pub(crate) fn new(store: Store, writer: Writer, config: &Config, stop: CancellationToken) -> Self {
        Self {
            store,
            writer,
            poll: config.feed_poll(),
            idle: config.feed_idle(),
            patience: config.feed_patience(),
            stop,
        }
    }

    async fn head(&self, request: Request<GetHeadRequest>) -> Result<GetHeadResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let (position, recorded_at) = self.store.position(&tenant).await?;
        Ok(GetHeadResponse {
            position: Some(position_to_proto(position)),
            recorded_at: recorded_at.map(instant_to_proto),
        })
    }

    async fn follow(&self, request: Request<SubscribeRequest>) -> Result<ReceiverStream<follower::Answer>> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let after = request.get_ref().after.as_ref().map(position_from_proto);
        let after = after.unwrap_or_default();
        let (head, _) = self.store.position(&tenant).await?;
        check_position(after, head)?;
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let follower = Follower {
            wakes: self.writer.watch(&tenant),
            feed: self.clone(),
            tenant,
            epoch: head.epoch,
            seen: after.seq,
            sender,
        };
        tokio::spawn(follower.run());
        Ok(ReceiverStream::new(receiver))
    }

    async fn snapshot(
        &self,
        request: Request<StreamSnapshotRequest>,
    ) -> Result<ReceiverStream<snapshot::Answer>> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let (head, _) = self.store.position(&tenant).await?;
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        tokio::spawn(snapshot::send(self.store.clone(), tenant, head, sender));
        Ok(ReceiverStream::new(receiver))
    }
}

#[tonic::async_trait]
impl ChangeFeedService for ChangeFeed {
    type SubscribeStream = ReceiverStream<follower::Answer>;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> std::result::Result<Response<Self::SubscribeStream>, Status> {
        answer(self.follow(request).await)
    }

    type StreamSnapshotStream = ReceiverStream<snapshot::Answer>;

    async fn stream_snapshot(
        &self,
        request: Request<StreamSnapshotRequest>,
    ) -> std::result::Result<Response<Self::StreamSnapshotStream>, Status> {
        answer(self.snapshot(request).await)
    }

    async fn get_head(
        &self,
        request: Request<GetHeadRequest>,
    ) -> std::result::Result<Response<GetHeadResponse>, Status> {
        answer(self.head(request).await)
    }
}
