//! One open deal in a forecast: its chances, what it is worth, and what groups it belongs to.

use std::collections::BTreeMap;

use super::{
    book::Book,
    calendar::day_number,
    deal::Outcome,
    encode::View,
    hazard::Hazards,
    segments::Months,
    training::identity,
    value::{Values, Worth},
};

/// One open deal.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The deal.
    pub id: String,
    /// The chance to be won within the horizon, 0 to 1.
    pub chance: f64,
    /// The chance to end otherwise within the horizon, 0 to 1.
    pub lost: f64,
    /// What it is worth if it is won, in minor units; nothing where neither its amount nor any won deal tells.
    pub worth: Option<f64>,
    /// How far the value strays from that: standard deviation over mean.
    pub variation: f64,
    /// The amount as known, in minor units.
    pub amount: Option<f64>,
    /// How old it is, in days.
    pub age: f64,
    /// The day on which it is expected to close, as a civil day number.
    pub expected_close: Option<i64>,
    /// How often that was moved to a later day.
    pub pushes: u32,
    /// The stage; empty where none is known.
    pub stage: String,
    /// Since how many days it is in that stage.
    pub stage_days: f64,
    /// The chance that the CRM or the settings give the stage.
    pub stage_probability: Option<f64>,
    /// The owner; empty where nobody is known.
    pub owner: String,
    /// The team; empty where none is known.
    pub team: String,
    /// The forecast category; empty where none is known.
    pub category: String,
    /// What does not change, as in [`super::Deal::traits`].
    pub traits: BTreeMap<String, String>,
}

impl Line {
    /// What the deal adds to the expected value, in minor units.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.chance * self.worth.unwrap_or(0.0)
    }
}

/// What a deal looks like to the models, before corrections: all that sums need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slim {
    /// The place in the book.
    pub entry: usize,
    pub chances: [f64; Outcome::COUNT],
    pub worth: Option<Worth>,
}

/// What was learned at a day.
#[derive(Clone, Debug)]
pub(super) struct Learned {
    pub hazards: Hazards,
    pub values: Values,
}

/// Deals that are open when the day begins, with their chances over the next days, by id: one in `keep_every`, by a hash
/// of the id.
pub(super) fn slim(book: &Book, learned: &Learned, day: i64, days: i64, keep_every: u64) -> Vec<Slim> {
    let at = day as f64;
    let months = Months::covering(at, at + days as f64 + 1.0);
    let open = book
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.open(at));
    let mut codes = Vec::new();
    let mut lines = Vec::new();
    for (place, entry) in open {
        if !identity(&entry.id).is_multiple_of(keep_every.max(1)) {
            continue;
        }
        let view = View::at(entry, at);
        codes.clear();
        learned.hazards.encoder().codes(&view, at, &mut codes);
        lines.push(Slim {
            entry: place,
            chances: learned.hazards.chances(&view, at, days as f64, &months),
            worth: learned.values.worth(&view, &codes),
        });
    }
    lines
}

/// Spells a line out.
pub(super) fn spell_out(book: &Book, slim: &Slim, day: i64) -> Line {
    let entry = &book.entries[slim.entry];
    let view = View::at(entry, day as f64);
    Line {
        id: entry.id.clone(),
        chance: slim.chances[0],
        lost: slim.chances[1] + slim.chances[2],
        worth: slim.worth.map(|worth| worth.mean),
        variation: slim.worth.map_or(0.0, |worth| worth.variation),
        amount: view.amount,
        age: day as f64 - entry.created,
        expected_close: view.due.map(|due| due as i64),
        pushes: view.pushes,
        stage: book.stages.name(view.stage).to_owned(),
        stage_days: day as f64 - view.stage_since,
        stage_probability: view.probability,
        owner: book.owners.name(view.owner).to_owned(),
        team: book.teams.name(view.team).to_owned(),
        category: book.categories.name(view.category).to_owned(),
        traits: book.traits_of(entry),
    }
}

/// Moves chances so that their sum is `factor` times as large, on the scale of odds: a deal that is as good as won or
/// lost stays so. Where that cannot be, the sum comes as near as chances below 1 allow.
pub(super) fn shift(chances: &mut [f64], factor: f64) {
    let sum: f64 = chances.iter().sum();
    let most = chances.iter().filter(|chance| **chance > 0.0).count() as f64;
    if sum <= 0.0 || !factor.is_finite() || (factor - 1.0).abs() < 1e-12 {
        return;
    }
    let aim = (sum * factor).min(0.5 * (sum + most)).max(0.0);
    let moved = |chance: f64, odds: f64| chance * odds / (1.0 - chance + chance * odds);
    let (mut low, mut high) = (1e-6, 1e6);
    for _ in 0..60 {
        let odds = libm::sqrt(low * high);
        let reached: f64 = chances.iter().map(|chance| moved(*chance, odds)).sum();
        if reached < aim { low = odds } else { high = odds }
    }
    let odds = libm::sqrt(low * high);
    chances
        .iter_mut()
        .for_each(|chance| *chance = moved(*chance, odds));
}

/// Whether a day number is one that calendars have.
pub(super) fn on_calendar(day: i64) -> bool {
    (day_number(1, 1, 1)..=day_number(9999, 12, 31)).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_shifted_to_the_sum_and_stay_in_order() {
        let mut chances = vec![0.0, 0.01, 0.3, 0.6, 0.99, 1.0];
        let before: f64 = chances.iter().sum();
        shift(&mut chances, 0.8);
        assert!((chances.iter().sum::<f64>() - 0.8 * before).abs() < 1e-6);
        assert!(chances.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((chances[0], chances[5]), (0.0, 1.0));
        shift(&mut chances, 100.0);
        assert!(chances.iter().all(|chance| (0.0..=1.0).contains(chance)));
        let mut none: Vec<f64> = Vec::new();
        shift(&mut none, 2.0);
        shift(&mut chances, f64::NAN);
    }
}
