//! Chances beside what happened: of the deals said to be won with 30 %, were 30 of 100?

use std::collections::BTreeMap;

use super::{By, Key, share_of};
use crate::measure::scores;

/// A chance that was served, and what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Chance {
    /// Whose: the deal, the lead, the customer.
    pub of: String,
    /// The model, or the kind of call when a person said it.
    pub model: String,
    /// Who said it; empty for the model's own.
    pub owner: String,
    /// As of which civil day it was said, days since 1970-01-01.
    pub made: i32,
    /// The civil day on which it is decided at the latest.
    pub due: i32,
    /// How many periods ahead that was.
    pub steps: u32,
    /// The chance, 0 to 1.
    pub said: f64,
    /// Whether it happened; absent while that is not known.
    pub came: Option<bool>,
}

/// How well chances were calibrated.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// What the chances have in common.
    pub key: Key,
    /// How many were scored.
    pub n: usize,
    /// How many are not decided.
    pub waiting: usize,
    /// How many are no chances: not between 0 and 1.
    pub unusable: usize,
    /// How many happened.
    pub happened: usize,
    /// How many were to happen: the sum of the chances.
    pub expected: f64,
    /// The mean squared difference of chance and outcome, 0 to 1; absent when nothing was scored, as all that follows.
    pub brier: Option<f64>,
    /// The same of one chance for all, the share that happened: what a useful score must beat.
    pub base_brier: Option<f64>,
    /// The expected calibration error over ten bins of equal width, 0 to 1.
    pub ece: Option<f64>,
    /// The mean negative logarithm of the chance of what happened, in nats.
    pub log_loss: Option<f64>,
    /// The area under the ROC curve; absent when all ended alike.
    pub auc: Option<f64>,
    /// The calibration curve: bins with cases, lowest first.
    pub bins: Vec<CalibrationBin>,
}

/// One bin of a calibration curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationBin {
    /// How many chances fell into it.
    pub n: usize,
    /// Their mean.
    pub said: f64,
    /// The share that happened.
    pub happened: f64,
    /// Where that share lies for all such cases: the 95 % interval by Wilson, lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Scores chances. Rows come in the order of their keys; the order of `chances` changes no digit.
#[must_use]
pub fn calibration(chances: &[Chance], by: By) -> Vec<Calibration> {
    let mut rows: BTreeMap<Key, Vec<&Chance>> = BTreeMap::new();
    for one in chances {
        rows.entry(by.key(&one.of, &one.model, &one.owner, one.steps))
            .or_default()
            .push(one);
    }
    rows.into_iter().map(|(key, row)| scored(key, &row)).collect()
}

fn scored(key: Key, row: &[&Chance]) -> Calibration {
    let proper = |one: &&&Chance| (0.0..=1.0).contains(&one.said);
    let unusable = row.iter().filter(|one| !proper(one)).count();
    let decided = |one: &&Chance| Some((one.said, one.came?));
    let mut pairs: Vec<(f64, bool)> = row.iter().filter(proper).filter_map(decided).collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let (said, came): (Vec<f64>, Vec<bool>) = pairs.into_iter().unzip();
    let scored = scores::score(&said, &came);
    let happened = came.iter().filter(|came| **came).count();
    let rate = happened as f64 / said.len().max(1) as f64;
    Calibration {
        n: said.len(),
        waiting: row.len() - unusable - said.len(),
        unusable,
        happened,
        expected: said.iter().sum(),
        brier: scored.as_ref().map(|all| all.brier),
        base_brier: scored.as_ref().map(|_| rate * (1.0 - rate)),
        ece: scored.as_ref().map(|all| all.ece),
        log_loss: scored.as_ref().map(|all| all.log_loss),
        auc: scored.as_ref().and_then(|all| all.auc),
        bins: bins(&said, &came),
        key,
    }
}

fn bins(said: &[f64], came: &[bool]) -> Vec<CalibrationBin> {
    let bin = |bin: scores::Bin| {
        let held = (bin.happened * bin.n as f64).round() as usize;
        let (low, high) = share_of(held, bin.n)?;
        Some(CalibrationBin {
            n: bin.n,
            said: bin.said,
            happened: bin.happened,
            low,
            high,
        })
    };
    scores::calibration(said, came)
        .into_iter()
        .filter_map(bin)
        .collect()
}
