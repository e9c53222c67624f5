//! `forecast evaluate`: series of which the end is held out, forecast, and compared with what came.

mod read;

pub use read::{Row, Unread, read};

use crate::measure::series::{held, mase, mean, msis, owa, scale, smape};
use crate::series::{Series, gaps};
use crate::trend::naive::Naive2;
use crate::trend::{Ask, Bounds, Forecast, Model, Outlook, Unfit, conformal::Pool};

/// What is to be found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// How many values at the end of each series are held out.
    pub horizon: usize,
    /// The season; 1 for none. Also the lag of MASE.
    pub season: usize,
    /// The levels of the intervals, as shares.
    pub levels: Vec<f64>,
}

/// What was found out. Means are over series; coverage is over all values that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How many series were forecast and scored.
    pub series: usize,
    /// Mean sMAPE in percent; `None` when nothing could be scored, here and below.
    pub smape: Option<f64>,
    /// Mean MASE.
    pub mase: Option<f64>,
    /// Beside Naive2 on the same series.
    pub owa: Option<f64>,
    /// What the intervals hold and their score, by level.
    pub levels: Vec<LevelReport>,
    /// Milliseconds that a series took, on one thread, intervals included.
    pub ms_per_series: Option<f64>,
    /// How many series could not be forecast.
    pub failures: usize,
}

/// What the intervals of one level did.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelReport {
    /// The level, as a share.
    pub level: f64,
    /// The share of values that lie within.
    pub coverage: Option<f64>,
    /// The mean of the series' MSIS.
    pub msis: Option<f64>,
}

/// What was said of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<'a> {
    /// The series.
    pub row: &'a Row,
    /// What came: the values that were held out.
    pub came: &'a [Option<f64>],
    /// The forecast, or why there is none that counts.
    pub said: Result<Forecast, Unscored>,
}

/// Why a series is not scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unscored {
    /// It could not be forecast.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// What came cannot be compared with anything.
    #[error("value {at}, which is held out, is {value}: nothing can be compared with it")]
    Came {
        /// Which value of the series, from 1.
        at: usize,
        /// What it says.
        value: f64,
    },
    /// What came is so far from what was said that the error is no number.
    #[error("its errors are too large to be numbers")]
    TooFar,
}

/// What the models see of a series, and what is held out.
type Part<'a> = (&'a [Option<f64>], &'a [Option<f64>]);

/// Forecasts every series but for its last values and compares. `clock` tells milliseconds since any moment.
///
/// Nothing that is forecast has seen a value that is held out: intervals learn from past misses of the series of the file,
/// and these lie before them.
pub fn evaluate<'a>(
    rows: &'a [Row],
    question: &Question,
    clock: &mut dyn FnMut() -> f64,
) -> (Report, Vec<Answer<'a>>) {
    let parts: Vec<Part<'_>> = rows
        .iter()
        .map(|row| {
            row.values
                .split_at(row.values.len().saturating_sub(question.horizon))
        })
        .collect();
    let began = clock();
    let said = forecasts(&parts, question);
    let took = clock() - began;
    let mut tally = Tally::new(question);
    let scored = |((row, (past, came)), said): ((&'a Row, &Part<'a>), Result<Forecast, Unfit>)| {
        let said = said.map_err(Unscored::from).and_then(|forecast| {
            comparable(past.len(), came)?;
            tally.add(past, came, &forecast)?;
            Ok(forecast)
        });
        tally.failures += usize::from(said.is_err());
        Answer { row, came, said }
    };
    let answers: Vec<Answer<'a>> = rows.iter().zip(&parts).zip(said).map(scored).collect();
    let mut report = tally.report();
    report.ms_per_series = (!rows.is_empty()).then(|| took / rows.len() as f64);
    (report, answers)
}

/// Whether all that came after `past` values are numbers: one that is not would make every mean of the file no number.
fn comparable(past: usize, came: &[Option<f64>]) -> Result<(), Unscored> {
    let broken = |value: &Option<f64>| value.filter(|value| !value.is_finite());
    let found = came
        .iter()
        .enumerate()
        .find_map(|(at, value)| Some((at, broken(value)?)));
    match found {
        Some((at, value)) => Err(Unscored::Came {
            at: past + at + 1,
            value,
        }),
        None => Ok(()),
    }
}

/// As [`crate::trend::forecast_all`], each series within the bounds that its history kept to.
fn forecasts(parts: &[Part<'_>], question: &Question) -> Vec<Result<Forecast, Unfit>> {
    let asks: Vec<Ask> = parts
        .iter()
        .map(|(past, _)| Ask {
            horizon: question.horizon,
            levels: question.levels.clone(),
            bounds: Bounds::kept_by(past.iter().copied().flatten()),
        })
        .collect();
    let outlooks: Vec<Result<Outlook<'_>, Unfit>> = parts
        .iter()
        .zip(&asks)
        .map(|((past, came), ask)| {
            if past.is_empty() && !came.is_empty() {
                return Err(Unfit::NoneLeft {
                    given: came.len(),
                    horizon: question.horizon,
                });
            }
            let series = Series {
                values: past.to_vec(),
                seasons: vec![question.season],
            };
            Outlook::of(&series, ask)
        })
        .collect();
    let company: Vec<_> = outlooks.iter().flatten().map(|outlook| &outlook.past).collect();
    let pool = Pool::of(&company);
    outlooks
        .into_iter()
        .map(|outlook| outlook.map(|outlook| outlook.within(pool.as_ref())))
        .collect()
}

/// What is added up over series.
struct Tally<'a> {
    question: &'a Question,
    series: usize,
    failures: usize,
    /// Of the forecasts and of Naive2.
    smape: [Vec<f64>; 2],
    mase: [Vec<f64>; 2],
    held: Vec<(usize, usize)>,
    msis: Vec<Vec<f64>>,
}

impl<'a> Tally<'a> {
    fn new(question: &'a Question) -> Self {
        Self {
            question,
            series: 0,
            failures: 0,
            smape: Default::default(),
            mase: Default::default(),
            held: vec![(0, 0); question.levels.len()],
            msis: vec![Vec::new(); question.levels.len()],
        }
    }

    /// Adds a series, or nothing of it.
    fn add(
        &mut self,
        past: &[Option<f64>],
        came: &[Option<f64>],
        forecast: &Forecast,
    ) -> Result<(), Unscored> {
        let season = self.question.season;
        let scale = scale(past, season);
        let naive = naive2(past, season, self.question.horizon);
        let measured = |said: &Vec<f64>| {
            let mase = scale.and_then(|scale| mase(came, said, scale));
            [smape(came, said), mase]
        };
        let both = [Some(&forecast.mean), naive.as_ref()].map(|said| said.map(measured));
        let widths = forecast
            .bands
            .iter()
            .map(|band| scale.and_then(|scale| msis(came, band, scale)));
        let widths: Vec<Option<f64>> = widths.collect();
        let figures = both.iter().flatten().flatten().chain(&widths);
        if !figures.flatten().all(|figure| figure.is_finite()) {
            return Err(Unscored::TooFar);
        }
        self.series += 1;
        for (which, figures) in both.into_iter().enumerate() {
            let [smape, mase] = figures.unwrap_or_default();
            self.smape[which].extend(smape);
            self.mase[which].extend(mase);
        }
        for (which, (band, width)) in forecast.bands.iter().zip(widths).enumerate() {
            let (inside, all) = held(came, band);
            self.held[which].0 += inside;
            self.held[which].1 += all;
            self.msis[which].extend(width);
        }
        Ok(())
    }

    fn report(self) -> Report {
        let [smape, naive_smape] = self.smape.map(|all| mean(all.into_iter()));
        let [mase, naive_mase] = self.mase.map(|all| mean(all.into_iter()));
        let owa = match (smape, mase, naive_smape, naive_mase) {
            (Some(smape), Some(mase), Some(naive_smape), Some(naive_mase)) => {
                owa(smape, mase, naive_smape, naive_mase)
            }
            _ => None,
        };
        let of = |(level, ((inside, all), msis)): (&f64, ((usize, usize), Vec<f64>))| LevelReport {
            level: *level,
            coverage: (all > 0).then(|| inside as f64 / all as f64),
            msis: mean(msis.into_iter()),
        };
        Report {
            series: self.series,
            smape,
            mase,
            owa,
            levels: self
                .question
                .levels
                .iter()
                .zip(self.held.into_iter().zip(self.msis))
                .map(of)
                .collect(),
            ms_per_series: None,
            failures: self.failures,
        }
    }
}

/// What Naive2 says; gaps are bridged by lines.
fn naive2(past: &[Option<f64>], season: usize, horizon: usize) -> Option<Vec<f64>> {
    let first = past.iter().position(Option::is_some)?;
    let filled = gaps::fill(&past[first..], 1);
    Naive2
        .fit(&filled, season, horizon)
        .ok()
        .map(|fitted| fitted.mean)
}

#[cfg(test)]
mod tests;
