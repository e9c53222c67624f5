//! Words of long lists as one number: how rows with this word ended, drawn towards how all ended.
//!
//! For the rows that are learned from, the number comes from the other rows only (out of fold): a row that helps to code
//! itself would betray its own end (Micci-Barreca 2001; Prokhorenkova and others 2018).

use serde::{Deserialize, Serialize};

use super::logistic::logit;
use super::recipe::{Grid, Recipe, Track};

/// Lists longer than this are coded.
const LONG: usize = 40;
/// How many rows like all others stand beside the rows of a word.
const PRIOR: f64 = 12.0;
/// Parts that rows are coded in, each from the others.
const PARTS: usize = 6;

/// The codings of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Targets {
    codings: Vec<Coding>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Coding {
    /// The feature whose words are coded.
    feature: usize,
    /// The logit of all rows.
    base: f64,
    /// The logit by code; that of missing cells first.
    logits: Vec<f64>,
}

impl Targets {
    /// Learns the codings of rows, in an order in which near copies stand together; gives the rows back with a number
    /// more for each coded feature.
    pub(super) fn learn(recipe: &Recipe, grid: &Grid, outcomes: &[bool]) -> (Self, Grid) {
        let mut coded = grid.clone();
        let mut codings = Vec::new();
        for (feature, track) in grid.tracks.iter().enumerate() {
            let size = recipe.features[feature].codes();
            let Track::Codes(codes) = track else {
                continue;
            };
            if size <= LONG {
                continue;
            }
            let all = Counts::of(codes, outcomes, size, 0..0);
            coded
                .tracks
                .push(Track::Numbers(out_of_fold(codes, outcomes, size)));
            codings.push(Coding {
                feature,
                base: all.base(),
                logits: (0..size).map(|code| all.logit(code)).collect(),
            });
        }
        (Self { codings }, coded)
    }

    /// Other rows with a number more for each coded feature.
    pub(super) fn apply(&self, grid: &Grid) -> Grid {
        let mut coded = grid.clone();
        for coding in &self.codings {
            let numbers = match &grid.tracks[coding.feature] {
                Track::Codes(codes) => codes.iter().map(|code| coding.number(*code)).collect(),
                Track::Numbers(cells) => vec![coding.base; cells.len()],
            };
            coded.tracks.push(Track::Numbers(numbers));
        }
        coded
    }

    /// The features that the added numbers come from.
    pub(super) fn features(&self) -> impl Iterator<Item = usize> {
        self.codings.iter().map(|coding| coding.feature)
    }
}

impl Coding {
    fn number(&self, code: u32) -> f64 {
        *self.logits.get(code as usize).unwrap_or(&self.base)
    }
}

fn out_of_fold(codes: &[u32], outcomes: &[bool], size: usize) -> Vec<f64> {
    let rows = codes.len();
    let mut numbers = Vec::with_capacity(rows);
    for part in 0..PARTS {
        let held = rows * part / PARTS..rows * (part + 1) / PARTS;
        let others = Counts::of(codes, outcomes, size, held.clone());
        numbers.extend(held.map(|row| others.logit(codes[row] as usize)));
    }
    numbers
}

struct Counts {
    rows: Vec<f64>,
    won: Vec<f64>,
    rate: f64,
}

impl Counts {
    fn of(codes: &[u32], outcomes: &[bool], size: usize, without: std::ops::Range<usize>) -> Self {
        let (mut rows, mut won) = (vec![0.0; size], vec![0.0; size]);
        for (row, code) in codes.iter().enumerate() {
            if without.contains(&row) || *code as usize >= size {
                continue;
            }
            rows[*code as usize] += 1.0;
            won[*code as usize] += f64::from(u8::from(outcomes[row]));
        }
        let (all, good): (f64, f64) = (rows.iter().sum(), won.iter().sum());
        Self {
            rows,
            won,
            rate: (good + 0.5) / (all + 1.0),
        }
    }

    fn base(&self) -> f64 {
        logit(self.rate)
    }

    fn logit(&self, code: usize) -> f64 {
        match (self.won.get(code), self.rows.get(code)) {
            (Some(won), Some(rows)) => logit((won + PRIOR * self.rate) / (rows + PRIOR)),
            _ => self.base(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Column, Frame, Values};

    #[test]
    fn words_that_mean_nothing_stay_near_the_rate_of_all() {
        // 600 words, 2 rows each, ends by chance: coded by all rows they would seem to tell; out of fold they do not.
        let rows = 1200usize;
        let words = (0..rows).map(|row| Some(format!("w{}", row % 600))).collect();
        let outcomes: Vec<bool> = (0..rows as u64)
            .map(|row| crate::frame::mix(row).is_multiple_of(2))
            .collect();
        let column = Column {
            name: "w".to_owned(),
            values: Values::Words(words),
        };
        let frame = Frame::new(vec![column]).unwrap();
        let recipe = Recipe::learn(&frame, false);
        let grid = recipe.apply(&frame);
        let (targets, coded) = Targets::learn(&recipe, &grid, &outcomes);
        let Track::Numbers(numbers) = &coded.tracks[1] else {
            panic!("coded words are numbers");
        };
        let auc = crate::measure::scores::auc(numbers, &outcomes).unwrap();
        assert!((0.4..0.6).contains(&auc), "{auc}");
        let Track::Numbers(again) = &targets.apply(&grid).tracks[1] else {
            panic!("coded words are numbers");
        };
        assert!(crate::measure::scores::auc(again, &outcomes).unwrap() > 0.8);
        assert_eq!(targets.codings[0].number(u32::MAX), targets.codings[0].base);
    }
}
