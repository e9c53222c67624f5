//! What became of the open pipeline between two instants, deal by deal and in sums that leave nothing over. Pure.
//!
//! A deal that is part of the pipeline at the start or at the end, or was in between, has a *course*: how it stood at the
//! start, and what became of it. Each course is a few moves of money into and out of buckets and groups, which add up to
//! the difference of what the deal is worth at both ends:
//!
//! | at the start | at the end | moves |
//! |---|---|---|
//! | part of it | part of it | transferred, up or down |
//! | part of it | open, due later | transferred, up or down, pushed |
//! | part of it | closed | transferred, up or down, won or lost or no decision |
//! | part of it | not there | deleted |
//! | open, due later | part of it, or closed meanwhile | pulled in, up or down, and as above |
//! | closed | part of it, or closed again | reopened, and as above |
//! | not there | part of it, or closed meanwhile | created, and as above |
//!
//! All moves are at the exchange rates of the end; what other rates do to the pipeline of the start is the step FX.

mod sums;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use bellwether_domain::Result;
use bellwether_domain::exact::Exact;

pub use sums::{Side, Step, Sums, Waterfall};

/// What happened to a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// It entered the pipeline, or became known only then.
    Created,
    /// It was open, and is due in the period now or was closed in it.
    PulledIn,
    /// Its amount was raised.
    Up,
    /// It had been closed at the start.
    Reopened,
    /// It came from another group.
    TransferredIn,
    /// Other exchange rates.
    Fx,
    /// Its amount was lowered.
    Down,
    /// It is still open, but due later.
    Pushed,
    /// It was won.
    Won,
    /// It was lost.
    Lost,
    /// It was closed without a decision.
    NoDecision,
    /// It went to another group.
    TransferredOut,
    /// It is not there any more.
    Deleted,
}

/// How a deal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its group; `None` = it is none of those asked about.
    pub group: Option<u64>,
    /// Minor units; `None` = it lacks an amount.
    pub amount: Option<i64>,
    /// The code of its currency.
    pub currency: u32,
    /// Whether it is due in the period; always where that does not matter.
    pub due: bool,
}

/// What became of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is open.
    Open(Standing),
    /// It is closed, with its bucket, as it stood then, and whether that was in the period.
    Closed(Bucket, Standing, bool),
    /// It is not there.
    Gone,
}

/// The course of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// How it stood at the start, when it was open then.
    pub start: Option<Standing>,
    /// Whether it was closed at the start.
    pub closed_before: bool,
    /// Whether it was open at any instant of the period.
    pub open_within: bool,
    /// What became of it.
    pub outcome: Outcome,
}

/// Money that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// The code of its currency.
    pub currency: u32,
}

/// What happens to a deal in a group: what it adds, and what it takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// What happens.
    pub bucket: Bucket,
    /// The group; `None` = none of those asked about.
    pub group: Option<u64>,
    /// What is added.
    pub plus: Option<Money>,
    /// What is taken away.
    pub minus: Option<Money>,
}

/// What converts amounts, at the exchange rates of one day, into minor units of the tenant's currency.
pub type Convert<'a> = dyn Fn(&Exact, u32) -> Result<Exact> + 'a;

impl Standing {
    fn money(&self) -> Option<Money> {
        let currency = self.currency;
        self.amount.map(|amount| Money { amount, currency })
    }
}

impl Course {
    /// What happens to the deal, in order; `rates` are those of the end.
    ///
    /// # Errors
    /// What `rates` says.
    pub fn moves(&self, rates: &Convert<'_>) -> Result<Vec<Move>> {
        let Some((entry, from)) = self.entry() else {
            return Ok(Vec::new());
        };
        let mut moves = Vec::with_capacity(4);
        let (group, held) = match (entry, self.end()) {
            (None, Some(end)) if end.group != from.group => {
                moves.push(leave(Bucket::TransferredOut, from.group, &from));
                moves.push(enter(Bucket::TransferredIn, end.group, &from));
                (end.group, end)
            }
            // What comes in comes to where it is then.
            (_, end) => {
                let to = end.unwrap_or(from);
                moves.extend(entry.map(|bucket| enter(bucket, to.group, &from)));
                (to.group, to)
            }
        };
        moves.extend(changed(group, &from, &held, rates)?);
        let exit = match self.outcome {
            Outcome::Open(end) => (!end.due).then_some(Bucket::Pushed),
            Outcome::Closed(bucket, ..) => Some(bucket),
            Outcome::Gone => Some(Bucket::Deleted),
        };
        moves.extend(exit.map(|bucket| leave(bucket, group, &held)));
        Ok(moves)
    }

    /// Whether it is none of the deals asked about, at either end.
    fn is_outside(&self) -> bool {
        let ends = [self.start, self.end()];
        ends.iter().flatten().all(|standing| standing.group.is_none())
    }

    /// How it is at its end, where it is there.
    fn end(&self) -> Option<Standing> {
        match self.outcome {
            Outcome::Open(end) | Outcome::Closed(_, end, _) => Some(end),
            Outcome::Gone => None,
        }
    }

    /// How it becomes part of the pipeline, and as what; no bucket where it was part of it at the start. `None` = it never
    /// was.
    fn entry(&self) -> Option<(Option<Bucket>, Standing)> {
        // What becomes part of it is part of it at the end, or was closed meanwhile.
        let meanwhile = match self.outcome {
            Outcome::Open(end) => end.due.then_some(end),
            Outcome::Closed(_, end, within) => within.then_some(end),
            Outcome::Gone => None,
        };
        match self.start {
            Some(start) if start.due => Some((None, start)),
            Some(start) => meanwhile.map(|_| (Some(Bucket::PulledIn), start)),
            None if self.closed_before => {
                let open = matches!(self.outcome, Outcome::Open(_)) || self.open_within;
                let end = meanwhile.filter(|_| open)?;
                Some((Some(Bucket::Reopened), end))
            }
            None => meanwhile.map(|end| (Some(Bucket::Created), end)),
        }
    }
}

fn enter(bucket: Bucket, group: Option<u64>, standing: &Standing) -> Move {
    Move {
        bucket,
        group,
        plus: standing.money(),
        minus: None,
    }
}

fn leave(bucket: Bucket, group: Option<u64>, standing: &Standing) -> Move {
    Move {
        bucket,
        group,
        plus: None,
        minus: standing.money(),
    }
}

/// What another amount does; an amount that is missing is worth nothing.
fn changed(group: Option<u64>, from: &Standing, to: &Standing, rates: &Convert<'_>) -> Result<Option<Move>> {
    if (from.amount, from.currency) == (to.amount, to.currency) {
        return Ok(None);
    }
    let (plus, minus) = (to.money(), from.money());
    let order = match (plus, minus) {
        (Some(plus), Some(minus)) if plus.currency != minus.currency => {
            let worth = |money: Money| rates(&Exact::from(money.amount), money.currency);
            worth(plus)?.cmp(&worth(minus)?)
        }
        _ => {
            let amount = |money: Option<Money>| money.map_or(0, |money| money.amount);
            amount(plus).cmp(&amount(minus))
        }
    };
    let bucket = match order {
        Ordering::Equal => return Ok(None),
        Ordering::Greater => Bucket::Up,
        Ordering::Less => Bucket::Down,
    };
    Ok(Some(Move {
        bucket,
        group,
        plus,
        minus,
    }))
}
