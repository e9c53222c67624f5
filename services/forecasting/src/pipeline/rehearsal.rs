//! Forecasts of the past, made with what was known then and compared with what came: they say how far the level of
//! the model is off of late, and how far the sum of many deals strays together.

use std::collections::BTreeMap;

use super::{
    book::Book,
    calendar::month_starts,
    deal::Refusal,
    hazard::Hazards,
    lines::{Learned, Slim, on_calendar, slim},
    newcomers::{came, newcomers},
    spread::Shock,
    value::Values,
};

/// Days that rehearsals reach back.
const HISTORY: i64 = 731;
/// A rehearsal needs so many closed and open deals, and so many days.
const FEWEST_CLOSED: usize = 50;
const FEWEST_OPEN: usize = 10;
const FEWEST_DAYS: i64 = 7;
/// Days between rehearsals, about.
const STRIDE: f64 = 30.4;
/// How much the log of a model's level differs between companies, as a variance: counting open deals by stage is off
/// by some 40 % on public data, and levels of models are known little better.
const LEVEL_VARIANCE: f64 = 0.15;
/// The same for what values show beyond counts: 7 %.
const VALUE_VARIANCE: f64 = 0.005;
/// After so many days what a rehearsal says about the level counts half.
const LEVEL_HALF_LIFE: f64 = 180.0;
/// The spread of horizons around their expectation before any is seen, as a squared share, and how many horizons that
/// is worth. InsideSales found 90-day forecasts off by 31 % on average; a model's own part of that is put at 20 %.
const PRIOR_SPREAD: f64 = 0.04;
const PRIOR_SPREAD_HORIZONS: f64 = 2.0;
/// Wins that come and go with a single deal: added to both sides of a ratio.
const PSEUDO_WINS: f64 = 5.0;
/// Intervals are fitted to the rehearsals from so many on.
const FEWEST_FOR_SCALE: usize = 8;
/// A rehearsal of more open deals than this looks at a sample of about so many.
const MOST_OPEN: usize = 5_000;

/// What is to be said of one sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjust {
    /// What the model's sum is multiplied by.
    pub factor: f64,
    /// What intervals are stretched by.
    pub scale: f64,
    /// The shock that deals share.
    pub(super) shock: Shock,
    /// The variance of a sum beyond chance, as a squared share.
    pub(super) spread: f64,
}

/// What the rehearsals taught at a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correction {
    /// For how many open deals are won.
    pub count: Adjust,
    /// For how much.
    pub value: Adjust,
    /// For how many deals that are not created yet are won.
    pub new_count: Adjust,
    /// For how much.
    pub new_value: Adjust,
    /// How many rehearsals there were.
    pub rehearsals: usize,
    /// How many horizons' worth of evidence they hold.
    pub horizons: f64,
}

/// Expected and seen.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    mean: f64,
    variance: f64,
    seen: f64,
    /// What one win is worth.
    unit: f64,
}

/// One rehearsal, by what it looked at: count and value of open deals, count and value of newcomers.
type Trial = [Compared; 4];

/// Forecasts of the past, made when they are first needed and kept.
pub struct Rehearsal<'a> {
    book: &'a Book,
    days: i64,
    learned: BTreeMap<i64, Result<Learned, Refusal>>,
    trials: BTreeMap<(i64, i64), Option<Trial>>,
}

impl<'a> Rehearsal<'a> {
    /// For forecasts over so many days.
    ///
    /// # Errors
    /// [`Refusal::Horizon`] unless there are 1 to 1,095 of them; [`Refusal::NoDeals`].
    pub fn new(book: &'a Book, days: i64) -> Result<Self, Refusal> {
        if !(1..=1_095).contains(&days) {
            return Err(Refusal::Horizon { days });
        }
        if book.is_empty() {
            return Err(Refusal::NoDeals);
        }
        Ok(Self {
            book,
            days,
            learned: BTreeMap::new(),
            trials: BTreeMap::new(),
        })
    }

    /// The deals.
    #[must_use]
    pub fn book(&self) -> &'a Book {
        self.book
    }

    /// The horizon, in days.
    #[must_use]
    pub fn days(&self) -> i64 {
        self.days
    }

    /// What is learned from what was known when a day began.
    ///
    /// # Errors
    /// [`Refusal::TooFewClosed`]; [`Refusal::Number`] for a day that no calendar has.
    pub(super) fn learned(&mut self, day: i64) -> Result<&Learned, Refusal> {
        let book = self.book;
        self.learned
            .entry(day)
            .or_insert_with(|| learn(book, day))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// What the past teaches about forecasts made on a day.
    pub fn correction(&mut self, day: i64) -> Correction {
        let first = self.book.first_day().unwrap_or(day).max(day - HISTORY);
        let starts = month_starts(first, day - FEWEST_DAYS.min(self.days));
        let trials: Vec<(i64, i64, Trial)> = starts
            .iter()
            .filter_map(|start| {
                let until = day.min(start + self.days);
                self.trial(*start, until).map(|trial| (*start, until, trial))
            })
            .collect();
        let adjusts: [Adjust; 4] = std::array::from_fn(|what| {
            adjust(
                level(&trials, what, day, self.days),
                &self.errors(&trials, what),
                self.days,
            )
        });
        let horizons = trials.len() as f64 * (STRIDE / self.days as f64).min(1.0);
        Correction {
            count: adjusts[0],
            value: adjusts[1],
            new_count: adjusts[2],
            new_value: adjusts[3],
            rehearsals: trials.len(),
            horizons,
        }
    }

    /// Complete rehearsals, each corrected by what was known when it was made.
    fn errors(&mut self, trials: &[(i64, i64, Trial)], what: usize) -> Vec<Compared> {
        let days = self.days;
        let mut errors = Vec::new();
        for (start, _, trial) in trials.iter().filter(|(start, until, _)| until - start == days) {
            let mut before = Vec::new();
            for (early, _, _) in trials {
                let end = (*start).min(early + days);
                if end - early >= FEWEST_DAYS.min(days)
                    && let Some(trial) = self.trial(*early, end)
                {
                    before.push((*early, end, trial));
                }
            }
            let factor = level(&before, what, *start, days);
            let Compared {
                mean,
                variance,
                seen,
                unit,
            } = trial[what];
            errors.push(Compared {
                mean: mean * factor,
                variance: variance * factor,
                seen,
                unit,
            });
        }
        errors
    }

    /// The forecast of a past day over the days until another, with what came.
    fn trial(&mut self, start: i64, until: i64) -> Option<Trial> {
        if let Some(known) = self.trials.get(&(start, until)) {
            return *known;
        }
        let made = self.rehearse(start, until);
        self.trials.insert((start, until), made);
        made
    }

    fn rehearse(&mut self, start: i64, until: i64) -> Option<Trial> {
        let book = self.book;
        let (closed, open) = book.closed_and_open(start);
        if closed < FEWEST_CLOSED || open < FEWEST_OPEN {
            return None;
        }
        let learned = self.learned(start).ok()?;
        let keep_every = open.div_ceil(MOST_OPEN).max(1) as u64;
        let (from, to) = (start as f64, until as f64);
        let (mut count, mut value) = (Compared::default(), Compared::default());
        for line in &slim(book, learned, start, until - start, keep_every) {
            count.add(line, 1.0, 0.0);
            if let Some(worth) = line.worth {
                value.add(line, worth.mean, worth.variation);
            }
            let entry = &book.entries[line.entry];
            if entry.won_within(from, to) {
                count.seen += 1.0;
                value.seen += entry.won_value();
            }
        }
        count.unit = 1.0;
        value.unit = value.mean / count.mean.max(1e-9);
        let new = newcomers(book, learned, start, until - start);
        let (new_won, new_value) = came(book, from, to);
        let unit = new.value / new.count.max(1e-9);
        let new_count = Compared {
            mean: new.count,
            variance: new.count,
            seen: new_won,
            unit: 1.0,
        };
        let new_value = Compared {
            mean: new.value,
            variance: new.value_variance,
            seen: new_value,
            unit,
        };
        Some([count, value, new_count, new_value])
    }
}

fn learn(book: &Book, day: i64) -> Result<Learned, Refusal> {
    if !on_calendar(day) {
        return Err(Refusal::Number {
            what: format!("there is no day {day}"),
        });
    }
    let hazards = Hazards::learn(book, day)?;
    let values = Values::learn(book, hazards.encoder(), day as f64);
    Ok(Learned { hazards, values })
}

impl Compared {
    fn add(&mut self, line: &Slim, size: f64, variation: f64) {
        let chance = line.chances[0];
        self.mean += chance * size;
        self.variance += chance * (1.0 - chance + variation * variation) * size * size;
    }
}

/// What one rehearsal says about the level.
struct Evidence {
    start: i64,
    until: i64,
    log_ratio: f64,
    /// Between 0 and 1: how much of the ratio is not chance.
    worth: f64,
}

impl Evidence {
    fn new(start: i64, until: i64, compared: Compared) -> Self {
        let Compared {
            mean,
            variance,
            seen,
            unit,
        } = compared;
        let pseudo = PSEUDO_WINS * unit;
        let usable = mean > 0.0 && pseudo > 0.0;
        let log_ratio = if usable {
            libm::log((seen + pseudo) / (mean + pseudo)).clamp(-1.5, 1.5)
        } else {
            0.0
        };
        let chance = if usable {
            variance / ((mean + pseudo) * (mean + pseudo))
        } else {
            f64::INFINITY
        };
        Self {
            start,
            until,
            log_ratio,
            worth: PRIOR_SPREAD / (PRIOR_SPREAD + chance),
        }
    }
}

/// What was compared from a day to another.
type Told = (i64, i64, Trial);

/// The factor that the newest rehearsals ask for, drawn towards 1. The level of values is that of counts, times what
/// values show beyond it, which is believed less: a few large deals rule it.
fn level(told: &[Told], what: usize, day: i64, days: i64) -> f64 {
    let evidence = |what: usize| -> Vec<Evidence> {
        told.iter()
            .map(|(start, until, trial)| Evidence::new(*start, *until, trial[what]))
            .collect()
    };
    let own = evidence(what);
    if what.is_multiple_of(2) {
        return libm::exp(drawn(&own, LEVEL_VARIANCE, day, days));
    }
    let counts = evidence(what - 1);
    let base = drawn(&counts, LEVEL_VARIANCE, day, days);
    let mut beyond = own;
    for (own, count) in beyond.iter_mut().zip(&counts) {
        own.log_ratio -= count.log_ratio;
    }
    libm::exp(base + drawn(&beyond, VALUE_VARIANCE, day, days))
}

/// The mean of log-ratios, drawn towards 0 by how much they differ among each other.
fn drawn(evidence: &[Evidence], between: f64, day: i64, days: i64) -> f64 {
    let weigh = |one: &Evidence| {
        let length = (one.until - one.start) as f64 / days as f64;
        let recent = libm::exp2(-((day - one.start) as f64) / LEVEL_HALF_LIFE);
        length * (STRIDE / days as f64).min(1.0) * recent * one.worth
    };
    let (mut sum, mut weight) = (0.0, 0.0);
    for one in evidence {
        let counts = weigh(one);
        sum += counts * one.log_ratio;
        weight += counts;
    }
    if weight <= 0.0 {
        return 0.0;
    }
    let mean = sum / weight;
    let around: f64 = evidence
        .iter()
        .map(|one| weigh(one) * (one.log_ratio - mean) * (one.log_ratio - mean))
        .sum();
    let within = (around + PRIOR_SPREAD) / (weight + 1.0);
    sum / (weight + within / between)
}

fn adjust(factor: f64, errors: &[Compared], days: i64) -> Adjust {
    let errors: Vec<&Compared> = errors.iter().filter(|error| error.mean > 0.0).collect();
    let share = (STRIDE / days as f64).min(1.0);
    let horizons = errors.len() as f64 * share;
    let beyond = |error: &&Compared| {
        let square = (error.mean + error.unit) * (error.mean + error.unit);
        ((error.seen - error.mean) * (error.seen - error.mean)).min(square) / square - error.variance / square
    };
    let seen: f64 = errors.iter().map(beyond).sum::<f64>() * share;
    let spread = (seen + PRIOR_SPREAD * PRIOR_SPREAD_HORIZONS) / (horizons + PRIOR_SPREAD_HORIZONS);
    let spread = spread.max(0.0);
    let shock = Shock {
        sd: libm::sqrt(libm::log1p(spread)),
        freedom: 4.0 + 2.0 * horizons,
    };
    Adjust {
        factor,
        scale: scale(&errors, spread, horizons),
        shock,
        spread,
    }
}

/// What intervals must be stretched by so that four fifths of the rehearsals lie in those of 80 % (split conformal, as
/// in Lei et al. 2018, drawn towards 1 while there are few).
fn scale(errors: &[&Compared], spread: f64, horizons: f64) -> f64 {
    if errors.len() < FEWEST_FOR_SCALE {
        return 1.0;
    }
    let off = |error: &&Compared| {
        let sd = libm::sqrt(error.variance + spread * error.mean * error.mean);
        (error.seen - error.mean).abs() / sd.max(f64::MIN_POSITIVE)
    };
    let mut off: Vec<f64> = errors.iter().map(off).collect();
    off.sort_by(f64::total_cmp);
    let place = (libm::ceil(0.8 * (off.len() as f64 + 1.0)) as usize).clamp(1, off.len());
    let ratio = (off[place - 1] / 1.2816).clamp(0.5, 2.5);
    libm::pow(ratio, horizons / (horizons + 6.0))
}
