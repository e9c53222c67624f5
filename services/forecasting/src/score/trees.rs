//! The challenger: many small trees, each for what those before left over (Friedman 2001), on features in bins.

use serde::{Deserialize, Serialize};

use super::logistic::{logit, loss, probability};
use crate::frame::mix;

pub(super) mod bins;
mod grow;

pub(super) use bins::{Binned, Binning};
pub(super) use grow::Growth;
use grow::{Soil, Tree};

/// The share of rows that each tree is grown from.
const ROWS: f64 = 0.8;
/// The share of features that each tree may look at.
const FEATURES: f64 = 0.7;
/// Trees without any gain on the rows held out after which no more are grown.
const PATIENCE: usize = 30;

/// Trees that add up to a logit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Forest {
    binning: Option<Binning>,
    base: f64,
    trees: Vec<Tree>,
}

/// Rows held out while trees are grown.
pub(super) struct Watch<'a> {
    pub(super) binned: &'a Binned,
    pub(super) outcomes: &'a [bool],
}

impl Forest {
    /// Grows up to `rounds` trees. With rows held out: their total loss after each tree, from none on, until it stops
    /// falling.
    pub(super) fn grow(
        binned: &Binned,
        outcomes: &[bool],
        growth: &Growth,
        rounds: usize,
        seed: u64,
        watch: Option<&Watch<'_>>,
    ) -> (Self, Vec<f64>) {
        let won = outcomes.iter().filter(|won| **won).count() as f64;
        let base = logit((won + 0.5) / (outcomes.len() as f64 + 1.0));
        let mut forest = Self {
            binning: None,
            base,
            trees: Vec::new(),
        };
        let mut logits = vec![base; binned.rows];
        let mut watched = watch.map_or_else(Vec::new, |watch| vec![base; watch.binned.rows]);
        let mut curve = vec![watch.map_or(0.0, |watch| total(&watched, watch.outcomes))];
        let mut best = 0;
        let mut random = Random(mix(seed));
        for round in 1..=rounds {
            let tree = next(binned, outcomes, growth, &logits, &mut random);
            add(&tree, binned, &mut logits);
            if let Some(watch) = watch {
                add(&tree, watch.binned, &mut watched);
                curve.push(total(&watched, watch.outcomes));
                if curve[round] < curve[best] {
                    best = round;
                }
            }
            forest.trees.push(tree);
            if watch.is_some() && round >= best + PATIENCE {
                break;
            }
        }
        (forest, curve)
    }

    /// The same trees with the bins that they were grown on, ready for rows that are not in bins yet.
    pub(super) fn with(mut self, binning: Binning) -> Self {
        self.binning = Some(binning);
        self
    }

    /// The bins that the trees were grown on.
    pub(super) fn binning(&self) -> Option<&Binning> {
        self.binning.as_ref()
    }

    /// The logits of rows by the first `rounds` trees.
    pub(super) fn logits(&self, binned: &Binned, rounds: usize) -> Vec<f64> {
        let mut logits = vec![self.base; binned.rows];
        for tree in self.trees.iter().take(rounds) {
            add(tree, binned, &mut logits);
        }
        logits
    }

    /// The logit of a row before any feature of it is known.
    pub(super) fn base(&self) -> f64 {
        self.trees
            .iter()
            .fold(self.base, |sum, tree| sum + tree.nodes[0].value)
    }

    /// What each feature of a row adds to the base: the differences along its way through each tree (Saabas 2014).
    pub(super) fn contributions(&self, binned: &Binned, row: usize, into: &mut [f64], weight: f64) {
        for tree in &self.trees {
            tree.path(binned, row, |feature, moved| into[feature] += weight * moved);
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): rows and features of trees are drawn by the million.
struct Random(u64);

impl Random {
    /// A number from 0 to below 1.
    fn chance(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mix(self.0) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn next(binned: &Binned, outcomes: &[bool], growth: &Growth, logits: &[f64], random: &mut Random) -> Tree {
    let slopes: Vec<[f64; 2]> = logits
        .iter()
        .zip(outcomes)
        .map(|(logit, won)| {
            let p = probability(*logit);
            [p - f64::from(u8::from(*won)), p * (1.0 - p)]
        })
        .collect();
    let rows: Vec<u32> = (0..binned.rows as u32)
        .filter(|_| random.chance() < ROWS)
        .collect();
    let mut features: Vec<usize> = (0..binned.columns.len())
        .filter(|_| random.chance() < FEATURES)
        .collect();
    if features.is_empty() {
        features = (0..binned.columns.len()).collect();
    }
    let soil = Soil {
        binned,
        slopes: &slopes,
        features: &features,
        growth,
    };
    soil.grow(rows)
}

fn add(tree: &Tree, binned: &Binned, logits: &mut [f64]) {
    for (row, logit) in logits.iter_mut().enumerate() {
        *logit += tree.value(binned, row);
    }
}

fn total(logits: &[f64], outcomes: &[bool]) -> f64 {
    logits
        .iter()
        .zip(outcomes)
        .map(|(logit, won)| loss(*logit, *won))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::recipe::{Grid, Track};
    use super::*;

    const SMALL: Growth = Growth {
        leaves: 8,
        rate: 0.1,
        fewest: 10,
        ridge: 1.0,
    };

    /// Rows whose end is an exclusive or of two features: no sum of single effects can tell it.
    fn crossed(rows: usize) -> (Grid, Vec<bool>) {
        let bit = |row: usize, salt: u64| crate::frame::mix(row as u64 * 3 + salt).is_multiple_of(2);
        let number = |row: usize| {
            if row.is_multiple_of(17) {
                f64::NAN
            } else {
                f64::from(u8::from(bit(row, 1)))
            }
        };
        let code = |row: usize| 1 + u32::from(bit(row, 2));
        let grid = Grid {
            tracks: vec![
                Track::Numbers((0..rows).map(number).collect()),
                Track::Codes((0..rows).map(code).collect()),
                Track::Numbers(vec![1.0; rows]),
            ],
            rows,
        };
        let outcomes = (0..rows).map(|row| bit(row, 1) != bit(row, 2)).collect();
        (grid, outcomes)
    }

    fn grown(rounds: usize) -> (Forest, Binned, Vec<bool>) {
        let (grid, outcomes) = crossed(1500);
        let binning = Binning::learn(&grid);
        let binned = binning.apply(&grid);
        let (forest, _) = Forest::grow(&binned, &outcomes, &SMALL, rounds, 3, None);
        (forest.with(binning), binned, outcomes)
    }

    #[test]
    fn trees_see_what_sums_cannot() {
        let (forest, binned, outcomes) = grown(60);
        let logits = forest.logits(&binned, 60);
        assert!(crate::measure::scores::auc(&logits, &outcomes).unwrap() > 0.95);
    }

    #[test]
    fn contributions_sum_to_the_logit() {
        let (forest, binned, _) = grown(25);
        let logits = forest.logits(&binned, 25);
        for (row, logit) in logits.iter().enumerate().take(50) {
            let mut parts = vec![0.0; 3];
            forest.contributions(&binned, row, &mut parts, 1.0);
            assert!((forest.base() + parts.iter().sum::<f64>() - logit).abs() < 1e-9);
            assert_eq!(parts[2], 0.0, "a constant tells nothing");
        }
    }

    #[test]
    fn the_same_seed_grows_the_same_trees() {
        assert_eq!(grown(10).0, grown(10).0);
    }

    #[test]
    fn growing_stops_where_rows_held_out_gain_no_more() {
        let (grid, outcomes) = crossed(400);
        let chance: Vec<bool> = (0..400u64)
            .map(|row| crate::frame::mix(row + 9_999).is_multiple_of(2))
            .collect();
        let binned = Binning::learn(&grid).apply(&grid);
        let watch = Watch {
            binned: &binned,
            outcomes: &chance,
        };
        let (forest, curve) = Forest::grow(&binned, &outcomes, &SMALL, 500, 3, Some(&watch));
        assert!(forest.trees.len() < 200 && curve.len() == forest.trees.len() + 1);
        let (none, _) = Forest::grow(&binned, &[true; 400], &SMALL, 5, 3, None);
        assert!(
            none.logits(&binned, 5)
                .iter()
                .all(|logit| logit.is_finite() && *logit > 3.0)
        );
    }
}
