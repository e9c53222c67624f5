//! What moved the forecast since the last one, deal by deal, so that the steps sum to the difference exactly.

use std::collections::BTreeMap;

use super::{forecast::Forecast, lines::Line};

/// Why the forecast moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// Deals that were won since: they are no forecast any more.
    Won,
    /// Deals that ended otherwise since.
    Lost,
    /// Deals that came since.
    Created,
    /// Deals that are not there any more, without an end.
    Gone,
    /// Other chances.
    Chance,
    /// Other worths.
    Worth,
    /// What is expected of deals that are not created yet.
    Newcomers,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Why.
    pub kind: StepKind,
    /// How many deals.
    pub deals: usize,
    /// By how many won deals the forecast moved.
    pub count: f64,
    /// By how much, in minor units.
    pub value: f64,
    /// The deals that moved it most, with the value that each moved it by; at most five.
    pub largest: Vec<(String, f64)>,
}

/// The way from one forecast to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Waterfall {
    /// Expected count and value of the earlier forecast, with newcomers.
    pub from: (f64, f64),
    /// Of the later one.
    pub to: (f64, f64),
    /// What lies between; kinds that moved nothing are left out.
    pub steps: Vec<Step>,
}

/// The steps between two forecasts. `ends` tells of a deal that is open no more whether it was won; nothing for one
/// that is not known.
#[must_use]
pub fn waterfall(earlier: &Forecast, later: &Forecast, ends: impl Fn(&str) -> Option<bool>) -> Waterfall {
    let mut steps: BTreeMap<StepKind, Step> = BTreeMap::new();
    let mut add = |kind: StepKind, id: &str, count: f64, value: f64| {
        let fresh = || Step {
            kind,
            deals: 0,
            count: 0.0,
            value: 0.0,
            largest: Vec::new(),
        };
        let step = steps.entry(kind).or_insert_with(fresh);
        step.count += count;
        step.value += value;
        if !id.is_empty() {
            step.deals += 1;
            step.largest.push((id.to_owned(), value));
        }
    };
    let later_lines: BTreeMap<&str, &Line> =
        later.lines.iter().map(|line| (line.id.as_str(), line)).collect();
    let earlier_ids: BTreeMap<&str, &Line> = earlier
        .lines
        .iter()
        .map(|line| (line.id.as_str(), line))
        .collect();
    for old in &earlier.lines {
        let Some(new) = later_lines.get(old.id.as_str()) else {
            let kind = match ends(&old.id) {
                Some(true) => StepKind::Won,
                Some(false) => StepKind::Lost,
                None => StepKind::Gone,
            };
            add(kind, &old.id, -old.chance, -old.expected());
            continue;
        };
        let worth = old.worth.unwrap_or(0.0);
        let (by_chance, by_worth) = (
            (new.chance - old.chance) * worth,
            new.chance * (new.worth.unwrap_or(0.0) - worth),
        );
        if new.chance != old.chance {
            add(StepKind::Chance, &old.id, new.chance - old.chance, by_chance);
        }
        if by_worth != 0.0 {
            add(StepKind::Worth, &old.id, 0.0, by_worth);
        }
    }
    for new in later
        .lines
        .iter()
        .filter(|line| !earlier_ids.contains_key(line.id.as_str()))
    {
        add(StepKind::Created, &new.id, new.chance, new.expected());
    }
    let (before, after) = (coming(earlier), coming(later));
    if before != after {
        add(StepKind::Newcomers, "", after.0 - before.0, after.1 - before.1);
    }
    for step in steps.values_mut() {
        step.largest.sort_by(|one, other| {
            other
                .1
                .abs()
                .total_cmp(&one.1.abs())
                .then_with(|| one.0.cmp(&other.0))
        });
        step.largest.truncate(5);
    }
    Waterfall {
        from: all(earlier),
        to: all(later),
        steps: steps.into_values().collect(),
    }
}

fn coming(forecast: &Forecast) -> (f64, f64) {
    (
        forecast.newcomers.count.mean,
        forecast.newcomers.value.as_ref().map_or(0.0, |value| value.mean),
    )
}

fn all(forecast: &Forecast) -> (f64, f64) {
    (
        forecast.total.count.mean,
        forecast.total.value.as_ref().map_or(0.0, |value| value.mean),
    )
}
