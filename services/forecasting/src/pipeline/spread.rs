//! The distribution of a sum over deals that share a shock.
//!
//! A quarter is good or bad for all deals together, so their wins are not independent: all hazards are multiplied by
//! one factor, log-t distributed with mean 1. Given the factor, the few deals that matter most are drawn one by one
//! (by Latin hypercube, McKay et al. 1979), and all others together are normal with their exact mean and variance.
//! The cost hardly depends on how many deals there are.

mod normal;

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use self::normal::{normal_quantile, t_quantile};

/// The levels of the intervals that every distribution comes with.
pub const LEVELS: [f64; 3] = [0.5, 0.8, 0.95];
/// How many draws make a distribution; a power of two.
pub(super) const DRAWS: usize = 4096;
/// How many values of the shock.
const STRATA: usize = 64;
/// How many deals are drawn one by one.
const SINGLE: usize = 48;
/// Into how many classes of chance all others are put.
const CLASSES: usize = 400;
/// How many quantiles are kept.
const KEPT: usize = 512;

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// How often it should hold, between 0 and 1.
    pub level: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A distribution of a count, or of a value in minor units; by default that of nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// The expected value.
    pub mean: f64,
    /// The median.
    pub median: f64,
    /// Intervals at [`LEVELS`].
    pub bands: Vec<Band>,
    quantiles: Vec<f64>,
}

impl Spread {
    /// The chance to reach `least` or more.
    #[must_use]
    pub fn chance_at_least(&self, least: f64) -> f64 {
        if self.quantiles.is_empty() {
            return f64::from(u8::from(least <= 0.0));
        }
        let below = self.quantiles.partition_point(|value| *value < least);
        1.0 - below as f64 / self.quantiles.len() as f64
    }

    /// The value that is not reached with a chance of `share` (0 to 1).
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        quantile(&self.quantiles, share)
    }

    /// The interval of a level of [`LEVELS`].
    #[must_use]
    pub fn band(&self, level: f64) -> Option<Band> {
        self.bands
            .iter()
            .copied()
            .find(|band| (band.level - level).abs() < 1e-9)
    }

    /// Makes a distribution of draws that are not below `least`, whose mean is known.
    pub(super) fn of(mut draws: Vec<f64>, mean: f64, least: f64) -> Self {
        draws.iter_mut().for_each(|draw| *draw = draw.max(least));
        draws.sort_by(f64::total_cmp);
        let band = |level: f64| Band {
            level,
            low: quantile(&draws, (1.0 - level) / 2.0),
            high: quantile(&draws, (1.0 + level) / 2.0),
        };
        let kept = (0..KEPT).map(|place| quantile(&draws, (place as f64 + 0.5) / KEPT as f64));
        Self {
            mean,
            median: quantile(&draws, 0.5),
            bands: LEVELS.map(band).to_vec(),
            quantiles: kept.collect(),
        }
    }
}

/// The value at a share of sorted values, type 7.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let low = (libm::floor(place) as usize).min(last);
    let high = (low + 1).min(last);
    sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64)
}

/// One deal in a sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
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

/// What all deals of a sum share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shock {
    /// Standard deviation of the log of the common factor.
    pub sd: f64,
    /// Degrees of freedom of its t distribution, at least 3.
    pub freedom: f64,
}

/// What comes on top of the deals, normal and with an expected value of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Extra {
    pub mean: f64,
    pub variance: f64,
}

/// Draws the sum of the items and the extra; the draws are in the order of the shock. Items must come in an order that
/// does not depend on the caller's, such as by id.
pub(super) fn draws(items: &[Item], shock: Shock, extra: Extra, seed: u64) -> Vec<f64> {
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

/// Mean and variance of a sum of many deals, for each value of the shock.
pub(super) struct Rest {
    pub means: Vec<f64>,
    pub variances: Vec<f64>,
}

impl Rest {
    pub(super) fn of(items: &[Item], factors: &[f64]) -> Self {
        let mut classes = vec![(0.0, 0.0, 0.0, 0.0); CLASSES];
        let mut exact = 0.0;
        for item in items {
            // Finer classes for small chances, of which there are many.
            let class = ((libm::sqrt(item.chance) * CLASSES as f64) as usize).min(CLASSES - 1);
            let (sum, squares, variation, weight) = &mut classes[class];
            let square = item.size * item.size;
            *sum += item.size;
            *squares += square;
            *variation += square * item.variation * item.variation;
            *weight += item.size * item.chance;
            exact += item.size * item.chance;
        }
        let (mut means, mut variances) = (vec![0.0; factors.len()], vec![0.0; factors.len()]);
        for (sum, squares, variation, weight) in classes.into_iter().filter(|class| class.0 > 0.0) {
            let chances = conditional(weight / sum, factors);
            for (stratum, chance) in chances.into_iter().enumerate() {
                means[stratum] += chance * sum;
                variances[stratum] += chance * (1.0 - chance) * squares + chance * variation;
            }
        }
        let average: f64 = means.iter().sum::<f64>() / factors.len() as f64;
        if average > 0.0 {
            means.iter_mut().for_each(|mean| *mean *= exact / average);
        }
        Self { means, variances }
    }
}

/// A chance under each value of the shock; their mean is the chance, as near as chances below 1 allow.
fn conditional(chance: f64, factors: &[f64]) -> Vec<f64> {
    if chance <= 0.0 || chance >= 1.0 {
        return vec![chance.clamp(0.0, 1.0); factors.len()];
    }
    let log_stays = libm::log1p(-chance);
    let mut chances: Vec<f64> = factors
        .iter()
        .map(|factor| -libm::expm1(factor * log_stays))
        .collect();
    let average: f64 = chances.iter().sum::<f64>() / factors.len() as f64;
    chances
        .iter_mut()
        .for_each(|one| *one = (*one * chance / average).min(1.0));
    chances
}

/// Values of the shock at equal steps of chance, rising, with mean 1.
pub(super) fn shock_factors(shock: Shock) -> Vec<f64> {
    let at = |place: usize| {
        let t = t_quantile((place as f64 + 0.5) / STRATA as f64, shock.freedom.max(3.0));
        libm::exp((shock.sd * t).clamp(-4.0, 4.0))
    };
    let factors: Vec<f64> = (0..STRATA).map(at).collect();
    let mean: f64 = factors.iter().sum::<f64>() / STRATA as f64;
    factors.into_iter().map(|factor| factor / mean).collect()
}

/// A permutation of the draws that belongs to a seed: rounds of odd multiplication, addition and shift, each of which
/// maps the draws onto themselves.
pub(super) fn permutation(seed: u64) -> impl Iterator<Item = u32> {
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
