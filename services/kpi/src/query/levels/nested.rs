//! The levels of a ratio over entities, such as retained revenue per revenue of a year ago, by group.
//!
//! What an entity is of such a measure need not be the sum of what it is in its groups: a customer who moved from one rep to
//! another is kept by neither, but by the company. So each entity is what it is in the answer without groups, and only where
//! it lies is taken from that by group: where its groups sum to the whole, as they say, else by the divisor, so a customer
//! who moved is of the group that it was in at the start. All groups sum to the answer without groups, whatever moves.

use std::collections::{BTreeMap, HashMap};

use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};

use super::super::both::Counting;
use super::super::check::Checked;
use super::super::money::Rates;
use super::super::periods::Span;
use super::super::reader::Reader;
use super::super::when::Moment;
use super::Told;
use crate::scan::FactSource;

/// Decimals of the parts of an entity that is divided: bounded, so that sums of many stay short. The largest part has the rest.
const DECIMALS: u32 = 6;

/// What an entity is in each cell; never 0.
type Parts = Vec<(u64, Exact)>;

/// What each entity is in all groups together, and where it lies.
struct Measured {
    whole: BTreeMap<u64, Exact>,
    parts: HashMap<u64, Parts>,
}

/// The items of a period in all groups, and the levels of each: the divisor and the dividend.
pub(super) fn side(
    source: &dyn FactSource,
    checked: &Checked<'_>,
    moment: &Moment,
    spans: &[Span],
    (divisor, dividend): (usize, usize),
    threads: usize,
) -> Result<Told> {
    let all = checked.of_all();
    let by_group = Counting::new(source, checked, moment, spans, threads)?;
    let together = Counting::new(source, &all, moment, spans, threads)?;
    let rates = Rates::new(source, moment);
    let each = |counting: &Counting<'_>, index: usize| {
        let reader = Reader {
            used: &counting.plan.uses[0],
            plan: &counting.plan,
            spans,
            counts: &counting.counts,
            rates: &rates,
            exponent: moment.settings.currency.exponent(),
        };
        reader.each(index)
    };
    let measured = |index: usize| {
        let (_, whole) = each(&together, index)?;
        let mut parts: HashMap<u64, Parts> = HashMap::new();
        for (entity, cell, value) in each(&by_group, index)?.1 {
            if !value.is_zero() {
                parts.entry(entity).or_default().push((cell, value));
            }
        }
        let whole = whole.into_iter().filter(|(.., value)| !value.is_zero());
        Ok::<_, Error>(Measured {
            whole: whole.map(|(entity, _, value)| (entity, value)).collect(),
            parts,
        })
    };
    let (below, above) = (measured(divisor)?, measured(dividend)?);
    let n = each(&together, checked.kpis[0].items)?.0;
    let mut groups: BTreeMap<u64, [Exact; 2]> = BTreeMap::new();
    for (level, own) in [&below, &above].into_iter().enumerate() {
        for (entity, whole) in &own.whole {
            for (cell, part) in divided(*entity, whole, own, &below)? {
                let levels = groups
                    .entry(cell)
                    .or_insert_with(|| [Exact::zero(), Exact::zero()]);
                levels[level] += &part;
            }
        }
    }
    let used = &by_group.plan.uses[0];
    let names = &by_group.plan.names[&used.dimensions[0]].names;
    let name = |cell: u64| {
        names
            .get(usize::try_from(cell).unwrap_or(usize::MAX))
            .cloned()
            .flatten()
    };
    let groups = groups
        .into_iter()
        .map(|(cell, levels)| (name(cell), levels.to_vec()));
    Ok((n, groups.collect()))
}

/// Which part of what an entity is in the whole lies in which cells; they sum to it.
fn divided(entity: u64, whole: &Exact, own: &Measured, below: &Measured) -> Result<Parts> {
    if let Some(parts) = own.parts.get(&entity)
        && parts.iter().map(|(_, value)| value).sum::<Exact>() == *whole
    {
        return Ok(parts.clone());
    }
    let told = below.parts.get(&entity).or_else(|| own.parts.get(&entity));
    told.and_then(|weights| shared(whole, weights)).ok_or_else(|| {
        let message = "some of what the KPI counts lies in no group of this dimension: take another one";
        Error::new(
            ErrorCode::FailedPrecondition,
            ErrorReason::UnknownDimension,
            message,
        )
    })
}

/// A value shared by weights: each part a decimal, the largest with what is left.
fn shared(whole: &Exact, weights: &Parts) -> Option<Parts> {
    let total: Exact = weights.iter().map(|(_, weight)| weight).sum();
    let minor = Exact::from_scaled(1, DECIMALS);
    let largest = weights
        .iter()
        .enumerate()
        .max_by(|(one, (_, a)), (other, (_, b))| {
            // Of equal ones the first.
            a.cmp(b).then(other.cmp(one))
        })?;
    let mut left = whole.clone();
    let mut parts = Parts::with_capacity(weights.len());
    for (place, (cell, weight)) in weights.iter().enumerate() {
        if place == largest.0 {
            continue;
        }
        let exact = (whole * weight).checked_div(&total)?.checked_div(&minor)?;
        let part = Exact::from(exact.round_half_even_to_integer()) * &minor;
        left -= &part;
        parts.push((*cell, part));
    }
    parts.push((largest.1.0, left));
    Some(parts)
}
