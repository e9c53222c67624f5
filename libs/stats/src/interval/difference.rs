//! The interval of a difference of two independent values that have intervals of their own.

use bellwether_domain::exact::Exact;
use num_bigint::BigInt;

use super::{Interval, ROOT_PLACES, ten_to};

/// A value and its interval.
pub type Estimated<'a> = (&'a Exact, &'a Interval);

/// The interval of `one - other` from the intervals of both, at their level:
///
/// ```text
/// low  = d - √((one - l₁)² + (u₂ - other)²)
/// high = d + √((u₁ - one)² + (other - l₂)²),  d = one - other
/// ```
///
/// With Wilson's intervals of two proportions this is Newcombe's hybrid score interval; for other values it is the method
/// of variance estimates recovery, of which that is a case. The roots are cut off after 60 decimals. The two must stand on
/// different items.
///
/// Source: R. G. Newcombe (1998), Statistics in Medicine 17:873-890, method 10; G. Y. Zou, A. Donner (2008), Statistics in
/// Medicine 27:1693-1702.
#[must_use]
pub fn difference_interval(one: Estimated<'_>, other: Estimated<'_>) -> Interval {
    let ((one, its), (other, others)) = (one, other);
    let difference = one - other;
    let down = root_of_squares(&(one - its.low()), &(others.high() - other));
    let up = root_of_squares(&(its.high() - one), &(other - others.low()));
    Interval::between(&(&difference - &down), &(&difference + &up))
}

/// `√(a² + b²)`, cut off after [`ROOT_PLACES`] decimals.
fn root_of_squares(a: &Exact, b: &Exact) -> Exact {
    let radicand = a * a + b * b;
    let places = BigInt::from(ten_to(ROOT_PLACES));
    let scaled = radicand.numerator() * &places * &places / radicand.denominator();
    Exact::ratio(scaled.sqrt(), places).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::wilson;

    fn shares(a: (u64, u64), b: (u64, u64)) -> (String, String) {
        let share = |(k, n): (u64, u64)| (Exact::ratio(k, n).unwrap(), wilson(k, n).unwrap());
        let (one, other) = (share(a), share(b));
        let found = difference_interval((&one.0, &one.1), (&other.0, &other.1));
        let four = |end: Exact| format!("{:.4}", end.to_f64());
        (four(found.low()), four(found.high()))
    }

    /// Newcombe (1998), Table II, method 10.
    #[test]
    fn newcombes_published_examples() {
        let published = [
            ((56, 70), (48, 80), "0.0524", "0.3339"),
            ((9, 10), (3, 10), "0.1705", "0.8090"),
            ((5, 56), (0, 29), "-0.0381", "0.1926"),
            ((0, 10), (0, 10), "-0.2775", "0.2775"),
            ((10, 10), (0, 20), "0.6791", "1.0000"),
        ];
        for (a, b, low, high) in published {
            assert_eq!(shares(a, b), (low.to_owned(), high.to_owned()), "{a:?} {b:?}");
        }
    }

    #[test]
    fn swapping_the_two_mirrors_it() {
        for (a, b) in [((3, 7), (5, 9)), ((0, 4), (4, 4)), ((17, 40), (90, 100))] {
            let (low, high) = shares(a, b);
            let (other_low, other_high) = shares(b, a);
            let turned = |text: String| match text.strip_prefix('-') {
                Some(positive) => positive.to_owned(),
                None => format!("-{text}"),
            };
            assert_eq!((low, high), (turned(other_high), turned(other_low)));
        }
    }
}
