//! A series taken apart for display: what moves slowly, what comes back, and what is left.

use super::Unfit;
use crate::series::{Series, gaps, outliers, season, stl};

/// The parts of a series. They sum to the series where it has values; where it has none, to what is likely there.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// How many periods before the first value are left out of the parts.
    pub skipped: usize,
    /// What moves slowly.
    pub trend: Vec<f64>,
    /// What comes back, by season, shortest first.
    pub seasons: Vec<Cycle>,
    /// What is left.
    pub rest: Vec<f64>,
    /// How much of what is not season the trend makes up: 0 nothing, 1 all (Wang, Smith & Hyndman 2006).
    pub trend_strength: f64,
}

/// One season of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// After how many periods it comes back.
    pub length: usize,
    /// What it adds in each period of the history.
    pub values: Vec<f64>,
    /// What it added at each position of the newest cycle, the first position being that of the first value.
    pub pattern: Vec<f64>,
    /// How much of what is not trend it makes up: 0 nothing, 1 all.
    pub strength: f64,
}

/// Takes a series apart.
///
/// # Errors
/// The series has no values, or one that is not finite.
pub fn decompose(series: &Series) -> Result<Parts, Unfit> {
    let first = first(series)?;
    let shortest = series
        .seasons
        .iter()
        .copied()
        .filter(|season| *season > 1)
        .min()
        .unwrap_or(1);
    let y = gaps::fill(&series.values[first..], shortest);
    let largest = y.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    // Sums of the parts must not overflow; values of this size are no money and no count.
    if largest > f64::MAX / 1e6 {
        return Err(Unfit::NotFound);
    }
    let mut calm = y.clone();
    outliers::tame(&mut calm, shortest);
    let seasons = season::detect(&calm, &series.seasons);
    let mut split = stl::mstl(&calm, &seasons);
    // What was too far off to be believed is all left over.
    for (rest, (y, calm)) in split.rest.iter_mut().zip(y.iter().zip(&calm)) {
        *rest += y - calm;
    }
    let with_rest = |part: &[f64]| variance(part.iter().zip(&split.rest).map(|(part, rest)| part + rest));
    let left = variance(split.rest.iter().copied());
    let strength = |part: &[f64]| {
        let whole = with_rest(part);
        if whole > 0.0 {
            (1.0 - left / whole).clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    let cycle = |(length, values): (&usize, &Vec<f64>)| {
        let n = values.len();
        let mut pattern = vec![0.0; *length];
        for at in n - length..n {
            pattern[at % length] = values[at];
        }
        Cycle {
            length: *length,
            strength: strength(values),
            values: values.clone(),
            pattern,
        }
    };
    Ok(Parts {
        skipped: first,
        trend_strength: strength(&split.trend),
        seasons: seasons.iter().zip(&split.seasons).map(cycle).collect(),
        trend: split.trend,
        rest: split.rest,
    })
}

/// The place of the first value.
fn first(series: &Series) -> Result<usize, Unfit> {
    if series.values.is_empty() {
        return Err(Unfit::Empty);
    }
    let odd = |value: &Option<f64>| value.is_some_and(|value| !value.is_finite());
    if let Some(at) = series.values.iter().position(odd) {
        return Err(Unfit::NotFinite { at });
    }
    series
        .values
        .iter()
        .position(Option::is_some)
        .ok_or(Unfit::AllMissing)
}

fn variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / n;
    values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_series() {
        let y: Vec<f64> = (0..84)
            .map(|at| 50.0 + f64::from(at) + f64::from(at % 7) * 3.0)
            .collect();
        let parts = decompose(&Series::full(&y, 7)).unwrap();
        for (at, value) in y.iter().enumerate() {
            let sum = parts.trend[at] + parts.seasons[0].values[at] + parts.rest[at];
            assert!((sum - value).abs() < 1e-9);
        }
        assert!(
            parts.trend_strength > 0.95 && parts.seasons[0].strength > 0.95,
            "{parts:?}"
        );
        assert!(parts.seasons[0].pattern[6] > parts.seasons[0].pattern[0] + 10.0);
    }

    #[test]
    fn odd_series() {
        assert_eq!(decompose(&Series::default()), Err(Unfit::Empty));
        let one = decompose(&Series::full(&[4.0], 12)).unwrap();
        assert!(one.seasons.is_empty() && one.rest == [0.0] && one.trend == [4.0]);
        assert!(decompose(&Series::full(&[f64::MAX, f64::MIN], 1)).is_err());
    }
}
