//! How the factors of intervals are learned from series whose future is known.

use super::super::combine::Miss;
use super::{Kind, LEVELS, MOST, QUANTILES, STEPS, Stretch, between, nearest};

/// What was said of one series, and what came.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The kind of the series.
    pub kind: Kind,
    /// What was missed at its earlier origins.
    pub misses: Vec<Miss>,
    /// How many earlier origins there were.
    pub origins: usize,
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
    /// By kind and step: the mean absolute miss at earlier origins, in standard deviations.
    pub usual: [[f64; STEPS.len()]; Kind::COUNT],
    /// By kind, level and step: the half-width that holds the level's share, over the normal quantile.
    pub factors: [[[f64; STEPS.len()]; LEVELS.len()]; Kind::COUNT],
}

impl Learned {
    /// What is usually missed at earlier origins, in standard deviations, `step` from 0.
    pub fn usual(&self, kind: Kind, step: usize) -> f64 {
        between(&self.usual[kind.place()], step).max(0.05)
    }

    /// The half-width, in standard deviations, that holds a level at `step` (from 0); the level comes with its normal
    /// quantile, because that takes time to find.
    pub fn factor(&self, kind: Kind, (level, quantile): (f64, f64), step: usize) -> f64 {
        let table = &self.factors[kind.place()];
        let upper = LEVELS.iter().position(|known| *known >= level);
        let ratio = match upper {
            None => between(&table[LEVELS.len() - 1], step),
            Some(0) => between(&table[0], step),
            Some(upper) => {
                let (from, to) = (QUANTILES[upper - 1], QUANTILES[upper]);
                let share = ((quantile - from) / (to - from)).clamp(0.0, 1.0);
                between(&table[upper - 1], step) * (1.0 - share) + between(&table[upper], step) * share
            }
        };
        ratio * quantile
    }
}

/// How many origins the usual may be worth.
const DOUBTS: [f64; 7] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0];

/// Learns factors from cases: those with which intervals hold what they promise, and of these the narrowest (by the mean
/// interval score at 95 %, Gneiting & Raftery 2007).
pub fn learn(cases: &[Case]) -> Learned {
    let blank = Learned {
        doubt: 4.0,
        usual: usual(cases),
        factors: [[[1.0; STEPS.len()]; LEVELS.len()]; Kind::COUNT],
    };
    let mut best = (f64::INFINITY, blank.clone());
    for doubt in DOUBTS {
        let mut learned = Learned {
            doubt,
            ..blank.clone()
        };
        let stretched: Vec<Vec<f64>> = cases
            .iter()
            .map(|case| {
                Stretch::with(
                    &learned,
                    case.kind,
                    &case.misses,
                    case.origins,
                    None,
                    case.ahead.len(),
                )
                .0
            })
            .collect();
        learned.factors = factors(cases, &stretched);
        let score = score(cases, &stretched, &learned);
        if score < best.0 {
            best = (score, learned);
        }
    }
    best.1
}

fn usual(cases: &[Case]) -> [[f64; STEPS.len()]; Kind::COUNT] {
    let mut sums = [[(0.0, 0.0_f64); STEPS.len()]; Kind::COUNT];
    for case in cases {
        for miss in &case.misses {
            let slot = &mut sums[case.kind.place()][nearest(miss.step)];
            slot.0 += miss.by.abs().min(MOST);
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

fn factors(cases: &[Case], stretched: &[Vec<f64>]) -> [[[f64; STEPS.len()]; LEVELS.len()]; Kind::COUNT] {
    let mut missed = vec![vec![Vec::new(); STEPS.len()]; Kind::COUNT];
    for (case, stretch) in cases.iter().zip(stretched) {
        for (step, ahead) in case.ahead.iter().enumerate() {
            missed[case.kind.place()][nearest(step)].push((ahead / stretch[step]).abs());
        }
    }
    let mut factors = [[[1.0; STEPS.len()]; LEVELS.len()]; Kind::COUNT];
    for (kind, missed) in missed.iter_mut().enumerate() {
        for (which, all) in missed.iter_mut().enumerate() {
            all.sort_by(f64::total_cmp);
            for (rank, level) in LEVELS.iter().enumerate() {
                let before = if which > 0 {
                    factors[kind][rank][which - 1]
                } else {
                    1.0
                };
                let found = quantile(all, *level).map(|width| width / QUANTILES[rank]);
                factors[kind][rank][which] = found.unwrap_or(before);
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
fn score(cases: &[Case], stretched: &[Vec<f64>], learned: &Learned) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for (case, stretch) in cases.iter().zip(stretched) {
        for (step, ahead) in case.ahead.iter().enumerate() {
            let half = stretch[step] * learned.factor(case.kind, (0.95, QUANTILES[3]), step);
            let beyond = (ahead.abs() - half).max(0.0);
            // One series that moves by nothing must not decide for all.
            sum += ((2.0 * half + 40.0 * beyond) * case.sd[step]).min(1_000.0);
            n += 1.0;
        }
    }
    if n > 0.0 { sum / n } else { 0.0 }
}
