//! How good forecasts of the past were: at every month start with enough history, seeing only what was known then.

use super::{
    book::Ended,
    calendar::month_starts,
    deal::Refusal,
    forecast::{Sums, correct},
    lines::{Line, slim, spell_out},
    rehearsal::Rehearsal,
    spread::Band,
    stage_weighted::{StageValues, stage_weighted},
};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BacktestAsk {
    /// Horizons end by this day (a civil day number); the day after the last closing where none is given.
    pub until: Option<i64>,
    /// A snapshot needs so many closed deals; 200 is usual.
    pub fewest_closed: usize,
    /// And so many open ones; 20 is usual.
    pub fewest_open: usize,
    /// What draws are made from.
    pub seed: u64,
}

impl Default for BacktestAsk {
    fn default() -> Self {
        Self {
            until: None,
            fewest_closed: 200,
            fewest_open: 20,
            seed: 1,
        }
    }
}

/// What a method said on a snapshot day.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// How many of the open deals will be won within the horizon.
    pub count: f64,
    /// For how much, in minor units; nothing where no deal's worth is known.
    pub value: Option<f64>,
    /// The 80 % interval of the count.
    pub count80: Band,
    /// The 80 % interval of the value.
    pub value80: Option<Band>,
    /// Mean squared difference of chance and outcome, by deal.
    pub brier: f64,
}

/// One snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The day, a month start.
    pub day: i64,
    /// Its horizon ends when this day begins.
    pub until: i64,
    /// How many deals had closed.
    pub closed: usize,
    /// How many were open.
    pub open: usize,
    /// How many of those were won within the horizon.
    pub won: f64,
    /// For how much, in minor units.
    pub won_value: f64,
    /// Every open deal counts its stage's share.
    pub static_view: Method,
    /// The calibrated forecast.
    pub calibrated: Method,
}

/// A method over all snapshots; shares, not percentages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Mean of |said - came| / came of counts; nothing where no snapshot had a win.
    pub count_mape: Option<f64>,
    /// Sum of what was said over the sum of what came, less 1.
    pub count_bias: Option<f64>,
    /// As `count_mape`, of values.
    pub value_mape: Option<f64>,
    /// As `count_bias`, of values.
    pub value_bias: Option<f64>,
    /// The share of snapshots whose value lay in its 80 % interval; nothing where no value was forecast.
    pub coverage80: Option<f64>,
    /// The share of snapshots whose count lay in its 80 % interval.
    pub count_coverage80: f64,
    /// Mean squared difference of chance and outcome over all deals of all snapshots.
    pub brier: f64,
}

/// The whole backtest.
#[derive(Clone, Debug, PartialEq)]
pub struct Backtest {
    /// By day.
    pub snapshots: Vec<Snapshot>,
    /// The static view.
    pub static_view: Scores,
    /// The calibrated forecast.
    pub calibrated: Scores,
}

/// Runs the backtest.
///
/// # Errors
/// [`Refusal::NoSnapshot`] when no month start qualifies.
pub fn backtest(rehearsal: &mut Rehearsal<'_>, ask: &BacktestAsk) -> Result<Backtest, Refusal> {
    let (book, days) = (rehearsal.book(), rehearsal.days());
    let none = || Refusal::NoSnapshot {
        closed: ask.fewest_closed,
        open: ask.fewest_open,
    };
    let first = book.closing_day(ask.fewest_closed).ok_or_else(none)?;
    let end = book.last_closing().ok_or_else(none)? + 1;
    // Long after the last closing nothing came that a forecast could be compared with.
    let last = ask.until.map_or(end, |until| until.min(end + days));
    let mut snapshots = Vec::new();
    for day in month_starts(first, last.saturating_sub(days)) {
        let (closed, open) = book.closed_and_open(day);
        if closed >= ask.fewest_closed && open >= ask.fewest_open {
            snapshots.push(snapshot(rehearsal, day, ask.seed)?);
        }
    }
    if snapshots.is_empty() {
        return Err(none());
    }
    let static_view = score(&snapshots, |snapshot| &snapshot.static_view);
    let calibrated = score(&snapshots, |snapshot| &snapshot.calibrated);
    Ok(Backtest {
        snapshots,
        static_view,
        calibrated,
    })
}

fn snapshot(rehearsal: &mut Rehearsal<'_>, day: i64, seed: u64) -> Result<Snapshot, Refusal> {
    let (book, days) = (rehearsal.book(), rehearsal.days());
    let (closed, open) = book.closed_and_open(day);
    let (from, to) = (day as f64, (day + days) as f64);
    let mut slims = slim(book, rehearsal.learned(day)?, day, days, 1);
    let correction = rehearsal.correction(day);
    correct(&mut slims, &correction);
    let lines: Vec<Line> = slims.iter().map(|slim| spell_out(book, slim, day)).collect();
    let all: Vec<&Line> = lines.iter().collect();
    let part = Sums {
        correction: &correction,
        seed,
    }
    .part("", &all, None);
    let won: Vec<_> = slims
        .iter()
        .map(|slim| book.entries[slim.entry].won_within(from, to))
        .collect();
    let came: Vec<f64> = won.iter().map(|won| f64::from(u8::from(won.is_some()))).collect();
    let value = part.value.as_ref();
    let nothing = Band {
        level: 0.8,
        low: 0.0,
        high: 0.0,
    };
    let calibrated = Method {
        count: part.count.mean,
        value: value.map(|value| value.mean),
        count80: part.count.band(0.8).unwrap_or(nothing),
        value80: value.and_then(|value| value.band(0.8)),
        brier: brier(lines.iter().map(|line| line.chance), &came),
    };
    let plain = stage_weighted(book, &StageValues::learn(book, day), day, days, seed)?;
    let static_view = Method {
        count: plain.count.mean,
        value: value.map(|_| plain.value.mean),
        count80: plain.count.band(0.8).unwrap_or(nothing),
        value80: value.and_then(|_| plain.value.band(0.8)),
        brier: brier(plain.chances.iter().map(|(_, chance)| *chance), &came),
    };
    Ok(Snapshot {
        day,
        until: day + days,
        closed,
        open,
        won: came.iter().sum(),
        won_value: won.iter().flatten().map(Ended::won_value).sum(),
        static_view,
        calibrated,
    })
}

fn brier(chances: impl Iterator<Item = f64>, came: &[f64]) -> f64 {
    let sum: f64 = chances
        .zip(came)
        .map(|(chance, came)| (chance - came) * (chance - came))
        .sum();
    sum / came.len().max(1) as f64
}

fn score<'a>(snapshots: &'a [Snapshot], of: impl Fn(&'a Snapshot) -> &'a Method) -> Scores {
    let all = || snapshots.iter().map(|snapshot| (of(snapshot), snapshot));
    let counts: Vec<(f64, f64)> = all().map(|(said, came)| (said.count, came.won)).collect();
    let values = all().filter_map(|(said, came)| Some((said.value?, came.won_value)));
    let values: Vec<(f64, f64)> = values.collect();
    let in_count = all().map(|(said, came)| (said.count80, came.won));
    let in_value = all().filter_map(|(said, came)| Some((said.value80?, came.won_value)));
    let deals: usize = snapshots.iter().map(|snapshot| snapshot.open).sum();
    let brier: f64 = all().map(|(said, came)| said.brier * came.open as f64).sum();
    Scores {
        count_mape: mape(&counts),
        count_bias: bias(&counts),
        value_mape: mape(&values),
        value_bias: bias(&values),
        coverage80: held(in_value),
        count_coverage80: held(in_count).unwrap_or(0.0),
        brier: brier / deals.max(1) as f64,
    }
}

/// The share of bands that hold what came; nothing without any.
fn held(bands: impl Iterator<Item = (Band, f64)>) -> Option<f64> {
    let (mut inside, mut all) = (0.0, 0.0);
    for (band, came) in bands {
        inside += f64::from(u8::from((band.low..=band.high).contains(&came)));
        all += 1.0;
    }
    (all > 0.0).then(|| inside / all)
}

fn mape(pairs: &[(f64, f64)]) -> Option<f64> {
    let usable: Vec<f64> = pairs
        .iter()
        .filter(|(_, came)| *came > 0.0)
        .map(|(said, came)| (said - came).abs() / came)
        .collect();
    (!usable.is_empty()).then(|| usable.iter().sum::<f64>() / usable.len() as f64)
}

fn bias(pairs: &[(f64, f64)]) -> Option<f64> {
    let (said, came) = pairs
        .iter()
        .fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    (came > 0.0).then(|| said / came - 1.0)
}
