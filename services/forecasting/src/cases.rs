//! What scores are learned from and given to: deals, leads and customers as rows of a table, each as it was when it came
//! (deals, leads) or when a horizon began (customers). Nothing that was told later is in a row. For how long a deal or a
//! lead has been open is told beside its row.

mod age;
mod churn;
mod deals;
mod leads;
mod rows;

pub use churn::{Customers, churn, customers};
pub use deals::opportunities;
pub use leads::leads;

use age::{Age, Life};
use bellwether_domain::Instant;

use crate::frame::Frame;
use crate::score::{Drift, Model, Plan, Sample, Score, Unfit, fit_told};

/// Where chance starts from: any number does, as long as it stays.
const SEED: u64 = 2017;
/// The fewest records that have ended, of each kind of end.
const FEWEST: usize = 10;
/// The most records, the last to begin, of which it is learned what their age tells.
const MOST_AGED: usize = 20_000;
/// Microseconds of a day.
const DAY: f64 = 86_400_000_000.0;

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
    /// When those that ended began, in days since 1970-01-01; empty where it does not matter for how long.
    begun: Vec<f64>,
    /// When those that are to be scored began.
    open_since: Vec<f64>,
    /// The day as of which they are scored.
    as_of: Option<f64>,
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
    /// The same, scored as of an instant: for how long records have been open by then is told as well, where it tells of
    /// their end.
    #[must_use]
    pub fn as_of(mut self, at: Instant) -> Self {
        self.as_of = Some(at.as_micros() as f64 / DAY);
        self
    }

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
        let scores = self.aged(&model, model.score(&self.open));
        let mut scores: Vec<(String, Score)> = self.ids.iter().cloned().zip(scores).collect();
        scores.sort_by(|one, other| {
            let order = other.1.probability.total_cmp(&one.1.probability);
            order.then_with(|| one.0.cmp(&other.0))
        });
        let drift = model.drift(&self.open, None);
        Ok(Scored { model, scores, drift })
    }

    /// Scores of the open records, with what their age tells.
    fn aged(&self, model: &Model, scores: Vec<Score>) -> Vec<Score> {
        // Without a signal it is the base rate, and said to be, for all alike.
        let told = model.signal() && self.begun.len() == self.outcomes.len();
        let Some(as_of) = self.as_of.filter(|_| told) else {
            return scores;
        };
        let mut begun: Vec<f64> = self.begun.iter().chain(&self.open_since).copied().collect();
        begun.sort_by(f64::total_cmp);
        let first = begun
            .len()
            .checked_sub(MOST_AGED)
            .map_or(f64::NEG_INFINITY, |at| begun[at]);
        let rows: Vec<usize> = (0..self.begun.len())
            .filter(|row| self.begun[*row] >= first)
            .collect();
        let ended = rows.iter().zip(model.score(&self.ended.take(&rows)));
        let ended = ended.map(|(row, score)| Life {
            days: self.times[*row] - self.begun[*row],
            end: Some(self.outcomes[*row]),
            logit: score.logit,
        });
        let since = self.open_since.iter().zip(&scores);
        let open = since
            .filter(|(since, _)| **since >= first)
            .map(|(since, score)| Life {
                days: (as_of - since).max(0.0),
                end: None,
                logit: score.logit,
            });
        let lives: Vec<Life> = ended.chain(open).collect();
        let Some(age) = Age::learn(&lives) else {
            return scores;
        };
        let told = scores.into_iter().zip(&self.open_since);
        told.map(|(score, since)| age.tell(score, as_of - since))
            .collect()
    }
}
