//! Intervals of rates, and when a rate rests on too few cases (KPI rule R11).

use bellwether_domain::exact::Exact;
use num_bigint::{BigInt, BigUint};
use num_traits::Pow;

/// A rate over fewer cases than this carries the small-n flag (KPI rule R11).
pub const SMALL_N: u64 = 20;

/// An interval wider than this on either side, as a fraction (10 points), carries the small-n flag too.
const WIDE: (i64, i64) = (1, 10);

/// The 0.975 quantile of the standard normal distribution as KPI rule R11 fixes it, times [`Z_SCALE`].
const Z: u64 = 1_959_963_984_540_054;
/// What [`Z`] is divided by.
const Z_SCALE: u64 = 1_000_000_000_000_000;

/// Decimal places of the square root: far more than an answer shows, so that cutting it off cannot be seen.
const ROOT_PLACES: u32 = 60;

/// A two-sided interval of a rate, both ends as fractions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// The lower end.
    pub low: Exact,
    /// The upper end; not below the lower one.
    pub high: Exact,
}

impl Interval {
    /// Both ends rounded half-even to `digits` significant digits, without exponent or padding: the lower one
    /// first. Answers show 15.
    #[must_use]
    pub fn to_strings(&self, digits: u32) -> (String, String) {
        (self.low.to_significant(digits), self.high.to_significant(digits))
    }

    /// Half of the width.
    #[must_use]
    pub fn half_width(&self) -> Exact {
        (&self.high - &self.low) * Exact::from_scaled(5, 1)
    }

    /// Whether a value lies between the ends or on one of them.
    #[must_use]
    pub fn contains(&self, value: &Exact) -> bool {
        self.low <= *value && *value <= self.high
    }

    /// Whether the two have a value in common. People inside overlapping intervals are not ranked (R11).
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
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
    let z = BigUint::from(Z);
    let z_squared = Pow::pow(&z, 2_u32);
    let scale_squared = Pow::pow(BigUint::from(Z_SCALE), 2_u32);
    let (k, misses, n) = (
        BigUint::from(successes),
        BigUint::from(n - successes),
        BigUint::from(n),
    );

    let radicand = &n * (&n * &z_squared + BigUint::from(4_u32) * &k * misses * &scale_squared);
    let places = Pow::pow(BigUint::from(10_u32), ROOT_PLACES);
    let root = (radicand * &places * &places).sqrt();

    let middle = BigInt::from(&n * (BigUint::from(2_u32) * k * &scale_squared + &z_squared) * &places);
    let deviation = BigInt::from(z * root);
    let denominator = BigInt::from(BigUint::from(2_u32) * &n * (&n * scale_squared + z_squared) * places);
    Some(Interval {
        low: Exact::ratio(&middle - &deviation, denominator.clone())?,
        high: Exact::ratio(middle + deviation, denominator)?,
    })
}

/// Whether a rate rests on too little to be shown without a warning (KPI rule R11): fewer than [`SMALL_N`]
/// cases, or an interval of more than 10 points to either side. Without an interval only the count decides.
#[must_use]
pub fn small_n(n: u64, interval: Option<&Interval>) -> bool {
    let (points, of) = WIDE;
    // half-width > points / of, without a fraction
    let wide = |interval: &Interval| interval.half_width() * Exact::from(of) > Exact::from(points);
    n < SMALL_N || interval.is_some_and(wide)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Successes, cases, and both ends: the formula in decimals of 120 digits, by Python's `decimal`.
    const FIFTEEN_DIGITS: [(u64, u64, &str, &str); 8] = [
        (4_238, 6_711, "0.619886914783114", "0.642963669377957"),
        (531, 647, "0.789287154014264", "0.848348931357384"),
        (81, 263, "0.255288519878274", "0.3662095769828"),
        (1, 29, "0.00611321429276266", "0.171755218793203"),
        (19, 20, "0.763868806553258", "0.991118551199205"),
        (1, 1, "0.206549314377237", "1"),
        (0, 20, "0", "0.161125158052819"),
        (
            1,
            1_000_000_000_000_000_000,
            "0.000000000000000000176524554935153",
            "0.00000000000000000566493426575897",
        ),
    ];

    fn of(k: u64, n: u64) -> Interval {
        wilson(k, n).expect("a proportion")
    }

    fn rounded(value: &Exact, places: u32) -> String {
        let units = (value * &Exact::from(10_u64.pow(places))).round_half_even_to_integer();
        Exact::from_scaled(units, places).to_exact_string()
    }

    #[test]
    fn published_values_of_newcombe() {
        // Newcombe 1998, table I, method 3.
        for (k, n, low, high) in [
            (81, 263, "0.2553", "0.3662"),
            (15, 148, "0.0624", "0.1605"),
            (0, 20, "0", "0.1611"),
            (1, 29, "0.0061", "0.1718"),
        ] {
            let interval = of(k, n);
            assert_eq!(
                (rounded(&interval.low, 4), rounded(&interval.high, 4)),
                (low.into(), high.into())
            );
        }
    }

    #[test]
    fn fifteen_digits() {
        for (k, n, low, high) in FIFTEEN_DIGITS {
            assert_eq!(
                of(k, n).to_strings(15),
                (low.to_owned(), high.to_owned()),
                "{k} of {n}"
            );
        }
    }

    #[test]
    fn none_and_all_reach_the_ends() {
        for n in [1, 2, 19, 20, 6711, u64::MAX] {
            assert_eq!(of(0, n).to_strings(15).0, "0");
            assert_eq!(of(n, n).to_strings(15).1, "1");
            assert_eq!(of(0, n).low, Exact::zero());
            assert_eq!(of(n, n).high, Exact::one());
        }
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(2, 1), None);
    }

    #[test]
    fn few_cases_or_a_wide_interval_are_flagged() {
        assert!(small_n(19, Some(&of(19, 19))));
        assert!(small_n(19, None));
        assert!(!small_n(20, None));
        assert!(
            !small_n(20, Some(&of(20, 20))),
            "half of 0.161 is less than 10 points"
        );
        assert!(small_n(20, Some(&of(10, 20))));
        // At p = 1/2 the half-width passes 10 points between 92 and 93 cases.
        assert!(small_n(92, Some(&of(46, 92))));
        assert!(!small_n(94, Some(&of(47, 94))));
    }

    #[test]
    fn overlap_is_symmetric_and_counts_the_ends() {
        let (low, high) = (of(10, 100), of(60, 100));
        assert!(!low.overlaps(&high) && !high.overlaps(&low));
        assert!(low.overlaps(&of(12, 100)));
        assert!(low.overlaps(&low));
    }

    proptest! {
        #[test]
        fn it_holds_the_rate_and_stays_a_rate(n in 1_u64.., share in 0.0_f64..=1.0) {
            let k = ((n as f64 * share) as u64).min(n);
            let interval = of(k, n);
            prop_assert!(interval.contains(&Exact::ratio(k, n).expect("n is not 0")));
            prop_assert!(interval.low >= Exact::zero() && interval.high <= Exact::one());
        }

        #[test]
        fn failures_have_the_mirror_image(n in 1_u64..1_000_000, share in 0.0_f64..=1.0) {
            let k = ((n as f64 * share) as u64).min(n);
            let (hits, misses) = (of(k, n), of(n - k, n));
            prop_assert_eq!(hits.low + misses.high, Exact::one());
            prop_assert_eq!(hits.high + misses.low, Exact::one());
        }

        #[test]
        fn more_successes_move_it_up_and_more_cases_narrow_it(n in 2_u64..5_000, k in 0_u64..5_000) {
            let k = k % n;
            let (less, more) = (of(k, n), of(k + 1, n));
            prop_assert!(less.low < more.low && less.high < more.high);
            prop_assert!(of(k * 4, n * 4).half_width() < less.half_width());
        }

        #[test]
        fn the_ends_solve_the_score_equation(n in 1_u64..100_000, share in 0.0_f64..=1.0) {
            // Independent of the closed form: |k/n - p| = z sqrt(p (1 - p) / n) at both ends.
            let k = ((n as f64 * share) as u64).min(n);
            let z = Exact::from_scaled(Z, 15);
            let rate = Exact::ratio(k, n).expect("n is not 0");
            let interval = of(k, n);
            for end in [&interval.low, &interval.high] {
                let distance = &rate - end;
                let spread = &z * &z * end * (Exact::one() - end) * Exact::ratio(1, n).expect("n is not 0");
                let error = (&distance * &distance - spread).abs();
                prop_assert!(error < Exact::from_scaled(1, 40), "{:?}", error.to_f64());
            }
        }
    }
}
