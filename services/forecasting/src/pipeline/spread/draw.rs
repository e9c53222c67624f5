//! Draws of a sum: the deals that matter most one by one, all others together.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::normal::normal_quantile;
use super::shock::{Rest, STRATA, Shock, conditional, shock_factors};

/// How many draws make a distribution; a power of two.
const DRAWS: usize = 4096;
/// How many deals are drawn one by one.
const SINGLE: usize = 48;

/// One deal in a sum.
#[derive(Clone, Copy, Debug)]
pub(in crate::pipeline) struct Item {
    /// A number that belongs to the deal, whatever its place in the list.
    pub key: u64,
    /// The chance to be won.
    pub chance: f64,
    /// What it adds if it is won.
    pub size: f64,
    /// Standard deviation of that, over its mean.
    pub variation: f64,
}

impl Item {
    fn variance(&self) -> f64 {
        let square = self.size * self.size;
        self.chance * ((1.0 - self.chance) + self.variation * self.variation) * square
    }
}

/// What comes on top of the deals, normal and with an expected value of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::pipeline) struct Extra {
    pub mean: f64,
    pub variance: f64,
}

/// Draws the sum of the items and the extra; the draws are in the order of the shock. Items must come in an order that
/// does not depend on the caller's, such as by id.
pub(in crate::pipeline) fn draws(items: &[Item], shock: Shock, extra: Extra, seed: u64) -> Vec<f64> {
    let factors = shock_factors(shock);
    let (single, rest) = split(items);
    let rest = Rest::of(&rest, &factors);
    let mut sums = Vec::with_capacity(DRAWS);
    let mut variances = Vec::with_capacity(DRAWS);
    for draw in 0..DRAWS {
        let stratum = draw * STRATA / DRAWS;
        sums.push(rest.means[stratum] + extra.mean);
        variances.push(rest.variances[stratum] + extra.variance);
    }
    for item in &single {
        let chances = conditional(item.chance, &factors);
        let order = permutation(seed ^ item.key);
        for (draw, place) in order.enumerate() {
            if (f64::from(place) + 0.5) / (DRAWS as f64) < chances[draw * STRATA / DRAWS] {
                sums[draw] += item.size;
                variances[draw] += item.size * item.size * item.variation * item.variation;
            }
        }
    }
    let noise = permutation(seed ^ 0x9e37_79b9_7f4a_7c15);
    for ((sum, variance), place) in sums.iter_mut().zip(variances).zip(noise) {
        if variance > 0.0 {
            *sum += libm::sqrt(variance) * normal_quantile((f64::from(place) + 0.5) / DRAWS as f64);
        }
    }
    sums
}

/// The items that are drawn one by one, and the others.
fn split(items: &[Item]) -> (Vec<Item>, Vec<Item>) {
    if items.len() <= SINGLE {
        return (items.to_vec(), Vec::new());
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    let by = |one: &usize, other: &usize| {
        let (one, other) = (&items[*one], &items[*other]);
        other
            .variance()
            .total_cmp(&one.variance())
            .then(one.key.cmp(&other.key))
    };
    order.select_nth_unstable_by(SINGLE, by);
    let mut alone = vec![false; items.len()];
    order.iter().take(SINGLE).for_each(|place| alone[*place] = true);
    let pick = |want: bool| {
        items
            .iter()
            .zip(&alone)
            .filter(move |(_, alone)| **alone == want)
            .map(|(item, _)| *item)
    };
    (pick(true).collect(), pick(false).collect())
}

/// A permutation of the draws that belongs to a seed: rounds of odd multiplication, addition and shift, each of which
/// maps the draws onto themselves.
fn permutation(seed: u64) -> impl Iterator<Item = u32> {
    const MASK: u32 = DRAWS as u32 - 1;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let rounds: [(u32, u32); 3] =
        std::array::from_fn(|_| (random.random::<u32>() | 1, random.random::<u32>()));
    (0..DRAWS as u32).map(move |draw| {
        rounds.iter().fold(draw, |place, (times, plus)| {
            let place = place.wrapping_mul(*times).wrapping_add(*plus) & MASK;
            place ^ (place >> 5)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::Spread;
    use super::*;

    const CALM: Shock = Shock {
        sd: 0.0,
        freedom: 30.0,
    };

    fn items(count: usize, chance: f64) -> Vec<Item> {
        (0..count)
            .map(|key| Item {
                key: key as u64,
                chance,
                size: 1.0,
                variation: 0.0,
            })
            .collect()
    }

    #[test]
    fn few_deals_are_counted_exactly() {
        let spread = Spread::of(draws(&items(10, 0.3), CALM, Extra::default(), 1), 3.0, 0.0);
        // Binomial(10, 0.3): P(N >= 5) = 0.1503.
        assert!(
            (spread.chance_at_least(5.0) - 0.1503).abs() < 0.02,
            "{}",
            spread.chance_at_least(5.0)
        );
        assert_eq!(spread.median, 3.0);
    }

    #[test]
    fn many_deals_have_the_binomial_spread_and_a_shock_widens_it() {
        let all = items(2_000, 0.1);
        let calm = Spread::of(draws(&all, CALM, Extra::default(), 1), 200.0, 0.0);
        let band = calm.band(0.8).expect("a level of LEVELS");
        // 200 +- 1.2816 sqrt(180)
        assert!(
            (band.low - 182.8).abs() < 2.0 && (band.high - 217.2).abs() < 2.0,
            "{band:?}"
        );
        let rough = draws(
            &all,
            Shock {
                sd: 0.3,
                freedom: 30.0,
            },
            Extra::default(),
            1,
        );
        let mean = rough.iter().sum::<f64>() / rough.len() as f64;
        assert!((mean - 200.0).abs() < 2.0, "{mean}");
        let rough = Spread::of(rough, 200.0, 0.0)
            .band(0.8)
            .expect("a level of LEVELS");
        assert!(rough.high - rough.low > 3.0 * (band.high - band.low), "{rough:?}");
    }

    #[test]
    fn permutations_are_permutations_and_differ() {
        let one: Vec<u32> = permutation(1).collect();
        let mut sorted = one.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..DRAWS as u32));
        let other: Vec<u32> = permutation(2).collect();
        let centre = (DRAWS - 1) as f64 / 2.0;
        let product = |(one, other): (&u32, &u32)| (f64::from(*one) - centre) * (f64::from(*other) - centre);
        let correlation =
            one.iter().zip(&other).map(product).sum::<f64>() / (centre * centre / 3.0 * DRAWS as f64);
        assert!(correlation.abs() < 0.06, "{correlation}");
    }

    #[test]
    fn nothing_stays_nothing() {
        let none = Spread::of(draws(&[], CALM, Extra::default(), 1), 0.0, 0.0);
        assert_eq!(
            (none.mean, none.median, none.chance_at_least(1.0)),
            (0.0, 0.0, 0.0)
        );
        assert_eq!(none.chance_at_least(0.0), 1.0);
    }
}
