//! How long customers stay on average: what was seen of it, and what is likely to come.

use bellwether_stats::garwood;

use super::MONTH;

/// Beyond the age at which fewer were observed nothing is summed: single customers would decide.
const FEWEST: usize = 5;
/// The normal quantile of 95 %, two-sided.
const WIDE: f64 = 1.959_963_984_540_054;

/// The average life of a customer, in months of 30.44 days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    /// Up to which age the curve was observed well enough.
    pub until: f64,
    /// The months that a customer stays within that age: the area under the curve.
    pub observed: f64,
    /// The lower end of its 95 % interval.
    pub observed_low: f64,
    /// The upper end.
    pub observed_high: f64,
    /// The average life when those left keep leaving at the rate of the older half of ages; absent while nobody has left
    /// there. Never below `observed`.
    pub expected: Option<f64>,
    /// The lower end of its 95 % interval: what can be said even while nobody leaves.
    pub expected_low: f64,
    /// The upper end; absent while nobody has left.
    pub expected_high: Option<f64>,
}

/// The life of customers from their stays in days, each with whether it ended.
///
/// The variance of the area is `Σ A(t)² d / (n (n - d))` with A(t) the area beyond t (J. P. Klein and M. L. Moeschberger
/// 2003, Survival Analysis, 4.5). Beyond, the rate is a count over time observed, its interval Garwood's.
pub(super) fn of(records: &[(i64, bool)]) -> Life {
    let mut sorted = records.to_vec();
    sorted.sort_unstable();
    let n = sorted.len();
    let until = sorted[n.saturating_sub(FEWEST).min(n - 1)].0 as f64;
    let steps = steps(&sorted, until);
    let area = |from: f64| -> f64 {
        let ends = steps.iter().map(|step| step.day).skip(1).chain([until]);
        let pieces = steps.iter().zip(ends);
        pieces
            .map(|(step, to)| step.share * (to - step.day.max(from)).max(0.0))
            .sum()
    };
    let variance: f64 = steps
        .iter()
        .filter(|step| step.weight > 0.0)
        .map(|step| area(step.day).powi(2) * step.weight)
        .sum();
    let (observed, error) = (area(0.0), WIDE * variance.sqrt());
    let share = steps.last().map_or(1.0, |step| step.share);
    let tail = Tail::of(&sorted, until);
    let (low, high) = ((observed - error).max(0.0), (observed + error).min(until));
    Life {
        until: until / MONTH,
        observed: observed / MONTH,
        observed_low: low / MONTH,
        observed_high: high / MONTH,
        expected: tail.rate.map(|rate| (observed + share / rate) / MONTH),
        expected_low: tail.high.map_or(low, |rate| low + share / rate) / MONTH,
        expected_high: tail.low.map(|rate| (high + share / rate) / MONTH),
    }
}

/// From a day on, the share still there.
struct Step {
    day: f64,
    share: f64,
    /// d / (n (n - d)).
    weight: f64,
}

fn steps(sorted: &[(i64, bool)], until: f64) -> Vec<Step> {
    let mut steps = vec![Step {
        day: 0.0,
        share: 1.0,
        weight: 0.0,
    }];
    let (mut at_risk, mut share) = (sorted.len(), 1.0);
    for group in sorted.chunk_by(|one, other| one.0 == other.0) {
        let ended = group.iter().filter(|record| record.1).count();
        let day = group[0].0 as f64;
        if ended > 0 && day <= until {
            let (n, d) = (at_risk as f64, ended as f64);
            share *= (n - d) / n;
            let weight = if n > d { d / (n * (n - d)) } else { 0.0 };
            steps.push(Step { day, share, weight });
        }
        at_risk -= group.len();
    }
    steps
}

/// The rate a day at which those left leave, from the older half of ages.
struct Tail {
    rate: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

impl Tail {
    fn of(sorted: &[(i64, bool)], until: f64) -> Self {
        let from = until / 2.0;
        let (mut days, mut ended) = (0.0, 0_u64);
        for (day, end) in sorted {
            let day = *day as f64;
            days += (day - from).max(0.0);
            ended += u64::from(*end && day > from);
        }
        let interval = garwood(ended);
        let rate = |count: f64| Some(count / days).filter(|rate| *rate > 0.0 && rate.is_finite());
        Self {
            rate: rate(ended as f64),
            low: rate(interval.low().to_f64()),
            high: rate(interval.high().to_f64()),
        }
    }
}
