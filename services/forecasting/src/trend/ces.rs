//! Complex exponential smoothing: a level and what it might become, as the two parts of a complex number.
//!
//! Svetunkov, Kourentzes & Ord (2022), "Complex exponential smoothing", Naval Research Logistics 69:1108-1123. With one
//! complex weight it follows levels and trends without being told which there is:
//!
//! ```text
//! expected(t)  = l(t-1),                                    e = y - expected
//! l(t)         = l(t-1) - (1 - w1) c(t-1) + (w0 - w1) e
//! c(t)         = l(t-1) + (1 - w0) c(t-1) + (w0 + w1) e
//! ```
//!
//! A season comes in by looking back one season instead of one value (`Simple`), by figures that are added (`Partial`),
//! or by figures that are complex numbers themselves (`Full`). The states before the first value are found by passing
//! over the series forward, backward and forward again.

mod pass;
mod search;

#[cfg(test)]
mod tests;

use super::scaled::{Found, Scaled};
use super::{Fitted, Model, Unfit};
use pass::Kind;
use search::{Choice, choices, single};

/// Fewer values than this say nothing about the weights.
const NEEDED: usize = 8;

/// Seasons longer than this are not looked for: take them off first.
const LONGEST: usize = 60;

/// Complex exponential smoothing, in the kind of season that explains the series best by AICc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ces {
    kind: Option<Kind>,
}

impl Ces {
    /// The kind of season that explains the series best.
    pub fn auto() -> Self {
        Self::default()
    }
}

impl Model for Ces {
    fn name(&self) -> &'static str {
        self.kind.map_or("ces", Kind::name)
    }

    fn fit(&self, y: &[f64], season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        let scaled = Scaled::of(y, season, NEEDED)?;
        if scaled.is_constant() {
            return Ok(scaled.constant(Kind::None.name(), horizon));
        }
        let values = &scaled.values;
        let season = if season <= LONGEST.min(values.len() / 2) {
            season.max(1)
        } else {
            1
        };
        let best = match self.kind {
            Some(kind) => single(values, season, kind),
            None => choices(values, season).into_iter().next(),
        };
        scaled.restored(told(&best.ok_or(Unfit::NotFound)?, values, horizon))
    }

    fn fixed(&self, fitted: &Fitted) -> Option<Box<dyn Model>> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == fitted.name)?;
        Some(Box::new(Self { kind: Some(kind) }))
    }
}

/// What a fitted kind says.
fn told(best: &Choice, y: &[f64], horizon: usize) -> Found {
    let left = y.len().saturating_sub(best.weights.len() + 1).max(1);
    let variance = best.squares / left as f64;
    let mut state = best.state.clone();
    let mut mean = Vec::with_capacity(horizon);
    // An error in the next value, and nothing else: since states are linear in errors, this is what comes again.
    let mut shaken = state.zeroed();
    let mut grown = variance;
    let mut sd = Vec::with_capacity(horizon);
    for step in 0..horizon {
        let position = (y.len() + step) % state.season();
        mean.push(state.expected(position));
        state.advance(&best.weights, position, 0.0);
        sd.push(grown.sqrt());
        shaken.advance(&best.weights, position, if step == 0 { 1.0 } else { 0.0 });
        let again = shaken.expected((position + 1) % state.season());
        grown = (grown + variance * again * again).min(1e200);
    }
    Found {
        name: best.state.kind.name(),
        fitted: best.fitted.clone(),
        mean,
        sd,
        parameters: best.weights.len(),
    }
}
