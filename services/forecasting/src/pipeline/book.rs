//! All deals of a company, cleaned, sorted and coded, so that what was known at a day is found quickly.

mod entry;
mod levels;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::Zone;

pub(super) use self::entry::{Ended, Entry, Stint};
pub(super) use self::levels::Levels;

use super::deal::Deal;

/// At most one deal in so many has a date that is none.
const STRAY: usize = 10;
/// Days without a new deal after such dates.
const APART: f64 = 365.0;

/// All deals of a company.
#[derive(Clone, Debug)]
pub struct Book {
    pub(super) entries: Vec<Entry>,
    pub(super) keys: Vec<String>,
    pub(super) traits: Vec<Levels>,
    pub(super) stages: Levels,
    pub(super) owners: Levels,
    pub(super) teams: Levels,
    pub(super) categories: Levels,
    /// When deals were created, in order.
    creations: Vec<f64>,
    notes: Vec<String>,
}

impl Book {
    /// Takes deals in; `zone` says where their days begin. Their order does not matter. Deals that cannot be used are
    /// left out, and [`Book::notes`] counts them.
    #[must_use]
    pub fn new(mut deals: Vec<Deal>, zone: &Zone) -> Self {
        let notes = clean(&mut deals);
        let spells = || deals.iter().flat_map(|deal| deal.spells.iter());
        let closings = || deals.iter().flat_map(Deal::closings);
        let keys: BTreeSet<&String> = deals.iter().flat_map(|deal| deal.traits.keys()).collect();
        let keys: Vec<String> = keys.into_iter().cloned().collect();
        let level = |key: &String| {
            let names = deals.iter().filter_map(|deal| deal.traits.get(key));
            Levels::of(names.map(String::as_str))
        };
        let owners = closings().map(|end| end.owner.as_str());
        let teams = closings().map(|end| end.team.as_str());
        let mut book = Self {
            entries: Vec::with_capacity(deals.len()),
            traits: keys.iter().map(level).collect(),
            keys,
            stages: Levels::of(spells().map(|spell| spell.stage.as_str())),
            owners: Levels::of(spells().map(|spell| spell.owner.as_str()).chain(owners)),
            teams: Levels::of(spells().map(|spell| spell.team.as_str()).chain(teams)),
            categories: Levels::of(spells().map(|spell| spell.category.as_str())),
            creations: Vec::new(),
            notes,
        };
        book.entries = deals.iter().map(|deal| book.entry(deal, zone)).collect();
        book.creations = book.entries.iter().map(|entry| entry.created).collect();
        book.creations.sort_by(f64::total_cmp);
        book
    }

    /// How many deals there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What was left out, in words.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The day of the last closing, as a civil day number.
    #[must_use]
    pub fn last_closing(&self) -> Option<i64> {
        let ends = self.entries.iter().flat_map(Entry::ends);
        ends.map(|ended| libm::floor(ended.at) as i64).max()
    }

    /// The day on which the `count`-th deal closed for the first time (the first deal for 0), as a civil day number.
    pub(super) fn closing_day(&self, count: usize) -> Option<i64> {
        let first = self.entries.iter().filter_map(|entry| entry.ends().next());
        let mut days: Vec<i64> = first.map(|ended| libm::floor(ended.at) as i64).collect();
        days.sort_unstable();
        days.get(count.saturating_sub(1)).copied()
    }

    /// The day of the first creation, as a civil day number.
    #[must_use]
    pub fn first_day(&self) -> Option<i64> {
        self.entries
            .iter()
            .map(|entry| libm::floor(entry.created) as i64)
            .min()
    }

    /// How many deals were created from a moment until before another.
    pub(super) fn created_in(&self, from: f64, to: f64) -> f64 {
        let before = |day: f64| self.creations.partition_point(|created| *created < day);
        before(to).saturating_sub(before(from)) as f64
    }

    /// When records begin, as known when a day began; nothing without a deal.
    ///
    /// That is the first creation, but for dates that are none: a missing one is often written as 1970-01-01 or
    /// 1900-01-01. What lies more than a year before all else and is at most a tenth of the deals is left out.
    pub(super) fn begins(&self, day: f64) -> Option<f64> {
        let known = self.creations.partition_point(|created| *created < day);
        let known = &self.creations[..known];
        let few = &known[..(known.len() / STRAY + 1).min(known.len())];
        let gap = few.windows(2).rposition(|pair| pair[1] - pair[0] > APART);
        few.get(gap.map_or(0, |gap| gap + 1)).copied()
    }

    /// How many deals had closed and how many were open when the day began.
    #[must_use]
    pub fn closed_and_open(&self, day: i64) -> (usize, usize) {
        let day = day as f64;
        let closed = self
            .entries
            .iter()
            .filter(|entry| entry.ended_before(day).is_some())
            .count();
        (
            closed,
            self.entries.iter().filter(|entry| entry.open(day)).count(),
        )
    }

    /// The names of the traits and the level that a deal has of each, without those that are not known.
    pub(super) fn traits_of(&self, entry: &Entry) -> BTreeMap<String, String> {
        let named = self
            .keys
            .iter()
            .zip(&self.traits)
            .zip(&entry.traits)
            .filter(|(_, code)| **code > 0);
        named
            .map(|((key, levels), code)| (key.clone(), levels.name(*code).to_owned()))
            .collect()
    }
}

/// Sorts deals by id and takes out those that cannot be used; what was taken out, in words.
fn clean(deals: &mut Vec<Deal>) -> Vec<String> {
    deals.sort_by(|one, other| one.id.cmp(&other.id));
    let given = deals.len();
    deals.dedup_by(|later, earlier| later.id == earlier.id);
    let distinct = deals.len();
    deals.retain(read::usable);
    let mut notes = Vec::new();
    note(
        &mut notes,
        given - distinct,
        "deals have an id that another deal has, and are left out",
    );
    note(
        &mut notes,
        distinct - deals.len(),
        "deals end before they begin or lie outside of time, and are left out",
    );
    notes
}

fn note(notes: &mut Vec<String>, count: usize, what: &str) {
    if count > 0 {
        notes.push(format!("{count} {what}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_are_none_are_not_when_records_begin() {
        let book = |days: &[i64]| {
            let deal = |(place, day): (usize, &i64)| Deal {
                id: place.to_string(),
                created: day * 86_400_000,
                spells: Vec::new(),
                closing: None,
                undone: Vec::new(),
                traits: BTreeMap::new(),
            };
            Book::new(days.iter().enumerate().map(deal).collect(), &Zone::utc())
        };
        let real: Vec<i64> = (0..40).map(|step| 19_000 + 9 * step).collect();
        let with = |stray: &[i64]| book(&[stray, &real].concat());
        assert_eq!(with(&[]).begins(20_000.0), Some(19_000.0));
        // 1970-01-01 and 1900-01-01.
        assert_eq!(with(&[0]).begins(20_000.0), Some(19_000.0));
        assert_eq!(with(&[0, -25_567, 0]).begins(20_000.0), Some(19_000.0));
        // More than a tenth of the deals are no typing errors, and a year without a new deal happens to the smallest.
        assert_eq!(with(&[0; 8]).begins(20_000.0), Some(0.0));
        assert_eq!(with(&[18_700]).begins(20_000.0), Some(18_700.0));
        assert_eq!(with(&[0]).begins(19_040.0), Some(0.0), "only five more are known");
        assert_eq!((with(&[0]).begins(0.0), book(&[]).begins(0.0)), (None, None));
        assert_eq!(with(&[0]).created_in(0.0, 19_009.0), 2.0);
    }
}
