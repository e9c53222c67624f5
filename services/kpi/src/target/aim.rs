//! What is aimed at.

use std::collections::BTreeMap;

use bellwether_domain::Currency;
use bellwether_domain::exact::Exact;
use bellwether_domain::period::Period;
use bellwether_domain::record::{Goal, Target, TargetShape};

use crate::catalogue::{Kpi, Unit};

/// What a KPI is to be in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    /// The target's id.
    pub id: String,
    /// The KPI's id.
    pub kpi: String,
    /// Whose it is: values by dimension; empty = the company's.
    pub holder: BTreeMap<String, String>,
    /// The period, in civil days.
    pub period: Period,
    /// What is to be reached, in the KPI's unit; above 0.
    pub value: Exact,
    /// How it is spread over the period.
    pub shape: TargetShape,
    /// When to worry.
    pub thresholds: Thresholds,
    /// Who answers for it; empty = not told.
    pub owner: String,
}

/// When to worry: shares of the pace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// Below it the target is at risk.
    pub warn: Exact,
    /// Below it the KPI is off; at most `warn`.
    pub bad: Exact,
    /// By how much more than a threshold a value must recover before its status gets better again.
    pub hysteresis: Exact,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            warn: Exact::from_scaled(9, 1),
            bad: Exact::from_scaled(75, 2),
            hysteresis: Exact::zero(),
        }
    }
}

impl Aim {
    /// What a target's record aims at.
    ///
    /// # Errors
    /// The field at fault, and what is wrong: a KPI that comes in parts, a goal of 0, money where the KPI has none, another
    /// currency than answers have.
    pub fn of(
        id: &str,
        target: &Target,
        kpi: &Kpi,
        currency: Currency,
    ) -> Result<Self, (&'static str, String)> {
        if let Some(dimension) = &kpi.always_by {
            let (id, by) = (&kpi.definition.id, dimension.name());
            let message = format!("`{id}` is not a single number but one for each {by}: give another KPI");
            return Err(("kpi", message));
        }
        let value = goal(&target.goal, kpi, currency)?;
        if value.is_zero() || value.is_negative() {
            let message = "a target is above 0: of 0 no share can be reached".to_owned();
            return Err((field(&target.goal), message));
        }
        let [warn, bad, hysteresis] = target.thresholds.millionths().unwrap_or_default();
        let share = |millionths: i64| Exact::from_scaled(millionths, 6);
        Ok(Self {
            id: id.to_owned(),
            kpi: target.kpi.clone(),
            holder: target.holder.clone(),
            period: Period::new(target.period_start, target.period_end),
            value,
            shape: target.shape.clone(),
            thresholds: Thresholds {
                warn: share(warn),
                bad: share(bad),
                hysteresis: share(hysteresis),
            },
            owner: target.owner.clone().unwrap_or_default(),
        })
    }

    /// The same for a part of its period, over which `value` is to be reached. The weights of a whole say nothing about
    /// what lies within a part: it is taken evenly.
    #[must_use]
    pub fn part(&self, period: Period, value: Exact) -> Self {
        let shape = match &self.shape {
            TargetShape::Weights(_) => TargetShape::Linear,
            other => other.clone(),
        };
        Self {
            period,
            value,
            shape,
            ..self.clone()
        }
    }
}

fn field(goal: &Goal) -> &'static str {
    match goal {
        Goal::Value(_) => "value",
        Goal::Amount(_) => "amount",
    }
}

fn goal(goal: &Goal, kpi: &Kpi, currency: Currency) -> Result<Exact, (&'static str, String)> {
    let id = &kpi.definition.id;
    let money = matches!(
        kpi.definition.unit,
        Unit::Money | Unit::MoneyPerDay | Unit::MoneyPerUnit
    );
    match goal {
        Goal::Value(_) if money => {
            let message = format!("`{id}` is money: give `amount`, in {}", currency.code());
            Err(("value", message))
        }
        Goal::Amount(_) if !money => Err(("amount", format!("`{id}` is no money: give `value`"))),
        Goal::Amount(amount) if amount.currency != currency => {
            let (code, other) = (currency.code(), amount.currency.code());
            let message = format!("answers are in {code}, this is in {other}: give it in {code}");
            Err(("amount", message))
        }
        Goal::Amount(amount) => Ok(Exact::from_scaled(amount.minor, currency.exponent())),
        // As it is read wherever records are checked.
        Goal::Value(_) => match goal.millionths() {
            Some(millionths) => Ok(Exact::from_scaled(millionths, 6)),
            None => Err(("value", "write a decimal number such as 0.3".to_owned())),
        },
    }
}
