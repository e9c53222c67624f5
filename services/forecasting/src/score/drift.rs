//! Whether records of late are still like those that a model learned from, and still end as it says.
//!
//! Two watches: the population stability index of scores and columns beyond what chance gives (0.1 = look at it, 0.25 =
//! another population), and a two-sided CUSUM of what happened beside what was said (Page 1954).

use libm::{log, sqrt};
use serde::{Deserialize, Serialize};

use super::linear::quantile;
use super::recipe::{Grid, Recipe, Track, UNSEEN};

/// Parts that numbers are cut into.
const PARTS: usize = 10;
/// Words that are told apart; the others count together.
const WORDS: usize = 12;
/// Rows learned from that stand beside each part, so that an empty one stays a number.
const PRIOR: f64 = 0.5;
/// Rows of late that are taken to lie as those learned from, so that few of them raise no alarm.
const LIKE: f64 = 20.0;
/// A stability index from which on it is another population.
pub const ANOTHER: f64 = 0.25;
/// Rows in a step of the CUSUM.
const STEP: usize = 50;
/// What each step forgives, in standard errors.
const SLACK: f64 = 0.5;
/// What sets the alarm off, in standard errors.
const ALARM: f64 = 5.0;

/// How a model's records were distributed when it learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reference {
    scores: Shape,
    columns: Vec<(String, Shape)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shape {
    cut: Cut,
    counts: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Cut {
    /// Upper bounds of parts.
    Bounds(Vec<f64>),
    /// Codes with a part of their own.
    Codes(Vec<u32>),
}

/// What a watch found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The stability index of the scores; 0 = as learned.
    pub scores: f64,
    /// The stability index of each feature's column, the largest first.
    pub columns: Vec<(String, f64)>,
    /// What happened beside what was said; absent without outcomes.
    pub course: Option<Course>,
    /// Whether the model should be learned anew.
    pub alarm: bool,
}

/// The CUSUM of outcomes, in standard errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// The most that more ended well than was said.
    pub above: f64,
    /// The most that fewer did.
    pub below: f64,
    /// The row at which the alarm went off, from 0.
    pub since: Option<usize>,
}

impl Reference {
    pub(super) fn learn(recipe: &Recipe, grid: &Grid, scores: &[f64]) -> Self {
        let columns = recipe.features.iter().zip(&grid.tracks);
        Self {
            scores: Shape::of_numbers(scores),
            columns: columns
                .map(|(feature, track)| (feature.source.clone(), Shape::of(track)))
                .collect(),
        }
    }

    pub(super) fn compare(&self, grid: &Grid, scores: &[f64], outcomes: Option<&[bool]>) -> Drift {
        let of_scores = self.scores.index(&Track::Numbers(scores.to_vec()));
        let mut columns: Vec<(String, f64)> = Vec::new();
        for ((name, shape), track) in self.columns.iter().zip(&grid.tracks) {
            let index = shape.index(track);
            // A column with several features drifts as the most of them.
            match columns.iter_mut().find(|(known, _)| known == name) {
                Some((_, most)) => *most = most.max(index),
                None => columns.push((name.clone(), index)),
            }
        }
        columns.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let course = outcomes.map(|outcomes| course(scores, outcomes));
        let alarm = of_scores >= ANOTHER || course.is_some_and(|course| course.since.is_some());
        Drift {
            scores: of_scores,
            columns,
            course,
            alarm,
        }
    }
}

impl Shape {
    fn of(track: &Track) -> Self {
        match track {
            Track::Numbers(cells) => Self::of_numbers(cells),
            Track::Codes(codes) => {
                let mut counts: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
                for code in codes.iter().filter(|code| **code != UNSEEN) {
                    *counts.entry(*code).or_default() += 1;
                }
                let mut order: Vec<(u32, usize)> = counts.into_iter().collect();
                order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
                order.truncate(WORDS);
                Self::counted(
                    Cut::Codes(order.into_iter().map(|(code, _)| code).collect()),
                    track,
                )
            }
        }
    }

    fn of_numbers(cells: &[f64]) -> Self {
        let mut known: Vec<f64> = cells.iter().copied().filter(|number| !number.is_nan()).collect();
        known.sort_by(f64::total_cmp);
        let mut bounds: Vec<f64> = (1..PARTS)
            .map(|part| quantile(&known, part as f64 / PARTS as f64))
            .collect();
        bounds.dedup();
        Self::counted(Cut::Bounds(bounds), &Track::Numbers(cells.to_vec()))
    }

    fn counted(cut: Cut, track: &Track) -> Self {
        let counts = cut.count(track);
        Self { cut, counts }
    }

    /// The population stability index beyond chance, from 0: the sum over parts of (p - q) ln(p / q), less what rows of the
    /// same population give.
    ///
    /// The shares of late are shrunk towards those learned from, p = (k + c q) / (n + c) with c = [`LIKE`], as J. Hausser
    /// and K. Strimmer (2009), Entropy inference and the James-Stein estimator, JMLR 10:1469-1484, 2.1. Of the same
    /// population the index is about (1/n + 1/N) chi-squared with one degree of freedom less than there are parts
    /// (B. Yurdakul and J. Naranjo (2020), Statistical properties of the population stability index, Journal of Risk
    /// Model Validation 14(4):89-100); its mean, shrunk as p is, is taken off.
    fn index(&self, track: &Track) -> f64 {
        let now = self.cut.count(track);
        let rows: f64 = now.iter().map(|count| *count as f64).sum();
        let known: f64 = self.counts.iter().map(|count| *count as f64).sum();
        if rows <= 0.0 || known <= 0.0 {
            return 0.0;
        }
        let all = known + PRIOR * self.counts.len() as f64;
        let (mut index, mut parts) = (0.0, 0_u32);
        for (then, now) in self.counts.iter().zip(&now) {
            let q = (*then as f64 + PRIOR) / all;
            let p = (*now as f64 + LIKE * q) / (rows + LIKE);
            index += (p - q) * log(p / q);
            parts += u32::from(*then + *now > 0);
        }
        let shrunk = rows / (rows + LIKE);
        let freedom = f64::from(parts.saturating_sub(1));
        let chance = freedom * (1.0 / rows + 1.0 / known) * shrunk * shrunk;
        (index - chance).max(0.0)
    }
}

impl Cut {
    /// How many cells fall into each part; missing ones have the first.
    fn count(&self, track: &Track) -> Vec<usize> {
        match (self, track) {
            (Self::Bounds(bounds), Track::Numbers(cells)) => {
                let mut counts = vec![0; bounds.len() + 2];
                for number in cells {
                    let part = if number.is_nan() {
                        0
                    } else {
                        1 + bounds.partition_point(|bound| bound < number)
                    };
                    counts[part] += 1;
                }
                counts
            }
            (Self::Codes(known), Track::Codes(codes)) => {
                let mut counts = vec![0; known.len() + 1];
                for code in codes {
                    let part = known.iter().position(|one| one == code).map_or(0, |at| at + 1);
                    counts[part] += 1;
                }
                counts
            }
            (Self::Bounds(bounds), Track::Codes(codes)) => nothing(bounds.len() + 2, codes.len()),
            (Self::Codes(known), Track::Numbers(cells)) => nothing(known.len() + 1, cells.len()),
        }
    }
}

fn nothing(parts: usize, rows: usize) -> Vec<usize> {
    let mut counts = vec![0; parts];
    counts[0] = rows;
    counts
}

/// The CUSUM of steps of [`STEP`] rows, each in standard errors of what was said.
fn course(scores: &[f64], outcomes: &[bool]) -> Course {
    let mut found = Course {
        above: 0.0,
        below: 0.0,
        since: None,
    };
    let (mut above, mut below) = (0.0f64, 0.0f64);
    let rows = scores.len().min(outcomes.len());
    for from in (0..rows).step_by(STEP) {
        let to = (from + STEP).min(rows);
        let pairs = || scores[from..to].iter().zip(&outcomes[from..to]);
        let off: f64 = pairs().map(|(p, won)| f64::from(u8::from(*won)) - p).sum();
        let spread: f64 = pairs().map(|(p, _)| p * (1.0 - p)).sum();
        if spread <= 0.0 {
            continue;
        }
        let z = off / sqrt(spread);
        above = (above + z - SLACK).max(0.0);
        below = (below - z - SLACK).max(0.0);
        found.above = found.above.max(above);
        found.below = found.below.max(below);
        if found.since.is_none() && above.max(below) > ALARM {
            found.since = Some(to - 1);
        }
    }
    found
}

#[cfg(test)]
mod tests;
