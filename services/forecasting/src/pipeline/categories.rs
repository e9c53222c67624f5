//! What people say: forecast categories and overrides, kept beside the model and scored like it.

use std::collections::BTreeMap;

use super::{book::Book, deal::Refusal, encode::View, lines::Line};

/// What somebody says about a deal, against the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The deal.
    pub deal: String,
    /// The chance to be won within the horizon, 0 to 1; nothing to leave it.
    pub chance: Option<f64>,
    /// What it will be worth, in minor units; nothing to leave it.
    pub worth: Option<f64>,
    /// The category; nothing to leave it.
    pub category: Option<String>,
    /// Who says so.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When it was said, in milliseconds since 1970; of two for one deal the later one holds.
    pub at: i64,
}

/// Open deals in a category.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryTotal {
    /// The category; empty where none is known.
    pub category: String,
    /// How many deals.
    pub deals: usize,
    /// Their known amounts, in minor units.
    pub amount: f64,
    /// How many of them the model expects to be won.
    pub count: f64,
    /// For how much, in minor units.
    pub value: f64,
}

/// How calls came out.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryScore {
    /// The category; empty where none was known.
    pub category: String,
    /// How many deals were in it on the snapshot days.
    pub deals: usize,
    /// How many of them were won within the horizon.
    pub won: usize,
    /// Known amounts of all of them, in minor units.
    pub amount: f64,
    /// What the won ones were won for.
    pub won_value: f64,
}

/// Open deals by category, by name.
#[must_use]
pub fn roll_up(lines: &[Line]) -> Vec<CategoryTotal> {
    let mut totals: BTreeMap<&str, CategoryTotal> = BTreeMap::new();
    for line in lines {
        let total = totals.entry(&line.category).or_insert_with(|| CategoryTotal {
            category: line.category.clone(),
            deals: 0,
            amount: 0.0,
            count: 0.0,
            value: 0.0,
        });
        total.deals += 1;
        total.amount += line.amount.unwrap_or(0.0);
        total.count += line.chance;
        total.value += line.expected();
    }
    totals.into_values().collect()
}

/// Lines with what people say in place of what the model says. The latest override of a deal holds.
///
/// # Errors
/// [`Refusal::UnknownDeal`]; [`Refusal::Number`] for a chance outside 0 to 1 or a worth below 0; nothing is applied then.
pub fn with_overrides(lines: &[Line], overrides: &[Override]) -> Result<Vec<Line>, Refusal> {
    let mut changed = lines.to_vec();
    let mut by_time: Vec<&Override> = overrides.iter().collect();
    by_time.sort_by_key(|said| said.at);
    for said in by_time {
        let Some(line) = changed.iter_mut().find(|line| line.id == said.deal) else {
            return Err(Refusal::UnknownDeal {
                id: said.deal.clone(),
            });
        };
        if let Some(chance) = said.chance {
            if !(0.0..=1.0).contains(&chance) {
                return Err(Refusal::Number {
                    what: format!("a chance is from 0 to 1, not {chance}"),
                });
            }
            line.chance = chance;
            line.lost = line.lost.min(1.0 - chance);
        }
        if let Some(worth) = said.worth {
            if !(worth.is_finite() && worth >= 0.0) {
                return Err(Refusal::Number {
                    what: format!("a deal is worth 0 or more, not {worth}"),
                });
            }
            line.worth = Some(worth);
            line.variation = 0.0;
        }
        if let Some(category) = &said.category {
            line.category.clone_from(category);
        }
    }
    Ok(changed)
}

/// What became of the categories that deals were in when snapshot days began, within the horizon after each.
#[must_use]
pub fn score_calls(book: &Book, snapshots: &[i64], days: i64) -> Vec<CategoryScore> {
    let mut scores: BTreeMap<u32, CategoryScore> = BTreeMap::new();
    for snapshot in snapshots {
        let (from, to) = (*snapshot as f64, (*snapshot + days) as f64);
        for entry in book.entries.iter().filter(|entry| entry.open(from)) {
            let view = View::at(entry, from);
            let score = scores.entry(view.category).or_insert_with(|| CategoryScore {
                category: book.categories.name(view.category).to_owned(),
                deals: 0,
                won: 0,
                amount: 0.0,
                won_value: 0.0,
            });
            score.deals += 1;
            score.amount += view.amount.unwrap_or(0.0);
            let won = entry.won_within(from, to);
            score.won += usize::from(won.is_some());
            score.won_value += won.map_or(0.0, |ended| ended.won_value());
        }
    }
    scores.into_values().collect()
}
