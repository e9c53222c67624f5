//! Deadlines: what a client asked for, what a server allows, and what is left for the calls behind it.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// What is left until the deadline of the call that this task serves; `None` outside calls, in spawned tasks, and when
/// there is no deadline.
#[must_use]
pub fn remaining() -> Option<Duration> {
    DEADLINE
        .try_with(|at| at.saturating_duration_since(Instant::now()))
        .ok()
}

/// Runs `work` with `deadline` visible to [`remaining`].
pub(crate) async fn within<F: Future>(deadline: Option<Instant>, work: F) -> F::Output {
    match deadline {
        Some(at) => DEADLINE.scope(at, work).await,
        None => work.await,
    }
}

/// What is given of what is left to the one who does the work: a little less, so that its answer still arrives in time.
pub(crate) fn for_peer(left: Duration) -> Duration {
    left.saturating_sub((left / 10).min(Duration::from_millis(20)))
}

/// The deadline that a client sent (`grpc-timeout`: at most 8 digits and a unit). One that cannot be read is none.
pub(crate) fn of_client(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3_600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

/// `left` as the header `grpc-timeout`, in the finest unit that 8 digits allow.
pub(crate) fn to_header(left: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let (count, unit) = match (left.as_micros(), left.as_millis()) {
        (micros, _) if micros <= MOST => (micros, 'u'),
        (_, millis) if millis <= MOST => (millis, 'm'),
        _ => (u128::from(left.as_secs()).min(MOST), 'S'),
    };
    HeaderValue::try_from(format!("{count}{unit}")).expect("digits and a letter are a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_deadline_is_read() {
        let read = |text: &str| {
            of_client(&HeaderMap::from_iter([(
                "grpc-timeout".parse().unwrap(),
                text.parse().unwrap(),
            )]))
        };
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("3S"), Some(Duration::from_secs(3)));
        assert_eq!(read("99999999H"), Some(Duration::from_secs(99_999_999 * 3_600)));
        for bad in ["", "m", "12", "123456789S", "-1S", "1x"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for ms in [0, 1, 250, 30_000, 99_999, 100_001, 99_999_999, 100_000_000] {
            let left = Duration::from_millis(ms);
            let headers = HeaderMap::from_iter([("grpc-timeout".parse().unwrap(), to_header(left))]);
            let read = of_client(&headers).unwrap();
            assert!(left - read < Duration::from_secs(1), "{left:?} {read:?}");
        }
    }

    #[tokio::test]
    async fn what_is_left_is_seen_inside_the_call_only() {
        assert_eq!(remaining(), None);
        let at = Instant::now() + Duration::from_secs(5);
        let left = within(Some(at), async { remaining() }).await.unwrap();
        assert!(left > Duration::from_secs(4) && for_peer(left) < left);
    }
}
