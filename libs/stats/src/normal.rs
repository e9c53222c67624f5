//! The standard normal distribution and its quantiles at any share.
//!
//! The three levels of [`crate::Level`] have quantiles of their own, exact to the last of 16 digits.

use std::f64::consts::SQRT_2;

/// No quantile is farther from 0 than this: beyond it on either side lies 2e-19.
const FARTHEST: f64 = 9.0;

/// The share of the standard normal distribution at or below `z`.
#[must_use]
pub fn normal_share(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// What a share of the standard normal distribution lies at or below: 1.96 for 0.975. Shares at or beyond 0 and 1 give
/// -9 and 9; what is no number gives 0.
///
/// By bisection of the complementary error function, exact to 1e-14.
#[must_use]
pub fn normal_quantile(share: f64) -> f64 {
    // The smaller side, so that a tail keeps its digits.
    if share > 0.5 {
        reach(2.0 * (1.0 - share))
    } else if share < 0.5 {
        -reach(2.0 * share)
    } else {
        0.0
    }
}

/// How many standard deviations to either side hold a share `level` of the normal distribution: 1.96 for 0.95. 0 at and
/// below 0, 9 at and above 1; what is no number gives 0.
#[must_use]
pub fn normal_two_sided(level: f64) -> f64 {
    if level > 0.0 { reach(1.0 - level) } else { 0.0 }
}

/// The distance from 0 beyond which, on both sides together, lies a share `outside`.
fn reach(outside: f64) -> f64 {
    let (mut low, mut high) = (0.0, FARTHEST);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if libm::erfc(middle / SQRT_2) > outside {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn quantiles_are_the_known_ones() {
        for (level, of) in [(0.9, Level::P90), (0.95, Level::P95), (0.99, Level::P99)] {
            assert!((normal_two_sided(level) - of.normal()).abs() < 1e-14, "{level}");
            assert!((normal_quantile((1.0 + level) / 2.0) - of.normal()).abs() < 1e-13);
            assert!((normal_quantile((1.0 - level) / 2.0) + of.normal()).abs() < 1e-13);
        }
        assert!((normal_quantile(0.001) + 3.090_232_306_167_813).abs() < 1e-13);
        assert!((normal_quantile(1e-12) + 7.034_483_825).abs() < 1e-8);
        assert_eq!(normal_quantile(0.5), 0.0);
    }

    #[test]
    fn shares_and_quantiles_undo_each_other() {
        for step in 1..200 {
            let share = f64::from(step) / 200.0;
            assert!(
                (normal_share(normal_quantile(share)) - share).abs() < 1e-14,
                "{share}"
            );
        }
    }

    #[test]
    fn what_is_no_share_gives_the_ends() {
        let found = [f64::NEG_INFINITY, -1.0, 0.0, 1.0, 2.0, f64::NAN].map(normal_quantile);
        assert_eq!(found, [-9.0, -9.0, -9.0, 9.0, 9.0, 0.0]);
        assert_eq!(
            [-1.0, 0.0, 1.0, 2.0, f64::NAN].map(normal_two_sided),
            [0.0, 0.0, 9.0, 9.0, 0.0]
        );
    }
}
