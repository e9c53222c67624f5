//! Exact rational numbers: every KPI value is one until the moment it is written down, so that no order of
//! rows, threads or replicas can change a digit of it.

mod text;

#[cfg(test)]
mod tests;

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Pow, Signed, ToPrimitive, Zero};

pub use text::ParseExactError;

/// Significant digits of a quotient in an answer; counts, sums and medians are written exactly.
pub const QUOTIENT_DIGITS: u32 = 18;

/// An exact rational number of any size, always in lowest terms with a positive denominator.
///
/// There is no division operator: dividing by zero is an everyday event for a KPI (no closed deals), so
/// [`Exact::checked_div`] returns an `Option`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(BigRational);

impl Exact {
    /// The number 0.
    #[must_use]
    pub fn zero() -> Self {
        Self(BigRational::zero())
    }

    /// The number 1.
    #[must_use]
    pub fn one() -> Self {
        Self::from(1_i64)
    }

    /// `numerator / denominator`, or `None` when the denominator is 0.
    pub fn ratio(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Option<Self> {
        let denominator = denominator.into();
        (!denominator.is_zero()).then(|| Self(BigRational::new(numerator.into(), denominator)))
    }

    /// `units / 10^decimals`: an amount in minor units as major units (`from_scaled(109_650, 2)` is 1096.5).
    pub fn from_scaled(units: impl Into<BigInt>, decimals: u32) -> Self {
        Self(BigRational::new(units.into(), ten_to(decimals).into()))
    }

    /// The nearest float; infinite when the value lies beyond the range of `f64`. For display and models only:
    /// never a step on the way to an answer.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// `self / divisor`, or `None` when the divisor is 0.
    #[must_use]
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.is_zero()).then(|| Self(&self.0 / &divisor.0))
    }

    /// The numerator in lowest terms; it carries the sign.
    #[must_use]
    pub fn numerator(&self) -> &BigInt {
        self.0.numer()
    }

    /// The denominator in lowest terms; always positive.
    #[must_use]
    pub fn denominator(&self) -> &BigInt {
        self.0.denom()
    }

    /// Whether the value is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Whether the value is below 0.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// Whether the value is a whole number.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    /// The value without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self(self.0.abs())
    }

    /// The largest whole number that is not above the value (towards minus infinity).
    #[must_use]
    pub fn floor(&self) -> BigInt {
        self.numerator().div_floor(self.denominator())
    }

    /// The nearest whole number; a value exactly between two goes to the even one (IEEE 754
    /// `roundTiesToEven`, ISO 80000-1 rule A).
    #[must_use]
    pub fn round_half_even_to_integer(&self) -> BigInt {
        let rounded = div_half_even(self.numerator().magnitude(), self.denominator().magnitude());
        BigInt::from_biguint(self.numerator().sign(), rounded)
    }
}

impl Default for Exact {
    fn default() -> Self {
        Self::zero()
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exact({}/{})", self.numerator(), self.denominator())
    }
}

impl From<BigInt> for Exact {
    fn from(value: BigInt) -> Self {
        Self(BigRational::from_integer(value))
    }
}

macro_rules! from_integers {
    ($($integer:ty),+) => {$(
        impl From<$integer> for Exact {
            fn from(value: $integer) -> Self {
                Self::from(BigInt::from(value))
            }
        }

        impl From<&$integer> for Exact {
            fn from(value: &$integer) -> Self {
                Self::from(BigInt::from(*value))
            }
        }
    )+};
}

from_integers!(i32, i64, i128, u32, u64, u128, usize);

impl From<&Exact> for Exact {
    fn from(value: &Exact) -> Self {
        value.clone()
    }
}

macro_rules! arithmetic {
    ($($operator:ident :: $method:ident),+) => {$(
        impl $operator<&Exact> for &Exact {
            type Output = Exact;

            fn $method(self, other: &Exact) -> Exact {
                Exact((&self.0).$method(&other.0))
            }
        }

        impl $operator<&Exact> for Exact {
            type Output = Exact;

            fn $method(self, other: &Exact) -> Exact {
                (&self).$method(other)
            }
        }

        impl $operator<Exact> for &Exact {
            type Output = Exact;

            fn $method(self, other: Exact) -> Exact {
                self.$method(&other)
            }
        }

        impl $operator for Exact {
            type Output = Exact;

            fn $method(self, other: Exact) -> Exact {
                (&self).$method(&other)
            }
        }
    )+};
}

arithmetic!(Add::add, Sub::sub, Mul::mul);

impl Neg for Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        Exact(-self.0)
    }
}

impl AddAssign<&Exact> for Exact {
    fn add_assign(&mut self, other: &Exact) {
        self.0 += &other.0;
    }
}

impl SubAssign<&Exact> for Exact {
    fn sub_assign(&mut self, other: &Exact) {
        self.0 -= &other.0;
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Exact>>(items: I) -> Exact {
        items.fold(Exact::zero(), |total, item| total + item)
    }
}

impl<'a> Sum<&'a Exact> for Exact {
    fn sum<I: Iterator<Item = &'a Exact>>(items: I) -> Exact {
        items.fold(Exact::zero(), |total, item| total + item)
    }
}

/// `10^exponent`.
fn ten_to(exponent: u32) -> BigUint {
    Pow::pow(BigUint::from(10_u32), exponent)
}

/// `numerator / denominator` to the nearest whole number, ties to the even one; the denominator is not 0.
fn div_half_even(numerator: &BigUint, denominator: &BigUint) -> BigUint {
    let (quotient, remainder) = numerator.div_rem(denominator);
    let up = match (&remainder + &remainder).cmp(denominator) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient.is_odd(),
        std::cmp::Ordering::Greater => true,
    };
    if up { quotient + 1_u32 } else { quotient }
}
