//! The segments that moved a KPI most, and the rest of them in one.

use std::cmp::Reverse;

use bellwether_domain::exact::Exact;

use super::{Decomposition, Part};

/// The largest parts of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movers<'a, K> {
    /// The parts, the largest change first, up or down; of equal ones the smaller key first.
    pub parts: Vec<&'a Part<K>>,
    /// How many segments are left out.
    pub others: usize,
    /// What those add to the change, by effect as in [`Decomposition::effects`]: with the parts it sums to the change.
    pub rest: Vec<Exact>,
}

impl<K> Decomposition<K> {
    /// The `most` segments that moved the KPI most, whichever way; those that did not move it at all are never among
    /// them.
    #[must_use]
    pub fn movers(&self, most: usize) -> Movers<'_, K> {
        // A stable sort: the parts are by key already.
        let mut parts: Vec<&Part<K>> = self.parts.iter().collect();
        parts.sort_by_cached_key(|part| Reverse(part.change().abs()));
        let moved = parts
            .iter()
            .take(most)
            .take_while(|part| !part.change().is_zero())
            .count();
        let left_out = parts.split_off(moved);
        let rest = (0..self.effects.len())
            .map(|index| left_out.iter().map(|part| &part.effects[index]).sum())
            .collect();
        Movers {
            parts,
            others: left_out.len(),
            rest,
        }
    }
}
