//! A series made ready for models: finite, without gaps, of a size around 1, and the way back.

use super::shift::{self, Shift};
use super::{Series, gaps, outliers, season};
use crate::trend::{Bounds, Unfit};

/// A series that models can be handed.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// The values: finite, without gaps, their mean absolute value is 1 (unless all are 0).
    pub y: Vec<f64>,
    /// Which of them are filled gaps, absurd values among them; never the last.
    pub filled: Vec<bool>,
    /// How many periods after the last value had none: so much further away is what comes.
    pub behind: usize,
    /// The season that gaps were filled by; 1 for none.
    pub rhythm: usize,
    /// The seasons to reckon with, shortest first.
    pub seasons: Vec<usize>,
    /// How many periods before the first value were left out.
    pub skipped: usize,
    /// Which values of `y` were outliers and have been tamed.
    pub tamed: Vec<usize>,
    /// A sudden new level: what was before has been lifted to it.
    pub shift: Option<Shift>,
    back: Back,
}

/// From the size of models back to that of the series.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Back {
    /// Times this.
    Times(f64),
    /// Times this, and back from log odds of shares that were moved inwards by one in `of`.
    Odds { times: f64, of: f64 },
}

impl Ready {
    /// Makes `series` ready, whose values keep to `bounds`.
    ///
    /// # Errors
    /// No value at all, one that is not finite, or one outside of the bounds.
    pub fn of(series: &Series, bounds: Bounds) -> Result<Self, Unfit> {
        if series.values.is_empty() {
            return Err(Unfit::Empty);
        }
        check(&series.values, bounds)?;
        let skipped = series
            .values
            .iter()
            .position(Option::is_some)
            .ok_or(Unfit::AllMissing)?;
        let mut values = series.values[skipped..].to_vec();
        // Of shares none is absurd: they keep to their bounds.
        let absurd = if bounds == Bounds::Unit {
            Vec::new()
        } else {
            outliers::absurd(&values)
        };
        absurd.iter().for_each(|&at| values[at] = None);
        let end = values
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |last| last + 1);
        let behind = values.len() - end;
        values.truncate(end);
        let filled = values.iter().map(Option::is_none).collect();
        let (values, back) = to_size(&values, bounds);
        let rhythm = series
            .seasons
            .iter()
            .copied()
            .filter(|season| *season > 1)
            .min()
            .unwrap_or(1);
        let mut y = gaps::fill(&values, rhythm);
        let mut tamed = outliers::tame(&mut y, rhythm);
        tamed.extend(absurd);
        tamed.sort_unstable();
        tamed.dedup();
        let shift = shift::find(&y, rhythm);
        if let Some(shift) = shift {
            shift::lift(&mut y, shift, rhythm);
        }
        Ok(Self {
            filled,
            behind,
            rhythm,
            seasons: season::detect(&y, &series.seasons),
            y,
            skipped,
            tamed,
            shift,
            back,
        })
    }

    /// A value in the size of models in the series' own; finite, and larger values stay larger.
    pub fn back(&self, value: f64) -> f64 {
        let own = match self.back {
            Back::Times(scale) => value * scale,
            Back::Odds { times, of } => {
                let share = 1.0 / (1.0 + libm::exp(-value * times));
                (share * of - 0.5) / (of - 1.0)
            }
        };
        own.clamp(-f64::MAX, f64::MAX)
    }
}

fn check(values: &[Option<f64>], bounds: Bounds) -> Result<(), Unfit> {
    for (at, value) in values.iter().enumerate() {
        let Some(value) = *value else { continue };
        if !value.is_finite() {
            return Err(Unfit::NotFinite { at });
        }
        if bounds.clamp(value) != value {
            return Err(Unfit::OutOfBounds { at });
        }
    }
    Ok(())
}

/// Brings values to a mean absolute value of 1. Shares become log odds first, unless many of them are exactly 0 or 1,
/// where log odds say nothing.
fn to_size(values: &[Option<f64>], bounds: Bounds) -> (Vec<Option<f64>>, Back) {
    let there: Vec<f64> = values.iter().copied().flatten().collect();
    let at_edge = there
        .iter()
        .filter(|value| **value <= 0.0 || **value >= 1.0)
        .count();
    if bounds == Bounds::Unit && at_edge * 10 <= there.len() && there.len() > 2 {
        // Smithson & Verkuilen (2006): shares are moved inwards by half of one in n.
        let of = there.len() as f64;
        let odds = |value: f64| {
            let inner = (value * (of - 1.0) + 0.5) / of;
            libm::log(inner / (1.0 - inner))
        };
        let all: Vec<Option<f64>> = values.iter().map(|value| value.map(odds)).collect();
        let times = size(all.iter().copied().flatten());
        let scaled = all.iter().map(|value| value.map(|value| value / times)).collect();
        return (scaled, Back::Odds { times, of });
    }
    let scale = size(there.iter().copied());
    let scaled = values
        .iter()
        .map(|value| value.map(|value| value / scale))
        .collect();
    (scaled, Back::Times(scale))
}

/// The mean absolute value, and 1 where all values are 0. By way of the largest, so that the sum cannot overflow.
fn size(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest <= 0.0 {
        return 1.0;
    }
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value.abs() / largest;
        n += 1.0;
    }
    // The mean of denormal values can be 0.
    let mean = largest * (sum / n);
    if mean > 0.0 { mean } else { largest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[Option<f64>]) -> Series {
        Series {
            values: values.to_vec(),
            seasons: vec![1],
        }
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let of = |values: &[Option<f64>], bounds| Ready::of(&series(values), bounds).unwrap_err();
        assert_eq!(of(&[], Bounds::Free), Unfit::Empty);
        assert_eq!(of(&[None, None], Bounds::Free), Unfit::AllMissing);
        assert_eq!(
            of(&[Some(1.0), Some(f64::NAN)], Bounds::Free),
            Unfit::NotFinite { at: 1 }
        );
        assert_eq!(
            of(&[Some(1.0), Some(-0.5)], Bounds::NonNegative),
            Unfit::OutOfBounds { at: 1 }
        );
        assert_eq!(of(&[Some(1.5)], Bounds::Unit), Unfit::OutOfBounds { at: 0 });
    }

    #[test]
    fn there_and_back() {
        let values = [None, Some(-2e300), Some(4e307), None, Some(1.0)];
        let ready = Ready::of(&series(&values), Bounds::Free).unwrap();
        assert_eq!(
            (ready.skipped, ready.filled.clone()),
            (1, vec![false, false, true, false])
        );
        assert!((ready.back(ready.y[1]) / 4e307 - 1.0).abs() < 1e-12);
        assert!(ready.back(f64::MAX).is_finite());
        let shares: Vec<Option<f64>> = (0..20).map(|at| Some(f64::from(at) / 19.0)).collect();
        let ready = Ready::of(&series(&shares), Bounds::Unit).unwrap();
        for (value, share) in ready.y.iter().zip(&shares) {
            assert!((ready.back(*value) - share.unwrap()).abs() < 1e-9);
        }
        assert!(ready.back(1e9) <= 1.0 + 1e-12 + 1.0 / 38.0);
    }

    #[test]
    fn sizes_do_not_overflow() {
        assert_eq!(size([f64::MAX, f64::MAX].into_iter()), f64::MAX);
        assert_eq!(size([0.0, 0.0].into_iter()), 1.0);
        assert!(size([5e-324, 0.0, 0.0].into_iter()) > 0.0);
    }
}
