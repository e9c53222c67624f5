//! Exponential smoothing: level, slope and season that each follow what they missed.
//!
//! The forms, their likelihoods and the choice between them are those of Hyndman, Koehler, Ord & Snyder (2008),
//! "Forecasting with exponential smoothing". What differs is the search: a form's errors are differentiated in all of
//! its parameters, starting states included, and the best point is found by least squares in a few steps, where a simplex
//! needs a thousand. And forms that explain the series about as well share the forecast by their Akaike weights (Burnham
//! & Anderson 2002; Kolassa 2011, "Combining exponential smoothing forecasts using Akaike weights", International Journal
//! of Forecasting 27:238-251), which is steadier than any of them.

mod choose;
mod form;
mod pass;
mod refine;
mod spread;
mod start;
mod tangent;

#[cfg(test)]
mod tests;

use super::scaled::{Found, Scaled};
use super::{Fitted, Model, Unfit};
use choose::{Choice, choices, least_values, single};
pub use form::{Cycle, Errors, Form, Slope};
use pass::run;
use spread::{Ahead, ahead};

/// Fewer values than this say nothing about a weight and a level.
const NEEDED: usize = 5;

/// A form that explains the series so much worse than the best is not heard: its share would be smaller than this part
/// of the best one's.
const LEAST_SHARE: f64 = 0.02;

/// Exponential smoothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ets {
    /// In all forms, each by how well it explains the series (AICc).
    #[default]
    Automatic,
    /// In the forms with a slope that fades: the steadiest of all over long horizons (Gardner 2006).
    Damped,
    /// In this form.
    Of(Form),
}

impl Ets {
    /// All forms, each by how well it explains the series.
    pub fn auto() -> Self {
        Self::Automatic
    }

    /// The forms with a slope that fades.
    pub fn damped() -> Self {
        Self::Damped
    }

    /// A level and nothing else.
    pub fn simple() -> Self {
        Self::Of(Form {
            errors: Errors::Added,
            slope: Slope::None,
            cycle: Cycle::None,
        })
    }

    /// The form with this name, such as `ETS(M,Ad,M)`; `None` when there is none.
    pub fn named(name: &str) -> Option<Self> {
        Form::named(name).map(Self::Of)
    }
}

impl Model for Ets {
    fn name(&self) -> &'static str {
        match self {
            Self::Automatic => "ets",
            Self::Damped => "damped ets",
            Self::Of(form) => form.name(),
        }
    }

    /// Seasons of more than 24 values are not looked for (take them off first), nor those of which there are not two.
    fn fit(&self, y: &[f64], season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        let scaled = Scaled::of(y, season, NEEDED)?;
        let values = &scaled.values;
        if let Self::Of(form) = self {
            possible(*form, &scaled, season)?;
        }
        if scaled.is_constant() {
            return Ok(scaled.constant("ETS(A,N,N)", horizon));
        }
        let fitted = match self {
            Self::Automatic => choices(values, season, true),
            Self::Damped => choices(values, season, false),
            Self::Of(form) => single(values, season, *form).into_iter().collect(),
        };
        scaled.restored(shared(&fitted, values, horizon).ok_or(Unfit::NotFound)?)
    }
}

/// Whether a named form can be fitted at all.
fn possible(form: Form, scaled: &Scaled<'_>, season: usize) -> Result<(), Unfit> {
    if form.cycle != Cycle::None && !(2..=tangent::LONGEST).contains(&season) {
        return Err(Unfit::BadSeason { season });
    }
    let given = scaled.values.len();
    let seasons = if form.cycle == Cycle::None { 0 } else { 2 * season };
    let needed = least_values(form, season).max(seasons);
    if given < needed {
        return Err(Unfit::TooShort { needed, given });
    }
    if form.needs_positive() && !scaled.is_positive() {
        let at = scaled
            .values
            .iter()
            .position(|value| *value <= 0.0)
            .unwrap_or_default();
        return Err(Unfit::NotPositive { at });
    }
    Ok(())
}

/// What the forms say together, the best of them first.
fn shared(fitted: &[Choice], y: &[f64], horizon: usize) -> Option<Found> {
    let best = fitted.first()?;
    let shares = fitted
        .iter()
        .map(|choice| libm::exp((best.criterion - choice.criterion) / 2.0));
    let heard: Vec<(f64, Found)> = (fitted.iter().zip(shares))
        .filter(|(_, share)| *share >= LEAST_SHARE)
        .filter_map(|(choice, share)| Some((share, told(choice, y, horizon)?)))
        .collect();
    let total: f64 = heard.iter().map(|(share, _)| share).sum();
    let sum = |of: &dyn Fn(&Found) -> f64| {
        heard.iter().map(|(share, found)| share * of(found)).sum::<f64>() / total
    };
    let mean: Vec<f64> = (0..horizon).map(|step| sum(&|found| found.mean[step])).collect();
    // That the forms differ is a part of the doubt.
    let off = |found: &Found, step: usize| found.mean[step] - mean[step];
    let variance =
        |found: &Found, step: usize| found.sd[step] * found.sd[step] + off(found, step) * off(found, step);
    Some(Found {
        name: best.layout.form.name(),
        fitted: (0..y.len()).map(|at| sum(&|found| found.fitted[at])).collect(),
        sd: (0..horizon)
            .map(|step| sum(&|found| variance(found, step)).sqrt())
            .collect(),
        mean,
        parameters: best.layout.count,
    })
}

/// What a fitted form says.
fn told(choice: &Choice, y: &[f64], horizon: usize) -> Option<Found> {
    let mut fitted = Vec::with_capacity(y.len());
    let run = run(&choice.layout, &choice.point.at, y, |expected| {
        fitted.push(expected)
    })?;
    let Ahead { mean, sd } = ahead(&choice.layout, &choice.point, &run, y.len(), horizon);
    Some(Found {
        name: choice.layout.form.name(),
        fitted,
        mean,
        sd,
        parameters: choice.layout.count,
    })
}
