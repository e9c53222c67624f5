//! Keeps a repeating warning from flooding the log: pure, with the time handed in.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Lets one message through per interval and counts the others.
#[derive(Debug)]
pub(super) struct Limiter {
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_at: Duration,
    dropped: u64,
}

impl Limiter {
    /// One message per `interval`.
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            state: Mutex::default(),
        }
    }

    /// Whether a message may go out at `now` (a duration since any fixed instant): then how many were dropped since
    /// the last one.
    pub(super) fn allow(&self, now: Duration) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now < state.next_at {
            state.dropped += 1;
            return None;
        }
        state.next_at = now.saturating_add(self.interval);
        Some(std::mem::take(&mut state.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_a_minute_and_a_count_of_the_rest() {
        let limiter = Limiter::new(Duration::from_secs(60));
        let at = Duration::from_secs;
        assert_eq!(limiter.allow(at(0)), Some(0));
        assert_eq!(limiter.allow(at(1)), None);
        assert_eq!(limiter.allow(at(59)), None);
        assert_eq!(limiter.allow(at(60)), Some(2));
        assert_eq!(limiter.allow(at(61)), None);
        assert_eq!(limiter.allow(at(500)), Some(1));
    }
}
