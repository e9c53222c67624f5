//! How much more or less often deals of a kind end, as factors on the hazard of their age.
//!
//! Ends in a level are Poisson with mean `E * factor`, and factors of levels are Gamma with mean 1 and a variance that
//! is estimated by moments (Buehlmann and Straub 1970; empirical Bayes). A feature whose levels differ no more than
//! chance would make them is left out. Factors are fitted one feature after the other until they agree.

mod credible;
mod fit;

use self::fit::{Cells, Fit};
use super::{
    deal::Outcome,
    segments::{DUE_CODES, PHASES, STALE_CODES},
    training::{Row, Training},
};

/// Into how many bands of age a feature's factor may differ.
pub(super) const AGE_BANDS: usize = 6;
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
        let likely = self.likely(base);
        let usable: Vec<usize> = (0..self.codes.len())
            .filter(|feature| self.honest(*feature, &likely))
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
        let cells = Cells::of(self);
        for outcome in 0..Outcome::COUNT {
            Fit::new(self, &cells, outcome, base).agree(&mut effects, base);
        }
        effects.retain(|effect| !effect.idle());
        effects
    }

    /// How many ends each look should have seen, by age alone.
    fn likely(&self, base: &[[f64; Outcome::COUNT]]) -> Vec<f64> {
        let hazard = |row: &Row| {
            base.get(row.bin as usize)
                .map_or(0.0, |hazards| hazards.iter().sum())
        };
        let of = |look: usize| -> f64 {
            let rows = self.training.rows_of(look).iter();
            rows.map(|row| row.weight * hazard(row)).sum()
        };
        (0..self.training.looks()).map(of).collect()
    }

    /// Whether a feature was there before the end of deals. One that is known of deals that end, but not of those that
    /// stay open, was filled in at the end, and cannot be learned from.
    fn honest(&self, feature: usize, likely: &[f64]) -> bool {
        let Some(codes) = self.training.codes.get(feature) else {
            return false;
        };
        let (mut ends, mut expected) = ([0.0; 2], [0.0; 2]);
        for (code, likely) in codes.iter().zip(likely) {
            expected[usize::from(*code > 0)] += likely;
        }
        for end in &self.training.ends {
            let code = codes.get(end.look as usize).copied().unwrap_or(0);
            ends[usize::from(code > 0)] += end.row.weight;
        }
        if expected[0].min(expected[1]) < PRESENCE_ENDS {
            return true;
        }
        let rate = |there: usize| (ends[there] + 1.0) / (expected[there] + 1.0);
        let ratio = rate(1) / rate(0);
        (1.0 / PRESENCE_RATIO..=PRESENCE_RATIO).contains(&ratio)
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

    fn band(&self, row: &Row) -> usize {
        self.bands.get(row.bin as usize).copied().unwrap_or(AGE_BANDS - 1)
    }
}
