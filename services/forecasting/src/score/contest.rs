//! Which scorer is best on rows that it has not seen: logistic regression by several ridges, trees of two sizes, and
//! means of both. The trees are the challenger: they must win by more than chance.

use super::calibrate::mean_and_error;
use super::fitted::{Choice, name, start};
use super::folds::{Fold, each};
use super::linear::Encoder;
use super::logistic::{fit, loss};
use super::recipe::{Grid, Recipe};
use super::target::Targets;
use super::trees::{Binned, Binning, Forest, Growth, Watch};

/// Ridges, strongest first, so that each fit starts from the one before.
const RIDGES: [f64; 5] = [120.0, 30.0, 8.0, 2.0, 0.5];
/// Shares of the trees in the mean of both logits.
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];
/// The most trees.
const ROUNDS: usize = 400;
/// Rows below which no trees are grown.
const FEWEST_FOR_TREES: usize = 400;
/// Standard errors that features must beat the base rate by.
const SURE: f64 = 2.0;
/// The share of the base rate's loss that features must take away at least to be a signal.
const LEAST_GAIN: f64 = 0.01;

/// Ways to grow trees: a few splits each, or many.
fn growths() -> [Growth; 2] {
    [(5, 0.09, 30, 4.0), (18, 0.07, 24, 3.0)].map(|(leaves, rate, fewest, ridge)| Growth {
        leaves,
        rate,
        fewest,
        ridge,
    })
}

/// How a contest ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Contest {
    pub(super) choice: Choice,
    /// The mean loss a row of each contestant, in nats.
    pub(super) losses: Vec<(String, f64)>,
    /// The mean loss a row of the winner and of the base rate.
    pub(super) loss: f64,
    pub(super) base_loss: f64,
    /// How much the winner is better, a row, and the standard error of that.
    pub(super) gain: f64,
    pub(super) error: f64,
    /// The winner's logits of each fold's rows to judge.
    pub(super) logits: Vec<Vec<f64>>,
}

impl Contest {
    /// Whether the features tell more than the base rate.
    pub(super) fn signal(&self) -> bool {
        self.gain > SURE * self.error && self.gain >= LEAST_GAIN * self.base_loss
    }
}

/// One fold's contestants.
struct Run {
    outcomes: Vec<bool>,
    base: f64,
    /// Logits by ridge.
    linear: Vec<Vec<f64>>,
    /// Trees and their losses by way to grow.
    forests: Vec<(Forest, Vec<f64>)>,
    binned: Binned,
}

/// Lets all contestants compete on folds. Without a row to judge by, the base rate is all there is.
pub(super) fn contest(
    recipe: &Recipe,
    grid: &Grid,
    outcomes: &[bool],
    folds: &[Fold],
    seed: u64,
) -> Option<Contest> {
    let trees = grid.rows >= FEWEST_FOR_TREES;
    let runs = each(folds, |fold| run(recipe, grid, outcomes, fold, seed, trees));
    let judged: usize = runs.iter().map(|run| run.outcomes.len()).sum();
    if judged == 0 {
        return None;
    }
    let mut losses = Vec::new();
    let by_ridge = |at: usize| total(&runs, |run| loss_of(&run.linear[at], &run.outcomes));
    let ridges: Vec<f64> = (0..RIDGES.len()).map(by_ridge).collect();
    let ridge = least(&ridges);
    losses.push((
        format!("logistic, ridge {}", RIDGES[ridge]),
        ridges[ridge] / judged as f64,
    ));
    let mut winner: Vec<Vec<f64>> = runs.iter().map(|run| run.linear[ridge].clone()).collect();
    let (growth, rounds) = best_growth(&runs);
    let mut share = 0.0;
    if rounds > 0 {
        let grown: Vec<Vec<f64>> = runs
            .iter()
            .map(|run| run.forests[growth].0.logits(&run.binned, rounds))
            .collect();
        let blends = blends(&runs, &winner, &grown);
        for (share, _, row_losses) in &blends {
            losses.push((name(*share), mean_and_error(row_losses).0));
        }
        if let Some((part, logits)) = challenged(&runs, &winner, blends) {
            (share, winner) = (part, logits);
        }
    }
    let (loss, base_loss, gain, error) = gain(&runs, &winner);
    Some(Contest {
        choice: Choice {
            ridge: RIDGES[ridge],
            growth: growths()[growth].clone(),
            rounds,
            share,
        },
        losses,
        loss,
        base_loss,
        gain,
        error,
        logits: winner,
    })
}

fn run(recipe: &Recipe, grid: &Grid, outcomes: &[bool], fold: &Fold, seed: u64, trees: bool) -> Run {
    let known: Vec<bool> = fold.learn.iter().map(|row| outcomes[*row]).collect();
    let judged: Vec<bool> = fold.judge.iter().map(|row| outcomes[*row]).collect();
    let (targets, learn) = Targets::learn(recipe, &grid.take(&fold.learn), &known);
    let judge = targets.apply(&grid.take(&fold.judge));
    let encoder = Encoder::learn(&learn);
    let (rows, held) = (encoder.encode(&learn), encoder.encode(&judge));
    let mut model = start(&known, rows.width());
    let base = model.intercept;
    let mut linear = Vec::with_capacity(RIDGES.len());
    for ridge in RIDGES {
        model = fit(&rows, &known, None, ridge, Some(&model));
        linear.push((0..held.rows()).map(|row| model.logit(held.row(row))).collect());
    }
    let binning = Binning::learn(&learn);
    let (learn, binned) = (binning.apply(&learn), binning.apply(&judge));
    let watch = Watch {
        binned: &binned,
        outcomes: &judged,
    };
    let grow = |growth: &Growth| Forest::grow(&learn, &known, growth, ROUNDS, seed, Some(&watch));
    let forests = if trees {
        growths().iter().map(grow).collect()
    } else {
        Vec::new()
    };
    Run {
        outcomes: judged,
        base,
        linear,
        forests,
        binned,
    }
}

/// The way to grow and the number of trees with the least loss over all folds; no trees when none were grown.
fn best_growth(runs: &[Run]) -> (usize, usize) {
    let mut best = (0, 0, f64::INFINITY);
    let ways = runs.iter().map(|run| run.forests.len()).min().unwrap_or(0);
    for way in 0..ways {
        let longest = runs.iter().map(|run| run.forests[way].1.len()).max().unwrap_or(0);
        for round in 0..longest {
            // A fold that stopped growing stays where it was.
            let at = |run: &Run| {
                run.forests[way]
                    .1
                    .get(round)
                    .or(run.forests[way].1.last())
                    .copied()
            };
            let loss: f64 = runs.iter().filter_map(at).sum();
            if loss < best.2 {
                best = (way, round, loss);
            }
        }
    }
    (best.0, best.1)
}

type Blend = (f64, Vec<Vec<f64>>, Vec<f64>);

/// For each share of trees: the logits by fold and the loss of each row.
fn blends(runs: &[Run], linear: &[Vec<f64>], grown: &[Vec<f64>]) -> Vec<Blend> {
    let blend = |share: &f64| {
        let mix = |(linear, grown): (&Vec<f64>, &Vec<f64>)| -> Vec<f64> {
            let pairs = linear.iter().zip(grown);
            pairs
                .map(|(linear, grown)| (1.0 - share) * linear + share * grown)
                .collect()
        };
        let logits: Vec<Vec<f64>> = linear.iter().zip(grown).map(mix).collect();
        let losses = row_losses(runs, &logits);
        (*share, logits, losses)
    };
    SHARES.iter().map(blend).collect()
}

/// The best blend, when it beats the logistic regression by more than chance.
fn challenged(runs: &[Run], linear: &[Vec<f64>], blends: Vec<Blend>) -> Option<(f64, Vec<Vec<f64>>)> {
    let plain = row_losses(runs, linear);
    let mut best: Option<(f64, f64, Vec<Vec<f64>>)> = None;
    for (share, logits, losses) in blends {
        let gains: Vec<f64> = plain
            .iter()
            .zip(&losses)
            .map(|(plain, loss)| plain - loss)
            .collect();
        let (mean, error) = mean_and_error(&gains);
        if mean > error && best.as_ref().is_none_or(|(most, ..)| mean > *most) {
            best = Some((mean, share, logits));
        }
    }
    best.map(|(_, share, logits)| (share, logits))
}

fn gain(runs: &[Run], winner: &[Vec<f64>]) -> (f64, f64, f64, f64) {
    let losses = row_losses(runs, winner);
    let base = |run: &Run| -> Vec<f64> { run.outcomes.iter().map(|won| loss(run.base, *won)).collect() };
    let bases: Vec<f64> = runs.iter().flat_map(base).collect();
    let gains: Vec<f64> = bases
        .iter()
        .zip(&losses)
        .map(|(base, loss)| base - loss)
        .collect();
    let (gain, error) = mean_and_error(&gains);
    (mean_and_error(&losses).0, mean_and_error(&bases).0, gain, error)
}

fn row_losses(runs: &[Run], logits: &[Vec<f64>]) -> Vec<f64> {
    let of = |(run, logits): (&Run, &Vec<f64>)| -> Vec<f64> {
        let pairs = logits.iter().zip(&run.outcomes);
        pairs.map(|(logit, won)| loss(*logit, *won)).collect()
    };
    runs.iter().zip(logits).flat_map(of).collect()
}

fn loss_of(logits: &[f64], outcomes: &[bool]) -> f64 {
    logits
        .iter()
        .zip(outcomes)
        .map(|(logit, won)| loss(*logit, *won))
        .sum()
}

fn total(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    runs.iter().map(of).sum()
}

/// The place of the least value, the first of equals.
fn least(values: &[f64]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value < values[best] {
            best = at;
        }
    }
    best
}
