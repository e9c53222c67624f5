//! From a value and its target to attainment, pace, and where the period is likely to end.

use bellwether_domain::exact::Exact;
use bellwether_stats::Interval;

use super::likely::{Bounds, Rest};
use crate::catalogue::Direction;
use crate::formula::Growth;

/// What is known at some point of a period.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The value so far.
    pub value: &'a Exact,
    /// What is to be reached; above 0.
    pub target: &'a Exact,
    /// How the value grows.
    pub growth: Growth,
    /// Which way is good.
    pub direction: Direction,
    /// How much is expected by now, from 0 to 1.
    pub expected: &'a Exact,
    /// What came in the rest of past periods.
    pub rest: Option<Rest>,
    /// The interval of the value.
    pub interval: Option<&'a Interval>,
    /// Whether it is counted and not estimated.
    pub is_state: bool,
    /// Whether it stands on too little.
    pub small_n: bool,
    /// Whether the period is over.
    pub over: bool,
}

/// How the likely end was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Value so far and what came in the rest of so many past periods.
    Past(u64),
    /// Value so far ÷ expected share; the range by the interval of the value.
    OwnInterval,
    /// Value so far ÷ expected share; nothing tells a range.
    ShareOnly,
    /// The value as it is, with its interval.
    AsItIs,
    /// The period is over: what came.
    Final,
}

/// Where a value stands and where it is going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Value ÷ target.
    pub attainment: Exact,
    /// Attainment less the share that is expected by now; of what does not grow, less 1.
    pub pace: Exact,
    /// What the period is likely to end with; `None` before anything is expected.
    pub projection: Option<Exact>,
    /// The range of it, 95 %; `None` = nothing tells it.
    pub likely: Option<Bounds>,
    /// How it was found.
    pub method: Method,
    /// The range as a share of the target, more being better: below 1 less than the target is reached.
    pub judged: Option<Bounds>,
}

/// Where a value stands and where it is going.
#[must_use]
pub fn outlook(facts: &Facts<'_>) -> Outlook {
    let over_target = |value: &Exact| value.checked_div(facts.target).unwrap_or_default();
    let attainment = over_target(facts.value);
    let grows = facts.growth != Growth::Stands;
    let expected = if grows {
        facts.expected.clone()
    } else {
        Exact::one()
    };
    let (projection, likely, method) = if grows { growing(facts) } else { standing(facts) };
    let two = Exact::from(2);
    let judged = likely.as_ref().and_then(|likely| {
        let share = likely.mapped(over_target);
        match facts.direction {
            Direction::Up => Some(share),
            // As far above the target as it would be below one of the other direction.
            Direction::Down => Some(share.turned(|end| &two - end)),
            Direction::Neutral => None,
        }
    });
    Outlook {
        pace: &attainment - &expected,
        attainment,
        projection,
        likely,
        method,
        judged,
    }
}

/// What grows with the period.
fn growing(facts: &Facts<'_>) -> (Option<Exact>, Option<Bounds>, Method) {
    let value = facts.value;
    if facts.over {
        return (Some(value.clone()), Some(Bounds::point(value)), Method::Final);
    }
    if let Some(rest) = &facts.rest {
        let likely = rest.range.mapped(|end| value + end);
        return (Some(value + &rest.mean), Some(likely), Method::Past(rest.periods));
    }
    let share = facts.expected;
    let Some(projection) = value.checked_div(share) else {
        return (None, None, Method::ShareOnly);
    };
    match facts.interval {
        Some(interval) => {
            let ends = Bounds::of(interval).mapped(|end| end.checked_div(share).unwrap_or_default());
            (Some(projection), Some(ends), Method::OwnInterval)
        }
        None => (Some(projection), None, Method::ShareOnly),
    }
}

/// What is as large in a part of the period as in all of it.
fn standing(facts: &Facts<'_>) -> (Option<Exact>, Option<Bounds>, Method) {
    let value = facts.value;
    let likely = match facts.interval {
        _ if facts.is_state => Some(Bounds::point(value)),
        Some(interval) => Some(Bounds::of(interval)),
        None => (!facts.small_n).then(|| Bounds::point(value)),
    };
    (Some(value.clone()), likely, Method::AsItIs)
}
