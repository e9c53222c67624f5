//! How a value moved against the period before, and whether that is good.

use bellwether_contracts::kpi::{Direction, KpiValue};
use bellwether_domain::exact::Exact;
use serde_json::{Value, json};

use crate::output::{percent_points, relative};

/// What to think of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It went the KPI's way.
    Good,
    /// It went the other way.
    Bad,
    /// It did not move, or no way is better.
    Neutral,
    /// Chance alone could have done it: the intervals overlap.
    Unclear,
}

impl Verdict {
    /// The word that is shown.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Neutral => "neutral",
            Self::Unclear => "unclear",
        }
    }
}

/// A change between two periods.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// The difference of two ratios, else the relative change.
    amount: Exact,
    in_points: bool,
    /// What to think of it.
    pub(super) verdict: Verdict,
}

impl Change {
    /// The change from one value to another; `None` when one is absent, or there is nothing to relate it to.
    pub(super) fn between(now: &KpiValue, before: &KpiValue, direction: Direction) -> Option<Self> {
        let number = |value: &KpiValue| value.value.as_deref()?.parse::<Exact>().ok();
        let (new, old) = (number(now)?, number(before)?);
        let difference = &new - &old;
        let in_points = now.unit == "ratio";
        let amount = if in_points {
            difference.clone()
        } else {
            difference.checked_div(&old.abs())?
        };
        let verdict = match direction {
            Direction::Neutral | Direction::Unspecified => Verdict::Neutral,
            _ if difference.is_zero() => Verdict::Neutral,
            _ if overlap(now, before) => Verdict::Unclear,
            Direction::Up if difference.is_negative() => Verdict::Bad,
            Direction::Down if !difference.is_negative() => Verdict::Bad,
            Direction::Up | Direction::Down => Verdict::Good,
        };
        Some(Self {
            amount,
            in_points,
            verdict,
        })
    }

    /// For eyes: `+12.4 %` or `-2.1 points`.
    pub(super) fn text(&self) -> String {
        let amount = self.amount.to_f64();
        if self.in_points {
            percent_points(amount)
        } else {
            relative(amount)
        }
    }

    /// For programs; the amount is a fraction in both cases.
    pub(super) fn json(&self) -> Value {
        json!({
            "amount": self.amount.to_decimal_string(),
            "kind": if self.in_points { "difference" } else { "relative" },
            "verdict": self.verdict.word(),
        })
    }
}

fn overlap(now: &KpiValue, before: &KpiValue) -> bool {
    let bounds = |value: &KpiValue| {
        let interval = value.interval.as_ref()?;
        Some((
            interval.low.parse::<Exact>().ok()?,
            interval.high.parse::<Exact>().ok()?,
        ))
    };
    let (Some(now), Some(before)) = (bounds(now), bounds(before)) else {
        return false;
    };
    now.0 <= before.1 && before.0 <= now.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::kpi::Interval;

    fn value(number: &str, unit: &str, interval: Option<(&str, &str)>) -> KpiValue {
        KpiValue {
            value: (!number.is_empty()).then(|| number.to_owned()),
            unit: unit.to_owned(),
            interval: interval.map(|(low, high)| Interval {
                low: low.to_owned(),
                high: high.to_owned(),
            }),
            ..KpiValue::default()
        }
    }

    fn change(now: &KpiValue, before: &KpiValue, direction: Direction) -> Option<(String, Verdict)> {
        Change::between(now, before, direction).map(|change| (change.text(), change.verdict))
    }

    #[test]
    fn good_and_bad_follow_the_direction() {
        let (more, less) = (value("120", "USD", None), value("100", "USD", None));
        assert_eq!(
            change(&more, &less, Direction::Up),
            Some(("+20.0 %".into(), Verdict::Good))
        );
        assert_eq!(
            change(&more, &less, Direction::Down),
            Some(("+20.0 %".into(), Verdict::Bad))
        );
        assert_eq!(
            change(&less, &more, Direction::Down),
            Some(("-16.7 %".into(), Verdict::Good))
        );
        assert_eq!(
            change(&more, &more, Direction::Up),
            Some(("0.0 %".into(), Verdict::Neutral))
        );
    }

    #[test]
    fn a_rate_within_chance_is_unclear() {
        let now = value("0.30", "ratio", Some(("0.26", "0.34")));
        let before = value("0.33", "ratio", Some(("0.29", "0.37")));
        assert_eq!(
            change(&now, &before, Direction::Up),
            Some(("-3.0 points".into(), Verdict::Unclear))
        );
        let far = value("0.50", "ratio", Some(("0.46", "0.54")));
        assert_eq!(
            change(&now, &far, Direction::Up),
            Some(("-20.0 points".into(), Verdict::Bad))
        );
    }

    #[test]
    fn nothing_is_compared_with_nothing() {
        let (none, zero, some) = (
            value("", "USD", None),
            value("0", "USD", None),
            value("5", "USD", None),
        );
        assert_eq!(change(&some, &none, Direction::Up), None);
        assert_eq!(change(&some, &zero, Direction::Up), None);
    }
}
