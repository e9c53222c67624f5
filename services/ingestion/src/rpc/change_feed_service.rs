//! The log for those that follow it: every change after a position, in order and without gaps.

use std::time::Duration;

use bellwether_contracts::convert::{instant_to_proto, position_from_proto, position_to_proto};
use bellwether_contracts::ingestion::change_feed_service_server::ChangeFeedService;
use bellwether_contracts::ingestion::{
    Change, GetHeadRequest, GetHeadResponse, StreamSnapshotRequest, StreamSnapshotResponse, SubscribeRequest,
    SubscribeResponse,
};
use bellwether_contracts::status::to_status;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Position, Result, TenantId};
use bellwether_runtime::authorize;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::answer;
use crate::config::Config;
use crate::store::Store;
use crate::worker::Writer;

/// Batches that wait for a slow follower; each is at most about 1 MiB.
const BATCHES_AHEAD: usize = 2;

/// `ingestion.v1.ChangeFeedService`.
#[derive(Debug, Clone)]
pub(crate) struct ChangeFeed {
    store: Store,
    writer: Writer,
    poll: Duration,
    idle: Duration,
    stop: CancellationToken,
}

type Answer = std::result::Result<SubscribeResponse, Status>;

impl ChangeFeed {
    /// The feed of a store; its streams end when `stop` is cancelled.
    pub(crate) fn new(store: Store, writer: Writer, config: &Config, stop: CancellationToken) -> Self {
        Self {
            store,
            writer,
            poll: config.feed_poll(),
            idle: config.feed_idle(),
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

    async fn follow(&self, request: Request<SubscribeRequest>) -> Result<ReceiverStream<Answer>> {
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
            seen: after.seq,
            sender,
        };
        tokio::spawn(follower.run());
        Ok(ReceiverStream::new(receiver))
    }

    async fn snapshot(
        &self,
        request: Request<StreamSnapshotRequest>,
    ) -> Result<ReceiverStream<std::result::Result<StreamSnapshotResponse, Status>>> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let (head, _) = self.store.position(&tenant).await?;
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let (store, failed) = (self.store.clone(), sender.clone());
        tokio::spawn(async move {
            if let Err(error) = send_snapshot(store, tenant, head, sender).await {
                failed.send(Err(to_status(&error))).await.ok();
            }
        });
        Ok(ReceiverStream::new(receiver))
    }
}

/// Sends every change up to `head`, and nothing that came after it; ends early when nobody listens.
async fn send_snapshot(
    store: Store,
    tenant: TenantId,
    head: Position,
    sender: mpsc::Sender<std::result::Result<StreamSnapshotResponse, Status>>,
) -> Result<()> {
    let message = |changes| {
        Ok(StreamSnapshotResponse {
            changes,
            head: Some(position_to_proto(head)),
        })
    };
    let mut seen = 0;
    if let Some(reader) = store.reader(&tenant).await? {
        while seen < head.seq {
            let mut changes = reader.changes(seen).await?;
            changes.retain(|change| change.seq <= head.seq);
            seen = changes.last().map_or(head.seq, |change| change.seq);
            if sender.send(message(changes)).await.is_err() {
                return Ok(());
            }
        }
    }
    if head.seq == 0 {
        sender.send(message(Vec::new())).await.ok();
    }
    Ok(())
}

/// A follower can go on from a position of this life of the log that the log has reached.
fn check_position(after: Position, head: Position) -> Result<()> {
    let refused = |message: String| {
        Err(Error::new(
            ErrorCode::OutOfRange,
            ErrorReason::SnapshotRequired,
            message,
        ))
    };
    if after.epoch != 0 && after.epoch != head.epoch {
        let (theirs, ours) = (after.epoch, head.epoch);
        return refused(format!(
            "position {after} is of epoch {theirs}, the log of epoch {ours}: start again from nothing"
        ));
    }
    if after.seq > head.seq {
        return refused(format!(
            "position {after} is ahead of the log's head {head}: start again from nothing"
        ));
    }
    Ok(())
}

/// One stream.
struct Follower {
    feed: ChangeFeed,
    tenant: TenantId,
    /// The last change that was sent.
    seen: u64,
    wakes: watch::Receiver<u64>,
    sender: mpsc::Sender<Answer>,
}

impl Follower {
    async fn run(mut self) {
        let stop = self.feed.stop.clone();
        let gone = self.sender.clone();
        tokio::select! {
            () = stop.cancelled() => {
                let ending = Error::unavailable(ErrorReason::ShuttingDown, "the server is shutting down: follow again");
                self.sender.try_send(Err(to_status(&ending))).ok();
            }
            () = gone.closed() => {}
            failed = self.send_changes() => {
                if let Err(error) = failed {
                    self.sender.send(Err(to_status(&error))).await.ok();
                }
            }
        }
    }

    /// Sends what is there, then what comes; ends when nobody listens.
    async fn send_changes(&mut self) -> Result<()> {
        // The first message says at once where the log stands, even when there is nothing to read.
        let mut due = Instant::now();
        loop {
            self.wakes.mark_unchanged();
            let (changes, head) = self.read().await?;
            if !changes.is_empty() || Instant::now() >= due {
                self.seen += changes.len() as u64;
                due = Instant::now() + self.feed.idle;
                let response = SubscribeResponse {
                    changes,
                    head: Some(position_to_proto(head)),
                };
                if self.sender.send(Ok(response)).await.is_err() {
                    return Ok(());
                }
            }
            if self.seen >= head.seq {
                let pause = self.feed.poll.min(due.saturating_duration_since(Instant::now()));
                tokio::select! {
                    _ = self.wakes.changed() => {}
                    () = sleep(pause) => {}
                }
            }
        }
    }

    async fn read(&self) -> Result<(Vec<Change>, Position)> {
        match self.feed.store.reader(&self.tenant).await? {
            // The head is read first: it may be passed by the changes, never the other way round.
            Some(reader) => {
                let head = reader.position();
                let changes = if head.seq > self.seen {
                    reader.changes(self.seen).await?
                } else {
                    Vec::new()
                };
                let last = changes.last().map_or(0, |change| change.seq);
                Ok((
                    changes,
                    Position {
                        seq: head.seq.max(last),
                        ..head
                    },
                ))
            }
            None => Ok((Vec::new(), self.feed.store.position(&self.tenant).await?.0)),
        }
    }
}

#[tonic::async_trait]
impl ChangeFeedService for ChangeFeed {
    type SubscribeStream = ReceiverStream<Answer>;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> std::result::Result<Response<Self::SubscribeStream>, Status> {
        answer(self.follow(request).await)
    }

    type StreamSnapshotStream = ReceiverStream<std::result::Result<StreamSnapshotResponse, Status>>;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positions_of_this_log_can_be_followed() {
        let head = Position { epoch: 7, seq: 10 };
        let at = |epoch, seq| check_position(Position { epoch, seq }, head);
        assert!(at(0, 0).is_ok() && at(7, 10).is_ok() && at(0, 10).is_ok());
        for refused in [at(6, 3), at(7, 11), at(0, 11), at(8, 0)] {
            let error = refused.unwrap_err();
            assert_eq!(
                (error.code, error.reason),
                (ErrorCode::OutOfRange, ErrorReason::SnapshotRequired)
            );
        }
    }
}
