//! What a model was made of, and what it is worth: the card that goes with it.

use serde::{Deserialize, Serialize};

use crate::frame::Note;
use crate::measure::scores::Bin;

/// The card of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Sixteen hexadecimal digits that follow from the rows, the outcomes, the times and the plan.
    pub version: String,
    /// Where chance started from.
    pub seed: u64,
    /// How many records were learned from.
    pub rows: usize,
    /// How many of them ended well.
    pub positives: usize,
    /// The first and the last time, when records have one.
    pub window: Option<(f64, f64)>,
    /// What the scorer is.
    pub scorer: String,
    /// Whether the features tell more than the base rate does.
    pub signal: bool,
    /// Why it is believed that they do, or do not.
    pub reason: String,
    /// How the contestants did on rows held out.
    pub contestants: Vec<Contestant>,
    /// How the level of the probabilities was found.
    pub level: String,
    /// What logits were multiplied with; below 1 the scorer was too sure of itself.
    pub slope: f64,
    /// What was said and what happened, on rows held out.
    pub calibration: Vec<Bin>,
    /// The features, the most telling first.
    pub features: Vec<CardFeature>,
    /// Columns that were left out because they know the end.
    pub leaks: Vec<Note>,
    /// Columns that may know the end: kept, but to be asked about.
    pub suspicious: Vec<Note>,
    /// What else should be known: columns left out, cells not understood.
    pub notes: Vec<Note>,
}

/// How a contestant did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contestant {
    /// What it is.
    pub name: String,
    /// Its mean loss a row, in nats.
    pub log_loss: f64,
}

/// A feature of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardFeature {
    /// The column that it comes from.
    pub column: String,
    /// What is taken of it.
    pub kinds: Vec<String>,
    /// By how much it moves a logit, on average.
    pub moves: f64,
}
