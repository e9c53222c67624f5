//! Intervals against published values, an independent equation, and plain rational arithmetic.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::level::SCALE;
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
            (rounded(&interval.low(), 4), rounded(&interval.high(), 4)),
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
        assert_eq!(of(0, n).low(), Exact::zero());
        assert_eq!(of(n, n).high(), Exact::one());
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

/// The same formula in rational numbers in lowest terms, step by step as it is written.
fn rational(k: u64, n: u64) -> (Exact, Exact) {
    let (k, n) = (Exact::from(k), Exact::from(n));
    let (two, four) = (Exact::from(2), Exact::from(4));
    let z = Exact::from_scaled(Level::P95.normal_scaled(), 15);
    let z_squared = &z * &z;
    let scale = Exact::from(SCALE) * Exact::from(BigInt::from(ten_to(ROOT_PLACES)));
    let square = &n * (&n * &z_squared + &four * &k * (&n - &k)) * &scale * &scale;
    assert!(square.is_integer(), "nothing is cut off but by the root");
    // √(z² + 4k(n - k)/n), cut off where the interval cuts it off.
    let root = Exact::from(square.numerator().sqrt())
        .checked_div(&(scale * &n))
        .expect("n is not 0");
    let ends = [
        &two * &k + &z_squared - &z * &root,
        &two * &k + &z_squared + &z * &root,
    ];
    let [low, high] = ends.map(|end| end.checked_div(&(&two * (&n + &z_squared))).expect("above 0"));
    (low, high)
}

/// Successes and cases: few and many cases, rates of all sizes and those next to 0 and 1.
fn counts() -> impl Strategy<Value = (u64, u64)> {
    let n = prop_oneof![
        1..200_u64,
        1..1_000_000_u64,
        900_000_000..=1_100_000_000_u64,
        1_u64..
    ];
    (n, 0.0_f64..=1.0, 0..4_u64, 0..3_u8).prop_map(|(n, share, few, kind)| {
        let k = match kind {
            0 => few.min(n),
            1 => n - few.min(n),
            _ => ((n as f64 * share) as u64).min(n),
        };
        (k, n)
    })
}

proptest! {
    #[test]
    fn ends_digits_and_flag_are_those_of_rational_numbers((k, n) in counts(), digits in 0..25_u32) {
        let interval = of(k, n);
        let (low, high) = rational(k, n);
        for digits in [15, digits] {
            prop_assert_eq!(
                interval.to_strings(digits),
                (low.to_significant(digits), high.to_significant(digits))
            );
        }
        let half_width = (&high - &low) * Exact::from_scaled(5, 1);
        prop_assert_eq!(interval.half_width(), half_width.clone());
        prop_assert_eq!(small_n(n, Some(&interval)), n < SMALL_N || half_width > Exact::from_scaled(1, 1));
        prop_assert_eq!((interval.low(), interval.high()), (low, high));
    }

    #[test]
    fn it_holds_the_rate_and_stays_a_rate(n in 1_u64.., share in 0.0_f64..=1.0) {
        let k = ((n as f64 * share) as u64).min(n);
        let interval = of(k, n);
        prop_assert!(interval.contains(&Exact::ratio(k, n).expect("n is not 0")));
        prop_assert!(interval.low() >= Exact::zero() && interval.high() <= Exact::one());
    }

    #[test]
    fn failures_have_the_mirror_image(n in 1_u64..1_000_000, share in 0.0_f64..=1.0) {
        let k = ((n as f64 * share) as u64).min(n);
        let (hits, misses) = (of(k, n), of(n - k, n));
        prop_assert_eq!(hits.low() + misses.high(), Exact::one());
        prop_assert_eq!(hits.high() + misses.low(), Exact::one());
    }

    #[test]
    fn more_successes_move_it_up_and_more_cases_narrow_it(n in 2_u64..5_000, k in 0_u64..5_000) {
        let k = k % n;
        let (less, more) = (of(k, n), of(k + 1, n));
        prop_assert!(less.low() < more.low() && less.high() < more.high());
        prop_assert!(of(k * 4, n * 4).half_width() < less.half_width());
    }

    #[test]
    fn the_ends_solve_the_score_equation(n in 1_u64..100_000, share in 0.0_f64..=1.0) {
        // Independent of the closed form: |k/n - p| = z sqrt(p (1 - p) / n) at both ends.
        let k = ((n as f64 * share) as u64).min(n);
        let z = Exact::from_scaled(Level::P95.normal_scaled(), 15);
        let rate = Exact::ratio(k, n).expect("n is not 0");
        let interval = of(k, n);
        for end in [interval.low(), interval.high()] {
            let distance = &rate - &end;
            let spread = &z * &z * &end * (Exact::one() - &end) * Exact::ratio(1, n).expect("n is not 0");
            let error = (&distance * &distance - spread).abs();
            prop_assert!(error < Exact::from_scaled(1, 40), "{:?}", error.to_f64());
        }
    }
}

/// 1, 2, 3 and 4: mean 2.5, s² 5/3; t of 3 degrees of freedom is 3.182 446 305 (NIST/SEMATECH e-Handbook), times
/// √(5/3 · 5/4).
#[test]
fn the_next_value_is_like_those_before() {
    let interval = next_value_interval(4, &Exact::from(10), &Exact::from(30)).unwrap();
    let (low, high) = interval.to_strings(9);
    assert_eq!((low.as_str(), high.as_str()), ("-2.09346558", "7.09346558"));
    let same = next_value_interval(3, &Exact::from(6), &Exact::from(12)).unwrap();
    assert_eq!(same.to_strings(3), ("2".to_owned(), "2".to_owned()));
    assert!(next_value_interval(1, &Exact::one(), &Exact::one()).is_none());
    assert!(next_value_interval(2, &Exact::from(2), &Exact::one()).is_none());
}
