//! What moved the forecast since the last one, deal by deal, so that the steps sum to the difference exactly.

use std::collections::BTreeMap;

use super::{
    deal::Refusal, encode::View, forecast::Forecast, lines::Line, rehearsal::Rehearsal, segments::Months,
};

/// So many deals are named of each step.
const LARGEST: usize = 5;

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
    /// Other chances of deals whose expected close was moved to a later day since.
    Pushed,
    /// Other chances of all other deals: they moved on, grew older, or the horizon ends elsewhere.
    Chance,
    /// Other worths of deals whose amounts are others.
    Amount,
    /// The models say something else about the same deals: they learned from what came since.
    Model,
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
/// that is not known. `then` tells what the models of the later forecast say of a deal as it was for the earlier one
/// (see [`hindsight`]); where it tells nothing, no change of a chance is put down to the models.
#[must_use]
pub fn waterfall(
    earlier: &Forecast,
    later: &Forecast,
    ends: impl Fn(&str) -> Option<bool>,
    then: impl Fn(&str) -> Option<f64>,
) -> Waterfall {
    let mut steps = Steps::default();
    let later_lines: BTreeMap<&str, &Line> = by_id(later);
    let earlier_lines: BTreeMap<&str, &Line> = by_id(earlier);
    for old in &earlier.lines {
        match later_lines.get(old.id.as_str()) {
            Some(new) => steps.stayed(old, new, then(&old.id).unwrap_or(old.chance)),
            None => steps.ended(old, ends(&old.id)),
        }
    }
    let fresh = |line: &&Line| !earlier_lines.contains_key(line.id.as_str());
    for new in later.lines.iter().filter(fresh) {
        steps.add(StepKind::Created, &new.id, new.chance, new.expected());
    }
    let (before, after) = (coming(earlier), coming(later));
    if before != after {
        steps.add(StepKind::Newcomers, "", after.0 - before.0, after.1 - before.1);
    }
    Waterfall {
        from: all(earlier),
        to: all(later),
        steps: steps.largest_first(),
    }
}

/// What the models of a forecast say of each of its deals as it was when an earlier forecast was made, over the horizon
/// of that: by id, of those that were open then.
///
/// # Errors
/// [`super::Refusal`] when there is too little to learn from.
pub fn hindsight(
    rehearsal: &mut Rehearsal<'_>,
    later: &Forecast,
    earlier: &Forecast,
) -> Result<BTreeMap<String, f64>, Refusal> {
    let book = rehearsal.book();
    let hazards = &rehearsal.learned(later.day)?.hazards;
    let chance = |view: &View, from: i64, until: i64| {
        let (at, days) = (from as f64, (until - from) as f64);
        let months = Months::covering(at, at + days + 1.0);
        hazards.chances(view, at, days, &months)[0]
    };
    let mut told = BTreeMap::new();
    for line in &later.lines {
        let Ok(place) = book.entries.binary_search_by(|entry| entry.id.cmp(&line.id)) else {
            continue;
        };
        let entry = &book.entries[place];
        if !entry.open(earlier.day as f64) {
            continue;
        }
        let now = chance(&View::at(entry, later.day as f64), later.day, later.until);
        let then = chance(&View::at(entry, earlier.day as f64), earlier.day, earlier.until);
        told.insert(line.id.clone(), by_odds(then, now, line.chance));
    }
    Ok(told)
}

/// A chance moved as another one was, on the scale of odds.
fn by_odds(chance: f64, from: f64, to: f64) -> f64 {
    let inside = |chance: f64| chance > 0.0 && chance < 1.0;
    if !(inside(chance) && inside(from) && inside(to)) {
        return chance;
    }
    let odds = to / (1.0 - to) * (1.0 - from) / from;
    chance * odds / (1.0 - chance + chance * odds)
}

fn by_id(forecast: &Forecast) -> BTreeMap<&str, &Line> {
    let lines = forecast.lines.iter();
    lines.map(|line| (line.id.as_str(), line)).collect()
}

/// Steps in the making.
#[derive(Default)]
struct Steps(BTreeMap<StepKind, Step>);

impl Steps {
    fn add(&mut self, kind: StepKind, id: &str, count: f64, value: f64) {
        let fresh = || Step {
            kind,
            deals: 0,
            count: 0.0,
            value: 0.0,
            largest: Vec::new(),
        };
        let step = self.0.entry(kind).or_insert_with(fresh);
        step.count += count;
        step.value += value;
        if !id.is_empty() {
            step.deals += 1;
            step.largest.push((id.to_owned(), value));
        }
    }

    fn ended(&mut self, old: &Line, won: Option<bool>) {
        let kind = match won {
            Some(true) => StepKind::Won,
            Some(false) => StepKind::Lost,
            None => StepKind::Gone,
        };
        self.add(kind, &old.id, -old.chance, -old.expected());
    }

    /// `then` is what the later models say of the deal as it was.
    fn stayed(&mut self, old: &Line, new: &Line, then: f64) {
        let worth = old.worth.unwrap_or(0.0);
        let pushed = new.pushes > old.pushes;
        let moved = if pushed {
            StepKind::Pushed
        } else {
            StepKind::Chance
        };
        for (kind, from, to) in [(StepKind::Model, old.chance, then), (moved, then, new.chance)] {
            if from != to {
                self.add(kind, &old.id, to - from, (to - from) * worth);
            }
        }
        let by_worth = new.chance * (new.worth.unwrap_or(0.0) - worth);
        if by_worth != 0.0 {
            let kind = if new.amount == old.amount {
                StepKind::Model
            } else {
                StepKind::Amount
            };
            self.add(kind, &old.id, 0.0, by_worth);
        }
    }

    fn largest_first(self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.0.into_values().collect();
        for step in &mut steps {
            tidy(step);
        }
        steps
    }
}

/// Deals that a step names twice are one, and only those that moved it most stay.
fn tidy(step: &mut Step) {
    let mut by_deal: BTreeMap<String, f64> = BTreeMap::new();
    for (id, value) in step.largest.drain(..) {
        *by_deal.entry(id).or_default() += value;
    }
    step.deals = by_deal.len();
    step.largest = by_deal.into_iter().collect();
    step.largest.sort_by(|one, other| {
        other
            .1
            .abs()
            .total_cmp(&one.1.abs())
            .then_with(|| one.0.cmp(&other.0))
    });
    step.largest.truncate(LARGEST);
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
