//! The share of those still waiting, by lag: Kaplan and Meier's estimate, with its quantiles and intervals.

use bellwether_domain::exact::Exact;

use super::share::Share;
use super::{Estimate, log_log};
use crate::interval::Level;

/// The curve of those who have not ended by each lag.
///
/// ```text
/// S(t) = Π over lags up to t of (1 - ended / at risk)
/// ```
///
/// Source: E. L. Kaplan and P. Meier (1958), JASA 53:457-481.
#[derive(Debug, Clone)]
pub struct KaplanMeier {
    level: Level,
    n: u64,
    /// The largest lag of all, ended or not.
    observed_to: i64,
    /// The lags at which anyone ended, rising.
    steps: Vec<Step>,
    /// All lags, rising: for who is at risk where nobody ends.
    lags: Vec<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    lag: i64,
    survival: Share,
    /// Σ d / (n (n - d)): Greenwood's variance of S is S² times this. Infinite when nobody is left.
    greenwood: f64,
}

/// The interval of a quantile of lags. An end that was not reached while anyone was observed is absent: the quantile
/// may lie at any larger lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LagInterval {
    /// The lower end.
    pub low: Option<i64>,
    /// The upper end.
    pub high: Option<i64>,
}

impl KaplanMeier {
    /// The curve of lags in any unit and any order, each with whether the waiting ended at it (else it was censored
    /// there). `None` when there are none.
    #[must_use]
    pub fn new(records: &[(i64, bool)]) -> Option<Self> {
        let mut sorted = records.to_vec();
        sorted.sort_unstable();
        let observed_to = sorted.last()?.0;
        let n = sorted.len() as u64;
        let mut steps = Vec::new();
        let (mut at_risk, mut greenwood) = (n, 0.0);
        // While nobody is censored the factors (n - d)/n shorten to one fraction of this start.
        let (mut start, mut survival_at_start) = (n, Share::ALL);
        for group in sorted.chunk_by(|one, other| one.0 == other.0) {
            let ended = group.iter().filter(|record| record.1).count() as u64;
            let left = at_risk - ended;
            let mut survival = survival_at_start.times(at_risk, start);
            if ended > 0 {
                survival = survival_at_start.times(left, start);
                greenwood += ended as f64 / (at_risk as f64 * left as f64);
                steps.push(Step {
                    lag: group[0].0,
                    survival,
                    greenwood,
                });
            }
            at_risk -= group.len() as u64;
            if at_risk < left {
                (start, survival_at_start) = (at_risk, survival);
            }
        }
        Some(Self {
            level: Level::P95,
            n,
            observed_to,
            steps,
            lags: sorted.into_iter().map(|record| record.0).collect(),
        })
    }

    /// The same curve with intervals of another level.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// How many lags there are, ended or not.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The largest lag, ended or not: beyond it nobody was observed.
    #[must_use]
    pub fn observed_to(&self) -> i64 {
        self.observed_to
    }

    /// The share of those still waiting after the lag `t` (whoever ends at `t` has ended), with its interval by
    /// Greenwood's variance on the log-log scale. `None` beyond the largest lag, where nobody was observed, unless all
    /// had ended by then.
    ///
    /// ```text
    /// S^exp(± z √(Σ d/(n (n - d))) / ln S)
    /// ```
    ///
    /// Source: M. Greenwood (1926); Kalbfleisch and Prentice (1980), 1.3.
    #[must_use]
    pub fn at(&self, t: i64) -> Option<Estimate> {
        let passed = self.steps.partition_point(|step| step.lag <= t);
        let at_risk = (self.lags.len() - self.lags.partition_point(|&lag| lag < t)) as u64;
        let step = passed.checked_sub(1).map(|index| self.steps[index]);
        let survival = step.map_or(Share::ALL, |step| step.survival);
        if t > self.observed_to && survival != Share::NONE {
            return None;
        }
        let known = step.filter(|step| step.survival != Share::NONE);
        Some(Estimate {
            share: survival.exact(),
            interval: known.map(|step| log_log(self.level, step.survival.ln(), step.greenwood.sqrt())),
            at_risk,
        })
    }

    /// The quantile `q` of the lags: the smallest `t` with `S(t) <= 1 - q`, in the unit of the lags. `None` when that
    /// was not reached while anyone was observed, or `q` is outside 0 to 1.
    #[must_use]
    pub fn quantile(&self, q: &Exact) -> Option<i64> {
        let left = Share::of(&(Exact::one() - q))?;
        let index = self.steps.partition_point(|step| !step.survival.at_most(left));
        self.steps.get(index).map(|step| step.lag)
    }

    /// The interval of that quantile: the lags at which `1 - q` lies inside the interval of S.
    ///
    /// Source: R. Brookmeyer and J. Crowley (1982), Biometrics 38:29-41, on the log-log scale; as R's survfit, the lower
    /// end is the smallest lag where the lower curve is at most `1 - q`, the upper end where the upper curve is.
    #[must_use]
    pub fn quantile_interval(&self, q: &Exact) -> LagInterval {
        let none = LagInterval {
            low: None,
            high: None,
        };
        let Some(left) = Share::of(&(Exact::one() - q)) else {
            return none;
        };
        let target = libm::log(-left.ln());
        let z = self.level.normal();
        // On the scale ln(-ln S), which falls as S rises, the curves are a shift of z times the error.
        let reached = |sign: f64| {
            let found = self.steps.iter().find(|step| {
                if step.survival == Share::NONE {
                    // Nobody is left: the lower curve is at 0 too, the upper one is unknown.
                    return sign > 0.0;
                }
                let ln = step.survival.ln();
                libm::log(-ln) + sign * z * step.greenwood.sqrt() / -ln >= target
            });
            found.map(|step| step.lag)
        };
        LagInterval {
            low: reached(1.0),
            high: reached(-1.0),
        }
    }
}
