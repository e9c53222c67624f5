//! The factors on the hazards of one deal, spread over what changes while it is open.

use super::Effect;
use crate::pipeline::{
    effects::{AGE_BANDS, Kind, code_of},
    segments::{DUE_CODES, PHASES, STALE_CODES},
};

/// All factors of one deal and outcome.
#[derive(Clone, Copy)]
pub(super) struct Factors {
    pub by_band: [f64; AGE_BANDS],
    pub by_stale: [f64; STALE_CODES],
    pub by_due: [f64; DUE_CODES],
    pub by_phase: [[f64; PHASES]; AGE_BANDS],
}

impl Factors {
    /// No effect at all.
    pub(super) const ONE: Self = Self {
        by_band: [1.0; AGE_BANDS],
        by_stale: [1.0; STALE_CODES],
        by_due: [1.0; DUE_CODES],
        by_phase: [[1.0; PHASES]; AGE_BANDS],
    };

    /// Takes an effect in, for a deal of that code of the effect's feature.
    pub(super) fn take(&mut self, effect: &Effect, outcome: usize, feature: u32) {
        let code = |band, phase, due, stale| code_of(effect.kind, feature, band, phase, due, stale);
        match effect.kind {
            Kind::Main(_) => {
                let factor = effect.factor(outcome, code(0, 0, 0, 0));
                self.by_band.iter_mut().for_each(|all| *all *= factor);
            }
            Kind::ByAge(_) => {
                for (band, all) in self.by_band.iter_mut().enumerate() {
                    *all *= effect.factor(outcome, code(band, 0, 0, 0));
                }
            }
            Kind::ByStaleness(_) => {
                for (stale, all) in self.by_stale.iter_mut().enumerate() {
                    *all *= effect.factor(outcome, code(0, 0, 0, stale));
                }
            }
            Kind::Due => {
                for (due, all) in self.by_due.iter_mut().enumerate() {
                    *all *= effect.factor(outcome, code(0, 0, due, 0));
                }
            }
            Kind::Phase => {
                for (band, phases) in self.by_phase.iter_mut().enumerate() {
                    for (phase, all) in phases.iter_mut().enumerate() {
                        *all *= effect.factor(outcome, code(band, phase, 0, 0));
                    }
                }
            }
        }
    }
}
