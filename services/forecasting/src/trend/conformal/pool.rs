//! What was missed in series beside this one: how wide intervals must be in this company.

use std::collections::BTreeMap;

use super::{MOST, Past, STEPS, between, learned, nearest, root};

/// What was missed in series beside this one.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// By step of [`STEPS`]: what was missed beside what is usual for the kind.
    scales: [f64; STEPS.len()],
}

/// How many series that have nothing to do with each other what is usual for the kind is worth.
const USUAL: f64 = 20.0;

/// The fewest series whose misses make a pool.
const COMPANY: usize = 8;

impl Pool {
    /// The pool of several series; `None` when they are too few.
    ///
    /// Series of one company are hit by the same shocks: a hundred cash machines at Christmas say no more about the next
    /// weeks than two would. So it counts how many series they are worth whose misses have nothing to do with each other
    /// (the design effect of Kish 1965, by the correlation between series at the same origin and step).
    pub fn of(all: &[&Past]) -> Option<Self> {
        let spoken: Vec<&Past> = all
            .iter()
            .copied()
            .filter(|past| !past.misses.is_empty())
            .collect();
        if spoken.len() < COMPANY {
            return None;
        }
        let worth = spoken.len() as f64 / (1.0 + (spoken.len() - 1) as f64 * correlation(&spoken));
        let believed = worth / (worth + USUAL);
        let (mut sums, mut counts) = ([0.0; STEPS.len()], [0.0_f64; STEPS.len()]);
        for past in spoken {
            for miss in &past.misses {
                let which = nearest(miss.step);
                sums[which] += root(miss) / learned::TABLE.usual(past.kind, miss.step);
                counts[which] += 1.0;
            }
        }
        // Steps that nobody looked back so far ahead for are like all others.
        let total = sums.iter().sum::<f64>() / counts.iter().sum::<f64>().max(1.0);
        let mut scales = [1.0; STEPS.len()];
        for (scale, (sum, count)) in scales.iter_mut().zip(sums.iter().zip(counts)) {
            let seen = (sum + 30.0 * total) / (count + 30.0);
            *scale = libm::pow(seen * seen, believed).clamp(0.5, 2.5);
        }
        Some(Self { scales })
    }

    /// The scale at `step` (from 0).
    pub(super) fn at(&self, step: usize) -> f64 {
        between(&self.scales, step)
    }
}

/// The mean correlation of misses at the same origin and step between two series, 0 to 1, each in units of what its series
/// misses.
fn correlation(all: &[&Past]) -> f64 {
    // By origin and step: the sum, the sum of squares and the count.
    let mut cells: BTreeMap<(usize, usize), (f64, f64, f64)> = BTreeMap::new();
    for past in all {
        let sizes = past.misses.iter().map(|miss| miss.by.clamp(-MOST, MOST));
        let unit = (sizes.map(|by| by * by).sum::<f64>() / past.misses.len() as f64).sqrt();
        if unit <= 0.0 {
            continue;
        }
        for miss in &past.misses {
            let by = miss.by.clamp(-MOST, MOST) / unit;
            let cell = cells.entry((miss.origin, miss.step)).or_default();
            cell.0 += by;
            cell.1 += by * by;
            cell.2 += 1.0;
        }
    }
    let (mut shared, mut own) = (0.0, 0.0);
    for (sum, squares, count) in cells
        .into_values()
        .filter(|(_, _, count)| *count >= COMPANY as f64)
    {
        shared += (sum * sum - squares) / (count * (count - 1.0));
        own += squares / count;
    }
    if own > 0.0 {
        (shared / own).clamp(0.0, 1.0)
    } else {
        0.0
    }
}
