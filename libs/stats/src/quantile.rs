//! Quantiles of exact values by linear interpolation (type 7), without a rounding anywhere.

use bellwether_domain::exact::Exact;
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// The quantile `q` of values that are already in rising order.
///
/// ```text
/// h = (n - 1) q,  j = floor(h):  x[j] + (h - j) (x[j + 1] - x[j])
/// ```
///
/// Type 7 of Hyndman and Fan (1996), The American Statistician 50:361-365: the default of R, NumPy and
/// spreadsheets. The result is in the unit of the values. `None` when there are none or `q` is outside 0 to 1.
#[must_use]
pub fn quantile_type7<T>(sorted: &[T], q: &Exact) -> Option<Exact>
where
    T: Clone + Into<Exact>,
{
    let place = Place::of(sorted.len(), q)?;
    let low: Exact = sorted.get(place.index)?.clone().into();
    let high: Exact = sorted
        .get(place.index + 1)
        .map_or_else(|| low.clone(), |value| value.clone().into());
    Some(place.between(low, high))
}

/// The median of values that are already in rising order; of an even number of values the mean of the two in
/// the middle. `None` when there are none.
#[must_use]
pub fn median<T>(sorted: &[T]) -> Option<Exact>
where
    T: Clone + Into<Exact>,
{
    quantile_type7(sorted, &half())
}

/// The same as [`quantile_type7`] of values in any order, in linear time. The values are rearranged.
pub fn quantile_type7_of<T>(values: &mut [T], q: &Exact) -> Option<Exact>
where
    T: Clone + Ord + Into<Exact>,
{
    let place = Place::of(values.len(), q)?;
    let (_, low, above) = values.select_nth_unstable(place.index);
    let low: Exact = low.clone().into();
    let high: Exact = above
        .iter()
        .min()
        .map_or_else(|| low.clone(), |value| value.clone().into());
    Some(place.between(low, high))
}

/// The same as [`median`] of values in any order, in linear time. The values are rearranged.
pub fn median_of<T>(values: &mut [T]) -> Option<Exact>
where
    T: Clone + Ord + Into<Exact>,
{
    quantile_type7_of(values, &half())
}

/// Where a quantile stands among sorted values.
struct Place {
    /// The value at or below it.
    index: usize,
    /// How far on towards the next value, 0 to 1 (exclusive).
    fraction: Exact,
}

impl Place {
    fn of(count: usize, q: &Exact) -> Option<Self> {
        if count == 0 || q.is_negative() || *q > Exact::one() {
            return None;
        }
        let position = Exact::from(count - 1) * q;
        let whole: BigInt = position.floor();
        Some(Self {
            index: whole.to_usize()?,
            fraction: position - Exact::from(whole),
        })
    }

    fn between(&self, low: Exact, high: Exact) -> Exact {
        let step = high - &low;
        low + step * &self.fraction
    }
}

fn half() -> Exact {
    Exact::from_scaled(5, 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Exact {
        text.parse().expect("a test writes decimals")
    }

    fn at(sorted: &[i64], q: &str) -> String {
        quantile_type7(sorted, &exact(q))
            .expect("values")
            .to_exact_string()
    }

    #[test]
    fn the_quartiles_of_mtcars_as_r_prints_them() {
        // R: quantile(mtcars$mpg) gives 10.400 15.425 19.200 22.800 33.900.
        let mpg = "21.0 21.0 22.8 21.4 18.7 18.1 14.3 24.4 22.8 19.2 17.8 16.4 17.3 15.2 10.4 10.4 14.7 32.4 30.4 \
                   33.9 21.5 15.5 15.2 13.3 19.2 27.3 26.0 30.4 15.8 19.7 15.0 21.4";
        let mut values: Vec<Exact> = mpg.split_whitespace().map(exact).collect();
        values.sort();
        let quartile = |q| {
            quantile_type7(&values, &exact(q))
                .expect("values")
                .to_exact_string()
        };
        let all = ["0", "0.25", "0.5", "0.75", "1"].map(quartile);
        assert_eq!(all, ["10.4", "15.425", "19.2", "22.8", "33.9"]);
    }

    #[test]
    fn small_sets() {
        assert_eq!(at(&[1, 2, 3, 4], "0.25"), "1.75");
        assert_eq!(at(&[1, 2, 3, 4], "0.9"), "3.7");
        assert_eq!(at(&[7], "0.9"), "7");
        assert_eq!(
            median(&[2_193_i64, 0])
                .map(|value| value.to_exact_string())
                .as_deref(),
            Some("1096.5")
        );
        assert_eq!(median(&[-3_i128, -1, 10]), Some(Exact::from(-1)));
        assert_eq!(median::<i64>(&[]), None);
        assert_eq!(median_of::<i64>(&mut []), None);
        for outside in ["-0.01", "1.01"] {
            assert_eq!(quantile_type7(&[1_i64, 2], &exact(outside)), None);
            assert_eq!(quantile_type7_of(&mut [1_i64, 2], &exact(outside)), None);
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        let values = [i128::MIN, i128::MAX];
        assert_eq!(
            median(&values).map(|value| value.to_exact_string()).as_deref(),
            Some("-0.5")
        );
    }

    proptest! {
        #[test]
        fn order_does_not_matter(
            values in proptest::collection::vec(-1_000_i64..1_000, 1..60), numerator in 0_u32..=100,
        ) {
            let q = Exact::from_scaled(numerator, 2);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let expected = quantile_type7(&sorted, &q);
            let (mut forward, mut backward) = (values.clone(), values);
            backward.reverse();
            prop_assert_eq!(&quantile_type7_of(&mut forward, &q), &expected);
            prop_assert_eq!(&quantile_type7_of(&mut backward, &q), &expected);
            prop_assert_eq!(quantile_type7(&sorted, &Exact::one()), sorted.last().map(Exact::from));
            prop_assert_eq!(quantile_type7(&sorted, &Exact::zero()), sorted.first().map(Exact::from));
        }

        #[test]
        fn it_rises_with_q_and_mirrors_with_the_sign(
            mut values in proptest::collection::vec(any::<i64>(), 1..40), a in 0_u32..=1000, b in 0_u32..=1000,
        ) {
            values.sort_unstable();
            let (low, high) = (Exact::from_scaled(a.min(b), 3), Exact::from_scaled(a.max(b), 3));
            prop_assert!(quantile_type7(&values, &low) <= quantile_type7(&values, &high));
            let mirrored: Vec<Exact> = values.iter().rev().map(|value| -Exact::from(value)).collect();
            let other = quantile_type7(&mirrored, &(Exact::one() - &low)).map(|value| -value);
            prop_assert_eq!(quantile_type7(&values, &low), other);
        }

        #[test]
        fn the_median_is_the_middle(values in proptest::collection::vec(any::<i64>(), 1..40)) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let n = sorted.len();
            let middle = Exact::from(sorted[(n - 1) / 2]) + Exact::from(sorted[n / 2]);
            prop_assert_eq!(median(&sorted), Some(middle * half()));
        }
    }
}
