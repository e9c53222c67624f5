//! When a call is sent again: reads only, a few times, and never so often that a peer in trouble drowns in repeats.

use std::time::Duration;

use bellwether_contracts::status::from_status;
use tokio::time::Instant;
use tonic::{Code, Status};
use tower::retry::budget::{Budget, TpsBudget};

use crate::jitter;

/// How often one call is sent again.
const MOST: u32 = 3;
/// The pause before the first repeat; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// A peer that took longer than this to say that it cannot answer has waited for us, say for a position.
const PATIENT: Duration = Duration::from_secs(1);
/// Calls and repeats are counted over this time.
const WINDOW: Duration = Duration::from_secs(10);
/// Repeats a second that are always allowed, so that a client of few calls gets any.
const ALWAYS: u32 = 2;
/// Repeats for each call beside those: one in eight keeps all of them below a fifth of the calls of a busy client.
const SHARE: f32 = 0.125;

/// The budget of repeats of a link.
#[derive(Debug)]
pub(crate) struct Retries {
    budget: TpsBudget,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            budget: TpsBudget::new(WINDOW, ALWAYS, SHARE),
        }
    }
}

impl Retries {
    /// A call is sent for the first time.
    pub(crate) fn called(&self) {
        self.budget.deposit();
    }

    /// How long to wait before the call that failed with `status` after `took` is sent for the `attempt`-th time again
    /// (from 0), or nothing when it should not be.
    pub(crate) fn pause(
        &self,
        status: &Status,
        took: Duration,
        attempt: u32,
        deadline: Option<Instant>,
    ) -> Option<Duration> {
        let waited_for_us = took > PATIENT && !status.details().is_empty();
        if attempt >= MOST || waited_for_us {
            return None;
        }
        let pause = hint(status)?.max(jitter::spread(FIRST_PAUSE * 2_u32.pow(attempt), 0.5));
        let in_time = deadline.is_none_or(|at| Instant::now() + pause < at);
        (in_time && self.budget.withdraw()).then_some(pause)
    }
}

/// The least pause that the peer asks for; nothing when a repeat cannot help.
fn hint(status: &Status) -> Option<Duration> {
    if status.code() != Code::Unavailable {
        return None;
    }
    // Without details it is not from a handler of ours: the connection broke, or a proxy found nobody.
    if status.details().is_empty() {
        return Some(Duration::ZERO);
    }
    from_status(status).retry_after_ms.map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::status::to_status;
    use bellwether_domain::{Error, ErrorCode, ErrorReason};

    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn only_what_may_pass_is_repeated() {
        let retries = Retries::default();
        let broken = Status::unavailable("connection refused");
        let first = retries.pause(&broken, AT_ONCE, 0, None).unwrap();
        assert!((25..=75).contains(&first.as_millis()), "{first:?}");
        let asked = Error::unavailable(ErrorReason::ShuttingDown, "x").with_retry_after_ms(400);
        assert_eq!(
            retries.pause(&to_status(&asked), AT_ONCE, 0, None),
            Some(Duration::from_millis(400))
        );
        let late = Duration::from_secs(10);
        assert_eq!(
            retries.pause(&to_status(&asked), late, 0, None),
            None,
            "it waited"
        );
        assert!(retries.pause(&broken, late, 0, None).is_some());
        let for_good = Error::new(ErrorCode::Unavailable, ErrorReason::PeerUnavailable, "x");
        assert_eq!(retries.pause(&to_status(&for_good), AT_ONCE, 0, None), None);
        assert_eq!(retries.pause(&Status::not_found("x"), AT_ONCE, 0, None), None);
        assert_eq!(retries.pause(&broken, AT_ONCE, MOST, None), None);
    }

    #[tokio::test]
    async fn a_repeat_that_cannot_be_in_time_is_not_made() {
        let soon = Instant::now() + Duration::from_millis(20);
        let broken = Status::unavailable("x");
        assert_eq!(Retries::default().pause(&broken, AT_ONCE, 0, Some(soon)), None);
    }

    #[test]
    fn repeats_stay_below_a_fifth_of_the_calls() {
        let retries = Retries::default();
        let mut repeats = 0;
        for _ in 0..400 {
            retries.called();
            let mut attempt = 0;
            while retries
                .pause(&Status::unavailable("x"), AT_ONCE, attempt, None)
                .is_some()
            {
                attempt += 1;
                repeats += 1;
            }
        }
        assert!((50..=80).contains(&repeats), "{repeats}");
    }
}
