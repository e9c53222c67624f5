//! What the models say about a pipeline, all at once: it is fitted once and asked in several ways.

use std::collections::BTreeMap;

use bellwether_domain::Zone;

use crate::pipeline::{
    Ask, Attention, Book, CategoryTotal, Deal, Forecast, Group, Line, Part, Refusal, Rehearsal, StageValues,
    StageWeighted, arrivals, attention, forecast, roll_up, stage_weighted, sum_up,
};
use crate::worker::Weigh;

/// What draws are made from: any number does, as long as it stays.
pub(super) const SEED: u64 = 20_17;
/// About what an open deal takes in memory.
const DEAL_BYTES: usize = 1_000;

/// What is asked about a pipeline.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The day that the forecast is made for: it sees what was known when that day began.
    pub(super) day: i64,
    /// How many days ahead.
    pub(super) days: i64,
}

/// What the models say.
#[derive(Debug)]
pub(super) struct Outlook {
    /// The calibrated forecast.
    pub(super) forecast: Result<Forecast, Refusal>,
    /// The usual view.
    pub(super) stages: Result<StageWeighted, Refusal>,
    /// Deals that somebody should look at, those that are worth most first.
    pub(super) attention: Vec<Attention>,
    /// Open deals by what people call them.
    pub(super) categories: Vec<CategoryTotal>,
    /// Shares of deals that are still to come, by owner and by team.
    pub(super) arrivals: [BTreeMap<String, f64>; 2],
}

impl Outlook {
    /// Fits the models to deals; `told` hears how much of that is done, 0 to 1.
    pub(super) fn of(deals: Vec<Deal>, zone: &Zone, question: &Question, told: &dyn Fn(f64)) -> Self {
        let book = Book::new(deals, zone);
        told(0.05);
        let stages = usual(&book, question);
        told(0.15);
        let (forecast, mut attention) = calibrated(&book, question, told);
        attention.sort_by(|one, other| {
            let worth = |one: &Attention| one.line.amount.or(one.line.worth).unwrap_or(0.0);
            worth(other)
                .total_cmp(&worth(one))
                .then_with(|| one.line.id.cmp(&other.line.id))
        });
        let categories = forecast
            .as_ref()
            .map(|forecast| roll_up(&forecast.lines))
            .unwrap_or_default();
        Self {
            forecast,
            stages,
            attention,
            categories,
            arrivals: [Group::Owner, Group::Team].map(|group| arrivals(&book, question.day, &group)),
        }
    }

    /// Sums of open deals by a group, members by name.
    pub(super) fn parts(&self, group: &Group) -> Vec<Part> {
        let Ok(forecast) = &self.forecast else {
            return Vec::new();
        };
        let mut members: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        for line in &forecast.lines {
            members.entry(group.of(line)).or_default().push(line);
        }
        let part = |(name, lines): (&str, Vec<&Line>)| sum_up(name, &lines, &forecast.correction, SEED);
        members.into_iter().map(part).collect()
    }
}

/// The usual view of the deals that were open when the day began.
///
/// # Errors
/// Nothing had closed, or nothing is open.
pub(super) fn stages(deals: Vec<Deal>, zone: &Zone, question: &Question) -> Result<StageWeighted, Refusal> {
    usual(&Book::new(deals, zone), question)
}

fn usual(book: &Book, question: &Question) -> Result<StageWeighted, Refusal> {
    let values = StageValues::learn(book, question.day);
    stage_weighted(book, &values, question.day, question.days, SEED)
}

fn calibrated(
    book: &Book,
    question: &Question,
    told: &dyn Fn(f64),
) -> (Result<Forecast, Refusal>, Vec<Attention>) {
    let mut rehearsal = match Rehearsal::new(book, question.days) {
        Ok(rehearsal) => rehearsal,
        Err(refusal) => return (Err(refusal), Vec::new()),
    };
    let ask = Ask {
        day: question.day,
        groups: Vec::new(),
        seed: SEED,
    };
    told(0.2);
    let said = forecast(&mut rehearsal, &ask);
    told(0.9);
    let found = match &said {
        Ok(said) => attention(&mut rehearsal, &said.lines, question.day).unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    (said, found)
}

impl Weigh for Outlook {
    fn bytes(&self) -> usize {
        let lines = self.forecast.as_ref().map_or(0, |forecast| forecast.lines.len());
        (lines + self.attention.len()) * DEAL_BYTES + 100_000
    }
}
