//! How long to wait before trying again: longer each time, and not in step with others.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(20);
/// A peer that is back is found again at most so much later.
const LONGEST: Duration = Duration::from_secs(2);

/// Doubling pauses, each cut by up to a half at random.
#[derive(Debug)]
pub(super) struct Backoff {
    random: RandomState,
    attempt: u32,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self {
            random: RandomState::new(),
            attempt: 0,
        }
    }

    /// Things went well: the next pause is the first again.
    pub(super) fn reset(&mut self) {
        self.attempt = 0;
    }

    /// The next pause.
    pub(super) fn next(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.attempt.min(16)).min(LONGEST);
        let random = self.random.hash_one(self.attempt);
        self.attempt = self.attempt.saturating_add(1);
        let per_mille = u32::try_from(500 + random % 500).unwrap_or(1000);
        whole * per_mille / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        let mut backoff = Backoff::new();
        let pauses: Vec<Duration> = (0..40).map(|_| backoff.next()).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST && pauses[5] > 4 * pauses[0]);
        assert!(pauses.iter().all(|pause| *pause <= LONGEST) && pauses[39] >= LONGEST / 2);
        backoff.reset();
        assert_eq!(backoff.next(), pauses[0]);
        let others: Vec<Duration> = (0..40).map(|_| Backoff::new().next()).collect();
        assert!(
            others.iter().any(|other| *other != pauses[0]),
            "not in step with others"
        );
    }
}
