//! Rounding to whole units that loses none: shares by largest remainder.

use std::cmp::Reverse;

use bellwether_domain::exact::Exact;
use num_bigint::{BigInt, Sign};
use num_traits::{ToPrimitive, Zero};

/// Splits `total` whole units by weight so that the parts sum to it exactly: every part gets its share rounded
/// towards zero, and the units that are left go one each to the largest remainders, the earlier part first
/// when remainders are equal (method of Hamilton; KPI rule R10: a deal's money among its owners).
///
/// A negative total is split like the positive one with the sign turned. A part of weight 0 gets nothing.
/// `None` when a weight is negative or their sum is 0 (also: no weights): there is nobody to give the units to.
#[must_use]
pub fn largest_remainder<W>(total: i128, weights: &[W]) -> Option<Vec<i128>>
where
    W: Clone + Into<Exact>,
{
    let weights: Vec<Exact> = weights.iter().map(|weight| weight.clone().into()).collect();
    let sum: Exact = weights.iter().sum();
    if sum.is_zero() || weights.iter().any(Exact::is_negative) {
        return None;
    }
    let total = BigInt::from(total);
    let per_weight = Exact::from(BigInt::from(total.magnitude().clone())).checked_div(&sum)?;

    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = BigInt::from(total.magnitude().clone());
    for (index, weight) in weights.iter().enumerate() {
        let share = weight * &per_weight;
        let whole = share.floor();
        left -= &whole;
        remainders.push((Reverse(share - Exact::from(whole.clone())), index));
        parts.push(whole);
    }
    // Fewer units are left than there are remainders above 0: those of weight 0 sort last and get none.
    remainders.sort();
    for (_, index) in remainders {
        if left.is_zero() {
            break;
        }
        parts[index] += 1;
        left -= 1;
    }
    let signed = |part: BigInt| if total.sign() == Sign::Minus { -part } else { part };
    parts.into_iter().map(|part| signed(part).to_i128()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_sum_to_the_whole() {
        assert_eq!(largest_remainder(100, &[1_u64, 1, 1]), Some(vec![34, 33, 33]));
        assert_eq!(largest_remainder(-100, &[1_u64, 1, 1]), Some(vec![-34, -33, -33]));
        assert_eq!(largest_remainder(10, &[0_u64, 3, 0, 3]), Some(vec![0, 5, 0, 5]));
        assert_eq!(largest_remainder(0, &[2_u64, 1]), Some(vec![0, 0]));
        // Hamilton's method on the textbook votes 47, 16, 15.8, 12, 6.1, 3.1 thousand for 10 seats.
        let votes = [47_000_u64, 16_000, 15_800, 12_000, 6_100, 3_100];
        assert_eq!(largest_remainder(10, &votes), Some(vec![5, 2, 1, 1, 1, 0]));
        let shares = ["0.6", "0.25", "0.15"].map(|text| text.parse::<Exact>().expect("a decimal"));
        assert_eq!(largest_remainder(10_549, &shares), Some(vec![6330, 2637, 1582]));
        assert_eq!(largest_remainder(i128::MIN, &[1_u64]), Some(vec![i128::MIN]));
    }

    #[test]
    fn nobody_to_give_to_is_absent() {
        assert_eq!(largest_remainder::<u64>(5, &[]), None);
        assert_eq!(largest_remainder(5, &[0_u64, 0]), None);
        assert_eq!(largest_remainder(5, &[2_i64, -1]), None);
    }

    proptest! {
        #[test]
        fn every_part_is_within_one_unit_of_its_share(
            total in any::<i128>(), weights in proptest::collection::vec(0_u64..1_000_000, 1..12),
        ) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let parts = largest_remainder(total, &weights).expect("some weight");
            let sum: Exact = parts.iter().map(Exact::from).sum();
            prop_assert_eq!(sum, Exact::from(total));
            let all: u64 = weights.iter().sum();
            for (&part, &weight) in parts.iter().zip(&weights) {
                let share = Exact::from(total) * Exact::ratio(weight, all).expect("some weight");
                prop_assert!((Exact::from(part) - share).abs() < Exact::one());
                prop_assert!(weight > 0 || part == 0);
            }
            if let Some(turned) = total.checked_neg() {
                let turned = largest_remainder(turned, &weights).expect("some weight");
                prop_assert!(parts.iter().zip(turned).all(|(part, other)| *part == -other));
            }
        }

        #[test]
        fn the_scale_of_the_weights_is_irrelevant(
            total in -1_000_000_i128..1_000_000, weights in proptest::collection::vec(1_u64..1_000, 1..8),
        ) {
            let scaled: Vec<Exact> = weights.iter().map(|&weight| Exact::from_scaled(weight, 3)).collect();
            prop_assert_eq!(largest_remainder(total, &weights), largest_remainder(total, &scaled));
        }
    }
}
