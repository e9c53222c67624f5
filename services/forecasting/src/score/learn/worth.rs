//! What contestants and features are worth, as the card tells it.

use crate::score::Model;
use crate::score::card::{CardFeature, Contestant};
use crate::score::contest::Contest;
use crate::score::fitted::Fitted;
use crate::score::recipe::{Feature, Grid};

/// Rows that a feature's weight is measured on, at most.
const MEASURED: usize = 2000;

/// What each column moves, the most telling first.
pub(super) fn features(model: &Model, fitted: &Fitted, grid: &Grid) -> Vec<CardFeature> {
    let step = (grid.rows / MEASURED).max(1);
    let some: Vec<usize> = (0..grid.rows).step_by(step).collect();
    let (_, rows) = fitted.explained(&grid.take(&some));
    let (names, owners) = model.sources(fitted);
    let mut moves = vec![0.0; names.len()];
    for parts in &rows {
        let mut sums = vec![0.0; names.len()];
        for (owner, part) in owners.iter().zip(parts) {
            sums[*owner] += part;
        }
        for (total, sum) in moves.iter_mut().zip(sums) {
            *total += model.calibration.slope * sum.abs() / rows.len() as f64;
        }
    }
    let kinds = |name: &str| {
        let features = model
            .recipe
            .features
            .iter()
            .filter(|feature| feature.source == name);
        features.map(Feature::kind).collect()
    };
    let mut features: Vec<CardFeature> = names
        .iter()
        .zip(moves)
        .map(|(name, moves)| CardFeature {
            column: (*name).to_owned(),
            kinds: kinds(name),
            moves,
        })
        .collect();
    features.sort_by(|a, b| b.moves.total_cmp(&a.moves).then_with(|| a.column.cmp(&b.column)));
    features
}

/// How contestants did, the base rate first.
pub(super) fn contestants(ended: &Contest) -> Vec<Contestant> {
    let base = ("base rate".to_owned(), ended.base_loss);
    let all = std::iter::once(base).chain(ended.losses.iter().cloned());
    all.map(|(name, log_loss)| Contestant { name, log_loss })
        .collect()
}

/// Why it is believed that there is a signal, or none.
pub(super) fn reason(ended: &Contest, how: &str) -> String {
    let (loss, base) = (ended.loss, ended.base_loss);
    let (gain, error) = (ended.gain, ended.error);
    if ended.signal() {
        format!("on {how} the log loss is {loss:.4}, that of the base rate {base:.4}")
    } else {
        format!(
            "no signal: on {how} the log loss is {loss:.4}, that of the base rate {base:.4}; the difference of {gain:.4} \
             (standard error {error:.4}) is less than 2 errors or less than 1 %, so the answer is the base rate"
        )
    }
}
