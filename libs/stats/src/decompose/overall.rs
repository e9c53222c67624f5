//! The KPI over all segments, and what one segment makes of its change.

use bellwether_domain::exact::Exact;

use super::{Both, Kind, Part, Unsplit, shapley};

/// The KPI over all segments.
pub(super) struct Overall {
    kind: Kind,
    /// Items over all.
    items: [Exact; 2],
    /// The KPI.
    pub(super) values: [Exact; 2],
    /// The value per item over all, as the mean of both periods.
    per_item: Exact,
}

impl Overall {
    pub(super) fn of<'a>(
        kind: Kind,
        levels: usize,
        segments: impl Iterator<Item = &'a Both> + Clone,
    ) -> Result<Self, Unsplit> {
        let sum = |period: usize, level: usize| -> Exact {
            segments.clone().map(|segment| &segment[period][level]).sum()
        };
        let items = [sum(0, 0), sum(1, 0)];
        let totals = [sum(0, levels - 1), sum(1, levels - 1)];
        let rates = [0, 1].map(|period| per_unit(&totals[period], &items[period]));
        let [before, after] = rates;
        let (before, after) = (before?, after?);
        let values = match (kind, &before, &after) {
            (Kind::Total, ..) => totals,
            (Kind::Average, Some(before), Some(after)) => [before.clone(), after.clone()],
            (Kind::Average, ..) => return Err(Unsplit::NoItems),
        };
        let [before, after] = filled(before, after);
        Ok(Self {
            kind,
            items,
            values,
            per_item: mean(&before, &after),
        })
    }

    pub(super) fn part<K>(&self, key: K, levels: &Both) -> Result<Part<K>, Unsplit> {
        let [before, after] = levels;
        let mut factors = [Vec::new(), Vec::new()];
        for level in 1..before.len() {
            let rates = [before, after].map(|levels| per_unit(&levels[level], &levels[level - 1]));
            let [one, other] = rates;
            let [one, other] = filled(one?, other?);
            factors[0].push(one);
            factors[1].push(other);
        }
        let worth = [0, 1].map(|period: usize| {
            factors[period]
                .iter()
                .fold(Exact::one(), |product, x| product * x)
        });
        let per_item = mean(&worth[0], &worth[1]);
        let last = before.len() - 1;
        let (weights, own) = match self.kind {
            Kind::Total => {
                let own = [before, after].map(|levels| Some(levels[last].clone()));
                ([before[0].clone(), after[0].clone()], own)
            }
            Kind::Average => {
                let share = |period: usize| {
                    let share = levels[period][0].checked_div(&self.items[period]);
                    share.ok_or(Unsplit::NoItems)
                };
                let own = [before, after].map(|levels| levels[last].checked_div(&levels[0]));
                ([share(0)?, share(1)?], own)
            }
        };
        let more = &weights[1] - &weights[0];
        let typical = mean(&weights[0], &weights[1]);
        let mut effects = Vec::with_capacity(factors[0].len() + 2);
        if self.kind == Kind::Total {
            effects.push(&more * &self.per_item);
        }
        effects.push(more * (per_item - &self.per_item));
        let by_factor = shapley(&factors[0], &factors[1]);
        effects.extend(by_factor.into_iter().map(|effect| effect * &typical));
        let [before, after] = own;
        Ok(Part {
            key,
            before,
            after,
            effects,
        })
    }
}

/// `value / units`; nothing per unit of nothing is absent.
fn per_unit(value: &Exact, units: &Exact) -> Result<Option<Exact>, Unsplit> {
    match value.checked_div(units) {
        Some(rate) => Ok(Some(rate)),
        None if value.is_zero() => Ok(None),
        None => Err(Unsplit::NoUnits),
    }
}

/// What is absent in one period is what it is in the other; absent in both it is 0.
fn filled(before: Option<Exact>, after: Option<Exact>) -> [Exact; 2] {
    let other = |one: &Option<Exact>| one.clone().unwrap_or_default();
    [
        before.clone().unwrap_or_else(|| other(&after)),
        after.unwrap_or_else(|| other(&before)),
    ]
}

fn mean(one: &Exact, other: &Exact) -> Exact {
    (one + other) * Exact::from_scaled(5, 1)
}
