//! Tests of exact numbers: known answers, edges of the text form, and the laws of arithmetic.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::{Exact, ParseExactError};

fn ratio(numerator: i128, denominator: i128) -> Exact {
    Exact::ratio(numerator, denominator).expect("a test divides by something")
}

fn parse(text: &str) -> Exact {
    text.parse().expect("a test reads decimals")
}

#[test]
fn known_answers_of_the_sales_export() {
    assert_eq!(ratio(4238, 6711).to_decimal_string(), "0.631500521531813441");
    assert_eq!(
        ratio(10_005_534, 15_952_002).to_decimal_string(),
        "0.627227479033666119"
    );
    assert_eq!(ratio(10_005_534, 4238).to_decimal_string(), "2360.90939122227466");
    assert_eq!(ratio(219_452, 4238).to_decimal_string(), "51.7819726285983955");
    assert_eq!(Exact::from(10_005_534_i64).to_decimal_string(), "10005534");
    assert_eq!(Exact::from_scaled(109_650_i64, 2).to_exact_string(), "1096.5");
}

#[test]
fn zero_has_one_spelling() {
    for zero in [
        Exact::zero(),
        -Exact::zero(),
        parse("-0.00"),
        ratio(0, -7),
        Exact::default(),
    ] {
        assert_eq!(zero.to_decimal_string(), "0");
        assert_eq!(zero.to_exact_string(), "0");
        assert_eq!(zero.to_significant(18), "0");
        assert_eq!(zero.to_string(), "0");
    }
}

#[test]
fn long_values_keep_their_digits_where_the_format_says_so() {
    let long = parse("123456789012345678901234567890");
    assert_eq!(long.to_decimal_string(), "123456789012345678901234567890");
    assert_eq!(long.to_significant(18), "123456789012345679000000000000");
    let cents = parse("-12345678901234567890.25");
    assert_eq!(cents.to_exact_string(), "-12345678901234567890.25");
    assert_eq!(cents.to_decimal_string(), "-12345678901234567900");
    assert_eq!(
        parse("123456789012345678.5").to_significant(18),
        "123456789012345678"
    );
    assert_eq!(
        parse("123456789012345679.5").to_significant(18),
        "123456789012345680"
    );
}

#[test]
fn rounding_may_carry_into_a_new_digit() {
    assert_eq!(parse("9.996").to_significant(3), "10");
    assert_eq!(parse("0.09996").to_significant(3), "0.1");
    assert_eq!(parse("-99951").to_significant(3), "-100000");
    assert_eq!(parse("5").to_significant(0), "5");
}

#[test]
fn small_values_are_written_out() {
    let small = ratio(1, 3_000_000_000_000);
    assert_eq!(small.to_decimal_string(), "0.000000000000333333333333333333");
    assert_eq!((-small).to_significant(2), "-0.00000000000033");
}

#[test]
fn halves_go_to_the_even_neighbour() {
    let rounded = |numerator, denominator| ratio(numerator, denominator).round_half_even_to_integer();
    for (numerator, expected) in [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (-5, -2), (7, 4)] {
        assert_eq!(rounded(numerator, 2), BigInt::from(expected), "{numerator}/2");
    }
    assert_eq!(rounded(-7, 3), BigInt::from(-2));
    assert_eq!(rounded(8, 3), BigInt::from(3));
    assert_eq!(ratio(-7, 3).floor(), BigInt::from(-3));
}

#[test]
fn division_by_zero_is_absent() {
    assert_eq!(Exact::ratio(1, 0), None);
    assert_eq!(Exact::one().checked_div(&Exact::zero()), None);
    assert_eq!(Exact::one().checked_div(&Exact::from(4)), Some(parse("0.25")));
}

#[test]
fn only_plain_decimals_are_read() {
    assert_eq!(parse("+0.250"), ratio(1, 4));
    assert_eq!(parse("-007"), Exact::from(-7));
    for text in [
        "", "-", "+-1", "1e5", ".5", "5.", "1,000", " 1", "1 ", "1.2.3", "0x1", "NaN", "1_0", "१",
    ] {
        assert_eq!(
            text.parse::<Exact>(),
            Err(ParseExactError::NotADecimal),
            "{text:?}"
        );
    }
    assert_eq!("1".repeat(1001).parse::<Exact>(), Err(ParseExactError::TooLong));
}

#[test]
fn display_obeys_width() {
    assert_eq!(
        format!("{:>8}|{:<6}|", parse("-1.5"), parse("2")),
        "    -1.5|2     |"
    );
}

proptest! {
    #[test]
    fn terminating_decimals_survive_a_round_trip(units in any::<i128>(), places in 0_u32..60) {
        let value = Exact::from_scaled(units, places);
        prop_assert_eq!(parse(&value.to_exact_string()), value);
    }

    #[test]
    fn a_rounded_text_is_within_half_a_unit_of_its_last_digit(
        numerator in any::<i64>(), denominator in 1_i64.., digits in 1_u32..30,
    ) {
        let value = Exact::ratio(numerator, denominator).expect("not zero");
        let text = value.to_significant(digits);
        let error = (parse(&text) - &value).abs();
        let bound = value.abs() * ratio(1, 2) * Exact::from_scaled(1, digits - 1);
        prop_assert!(error <= bound, "{} for {:?}", text, value);
        let significant = text.trim_start_matches(['-', '0', '.']).replace('.', "");
        prop_assert!(significant.trim_end_matches('0').len() <= digits as usize);
        prop_assert!(!text.contains('.') || !text.ends_with('0'));
        prop_assert!(!text.contains(['e', 'E', '+']));
    }

    #[test]
    fn eighteen_digits_read_back_are_the_same_eighteen_digits(numerator in any::<i64>(), denominator in 1_i64..) {
        let text = Exact::ratio(numerator, denominator).expect("not zero").to_decimal_string();
        prop_assert_eq!(parse(&text).to_decimal_string(), text);
    }

    #[test]
    fn arithmetic_undoes_itself(
        a in any::<i64>(), b in 1_i64.., c in any::<i64>(), d in 1_i64..,
    ) {
        let (x, y) = (ratio(a.into(), b.into()), ratio(c.into(), d.into()));
        prop_assert_eq!(&x + &y - &y, x.clone());
        prop_assert_eq!(&x + &y, &y + &x);
        if let Some(quotient) = x.checked_div(&y) {
            prop_assert_eq!(quotient * &y, x.clone());
        }
        prop_assert_eq!(x.cmp(&y), (&x - &y).cmp(&Exact::zero()));
        prop_assert_eq!([&x, &y].into_iter().sum::<Exact>(), x + y);
    }

    #[test]
    fn whole_rounding_agrees_with_floats_where_floats_are_exact(quarters in -1_000_000_i32..1_000_000) {
        let expected = (f64::from(quarters) / 4.0).round_ties_even();
        let rounded = ratio(quarters.into(), 4).round_half_even_to_integer();
        prop_assert_eq!(rounded, BigInt::from(expected as i64));
    }
}
