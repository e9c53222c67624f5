//! A scorer as chosen: logistic regression, trees, or the mean of both.

use serde::{Deserialize, Serialize};

use super::folds::{Fold, each};
use super::linear::{Encoder, Linear};
use super::logistic::{Logistic, fit, logit};
use super::recipe::{Grid, Recipe};
use super::target::Targets;
use super::trees::{Binning, Forest, Growth};

/// What was chosen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) ridge: f64,
    pub(super) growth: Growth,
    pub(super) rounds: usize,
    /// The share of the trees, 0 to 1.
    pub(super) share: f64,
}

/// A scorer fitted by a choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Fitted {
    pub(super) targets: Targets,
    pub(super) linear: Option<Linear>,
    pub(super) forest: Option<Forest>,
    pub(super) share: f64,
}

impl Fitted {
    /// The logits of rows.
    pub(super) fn logits(&self, grid: &Grid) -> Vec<f64> {
        let (base, features) = self.explained(grid);
        features
            .iter()
            .map(|parts| base + parts.iter().sum::<f64>())
            .collect()
    }

    /// The logit before any feature is known, and what each feature of each row adds to it; features that the codings
    /// added come last.
    pub(super) fn explained(&self, grid: &Grid) -> (f64, Vec<Vec<f64>>) {
        let coded = self.targets.apply(grid);
        let width = coded.tracks.len();
        let mut rows = vec![vec![0.0; width]; coded.rows];
        let mut base = 0.0;
        if let Some(linear) = &self.linear {
            base += (1.0 - self.share) * linear.base();
            for (row, parts) in rows.iter_mut().enumerate() {
                linear.contributions(&coded, row, parts, 1.0 - self.share);
            }
        }
        if let Some(forest) = &self.forest
            && let Some(binning) = forest.binning()
        {
            base += self.share * forest.base();
            let binned = binning.apply(&coded);
            for (row, parts) in rows.iter_mut().enumerate() {
                forest.contributions(&binned, row, parts, self.share);
            }
        }
        (base, rows)
    }
}

/// Fits what was chosen to all rows.
pub(super) fn fit_all(recipe: &Recipe, grid: &Grid, outcomes: &[bool], choice: &Choice, seed: u64) -> Fitted {
    let (targets, coded) = Targets::learn(recipe, grid, outcomes);
    let linear = (choice.share < 1.0).then(|| {
        let encoder = Encoder::learn(&coded);
        let rows = encoder.encode(&coded);
        let model = fit(
            &rows,
            outcomes,
            None,
            choice.ridge,
            Some(&start(outcomes, rows.width())),
        );
        Linear::new(encoder, model, &coded)
    });
    let forest = (choice.share > 0.0).then(|| {
        let binning = Binning::learn(&coded);
        let binned = binning.apply(&coded);
        let (forest, _) = Forest::grow(&binned, outcomes, &choice.growth, choice.rounds, seed, None);
        forest.with(binning)
    });
    Fitted {
        targets,
        linear,
        forest,
        share: choice.share,
    }
}

/// The logits of all rows, each by a scorer that was fitted to the other folds.
pub(super) fn held_out(
    recipe: &Recipe,
    grid: &Grid,
    outcomes: &[bool],
    folds: &[Fold],
    choice: &Choice,
    seed: u64,
) -> Vec<f64> {
    let parts = each(folds, |fold| {
        let known: Vec<bool> = fold.learn.iter().map(|row| outcomes[*row]).collect();
        let fitted = fit_all(recipe, &grid.take(&fold.learn), &known, choice, seed);
        fitted.logits(&grid.take(&fold.judge))
    });
    let mut logits = vec![0.0; grid.rows];
    for (fold, part) in folds.iter().zip(parts) {
        for (row, logit) in fold.judge.iter().zip(part) {
            logits[*row] = logit;
        }
    }
    logits
}

/// A model that says the base rate.
pub(super) fn start(outcomes: &[bool], width: usize) -> Logistic {
    Logistic {
        intercept: logit(base_rate(outcomes)),
        coefficients: vec![0.0; width],
    }
}

/// The share that ended well, as if one row more had ended half well.
pub(super) fn base_rate(outcomes: &[bool]) -> f64 {
    let won = outcomes.iter().filter(|won| **won).count();
    (won as f64 + 0.5) / (outcomes.len() as f64 + 1.0)
}

/// What a scorer with this share of trees is called.
pub(super) fn name(share: f64) -> String {
    if share <= 0.0 {
        "logistic".to_owned()
    } else if share >= 1.0 {
        "trees".to_owned()
    } else {
        format!("logistic and trees, {share} of it trees")
    }
}
