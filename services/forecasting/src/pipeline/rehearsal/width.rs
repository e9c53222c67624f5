//! How far sums stray together, beyond chance and beyond their level.

use super::trial::Compared;
use super::{Adjust, PRIOR_SPREAD, STRIDE};
use crate::pipeline::spread::Shock;

/// How many horizons the spread before any is seen is worth.
const PRIOR_SPREAD_HORIZONS: f64 = 2.0;
/// Intervals are fitted to the rehearsals from so many on.
const FEWEST_FOR_SCALE: usize = 8;

/// What is to be said of one sum, by how far complete rehearsals strayed.
pub(super) fn adjust(factor: f64, errors: &[Compared], days: i64) -> Adjust {
    let errors: Vec<&Compared> = errors.iter().filter(|error| error.mean > 0.0).collect();
    let share = (STRIDE / days as f64).min(1.0);
    let horizons = errors.len() as f64 * share;
    let beyond = |error: &&Compared| {
        let square = (error.mean + error.unit) * (error.mean + error.unit);
        ((error.seen - error.mean) * (error.seen - error.mean)).min(square) / square - error.variance / square
    };
    let seen: f64 = errors.iter().map(beyond).sum::<f64>() * share;
    let spread = (seen + PRIOR_SPREAD * PRIOR_SPREAD_HORIZONS) / (horizons + PRIOR_SPREAD_HORIZONS);
    let spread = stretched(&errors, spread.max(0.0), horizons);
    let shock = Shock {
        sd: libm::sqrt(libm::log1p(spread)),
        freedom: 4.0 + 2.0 * horizons,
    };
    Adjust {
        factor,
        shock,
        spread,
    }
}

/// The spread with which four fifths of the rehearsals lie in intervals of 80 %. Only what deals share is stretched: what
/// comes by chance is known, and a small part of all deals has little else.
fn stretched(errors: &[&Compared], spread: f64, horizons: f64) -> f64 {
    let times = scale(errors, spread, horizons);
    let chance = |error: &&Compared| error.variance / (error.mean * error.mean);
    let chance = errors.iter().map(chance).sum::<f64>() / (errors.len() as f64).max(1.0);
    let stretched = times * times * (spread + chance) - chance;
    if stretched.is_finite() {
        stretched.max(0.0)
    } else {
        spread
    }
}

/// What intervals must be stretched by so that four fifths of the rehearsals lie in those of 80 % (split conformal, as
/// in Lei et al. 2018, drawn towards 1 while there are few).
fn scale(errors: &[&Compared], spread: f64, horizons: f64) -> f64 {
    if errors.len() < FEWEST_FOR_SCALE {
        return 1.0;
    }
    let off = |error: &&Compared| {
        let sd = libm::sqrt(error.variance + spread * error.mean * error.mean);
        (error.seen - error.mean).abs() / sd.max(f64::MIN_POSITIVE)
    };
    let mut off: Vec<f64> = errors.iter().map(off).collect();
    off.sort_by(f64::total_cmp);
    let place = (libm::ceil(0.8 * (off.len() as f64 + 1.0)) as usize).clamp(1, off.len());
    let ratio = (off[place - 1] / 1.2816).clamp(0.5, 2.5);
    libm::pow(ratio, horizons / (horizons + 6.0))
}
