//! A series made ready for the search: closed, finite, of a size around 1, without its slope, and the way back.

use super::Watch;
use super::season::median;
use crate::series::{Series, gaps, season};
use crate::trend::Unfit;

/// The smallest logarithm that is told apart: what is smaller beside the mean is next to nothing.
const LEAST: f64 = 1e-12;

/// A series to search in.
pub(super) struct Ready {
    /// The values from the first one that is there, gaps filled, slope taken out.
    pub(super) y: Vec<f64>,
    /// Which of them are there.
    pub(super) there: Vec<bool>,
    /// How many periods before the first value were left out.
    pub(super) skipped: usize,
    /// The seasons to take out, shortest first.
    pub(super) seasons: Vec<usize>,
    unit: f64,
    slope: f64,
    logarithms: bool,
}

impl Ready {
    /// Makes the closed part of a series ready.
    pub(super) fn of(series: &Series, watch: Watch) -> Result<Self, Unfit> {
        let closed = &series.values[..series.values.len().saturating_sub(watch.open)];
        if closed.is_empty() {
            return Err(Unfit::Empty);
        }
        if let Some(at) = closed
            .iter()
            .position(|value| value.is_some_and(|value| !value.is_finite()))
        {
            return Err(Unfit::NotFinite { at });
        }
        let skipped = closed.iter().position(Option::is_some).ok_or(Unfit::AllMissing)?;
        let values = &closed[skipped..];
        let unit = unit(values);
        let scaled: Vec<Option<f64>> = values
            .iter()
            .map(|value| value.map(|value| value / unit))
            .collect();
        let fits = |season: &usize| *season > 1 && *season < values.len();
        let given: Vec<usize> = series.seasons.iter().copied().filter(fits).collect();
        let shortest = given.iter().copied().min().unwrap_or(1);
        let logarithms = grows(&scaled, shortest);
        let own = |value: f64| {
            if logarithms {
                libm::log(value.max(LEAST))
            } else {
                value
            }
        };
        let owned: Vec<Option<f64>> = scaled.iter().map(|value| value.map(own)).collect();
        let mut y = gaps::fill(&owned, shortest);
        let seasons = usable(&y, &given);
        let slope = slope(&y, seasons.first().copied().unwrap_or(1));
        for (at, value) in y.iter_mut().enumerate() {
            *value -= slope * at as f64;
        }
        Ok(Self {
            there: values.iter().map(Option::is_some).collect(),
            y,
            skipped,
            seasons,
            unit,
            slope,
            logarithms,
        })
    }

    /// A value of the period `at` (counted from the first value) in the series' own size; finite.
    pub(super) fn back(&self, at: usize, value: f64) -> f64 {
        let value = value + self.slope * at as f64;
        let value = if self.logarithms { libm::exp(value) } else { value };
        (value * self.unit).clamp(-f64::MAX, f64::MAX)
    }
}

/// The mean absolute value, by way of the largest so that no sum overflows; 1 where all are 0.
fn unit(values: &[Option<f64>]) -> f64 {
    let sizes = || values.iter().flatten().map(|value| value.abs());
    let largest = sizes().fold(0.0, f64::max);
    if largest <= 0.0 {
        return 1.0;
    }
    let mean = sizes().map(|size| size / largest).sum::<f64>() / sizes().count() as f64 * largest;
    if mean > 0.0 { mean } else { largest }
}

/// The seasons that come three times (longer ones four times) and really come back.
fn usable(y: &[f64], given: &[usize]) -> Vec<usize> {
    let mut seasons = season::detect(y, given);
    seasons.retain(|&season| 3 * season <= y.len());
    let first = seasons.first().copied();
    seasons.retain(|&season| Some(season) == first || 4 * season <= y.len());
    seasons
}

/// The usual step from one period to the next: the median over a tenth of the series (whole seasons), so that one shift
/// is in a ninth of the differences only, and one that came and went in a quarter.
fn slope(y: &[f64], season: usize) -> f64 {
    let lag = (y.len() / 10 / season * season)
        .max(season.min(y.len() / 2))
        .max(1);
    let mut steps: Vec<f64> = y
        .iter()
        .zip(y.iter().skip(lag))
        .map(|(a, b)| (b - a) / lag as f64)
        .collect();
    median(&mut steps)
}

/// Whether changes grow with the level, so that they are the same in percent: all values are above zero, the upper half
/// is clearly above the lower one, and changes there are larger by more than the root of that.
fn grows(values: &[Option<f64>], season: usize) -> bool {
    if values.iter().flatten().any(|value| *value <= 0.0) {
        return false;
    }
    let pairs = values.iter().zip(values.iter().skip(season));
    let mut steps: Vec<(f64, f64)> = pairs
        .filter_map(|(before, after)| Some(((*before)?, (*after)?)))
        .map(|(before, after)| ((before + after) / 2.0, (after - before).abs()))
        .collect();
    if steps.len() < 12 {
        return false;
    }
    steps.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (lower, upper) = steps.split_at(steps.len() / 2);
    let middle = |half: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| {
        median(&mut half.iter().map(of).collect::<Vec<_>>())
    };
    let higher = middle(upper, |step| step.0) / middle(lower, |step| step.0);
    let rougher = middle(upper, |step| step.1) / middle(lower, |step| step.1);
    higher > 1.2 && rougher.is_finite() && rougher > higher.sqrt()
}
