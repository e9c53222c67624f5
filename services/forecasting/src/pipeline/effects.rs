//! How much more or less often deals of a kind end, as factors on the hazard of their age.
//!
//! Ends in a level are Poisson with mean `E * factor`, and factors of levels are Gamma with mean 1 and a variance that
//! is estimated by moments (Buehlmann and Straub 1970; empirical Bayes). A feature whose levels differ no more than
//! chance would make them is left out. Factors are fitted one feature after the other until they agree.

use super::{
    deal::Outcome,
    segments::{DUE_CODES, PHASES, STALE_CODES},
    training::{Row, Training},
};

/// Into how many bands of age a feature's factor may differ.
pub(super) const AGE_BANDS: usize = 6;
/// How often all factors are fitted anew.
const SWEEPS: usize = 3;
/// How many months of a kind the first one's deviation is doubted by.
const PHASE_DOUBT: f64 = 0.5;
/// A feature needs so many ends to be looked at.
const FEWEST_ENDS: f64 = 10.0;
/// How many expected ends let a presence be judged.
const PRESENCE_ENDS: f64 = 10.0;
/// A feature that is there so many times as often for deals that end was filled in at the end.
const PRESENCE_RATIO: f64 = 4.0;

/// What a factor depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Main(usize),
    ByAge(usize),
    ByStaleness(usize),
    Phase,
    Due,
}

/// Factors by outcome and code; an empty list is 1 everywhere.
#[derive(Clone, Debug)]
pub(super) struct Effect {
    pub kind: Kind,
    pub factors: [Vec<f64>; Outcome::COUNT],
}

impl Effect {
    /// The factor of an outcome for a code.
    pub(super) fn factor(&self, outcome: usize, code: usize) -> f64 {
        self.factors
            .get(outcome)
            .and_then(|factors| factors.get(code))
            .copied()
            .unwrap_or(1.0)
    }

    fn idle(&self) -> bool {
        self.factors.iter().all(Vec::is_empty)
    }
}

/// The code of a kind of factor; 0 is "not known" and has factor 1.
pub(super) fn code_of(
    kind: Kind,
    feature_code: u32,
    band: usize,
    phase: usize,
    due: usize,
    stale: usize,
) -> usize {
    let feature = feature_code as usize;
    match kind {
        Kind::Main(_) => feature,
        Kind::ByAge(_) if feature > 0 => feature * AGE_BANDS + band,
        Kind::ByStaleness(_) if feature > 0 => feature * STALE_CODES + stale,
        Kind::ByAge(_) | Kind::ByStaleness(_) => 0,
        Kind::Phase => 1 + band * PHASES + phase,
        Kind::Due => due,
    }
}

/// What factors are learned from.
pub(super) struct Learning<'a> {
    pub training: &'a Training,
    /// The band of age of each bin.
    pub bands: &'a [usize],
    /// How many codes each feature has.
    pub codes: &'a [usize],
    /// Which feature is the stage.
    pub stage: Option<usize>,
}

impl Learning<'_> {
    /// Fits factors, and moves the hazards of the bins along with them.
    pub(super) fn fit(&self, base: &mut [[f64; Outcome::COUNT]]) -> Vec<Effect> {
        let usable: Vec<usize> = (0..self.codes.len())
            .filter(|feature| self.honest(*feature, base))
            .collect();
        let mut kinds: Vec<Kind> = usable.iter().map(|feature| Kind::Main(*feature)).collect();
        kinds.extend([Kind::Due, Kind::Phase]);
        kinds.extend(usable.iter().map(|feature| Kind::ByAge(*feature)));
        kinds.extend(
            self.stage
                .filter(|stage| usable.contains(stage))
                .map(Kind::ByStaleness),
        );
        let fresh = |kind| Effect {
            kind,
            factors: Default::default(),
        };
        let mut effects: Vec<Effect> = kinds.into_iter().map(fresh).collect();
        self.agree(base, &mut effects);
        effects.retain(|effect| !effect.idle());
        effects
    }

    /// Whether a feature was there before the end of deals. One that is known of deals that end, but not of those that
    /// stay open, was filled in at the end, and cannot be learned from.
    fn honest(&self, feature: usize, base: &[[f64; Outcome::COUNT]]) -> bool {
        let (mut ends, mut expected) = ([0.0; 2], [0.0; 2]);
        for row in &self.training.rows {
            let there = usize::from(self.training.code(row, feature) > 0);
            match row.end {
                Some(_) => ends[there] += row.weight,
                None => expected[there] += row.weight * total(base, row),
            }
        }
        if expected[0].min(expected[1]) < PRESENCE_ENDS {
            return true;
        }
        let rate = |there: usize| (ends[there] + 1.0) / (expected[there] + 1.0);
        let ratio = rate(1) / rate(0);
        (1.0 / PRESENCE_RATIO..=PRESENCE_RATIO).contains(&ratio)
    }

    /// Fits one effect after the other until they agree.
    fn agree(&self, base: &mut [[f64; Outcome::COUNT]], effects: &mut [Effect]) {
        let rows = &self.training.rows;
        let risk = |row: &Row| if row.end.is_some() { 0.0 } else { row.weight };
        let hazard =
            |row: &Row, outcome: usize| base.get(row.bin as usize).map_or(0.0, |hazards| hazards[outcome]);
        let of = |outcome: usize| -> Vec<f64> {
            rows.iter().map(|row| risk(row) * hazard(row, outcome)).collect()
        };
        let mut expected: [Vec<f64>; Outcome::COUNT] = std::array::from_fn(of);
        for sweep in 0..SWEEPS {
            for effect in effects.iter_mut() {
                if sweep > 0 && effect.idle() {
                    continue;
                }
                let codes: Vec<usize> = rows.iter().map(|row| self.code(effect.kind, row)).collect();
                for (outcome, expected) in expected.iter_mut().enumerate() {
                    if sweep == 0 || !effect.factors[outcome].is_empty() {
                        self.refit(outcome, effect, &codes, expected);
                    }
                }
            }
            for (outcome, expected) in expected.iter_mut().enumerate() {
                self.rebase(outcome, base, expected);
            }
        }
    }

    /// Fits one effect with all others as they are.
    fn refit(&self, outcome: usize, effect: &mut Effect, codes: &[usize], expected: &mut [f64]) {
        let size = self.size(effect.kind);
        let old: Vec<f64> = (0..size).map(|code| effect.factor(outcome, code)).collect();
        let (mut seen, mut likely) = (vec![0.0; size], vec![0.0; size]);
        for ((row, code), expected) in self.training.rows.iter().zip(codes).zip(expected.iter()) {
            if row.end == Some(outcome as u8) {
                seen[*code] += row.weight;
            }
            likely[*code] += expected / old[*code];
        }
        let mut factors = credible(&seen, &likely);
        if effect.kind == Kind::Phase {
            self.doubt_phases(&mut factors);
        }
        let moved: Vec<f64> = old
            .iter()
            .enumerate()
            .map(|(code, old)| factors.get(code).copied().unwrap_or(1.0) / old)
            .collect();
        for (code, expected) in codes.iter().zip(expected.iter_mut()) {
            *expected *= moved[*code];
        }
        effect.factors[outcome] = factors;
    }

    /// A month of the quarter that was seen in few years may have been a good month by chance.
    fn doubt_phases(&self, factors: &mut [f64]) {
        for (place, factor) in factors.iter_mut().enumerate().skip(1) {
            let seen = self.training.months[(place - 1) % PHASES] as f64;
            *factor = libm::pow(*factor, seen / (seen + PHASE_DOUBT));
        }
    }

    /// Moves the hazards of the bins to where, with all factors, they meet what was seen.
    fn rebase(&self, outcome: usize, base: &mut [[f64; Outcome::COUNT]], expected: &mut [f64]) {
        let (mut seen, mut likely) = (vec![0.0; base.len()], vec![0.0; base.len()]);
        for (row, expected) in self.training.rows.iter().zip(expected.iter()) {
            let bin = row.bin as usize;
            if row.end == Some(outcome as u8) {
                seen[bin] += row.weight;
            }
            likely[bin] += expected;
        }
        let ratio = |bin: usize| (seen[bin] + 3.0) / (likely[bin] + 3.0);
        for (bin, hazards) in base.iter_mut().enumerate() {
            hazards[outcome] *= ratio(bin);
        }
        for (row, expected) in self.training.rows.iter().zip(expected.iter_mut()) {
            *expected *= ratio(row.bin as usize);
        }
    }

    fn size(&self, kind: Kind) -> usize {
        let codes = |feature: usize| self.codes.get(feature).copied().unwrap_or(0).max(1);
        match kind {
            Kind::Main(feature) => codes(feature),
            Kind::ByAge(feature) => codes(feature) * AGE_BANDS,
            Kind::ByStaleness(feature) => codes(feature) * STALE_CODES,
            Kind::Phase => 1 + AGE_BANDS * PHASES,
            Kind::Due => DUE_CODES,
        }
    }

    fn code(&self, kind: Kind, row: &Row) -> usize {
        let feature = match kind {
            Kind::Main(feature) | Kind::ByAge(feature) | Kind::ByStaleness(feature) => {
                self.training.code(row, feature)
            }
            Kind::Phase | Kind::Due => 0,
        };
        let band = self.bands.get(row.bin as usize).copied().unwrap_or(AGE_BANDS - 1);
        code_of(
            kind,
            feature,
            band,
            row.phase as usize,
            row.due as usize,
            row.stale as usize,
        )
    }
}

fn total(base: &[[f64; Outcome::COUNT]], row: &Row) -> f64 {
    base.get(row.bin as usize)
        .map_or(0.0, |hazards| hazards.iter().sum())
}

/// Factors of levels from what was seen and what was likely; empty where levels differ by chance only. Level 0 is
/// "not known": it takes no part, and its factor is 1.
fn credible(seen: &[f64], likely: &[f64]) -> Vec<f64> {
    let (seen_all, likely_all): (f64, f64) = (seen.iter().skip(1).sum(), likely.iter().skip(1).sum());
    if seen_all < FEWEST_ENDS || likely_all <= 0.0 {
        return Vec::new();
    }
    let scale = seen_all / likely_all;
    let pairs = || {
        seen.iter()
            .zip(likely)
            .skip(1)
            .map(move |(seen, likely)| (*seen, likely * scale))
    };
    let levels = pairs().filter(|(_, likely)| *likely > 0.5).count();
    if levels < 2 {
        return Vec::new();
    }
    let freedom = levels as f64 - 1.0;
    let chance: f64 = pairs()
        .map(|(seen, likely)| (seen - likely) * (seen - likely) / (likely + 0.5))
        .sum();
    if chance <= freedom + 2.0 * libm::sqrt(2.0 * freedom) {
        return Vec::new();
    }
    let spread: f64 = pairs()
        .map(|(seen, likely)| (seen - likely) * (seen - likely))
        .sum();
    let squares: f64 = pairs().map(|(_, likely)| likely * likely).sum();
    let variance = ((spread - seen_all) / squares.max(1e-12)).clamp(1e-3, 10.0);
    let prior = 1.0 / variance;
    let mut factors = vec![1.0];
    factors.extend(pairs().map(|(seen, likely)| (seen + prior) / (likely + prior)));
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_differ_by_chance_have_no_factor() {
        assert!(credible(&[0.0, 52.0, 48.0, 50.0], &[0.0, 50.0, 50.0, 50.0]).is_empty());
        assert!(credible(&[0.0, 3.0, 1.0], &[0.0, 2.0, 2.0]).is_empty());
        assert!(credible(&[], &[]).is_empty());
        assert!(credible(&[5.0], &[7.0]).is_empty());
    }

    #[test]
    fn few_ends_are_believed_less_than_many() {
        let factors = credible(&[9.0, 200.0, 100.0, 4.0], &[40.0, 100.0, 200.0, 2.0]);
        assert_eq!(factors[0], 1.0);
        assert!(factors[1] > 1.9 && factors[1] < 2.0);
        assert!(factors[2] > 0.5 && factors[2] < 0.53);
        assert!(factors[3] > 1.2 && factors[3] < factors[1], "{factors:?}");
    }
}
