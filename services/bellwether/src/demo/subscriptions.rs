//! What the demo's customers pay each month: it begins with their first order, grows with further ones, shrinks now and
//! then, and ends for some at an anniversary.

use std::collections::BTreeMap;

use bellwether_contracts::sales::{Record, Subscription, record};
use bellwether_domain::Zone;

use super::accounts::Prospect;
use super::calendar::{Day, Moment, day_field};
use super::company::Team;
use super::deals::{Business, Deal, Won};
use super::dice::Dice;

const YEAR: Day = 365;
/// Days that are free at first, for some.
const TRIAL: Day = 30;

/// A customer, and all that it ever paid.
#[derive(Debug)]
pub(super) struct Payer {
    /// Who.
    pub(super) account: Prospect,
    spells: Vec<Spell>,
}

/// A time of paying without a gap.
#[derive(Debug)]
struct Spell {
    /// What is paid each month in hundredths, from each of these days on.
    steps: Vec<(Day, i64)>,
    /// The first day on which nothing is paid.
    ends: Option<Day>,
}

impl Spell {
    fn starts(&self) -> Day {
        self.steps[0].0
    }

    fn now(&self) -> i64 {
        self.steps.last().map_or(0, |(_, mrr)| *mrr)
    }

    /// Pays so much from a day on.
    fn step(&mut self, day: Day, mrr: i64) {
        self.steps.retain(|(at, _)| *at < day);
        self.steps.push((day, mrr.max(1_000)));
    }
}

/// Everybody who paid up to a day. What is said of a day does not depend on later ones.
pub(super) fn payers(deals: &[Deal], until: Day) -> Vec<Payer> {
    let mut wins: BTreeMap<u32, Vec<Won<'_>>> = BTreeMap::new();
    for won in deals
        .iter()
        .filter_map(Deal::won)
        .filter(|won| won.at.day < until)
    {
        wins.entry(won.account.number()).or_default().push(won);
    }
    wins.into_values()
        .filter_map(|mut wins| {
            wins.sort_by(|one, other| (one.at, one.id).cmp(&(other.at, other.id)));
            Payer::of(&wins, until)
        })
        .collect()
}

impl Payer {
    fn of(wins: &[Won<'_>], until: Day) -> Option<Self> {
        let mut payer = Self {
            account: wins.first()?.account,
            spells: Vec::new(),
        };
        for won in wins {
            payer.live(won.at.day + 1);
            payer.buys(won);
        }
        payer.live(until + 1);
        Some(payer)
    }

    /// What happens at its anniversaries and half-years before a day.
    fn live(&mut self, before: Day) {
        let account = self.account;
        let Some(spell) = self.spells.last_mut().filter(|spell| spell.ends.is_none()) else {
            return;
        };
        let start = spell.starts();
        let done = spell.steps.last().map_or(start, |(day, _)| *day);
        for half in 1.. {
            let day = start + half * YEAR / 2;
            if day >= before {
                break;
            }
            if day <= done {
                continue;
            }
            let mut dice = Dice::of("anniversary", day, account.number());
            if half % 2 == 0 && dice.chance(leaving(account.team())) {
                spell.ends = Some(day);
                break;
            }
            if dice.chance(0.06) {
                let less = spell.now() as f64 * (0.6 + 0.25 * dice.unit());
                spell.step(day, less as i64);
            }
        }
    }

    /// An order: it begins to pay, pays more, or pays again.
    fn buys(&mut self, won: &Won<'_>) {
        let monthly = won.amount as f64 * won.basket.recurring() * 100.0 / 12.0;
        let day = won.at.day + 1;
        let mut dice = won.dice("subscription");
        match self.spells.last_mut().filter(|spell| spell.ends.is_none()) {
            Some(spell) if won.business == Business::Renewal => {
                let more = spell.now() as f64 * (1.0 + 0.06 * dice.unit());
                spell.step(day, more as i64);
            }
            Some(spell) => {
                // Much of what customers buy later runs only until their next anniversary.
                let sum = spell.now() + (monthly * 0.5) as i64;
                spell.step(day, sum);
            }
            None => {
                let monthly = (monthly as i64).max(1_000);
                let is_free_at_first = won.team() == Team::Smb && self.spells.is_empty() && dice.chance(0.12);
                let steps = if is_free_at_first {
                    vec![(day, 0), (day + TRIAL, monthly)]
                } else {
                    vec![(day, monthly)]
                };
                self.spells.push(Spell { steps, ends: None });
            }
        }
    }

    /// The first day that it paid for.
    pub(super) fn since(&self) -> Option<Day> {
        self.spells.first().map(Spell::starts)
    }

    /// What it pays each month on a day, in hundredths of its currency.
    pub(super) fn pays(&self, day: Day) -> i64 {
        let holds = |spell: &&Spell| spell.starts() <= day && spell.ends.is_none_or(|end| day < end);
        let spell = self.spells.iter().find(holds);
        spell
            .and_then(|spell| spell.steps.iter().rev().find(|(at, _)| *at <= day))
            .map_or(0, |(_, mrr)| *mrr)
    }

    /// The records as of the end of a day: a version for each change.
    pub(super) fn records(&self, until: Day, zone: &Zone) -> Vec<Record> {
        let mut out = Vec::new();
        for (number, spell) in (1..).zip(&self.spells) {
            let id = format!("sub-{}-{number}", self.account.id());
            let version = |day: Day, mrr: i64, ended: Option<Day>| Record {
                id: id.clone(),
                effective_at: Moment { day, minute: 0 }.effective(zone),
                body: Some(record::Body::Subscription(Subscription {
                    account_id: self.account.id(),
                    product: "Core Platform".to_owned(),
                    mrr: Some(self.account.currency().minor(mrr)),
                    started_at: day_field(spell.starts()),
                    ended_at: ended.and_then(day_field),
                })),
                ..Record::default()
            };
            let steps = spell.steps.iter().filter(|(day, _)| *day <= until);
            out.extend(steps.map(|(day, mrr)| version(*day, *mrr, None)));
            let ended = spell.ends.filter(|end| *end <= until);
            out.extend(ended.map(|end| version(end, spell.now(), Some(end))));
        }
        out
    }
}

/// How likely a customer of a team leaves at an anniversary.
fn leaving(team: Team) -> f64 {
    match team {
        Team::Enterprise => 0.07,
        Team::MidMarket => 0.12,
        Team::Smb => 0.2,
        Team::Europe => 0.11,
    }
}
