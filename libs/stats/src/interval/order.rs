//! Intervals of quantiles by order statistics: no assumption about how the values are distributed.

use bellwether_domain::exact::Exact;

use super::{Interval, Level, fifteen};

/// Which values of a sample, in rising order, are the ends of a quantile's interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRanks {
    /// The place of the lower end, from 0.
    pub low: usize,
    /// The place of the upper end, from 0; above `low`.
    pub high: usize,
    /// The share of samples whose interval holds the quantile, to 15 digits: exact when no two values are equal, else
    /// it is at least that. Not below the level asked for, and as a rule above it, because places are whole numbers.
    pub coverage: Exact,
}

/// The interval of a quantile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderInterval {
    /// Two values of the sample, in their unit.
    pub interval: Interval,
    /// Where they stand, and how sure they are.
    pub ranks: OrderRanks,
}

/// The 95 % interval of the quantile `q` of the values that a sample in rising order was drawn from, by binomial order
/// statistics.
///
/// ```text
/// [x(l), x(u)],  l the largest rank with P(B < l) <= 0.025,  u the smallest with P(B >= u) <= 0.025,  B ~ Bin(n, q)
/// ```
///
/// In the unit of the values. It states its own coverage. `None` when the sample is too small to leave 2.5 % on either
/// side (the median needs 6 values, the 90 % quantile 36), or when `q` is not between 0 and 1 (exclusive).
///
/// Source: W. J. Conover (1999), Practical Nonparametric Statistics, 3rd ed., 3.2; H. A. David and H. N. Nagaraja
/// (2003), Order Statistics, 3rd ed., 7.1.
#[must_use]
pub fn quantile_interval<T>(sorted: &[T], q: &Exact) -> Option<OrderInterval>
where
    T: Clone + Into<Exact>,
{
    quantile_interval_at(Level::P95, sorted, q)
}

/// The same as [`quantile_interval`] at another level.
#[must_use]
pub fn quantile_interval_at<T>(level: Level, sorted: &[T], q: &Exact) -> Option<OrderInterval>
where
    T: Clone + Into<Exact>,
{
    let ranks = order_ranks_at(level, sorted.len(), q)?;
    let end = |index: usize| -> Option<Exact> { Some(sorted.get(index)?.clone().into()) };
    Some(OrderInterval {
        interval: Interval::between(&end(ranks.low)?, &end(ranks.high)?),
        ranks,
    })
}

/// The places of the ends that [`quantile_interval`] takes, for whoever selects values without sorting them all.
#[must_use]
pub fn order_ranks(n: usize, q: &Exact) -> Option<OrderRanks> {
    order_ranks_at(Level::P95, n, q)
}

/// The same as [`order_ranks`] at another level.
#[must_use]
pub fn order_ranks_at(level: Level, n: usize, q: &Exact) -> Option<OrderRanks> {
    let rest = Exact::one() - q;
    if n == 0 || q.is_negative() || q.is_zero() || rest.is_negative() || rest.is_zero() {
        return None;
    }
    let weights = Weights::of(n, q.to_f64(), rest.to_f64());
    // Below the lower rank lie the outcomes 0..l, so rank l counted from 1 is place l - 1.
    let (left_out, below) = weights.tail(level, weights.values.iter())?;
    let low = weights.first + left_out - 1;
    let (left_out, above) = weights.tail(level, weights.values.iter().rev())?;
    let high = weights.first + weights.values.len() - left_out - 1;
    Some(OrderRanks {
        low,
        high,
        coverage: fifteen(1.0 - below - above),
    })
}

/// The probabilities of a binomial distribution but for a factor, those that matter. They follow from each other by the
/// four operations alone, outwards from the middle.
struct Weights {
    /// The outcome of the first value.
    first: usize,
    values: Vec<f64>,
    total: f64,
}

/// Less than this beside 1 at the middle is left out.
const NEGLIGIBLE: f64 = 1e-25;

impl Weights {
    fn of(n: usize, q: f64, rest: f64) -> Self {
        let middle = ((n as f64 * q) as usize).min(n);
        let odds = q / rest;
        let down = (1..=middle).rev().scan(1.0, |weight, j| {
            *weight *= j as f64 / (n - j + 1) as f64 / odds;
            (*weight > NEGLIGIBLE).then_some(*weight)
        });
        let mut values: Vec<f64> = down.collect();
        let first = middle - values.len();
        values.reverse();
        values.push(1.0);
        values.extend((middle..n).scan(1.0, |weight, j| {
            *weight *= (n - j) as f64 / (j + 1) as f64 * odds;
            (*weight > NEGLIGIBLE).then_some(*weight)
        }));
        // The small ones first, from both sides.
        let (left, right) = values.split_at(middle - first);
        let total = left.iter().sum::<f64>() + right.iter().rev().sum::<f64>();
        Self { first, values, total }
    }

    /// How many outcomes from one side have a probability of at most the level's tail together, and that probability;
    /// `None` when already the outermost outcome of all has more.
    fn tail<'a>(&self, level: Level, from_outside: impl Iterator<Item = &'a f64>) -> Option<(usize, f64)> {
        let (mut count, mut sum) = (0, 0.0);
        for weight in from_outside {
            let next = sum + weight;
            if next > level.tail() * self.total {
                break;
            }
            (count, sum) = (count + 1, next);
        }
        (count > 0).then_some((count, sum / self.total))
    }
}
