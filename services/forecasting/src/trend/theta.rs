//! The Theta method: a line through the series and what exponential smoothing adds to it.
//!
//! Assimakopoulos & Nikolopoulos (2000) won the M3 competition with it; the state space form and its optimised and
//! dynamic kin are those of Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler (2016), "Models for optimising the
//! theta method", International Journal of Forecasting 32:1151-1161. The season is taken off first by classical
//! decomposition and put on again. Others ask a test whether there is one; here it is drawn to none by how little evidence
//! there is, which forecasts short series much better (NN3 cut to 36 months: an OWA of 0.71 where the test gives 0.85).
//!
//! With level `l`, smoothing `alpha`, and the line `A + B t` of the values so far (dynamic) or of all of them:
//!
//! ```text
//! forecast(t) = l(t-1) + w (A q^(t-1) + B (1 - q^t) / alpha),   q = 1 - alpha,   w = 1 - 1 / theta
//! l(t)        = alpha y(t) + q l(t-1)
//! ```
//!
//! For a given `alpha` the errors are linear in the first level and in `w`, so that both are found by least squares and
//! only `alpha` is searched for: the least of all, where a general search may end in a hollow beside it.

mod line;
mod search;

#[cfg(test)]
mod tests;

use super::classical::Season;
use super::scaled::{Found, Scaled, variance};
use super::{Fitted, Model, Unfit};
use search::{Best, SPENT, best};

/// Fewer values than this say nothing about three parameters.
const NEEDED: usize = 6;

/// A model of the Theta family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theta {
    /// The line of all values, theta = 2: the model that won M3.
    Standard,
    /// The line of all values, theta by least squares.
    Optimised,
    /// The line of the values so far, theta = 2.
    Dynamic,
    /// The line of the values so far, theta by least squares.
    DynamicOptimised,
    /// The one of the four with the least errors.
    #[default]
    Automatic,
}

impl Model for Theta {
    fn name(&self) -> &'static str {
        match self {
            Self::Standard => "standard theta",
            Self::Optimised => "optimised theta",
            Self::Dynamic => "dynamic theta",
            Self::DynamicOptimised => "dynamic optimised theta",
            Self::Automatic => "theta",
        }
    }

    fn fit(&self, y: &[f64], season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        let scaled = Scaled::of(y, season, NEEDED)?;
        if scaled.is_constant() {
            return Ok(scaled.constant(self.name(), horizon));
        }
        let values = &scaled.values;
        let Some(figures) = Season::shrunk(values, season) else {
            return scaled.restored(self.flat(values, horizon)?);
        };
        let flat = self.flat(&figures.taken_from_all(values), horizon)?;
        scaled.restored(flat.seasoned(&figures))
    }

    fn fixed(&self, fitted: &Fitted) -> Option<Box<dyn Model>> {
        let chosen = Self::SINGLE.into_iter().find(|kind| kind.name() == fitted.name)?;
        Some(Box::new(chosen))
    }
}

impl Theta {
    /// The model that won M3.
    pub fn standard() -> Self {
        Self::Standard
    }

    /// The line of the values so far, theta by least squares.
    pub fn dynamic() -> Self {
        Self::DynamicOptimised
    }

    /// The four that can be asked for by themselves.
    const SINGLE: [Self; 4] = [
        Self::Standard,
        Self::Optimised,
        Self::Dynamic,
        Self::DynamicOptimised,
    ];

    /// Whether the line is that of the values so far.
    fn is_dynamic(self) -> bool {
        matches!(self, Self::Dynamic | Self::DynamicOptimised)
    }

    /// Whether theta is found by least squares.
    fn is_optimised(self) -> bool {
        matches!(self, Self::Optimised | Self::DynamicOptimised)
    }

    /// Fits a series that has no season (any more).
    fn flat(self, y: &[f64], horizon: usize) -> Result<Found, Unfit> {
        let (kind, found) = self.least(y).ok_or(Unfit::NotFound)?;
        let errors: Vec<f64> = y
            .iter()
            .zip(&found.fitted)
            .map(|(value, fitted)| value - fitted)
            .collect();
        let spread = variance(&errors[SPENT..], 1);
        let answers = found.answers(y.len(), kind.is_dynamic(), horizon);
        let mut grown = spread;
        let sd = answers
            .iter()
            .map(|answer| {
                let sd = grown.sqrt();
                grown += spread * answer * answer;
                sd
            })
            .collect();
        Ok(Found {
            name: kind.name(),
            mean: found.ahead(y.len(), kind.is_dynamic(), horizon),
            fitted: found.fitted,
            sd,
            parameters: 2 + usize::from(kind.is_optimised()) + if kind.is_dynamic() { 0 } else { 2 },
        })
    }

    /// The model with the least errors among those that are meant; theta = 2 is a case of the optimised ones.
    fn least(self, y: &[f64]) -> Option<(Self, Best)> {
        let kinds = Self::SINGLE.into_iter().filter(|kind| match self {
            Self::Automatic => kind.is_optimised(),
            single => *kind == single,
        });
        let mut least: Option<(Self, Best)> = None;
        for kind in kinds {
            let Some(found) = best(y, kind.is_dynamic(), kind.is_optimised()) else {
                continue;
            };
            if least
                .as_ref()
                .is_none_or(|(_, before)| found.squares < before.squares)
            {
                least = Some((kind, found));
            }
        }
        least
    }
}
