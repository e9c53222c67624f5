//! What is asked of a series.

use super::Unfit;

/// What is asked of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// How many periods ahead, 1 to [`Ask::MOST`].
    pub horizon: usize,
    /// How much of the future each interval is to hold, as shares: 0.8 for 80 %.
    pub levels: Vec<f64>,
    /// What the values cannot be.
    pub bounds: Bounds,
}

impl Ask {
    /// The most steps that are forecast.
    pub const MOST: usize = 5_000;

    /// Asks for `horizon` periods with 80 and 95 % intervals, of values that can be anything.
    pub fn ahead(horizon: usize) -> Self {
        Self {
            horizon,
            levels: vec![0.8, 0.95],
            bounds: Bounds::Free,
        }
    }

    /// The same question of values within `bounds`.
    pub fn within(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// Whether the question makes sense.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), Unfit> {
        if self.horizon == 0 {
            return Err(Unfit::NoHorizon);
        }
        if self.horizon > Self::MOST {
            return Err(Unfit::HorizonTooLong {
                given: self.horizon,
                most: Self::MOST,
            });
        }
        let sound = |level: &f64| *level > 0.0 && *level < 1.0;
        if self.levels.iter().all(sound) {
            Ok(())
        } else {
            Err(Unfit::BadLevel)
        }
    }
}

/// What the values of a series cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bounds {
    /// Anything goes.
    #[default]
    Free,
    /// Never below zero: counts, money that is taken in.
    NonNegative,
    /// A share: never below zero, never above one.
    Unit,
}

impl Bounds {
    /// The nearest value that can be.
    pub fn clamp(self, value: f64) -> f64 {
        match self {
            Self::Free => value,
            Self::NonNegative => value.max(0.0),
            Self::Unit => value.clamp(0.0, 1.0),
        }
    }

    /// The tightest of `Free` and `NonNegative` that the values kept to so far.
    pub fn kept_by(values: impl IntoIterator<Item = f64>) -> Self {
        if values.into_iter().all(|value| value >= 0.0) {
            Self::NonNegative
        } else {
            Self::Free
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senseless_questions_are_told() {
        assert_eq!(Ask::ahead(0).check(), Err(Unfit::NoHorizon));
        assert_eq!(
            Ask::ahead(5_001).check(),
            Err(Unfit::HorizonTooLong {
                given: 5_001,
                most: 5_000
            })
        );
        for level in [0.0, 1.0, -0.1, 95.0, f64::NAN] {
            let ask = Ask {
                levels: vec![0.8, level],
                ..Ask::ahead(3)
            };
            assert_eq!(ask.check(), Err(Unfit::BadLevel), "{level}");
        }
        assert_eq!(Ask::ahead(3).check(), Ok(()));
    }

    #[test]
    fn bounds_hold() {
        let clamped = |bounds: Bounds| [-1.0, 0.5, 2.0].map(|value| bounds.clamp(value));
        assert_eq!(clamped(Bounds::Free), [-1.0, 0.5, 2.0]);
        assert_eq!(clamped(Bounds::NonNegative), [0.0, 0.5, 2.0]);
        assert_eq!(clamped(Bounds::Unit), [0.0, 0.5, 1.0]);
        assert_eq!(Bounds::kept_by([0.0, 3.0]), Bounds::NonNegative);
        assert_eq!(Bounds::kept_by([0.0, -3.0]), Bounds::Free);
    }
}
