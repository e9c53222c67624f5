//! Leaderboards that do not rank chance: whose intervals overlap shares a rank (KPI rule R11).

use std::cmp::Ordering;

use bellwether_domain::exact::Exact;

use crate::interval::Interval;

#[cfg(test)]
mod tests;

/// Which end of the board is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Best {
    /// The highest value leads: win rates, bookings.
    #[default]
    Highest,
    /// The lowest value leads: cycles, costs.
    Lowest,
}

/// Where an item stands among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// The rank, from 1; shared by all of a group.
    pub rank: usize,
    /// How many share it, this item included.
    pub sharing: usize,
    /// The best rank that the intervals leave open: 1 more than there are items whose whole interval is better.
    pub best: usize,
    /// The worst rank that they leave open: all less the items whose whole interval is worse.
    pub worst: usize,
}

/// Ranks with ties, the highest value first, in the order of the items as they came.
///
/// The rule: go down the values. The first item leads a group, and everyone after it joins while their interval
/// overlaps that of the group's *leader*. The first one whose interval does not overlaps the leader's leads the next
/// group. All of a group have the same rank: 1 more than there are items in the groups before (competition ranks:
/// 1 1 3 4). Among equal values the one with the higher lower end, then the higher upper end, comes first.
///
/// So the rank never contradicts the order of values, a rank below 1 always means that the interval lies wholly under
/// the leader's of the group above, and neither the order of the items nor a tie between equals matters. Overlapping
/// is not transitive, so no ranks can say all: two of one group may differ from each other, though not from their
/// leader, and a wide interval in a later group may reach up. [`Rank::best`] and [`Rank::worst`] say what the intervals
/// really leave open for each item.
#[must_use]
pub fn rank_with_ties(items: &[(Exact, Interval)]) -> Vec<Rank> {
    rank_with_ties_by(Best::Highest, items)
}

/// The same as [`rank_with_ties`] with the good end named; for [`Best::Lowest`] everything is turned round.
#[must_use]
pub fn rank_with_ties_by(best: Best, items: &[(Exact, Interval)]) -> Vec<Rank> {
    let ends: Vec<Ends> = items.iter().map(|item| Ends::of(best, item)).collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|&one, &other| ends[other].cmp(&ends[one]));

    let mut lows: Vec<&Exact> = ends.iter().map(|item| &item.low).collect();
    let mut highs: Vec<&Exact> = ends.iter().map(|item| &item.high).collect();
    lows.sort();
    highs.sort();

    let mut ranks = vec![None; items.len()];
    let mut rest = order.as_slice();
    while let Some(&leader) = rest.first() {
        let rank = items.len() - rest.len() + 1;
        let apart = |&item: &usize| !items[item].1.overlaps(&items[leader].1);
        let sharing = rest.iter().position(apart).unwrap_or(rest.len());
        for &item in &rest[..sharing] {
            let better = items.len() - lows.partition_point(|&low| *low <= ends[item].high);
            let worse = highs.partition_point(|&high| *high < ends[item].low);
            ranks[item] = Some(Rank {
                rank,
                sharing,
                best: better + 1,
                worst: items.len() - worse,
            });
        }
        rest = &rest[sharing..];
    }
    ranks.into_iter().flatten().collect()
}

/// A value and its interval, turned so that higher is better.
#[derive(Debug, PartialEq, Eq)]
struct Ends {
    value: Exact,
    low: Exact,
    high: Exact,
}

impl Ends {
    fn of(best: Best, (value, interval): &(Exact, Interval)) -> Self {
        let (low, high) = (interval.low(), interval.high());
        match best {
            Best::Highest => Self {
                value: value.clone(),
                low,
                high,
            },
            Best::Lowest => Self {
                value: -value.clone(),
                low: -high,
                high: -low,
            },
        }
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let by_value = self.value.cmp(&other.value);
        by_value
            .then_with(|| self.low.cmp(&other.low))
            .then_with(|| self.high.cmp(&other.high))
    }
}
