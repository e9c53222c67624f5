//! Intervals of shares: a rate, and the difference of two shares that the Net Promoter Score is.

use bellwether_domain::exact::Exact;
use num_bigint::{BigInt, BigUint};

use super::level::SCALE;
use super::{Interval, Level, ROOT_PLACES, ten_to};

const SCALE_SQUARED: u128 = (SCALE as u128).pow(2);

/// The 95 % score interval of a proportion by Wilson, without continuity correction: `successes` of `n`.
///
/// ```text
/// (2k + z² ± z √(z² + 4k(n - k)/n)) / (2(n + z²)),  z = 1.959963984540054
/// ```
///
/// Computed in whole numbers; the only approximation is the square root, cut off after 60 decimals, so both
/// ends are right to more than 40 digits and the interval of `n - k` is exactly the mirror image. `k = 0` has
/// the lower end 0 and `k = n` the upper end 1. `None` when `n` is 0 or smaller than `successes`.
///
/// Source: E. B. Wilson (1927), JASA 22:209-212; R. G. Newcombe (1998), Statistics in Medicine 17:857-872,
/// method 3.
#[must_use]
pub fn wilson(successes: u64, n: u64) -> Option<Interval> {
    wilson_at(Level::P95, successes, n)
}

/// The same as [`wilson`] at another level.
#[must_use]
pub fn wilson_at(level: Level, successes: u64, n: u64) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let z = level.normal_scaled();
    let z_squared = u128::from(z).pow(2);
    // With z = Z / S everything is multiplied by S² n: the ends are
    // (n (2k S² + Z²) ± Z √(n (n Z² + 4k(n - k) S²))) / (2n (n S² + Z²)).
    let (k, misses, n) = (
        BigUint::from(successes),
        BigUint::from(n - successes),
        BigUint::from(n),
    );
    let places = ten_to(ROOT_PLACES);

    let radicand = &n * (&n * z_squared + &k * misses * (4 * SCALE_SQUARED));
    let root = (radicand * &places * &places).sqrt();
    let deviation = root * z;

    let per_n = &n * places;
    let middle = &per_n * (k * (2 * SCALE_SQUARED) + z_squared);
    Some(Interval {
        // Not below 0: the deviation is at most the middle, and the same when there are no successes.
        low: BigInt::from(&middle - &deviation),
        high: BigInt::from(middle + deviation),
        denominator: BigInt::from(per_n * (n * SCALE_SQUARED + z_squared) * 2_u32),
    })
}

/// A Net Promoter Score with its interval, both in points from -100 to 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nps {
    /// `100 (promoters - detractors) / n`.
    pub score: Exact,
    /// Where the score of all who could have been asked lies.
    pub interval: Interval,
}

/// The Net Promoter Score of `n` answers, of which `promoters` gave 9 or 10 and `detractors` 0 to 6, with its 95 %
/// adjusted Wald interval: three answers are added, three quarters each to promoters and detractors, and
///
/// ```text
/// 100 (p - d ± z √((p + d - (p - d)²) / (n + 3)))
/// ```
///
/// is cut at -100 and 100. The score itself is that of the answers as they came. `None` without answers, or with more
/// promoters and detractors than answers.
///
/// Source: B. Rocks (2016), Interval estimation for the "Net Promoter Score", The American Statistician 70:365-372
/// (AW(3, T), the best of six there).
#[must_use]
pub fn nps(promoters: u64, detractors: u64, n: u64) -> Option<Nps> {
    nps_at(Level::P95, promoters, detractors, n)
}

/// The same as [`nps`] at another level.
#[must_use]
pub fn nps_at(level: Level, promoters: u64, detractors: u64, n: u64) -> Option<Nps> {
    if n == 0 || promoters.checked_add(detractors).is_none_or(|both| both > n) {
        return None;
    }
    // In quarters of answers: N = 4n + 12, P = 4p + 3, D = 4d + 3, and the ends are
    // 100 (P - D ± z √((P + D) - (P - D)²/N) · 2) / N, because a share's variance is over N/4 answers.
    let quarters = |count: u64| BigInt::from(count) * 4 + 3;
    let (p, d) = (quarters(promoters), quarters(detractors));
    let all = BigInt::from(n) * 4 + 12;
    let net = &p - &d;
    let radicand: BigInt = ((p + d) * &all - &net * &net) * 4 * &all;
    // Over N²: √(4 N ((P + D) N - (P - D)²)) / N² = 2 √(((P + D) - (P - D)²/N) / N²).
    let interval = Interval::around(
        &(&net * &all),
        level.normal_scaled(),
        radicand.magnitude(),
        &(&all * &all),
    );
    let hundred = Exact::from(100);
    let score = Exact::ratio(BigInt::from(promoters) - BigInt::from(detractors), n)? * &hundred;
    let interval = interval.scaled(&hundred).clamped(&-hundred.clone(), &hundred);
    Some(Nps { score, interval })
}
