//! What scores are learned from and given to: deals, leads and customers as rows of a table, each as it was when it came
//! (deals, leads) or when a horizon began (customers). Nothing that was told later is in a row.

mod churn;
mod deals;
mod leads;
mod rows;

pub use churn::{Customers, churn, customers};
pub use deals::opportunities;
pub use leads::leads;

use crate::frame::Frame;
use crate::score::{Drift, Model, Plan, Sample, Score, Unfit, fit_told};

/// Where chance starts from: any number does, as long as it stays.
const SEED: u64 = 2017;
/// The fewest records that have ended, of each kind of end.
const FEWEST: usize = 10;

/// Records to learn from, and records to score.
#[derive(Debug, Clone, PartialEq)]
pub struct Cases {
    /// What is known of those that have ended.
    pub ended: Frame,
    /// Whether each ended well.
    pub outcomes: Vec<bool>,
    /// When each ended, in days since 1970-01-01; ascending.
    pub times: Vec<f64>,
    /// The ids of those that are to be scored.
    pub ids: Vec<String>,
    /// What is known of them.
    pub open: Frame,
}

/// Why there are no scores.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silent {
    /// Nothing is to be scored.
    #[error("there is nothing to score")]
    NothingOpen,
    /// Too few have ended.
    #[error(
        "{positives} of {ended} records ended so, and it takes {FEWEST} that did and {FEWEST} that did not"
    )]
    TooFew {
        /// How many have ended.
        ended: usize,
        /// How many of them so.
        positives: usize,
    },
    /// Nothing can be learned.
    #[error("{0}")]
    Unfit(#[from] Unfit),
}

/// A scorer with its scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The scorer.
    pub model: Model,
    /// The scores by id, the most likely first.
    pub scores: Vec<(String, Score)>,
    /// How far the scored are from those learned from.
    pub drift: Drift,
}

impl Cases {
    /// Learns and scores; `told` hears how much of that is done, 0 to 1.
    ///
    /// # Errors
    /// Why there are no scores.
    pub fn score(&self, told: &dyn Fn(f64)) -> Result<Scored, Silent> {
        if self.ids.is_empty() {
            return Err(Silent::NothingOpen);
        }
        let (ended, positives) = (
            self.outcomes.len(),
            self.outcomes.iter().filter(|won| **won).count(),
        );
        if positives < FEWEST || ended - positives < FEWEST {
            return Err(Silent::TooFew { ended, positives });
        }
        let sample = Sample {
            frame: &self.ended,
            outcomes: &self.outcomes,
            times: Some(&self.times),
        };
        let ahead = self.ids.len() as f64 / ended as f64;
        let model = fit_told(&sample, &Plan { seed: SEED, ahead }, &|share| told(0.95 * share))?;
        let mut scores: Vec<(String, Score)> =
            self.ids.iter().cloned().zip(model.score(&self.open)).collect();
        scores.sort_by(|one, other| {
            let order = other.1.probability.total_cmp(&one.1.probability);
            order.then_with(|| one.0.cmp(&other.0))
        });
        let drift = model.drift(&self.open, None);
        Ok(Scored { model, scores, drift })
    }
}
