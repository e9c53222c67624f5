//! Intervals by the delta method: of ratios of sums (KPI rule R11), and of any smooth function of several means.

use bellwether_domain::exact::Exact;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;

use super::mean::in_units;
use super::{Interval, Level};

/// The 95 % interval of `Σx / Σy` over `n` items that each bring an x and a y: the value win rate (x the amount when
/// won, y the amount), attainment (x won, y quota of each), growth plus 1 (x the amount when in this period, y when in
/// the one before, the other 0).
///
/// ```text
/// r = Σx/Σy,  r ± t √( n/(n - 1) · Σ(x - r y)² ) / |Σy|,  Σ(x - r y)² = Σx² - 2rΣxy + r²Σy²
/// ```
///
/// with t of n - 1 degrees of freedom. Without a unit, and not cut to 0..1 ([`Interval::clamped`] does). The items are
/// taken as independent. It holds in 95 % of cases for many items and in fewer for some very unequal ones: simulated with
/// amounts that vary by two thirds of their mean, 94.5 % with 150 to 300 deals and 93.6 % with 40 to 150.
/// `None` for fewer than two items, when Σy is 0, or when the sums belong to no items.
///
/// Source: W. G. Cochran (1977), Sampling Techniques, 3rd ed., 2.11 and 6.4; the delta method for a ratio of means.
#[must_use]
pub fn ratio_delta(
    n: u64,
    sx: &Exact,
    sy: &Exact,
    sxx: &Exact,
    sxy: &Exact,
    syy: &Exact,
) -> Option<Interval> {
    ratio_delta_at(Level::P95, n, [sx, sy], [sxx, sxy, syy])
}

/// The same as [`ratio_delta`] at another level: the sums are Σx, Σy, the products Σx², Σxy, Σy².
#[must_use]
pub fn ratio_delta_at(level: Level, n: u64, sums: [&Exact; 2], products: [&Exact; 3]) -> Option<Interval> {
    if n < 2 || sums[1].is_zero() {
        return None;
    }
    let all = sums.iter().chain(&products);
    let unit = all.fold(BigInt::from(1), |unit, value| unit.lcm(value.denominator()));
    let [sx, sy] = sums.map(|sum| in_units(sum, &unit, 1));
    let [sxx, sxy, syy] = products.map(|sum| in_units(sum, &unit, 2));
    let (count, less) = (BigInt::from(n), BigInt::from(n - 1));
    let square = &sy * &sy;
    // Σ(x - r y)² = Q/(Σy)², so over (n - 1)(Σy)² the root is √(n (n - 1) Q).
    let residue: BigInt = sxx * &square - &sx * &sy * sxy * 2 + &sx * &sx * syy;
    if residue.sign() == Sign::Minus {
        return None;
    }
    let radicand = count * &less * residue;
    let centre = sx * sy * &less;
    let factor = level.student_scaled(n - 1);
    Some(Interval::around(
        &centre,
        factor,
        radicand.magnitude(),
        &(less * square),
    ))
}

/// The 95 % interval of a smooth function of several means over the same `n` items, by the delta method.
///
/// ```text
/// value ± t √(gᵀ C g)
/// ```
///
/// with `g` the derivatives of the function at the means, `C` the covariance matrix of the means
/// ([`covariance_of_means`]) and t of n - 1 degrees of freedom. Velocity, for one: of the closed deals let x be 1 when
/// won, y the amount when won, z the cycle in days when won; then win rate × average deal ÷ mean cycle times the open
/// deals is `v = open · x̄ · ȳ / z̄` with derivatives `v/x̄`, `v/ȳ`, `-v/z̄`. In the unit of the value. `None` for fewer
/// than two items, when the matrix is not as wide and high as the gradient, or when the variance comes out negative.
///
/// Source: G. Casella and R. L. Berger (2002), Statistical Inference, 2nd ed., theorem 5.5.28.
#[must_use]
pub fn smooth_delta(
    n: u64,
    value: &Exact,
    gradient: &[Exact],
    covariance: &[Vec<Exact>],
) -> Option<Interval> {
    smooth_delta_at(Level::P95, n, value, gradient, covariance)
}

/// The same as [`smooth_delta`] at another level.
#[must_use]
pub fn smooth_delta_at(
    level: Level,
    n: u64,
    value: &Exact,
    gradient: &[Exact],
    covariance: &[Vec<Exact>],
) -> Option<Interval> {
    let width = gradient.len();
    if n < 2 || covariance.len() != width || covariance.iter().any(|row| row.len() != width) {
        return None;
    }
    let rows = gradient.iter().zip(covariance);
    let variance: Exact = rows
        .map(|(slope, row)| {
            let along: Exact = gradient.iter().zip(row).map(|(other, c)| other * c).sum();
            slope * &along
        })
        .sum();
    if variance.is_negative() {
        return None;
    }
    // Over the common denominator w the root of p/w is √(p w)/w.
    let unit = value.denominator().lcm(variance.denominator());
    let centre = in_units(value, &unit, 1);
    let radicand = in_units(&variance, &unit, 1) * &unit;
    let factor = level.student_scaled(n - 1);
    Some(Interval::around(&centre, factor, radicand.magnitude(), &unit))
}

/// The covariance matrix of the means of several quantities over the same `n` items, from their sums and the sums of
/// the products of every two: `products[i][j] = Σ xᵢ xⱼ`.
///
/// ```text
/// C[i][j] = (Σxᵢxⱼ - ΣxᵢΣxⱼ/n) / (n (n - 1))
/// ```
///
/// `None` for fewer than two items, or when the products are not as wide and high as the sums.
#[must_use]
pub fn covariance_of_means(n: u64, sums: &[Exact], products: &[Vec<Exact>]) -> Option<Vec<Vec<Exact>>> {
    let width = sums.len();
    if n < 2 || products.len() != width || products.iter().any(|row| row.len() != width) {
        return None;
    }
    let count = BigInt::from(n);
    let scale = Exact::ratio(1, &count * &count * (&count - 1))?;
    let count = Exact::from(count);
    let rows = sums.iter().zip(products);
    Some(
        rows.map(|(one, row)| {
            let pairs = sums.iter().zip(row);
            pairs
                .map(|(other, product)| (&count * product - one * other) * &scale)
                .collect()
        })
        .collect(),
    )
}
