//! The simple view: every open deal counts its stage's probability, whatever its age. Sales teams know it, so it is
//! kept beside the calibrated one.

use super::{
    book::Book,
    deal::{Outcome, Refusal},
    encode::View,
    spread::{Extra, Item, Shock, Spread, draws},
    training::{identity, last_day},
    value::Values,
};

/// A stage's own share is believed as if so many deals had shown the share of all deals.
const PRIOR_DEALS: f64 = 10.0;
/// So many deals must have closed before a share is learned.
const FEWEST_CLOSED: usize = 1;

/// What a stage is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct StageRate {
    /// The stage; empty for deals whose stage is not known.
    pub stage: String,
    /// The chance that the CRM or the settings give it: the mean over its open deals; nothing where none is given.
    pub given: Option<f64>,
    /// The share of closed deals that were won, among those that had been in the stage, drawn towards that of all deals.
    pub learned: f64,
    /// How many closed deals had been in it.
    pub closed: usize,
    /// How many open deals are in it.
    pub open: usize,
}

/// The stage-weighted forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct StageWeighted {
    /// The stages with open deals, by name.
    pub stages: Vec<StageRate>,
    /// The share of closed deals that took no longer than the horizon.
    pub in_time: f64,
    /// How many open deals are won whenever they close, by the learned probabilities: those of `count`, which is
    /// `in_time` of it.
    pub ever_count: f64,
    /// For how much, in minor units.
    pub ever_value: f64,
    /// How many are won within the horizon, by the learned probabilities and the share that closes in time.
    pub count: Spread,
    /// For how much, in minor units.
    pub value: Spread,
    /// The chance of each open deal to be won within the horizon, by id.
    pub chances: Vec<(String, f64)>,
}

/// The stage-weighted forecast from what was known when `day` began, over `days` days.
///
/// # Errors
/// [`Refusal::TooFewClosed`] when nothing had closed; [`Refusal::NothingOpen`].
pub fn stage_weighted(
    book: &Book,
    values: &StageValues,
    day: i64,
    days: i64,
    seed: u64,
) -> Result<StageWeighted, Refusal> {
    let at = day as f64;
    let shares = Shares::learn(book, at, days as f64)?;
    let open: Vec<_> = book.entries.iter().filter(|entry| entry.open(at)).collect();
    if open.is_empty() {
        return Err(Refusal::NothingOpen);
    }
    let (mut counts, mut amounts, mut chances) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ever_count, mut ever_value) = (0.0, 0.0);
    let mut stages = vec![(0.0, 0_usize, 0_usize); book.stages.len()];
    for entry in open {
        let view = View::at(entry, at);
        let worth = values.worth(&view, at);
        // Of one kind of chances all along: what is won in time is then a part of what is won at all.
        let learned = shares.of(view.stage);
        ever_count += learned;
        ever_value += learned * worth;
        let item = Item {
            key: identity(&entry.id),
            chance: learned * shares.in_time,
            size: 1.0,
            variation: 0.0,
        };
        counts.push(item);
        amounts.push(Item { size: worth, ..item });
        chances.push((entry.id.clone(), item.chance));
        let (given, with_given, all) = &mut stages[view.stage as usize];
        *all += 1;
        if let Some(chance) = view.probability {
            *given += chance;
            *with_given += 1;
        }
    }
    let rates = stages.into_iter().enumerate().filter(|(_, (_, _, all))| *all > 0);
    let rate = |(stage, (given, with_given, open)): (usize, (f64, usize, usize))| StageRate {
        stage: book.stages.name(stage as u32).to_owned(),
        given: (with_given > 0).then(|| given / with_given as f64),
        learned: shares.of(stage as u32),
        closed: shares.closed.get(stage).map_or(0, |(_, closed)| *closed as usize),
        open,
    };
    Ok(StageWeighted {
        stages: rates.map(rate).collect(),
        in_time: shares.in_time,
        ever_count,
        ever_value,
        count: independent(&counts, seed),
        value: independent(&amounts, seed),
        chances,
    })
}

/// What deals are worth if they are won, for [`stage_weighted`].
pub struct StageValues {
    values: Values,
    encoder: super::encode::Encoder,
}

impl StageValues {
    /// Learns from deals won before a day.
    #[must_use]
    pub fn learn(book: &Book, day: i64) -> Self {
        let encoder = super::encode::Encoder::learn(book, day as f64, false);
        Self {
            values: Values::learn(book, &encoder, day as f64),
            encoder,
        }
    }

    fn worth(&self, view: &View, day: f64) -> f64 {
        let mut codes = Vec::new();
        self.encoder.codes(view, day, &mut codes);
        self.values.worth(view, &codes).map_or(0.0, |worth| worth.mean)
    }
}

/// The distribution of a sum of deals that know nothing of each other, as simple views have it.
fn independent(items: &[Item], seed: u64) -> Spread {
    let mean = items.iter().map(|item| item.chance * item.size).sum();
    let calm = Shock {
        sd: 0.0,
        freedom: 1e6,
    };
    Spread::of(draws(items, calm, Extra::default(), seed), mean, 0.0)
}

/// Shares of won deals among closed ones.
struct Shares {
    all: f64,
    in_time: f64,
    /// Won and closed deals that had been in a stage.
    closed: Vec<(f64, f64)>,
}

impl Shares {
    fn learn(book: &Book, day: f64, days: f64) -> Result<Self, Refusal> {
        let (mut won, mut all, mut in_time) = (0.0, 0.0, 0.0);
        let mut closed = vec![(0.0, 0.0); book.stages.len()];
        for entry in &book.entries {
            let Some(ended) = entry.ended_before(day) else {
                continue;
            };
            let win = f64::from(u8::from(ended.outcome == Outcome::Won));
            won += win;
            all += 1.0;
            in_time += f64::from(u8::from(last_day(ended.at) - entry.created <= days));
            let mut been: Vec<u32> = entry
                .stints
                .iter()
                .filter(|s| s.from < ended.at)
                .map(|s| s.stage)
                .collect();
            been.sort_unstable();
            been.dedup();
            for stage in been {
                closed[stage as usize].0 += win;
                closed[stage as usize].1 += 1.0;
            }
        }
        if all < 1.0 {
            return Err(Refusal::TooFewClosed {
                have: 0,
                need: FEWEST_CLOSED,
            });
        }
        Ok(Self {
            all: won / all,
            in_time: in_time / all,
            closed,
        })
    }

    fn of(&self, stage: u32) -> f64 {
        let (won, closed) = self.closed.get(stage as usize).copied().unwrap_or((0.0, 0.0));
        (won + PRIOR_DEALS * self.all) / (closed + PRIOR_DEALS)
    }
}
