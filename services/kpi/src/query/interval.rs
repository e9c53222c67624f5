//! How far the truth may lie from a value (R11), by the method that the KPI's definition names.

use std::collections::HashMap;

use bellwether_domain::exact::Exact;
use bellwether_stats::{Interval, covariance_of_means, garwood, smooth_delta, t_interval, wilson};

use super::plan::{sampled, together};
use super::reading::Reading;
use crate::catalogue::{self, Aggregate, Kpi};
use crate::formula::Dual;

/// Sums of products by the measures (the second not before the first) and by cell.
pub(super) type Products = HashMap<(usize, usize), HashMap<u64, Exact>>;

/// The 95 % interval of the value of a cell; `None` where the KPI has none, or the items are too few to tell.
pub(super) fn of(kpi: &Kpi, readings: &[Reading], products: &Products, cell: u64) -> Option<Interval> {
    match kpi.interval? {
        catalogue::Interval::Wilson { successes, trials } => {
            wilson(readings[successes].tally(cell)?, readings[trials].tally(cell)?)
        }
        catalogue::Interval::T(measure) => mean(&readings[measure], products.get(&(measure, measure))?, cell),
        catalogue::Interval::Quantile(measure) | catalogue::Interval::Greenwood(measure) => {
            readings[measure].interval(cell).cloned()
        }
        catalogue::Interval::Garwood(measure) => Some(garwood(readings[measure].tally(cell)?)),
        catalogue::Interval::Delta { share, totals } => {
            let found = delta(kpi, readings, products, cell, totals)?;
            Some(if share {
                found.clamped(&Exact::zero(), &Exact::one())
            } else {
                found
            })
        }
    }
}

fn mean(reading: &Reading, squares: &HashMap<u64, Exact>, cell: u64) -> Option<Interval> {
    let n = reading.counts(cell).seen;
    let value = reading.value(cell)?;
    let sum = if reading.aggregate() == Aggregate::Mean {
        value * Exact::from(n)
    } else {
        value
    };
    t_interval(n, &sum, squares.get(&cell)?)
}

/// The delta method over the items: measures that are sums over them move, the others stand still.
fn delta(kpi: &Kpi, readings: &[Reading], products: &Products, cell: u64, totals: bool) -> Option<Interval> {
    let moving = sampled(kpi);
    let n = if totals {
        items(kpi, readings, &moving, cell)
    } else {
        readings[kpi.items].counts(cell).seen
    };
    if n < 2 {
        return None;
    }
    let values: Vec<Option<Exact>> = readings.iter().map(|reading| reading.value(cell)).collect();
    let dual = moved(kpi, &values, &moving)?;
    let product = |a: usize, b: usize| {
        if !together(kpi, a, b) {
            return Some(Exact::zero());
        }
        let found = products.get(&(a.min(b), a.max(b)))?;
        Some(found.get(&cell).cloned().unwrap_or_default())
    };
    let matrix: Vec<Vec<Exact>> = moving
        .iter()
        .map(|a| moving.iter().map(|b| product(*a, *b)).collect::<Option<_>>())
        .collect::<Option<_>>()?;
    let slopes = (0..moving.len()).map(|place| dual.slope(place));
    if totals {
        let widened = Exact::ratio(n, n - 1)?;
        let covariance: Vec<Vec<Exact>> = matrix
            .iter()
            .map(|row| row.iter().map(|product| product * &widened).collect())
            .collect();
        return smooth_delta(n, &dual.value, &slopes.collect::<Vec<_>>(), &covariance);
    }
    let sums: Vec<Exact> = moving
        .iter()
        .map(|index| values[*index].clone())
        .collect::<Option<_>>()?;
    // By a mean, which is a sum divided by n, a value moves n times as far.
    let count = Exact::from(n);
    let gradient: Vec<Exact> = slopes.map(|slope| slope * &count).collect();
    smooth_delta(
        n,
        &dual.value,
        &gradient,
        &covariance_of_means(n, &sums, &matrix)?,
    )
}

/// The value, and how far it moves with each of the measures that move.
fn moved(kpi: &Kpi, values: &[Option<Exact>], moving: &[usize]) -> Option<Dual> {
    let dual = |(index, value): (usize, &Option<Exact>)| {
        let value = value.clone()?;
        Some(match moving.iter().position(|one| *one == index) {
            Some(place) => Dual::measure(value, place),
            None => Dual {
                value,
                slopes: Vec::new(),
            },
        })
    };
    let duals: Vec<Option<Dual>> = values.iter().enumerate().map(dual).collect();
    kpi.formula.evaluate(&duals).ok()
}

/// How many items move: of measures over the same ones the most that one has.
///
/// How many come is as chance as what they bring: the variance of the sum of x over Poisson's many items is the mean of
/// the sum of x². Of a ratio of sums over the same items it is the same as with a fixed number of them.
fn items(kpi: &Kpi, readings: &[Reading], moving: &[usize], cell: u64) -> u64 {
    let first = |index: &&usize| {
        let before = moving.iter().take_while(|other| other != index);
        !before.copied().any(|other| together(kpi, other, **index))
    };
    let most = |index: &usize| {
        let same = moving.iter().filter(|other| together(kpi, *index, **other));
        same.map(|other| readings[*other].counts(cell).seen)
            .max()
            .unwrap_or(0)
    };
    moving.iter().filter(first).map(most).sum()
}
