//! How the factors of intervals are learned from series whose future is known.

use crate::series::gaps::median;

use super::{Kind, LEVELS, Past, QUANTILES, STEPS, Stretch, between, nearest, root};

/// What was said of one series, and what came.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What was known before.
    pub past: Past,
    /// What was missed in the end, by step, in the models' standard deviations.
    pub ahead: Vec<f64>,
    /// The models' standard deviations by step, in units of what the series moves by (the scale of MASE).
    pub sd: Vec<f64>,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// How many origins the usual is worth beside a series' own.
    pub doubt: f64,
    /// By kind and step: the mean of the roots of absolute misses at earlier origins, in standard deviations.
    pub usual: [[f64; STEPS.len()]; Kind::COUNT],
    /// By kind and level: the quantile of absolute errors one step ahead, over the root of their mean square.
    pub tails: [[f64; LEVELS.len()]; Kind::COUNT],
    /// By kind, level and step: the half-width that holds the level's share, over the normal quantile.
    pub factors: [[[f64; STEPS.len()]; LEVELS.len()]; Kind::COUNT],
}

impl Learned {
    /// The mean root of what is usually missed at earlier origins, in standard deviations, `step` from 0.
    pub fn usual(&self, kind: Kind, step: usize) -> f64 {
        between(&self.usual[kind.place()], step).max(0.05)
    }

    /// The half-widths, in standard deviations, that hold [`LEVELS`] at `step` (from 0).
    pub(super) fn widths(&self, kind: Kind, step: usize) -> [f64; LEVELS.len()] {
        let mut widths = QUANTILES;
        for (width, factors) in widths.iter_mut().zip(&self.factors[kind.place()]) {
            *width *= between(factors, step);
        }
        widths
    }
}

/// Of doubts that score as well as the best but for this factor, the largest is taken: a series' own origins lie in the same
/// few weeks, and those are not made up as odd as real ones are.
const AS_GOOD: f64 = 1.005;

/// How many origins the usual may be worth, in ascending order.
const DOUBTS: [f64; 7] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0];

/// Learns factors from cases: those with which intervals hold what they promise, and of these the narrowest (by the mean
/// interval score at 95 %, Gneiting & Raftery 2007).
pub fn learn(cases: &[Case]) -> Learned {
    let blank = Learned {
        doubt: 4.0,
        usual: usual(cases),
        tails: tails(cases),
        factors: [[[1.0; STEPS.len()]; LEVELS.len()]; Kind::COUNT],
    };
    let (mut least, mut best) = (f64::INFINITY, blank.clone());
    for doubt in DOUBTS {
        let mut learned = Learned {
            doubt,
            ..blank.clone()
        };
        let stretched: Vec<Stretch> = (cases.iter())
            .map(|case| Stretch::with(&learned, &case.past, None))
            .collect();
        learned.factors = factors(cases, &stretched);
        let score = score(cases, &stretched, &learned);
        if score < least * AS_GOOD {
            least = least.min(score);
            best = learned;
        }
    }
    best
}

fn usual(cases: &[Case]) -> [[f64; STEPS.len()]; Kind::COUNT] {
    let mut sums = [[(0.0, 0.0_f64); STEPS.len()]; Kind::COUNT];
    for case in cases {
        for miss in &case.past.misses {
            let slot = &mut sums[case.past.kind.place()][nearest(miss.step)];
            slot.0 += root(miss);
            slot.1 += 1.0;
        }
    }
    let mut usual = [[1.0; STEPS.len()]; Kind::COUNT];
    for (kind, sums) in sums.iter().enumerate() {
        for which in 0..STEPS.len() {
            // A step that this kind never looked back so far for is like the one before.
            let before = if which > 0 { usual[kind][which - 1] } else { 1.0 };
            let (sum, n) = sums[which];
            usual[kind][which] = if n >= 50.0 { sum / n } else { before };
        }
    }
    usual
}

/// The median of each quantile over the series of a kind; a normal distribution's where none has a shape.
fn tails(cases: &[Case]) -> [[f64; LEVELS.len()]; Kind::COUNT] {
    let mut all = vec![vec![Vec::new(); LEVELS.len()]; Kind::COUNT];
    for case in cases {
        let found = case.past.tails.iter().flat_map(|tails| tails.quantiles);
        for (rank, quantile) in found.enumerate() {
            all[case.past.kind.place()][rank].push(quantile);
        }
    }
    let mut tails = [QUANTILES; Kind::COUNT];
    for (tails, all) in tails.iter_mut().zip(&mut all) {
        for (tail, all) in tails.iter_mut().zip(all) {
            *tail = median(all).unwrap_or(*tail);
        }
    }
    tails
}

fn factors(cases: &[Case], stretched: &[Stretch]) -> [[[f64; STEPS.len()]; LEVELS.len()]; Kind::COUNT] {
    let mut factors = [[[1.0; STEPS.len()]; LEVELS.len()]; Kind::COUNT];
    for (kind, factors) in factors.iter_mut().enumerate() {
        for (rank, factors) in factors.iter_mut().enumerate() {
            let mut missed = vec![Vec::new(); STEPS.len()];
            for (case, stretch) in cases.iter().zip(stretched) {
                if case.past.kind.place() == kind {
                    for (step, (ahead, by)) in case.ahead.iter().zip(&stretch.by).enumerate() {
                        missed[nearest(step)].push((ahead / by[rank]).abs());
                    }
                }
            }
            for (which, all) in missed.iter_mut().enumerate() {
                all.sort_by(f64::total_cmp);
                let before = if which > 0 { factors[which - 1] } else { 1.0 };
                let found = quantile(all, LEVELS[rank]).map(|width| width / QUANTILES[rank]);
                factors[which] = found.unwrap_or(before);
            }
        }
    }
    factors
}

/// The conformal quantile of sorted values: rank `level * (n + 1)`, rounded up; `None` of fewer than 50.
fn quantile(sorted: &[f64], level: f64) -> Option<f64> {
    if sorted.len() < 50 {
        return None;
    }
    let rank = (level * (sorted.len() as f64 + 1.0)).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len()) - 1).copied()
}

/// The mean interval score at 95 %, in units of what each series moves by.
fn score(cases: &[Case], stretched: &[Stretch], learned: &Learned) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for (case, stretch) in cases.iter().zip(stretched) {
        let widths = stretch.widths(learned, 0.95);
        for ((ahead, half), sd) in case.ahead.iter().zip(widths).zip(&case.sd) {
            let beyond = (ahead.abs() - half).max(0.0);
            // One series that moves by nothing must not decide for all.
            sum += ((2.0 * half + 40.0 * beyond) * sd).min(1_000.0);
            n += 1.0;
        }
    }
    if n > 0.0 { sum / n } else { 0.0 }
}
