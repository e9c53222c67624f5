//! Intervals of values, and when a rate rests on too few cases (KPI rule R11).
//!
//! Counts and sums come in exact and stay so; what is not rational (a root, a quantile of a distribution) is computed
//! from the four operations, whole-number roots and the functions of the crate `libm`, never from the functions of the
//! machine's C library, so that every machine gets the same digits.

mod count;
mod delta;
mod difference;
mod level;
mod mean;
mod order;
mod proportion;

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod references;
#[cfg(test)]
mod tests;

use bellwether_domain::exact::Exact;
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{Pow, Zero};

pub use count::{garwood, garwood_at};
pub use delta::{covariance_of_means, ratio_delta, ratio_delta_at, smooth_delta, smooth_delta_at};
pub use difference::{Estimated, difference_interval};
pub use level::Level;
pub(crate) use level::fifteen;
pub use mean::{next_value_interval, t_interval, t_interval_at, total_interval, total_interval_at};
pub use order::{
    OrderInterval, OrderRanks, order_ranks, order_ranks_at, quantile_interval, quantile_interval_at,
};
pub use proportion::{Nps, nps, nps_at, wilson, wilson_at};

/// A rate over fewer cases than this carries the small-n flag (KPI rule R11).
pub const SMALL_N: u64 = 20;

/// An interval wider than this on either side, as a fraction (10 points), carries the small-n flag too.
const WIDE: (u32, u32) = (1, 10);

/// A two-sided interval; both ends belong to it.
///
/// The ends stay numerators over one common denominator that is not reduced: every cell of an answer may have an
/// interval, and the greatest common divisor of numbers this long costs many times all the rest. Other counts have
/// another interval, so equal parts mean equal intervals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    low: BigInt,
    /// Not below `low`.
    high: BigInt,
    /// Above 0.
    denominator: BigInt,
}

impl Interval {
    /// The interval between two values, whichever is the lower one.
    #[must_use]
    pub fn between(one: &Exact, other: &Exact) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        let denominator = low.denominator().lcm(high.denominator());
        let part = |end: &Exact| end.numerator() * (&denominator / end.denominator());
        Self {
            low: part(low),
            high: part(high),
            denominator,
        }
    }

    /// `(centre ± factor √radicand) / denominator`, the factor given times [`level::SCALE`] and the root cut off after
    /// [`ROOT_PLACES`] decimals. The denominator is above 0.
    fn around(centre: &BigInt, factor: u64, radicand: &BigUint, denominator: &BigInt) -> Self {
        let places = ten_to(ROOT_PLACES);
        let deviation = BigInt::from((radicand * &places * &places).sqrt() * factor);
        let per_unit = BigInt::from(places * level::SCALE);
        let middle = centre * &per_unit;
        Self {
            low: &middle - &deviation,
            high: middle + deviation,
            denominator: denominator * per_unit,
        }
    }

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
        let text = |end| significant(end, self.denominator.magnitude(), digits);
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
        let value_parts = value.numerator() * &self.denominator;
        let over = value.denominator();
        &self.low * over <= value_parts && value_parts <= &self.high * over
    }

    /// Whether the two have a value in common. People inside overlapping intervals are not ranked (R11).
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.is_below(other) && !other.is_below(self)
    }

    /// Whether every value of this interval is below every value of the other one.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        &self.high * &other.denominator < &other.low * &self.denominator
    }

    /// The interval of the value times `factor`: from minor units to major ones, from a fraction to points. A negative
    /// factor turns the ends round.
    #[must_use]
    pub fn scaled(&self, factor: &Exact) -> Self {
        let times = factor.numerator();
        let (low, high) = (&self.low * times, &self.high * times);
        let (low, high) = if factor.is_negative() {
            (high, low)
        } else {
            (low, high)
        };
        Self {
            low,
            high,
            denominator: &self.denominator * factor.denominator(),
        }
    }

    /// The interval of the value plus `step`: growth is a ratio less 1.
    #[must_use]
    pub fn shifted(&self, step: &Exact) -> Self {
        let shift = step.numerator() * &self.denominator;
        Self {
            low: &self.low * step.denominator() + &shift,
            high: &self.high * step.denominator() + shift,
            denominator: &self.denominator * step.denominator(),
        }
    }

    /// The interval with ends no further out than `least` and `most`, which is what the value cannot leave. An
    /// interval outside of them shrinks to the nearer bound.
    #[must_use]
    pub fn clamped(&self, least: &Exact, most: &Exact) -> Self {
        let (low, high) = (self.low(), self.high());
        if low >= *least && high <= *most {
            return self.clone();
        }
        Self::between(
            &low.max(least.clone()).min(most.clone()),
            &high.min(most.clone()).max(least.clone()),
        )
    }

    /// Whether half of the width is more than [`WIDE`].
    fn is_wide(&self) -> bool {
        let (points, of) = WIDE;
        (&self.high - &self.low) * of > &self.denominator * (2 * points)
    }

    fn fraction(&self, numerator: &BigInt) -> Exact {
        Exact::ratio(numerator.clone(), self.denominator.clone()).expect("the denominator is above 0")
    }
}

/// Decimal places of the square root: far more than an answer shows, so that cutting it off cannot be seen.
const ROOT_PLACES: u32 = 60;

/// A fraction rounded half-even to `digits` significant digits, without exponent and without zeros at the end of the
/// decimals.
fn significant(numerator: &BigInt, denominator: &BigUint, digits: u32) -> String {
    let magnitude = numerator.magnitude();
    if magnitude.is_zero() {
        return "0".to_owned();
    }
    let digits = i64::from(digits.max(1));
    let (least, limit) = (ten_to(digits as u32 - 1), ten_to(digits as u32));
    // The lengths in bits tell the power of ten but for one or two.
    let bits = magnitude.bits() as i64 - denominator.bits() as i64 - 1;
    let mut exponent = (bits * 30_103).div_euclid(100_000);
    loop {
        let places = digits - 1 - exponent;
        let shift = ten_to(places.unsigned_abs() as u32);
        let (scaled, divisor) = if places < 0 {
            (magnitude.clone(), denominator * shift)
        } else {
            (magnitude * shift, denominator.clone())
        };
        let (units, rest) = scaled.div_rem(&divisor);
        if units >= limit {
            exponent += 1;
        } else if units < least {
            exponent -= 1;
        } else {
            let missing = divisor - &rest;
            let up = rest > missing || (rest == missing && units.is_odd());
            let units = if up { units + 1_u32 } else { units };
            let sign = if numerator.sign() == Sign::Minus { "-" } else { "" };
            return format!("{sign}{}", plain(&units.to_string(), places));
        }
    }
}

/// `units / 10^places` written out.
fn plain(units: &str, places: i64) -> String {
    if places <= 0 {
        return format!("{units}{}", "0".repeat(places.unsigned_abs() as usize));
    }
    let places = places as usize;
    let text = format!("{units:0>width$}", width = places + 1);
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

/// Whether a rate rests on too little to be shown without a warning (KPI rule R11): fewer than [`SMALL_N`]
/// cases, or an interval of more than 10 points to either side. Without an interval only the count decides; so it does
/// for what is no rate, whose interval has a unit and is not handed in.
#[must_use]
pub fn small_n(n: u64, interval: Option<&Interval>) -> bool {
    n < SMALL_N || interval.is_some_and(Interval::is_wide)
}
