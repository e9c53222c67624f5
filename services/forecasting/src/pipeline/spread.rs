//! The distribution of a sum over deals that share a shock.
//!
//! A quarter is good or bad for all deals together, so their wins are not independent: all hazards are multiplied by
//! one factor, log-t distributed with mean 1. Given the factor, the few deals that matter most are drawn one by one
//! (by Latin hypercube, McKay et al. 1979), and all others together are normal with their exact mean and variance.
//! The cost hardly depends on how many deals there are.

mod draw;
mod normal;
mod shock;

pub(super) use self::draw::{Extra, Item, draws};
pub(super) use self::shock::{Rest, Shock, shock_factors};

/// The levels of the intervals that every distribution comes with.
pub const LEVELS: [f64; 3] = [0.5, 0.8, 0.95];
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
