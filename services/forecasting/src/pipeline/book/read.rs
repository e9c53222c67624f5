//! Deals from what the facts tell to codes and civil days.

use bellwether_domain::{Instant, Zone};

use super::Book;
use super::entry::{Ended, Entry, Stint};
use super::levels::Levels;
use crate::pipeline::deal::{Closing, Deal, Outcome, Spell, Undone};

/// Instants further away than this are nonsense, in milliseconds: some 6,300 years, until the year 8307.
const FARTHEST_MS: i64 = 200_000_000_000_000;
/// Microseconds of a day.
const DAY_MICROS: f64 = 86_400_000_000.0;
/// The latest moment of a day.
const LATEST: f64 = 0.999_999;

impl Book {
    /// A deal in codes.
    pub(super) fn entry(&self, deal: &Deal, zone: &Zone) -> Entry {
        let stints = self.stints(&deal.spells, zone);
        let end = |closing: &Closing, until: f64| self.ended(closing, until, &stints, zone);
        let over = |over: &Undone| end(&over.closing, civil(clamped(over.until), zone));
        let mut undone: Vec<Ended> = deal.undone.iter().map(over).collect();
        undone.sort_by(|one, other| {
            let by = one.at.total_cmp(&other.at);
            by.then(one.until.total_cmp(&other.until))
        });
        let code = |(key, levels): (&String, &Levels)| {
            let name = deal.traits.get(key);
            name.map_or(0, |name| levels.code(name))
        };
        Entry {
            id: deal.id.clone(),
            created: civil(deal.created, zone),
            ended: deal.closing.as_ref().map(|closing| end(closing, f64::INFINITY)),
            undone,
            traits: self.keys.iter().zip(&self.traits).map(code).collect(),
            stints,
        }
    }

    fn stints(&self, spells: &[Spell], zone: &Zone) -> Vec<Stint> {
        let mut spells: Vec<&Spell> = spells.iter().filter(|spell| sane(spell.from)).collect();
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
        stints
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

    /// An end that stood until a day, worth what the closing says, else what was last known before it; the same for who
    /// closed it.
    fn ended(&self, closing: &Closing, until: f64, stints: &[Stint], zone: &Zone) -> Ended {
        let at = civil(closing.at, zone);
        let last = stints.iter().rev().find(|stint| stint.from <= at);
        let given = closing.amount.map(|amount| amount as f64);
        let value = given
            .filter(|amount| *amount >= 0.0)
            .or(last.and_then(|stint| stint.amount));
        let told = |code: u32, last: Option<u32>| if code > 0 { code } else { last.unwrap_or(0) };
        Ended {
            at,
            until,
            outcome: closing.outcome,
            value: value.filter(|_| closing.outcome == Outcome::Won),
            owner: told(self.owners.code(&closing.owner), last.map(|stint| stint.owner)),
            team: told(self.teams.code(&closing.team), last.map(|stint| stint.team)),
        }
    }
}

fn sane(at: i64) -> bool {
    at.checked_abs().is_some_and(|far| far <= FARTHEST_MS)
}

/// An instant, or the nearest one that is sane.
fn clamped(at: i64) -> i64 {
    at.clamp(-FARTHEST_MS, FARTHEST_MS)
}

/// Whether a deal lies within time and does not end before it begins.
pub(super) fn usable(deal: &Deal) -> bool {
    let mut ends = deal.closings();
    sane(deal.created) && ends.all(|end| sane(end.at) && end.at >= deal.created)
}

/// An instant as civil days since 1970-01-01 in the zone, with the time of day as the fraction.
fn civil(at: i64, zone: &Zone) -> f64 {
    let instant = Instant::from_micros(at * 1_000);
    let day = zone.date_of(instant);
    let since = (instant.as_micros() - zone.start_of_day(day).as_micros()) as f64 / DAY_MICROS;
    // A day of 25 hours is one day all the same.
    f64::from(day.days()) + since.clamp(0.0, LATEST)
}
