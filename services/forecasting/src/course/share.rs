//! Shares: forecast by what they are a share of, and how far off one of few items may be.

use libm::lgamma;

use crate::facts::{History, Share};
use crate::series::Series;
use crate::trend::{Ask, Bounds, Forecast, forecast};

/// More items than this are spread as these are: by what is not known of the share, and no longer by chance.
const MOST: usize = 2_000;

/// What both outcomes are worth before anything was seen (Jeffreys 1946; for shares Brown, Cai & DasGupta 2001, "Interval
/// estimation for a binomial proportion", Statistical Science 16:101-133).
const PRIOR: f64 = 0.5;

/// What a share will stand on: its denominators and numerators by step.
pub(super) fn parts(share: &Share, horizon: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let ask = Ask {
        horizon,
        levels: Vec::new(),
        bounds: Bounds::NonNegative,
    };
    let of = |series: &Series| forecast(series, &ask).ok().map(|forecast| forecast.mean);
    Some((of(&share.denominator)?, of(&share.numerator)?))
}

/// How many items a share stood on so far.
pub(super) fn seen(history: &History) -> f64 {
    let share = history.share.as_ref();
    share.map_or(0.0, |share| share.denominator.observed().sum())
}

/// A share as the quotient of its parts; its intervals move with it, are no narrower than those of so many items, and stay
/// within 0 and 1.
pub(super) fn by_parts(mut forecast: Forecast, items: &[f64], numerators: &[f64], seen: f64) -> Forecast {
    for step in 0..forecast.mean.len() {
        let (Some(items), Some(numerator)) = (items.get(step), numerators.get(step)) else {
            continue;
        };
        let quotient = numerator / items;
        let before = forecast.mean[step];
        let mean = if *items > 0.0 && quotient.is_finite() {
            Bounds::Unit.clamp(quotient)
        } else {
            before
        };
        forecast.mean[step] = mean;
        for band in &mut forecast.bands {
            let (low, high) = ends(mean, seen, *items, band.level);
            let moved = |end: f64| Bounds::Unit.clamp(end + mean - before);
            band.low[step] = moved(band.low[step]).min(mean).min(low);
            band.high[step] = moved(band.high[step]).max(mean).max(high);
        }
    }
    forecast
}

/// The ends, 0 to 1, between which the share of `items` lies in `level` of cases, where `seen` items of which `mean` were
/// of the kind are all that is known: the beta-binomial distribution (Skellam 1948, "A probability distribution derived
/// from the binomial distribution by regarding the probability of success as variable between the sets of trials",
/// Journal of the Royal Statistical Society B 10:257-261). Each count is spread evenly over half a one on both sides, so
/// that no finite number of items makes it certain.
fn ends(mean: f64, seen: f64, items: f64, level: f64) -> (f64, f64) {
    // So many that chance no longer matters, and few enough for the digits of the logarithms below.
    let seen = if seen.is_finite() {
        seen.clamp(0.0, 1e9)
    } else {
        0.0
    };
    let most = (items.round() as usize).clamp(1, MOST);
    let (of, others) = (mean * seen + PRIOR, (1.0 - mean) * seen + PRIOR);
    let m = most as f64;
    let beta = |a: f64, b: f64| lgamma(a) + lgamma(b) - lgamma(a + b);
    let chance = |count: usize| {
        let c = count as f64;
        let ways = lgamma(m + 1.0) - lgamma(c + 1.0) - lgamma(m - c + 1.0);
        libm::exp(ways + beta(c + of, m - c + others) - beta(of, others))
    };
    let chances: Vec<f64> = (0..=most).map(chance).collect();
    let total: f64 = chances.iter().sum();
    let quantile = |share: f64| {
        let mut left = share * total;
        for (count, chance) in chances.iter().enumerate() {
            if left < *chance {
                return ((count as f64 - 0.5 + left / chance) / m).clamp(0.0, 1.0);
            }
            left -= chance;
        }
        1.0
    };
    (quantile((1.0 - level) / 2.0), quantile((1.0 + level) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_outcome_of_few_is_not_certain() {
        // Ten of ten: the next three are all of the kind with a chance of 10.5/11 * 11.5/12 * 12.5/13 = 0.88, two of them
        // with 0.10, so that a tenth is missing within those two.
        let (low, high) = ends(1.0, 10.0, 3.0, 0.8);
        assert!(low > 1.5 / 3.0 && low < 2.5 / 3.0, "{low}");
        assert_eq!(high, 1.0);
        for items in [0.0, 1.0, 4.4, 1e9, f64::INFINITY, f64::NAN] {
            for (seen, mean) in [
                (0.0, 1.0),
                (3.0, 1.0),
                (3.0, 0.0),
                (1e12, 1.0),
                (f64::INFINITY, 0.3),
            ] {
                let (low, high) = ends(mean, seen, items, 0.95);
                assert!(
                    low < high && low >= 0.0 && high <= 1.0,
                    "{items} {seen} {mean}: {low} {high}"
                );
            }
        }
    }

    #[test]
    fn many_items_of_a_known_share_are_spread_as_a_binomial_is() {
        let (low, high) = ends(0.4, 1e9, 100.0, 0.95);
        let sd = (0.4_f64 * 0.6 / 100.0).sqrt();
        assert!((low - (0.4 - 1.96 * sd)).abs() < 0.01 && (high - (0.4 + 1.96 * sd)).abs() < 0.01);
        let (less, _) = ends(0.4, 50.0, 100.0, 0.95);
        assert!(less < low - 0.05);
    }
}
