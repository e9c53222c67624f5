//! What a series will be, with intervals that hold what they promise.
//!
//! [`forecast`] makes a series ready (gaps, outliers, seasons, scale), lets several models forecast it, weighs them by
//! how well they would have done at earlier origins of the same series, and widens the interval of their mean by what
//! was missed there ([`conformal`]). Single models stand behind [`Model`]; they are handed values that are finite and
//! without gaps, and of a size around 1.

pub mod ces;
pub mod combine;
pub mod conformal;
pub mod decompose;
pub mod ets;
pub mod hierarchy;
pub mod intermittent;
pub mod mstl;
pub mod naive;
pub mod regression;
pub mod theta;

mod ask;
mod classical;
mod outlook;
mod scaled;
mod unfit;

#[cfg(test)]
mod known;

pub use ask::{Ask, Bounds};
pub use decompose::{Parts, decompose};
pub use outlook::{Band, Forecast, Note, Outlook, forecast, forecast_all};
pub use unfit::Unfit;

/// What a model makes of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The model, and where it has forms, the form that was chosen.
    pub name: &'static str,
    /// What it would have said one step ahead, for each value of the history; where it could say nothing yet (the first
    /// values), the value itself. As long as the history, finite.
    pub fitted: Vec<f64>,
    /// The forecast: `horizon` values, finite.
    pub mean: Vec<f64>,
    /// The standard deviation of the forecast's error by step, as the model has it: `horizon` values, finite and not
    /// below zero.
    pub sd: Vec<f64>,
    /// How many parameters and starting values were estimated.
    pub parameters: usize,
}

/// A way to forecast a series.
pub trait Model {
    /// What it is called in answers: short, lower case.
    fn name(&self) -> &'static str;

    /// Fits the model to `y`, which is finite and has no gaps, and forecasts the `horizon` values after it. `season` is
    /// the number of values after which a pattern comes back; 0 and 1 mean that there is none.
    ///
    /// The same input gives the same digits.
    ///
    /// # Errors
    /// Why the model says nothing about such a series. Never a panic, never a value that is not finite.
    fn fit(&self, y: &[f64], season: usize, horizon: usize) -> Result<Fitted, Unfit>;

    /// The same model with the form that was chosen in `fitted`: quicker at the earlier origins of the same series.
    /// `None` when there are no forms to choose from.
    fn fixed(&self, fitted: &Fitted) -> Option<Box<dyn Model>> {
        let _ = fitted;
        None
    }
}
