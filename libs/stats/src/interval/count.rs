//! Intervals of counts of events that come by themselves.

use bellwether_domain::exact::Exact;

use super::{Interval, Level, fifteen};

/// The exact 95 % interval of the mean of a Poisson distribution from which `count` was drawn: how many events such a
/// period brings in the long run.
///
/// ```text
/// low: P(X >= count | low) = 0.025,  high: P(X <= count | high) = 0.025;  low = χ²(0.025; 2k)/2, high = χ²(0.975; 2k + 2)/2
/// ```
///
/// In events. It holds in at least 95 % of cases, whatever the mean, and in clearly more for small means: a
/// distribution of whole numbers leaves no interval that is exact everywhere. The lower end of 0 events is 0. Both ends
/// are solved for and rounded to 15 significant digits, of which 13 are sure.
///
/// Source: F. Garwood (1936), Biometrika 28:437-442.
#[must_use]
pub fn garwood(count: u64) -> Interval {
    garwood_at(Level::P95, count)
}

/// The same as [`garwood`] at another level.
#[must_use]
pub fn garwood_at(level: Level, count: u64) -> Interval {
    let low = match count {
        0 => Exact::zero(),
        _ => fifteen(lower(level, count)),
    };
    Interval::between(&low, &fifteen(upper(level, count)))
}

/// Up to this count the ends are solved for; above it the expansion is exact to the last digit of a float.
const MOST_SOLVED: u64 = 1_000_000;

fn lower(level: Level, count: u64) -> f64 {
    let mut mean = expanded(-level.normal(), count as f64);
    if count > MOST_SOLVED {
        return mean;
    }
    // Small counts may start below 0.
    mean = mean.max(level.tail() / 2.0);
    for _ in 0..60 {
        let (at_most, above) = sums(count - 1, mean);
        let step = above - level.tail() * (at_most + above);
        mean -= step;
        if step.abs() <= 1e-12 * mean {
            break;
        }
    }
    mean
}

fn upper(level: Level, count: u64) -> f64 {
    let mut mean = expanded(level.normal(), count as f64 + 1.0);
    if count > MOST_SOLVED {
        return mean;
    }
    for _ in 0..60 {
        let (at_most, above) = sums(count, mean);
        let step = at_most - level.tail() * (at_most + above);
        mean += step;
        if step.abs() <= 1e-12 * mean {
            break;
        }
    }
    mean
}

/// The sums of the probabilities of a Poisson distribution up to `count` and above it, both divided by the probability
/// of `count` itself; that probability is also how fast the first one falls with the mean, so Newton's step needs
/// nothing else. Only the four operations are used.
fn sums(count: u64, mean: f64) -> (f64, f64) {
    let (mut below, mut term) = (1.0, 1.0);
    for j in (1..=count).rev() {
        term *= j as f64 / mean;
        below += term;
        if term < 1e-19 * below {
            break;
        }
    }
    let (mut above, mut term, mut j) = (0.0, 1.0, count as f64);
    loop {
        j += 1.0;
        term *= mean / j;
        above += term;
        if term < 1e-19 * (below + above) {
            return (below, above);
        }
    }
}

/// The quantile of the gamma distribution of shape `shape` for the normal quantile `z`, expanded in powers of
/// 1/√shape: half of that of χ² with 2·shape degrees of freedom.
///
/// Source: H. Goldberg and H. Levine (1946), Annals of Mathematical Statistics 17:216-225.
fn expanded(z: f64, shape: f64) -> f64 {
    let s = z * z;
    let freedom = 2.0 * shape;
    let root = freedom.sqrt();
    let terms = [
        z * std::f64::consts::SQRT_2,
        (s - 1.0) * 2.0 / 3.0,
        z * (s - 7.0) / (9.0 * std::f64::consts::SQRT_2),
        -((6.0 * s + 14.0) * s - 32.0) / 405.0,
        z * ((9.0 * s + 256.0) * s - 433.0) / (4_860.0 * std::f64::consts::SQRT_2),
    ];
    // √freedom · (√freedom + terms[0] + terms[1]/√freedom + ...)
    let rest = terms.iter().rev().fold(0.0, |rest, term| rest / root + term);
    (freedom + root * rest) / 2.0
}
