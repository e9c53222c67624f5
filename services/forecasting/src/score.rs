//! How likely a record is to end well, and why.
//!
//! [`fit`] learns from records that have ended; [`Model::score`] tells of others how likely each is to end well, with
//! reasons that sum to the logit. Where the features tell no more than the base rate does, the answer is the base rate
//! and says so. A model is a value: it can be stored, comes out the same from the same rows in any order, and carries a
//! card that says what it was made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::frame::{Frame, Note};

mod calibrate;
pub mod card;
mod contest;
pub mod drift;
mod fitted;
mod folds;
mod leak;
mod learn;
mod level;
mod linear;
pub mod logistic;
mod recipe;
mod target;
mod trees;

pub use card::Card;
pub use drift::Drift;
pub use learn::{fit, fit_told};

use calibrate::Calibration;
use drift::Reference;
use fitted::Fitted;
use recipe::Recipe;

/// The feature of a record's age, in whole days: the one that is told of after the rest, see [`Score::and`].
pub const DAYS_OPEN: &str = "days_open";

/// Records that have ended, to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// What was known of each, without how it ended.
    pub frame: &'a Frame,
    /// Whether each ended well.
    pub outcomes: &'a [bool],
    /// When each was; with it, records to come are taken to lie after all of these. Any unit, ascending.
    pub times: Option<&'a [f64]>,
}

/// How to learn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Where chance starts from.
    pub seed: u64,
    /// How many records the model will score before the next is learned, as a multiple of those it learns from.
    pub ahead: f64,
}

/// Why nothing can be learned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is no record.
    #[error("there are no records to learn from")]
    Empty,
    /// Frame, outcomes and times have different lengths.
    #[error("there are {rows} records, {outcomes} outcomes and {times} times")]
    Lengths {
        /// The rows of the frame.
        rows: usize,
        /// How many outcomes.
        outcomes: usize,
        /// How many times; as many as rows when there are none.
        times: usize,
    },
    /// A time is no number.
    #[error("the time of record {0} is no number")]
    Time(usize),
}

/// A scorer, as learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    recipe: Recipe,
    /// Absent when there is no signal.
    fitted: Option<Fitted>,
    /// The logit of the base rate.
    base: f64,
    calibration: Calibration,
    reference: Reference,
    card: Card,
}

/// What is to be expected of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// How likely it is to end well, above 0 and below 1.
    pub probability: f64,
    /// The same as a logit: `base` and all contributions of `reasons`, added in this order.
    pub logit: f64,
    /// The logit of a record that is like all others.
    pub base: f64,
    /// What moves it, most first; empty when there is no signal.
    pub reasons: Vec<Reason>,
}

/// What one column does to a record's chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The column.
    pub column: String,
    /// What the record has in it; absent when missing.
    pub value: Option<String>,
    /// What that adds to the logit.
    pub contribution: f64,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let odds = libm::exp(self.contribution.abs().min(logistic::LARGEST_LOGIT));
        let way = if self.contribution < 0.0 {
            "lowers"
        } else {
            "raises"
        };
        match &self.value {
            Some(value) if self.column == DAYS_OPEN => {
                let days = if value == "1" { "day" } else { "days" };
                write!(f, "open for {value} {days}")?;
            }
            Some(value) => write!(f, "{} = {value}", self.column)?,
            None => write!(f, "{} is missing", self.column)?,
        }
        write!(f, ": {way} the odds {odds:.2} times")
    }
}

impl Score {
    /// The same with one more reason; one that adds nothing is none.
    #[must_use]
    pub fn and(mut self, reason: Reason) -> Self {
        if reason.contribution != 0.0 {
            self.reasons.push(reason);
        }
        Self::of(self.base, self.reasons)
    }

    fn of(base: f64, mut reasons: Vec<Reason>) -> Self {
        let size = |reason: &Reason| reason.contribution.abs();
        reasons.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.column.cmp(&b.column)));
        let logit = reasons.iter().fold(base, |sum, reason| sum + reason.contribution);
        Self {
            probability: logistic::probability(logit),
            logit,
            base,
            reasons,
        }
    }
}

impl Model {
    /// What there is to know about the model.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Whether the features tell more than the base rate does.
    #[must_use]
    pub fn signal(&self) -> bool {
        self.fitted.is_some()
    }

    /// The chance of each record of a frame, with reasons. Columns that are not there are missing, words that were not
    /// seen tell nothing.
    #[must_use]
    pub fn score(&self, frame: &Frame) -> Vec<Score> {
        let Some(fitted) = &self.fitted else {
            return vec![self.without_signal(); frame.rows()];
        };
        let (base, rows) = fitted.explained(&self.recipe.apply(frame));
        let base = self.calibration.level + self.calibration.slope * base;
        let sources = self.sources(fitted);
        let rows = rows.iter().enumerate();
        rows.map(|(row, parts)| self.told(frame, row, base, &sources, parts))
            .collect()
    }

    /// The chance of each record of a frame.
    #[must_use]
    pub fn probabilities(&self, frame: &Frame) -> Vec<f64> {
        self.score(frame)
            .into_iter()
            .map(|score| score.probability)
            .collect()
    }

    /// How far records of late are from those that were learned from; `outcomes` when they have ended, in the order of
    /// time.
    #[must_use]
    pub fn drift(&self, frame: &Frame, outcomes: Option<&[bool]>) -> Drift {
        let grid = self.recipe.apply(frame);
        self.reference
            .compare(&grid, &self.probabilities(frame), outcomes)
    }

    fn without_signal(&self) -> Score {
        Score {
            probability: logistic::probability(self.base),
            logit: self.base,
            base: self.base,
            reasons: Vec::new(),
        }
    }

    /// The columns that are told, and for each part of an explanation the column it belongs to.
    fn sources(&self, fitted: &Fitted) -> (Vec<&str>, Vec<usize>) {
        let features = 0..self.recipe.features.len();
        let mut names: Vec<&str> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let owners = features.chain(fitted.targets.features()).map(|feature| {
            let source = self.recipe.features[feature].source.as_str();
            *places.entry(source).or_insert_with(|| {
                names.push(source);
                names.len() - 1
            })
        });
        let owners = owners.collect();
        (names, owners)
    }

    fn told(
        &self,
        frame: &Frame,
        row: usize,
        base: f64,
        (names, owners): &(Vec<&str>, Vec<usize>),
        parts: &[f64],
    ) -> Score {
        let mut sums = vec![0.0; names.len()];
        for (owner, part) in owners.iter().zip(parts) {
            sums[*owner] += self.calibration.slope * part;
        }
        let reasons = names
            .iter()
            .zip(sums)
            .filter(|(_, contribution)| *contribution != 0.0)
            .map(|(name, contribution)| Reason {
                column: (*name).to_owned(),
                value: frame
                    .column(name)
                    .and_then(|column| recipe::text(&column.values, row)),
                contribution,
            });
        Score::of(base, reasons.collect())
    }
}

/// Notes of one kind in the words of a person.
pub(crate) fn columns(notes: &[Note]) -> Vec<String> {
    notes.iter().filter_map(|note| note.column.clone()).collect()
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
