//! What the past of a series says about how far off its forecast may be.

use super::{Kind, LEVELS};
use crate::trend::combine::{Combined, Miss};

/// What is known of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Its kind.
    pub kind: Kind,
    /// What was missed at its earlier origins.
    pub misses: Vec<Miss>,
    /// How many earlier origins there were.
    pub origins: usize,
    /// The shape of its errors; `None` where there are too few to tell.
    pub tails: Option<Tails>,
    /// By step: the standard deviation of the first step over that of this one, 1 where errors do not pile up.
    pub first: Vec<f64>,
}

impl Past {
    /// Of a series that was forecast; `season` is its shortest one.
    pub fn of(kind: Kind, combined: &Combined, season: usize) -> Self {
        let start = combined.sd.first().copied().unwrap_or(0.0);
        let first = |sd: &f64| if *sd > start { start / sd } else { 1.0 };
        Self {
            kind,
            misses: combined.misses.clone(),
            origins: combined.origins,
            tails: Tails::of(&combined.rest, season),
            first: combined.sd.iter().map(first).collect(),
        }
    }
}

/// How the errors of one step are spread: normal ones have two in three within their standard deviation; where a few are
/// huge, nearly all are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tails {
    /// By level: the quantile of absolute errors, over the root of their mean square.
    pub quantiles: [f64; LEVELS.len()],
    /// How many errors there were.
    pub count: usize,
}

/// The fewest errors that have a shape.
const FEW: usize = 12;

/// How many errors the usual shape is worth.
const USUAL: f64 = 60.0;

/// How much more or less than usual a quantile may be.
const MOST: f64 = 2.5;

impl Tails {
    /// The shape of errors by value of the history (0: none), without those of the first season (at most a quarter), where
    /// models only find their feet. `None` of fewer than 12.
    pub fn of(rest: &[f64], season: usize) -> Option<Self> {
        let from = season.min(rest.len() / 4);
        let mut sizes: Vec<f64> = rest[from..]
            .iter()
            .map(|rest| rest.abs())
            .filter(|size| *size > 0.0)
            .collect();
        if sizes.len() < FEW {
            return None;
        }
        sizes.sort_by(f64::total_cmp);
        let count = sizes.len();
        // In units of the largest: the square of a huge one is infinite.
        let largest = sizes[count - 1];
        let squares: f64 = sizes.iter().map(|size| (size / largest) * (size / largest)).sum();
        let root = largest * (squares / count as f64).sqrt();
        let quantile =
            |level: f64| sizes[((level * count as f64).ceil() as usize).clamp(1, count) - 1] / root;
        let quantiles = LEVELS.map(quantile);
        let sound = quantiles
            .iter()
            .all(|quantile| *quantile > 0.0 && quantile.is_finite());
        sound.then_some(Self { quantiles, count })
    }

    /// The logarithms of the quantiles beside the usual ones, shrunk as so many errors deserve.
    pub(super) fn beside(&self, usual: &[f64; LEVELS.len()]) -> [f64; LEVELS.len()] {
        let trust = self.count as f64 / (self.count as f64 + USUAL);
        let mut beside = [0.0; LEVELS.len()];
        for (slot, (own, usual)) in beside.iter_mut().zip(self.quantiles.iter().zip(usual)) {
            *slot = trust * libm::log((own / usual).clamp(1.0 / MOST, MOST));
        }
        beside
    }
}
