//! How far the level of the model is off of late, by what rehearsals expected and what came.

use super::trial::{Compared, Told};
use super::{PRIOR_SPREAD, STRIDE};

/// How much the log of a model's level differs between companies, as a variance: counting open deals by stage is off
/// by some 40 % on public data, and levels of models are known little better.
const LEVEL_VARIANCE: f64 = 0.15;
/// The same for what values show beyond counts: 7 %.
const VALUE_VARIANCE: f64 = 0.005;
/// After so many days what a rehearsal says about the level counts half.
const LEVEL_HALF_LIFE: f64 = 180.0;
/// Wins that come and go with a single deal: added to both sides of a ratio.
const PSEUDO_WINS: f64 = 5.0;

/// What one rehearsal says about the level.
struct Evidence {
    start: i64,
    until: i64,
    log_ratio: f64,
    /// Between 0 and 1: how much of the ratio is not chance.
    worth: f64,
}

impl Evidence {
    fn new(start: i64, until: i64, compared: Compared) -> Self {
        let Compared {
            mean,
            variance,
            seen,
            unit,
        } = compared;
        let pseudo = PSEUDO_WINS * unit;
        let usable = mean > 0.0 && pseudo > 0.0;
        let log_ratio = if usable {
            libm::log((seen + pseudo) / (mean + pseudo)).clamp(-1.5, 1.5)
        } else {
            0.0
        };
        let chance = if usable {
            variance / ((mean + pseudo) * (mean + pseudo))
        } else {
            f64::INFINITY
        };
        Self {
            start,
            until,
            log_ratio,
            worth: PRIOR_SPREAD / (PRIOR_SPREAD + chance),
        }
    }
}

/// The factor that the newest rehearsals ask for, drawn towards 1. The level of values is that of counts, times what
/// values show beyond it, which is believed less: a few large deals rule it.
pub(super) fn level(told: &[Told], what: usize, day: i64, days: i64) -> f64 {
    let evidence = |what: usize| -> Vec<Evidence> {
        told.iter()
            .map(|(start, until, trial)| Evidence::new(*start, *until, trial[what]))
            .collect()
    };
    let own = evidence(what);
    if what.is_multiple_of(2) {
        return libm::exp(drawn(&own, LEVEL_VARIANCE, day, days));
    }
    let counts = evidence(what - 1);
    let base = drawn(&counts, LEVEL_VARIANCE, day, days);
    let mut beyond = own;
    for (own, count) in beyond.iter_mut().zip(&counts) {
        own.log_ratio -= count.log_ratio;
    }
    libm::exp(base + drawn(&beyond, VALUE_VARIANCE, day, days))
}

/// The mean of log-ratios, drawn towards 0 by how much they differ among each other.
fn drawn(evidence: &[Evidence], between: f64, day: i64, days: i64) -> f64 {
    let weigh = |one: &Evidence| {
        let length = (one.until - one.start) as f64 / days as f64;
        let recent = libm::exp2(-((day - one.start) as f64) / LEVEL_HALF_LIFE);
        length * (STRIDE / days as f64).min(1.0) * recent * one.worth
    };
    let (mut sum, mut weight) = (0.0, 0.0);
    for one in evidence {
        let counts = weigh(one);
        sum += counts * one.log_ratio;
        weight += counts;
    }
    if weight <= 0.0 {
        return 0.0;
    }
    let mean = sum / weight;
    let around: f64 = evidence
        .iter()
        .map(|one| weigh(one) * (one.log_ratio - mean) * (one.log_ratio - mean))
        .sum();
    let within = (around + PRIOR_SPREAD) / (weight + 1.0);
    sum / (weight + within / between)
}
