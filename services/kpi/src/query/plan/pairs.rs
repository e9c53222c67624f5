//! What of several measures is counted together: of whose products an interval needs the sums.

use super::super::axes::Periods;
use super::{Place, Read};
use crate::catalogue::{Aggregate, Class, CurrencyPolicy, Interval, Kpi, Of, Rows, Scale};

/// The sums of the products of two measures.
#[derive(Debug)]
pub(in crate::query) struct Pair {
    /// Which measures.
    pub(in crate::query) measures: (usize, usize),
    /// Where they are.
    pub(in crate::query) place: Place,
    /// What of the counts they are.
    pub(in crate::query) read: Read,
}

/// By which policy the money of rows is converted.
pub(in crate::query) fn policy(rows: &Rows) -> CurrencyPolicy {
    if rows.scale == Scale::Money {
        rows.currency
    } else {
        CurrencyPolicy::None
    }
}

/// The pairs of measures (the second not before the first) whose products an interval needs: of a mean the square, of
/// the delta method all pairs of the measures that are sums over the items.
pub(in crate::query) fn wanted(kpi: &Kpi) -> Vec<(usize, usize)> {
    match kpi.interval {
        Some(Interval::T(measure)) => vec![(measure, measure)],
        Some(Interval::Delta { .. }) => {
            let sums = sampled(kpi);
            let pairs = sums.iter().enumerate();
            pairs
                .flat_map(|(place, a)| sums[place..].iter().map(|b| (*a, *b)))
                .filter(|(a, b)| together(kpi, *a, *b))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The measures of a formula that are sums over the same items as `n`; where it is chance too how many items there are,
/// all that are sums over any.
pub(in crate::query) fn sampled(kpi: &Kpi) -> Vec<usize> {
    let totals = matches!(kpi.interval, Some(Interval::Delta { totals: true, .. }));
    let moves = |index: &usize| {
        let other = if totals { *index } else { kpi.items };
        kpi.measures[*index].across.is_none() && together(kpi, other, *index)
    };
    let mut named = kpi.formula.measures();
    named.retain(moves);
    named
}

/// Whether two measures add up something of the same rows, or of the same entities.
pub(in crate::query) fn together(kpi: &Kpi, one: usize, other: usize) -> bool {
    same_items(&kpi.measures[one].of, &kpi.measures[other].of)
}

/// Whether measures add up something of the same rows, or of the same entities.
fn same_items(items: &Of, other: &Of) -> bool {
    let adds = |aggregate: Aggregate| matches!(aggregate, Aggregate::Count | Aggregate::Sum);
    match (items, other) {
        (Of::Rows(items), Of::Rows(other)) => {
            adds(other.aggregate)
                && other.age.is_none()
                && other.weight.is_none()
                && items.currency == other.currency
                && items.class != Class::Lag
                && (items.table, Periods::of(items), items.due)
                    == (other.table, Periods::of(other), other.due)
        }
        (Of::Entities(items), Of::Entities(other)) => adds(other.aggregate) && items.entity == other.entity,
        _ => false,
    }
}
