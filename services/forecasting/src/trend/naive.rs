//! The forecasts that any other must beat: the last value, the last season, and the last value of what is left when
//! the season is taken off.

use super::classical::Season;
use super::scaled::{Found, Scaled, variance};
use super::{Fitted, Model, Unfit};

/// The last value, for ever: best for a random walk, whose spread grows with the root of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Naive;

/// The value of one season before, or of the last period where there is no season.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeasonalNaive;

/// The benchmark of the M competitions: the season, when a test finds one, is taken off by
/// classical decomposition (multiplied, where all values are above zero), the last value is kept, and the season is put
/// on again (Makridakis & Hibon 2000). Overall weighted averages (OWA) are quotients over its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Naive2;

impl Model for Naive {
    fn name(&self) -> &'static str {
        "naive"
    }

    fn fit(&self, y: &[f64], _season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        let scaled = Scaled::of(y, 1, 2)?;
        scaled.restored(repeated(self.name(), &scaled.values, 1, horizon))
    }
}

impl Model for SeasonalNaive {
    fn name(&self) -> &'static str {
        "seasonal naive"
    }

    fn fit(&self, y: &[f64], season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        let season = season.max(1);
        let scaled = Scaled::of(y, season, season.saturating_add(1))?;
        scaled.restored(repeated(self.name(), &scaled.values, season, horizon))
    }
}

impl Model for Naive2 {
    fn name(&self) -> &'static str {
        "naive2"
    }

    fn fit(&self, y: &[f64], season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        let scaled = Scaled::of(y, season, 2)?;
        let values = &scaled.values;
        let Some(figures) = Season::if_any(values, season) else {
            return scaled.restored(repeated(self.name(), values, 1, horizon));
        };
        let flat = repeated(self.name(), &figures.taken_from_all(values), 1, horizon);
        scaled.restored(flat.seasoned(&figures))
    }
}

impl Found {
    /// A forecast of what was left without a season, with the season on again.
    pub(super) fn seasoned(self, season: &Season) -> Self {
        let n = self.fitted.len();
        let on = |values: Vec<f64>, from: usize| -> Vec<f64> {
            values
                .into_iter()
                .enumerate()
                .map(|(at, value)| season.put_on(value, from + at))
                .collect()
        };
        let sd = self
            .sd
            .into_iter()
            .enumerate()
            .map(|(at, sd)| season.widened(sd, n + at))
            .collect();
        Self {
            name: self.name,
            fitted: on(self.fitted, 0),
            mean: on(self.mean, n),
            sd,
            parameters: self.parameters + season.figures.len() - 1,
        }
    }
}

/// The last `season` values again and again; more than `season` values are given.
fn repeated(name: &'static str, y: &[f64], season: usize, horizon: usize) -> Found {
    let n = y.len();
    let errors: Vec<f64> = y
        .iter()
        .zip(&y[season..])
        .map(|(before, value)| value - before)
        .collect();
    let variance = variance(&errors, 0);
    Found {
        name,
        fitted: y[..season].iter().chain(&y[..n - season]).copied().collect(),
        mean: (0..horizon).map(|step| y[n - season + step % season]).collect(),
        sd: (0..horizon)
            .map(|step| (variance * (step / season + 1) as f64).sqrt())
            .collect(),
        parameters: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: &[f64], truth: &[f64]) {
        assert_eq!(found.len(), truth.len());
        for (one, other) in found.iter().zip(truth) {
            assert!(
                (one - other).abs() < 1e-9 * (1.0 + other.abs()),
                "{found:?} is not {truth:?}"
            );
        }
    }

    #[test]
    fn the_last_value_stays_and_its_spread_grows_with_the_root() {
        let fitted = Naive.fit(&[1.0, 3.0, 2.0, 4.0], 0, 3).unwrap();
        near(&fitted.mean, &[4.0, 4.0, 4.0]);
        near(&fitted.fitted, &[1.0, 1.0, 3.0, 2.0]);
        // Steps of 2, -1 and 2: a mean square of 3.
        near(&fitted.sd, &[3.0_f64.sqrt(), 6.0_f64.sqrt(), 3.0]);
    }

    #[test]
    fn the_last_season_comes_again() {
        let fitted = SeasonalNaive.fit(&[1.0, 5.0, 3.0, 6.0, 2.0, 8.0], 2, 5).unwrap();
        near(&fitted.mean, &[2.0, 8.0, 2.0, 8.0, 2.0]);
        // Steps of 2, 1, -1 and 2: a mean square of 2.5.
        near(
            &fitted.sd,
            &[
                2.5_f64.sqrt(),
                2.5_f64.sqrt(),
                5.0_f64.sqrt(),
                5.0_f64.sqrt(),
                7.5_f64.sqrt(),
            ],
        );
        let flat = SeasonalNaive.fit(&[1.0, 3.0, 2.0, 4.0], 0, 3).unwrap();
        assert_eq!(flat.mean, Naive.fit(&[1.0, 3.0, 2.0, 4.0], 1, 3).unwrap().mean);
    }

    #[test]
    fn naive2_is_naive_without_a_season_and_knows_one_when_there_is_one() {
        let rough = [
            3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0, 8.0, 9.0, 7.0,
        ];
        // Fewer than three seasons of five are no evidence.
        assert_eq!(
            Naive2.fit(&rough, 5, 3).unwrap().mean,
            Naive.fit(&rough, 5, 3).unwrap().mean
        );
        let seasonal: Vec<f64> = (0..24).map(|t| 100.0 * [1.25, 0.85, 0.8, 1.1][t % 4]).collect();
        let fitted = Naive2.fit(&seasonal, 4, 5).unwrap();
        near(&fitted.mean, &[125.0, 85.0, 80.0, 110.0, 125.0]);
        assert!(fitted.sd.iter().all(|sd| *sd < 1e-9));
    }

    #[test]
    fn too_little_is_told() {
        let told = |needed, given| Err(Unfit::TooShort { needed, given });
        assert_eq!(Naive.fit(&[1.0], 1, 3), told(2, 1));
        assert_eq!(SeasonalNaive.fit(&[1.0; 7], 7, 3), told(8, 7));
        assert_eq!(Naive2.fit(&[], 1, 3), Err(Unfit::Empty));
    }
}
