//! From a series to its forecast.

use super::combine::{Combined, Seen, combine};
use super::conformal::{Case, Kind, Past, Pool, Stretch};
use super::{Ask, Bounds, Unfit, intermittent};
use crate::series::ready::Ready;
use crate::series::{Series, zeros};

/// What a series will be.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The forecast by step, in the unit of the series and within its bounds.
    pub mean: Vec<f64>,
    /// The intervals, in the order of the levels asked for.
    pub bands: Vec<Band>,
    /// The models and what each of them weighs; sums to 1, the heaviest first.
    pub model: Vec<(String, f64)>,
    /// What there is to know about it.
    pub notes: Vec<Note>,
}

/// An interval by step.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// How much of the future it is to hold: 0.8 for 80 %.
    pub level: f64,
    /// Its lower ends.
    pub low: Vec<f64>,
    /// Its upper ends.
    pub high: Vec<f64>,
}

/// What there is to know about a forecast.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The history began only after this many periods without a value.
    Skipped(usize),
    /// So many periods had no value and were filled.
    Filled(usize),
    /// The values of these periods (from 0) were too far off to be believed in full.
    Tamed(Vec<usize>),
    /// From this period (from 0) on there is a new level; what was before has been lifted to it.
    Shifted(usize),
    /// A season that nobody named was found.
    SeasonFound(usize),
    /// Two seasons are not there yet: nothing is known of this season.
    SeasonUnknown(usize),
    /// All values are the same.
    Constant,
    /// Most periods have nothing: the forecast is the mean of a period, the interval is that of single periods.
    ZeroHeavy,
    /// The history is too short to look back on earlier forecasts: the interval is that of other series of this kind.
    Short(usize),
}

/// The fewest values that a forecast is made of.
const NEEDED: usize = 3;

/// Half of the width of an interval is at least this share of the largest value: models that were never wrong are sure of
/// everything, and sums still err in their last digits.
const LEAST_HALF: f64 = 1e-9;

/// Forecasts a series.
///
/// # Errors
/// Why it cannot be.
pub fn forecast(series: &Series, ask: &Ask) -> Result<Forecast, Unfit> {
    Outlook::of(series, ask).map(|outlook| outlook.within(None))
}

/// Forecasts several series of the same sort (one KPI by rep, the series of one file). Their intervals learn from each
/// other's past misses; each forecast's mean is that of [`forecast`].
pub fn forecast_all(all: &[Series], ask: &Ask) -> Vec<Result<Forecast, Unfit>> {
    let outlooks: Vec<Result<Outlook<'_>, Unfit>> =
        all.iter().map(|series| Outlook::of(series, ask)).collect();
    let company: Vec<&Past> = outlooks.iter().flatten().map(|outlook| &outlook.past).collect();
    let pool = Pool::of(&company);
    outlooks
        .into_iter()
        .map(|outlook| outlook.map(|outlook| outlook.within(pool.as_ref())))
        .collect()
}

/// A series forecast, before its intervals.
pub struct Outlook<'a> {
    ask: &'a Ask,
    ready: Ready,
    /// What decides how wide its intervals are.
    pub past: Past,
    /// What the models said, in the size of models, by step since the last value.
    pub combined: Combined,
    notes: Vec<Note>,
}

impl<'a> Outlook<'a> {
    /// Makes the series ready and lets the models speak.
    ///
    /// # Errors
    /// Why nothing can be said.
    pub fn of(series: &Series, ask: &'a Ask) -> Result<Self, Unfit> {
        ask.check()?;
        let ready = Ready::of(series, ask.bounds)?;
        let given = series.observed().count();
        if given < NEEDED {
            return Err(Unfit::TooShort {
                needed: NEEDED,
                given,
            });
        }
        if ready.behind > Ask::MOST {
            return Err(Unfit::LongAgo {
                behind: ready.behind,
                most: Ask::MOST,
            });
        }
        let seen = Seen {
            y: &ready.y,
            filled: &ready.filled,
            season: ready.rhythm,
        };
        let known = seen.count();
        // What has no value yet is as far away as what comes after it.
        let combined = combine(&seen, &ready.seasons, ready.behind + ask.horizon)?;
        let notes = notes(series, &ready, &combined);
        Ok(Self {
            past: Past::of(
                Kind::of(known, &ready.seasons),
                &combined,
                ready.seasons.first().copied().unwrap_or(1),
            ),
            ask,
            ready,
            combined,
            notes,
        })
    }

    /// The forecast, with intervals that have learned from the company, if any.
    pub fn within(self, pool: Option<&Pool>) -> Forecast {
        let stretch = Stretch::of(&self.past, pool);
        let bands = self
            .ask
            .levels
            .iter()
            .map(|level| self.band(*level, &stretch))
            .collect();
        let own = |value: f64| self.ask.bounds.clamp(self.ready.back(value));
        let named = |(name, weight): &(&'static str, f64)| ((*name).to_owned(), *weight);
        Forecast {
            mean: self
                .ahead(&self.combined.mean)
                .iter()
                .map(|value| own(*value))
                .collect(),
            bands,
            model: self.combined.weights.iter().map(named).collect(),
            notes: self.notes,
        }
    }

    /// What is to be learned from it once `came` is known: for series without bounds, `unit` being the scale of MASE.
    /// `None` when the models are sure of everything.
    pub fn case(&self, came: &[f64], unit: f64) -> Option<Case> {
        let own =
            |values: &[f64]| -> Vec<f64> { values.iter().map(|value| self.ready.back(*value)).collect() };
        let (mean, sd) = (
            own(self.ahead(&self.combined.mean)),
            own(self.ahead(&self.combined.sd)),
        );
        let ahead = came
            .iter()
            .zip(mean.iter().zip(&sd))
            .map(|(came, (mean, sd))| (came - mean) / sd);
        sd.iter().all(|sd| *sd > 0.0).then(|| Case {
            past: self.past.clone(),
            ahead: ahead.collect(),
            sd: sd.iter().map(|sd| sd / unit).collect(),
        })
    }

    /// Of values by step since the last one that was seen, those that are asked for.
    fn ahead<'v>(&self, all: &'v [f64]) -> &'v [f64] {
        &all[self.ready.behind..]
    }

    fn band(&self, level: f64, stretch: &Stretch) -> Band {
        let own = |value: f64| self.ask.bounds.clamp(self.ready.back(value));
        let sparse = self
            .notes
            .contains(&Note::ZeroHeavy)
            .then(|| intermittent::band(&self.ready.y, level));
        let widths = stretch.half_widths(level);
        let (widths, sd) = (self.ahead(&widths), self.ahead(&self.combined.sd));
        let mean = self.ahead(&self.combined.mean);
        let sizes = self.ready.y.iter().map(|value| value.abs());
        let largest = sizes.fold(0.0, f64::max);
        let ends = |step: usize| {
            if let Some((low, high)) = sparse {
                return (own(low), own(high));
            }
            let mean = mean[step];
            let half = (widths[step] * sd[step]).max(LEAST_HALF * largest.max(mean.abs()));
            (own(mean - half), own(mean + half))
        };
        let (low, high) = (0..self.ask.horizon).map(ends).unzip();
        Band { level, low, high }
    }
}

fn notes(series: &Series, ready: &Ready, combined: &Combined) -> Vec<Note> {
    let mut notes = Vec::new();
    if ready.skipped > 0 {
        notes.push(Note::Skipped(ready.skipped));
    }
    let filled = ready.behind + ready.filled.iter().filter(|filled| **filled).count();
    if filled > 0 {
        notes.push(Note::Filled(filled));
    }
    if !ready.tamed.is_empty() {
        notes.push(Note::Tamed(
            ready.tamed.iter().map(|at| at + ready.skipped).collect(),
        ));
    }
    notes.extend(ready.shift.map(|shift| Note::Shifted(shift.at + ready.skipped)));
    let found = ready
        .seasons
        .iter()
        .filter(|season| !series.seasons.contains(season));
    notes.extend(found.map(|season| Note::SeasonFound(*season)));
    let unknown = series
        .seasons
        .iter()
        .filter(|season| **season > 1 && !ready.seasons.contains(season));
    notes.extend(unknown.map(|season| Note::SeasonUnknown(*season)));
    if ready.y.windows(2).all(|pair| pair[0] == pair[1]) {
        notes.push(Note::Constant);
    } else if zeros::is_zero_heavy(&ready.y) && ready.seasons.is_empty() {
        notes.push(Note::ZeroHeavy);
    }
    if combined.origins == 0 {
        notes.push(Note::Short(ready.y.len()));
    }
    notes
}

impl Forecast {
    /// The forecast of values that keep to other bounds: means and intervals are cut to them.
    pub fn cut_to(mut self, bounds: Bounds) -> Self {
        let ends = self
            .bands
            .iter_mut()
            .flat_map(|band| band.low.iter_mut().chain(&mut band.high));
        for value in self.mean.iter_mut().chain(ends) {
            *value = bounds.clamp(*value);
        }
        self
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Skipped(n) => write!(f, "{n} periods before the first value were left out"),
            Self::Filled(n) => write!(f, "{n} periods without a value were filled"),
            Self::Tamed(at) => write!(f, "{} values far off the others count less", at.len()),
            Self::Shifted(at) => write!(f, "there is a new level from period {at} on"),
            Self::SeasonFound(season) => write!(f, "a season of {season} periods was found"),
            Self::SeasonUnknown(season) => {
                write!(f, "a season of {season} periods needs two of them to be seen")
            }
            Self::Constant => write!(f, "all values are the same"),
            Self::ZeroHeavy => write!(f, "most periods are zero: the interval is that of single periods"),
            Self::Short(n) => write!(f, "{n} values are too few to look back on earlier forecasts"),
        }
    }
}

#[cfg(test)]
mod tests;
