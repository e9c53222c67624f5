//! Intervals of rates, and when a rate rests on too few cases (KPI rule R11).

use bellwether_domain::exact::Exact;
use num_bigint::BigUint;
use num_integer::Integer;
use num_traits::{Pow, Zero};

#[cfg(test)]
mod tests;

/// A rate over fewer cases than this carries the small-n flag (KPI rule R11).
pub const SMALL_N: u64 = 20;

/// An interval wider than this on either side, as a fraction (10 points), carries the small-n flag too.
const WIDE: (u32, u32) = (1, 10);

/// The 0.975 quantile of the standard normal distribution as KPI rule R11 fixes it, times [`Z_SCALE`].
const Z: u64 = 1_959_963_984_540_054;
/// What [`Z`] is divided by.
const Z_SCALE: u64 = 1_000_000_000_000_000;

const Z_SQUARED: u128 = (Z as u128).pow(2);
const SCALE_SQUARED: u128 = (Z_SCALE as u128).pow(2);

/// Decimal places of the square root: far more than an answer shows, so that cutting it off cannot be seen.
const ROOT_PLACES: u32 = 60;

/// A two-sided interval of a rate, both ends as fractions from 0 to 1.
///
/// The ends stay numerators over one common denominator that is not reduced: every cell of an answer may have an
/// interval, and the greatest common divisor of numbers this long costs many times all the rest. Other counts have
/// another interval, so equal parts mean equal intervals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    low: BigUint,
    /// Not below `low`.
    high: BigUint,
    /// Above 0 and not below `high`.
    denominator: BigUint,
}

impl Interval {
    /// The lower end.
    #[must_use]
    pub fn low(&self) -> Exact {
        self.fraction(&self.low)
    }

    /// The upper end; not below the lower one.
    #[must_use]
    pub fn high(&self) -> Exact {
        self.fraction(&self.high)
    }

    /// Both ends rounded half-even to `digits` significant digits (0 is taken as 1), without exponent or padding: the
    /// lower one first. Answers show 15. The digits are those of [`Exact::to_significant`].
    #[must_use]
    pub fn to_strings(&self, digits: u32) -> (String, String) {
        let text = |end| significant(end, &self.denominator, digits);
        (text(&self.low), text(&self.high))
    }

    /// Half of the width.
    #[must_use]
    pub fn half_width(&self) -> Exact {
        self.fraction(&(&self.high - &self.low)) * Exact::from_scaled(5, 1)
    }

    /// Whether a value lies between the ends or on one of them.
    #[must_use]
    pub fn contains(&self, value: &Exact) -> bool {
        self.low() <= *value && *value <= self.high()
    }

    /// Whether the two have a value in common. People inside overlapping intervals are not ranked (R11).
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        &self.low * &other.denominator <= &other.high * &self.denominator
            && &other.low * &self.denominator <= &self.high * &other.denominator
    }

    /// Whether half of the width is more than [`WIDE`].
    fn is_wide(&self) -> bool {
        let (points, of) = WIDE;
        (&self.high - &self.low) * of > &self.denominator * (2 * points)
    }

    fn fraction(&self, numerator: &BigUint) -> Exact {
        Exact::ratio(numerator.clone(), self.denominator.clone()).expect("the denominator is above 0")
    }
}

/// A fraction from 0 to 1 rounded half-even to `digits` significant digits, without trailing zeros.
fn significant(numerator: &BigUint, denominator: &BigUint, digits: u32) -> String {
    if numerator.is_zero() {
        return "0".to_owned();
    }
    if numerator == denominator {
        return "1".to_owned();
    }
    let digits = digits.max(1);
    // The lengths in bits tell the zeros behind the point but for one that may be missing: log10(2) is rounded down.
    let shorter = denominator.bits() - numerator.bits();
    let mut zeros = (shorter.saturating_sub(1) * 30_102 / 100_000) as u32;
    let mut scaled = numerator * ten_to(zeros + 1);
    while scaled < *denominator {
        scaled *= 10_u32;
        zeros += 1;
    }
    let (mut units, rest) = (scaled * ten_to(digits - 1)).div_rem(denominator);
    let missing = denominator - &rest;
    if rest > missing || (rest == missing && units.is_odd()) {
        units += 1_u32;
    }

    let places = (zeros + digits) as usize;
    let text = format!("{:0>width$}", units.to_string(), width = places + 1);
    // Rounding may have made it 1.
    let (whole, fraction) = text.split_at(text.len() - places);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// `10^exponent`.
fn ten_to(exponent: u32) -> BigUint {
    10_u64
        .checked_pow(exponent)
        .map_or_else(|| Pow::pow(BigUint::from(10_u32), exponent), BigUint::from)
}

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
    if n == 0 || successes > n {
        return None;
    }
    // With z = Z / S everything is multiplied by S² n: the ends are
    // (n (2k S² + Z²) ± Z √(n (n Z² + 4k(n - k) S²))) / (2n (n S² + Z²)).
    let (k, misses, n) = (
        BigUint::from(successes),
        BigUint::from(n - successes),
        BigUint::from(n),
    );
    let places = ten_to(ROOT_PLACES);

    let radicand = &n * (&n * Z_SQUARED + &k * misses * (4 * SCALE_SQUARED));
    let root = (radicand * &places * &places).sqrt();
    let deviation = root * Z;

    let per_n = &n * places;
    let middle = &per_n * (k * (2 * SCALE_SQUARED) + Z_SQUARED);
    Some(Interval {
        // Not below 0: the deviation is at most the middle, and the same when there are no successes.
        low: &middle - &deviation,
        high: middle + deviation,
        denominator: per_n * (n * SCALE_SQUARED + Z_SQUARED) * 2_u32,
    })
}

/// Whether a rate rests on too little to be shown without a warning (KPI rule R11): fewer than [`SMALL_N`]
/// cases, or an interval of more than 10 points to either side. Without an interval only the count decides.
#[must_use]
pub fn small_n(n: u64, interval: Option<&Interval>) -> bool {
    n < SMALL_N || interval.is_some_and(Interval::is_wide)
}
