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
pub(in crate::query) fn policy(kpi: &Kpi, rows: &Rows) -> CurrencyPolicy {
    if rows.scale == Scale::Money {
        kpi.definition.currency
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
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The measures of a formula that are sums over the same items as `n`.
pub(in crate::query) fn sampled(kpi: &Kpi) -> Vec<usize> {
    let items = &kpi.measures[kpi.items].of;
    let mut named = kpi.formula.measures();
    named
        .retain(|index| kpi.measures[*index].across.is_none() && same_items(items, &kpi.measures[*index].of));
    named
}

/// Whether measures add up something of the same rows, or of the same entities.
fn same_items(items: &Of, other: &Of) -> bool {
    let adds = |aggregate: Aggregate| matches!(aggregate, Aggregate::Count | Aggregate::Sum);
    match (items, other) {
        (Of::Rows(items), Of::Rows(other)) => {
            adds(other.aggregate)
                && other.age.is_none()
                && items.class != Class::Lag
                && (items.table, Periods::of(items), items.due)
                    == (other.table, Periods::of(other), other.due)
        }
        (Of::Entities(items), Of::Entities(other)) => adds(other.aggregate) && items.entity == other.entity,
        _ => false,
    }
}
