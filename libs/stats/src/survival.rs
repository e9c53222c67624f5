//! Times until something happens, of which some have not ended yet: the curve of those still waiting, and of those who
//! ended one way while another way competes.
//!
//! Who has not ended is *censored*: known to have waited so long and no more. Who is censored at the very lag at which
//! others end counts as at risk there. Neither order nor ties matter: the curves are made of counts per lag.

mod aalen_johansen;
mod kaplan_meier;
mod share;

#[cfg(test)]
mod competing;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod references;

use bellwether_domain::exact::Exact;

use crate::interval::{Interval, Level, fifteen};

pub use aalen_johansen::{AalenJohansen, Ending};
pub use kaplan_meier::{KaplanMeier, LagInterval};

/// What a curve is at one lag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The share, rounded to 30 decimals.
    pub share: Exact,
    /// Where the share of all who could have been observed lies, both ends to 15 digits; absent while the share is 0 or
    /// 1, where the variance is not estimated.
    pub interval: Option<Interval>,
    /// How many were still waiting, and observed, just before the lag.
    pub at_risk: u64,
}

impl Estimate {
    /// The same of those who are not counted here: from still waiting to ended, and back.
    #[must_use]
    pub fn complement(&self) -> Self {
        let turned = |interval: &Interval| interval.scaled(&Exact::from(-1)).shifted(&Exact::one());
        Self {
            share: Exact::one() - &self.share,
            interval: self.interval.as_ref().map(turned),
            at_risk: self.at_risk,
        }
    }
}

/// The ends of the interval of a survival share with logarithm `ln` (below 0) whose own standard error, relative to the
/// share, is `error`: symmetric on the scale ln(-ln S), so that it stays between 0 and 1.
///
/// Source: J. D. Kalbfleisch and R. L. Prentice (1980), The Statistical Analysis of Failure Time Data, 1.3; `log-log` in
/// R's survfit, the default of lifelines.
fn log_log(level: Level, ln: f64, error: f64) -> Interval {
    let reach = libm::exp(level.normal() * error / -ln);
    let end = |power: f64| fifteen(libm::exp(ln * power));
    Interval::between(&end(reach), &end(1.0 / reach))
}
