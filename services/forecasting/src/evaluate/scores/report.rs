//! What an evaluation tells.

use serde::Serialize;

use super::Data;
use crate::frame::Note;
use crate::measure::scores::{Scored, log_loss};
use crate::score::Model;
use crate::score::card::{CardFeature, Contestant};

/// The columns of a report's features, at most.
const FEATURES: usize = 12;

/// How well it did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Rows learned from.
    pub n_train: usize,
    /// Rows measured on.
    pub n_test: usize,
    /// The share that ended well, of the rows learned from.
    pub base_rate: f64,
    /// Area under the ROC curve; absent when all rows measured on ended alike.
    pub auc: Option<f64>,
    /// Mean log loss, in nats.
    pub log_loss: f64,
    /// Mean squared difference of probability and outcome.
    pub brier: f64,
    /// Expected calibration error over 10 bins of equal width.
    pub ece10: f64,
    /// |sum of probabilities - ended well| / ended well; absent when none did.
    pub count_error: Option<f64>,
    /// Whether the features tell more than the base rate does.
    pub signal: bool,
    /// How long learning took, in milliseconds.
    pub fit_ms: f64,
    /// How long scoring a row took, with its reasons, in microseconds.
    pub score_us_per_row: f64,
    /// The log loss of saying the base rate of the rows learned from.
    pub base_log_loss: f64,
    /// The share that ended well, of the rows measured on.
    pub base_rate_test: f64,
    /// What counted as ended well.
    pub positive: String,
    /// How rows were split.
    pub split: String,
    /// What scored.
    pub scorer: String,
    /// Why it is believed that there is a signal, or is not.
    pub reason: String,
    /// How the level of the probabilities was found.
    pub level: String,
    /// The model's version.
    pub model: String,
    /// How the contestants did on rows held out of those learned from.
    pub contestants: Vec<Contestant>,
    /// The most telling columns.
    pub features: Vec<CardFeature>,
    /// Columns that were left out because they know the end.
    pub leaks: Vec<String>,
    /// Columns that may know the end.
    pub suspicious: Vec<String>,
    /// What else should be known.
    pub notes: Vec<String>,
}

impl Report {
    /// Of a model that learned from some rows and was measured on others.
    pub(super) fn of(model: &Model, measured: &Scored, learned: &[bool], seen: &[bool], data: &Data) -> Self {
        let card = model.card();
        let rate = |outcomes: &[bool]| {
            outcomes.iter().filter(|won| **won).count() as f64 / outcomes.len().max(1) as f64
        };
        let base_rate = rate(learned);
        let words = |notes: &[Note]| notes.iter().map(ToString::to_string).collect();
        Self {
            n_train: learned.len(),
            n_test: seen.len(),
            base_rate,
            auc: measured.auc,
            log_loss: measured.log_loss,
            brier: measured.brier,
            ece10: measured.ece,
            count_error: measured.count_error,
            signal: model.signal(),
            fit_ms: 0.0,
            score_us_per_row: 0.0,
            base_log_loss: log_loss(&vec![base_rate; seen.len()], seen),
            base_rate_test: rate(seen),
            positive: data.positive.clone(),
            split: String::new(),
            scorer: card.scorer.clone(),
            reason: card.reason.clone(),
            level: card.level.clone(),
            model: card.version.clone(),
            contestants: card.contestants.clone(),
            features: card.features.iter().take(FEATURES).cloned().collect(),
            leaks: words(&card.leaks),
            suspicious: words(&card.suspicious),
            notes: words(&data.notes),
        }
    }
}
