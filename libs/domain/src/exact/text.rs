//! How an exact number is written and read: plain decimal digits, never an exponent, never padding.

use std::fmt;
use std::str::FromStr;

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::Zero;

use super::{Exact, QUOTIENT_DIGITS, div_half_even, ten_to};

/// The longest decimal text that is read, in bytes. Reading digits into a big integer costs more than linear
/// time, and texts come from outside.
const MAX_TEXT: usize = 1_000;

/// Why a text is not an exact number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseExactError {
    /// The text is not an optional sign, digits, and an optional point with more digits.
    #[error("not a plain decimal number (like -1096.5)")]
    NotADecimal,
    /// The text has more than 1,000 characters.
    #[error("a decimal number has at most {MAX_TEXT} characters")]
    TooLong,
}

impl Exact {
    /// The text of an answer: whole numbers of any length exactly, everything else rounded half-even to 18
    /// significant digits (a terminating decimal of up to 18 digits is therefore exact). No exponent, no
    /// trailing zeros, and zero is `0`.
    #[must_use]
    pub fn to_decimal_string(&self) -> String {
        if self.is_integer() {
            self.numerator().to_string()
        } else {
            self.to_significant(QUOTIENT_DIGITS)
        }
    }

    /// The text of a count, sum or median: exact however long, when the decimal expansion ends; a value whose
    /// expansion never ends (1/3) is rounded half-even to 18 significant digits.
    #[must_use]
    pub fn to_exact_string(&self) -> String {
        match self.terminating() {
            Some((units, places)) => plain(self.is_negative(), &units, i64::from(places)),
            None => self.to_significant(QUOTIENT_DIGITS),
        }
    }

    /// The value rounded half-even to `digits` significant digits (0 is taken as 1), without exponent and
    /// without trailing zeros behind the point.
    #[must_use]
    pub fn to_significant(&self, digits: u32) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let digits = digits.max(1);
        let (numerator, denominator) = (self.numerator().magnitude(), self.denominator().magnitude());
        let (least, limit) = (ten_to(digits - 1), ten_to(digits));
        // The first guess of floor(log10 |x|) comes from the bit lengths and is off by one at most.
        let mut exponent = first_exponent(numerator, denominator);
        loop {
            let places = i64::from(digits) - 1 - exponent;
            let (scaled, divisor) = shift(numerator, denominator, places);
            let whole = &scaled / &divisor;
            if whole >= limit {
                exponent += 1;
            } else if whole < least {
                exponent -= 1;
            } else {
                return plain(self.is_negative(), &div_half_even(&scaled, &divisor), places);
            }
        }
    }

    /// `(units, places)` with `|self| = units / 10^places` and the least `places`, when there is one: the
    /// denominator has no prime factors but 2 and 5.
    fn terminating(&self) -> Option<(BigUint, u32)> {
        let denominator = self.denominator().magnitude();
        let twos = denominator.trailing_zeros().unwrap_or(0);
        let mut rest = denominator >> twos;
        let five = BigUint::from(5_u32);
        let mut fives = 0_u64;
        loop {
            let (quotient, remainder) = rest.div_rem(&five);
            if !remainder.is_zero() {
                break;
            }
            rest = quotient;
            fives += 1;
        }
        if rest != BigUint::from(1_u32) {
            return None;
        }
        let places = u32::try_from(twos.max(fives)).ok()?;
        Some((
            self.numerator().magnitude() * ten_to(places) / denominator,
            places,
        ))
    }
}

/// The same text as [`Exact::to_decimal_string`].
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad_integral(!self.is_negative(), "", &self.abs().to_decimal_string())
    }
}

/// Reads an optional sign, digits, and an optional point followed by digits: `10005534`, `-1096.5`, `+0.25`.
/// Exponents, spaces, separators of thousands, `.5` and `5.` are refused.
impl FromStr for Exact {
    type Err = ParseExactError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_TEXT {
            return Err(ParseExactError::TooLong);
        }
        let (sign, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (Sign::Minus, &text[1..]),
            Some(b'+') => (Sign::Plus, &text[1..]),
            _ => (Sign::Plus, text),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(ParseExactError::NotADecimal),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(ParseExactError::NotADecimal);
        }
        let digits = [whole, fraction].concat();
        let units = BigUint::parse_bytes(digits.as_bytes(), 10).ok_or(ParseExactError::NotADecimal)?;
        let places = u32::try_from(fraction.len()).map_err(|_| ParseExactError::TooLong)?;
        Ok(Self::from_scaled(BigInt::from_biguint(sign, units), places))
    }
}

/// `floor(log10(numerator / denominator))`, off by one at most; neither is 0.
fn first_exponent(numerator: &BigUint, denominator: &BigUint) -> i64 {
    let bits = |number: &BigUint| i64::try_from(number.bits()).unwrap_or(i64::MAX);
    let difference = bits(numerator) - bits(denominator);
    // log10(2) to nine digits: good for the 2^30 bits that nobody will ever write down.
    (i128::from(difference) * 301_029_996).div_euclid(1_000_000_000) as i64
}

/// `numerator * 10^places / denominator` as a pair of whole numbers.
fn shift(numerator: &BigUint, denominator: &BigUint, places: i64) -> (BigUint, BigUint) {
    let power = ten_to(u32::try_from(places.unsigned_abs()).unwrap_or(u32::MAX));
    if places >= 0 {
        (numerator * power, denominator.clone())
    } else {
        (numerator.clone(), denominator * power)
    }
}

/// `units * 10^-places` with its sign, trailing zeros behind the point dropped.
fn plain(negative: bool, units: &BigUint, places: i64) -> String {
    if units.is_zero() {
        return "0".to_owned();
    }
    let mut digits = units.to_string();
    let mut places = places;
    while places > 0 && digits.ends_with('0') {
        digits.pop();
        places -= 1;
    }
    let width = usize::try_from(places.unsigned_abs()).unwrap_or(usize::MAX);
    if places <= 0 {
        digits.push_str(&"0".repeat(width));
    } else {
        if digits.len() <= width {
            digits.insert_str(0, &"0".repeat(width + 1 - digits.len()));
        }
        digits.insert(digits.len() - width, '.');
    }
    if negative {
        digits.insert(0, '-');
    }
    digits
}
