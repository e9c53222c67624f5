//! Decides whether a call is worth sending: pure, lock-free, with the time handed in.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Opens after failures in a row; open, it lets one call through per interval, and the first success closes it.
///
/// Times are durations since any fixed instant. All operations are single atomic steps: a race can at worst let a call
/// more or less through.
#[derive(Debug)]
pub(super) struct Breaker {
    limit: u32,
    interval: Duration,
    failures: AtomicU32,
    /// When the next call may try, in microseconds; 0 while closed.
    try_at: AtomicU64,
}

impl Breaker {
    /// Opens after `limit` failures (at least 1) in a row and tries again every `interval`.
    pub(super) fn new(limit: u32, interval: Duration) -> Self {
        Self {
            limit: limit.max(1),
            interval,
            failures: AtomicU32::new(0),
            try_at: AtomicU64::new(0),
        }
    }

    /// Whether a call may be sent at `now`. While open, yes means: as the one that tries.
    pub(super) fn admit(&self, now: Duration) -> bool {
        let try_at = self.try_at.load(Ordering::Relaxed);
        if try_at == 0 {
            return true;
        }
        micros(now) >= try_at
            && self
                .try_at
                .compare_exchange(try_at, self.next_try(now), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// A call came back: closed.
    pub(super) fn succeeded(&self) {
        // Reading first keeps the cache line shared between cores while all is well.
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
        if self.is_open() {
            self.try_at.store(0, Ordering::Relaxed);
        }
    }

    /// A call failed at `now`; whether the breaker opened by it.
    pub(super) fn failed(&self, now: Duration) -> bool {
        let before = self.failures.load(Ordering::Relaxed);
        self.failures.store(before.saturating_add(1), Ordering::Relaxed);
        before.saturating_add(1) >= self.limit
            && self
                .try_at
                .compare_exchange(0, self.next_try(now), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Something else saw Redis well: the next call may try at once.
    pub(super) fn try_now(&self) {
        if self.is_open() {
            self.try_at.store(1, Ordering::Relaxed);
        }
    }

    /// Whether calls are being skipped.
    pub(super) fn is_open(&self) -> bool {
        self.try_at.load(Ordering::Relaxed) != 0
    }

    fn next_try(&self, now: Duration) -> u64 {
        micros(now.saturating_add(self.interval)).max(1)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn open_breaker() -> Breaker {
        let breaker = Breaker::new(3, at(500));
        assert!(!breaker.failed(at(0)) && !breaker.failed(at(1)));
        assert!(breaker.failed(at(2)));
        breaker
    }

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let breaker = Breaker::new(3, at(500));
        for _ in 0..10 {
            assert!(!breaker.failed(at(0)));
            assert!(!breaker.failed(at(0)));
            breaker.succeeded();
        }
        assert!(breaker.admit(at(1)) && !breaker.is_open());
        let breaker = open_breaker();
        assert!(breaker.is_open());
        assert!(!breaker.failed(at(3)), "it opens once");
    }

    #[test]
    fn lets_one_call_through_per_interval() {
        let breaker = open_breaker();
        assert!(!breaker.admit(at(501)));
        assert!(breaker.admit(at(502)));
        assert!(!breaker.admit(at(503)));
        breaker.failed(at(602));
        assert!(!breaker.admit(at(1001)));
        assert!(breaker.admit(at(1002)));
        breaker.succeeded();
        assert!(breaker.admit(at(1003)) && breaker.admit(at(1003)));
    }

    #[test]
    fn a_lost_try_does_not_keep_it_open() {
        let breaker = open_breaker();
        assert!(breaker.admit(at(600)));
        // The caller went away with its answer; the next one gets its turn.
        assert!(breaker.admit(at(1100)));
    }

    #[test]
    fn a_hint_allows_the_next_call_to_try() {
        let breaker = open_breaker();
        breaker.try_now();
        assert!(breaker.is_open());
        assert!(breaker.admit(at(3)));
        assert!(!breaker.admit(at(4)));
        breaker.succeeded();
        breaker.try_now();
        assert!(!breaker.is_open(), "a hint to a closed one changes nothing");
    }
}
