//! One stream of changes: what is there, then what comes.

use std::time::Duration;

use bellwether_contracts::convert::position_to_proto;
use bellwether_contracts::ingestion::{Change, SubscribeResponse};
use bellwether_contracts::status::to_status;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Position, Result, TenantId};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tonic::Status;

use super::ChangeFeed;

/// The pauses between attempts to read while the database is away.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

pub(super) type Answer = std::result::Result<SubscribeResponse, Status>;

/// A follower can go on from a position of this life of the log that the log has reached.
pub(super) fn check_position(after: Position, head: Position) -> Result<()> {
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
pub(super) struct Follower {
    pub(super) feed: ChangeFeed,
    pub(super) tenant: TenantId,
    /// The life of the log that is followed.
    pub(super) epoch: u64,
    /// The last change that was sent.
    pub(super) seen: u64,
    pub(super) wakes: watch::Receiver<u64>,
    pub(super) sender: mpsc::Sender<Answer>,
}

impl Follower {
    pub(super) async fn run(mut self) {
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

    /// Reads on; a database that is away is waited for.
    async fn read(&self) -> Result<(Vec<Change>, Position)> {
        let since = Instant::now();
        let mut pause = self.feed.poll.min(FIRST_PAUSE);
        loop {
            match self.read_once().await {
                Err(error)
                    if error.code == ErrorCode::Unavailable && since.elapsed() < self.feed.patience =>
                {
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                read => return read,
            }
        }
    }

    async fn read_once(&self) -> Result<(Vec<Change>, Position)> {
        let Some(reader) = self.feed.store.reader(&self.tenant).await? else {
            let head = self.feed.store.position(&self.tenant).await?.0;
            self.check_life(head)?;
            return Ok((Vec::new(), head));
        };
        // The head is read first: it may be passed by the changes, never the other way round.
        let head = reader.position();
        self.check_life(head)?;
        let changes = if head.seq > self.seen {
            reader.changes(self.seen).await?
        } else {
            Vec::new()
        };
        let last = changes.last().map_or(0, |change| change.seq);
        let seq = head.seq.max(last);
        Ok((changes, Position { seq, ..head }))
    }

    /// A log that was restored or failed over is another one from then on.
    fn check_life(&self, head: Position) -> Result<()> {
        let seen = Position {
            epoch: self.epoch,
            seq: self.seen,
        };
        check_position(seen, head)
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
