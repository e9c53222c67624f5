//! Several models, weighed by how well they would have done before.
//!
//! Every member forecasts from a few earlier origins of the same series what is known by now (rolling origin, Tashman
//! 2000). The better it did, the more it weighs; but weights stay near to each other, because a few origins of one series
//! say little, and plain means are hard to beat (Makridakis & Hibon 2000; Makridakis, Spiliotis & Assimakopoulos 2020).

mod honest;
mod members;
mod seen;

use members::{Member, members};
pub use seen::Seen;

use super::{Fitted, Unfit};

/// The most origins that are looked back to.
const ORIGINS: usize = 3;

/// How strongly errors of the past count: weights go with one over error to this power.
const POWER: f64 = 4.0;

/// What several models together make of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Combined {
    /// Their weighted mean by step.
    pub mean: Vec<f64>,
    /// The standard deviation by step, as the models have it on (weighted) average.
    pub sd: Vec<f64>,
    /// Members and their weights, which sum to 1; the heaviest first.
    pub weights: Vec<(&'static str, f64)>,
    /// What was missed at earlier origins.
    pub misses: Vec<Miss>,
    /// What was missed one step ahead, by value of the history; 0 where models still found their feet,
    /// and where a gap was filled.
    pub rest: Vec<f64>,
    /// How many earlier origins there were room for.
    pub origins: usize,
}

/// What the combination missed at an earlier origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Miss {
    /// At which earlier origin, 0 for the newest.
    pub origin: usize,
    /// How many steps ahead, from 0.
    pub step: usize,
    /// What came less what was said, in standard deviations as the models had them.
    pub by: f64,
}

/// Forecasts a series (of a size around 1) by several models.
///
/// # Errors
/// No model had anything to say; the reason is that of the last one.
pub fn combine(seen: &Seen<'_>, seasons: &[usize], horizon: usize) -> Result<Combined, Unfit> {
    let y = seen.y;
    let season = seasons.first().copied().unwrap_or(1);
    let mut reason = Unfit::Empty;
    let mut fits: Vec<(Member, Fitted)> = Vec::new();
    for member in members(y, seasons) {
        match member.model.fit(y, member.season, horizon) {
            Ok(fitted) if sound(&fitted, horizon) => fits.push((member, fitted)),
            Ok(_) => reason = Unfit::NotFound,
            Err(unfit) => reason = unfit,
        }
    }
    if fits.is_empty() {
        return Err(reason);
    }
    let wider = honest::wider(&fits, seen, season);
    let tests: Vec<Test> = origins(y.len(), season)
        .into_iter()
        .filter_map(|(origin, steps)| test(&fits, &wider, seen, origin, steps))
        .collect();
    let weights = weights(&fits, &tests);
    for ((_, fitted), wider) in fits.iter_mut().zip(&wider) {
        fitted.sd.iter_mut().for_each(|sd| *sd *= wider);
    }
    let forecasts: Vec<&Fitted> = fits.iter().map(|(_, fitted)| fitted).collect();
    let (mean, sd) = weighted(&forecasts, &weights, horizon);
    let missed = |(origin, test): (usize, &Test)| test.misses(origin, &weights);
    let misses = tests.iter().enumerate().flat_map(missed).collect();
    let mut named: Vec<(&'static str, f64)> = fits
        .iter()
        .zip(&weights)
        .map(|((_, fitted), weight)| (fitted.name, *weight))
        .collect();
    named.sort_by(|one, other| other.1.total_cmp(&one.1));
    Ok(Combined {
        mean,
        sd,
        weights: named,
        misses,
        rest: rest(&forecasts, &weights, seen, season),
        origins: tests.len(),
    })
}

fn sound(fitted: &Fitted, horizon: usize) -> bool {
    let finite = |values: &[f64]| values.len() == horizon && values.iter().all(|value| value.is_finite());
    finite(&fitted.mean) && finite(&fitted.sd)
}

/// How many steps ahead models are compared, however many are asked for: what is said of the next period must not depend on
/// how many others are asked for. The horizons of the M4 competition (Makridakis, Spiliotis & Assimakopoulos 2020), with
/// twice that of years where there is no season.
fn standard(season: usize) -> usize {
    match season {
        0 | 1 => 12,
        2..=4 => 8,
        5..=7 => 14,
        8..=12 => 18,
        13..=24 => 48,
        _ => 13,
    }
}

/// The earlier origins (how many values were known) and how many steps are looked ahead from each, newest first.
fn origins(n: usize, season: usize) -> Vec<(usize, usize)> {
    let least = (2 * season + 2).max(8).max(n / 3);
    if n <= least {
        return Vec::new();
    }
    let steps = standard(season).min((n - least).div_ceil(2));
    let room = n - least - steps;
    let apart = (room / (ORIGINS - 1)).clamp(1, steps.div_ceil(2).max(1));
    (0..ORIGINS)
        .map(|which| (n - steps).saturating_sub(which * apart))
        .take_while(|origin| *origin >= least)
        .map(|origin| (origin, steps))
        .collect()
}

/// What every member said at one earlier origin.
struct Test {
    said: Vec<Option<Fitted>>,
    /// What came, where anything did.
    came: Vec<Option<f64>>,
    /// How many periods before the origin had no value.
    behind: usize,
}

/// `None` where no member had anything to say, or nothing came.
fn test(
    fits: &[(Member, Fitted)],
    wider: &[f64],
    seen: &Seen<'_>,
    origin: usize,
    steps: usize,
) -> Option<Test> {
    let past = seen.until(origin);
    let behind = origin - past.len();
    let said: Vec<Option<Fitted>> = fits
        .iter()
        .zip(wider)
        .map(|((member, fitted), wider)| {
            let fixed = member.model.fixed(fitted);
            let model = fixed.as_ref().unwrap_or(&member.model);
            let fitted = model.fit(&past, member.season, behind + steps).ok();
            let mut fitted = fitted.filter(|fitted| sound(fitted, behind + steps))?;
            fitted.mean.drain(..behind);
            fitted.sd.drain(..behind);
            fitted.sd.iter_mut().for_each(|sd| *sd *= wider);
            Some(fitted)
        })
        .collect();
    let came: Vec<Option<f64>> = (origin..origin + steps).map(|at| seen.at(at)).collect();
    let tells = said.iter().any(Option::is_some) && came.iter().any(Option::is_some);
    tells.then_some(Test { said, came, behind })
}

impl Test {
    /// The mean absolute error of a member; `None` where it had nothing to say.
    fn error(&self, which: usize) -> Option<f64> {
        let said = self.said[which].as_ref()?;
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for (said, came) in said.mean.iter().zip(&self.came) {
            if let Some(came) = came {
                sum += (came - said).abs();
                count += 1.0;
            }
        }
        Some(sum / count.max(1.0))
    }

    fn misses(&self, origin: usize, weights: &[f64]) -> Vec<Miss> {
        let spoke: Vec<(&Fitted, f64)> = self
            .said
            .iter()
            .zip(weights)
            .filter_map(|(said, weight)| said.as_ref().map(|said| (said, *weight)))
            .collect();
        let total: f64 = spoke.iter().map(|(_, weight)| weight).sum();
        if total <= 0.0 {
            return Vec::new();
        }
        let weights: Vec<f64> = spoke.iter().map(|(_, weight)| weight / total).collect();
        let forecasts: Vec<&Fitted> = spoke.iter().map(|(said, _)| *said).collect();
        let (mean, sd) = weighted(&forecasts, &weights, self.came.len());
        let of = |step: usize| {
            let came = self.came[step].filter(|_| sd[step] > 0.0)?;
            Some(Miss {
                origin,
                step: self.behind + step,
                by: (came - mean[step]) / sd[step],
            })
        };
        (0..self.came.len()).filter_map(of).collect()
    }
}

/// The weights of the members, which sum to 1.
fn weights(fits: &[(Member, Fitted)], tests: &[Test]) -> Vec<f64> {
    let errors: Vec<Option<f64>> = (0..fits.len())
        .map(|which| {
            let all: Option<Vec<f64>> = tests.iter().map(|test| test.error(which)).collect();
            all.filter(|all| !all.is_empty())
                .map(|all| all.iter().sum::<f64>() / all.len() as f64)
        })
        .collect();
    let best = errors.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let raw: Vec<f64> = fits
        .iter()
        .zip(&errors)
        .map(|((member, _), error)| {
            let share = match error {
                Some(error) if *error > 0.0 => libm::pow(best / error, POWER),
                // It was never wrong.
                Some(_) => 1.0,
                // It could not be tested, others could.
                None if best.is_finite() => 0.5,
                None => 1.0,
            };
            member.prior * share
        })
        .collect();
    let total: f64 = raw.iter().sum();
    if total > 0.0 {
        raw.iter().map(|weight| weight / total).collect()
    } else {
        vec![1.0 / raw.len() as f64; raw.len()]
    }
}

/// How many values after the first season models need to find their feet: before, some are off by thousands of times what
/// they miss later, and one such error would hide the shape of all others.
const START: usize = 4;

/// How many of `n` values models find their feet in: at most a quarter.
fn start(n: usize, season: usize) -> usize {
    (season + START).min(n / 4)
}

/// What came less what the members together would have said one step ahead, for each value; 0 where models still found
/// their feet, and where a gap was filled.
fn rest(fits: &[&Fitted], weights: &[f64], seen: &Seen<'_>, season: usize) -> Vec<f64> {
    let from = start(seen.y.len(), season);
    let off = |at: usize| {
        let value = seen.at(at).filter(|_| at >= from)?;
        let said = fits.iter().zip(weights);
        Some(
            said.map(|(fitted, weight)| weight * (value - fitted.fitted[at]))
                .sum::<f64>(),
        )
    };
    (0..seen.y.len()).map(|at| off(at).unwrap_or(0.0)).collect()
}

/// The weighted mean, and the weighted mean of the standard deviations, by step. Around the first forecast: where all say the
/// same, that comes out to the last digit, though weights sum to 1 only nearly.
fn weighted(forecasts: &[&Fitted], weights: &[f64], horizon: usize) -> (Vec<f64>, Vec<f64>) {
    let around = |of: &dyn Fn(&Fitted) -> f64| -> f64 {
        let first = forecasts.first().map_or(0.0, |fitted| of(fitted));
        let off = forecasts
            .iter()
            .zip(weights)
            .map(|(fitted, weight)| weight * of(fitted) - weight * first);
        (first + off.sum::<f64>()).clamp(f64::MIN, f64::MAX)
    };
    (0..horizon)
        .map(|step| {
            let mean = around(&|fitted| fitted.mean[step]);
            let sd = around(&|fitted| fitted.sd[step]);
            (mean, sd.max(0.0))
        })
        .unzip()
}
