//! How long customers stay, what they will be worth, and how long new people need until they sell.
//!
//! Days are civil days since 1970-01-01. Who is still there is censored, not left out: the curves are those of
//! `bellwether-stats`. [`survival`] shows how long customers stayed, [`forecast`] how many of today's, and how much of
//! what they pay, will be there in the coming months, [`ramp`] how long new reps needed.
//!
//! Nothing here looks ahead: whatever starts or ends on the day asked for or later is not known yet.

mod curve;
mod customer;
mod forecast;
mod hazard;
mod kept;
mod life;
mod money;
mod ramp;
mod refusal;
mod spread;

#[cfg(test)]
mod company;
#[cfg(test)]
mod tests;

pub use curve::{Curve, CurvePoint, survival};
pub use customer::{Customer, Paid};
pub use forecast::{Ask, Estimate, Point, Retention, forecast};
pub use kept::{GROSS, LOGO, NET, Stayed, months_after, stayed};
pub use life::Life;
pub use ramp::{Ramp, Rep, ramp};
pub use refusal::Refusal;

/// Days in a month on average: 365.2425 / 12. Ages and horizons are counted in such months.
pub const MONTH: f64 = 30.436_875;

/// What lies between two ends with a given chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The chance, a share: 0.8 for 80 %.
    pub level: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}
