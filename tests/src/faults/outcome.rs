//! Everything that a load saw, and what it says of errors, of recovery and of how long calls took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tonic::Status;

use super::ledger::Ledger;
use super::seen::Seen;

/// A call that ended.
#[derive(Debug, Clone)]
pub struct Call {
    /// When it ended.
    pub at: Instant,
    /// How long it took.
    pub took: Duration,
    /// Whether it wrote.
    pub write: bool,
    /// The error, if any.
    pub failed: Option<Status>,
}

/// Everything that a load saw.
#[derive(Debug)]
pub struct Outcome {
    /// What was written.
    pub ledger: Arc<Ledger>,
    /// What was read.
    pub seen: Vec<Seen>,
    /// Every call, by its end.
    pub calls: Vec<Call>,
}

impl Outcome {
    /// Calls that failed.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.calls.iter().filter(|call| call.failed.is_some()).count()
    }

    /// The time from `fault_end` to the first success of a write (or read) that began after it.
    #[must_use]
    pub fn first_success(&self, fault_end: Instant, write: bool) -> Option<Duration> {
        let after = |call: &&Call| call.failed.is_none() && call.write == write && call.at >= fault_end;
        let first = self.calls.iter().filter(after).map(|call| call.at).min()?;
        Some(first.saturating_duration_since(fault_end))
    }

    /// The time from `fault_end` until a quarter second has 95 % of the successes that one had before `fault_start`.
    #[must_use]
    pub fn recovery(&self, fault_start: Instant, fault_end: Instant, write: bool) -> Option<Duration> {
        const WINDOW: Duration = Duration::from_millis(250);
        let good: Vec<Instant> = self
            .calls
            .iter()
            .filter(|call| call.failed.is_none() && call.write == write)
            .map(|call| call.at)
            .collect();
        let within = |from: Instant, to: Instant| good.iter().filter(|at| **at >= from && **at < to).count();
        let first = *good.iter().min()?;
        let before = fault_start.saturating_duration_since(first);
        let rate = within(first, fault_start) as f64 / before.as_secs_f64().max(0.001);
        let bar = (rate * WINDOW.as_secs_f64() * 0.95).floor().max(1.0) as usize;
        (0..400_u32)
            .map(|step| fault_end + Duration::from_millis(50) * step)
            .find(|from| within(*from, *from + WINDOW) >= bar)
            .map(|from| from.saturating_duration_since(fault_end))
    }

    /// The percentile (0 to 1) of how long good calls took; zero when there were none.
    #[must_use]
    pub fn percentile(&self, share: f64, write: bool) -> Duration {
        let good = |call: &&Call| call.failed.is_none() && call.write == write;
        let mut took: Vec<Duration> = self.calls.iter().filter(good).map(|call| call.took).collect();
        took.sort_unstable();
        let place = (took.len() as f64 * share) as usize;
        took.get(place.min(took.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}
