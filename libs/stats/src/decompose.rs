//! Why a KPI changed between two periods: its change split over segments into volume, mix, rate, price and FX effects
//! that sum to it exactly.
//!
//! Every segment brings the same chain of sums for both periods, each level counted per unit of the one before:
//!
//! ```text
//! items  ->  hits (rate)  ->  amount at constant rates (price)  ->  amount as booked (FX)
//! ```
//!
//! so that a value is `items · rate · price · fx`, and the last level is what is summed. Any of the factors may be left
//! out: bookings over won deals are `items -> constant (price) -> booked (FX)`, a win rate is `items -> hits (rate)`.
//!
//! Of a **total** `K = Σ nₛvₛ` (n items, v value per item, V = K/N over all), with a bar for the mean of both periods:
//!
//! ```text
//! volume  Δnₛ · V̄            more or fewer items, at the average value of all
//! mix     Δnₛ · (v̄ₛ - V̄)     items moving between segments that are worth more or less than the average
//! factors n̄ₛ · Δvₛ           Δvₛ split over its factors by their Shapley values
//! ```
//!
//! Each segment's effects sum to its own change, and the volume effect, ΔN · V̄, is the same whatever the segments are.
//! Of an **average** `R = Σ mₛvₛ` (m the segment's share of the items):
//!
//! ```text
//! mix     Δmₛ · (v̄ₛ - R̄)
//! factors m̄ₛ · Δvₛ           split likewise
//! ```
//!
//! These are the midpoint forms: they leave no interaction term, do not depend on the order of factors or segments, and
//! turn their sign when the periods are swapped. A segment may appear or vanish: what it is worth per unit in a period
//! in which it has none is taken from the other period, so that its whole change is volume and mix.
//!
//! Source: E. M. Kitagawa (1955), JASA 50:1168-1194 (two factors); P. Das Gupta (1993), Standardization and
//! Decomposition of Rates, U.S. Bureau of the Census P23-186 (any number, the same as L. S. Shapley's value of 1953).

mod lmdi;
mod logarithm;
mod movers;
mod overall;
mod rounding;
mod shapley;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bellwether_domain::exact::Exact;

use overall::Overall;

pub use lmdi::lmdi;
pub use movers::Movers;
pub use rounding::summing_to;
pub use shapley::shapley;

/// What a part of a change is due to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// More or fewer items.
    Volume,
    /// Items moving between segments.
    Mix,
    /// More or fewer hits an item, such as won deals of the closed ones.
    Rate,
    /// More or less amount a hit, at constant exchange rates.
    Price,
    /// Other exchange rates.
    Fx,
    /// A factor of [`lmdi`] or a chain of its own, by its place from 0.
    Factor(usize),
}

/// What is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The sum of the last level: bookings.
    Total,
    /// The last level per item: a win rate, an average deal.
    Average,
}

/// What one segment holds in both periods; parts with the same key are added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<K> {
    /// What tells it from the others; segments are put in this order.
    pub key: K,
    /// The levels in the first period, items first; all 0 when the segment was not there.
    pub before: Vec<Exact>,
    /// The levels in the second period.
    pub after: Vec<Exact>,
}

/// Why a change cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsplit {
    /// A segment does not have one level more than there are factors, or not as many factors as the others.
    Levels,
    /// A level is 0 while the one behind it is not, so that there is no value per unit. For [`lmdi`]: a factor is
    /// negative.
    NoUnits,
    /// An average over no items has no value in one of the periods.
    NoItems,
}

/// A change, split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decomposition<K> {
    /// The KPI in the first period.
    pub before: Exact,
    /// The KPI in the second period.
    pub after: Exact,
    /// What each effect makes of the change, in the order given; they sum to `after - before`.
    pub effects: Vec<(Effect, Exact)>,
    /// The same by segment, by key.
    pub parts: Vec<Part<K>>,
}

/// What one segment makes of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<K> {
    /// The segment.
    pub key: K,
    /// The KPI of the segment alone in the first period; absent for an average over no items.
    pub before: Option<Exact>,
    /// The same in the second period.
    pub after: Option<Exact>,
    /// Its share of each effect, in the order of [`Decomposition::effects`]. Of a total they sum to `after - before`.
    pub effects: Vec<Exact>,
}

impl<K> Decomposition<K> {
    /// `after - before`.
    #[must_use]
    pub fn change(&self) -> Exact {
        &self.after - &self.before
    }
}

impl<K> Part<K> {
    /// What the segment adds to the change in all.
    #[must_use]
    pub fn change(&self) -> Exact {
        self.effects.iter().sum()
    }
}

/// Splits the change of a KPI over segments; `factors` name the steps from each level to the next. See the module for
/// the formulas.
///
/// # Errors
/// [`Unsplit`] says what keeps the change from being split.
pub fn decompose<K: Ord>(
    kind: Kind,
    factors: &[Effect],
    segments: impl IntoIterator<Item = Segment<K>>,
) -> Result<Decomposition<K>, Unsplit> {
    let segments = merged(segments, factors.len() + 1)?;
    let all = Overall::of(kind, factors.len() + 1, segments.values())?;
    let parts: Result<Vec<Part<K>>, Unsplit> = segments
        .into_iter()
        .map(|(key, levels)| all.part(key, &levels))
        .collect();
    let parts = parts?;
    let named = match kind {
        Kind::Total => vec![Effect::Volume, Effect::Mix],
        Kind::Average => vec![Effect::Mix],
    };
    let named = named.into_iter().chain(factors.iter().copied());
    let effects = named
        .enumerate()
        .map(|(index, effect)| (effect, parts.iter().map(|part| &part.effects[index]).sum()))
        .collect();
    let [before, after] = all.values;
    Ok(Decomposition {
        before,
        after,
        effects,
        parts,
    })
}

/// The levels of a segment in both periods.
type Both = [Vec<Exact>; 2];

fn merged<K: Ord>(
    segments: impl IntoIterator<Item = Segment<K>>,
    levels: usize,
) -> Result<BTreeMap<K, Both>, Unsplit> {
    let mut merged: BTreeMap<K, Both> = BTreeMap::new();
    for segment in segments {
        if segment.before.len() != levels || segment.after.len() != levels {
            return Err(Unsplit::Levels);
        }
        let sums = merged
            .entry(segment.key)
            .or_insert_with(|| [vec![Exact::zero(); levels], vec![Exact::zero(); levels]]);
        for (sum, level) in sums
            .iter_mut()
            .flatten()
            .zip(segment.before.iter().chain(&segment.after))
        {
            *sum += level;
        }
    }
    Ok(merged)
}
