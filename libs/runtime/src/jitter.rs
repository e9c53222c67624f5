//! Chance, where processes that started together must not act together.

use std::time::Duration;

use rand::TryRngCore;

/// A duration around `middle`: up to `share` of it (0 to 1) less or more, every value as likely.
pub(crate) fn spread(middle: Duration, share: f64) -> Duration {
    // A system without random bytes is no reason to fail here: then all wait alike.
    let bits = rand::rngs::OsRng.try_next_u32().unwrap_or(u32::MAX / 2);
    let from_minus_one_to_one = f64::from(bits) / f64::from(u32::MAX) * 2.0 - 1.0;
    middle.mul_f64(1.0 + share.clamp(0.0, 1.0) * from_minus_one_to_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_differ_and_stay_within_their_share() {
        let middle = Duration::from_secs(100);
        let drawn: Vec<Duration> = (0..50).map(|_| spread(middle, 0.1)).collect();
        assert!(drawn.iter().all(|one| (90..=110).contains(&one.as_secs())));
        assert!(drawn.iter().any(|one| one != &drawn[0]));
    }
}
