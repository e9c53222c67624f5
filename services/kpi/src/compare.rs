//! A value beside that of another period: difference, relative change or points, and the interval of the difference.
//! Pure.

use bellwether_domain::exact::Exact;
use bellwether_stats::{Interval, difference_interval};

use crate::catalogue::AbsentReason;
use crate::query::{Pair, Row};

#[cfg(test)]
mod tests;

/// How a value moved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Value less base, of the values as shown; `None` where either is absent.
    pub difference: Option<Exact>,
    /// The difference of two ratios, times 100.
    pub points: Option<Exact>,
    /// The difference per base without its sign; never of ratios.
    pub relative: Option<Exact>,
    /// Why there is no difference or no relative change.
    pub reason: Option<AbsentReason>,
    /// The interval of the difference, where each side has one and stands on items of its own.
    pub interval: Option<Interval>,
}

/// Compares a value with that of the other period.
#[must_use]
pub fn compare(pair: &Pair) -> Comparison {
    let now = match (&pair.now.value, number(&pair.now)) {
        (Ok(_), Some(now)) => now,
        (Err(reason), _) => return absent(*reason),
        (Ok(_), None) => return absent(AbsentReason::NoBase),
    };
    let Some((row, base)) = pair.base.as_ref().and_then(|row| Some((row, number(row)?))) else {
        return absent(AbsentReason::NoBase);
    };
    let difference = &now - &base;
    let mut found = Comparison {
        interval: interval(pair, (&pair.now, &now), (row, &base)),
        ..Comparison::default()
    };
    if &*pair.now.unit == "ratio" {
        found.points = Some(&difference * Exact::from(100));
    } else {
        found.relative = difference.checked_div(&base.abs());
        found.reason = found.relative.is_none().then_some(AbsentReason::NoBase);
    }
    found.difference = Some(difference);
    found
}

fn absent(reason: AbsentReason) -> Comparison {
    Comparison {
        reason: Some(reason),
        ..Comparison::default()
    }
}

fn number(row: &Row) -> Option<Exact> {
    row.value.as_ref().ok()?.parse().ok()
}

fn interval(pair: &Pair, now: (&Row, &Exact), base: (&Row, &Exact)) -> Option<Interval> {
    let (one, other) = (now.0.interval.as_ref()?, base.0.interval.as_ref()?);
    pair.independent
        .then(|| difference_interval((now.1, one), (base.1, other)))
}
