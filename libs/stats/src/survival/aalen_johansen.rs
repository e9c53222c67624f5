//! The share of those who ended one way while another way competes: Aalen and Johansen's estimate.

use bellwether_domain::exact::Exact;

use super::share::Share;
use super::{Estimate, log_log};
use crate::interval::Level;

/// How a waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// Not yet: censored.
    Open,
    /// The way that is counted.
    Event,
    /// Another way, after which the counted one cannot happen any more.
    Competing,
}

/// The curve of those who have ended the counted way by each lag (cumulative incidence).
///
/// ```text
/// F(t) = Σ over lags u up to t of S(u-) · events / at risk
/// ```
///
/// with S the share of those who have not ended at all just before the lag. Without competing endings it is 1 - S.
/// To count the competing endings as censored instead and take 1 - S would say too much: it asks what would happen if
/// nobody could end the other way.
///
/// Source: O. O. Aalen and S. Johansen (1978), Scandinavian Journal of Statistics 5:141-150; J. P. Klein and M. L.
/// Moeschberger (2003), Survival Analysis, 2nd ed., 4.7.
#[derive(Debug, Clone)]
pub struct AalenJohansen {
    level: Level,
    n: u64,
    observed_to: i64,
    /// The lags at which anyone ended either way, rising.
    steps: Vec<Step>,
    lags: Vec<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    lag: i64,
    at_risk: u64,
    events: u64,
    ended: u64,
    /// Who had not ended at all just before.
    before: Share,
    incidence: Share,
}

impl AalenJohansen {
    /// The curve of lags in any unit and any order, each with how the waiting ended at it. `None` when there are none.
    #[must_use]
    pub fn new(records: &[(i64, Ending)]) -> Option<Self> {
        let mut sorted = records.to_vec();
        sorted.sort_unstable();
        let observed_to = sorted.last()?.0;
        let n = sorted.len() as u64;
        let mut steps = Vec::new();
        let mut at_risk = n;
        let (mut start, mut waiting_at_start) = (n, Share::ALL);
        let (mut incidence, mut competing) = (Share::NONE, Share::NONE);
        for group in sorted.chunk_by(|one, other| one.0 == other.0) {
            let count = |ending| group.iter().filter(|record| record.1 == ending).count() as u64;
            let events = count(Ending::Event);
            let ended = events + count(Ending::Competing);
            let left = at_risk - ended;
            if ended > 0 {
                // S(u-) · events / at risk, where S(u-) is the start's share times at risk / start.
                incidence = incidence.plus(waiting_at_start.times(events, start));
                competing = competing.plus(waiting_at_start.times(ended - events, start));
                if left == 0 {
                    // All have ended one way or the other, so that no rounding may be left between the two.
                    incidence = competing.of_the_rest();
                }
                steps.push(Step {
                    lag: group[0].0,
                    at_risk,
                    events,
                    ended,
                    before: waiting_at_start.times(at_risk, start),
                    incidence,
                });
            }
            at_risk -= group.len() as u64;
            if at_risk < left {
                (start, waiting_at_start) = (at_risk, waiting_at_start.times(left, start));
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

    /// How many lags there are, however they ended.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The largest lag, ended or not: beyond it nobody was observed.
    #[must_use]
    pub fn observed_to(&self) -> i64 {
        self.observed_to
    }

    /// The share of those who have ended the counted way by the lag `t` (whoever does at `t` has), with its interval:
    /// symmetric on the scale ln(-ln(1 - F)), which makes it Greenwood's of [`super::KaplanMeier::at`] when nothing
    /// competes. `None` beyond the largest lag, where nobody was observed, unless all had ended by then.
    #[must_use]
    pub fn at(&self, t: i64) -> Option<Estimate> {
        let passed = &self.steps[..self.steps.partition_point(|step| step.lag <= t)];
        let all_ended = passed.last().is_some_and(|step| step.at_risk == step.ended);
        if t > self.observed_to && !all_ended {
            return None;
        }
        let incidence = passed.last().map_or(Share::NONE, |step| step.incidence);
        let at_risk = (self.lags.len() - self.lags.partition_point(|&lag| lag < t)) as u64;
        let rest = incidence.of_the_rest();
        let known = incidence != Share::NONE && rest != Share::NONE;
        let interval = known.then(|| {
            let error = variance(passed).sqrt() / rest.float();
            log_log(self.level, rest.ln(), error)
        });
        let rest = Estimate {
            share: rest.exact(),
            interval,
            at_risk,
        };
        Some(rest.complement())
    }

    /// The variance of the share at the lag `t`, as [`AalenJohansen::at`] uses it; 0 before the first ending.
    #[must_use]
    pub fn variance_at(&self, t: i64) -> f64 {
        variance(&self.steps[..self.steps.partition_point(|step| step.lag <= t)])
    }

    /// The smallest lag by which a share of at least `q` of all has ended the counted way, in the unit of the lags.
    /// `None` when that was not reached while anyone was observed, or `q` is outside 0 to 1.
    #[must_use]
    pub fn quantile(&self, q: &Exact) -> Option<i64> {
        let wanted = Share::of(q)?;
        let index = self.steps.partition_point(|step| !wanted.at_most(step.incidence));
        self.steps.get(index).map(|step| step.lag)
    }
}

/// The variance of the cumulative incidence after these steps.
///
/// ```text
/// Σ (F - Fᵢ)² d/(n (n - d)) + Σ S² e (n - e)/n³ - 2 Σ (F - Fᵢ) S e/n²
/// ```
///
/// with e events and d endings among n at risk, and S just before. It is Greenwood's when e = d throughout.
///
/// Source: E. Marubini and M. G. Valsecchi (1995), Analysing Survival Data from Clinical Trials and Observational
/// Studies, 10.3; T. M. Braun and Z. Yuan (2007), Statistics in Medicine 26:1170-1180.
fn variance(steps: &[Step]) -> f64 {
    let Some(last) = steps.last() else {
        return 0.0;
    };
    let mut sum = 0.0;
    for step in steps {
        let (n, d, e) = (step.at_risk as f64, step.ended as f64, step.events as f64);
        let before = step.before.float();
        let later = last.incidence.minus(step.incidence);
        if later > 0.0 {
            sum += later * later * d / (n * (n - d));
        }
        sum += before * before * e * (n - e) / (n * n * n) - 2.0 * later * before * e / (n * n);
    }
    sum.max(0.0)
}
