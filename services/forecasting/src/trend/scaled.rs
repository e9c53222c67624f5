//! What every model does to a series first: cut it to a window, bring it to a size around 1, and back again.

use super::{Fitted, Unfit};

/// The longest history that a model looks at, in values; long seasons look at [`SEASONS`] of theirs instead when that
/// is more. Only so that no series takes for ever: cutting NN5's two years of days to 520 values made forecasts two per
/// cent worse.
const POINTS: usize = 2_000;

/// See [`POINTS`].
const SEASONS: usize = 5;

/// The newest values of a series, divided by a power of two so that the largest is about 1.
///
/// A power of two because division by it is exact: a series and its double have the same digits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scaled<'a> {
    /// All values as given.
    given: &'a [f64],
    /// The window, scaled.
    pub(super) values: Vec<f64>,
    scale: f64,
}

/// What a model found, in the scale of [`Scaled::values`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) name: &'static str,
    /// One step ahead, as long as the window.
    pub(super) fitted: Vec<f64>,
    pub(super) mean: Vec<f64>,
    pub(super) sd: Vec<f64>,
    pub(super) parameters: usize,
}

impl<'a> Scaled<'a> {
    /// The window of `y` that a model with this season looks at.
    ///
    /// # Errors
    /// Fewer than `needed` values, or one that is not finite.
    pub(super) fn of(y: &'a [f64], season: usize, needed: usize) -> Result<Self, Unfit> {
        if y.is_empty() {
            return Err(Unfit::Empty);
        }
        if let Some(at) = y.iter().position(|value| !value.is_finite()) {
            return Err(Unfit::NotFinite { at });
        }
        if y.len() < needed {
            return Err(Unfit::TooShort {
                needed,
                given: y.len(),
            });
        }
        let most = POINTS.max(SEASONS.saturating_mul(season));
        let window = &y[y.len().saturating_sub(most)..];
        let largest = window.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        // 2^1024 is infinite: the very largest values come out between 1 and 2.
        let scale = libm::ldexp(1.0, libm::frexp(largest).1.min(1_023));
        Ok(Self {
            given: y,
            values: window.iter().map(|value| value / scale).collect(),
            scale,
        })
    }

    /// Whether all values of the window are the same.
    pub(super) fn is_constant(&self) -> bool {
        self.values.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// Whether all values of the window are above zero.
    pub(super) fn is_positive(&self) -> bool {
        self.values.iter().all(|value| *value > 0.0)
    }

    /// The forecast of a constant series: the constant, with nothing to tell how far off it may be.
    pub(super) fn constant(&self, name: &'static str, horizon: usize) -> Fitted {
        Fitted {
            name,
            fitted: self.given.to_vec(),
            mean: vec![self.given[self.given.len() - 1]; horizon],
            sd: vec![0.0; horizon],
            parameters: 1,
        }
    }

    /// `found` in the scale of the series. Values before the window are their own fit.
    ///
    /// # Errors
    /// The numbers ran away.
    pub(super) fn restored(&self, found: Found) -> Result<Fitted, Unfit> {
        let sound = |values: &[f64]| values.iter().all(|value| value.is_finite());
        if !sound(&found.mean) || !sound(&found.sd) || !sound(&found.fitted) {
            return Err(Unfit::NotFound);
        }
        let back = |value: f64| (value * self.scale).clamp(f64::MIN, f64::MAX);
        let before = &self.given[..self.given.len() - self.values.len()];
        Ok(Fitted {
            name: found.name,
            fitted: before
                .iter()
                .copied()
                .chain(found.fitted.into_iter().map(back))
                .collect(),
            mean: found.mean.into_iter().map(back).collect(),
            sd: found.sd.into_iter().map(|sd| back(sd.max(0.0))).collect(),
            parameters: found.parameters,
        })
    }
}

/// The mean of squares of `errors` with `parameters` of them spent, at least one left.
pub(super) fn variance(errors: &[f64], parameters: usize) -> f64 {
    let spent = parameters.min(errors.len().saturating_sub(1));
    let squares: f64 = errors.iter().map(|error| error * error).sum();
    squares / (errors.len() - spent).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_a_power_of_two_and_comes_back() {
        for y in [
            vec![3.0, 5.0, 4.0],
            vec![1e300, -1.7e308, 0.0],
            vec![5e-324, 0.0],
            vec![0.0, 0.0],
        ] {
            let scaled = Scaled::of(&y, 1, 1).unwrap();
            assert!(scaled.values.iter().all(|value| value.abs() <= 2.0), "{scaled:?}");
            let back = scaled
                .restored(Found {
                    name: "same",
                    fitted: scaled.values.clone(),
                    mean: scaled.values.clone(),
                    sd: vec![0.0; y.len()],
                    parameters: 0,
                })
                .unwrap();
            assert_eq!(back.fitted, y);
            assert_eq!(back.mean, y);
        }
    }

    #[test]
    fn a_long_history_is_cut_and_its_beginning_is_its_own_fit() {
        let y: Vec<f64> = (0..2_180).map(f64::from).collect();
        let scaled = Scaled::of(&y, 7, 1).unwrap();
        assert_eq!(scaled.values.len(), 2_000);
        assert_eq!(Scaled::of(&y, 410, 1).unwrap().values.len(), 2_050);
        let found = Found {
            name: "none",
            fitted: vec![0.0; 2_000],
            mean: vec![1.0],
            sd: vec![1.0],
            parameters: 0,
        };
        let back = scaled.restored(found).unwrap();
        assert_eq!(back.fitted[179], 179.0);
        assert_eq!(back.fitted[180], 0.0);
    }

    #[test]
    fn what_cannot_be_is_told() {
        assert_eq!(Scaled::of(&[], 1, 1), Err(Unfit::Empty));
        assert_eq!(
            Scaled::of(&[1.0, f64::NAN], 1, 1),
            Err(Unfit::NotFinite { at: 1 })
        );
        assert_eq!(
            Scaled::of(&[1.0], 1, 3),
            Err(Unfit::TooShort { needed: 3, given: 1 })
        );
    }
}
