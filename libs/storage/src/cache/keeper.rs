//! The background task that keeps a connection alive: connects, pings, follows the master, connects again.
//!
//! Callers only ever see a connection on which Redis answered a moment ago, or none; they never connect themselves.

use std::sync::Arc;
use std::time::Duration;

use redis::RedisError;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::link::{Connector, Link};
use super::state::State;

const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Pings in a row that may go unanswered: one slow command of somebody else is no reason to connect again.
const LOST_PINGS: u32 = 2;

/// A connection as callers see it.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) link: Link,
    /// Rung by a caller that learnt that this connection leads nowhere, or to a server that is the wrong one now.
    pub(super) suspect: Arc<Notify>,
}

/// Runs until aborted.
pub(super) async fn keep(state: Arc<State>, mut connector: Connector) {
    let mut pause = FIRST_PAUSE;
    loop {
        match connector.connect().await {
            Ok(link) => {
                let live = Live {
                    link,
                    suspect: Arc::default(),
                };
                state.connected(live.clone());
                let lost = watch_over(&state, &mut connector, live).await;
                state.disconnected(lost.as_ref());
                pause = FIRST_PAUSE;
            }
            Err(error) => {
                state.disconnected(Some(&error));
                pause = (pause * 2).min(state.options.probe_every);
            }
        }
        sleep(pause).await;
    }
}

/// Returns when the connection should be replaced, with the error where there was one.
async fn watch_over(state: &State, connector: &mut Connector, mut live: Live) -> Option<RedisError> {
    let mut lost = 0;
    loop {
        tokio::select! {
            () = live.suspect.notified() => return None,
            () = sleep(state.options.probe_every) => {}
        }
        match live.link.ping(state.options.call_timeout).await {
            Ok(()) => {
                lost = 0;
                state.seen_well();
            }
            Err(error) => {
                lost += 1;
                if lost >= LOST_PINGS || error.is_unrecoverable_error() {
                    return Some(error);
                }
            }
        }
        if connector.has_moved().await {
            return None;
        }
    }
}
