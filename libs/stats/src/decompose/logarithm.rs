//! Natural logarithms of exact numbers in fixed point: the same digits on every machine, and enough of them for money.

use bellwether_domain::exact::Exact;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// Bits behind the point: 40 decimals with some to spare for the roundings on the way.
const BITS: u64 = 160;

/// ln 2 in units of 2^-[`BITS`], from 2 artanh(1/3).
fn ln_two() -> BigInt {
    artanh_twice(&BigInt::one(), &BigInt::from(3))
}

/// The natural logarithm of a number above 0, right to 40 decimals; `None` for others.
///
/// ```text
/// ln x = k ln 2 + 2 artanh((y - 1)/(y + 1)),  y = x/2^k between 1/2 and 2
/// ```
pub(super) fn ln(value: &Exact) -> Option<Exact> {
    if value.is_zero() || value.is_negative() {
        return None;
    }
    let (numerator, denominator) = (value.numerator(), value.denominator());
    let powers = numerator.bits() as i64 - denominator.bits() as i64;
    let shift = powers.unsigned_abs();
    let (above, below) = if powers < 0 {
        (numerator << shift, denominator.clone())
    } else {
        (numerator.clone(), denominator << shift)
    };
    let rest = artanh_twice(&(&above - &below), &(above + below));
    let sum = ln_two() * powers + rest;
    Exact::ratio(sum, BigInt::one() << BITS)
}

/// `2 artanh(numerator/denominator)` in units of 2^-[`BITS`], of a fraction of at most a third either way:
/// `2 Σ x^(2i + 1)/(2i + 1)`. Odd, to the last bit.
fn artanh_twice(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let x = (numerator.abs() << BITS) / denominator;
    let square = (&x * &x) >> BITS;
    let (mut power, mut sum, mut odd) = (x, BigInt::zero(), 1_u32);
    while !power.is_zero() {
        sum += &power / odd;
        power = (power * &square) >> BITS;
        odd += 2;
    }
    sum * 2 * numerator.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> String {
        let value: Exact = value.parse().expect("a decimal");
        ln(&value).expect("above 0").to_significant(38)
    }

    #[test]
    fn logarithms_to_38_digits() {
        // By mpmath 1.3 in 60 digits.
        for (value, logarithm) in [
            ("2", "0.69314718055994530941723212145817656808"),
            ("10", "2.3025850929940456840179914546843642076"),
            ("0.1", "-2.3025850929940456840179914546843642076"),
            ("3", "1.0986122886681096913952452369225257046"),
            ("0.3333333333", "-1.098612288768109691400245236922859038"),
            (
                "1.0000000001",
                "0.000000000099999999995000000000333333333308333333",
            ),
            ("123456789.125", "18.631401767180518041895105297825398214"),
            ("0.000000000000000123", "-36.634347318520404817061837574358622444"),
            ("99999999999999999999", "46.051701859880913680349829093687284152"),
            ("0.75", "-0.2876820724517809274392190059938274315"),
            ("1.5", "0.40546510810816438197801311546434913657"),
        ] {
            assert_eq!(shown(value), logarithm);
        }
        assert_eq!(shown("1"), "0");
        assert_eq!(ln(&Exact::zero()), None);
        assert_eq!(ln(&Exact::from(-1)), None);
    }
}
