//! All deals of a company, cleaned, sorted and coded, so that what was known at a day is found quickly.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::{Instant, Zone};

use super::deal::{Deal, Outcome, Spell};

/// Instants further away than this are nonsense, in milliseconds: the years 1 to 9999 lie within.
const FARTHEST_MS: i64 = 200_000_000_000_000;

/// Microseconds of a day.
const DAY_MICROS: f64 = 86_400_000_000.0;
/// The latest moment of a day.
const LATEST: f64 = 0.999_999;

/// One dictionary: names of levels in alphabetical order; level 0 is "not known".
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    names: Vec<String>,
}

impl Levels {
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let set: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        Self {
            names: set.into_iter().map(str::to_owned).collect(),
        }
    }

    fn code(&self, name: &str) -> u32 {
        self.names
            .binary_search_by(|have| have.as_str().cmp(name))
            .map_or(0, |place| place as u32 + 1)
    }

    /// How many levels there are, with "not known".
    pub(super) fn len(&self) -> usize {
        self.names.len() + 1
    }

    /// The name of a level; empty for "not known".
    pub(super) fn name(&self, code: u32) -> &str {
        (code as usize)
            .checked_sub(1)
            .and_then(|place| self.names.get(place))
            .map_or("", String::as_str)
    }
}

/// What held of a deal from a day on; amounts in minor units, instants in civil days.
#[derive(Clone, Debug)]
pub(super) struct Stint {
    pub from: f64,
    pub stage: u32,
    /// Since when it is in that stage without a break.
    pub stage_since: f64,
    pub probability: Option<f64>,
    pub amount: Option<f64>,
    pub due: Option<f64>,
    pub owner: u32,
    pub team: u32,
    pub category: u32,
    pub pushes: u32,
}

/// How and when a deal ended, as known from that day on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub at: f64,
    pub outcome: Outcome,
    /// What it was won for; nothing for other ends and where it is not known.
    pub value: Option<f64>,
}

/// One deal in codes.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub id: String,
    pub created: f64,
    pub stints: Vec<Stint>,
    pub ended: Option<Ended>,
    /// One code for each key of [`Book::keys`].
    pub traits: Vec<u32>,
    pub closing_owner: u32,
    pub closing_team: u32,
}

impl Entry {
    /// Whether anything that a forecast looks at had changed before the day, while the deal was open.
    pub(super) fn changed_before(&self, day: f64) -> bool {
        let end = self.ended.map_or(day, |ended| ended.at.min(day));
        let before = self.stints.partition_point(|stint| stint.from < end);
        let told = |stint: &Stint| (stint.stage, stint.owner, stint.team, stint.category, stint.pushes);
        let amount = |stint: &Stint| stint.amount.map(f64::to_bits);
        let pairs = self.stints.get(..before).unwrap_or_default().windows(2);
        pairs
            .into_iter()
            .any(|pair| told(&pair[0]) != told(&pair[1]) || amount(&pair[0]) != amount(&pair[1]))
    }

    /// What held of the deal when the day began; a change of that very instant is not known yet.
    pub(super) fn known(&self, day: f64) -> Option<&Stint> {
        let count = self.stints.partition_point(|stint| stint.from < day);
        match count {
            0 => self
                .stints
                .first()
                .filter(|first| first.from <= day && first.from <= self.created),
            _ => self.stints.get(count - 1),
        }
    }

    /// Whether the deal was open when the day began.
    pub(super) fn open(&self, day: f64) -> bool {
        self.created < day && self.ended.is_none_or(|ended| ended.at >= day)
    }

    /// How the deal ended, if that was before the day began.
    pub(super) fn ended_before(&self, day: f64) -> Option<Ended> {
        self.ended.filter(|ended| ended.at < day && self.created < day)
    }

    /// Whether the deal was won from `from` until before `to`.
    pub(super) fn won_within(&self, from: f64, to: f64) -> bool {
        self.ended
            .is_some_and(|ended| ended.outcome == Outcome::Won && ended.at >= from && ended.at < to)
    }

    /// What the deal was won for: the closing's amount, else the last one known before it.
    pub(super) fn won_value(&self) -> f64 {
        self.ended.and_then(|ended| ended.value).unwrap_or(0.0)
    }
}

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
    notes: Vec<String>,
}

impl Book {
    /// Takes deals in; `zone` says where their days begin. Their order does not matter. Deals that cannot be used are
    /// left out, and [`Book::notes`] counts them.
    #[must_use]
    pub fn new(mut deals: Vec<Deal>, zone: &Zone) -> Self {
        deals.sort_by(|one, other| one.id.cmp(&other.id));
        let given = deals.len();
        deals.dedup_by(|later, earlier| later.id == earlier.id);
        let distinct = deals.len();
        deals.retain(usable);
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
        let spells = || deals.iter().flat_map(|deal| deal.spells.iter());
        let keys: BTreeSet<&String> = deals.iter().flat_map(|deal| deal.traits.keys()).collect();
        let keys: Vec<String> = keys.into_iter().cloned().collect();
        let level = |key: &String| {
            Levels::of(
                deals
                    .iter()
                    .filter_map(|deal| deal.traits.get(key))
                    .map(String::as_str),
            )
        };
        let closings = || deals.iter().filter_map(|deal| deal.closing.as_ref());
        let mut book = Self {
            entries: Vec::with_capacity(deals.len()),
            traits: keys.iter().map(level).collect(),
            keys,
            stages: Levels::of(spells().map(|spell| spell.stage.as_str())),
            owners: Levels::of(
                spells()
                    .map(|s| s.owner.as_str())
                    .chain(closings().map(|end| end.owner.as_str())),
            ),
            teams: Levels::of(
                spells()
                    .map(|s| s.team.as_str())
                    .chain(closings().map(|end| end.team.as_str())),
            ),
            categories: Levels::of(spells().map(|spell| spell.category.as_str())),
            notes,
        };
        book.entries = deals.iter().map(|deal| book.entry(deal, zone)).collect();
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
        let days = self
            .entries
            .iter()
            .filter_map(|entry| entry.ended)
            .map(|ended| libm::floor(ended.at) as i64);
        days.max()
    }

    /// The day on which the `count`-th deal closed (the first for 0), as a civil day number.
    pub(super) fn closing_day(&self, count: usize) -> Option<i64> {
        let days = self
            .entries
            .iter()
            .filter_map(|entry| entry.ended)
            .map(|ended| libm::floor(ended.at) as i64);
        let mut days: Vec<i64> = days.collect();
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

    fn entry(&self, deal: &Deal, zone: &Zone) -> Entry {
        let created = civil(deal.created, zone);
        let mut spells: Vec<&Spell> = deal.spells.iter().filter(|spell| sane(spell.from)).collect();
        spells.sort_by_key(|spell| spell.from);
        let mut stints: Vec<Stint> = Vec::with_capacity(spells.len());
        for spell in spells {
            let mut stint = self.stint(spell, zone);
            if let Some(last) = stints.last()
                && last.stage == stint.stage
            {
                stint.stage_since = last.stage_since;
            }
            stints.push(stint);
        }
        let ended = deal.closing.as_ref().map(|closing| {
            let at = civil(closing.at, zone);
            let before = stints
                .iter()
                .rev()
                .find(|stint| stint.from <= at)
                .and_then(|stint| stint.amount);
            let given = closing
                .amount
                .map(|amount| amount as f64)
                .filter(|amount| *amount >= 0.0);
            let won = closing.outcome == Outcome::Won;
            Ended {
                at,
                outcome: closing.outcome,
                value: given.or(before).filter(|_| won),
            }
        });
        let code = |key: &String, levels: &Levels| deal.traits.get(key).map_or(0, |name| levels.code(name));
        let owner = deal
            .closing
            .as_ref()
            .map_or(0, |closing| self.owners.code(&closing.owner));
        let team = deal
            .closing
            .as_ref()
            .map_or(0, |closing| self.teams.code(&closing.team));
        Entry {
            id: deal.id.clone(),
            created,
            ended,
            traits: self
                .keys
                .iter()
                .zip(&self.traits)
                .map(|(key, levels)| code(key, levels))
                .collect(),
            closing_owner: if owner > 0 {
                owner
            } else {
                stints.last().map_or(0, |stint| stint.owner)
            },
            closing_team: if team > 0 {
                team
            } else {
                stints.last().map_or(0, |stint| stint.team)
            },
            stints,
        }
    }

    fn stint(&self, spell: &Spell, zone: &Zone) -> Stint {
        let from = civil(spell.from, zone);
        Stint {
            from,
            stage: self.stages.code(&spell.stage),
            stage_since: from,
            probability: spell
                .stage_probability
                .filter(|chance| (0.0..=1.0).contains(chance)),
            amount: spell
                .amount
                .map(|amount| amount as f64)
                .filter(|amount| *amount >= 0.0),
            due: spell.expected_close.map(f64::from),
            owner: self.owners.code(&spell.owner),
            team: self.teams.code(&spell.team),
            category: self.categories.code(&spell.category),
            pushes: spell.pushes,
        }
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

fn note(notes: &mut Vec<String>, count: usize, what: &str) {
    if count > 0 {
        notes.push(format!("{count} {what}"));
    }
}

fn sane(at: i64) -> bool {
    at.checked_abs().is_some_and(|far| far <= FARTHEST_MS)
}

fn usable(deal: &Deal) -> bool {
    sane(deal.created)
        && deal
            .closing
            .as_ref()
            .is_none_or(|end| sane(end.at) && end.at >= deal.created)
}

/// An instant as civil days since 1970-01-01 in the zone, with the time of day as the fraction.
fn civil(at: i64, zone: &Zone) -> f64 {
    let instant = Instant::from_micros(at * 1_000);
    let day = zone.date_of(instant);
    let since = (instant.as_micros() - zone.start_of_day(day).as_micros()) as f64 / DAY_MICROS;
    // A day of 25 hours is one day all the same.
    f64::from(day.days()) + since.clamp(0.0, LATEST)
}
