//! Several seasons, or a long one: they are taken off, the rest is forecast, and they are put on again.

use super::{Fitted, Model, Unfit};
use crate::series::stl::{self, moving_average};

/// A model of what is left once several seasons are taken off. The season that `fit` is handed is not used: the seasons
/// are its own.
pub struct Mstl<M> {
    seasons: Vec<usize>,
    inner: M,
    name: &'static str,
}

impl<M: Model> Mstl<M> {
    /// `inner` forecasts what is left of a series once `seasons` are taken off.
    pub fn new(seasons: &[usize], name: &'static str, inner: M) -> Self {
        Self {
            seasons: seasons.to_vec(),
            inner,
            name,
        }
    }
}

impl<M: Model> Model for Mstl<M> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fit(&self, y: &[f64], _season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        let needed = self
            .seasons
            .iter()
            .map(|season| season.saturating_mul(2))
            .min()
            .unwrap_or(2);
        if y.len() < needed {
            return Err(Unfit::TooShort {
                needed,
                given: y.len(),
            });
        }
        let apart = Apart::of(y, &self.seasons);
        let inner = self.inner.fit(&apart.rest, 1, horizon)?;
        let put_on = |values: &[f64], from: usize| -> Vec<f64> {
            values
                .iter()
                .enumerate()
                .map(|(at, value)| apart.put_on(*value, from + at))
                .collect()
        };
        // A model may look at the newest values only, and then says nothing about the oldest.
        let hidden = y.len().saturating_sub(inner.fitted.len());
        let mut fitted = y[..hidden].to_vec();
        fitted.extend(put_on(&inner.fitted, hidden));
        let sd = inner
            .sd
            .iter()
            .enumerate()
            .map(|(step, sd)| apart.widened(*sd, y.len() + step));
        let found = Fitted {
            name: self.name,
            mean: put_on(&inner.mean, y.len()),
            sd: sd.collect(),
            fitted,
            parameters: inner.parameters,
        };
        let sound = |values: &[f64]| values.iter().all(|value| value.is_finite());
        if sound(&found.mean) && sound(&found.sd) && sound(&found.fitted) {
            Ok(found)
        } else {
            Err(Unfit::NotFound)
        }
    }
}

/// A series without its seasons, and the way back.
#[derive(Debug, Clone, PartialEq)]
pub struct Apart {
    /// The series without its seasons.
    pub rest: Vec<f64>,
    seasons: Vec<Cycle>,
    multiplied: bool,
}

/// One season of the history and what its next cycles will look like.
#[derive(Debug, Clone, PartialEq)]
struct Cycle {
    past: Vec<f64>,
    next: Vec<f64>,
}

impl Apart {
    /// Takes `seasons` off. They multiply where all values are above zero and swings grow with the level; else they
    /// are added.
    pub fn of(y: &[f64], seasons: &[usize]) -> Self {
        let longest = seasons
            .iter()
            .copied()
            .filter(|season| season.saturating_mul(2) <= y.len())
            .max()
            .unwrap_or(0);
        let multiplied = longest > 1 && swings_grow(y, longest);
        let values: Vec<f64> = if multiplied {
            y.iter().map(|value| libm::log(*value)).collect()
        } else {
            y.to_vec()
        };
        let split = stl::mstl(&values, seasons);
        let mut rest = values;
        let mut cycles = Vec::new();
        for (season, part) in seasons.iter().zip(&split.seasons) {
            if *season < 2 || season.saturating_mul(2) > y.len() {
                continue;
            }
            let part = believed(part, &split.rest, *season);
            for (value, part) in rest.iter_mut().zip(&part) {
                *value -= part;
            }
            let next = part[part.len() - season..].to_vec();
            cycles.push(Cycle { past: part, next });
        }
        if multiplied {
            rest.iter_mut().for_each(|value| *value = libm::exp(*value));
        }
        Self {
            rest,
            seasons: cycles,
            multiplied,
        }
    }

    /// What all seasons together add (or, in logarithms, multiply by) at position `at`, from the first value on and
    /// beyond the last.
    pub fn season_at(&self, at: usize) -> f64 {
        let of = |cycle: &Cycle| match at.checked_sub(cycle.past.len()) {
            None => cycle.past[at],
            Some(beyond) => cycle.next[beyond % cycle.next.len()],
        };
        self.seasons.iter().map(of).sum()
    }

    fn put_on(&self, value: f64, at: usize) -> f64 {
        if self.multiplied {
            value * libm::exp(self.season_at(at))
        } else {
            value + self.season_at(at)
        }
    }

    fn widened(&self, sd: f64, at: usize) -> f64 {
        if self.multiplied {
            sd * libm::exp(self.season_at(at))
        } else {
            sd
        }
    }
}

/// What of a season is believed: long seasons that were seen a few times only are smoothed over neighbouring phases,
/// and all are shrunk by the share of their variance that noise alone would make (as James & Stein do).
fn believed(part: &[f64], rest: &[f64], season: usize) -> Vec<f64> {
    let cycles = part.len() as f64 / season as f64;
    let window = if season >= 100 {
        15
    } else if season > 24 && cycles < 4.0 {
        3
    } else {
        1
    };
    let smooth = smoothed(part, window);
    let noise = variance(rest) / (cycles * window as f64).max(1.0);
    let seen = variance(&smooth);
    let share = if seen > 0.0 {
        (1.0 - noise / seen).max(0.0)
    } else {
        0.0
    };
    smooth.iter().map(|value| value * share).collect()
}

/// Means of `window` (odd) neighbours; at the ends, of those that are there.
fn smoothed(values: &[f64], window: usize) -> Vec<f64> {
    if window < 2 || values.len() < window {
        return values.to_vec();
    }
    let half = window / 2;
    let inner = moving_average(values, window);
    let last = inner.len() - 1;
    (0..values.len())
        .map(|at| inner[at.saturating_sub(half).min(last)])
        .collect()
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / n
}

/// Whether all values are above zero, and windows of a season with a higher mean have a larger spread, in proportion.
fn swings_grow(y: &[f64], season: usize) -> bool {
    if y.iter().any(|value| *value <= 0.0) {
        return false;
    }
    let windows: Vec<(f64, f64)> = y
        .chunks_exact(season)
        .map(|window| {
            let mean = window.iter().sum::<f64>() / season as f64;
            (mean, variance(window).sqrt())
        })
        .collect();
    let spread =
        |of: &dyn Fn(&(f64, f64)) -> f64| variance(&windows.iter().map(of).collect::<Vec<_>>()).sqrt();
    let mean = windows.iter().map(|(mean, _)| mean).sum::<f64>() / windows.len().max(1) as f64;
    // Levels that hardly differ tell nothing; ratios that vary less than swings do speak for multiplication.
    if windows.len() < 2 || spread(&|window| window.0) < 0.1 * mean {
        return false;
    }
    let swing = windows.iter().map(|(_, swing)| swing).sum::<f64>() / windows.len() as f64;
    let ratio = windows.iter().map(|(mean, swing)| swing / mean).sum::<f64>() / windows.len() as f64;
    let relative = |spread: f64, of: f64| if of > 0.0 { spread / of } else { f64::INFINITY };
    relative(spread(&|window| window.1 / window.0), ratio) < relative(spread(&|window| window.1), swing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trend::regression::AutoRegression;

    fn wave(at: usize, season: usize) -> f64 {
        libm::sin(2.0 * std::f64::consts::PI * at as f64 / season as f64)
    }

    #[test]
    fn two_seasons_go_on() {
        let truth = |at: usize| 100.0 + 10.0 * wave(at, 7) + 20.0 * wave(at, 91);
        let y: Vec<f64> = (0..400).map(truth).collect();
        let model = Mstl::new(&[7, 91], "mstl", AutoRegression);
        let found = model.fit(&y, 1, 60).unwrap();
        for (step, mean) in found.mean.iter().enumerate() {
            assert!(
                (mean - truth(400 + step)).abs() < 6.0,
                "{step}: {mean} {}",
                truth(400 + step)
            );
        }
        assert_eq!((found.fitted.len(), found.sd.len()), (400, 60));
    }

    #[test]
    fn swings_that_grow_with_the_level_go_on_growing() {
        let truth = |at: usize| (50.0 + at as f64) * (1.0 + 0.4 * wave(at, 26));
        let y: Vec<f64> = (0..260).map(truth).collect();
        assert!(swings_grow(&y, 26));
        let found = Mstl::new(&[26], "mstl", AutoRegression).fit(&y, 1, 26).unwrap();
        let error: f64 = found
            .mean
            .iter()
            .enumerate()
            .map(|(step, mean)| (mean / truth(260 + step) - 1.0).abs())
            .sum();
        assert!(error / 26.0 < 0.06, "{}", error / 26.0);
        let flat: Vec<f64> = (0..260).map(|at| 50.0 + at as f64 + 5.0 * wave(at, 26)).collect();
        assert!(!swings_grow(&flat, 26));
    }

    #[test]
    fn what_is_too_short_is_told() {
        let model = Mstl::new(&[52], "mstl", AutoRegression);
        assert_eq!(
            model.fit(&[1.0; 50], 1, 3).unwrap_err(),
            Unfit::TooShort {
                needed: 104,
                given: 50
            }
        );
        assert!(model.fit(&[1.0; 200], 1, 3).is_ok());
    }
}
