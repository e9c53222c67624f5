//! A deal as the facts tell it, and why there may be no forecast.

use std::collections::BTreeMap;

use thiserror::Error;

/// How a deal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was won.
    Won,
    /// It was lost to somebody else, or refused.
    Lost,
    /// It was closed without a decision.
    NoDecision,
}

impl Outcome {
    /// How many outcomes there are.
    pub(super) const COUNT: usize = 3;

    /// The place of this outcome in arrays by outcome: won 0, lost 1, no decision 2.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Won => 0,
            Self::Lost => 1,
            Self::NoDecision => 2,
        }
    }
}

/// The end of a deal.
#[derive(Clone, Debug, PartialEq)]
pub struct Closing {
    /// When it ended, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// What it was won for, in minor units of the reporting currency; nothing where that is not known.
    pub amount: Option<i64>,
    /// Who closed it; empty where nobody is known.
    pub owner: String,
    /// The team of that owner; empty where none is known.
    pub team: String,
}

/// An end that did not last: the deal was opened again, or ended otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// The end.
    pub closing: Closing,
    /// Until when it stood, in milliseconds since 1970 (UTC).
    pub until: i64,
}

/// What held of a deal from one instant until the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Spell {
    /// From when it held, in milliseconds since 1970 (UTC).
    pub from: i64,
    /// Until when; nothing for the last spell.
    pub to: Option<i64>,
    /// The stage; empty where none is known.
    pub stage: String,
    /// The chance that the CRM or the settings give the stage, 0 to 1.
    pub stage_probability: Option<f64>,
    /// The amount, in minor units of the reporting currency; nothing where it is not known.
    pub amount: Option<i64>,
    /// The day on which it is expected to close, as civil days since 1970-01-01.
    pub expected_close: Option<i32>,
    /// Who owned it; empty where nobody is known.
    pub owner: String,
    /// The team of the owner then; empty where none is known.
    pub team: String,
    /// The forecast category: commit, best case, pipeline, omitted or what the tenant calls it; empty where none.
    pub category: String,
    /// How often the expected close had been moved to a later day.
    pub pushes: u32,
}

/// One deal: when it came, what held of it when, and how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Deal {
    /// Its id; a list with the same id twice keeps the first.
    pub id: String,
    /// When it entered the pipeline, in milliseconds since 1970 (UTC).
    pub created: i64,
    /// What held when; any order.
    pub spells: Vec<Spell>,
    /// How it ended; nothing while it is open.
    pub closing: Option<Closing>,
    /// Ends before that one that did not last; any order. Whoever looked while one of them stood knew nothing of what came.
    pub undone: Vec<Undone>,
    /// What does not change: source, type, product, pipeline, campaign, competitor, account ...
    pub traits: BTreeMap<String, String>,
}

impl Deal {
    /// All its ends, whether they lasted or not.
    pub(super) fn closings(&self) -> impl Iterator<Item = &Closing> {
        let undone = self.undone.iter().map(|undone| &undone.closing);
        undone.chain(&self.closing)
    }
}

/// Why there is no forecast.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There are no deals at all.
    #[error("there are no deals")]
    NoDeals,
    /// Nothing has closed yet, or too little to learn from.
    #[error("only {have} deals had closed by then, and a forecast needs {need} to learn from")]
    TooFewClosed {
        /// How many had closed.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// Nothing is open.
    #[error("no deal was open then")]
    NothingOpen,
    /// The horizon is no length of time.
    #[error("a horizon has from 1 to 1095 days, not {days}")]
    Horizon {
        /// What was asked for.
        days: i64,
    },
    /// No month start has enough history before it and the horizon after it.
    #[error("no month start has {closed} closed and {open} open deals and ends its horizon in time")]
    NoSnapshot {
        /// How many closed deals a snapshot needs.
        closed: usize,
        /// How many open deals a snapshot needs.
        open: usize,
    },
    /// A number that was handed in cannot be used.
    #[error("{what}")]
    Number {
        /// What is wrong with it.
        what: String,
    },
    /// A deal that was named is not among the open ones.
    #[error("no open deal is called {id:?}")]
    UnknownDeal {
        /// The name.
        id: String,
    },
}
