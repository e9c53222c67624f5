//! Shares in fixed point: products of fractions to 38 decimals, in whole numbers, so that a share that is one fraction
//! (nobody censored) is that fraction, and a comparison with a half never hangs on a float's last bit.

use bellwether_domain::exact::Exact;
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// What stands for 1.
const ONE: u128 = 10_u128.pow(38);
/// Decimals that are shown: eight fewer, which hold the roundings of 10^8 steps.
const SHOWN: u32 = 30;
const HIDDEN: u128 = 10_u128.pow(38 - SHOWN);

/// A share from 0 to 1 in units of 10^-38.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share(u128);

impl Share {
    pub(super) const ALL: Self = Self(ONE);
    pub(super) const NONE: Self = Self(0);

    /// `self · part / whole`, rounded to the nearest; `part` is at most `whole`, which is not 0.
    pub(super) fn times(self, part: u64, whole: u64) -> Self {
        // In digits of 64 bits: every step divides a number below 2^128 and leaves a rest below `whole`.
        let (part, whole) = (u128::from(part), u128::from(whole));
        let low_bits = u128::from(u64::MAX);
        let high = (self.0 >> 64) * part;
        let low = (self.0 & low_bits) * part;
        let middle = high % whole + (low >> 64);
        let last = ((middle % whole) << 64) | (low & low_bits);
        let floor = ((high / whole) << 64) + ((middle / whole) << 64) + last / whole;
        Self(floor + u128::from(last % whole >= whole.div_ceil(2)))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0).min(ONE))
    }

    /// What this share is more than the other one, which is not larger.
    pub(super) fn minus(self, other: Self) -> f64 {
        Self(self.0.saturating_sub(other.0)).float()
    }

    pub(super) fn of_the_rest(self) -> Self {
        Self(ONE - self.0)
    }

    /// The share that an exact number between 0 and 1 is, rounded down.
    pub(super) fn of(value: &Exact) -> Option<Self> {
        if value.is_negative() || *value > Exact::one() {
            return None;
        }
        let units: BigInt = (value * &Exact::from(ONE)).floor();
        units.to_u128().map(Self)
    }

    /// Whether the share is at most the other one, where a difference of 10^-30 is taken for the roundings of the steps.
    pub(super) fn at_most(self, other: Self) -> bool {
        self.0 <= other.0 + HIDDEN
    }

    pub(super) fn exact(self) -> Exact {
        Exact::from_scaled((self.0 + HIDDEN / 2) / HIDDEN, SHOWN)
    }

    pub(super) fn float(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// The natural logarithm, right to a float's last digits at either end; minus infinity of 0.
    pub(super) fn ln(self) -> f64 {
        if self.0 > ONE / 2 {
            libm::log1p(-self.of_the_rest().float())
        } else {
            libm::log(self.float())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fractions_are_kept() {
        assert_eq!(Share::ALL.times(3, 5).exact().to_exact_string(), "0.6");
        assert_eq!(Share::ALL.times(0, 5), Share::NONE);
        let third = Share::ALL.times(1, 3);
        assert_eq!(third.times(3, 4).exact().to_exact_string(), "0.25");
        assert!(
            Share::ALL
                .times(2, 3)
                .times(3, 4)
                .at_most(Share::of(&Exact::from_scaled(5, 1)).expect("a share"))
        );
        assert_eq!(Share::of(&Exact::from(2)), None);
        assert_eq!(Share::of(&Exact::from(-1)), None);
    }

    proptest! {
        #[test]
        fn products_are_those_of_big_numbers(share in 0..=ONE, whole in 1_u64.., part in any::<u64>()) {
            let part = if part > whole { part % whole } else { part };
            let product = Exact::from(share) * Exact::ratio(part, whole).expect("not 0");
            let difference = Exact::from(Share(share).times(part, whole).0) - product;
            prop_assert!(difference.abs() <= Exact::from_scaled(5, 1), "{:?}", difference);
        }
    }
}
