//! Intervals of means and of totals, from counts and sums.

use bellwether_domain::exact::Exact;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;

use super::{Interval, Level};

/// The 95 % interval of a mean by Student's t: of `n` values with the sum `sum` and the sum of squares `sum_sq`.
///
/// ```text
/// m ± t √(s²/n),  m = Σx/n,  s² = (Σx² - (Σx)²/n)/(n - 1),  t = quantile of Student's t with n - 1 degrees of freedom
/// ```
///
/// In the unit of the values. The sums are exact, so nothing is lost when the values are large and close together;
/// t is right to 14 digits. It holds in 95 % of cases when the values are normal, and nearly so for means of many
/// values. Equal values have an interval of width 0. `None` for fewer than two values, or when the sums belong to no
/// values (the variance would be negative).
///
/// Source: Student (1908), Biometrika 6:1-25; NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.2.
#[must_use]
pub fn t_interval(n: u64, sum: &Exact, sum_sq: &Exact) -> Option<Interval> {
    t_interval_at(Level::P95, n, sum, sum_sq)
}

/// The same as [`t_interval`] at another level.
#[must_use]
pub fn t_interval_at(level: Level, n: u64, sum: &Exact, sum_sq: &Exact) -> Option<Interval> {
    if n < 2 {
        return None;
    }
    let unit = sum.denominator().lcm(sum_sq.denominator());
    let (sum, sum_sq) = (in_units(sum, &unit, 1), in_units(sum_sq, &unit, 2));
    let (count, less) = (BigInt::from(n), BigInt::from(n - 1));
    // s²/n = (nΣx² - (Σx)²) / (n² (n - 1)), so over n (n - 1) the root is √((nΣx² - (Σx)²) (n - 1)).
    let radicand = (&count * sum_sq - &sum * &sum) * &less;
    if radicand.sign() == Sign::Minus {
        return None;
    }
    let denominator = count * &less * unit;
    let factor = level.student_scaled(n - 1);
    Some(Interval::around(
        &(sum * less),
        factor,
        radicand.magnitude(),
        &denominator,
    ))
}

/// The 95 % interval of a total over items whose number is left to chance too, such as the bookings of a quarter: by
/// the compound Poisson distribution, whose variance is estimated by the sum of squares.
///
/// ```text
/// Σx ± z √(Σx²)
/// ```
///
/// In the unit of the values. It holds in 95 % of cases for many items and in fewer for a handful. `None` when the
/// sum of squares is negative or there are no items (both sums 0): nothing tells how large an item would have been.
///
/// Source: W. Feller (1968), An Introduction to Probability Theory and Its Applications I, XII.2.
#[must_use]
pub fn total_interval(sum: &Exact, sum_sq: &Exact) -> Option<Interval> {
    total_interval_at(Level::P95, sum, sum_sq)
}

/// The same as [`total_interval`] at another level.
#[must_use]
pub fn total_interval_at(level: Level, sum: &Exact, sum_sq: &Exact) -> Option<Interval> {
    if sum_sq.is_negative() || sum_sq.is_zero() {
        return None;
    }
    let unit = sum.denominator().lcm(sum_sq.denominator());
    let (sum, sum_sq) = (in_units(sum, &unit, 1), in_units(sum_sq, &unit, 2));
    Some(Interval::around(
        &sum,
        level.normal_scaled(),
        sum_sq.magnitude(),
        &unit,
    ))
}

/// The 95 % interval of the next value, after `n` values with the sum `sum` and the sum of squares `sum_sq`.
///
/// ```text
/// m ± t √(s² (1 + 1/n)),  m, s² and t as in [`t_interval`]
/// ```
///
/// In the unit of the values. It holds in 95 % of cases when the values are normal. `None` for fewer than two values, or when
/// the sums belong to no values.
///
/// Source: G. J. Hahn and W. Q. Meeker (1991), Statistical Intervals, 4.7.
#[must_use]
pub fn next_value_interval(n: u64, sum: &Exact, sum_sq: &Exact) -> Option<Interval> {
    if n < 2 {
        return None;
    }
    let unit = sum.denominator().lcm(sum_sq.denominator());
    let (sum, sum_sq) = (in_units(sum, &unit, 1), in_units(sum_sq, &unit, 2));
    let (count, less) = (BigInt::from(n), BigInt::from(n - 1));
    // As in `t_interval`, and s² (1 + 1/n) is n + 1 times s²/n.
    let radicand = (&count * sum_sq - &sum * &sum) * &less * (&count + 1_u32);
    if radicand.sign() == Sign::Minus {
        return None;
    }
    Some(Interval::around(
        &(sum * &less),
        Level::P95.student_scaled(n - 1),
        radicand.magnitude(),
        &(count * less * unit),
    ))
}

/// A value times `unit^power`, where the unit makes it whole.
pub(super) fn in_units(value: &Exact, unit: &BigInt, power: u32) -> BigInt {
    value.numerator() * unit.pow(power) / value.denominator()
}
