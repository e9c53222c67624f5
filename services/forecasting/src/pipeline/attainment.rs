//! How likely a goal is reached, and how much pipeline it takes.

use std::collections::BTreeMap;

use super::{
    book::Book,
    deal::Refusal,
    forecast::{Group, Part},
    spread::{Band, Spread},
};

/// How a goal stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Attainment {
    /// The goal: a count, or minor units.
    pub goal: f64,
    /// What is won already.
    pub won: f64,
    /// The chance to reach the goal, 0 to 1.
    pub chance: f64,
    /// What is expected at the end.
    pub expected: f64,
    /// Intervals of the end.
    pub bands: Vec<Band>,
    /// What is expected at the end, over the goal.
    pub share: f64,
}

/// The odds of a goal of which `won` is reached already, with what is still to come. A rep's or a team's open deals
/// and goal go in as any other.
///
/// # Errors
/// [`Refusal::Number`] for a goal that is not positive, or numbers that are none.
pub fn attainment(goal: f64, won: f64, to_come: &Spread) -> Result<Attainment, Refusal> {
    positive("a goal", goal)?;
    if !won.is_finite() {
        return Err(Refusal::Number {
            what: format!("what is won is {won}"),
        });
    }
    let band = |band: &Band| Band {
        level: band.level,
        low: won + band.low,
        high: won + band.high,
    };
    let expected = won + to_come.mean;
    Ok(Attainment {
        goal,
        won,
        chance: to_come.chance_at_least(goal - won),
        expected,
        bands: to_come.bands.iter().map(band).collect(),
        share: expected / goal,
    })
}

/// What a member of a group has won.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WonSoFar {
    /// How many deals.
    pub count: usize,
    /// For how much, in minor units.
    pub value: f64,
}

/// What was won from the start of the day `from` until the start of the day `to`, by owner, by team or by trait, as
/// known of the deals when they were won. Stages and categories of won deals say nothing: for those there is one
/// member without a name.
#[must_use]
pub fn won_so_far(book: &Book, from: i64, to: i64, group: &Group) -> BTreeMap<String, WonSoFar> {
    let mut won: BTreeMap<String, WonSoFar> = BTreeMap::new();
    for entry in &book.entries {
        let Some(ended) = entry.won_within(from as f64, to as f64) else {
            continue;
        };
        let name = match group {
            Group::Owner => book.owners.name(ended.owner).to_owned(),
            Group::Team => book.teams.name(ended.team).to_owned(),
            Group::Trait(key) => book.traits_of(entry).remove(key).unwrap_or_default(),
            Group::Stage | Group::Category => String::new(),
        };
        let member = won.entry(name).or_default();
        member.count += 1;
        member.value += ended.won_value();
    }
    won
}

/// How much open pipeline a goal takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// What is still missing: the goal without what is won and without what newcomers are expected to bring.
    pub gap: f64,
    /// Known amounts of open deals, in minor units.
    pub open: f64,
    /// What a unit of open amount is expected to bring within the horizon.
    pub yields: f64,
    /// What it brings at least, four times out of five.
    pub yields_at_80: f64,
    /// Open amount that is needed to expect the goal.
    pub needed: f64,
    /// Open amount that is needed to reach the goal four times out of five.
    pub needed_at_80: f64,
    /// Open amount over the gap: the usual "coverage"; nothing where nothing is missing.
    pub coverage: Option<f64>,
    /// The coverage that is needed to reach the goal four times out of five.
    pub required: Option<f64>,
}

/// The open amount that a goal takes, at the rate at which today's open deals are won.
///
/// # Errors
/// [`Refusal::Number`] for a goal that is not positive, when no open deal has an amount, or when the open deals are
/// expected to bring nothing.
pub fn coverage_required(goal: f64, won: f64, open: &Part, newcomers: f64) -> Result<Coverage, Refusal> {
    positive("a goal", goal)?;
    if !won.is_finite() || !newcomers.is_finite() {
        return Err(Refusal::Number {
            what: "what is won or to come is no number".into(),
        });
    }
    let value = open.value.as_ref().filter(|_| open.amount > 0.0);
    let Some(value) = value else {
        return Err(Refusal::Number {
            what: "no open deal has an amount".into(),
        });
    };
    let yields = value.mean / open.amount;
    let yields_at_80 = value.quantile(0.2) / open.amount;
    if yields <= 0.0 {
        return Err(Refusal::Number {
            what: "the open deals are expected to bring nothing".into(),
        });
    }
    let gap = (goal - won - newcomers).max(0.0);
    let needed = gap / yields;
    // Where even the lower fifth is nothing, twice the expected need stands for "more than can be told".
    let needed_at_80 = if yields_at_80 > 0.0 {
        gap / yields_at_80
    } else {
        2.0 * needed
    };
    let over_gap = |amount: f64| (gap > 0.0).then(|| amount / gap);
    Ok(Coverage {
        gap,
        open: open.amount,
        yields,
        yields_at_80,
        needed,
        needed_at_80,
        coverage: over_gap(open.amount),
        required: over_gap(needed_at_80),
    })
}

fn positive(what: &str, number: f64) -> Result<(), Refusal> {
    if number.is_finite() && number > 0.0 {
        return Ok(());
    }
    Err(Refusal::Number {
        what: format!("{what} is more than 0, not {number}"),
    })
}
