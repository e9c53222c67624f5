//! Why a KPI changed between two periods: which of its sums tell, and their change split over the values of a dimension.
//! Pure.
//!
//! A definition declares nothing for it. What its formula is made of says how it is split:
//!
//! | formula | split as | effects |
//! |---|---|---|
//! | a count | a total of items | volume |
//! | a sum | a total: items, value an item | volume, mix, rate (of money price, and FX where booked) |
//! | a mean, or one count or sum per another | an average: the divisor, value of each | mix, rate (of money price and FX) |
//! | one count or sum over entities per another (retention) | the same, each entity wholly in the groups it began in | mix, rate (of money per entity price) |
//!
//! Anything else (medians, quantiles, curves, formulas of more parts) is not the sum of what its groups add.

use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use bellwether_stats::decompose::{Decomposition, Effect, Kind, Segment, Unsplit, decompose};

use crate::catalogue::{Aggregate, Catalogue, CurrencyPolicy, Entities, Kpi, Of, Rows, Scale, Unit};
use crate::query::{Chain, Group, Items, Levels};

#[cfg(test)]
mod tests;

/// KPIs that a refusal names.
const NAMED: usize = 12;
/// Decimals of what is no money and no count: more than anybody reads, so that the rounded sums are those of the answer.
const DECIMALS: u32 = 6;
/// Decimals of a ratio.
const RATIO_DECIMALS: u32 = 12;

/// How the change of a KPI is split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Whether it is a total or an average.
    pub kind: Kind,
    /// The sums that tell.
    pub chain: Chain,
    /// The steps between them.
    pub factors: Vec<Effect>,
}

/// A value of the dimension: missing last.
pub type Key = (bool, Option<Arc<str>>);

/// A change, split; rounded so that everything sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The split.
    pub split: Decomposition<Key>,
    /// Places of the effects that the KPI has.
    pub effects: Vec<usize>,
}

impl Shape {
    /// How the change of a KPI is split; `None` = it cannot be.
    #[must_use]
    pub fn of(kpi: &Kpi) -> Option<Self> {
        if kpi.always_by.is_some() || kpi.measures.iter().any(|one| one.across.is_some()) {
            return None;
        }
        let rows = |index: usize| match &kpi.measures[index].of {
            // A team's quota takes the place of those below it: the groups do not add up. Rates of one measure's own are an
            // effect by themselves.
            Of::Rows(rows) => Some(rows).filter(|rows| {
                rows.leaves.is_none() && !matches!(rows.currency, CurrencyPolicy::Start | CurrencyPolicy::End)
            }),
            Of::Entities(_) => None,
        };
        if let Some(shape) = Self::nested(kpi) {
            return Some(shape);
        }
        // What `n` counts is told beside it.
        rows(kpi.items)?;
        if let Some(index) = kpi.formula.single() {
            let one = rows(index)?;
            return match one.aggregate {
                aggregate if counts(aggregate) => Some(Self {
                    kind: Kind::Total,
                    chain: Chain {
                        items: Items::Value(index),
                        value: None,
                        constant: false,
                    },
                    factors: Vec::new(),
                }),
                Aggregate::Sum | Aggregate::Spread => {
                    Some(Self::summed(Kind::Total, Items::Seen(index), index, one))
                }
                Aggregate::Mean => Some(Self::summed(Kind::Average, Items::Seen(index), index, one)),
                _ => None,
            };
        }
        let (dividend, divisor) = kpi.formula.quotient()?;
        let (above, below) = (rows(dividend)?, rows(divisor)?);
        let adds = |rows: &Rows| {
            counts(rows.aggregate) || matches!(rows.aggregate, Aggregate::Sum | Aggregate::Spread)
        };
        if !adds(above) || !adds(below) {
            return None;
        }
        let items = Items::Value(divisor);
        if below.scale == Scale::Money && !counts(below.aggregate) {
            // Of money per money the rates of exchange are in both.
            return Some(Self {
                kind: Kind::Average,
                chain: Chain {
                    items,
                    value: Some(dividend),
                    constant: false,
                },
                factors: vec![Effect::Rate],
            });
        }
        Some(Self::summed(Kind::Average, items, dividend, above))
    }

    /// Of one count or sum over entities per another over the same.
    fn nested(kpi: &Kpi) -> Option<Self> {
        let (dividend, divisor) = kpi.formula.quotient()?;
        let (Of::Entities(above), Of::Entities(below), Of::Entities(_)) = (
            &kpi.measures[dividend].of,
            &kpi.measures[divisor].of,
            &kpi.measures[kpi.items].of,
        ) else {
            return None;
        };
        let money = above.money && !below.money;
        let adds = |entities: &Entities| {
            matches!(entities.aggregate, Aggregate::Count | Aggregate::Sum)
                && entities.measures.iter().all(|rows| {
                    // As for rows; and what each event's rate does to amounts per entity no level tells.
                    rows.leaves.is_none()
                        && !matches!(rows.currency, CurrencyPolicy::Start | CurrencyPolicy::End)
                        && !(money && rows.currency == CurrencyPolicy::Booked)
                })
        };
        // What is divided by must be those told of: one that is the outcome itself is 0 in groups where nothing came out.
        let told = kpi.items == divisor && above.entity == below.entity;
        (told && adds(above) && adds(below)).then(|| Self {
            kind: Kind::Average,
            chain: Chain {
                items: Items::Value(divisor),
                value: Some(dividend),
                constant: false,
            },
            factors: vec![if money { Effect::Price } else { Effect::Rate }],
        })
    }

    fn summed(kind: Kind, items: Items, value: usize, rows: &Rows) -> Self {
        let money = rows.scale == Scale::Money;
        // At one rate for both periods there is no effect of rates.
        let constant = money && rows.currency == CurrencyPolicy::Booked;
        let mut factors = vec![if money { Effect::Price } else { Effect::Rate }];
        factors.extend(constant.then_some(Effect::Fx));
        Self {
            kind,
            chain: Chain {
                items,
                value: Some(value),
                constant,
            },
            factors,
        }
    }

    /// What a change is split into, in order.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        let by_groups: &[Effect] = match (self.kind, self.factors.is_empty()) {
            // Items of one kind are worth the same in every group.
            (Kind::Total, true) => &[Effect::Volume],
            (Kind::Total, false) => &[Effect::Volume, Effect::Mix],
            (Kind::Average, _) => &[Effect::Mix],
        };
        [by_groups, &self.factors].concat()
    }

    /// How the change of a KPI is split.
    ///
    /// # Errors
    /// `NOT_FOUND` for an unknown KPI, `INVALID_ARGUMENT` for one that cannot be split, naming some that can.
    pub fn find(catalogue: &Catalogue, id: &str) -> Result<Self> {
        let kpi = catalogue.kpi(id)?;
        if let Some(shape) = Self::of(kpi) {
            return Ok(shape);
        }
        let able = catalogue.all().iter().filter(|kpi| Self::of(kpi).is_some());
        let able: Vec<&str> = able.map(|kpi| kpi.definition.id.as_str()).collect();
        let named = able[..able.len().min(NAMED)].join(", ");
        let more = able.len().saturating_sub(NAMED);
        let message = format!(
            "`{id}` is not the sum of what its groups add, so its change cannot be split: counts, sums, means and one of \
             these per another can, such as {named} and {more} more"
        );
        Err(Error::invalid(ErrorReason::InvalidField, "kpis", message))
    }

    /// Splits the change between the two periods of the levels.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where the KPI has no value in one of the periods.
    pub fn explain(&self, kpi: &Kpi, levels: &Levels) -> Result<Explained> {
        let segment = |group: &Group| Segment {
            key: (group.name.is_none(), group.name.clone()),
            before: group.before.clone(),
            after: group.after.clone(),
        };
        let split = decompose(self.kind, &self.factors, levels.groups.iter().map(segment));
        let split = split.map_err(|unsplit| refusal(&kpi.definition.id, unsplit))?;
        let shown = |(index, (effect, _)): (usize, &(Effect, Exact))| {
            // Items of one kind are worth the same in every group.
            let none = *effect == Effect::Mix && self.factors.is_empty();
            (!none).then_some(index)
        };
        let effects = split.effects.iter().enumerate().filter_map(shown).collect();
        let decimals = self.decimals(kpi.definition.unit, levels.exponent);
        Ok(Explained {
            split: split.rounded(decimals),
            effects,
        })
    }

    fn decimals(&self, unit: Unit, exponent: u32) -> u32 {
        match unit {
            Unit::Ratio => RATIO_DECIMALS,
            Unit::Count if self.factors.is_empty() => 0,
            Unit::Money | Unit::MoneyPerDay | Unit::MoneyPerUnit => exponent,
            Unit::Count | Unit::Days | Unit::Minutes | Unit::Months | Unit::Times | Unit::Points => DECIMALS,
        }
    }
}

/// The name of an effect.
#[must_use]
pub fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Volume => "volume",
        Effect::Mix => "mix",
        Effect::Rate | Effect::Factor(_) => "rate",
        Effect::Price => "price",
        Effect::Fx => "fx",
    }
}

/// Whether an aggregate is a number of rows.
fn counts(aggregate: Aggregate) -> bool {
    matches!(
        aggregate,
        Aggregate::Count | Aggregate::Started | Aggregate::Matured | Aggregate::Converted
    )
}

fn refusal(id: &str, unsplit: Unsplit) -> Error {
    let message = match unsplit {
        Unsplit::NoItems => {
            format!("`{id}` has no value in one of the periods: there is no change to explain")
        }
        Unsplit::NoUnits | Unsplit::Levels => {
            format!("in one of the groups `{id}` is divided by 0: filter it out or take another dimension")
        }
    };
    Error::new(ErrorCode::FailedPrecondition, ErrorReason::InvalidRange, message)
}
