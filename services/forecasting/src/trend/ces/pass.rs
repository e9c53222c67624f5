//! The states of complex smoothing and how they go on from value to value.

use crate::trend::classical::{Manner, Season};

/// How a season comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// There is none.
    None,
    /// Each position of the season is smoothed by itself.
    Simple,
    /// Figures are added to the level.
    Partial,
    /// Complex figures are added to the level.
    Full,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Simple, Self::Partial, Self::Full];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "CES(N)",
            Self::Simple => "CES(S)",
            Self::Partial => "CES(P)",
            Self::Full => "CES(F)",
        }
    }

    /// The weights from which the search starts, and between what each must lie.
    pub(super) fn weights(self) -> &'static [(f64, f64, f64)] {
        static PLAIN: [(f64, f64, f64); 2] = [(1.3, 0.01, 1.8), (1.0, 0.01, 1.9)];
        static PARTIAL: [(f64, f64, f64); 3] = [PLAIN[0], PLAIN[1], (0.1, 0.01, 1.5)];
        static FULL: [(f64, f64, f64); 4] = [PLAIN[0], PLAIN[1], (1.3, 0.01, 1.5), (1.0, 0.01, 1.5)];
        match self {
            Self::None | Self::Simple => &PLAIN,
            Self::Partial => &PARTIAL,
            Self::Full => &FULL,
        }
    }
}

/// A complex number: what is, and what might become of it.
type Complex = (f64, f64);

/// What is known at an instant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) kind: Kind,
    level: Complex,
    /// By position in the season, the first being that of the first value; one that does nothing without a season.
    figures: Vec<Complex>,
}

/// How much the potential is below the level at first (as in the authors' package).
const POTENTIAL: f64 = 1.1;

impl State {
    /// A state to begin with; `None` where such a season cannot be.
    pub(super) fn first(y: &[f64], season: usize, kind: Kind) -> Option<Self> {
        let complex = |value: f64| (value, value / POTENTIAL);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        if kind == Kind::None {
            return Some(Self {
                kind,
                level: complex(mean(&y[..y.len().min(10)])),
                figures: vec![(0.0, 0.0)],
            });
        }
        if season < 2 || season > y.len() / 2 {
            return None;
        }
        let (level, figures) = match kind {
            Kind::Simple => ((0.0, 0.0), y[..season].iter().copied().map(complex).collect()),
            _ => {
                let figures = Season::of(y, season, Manner::Added)?.figures;
                (
                    complex(mean(&y[..season])),
                    figures.into_iter().map(complex).collect(),
                )
            }
        };
        Some(Self { kind, level, figures })
    }

    /// The same kind of state with nothing in it.
    pub(super) fn zeroed(&self) -> Self {
        Self {
            kind: self.kind,
            level: (0.0, 0.0),
            figures: vec![(0.0, 0.0); self.figures.len()],
        }
    }

    pub(super) fn season(&self) -> usize {
        self.figures.len()
    }

    pub(super) fn expected(&self, position: usize) -> f64 {
        self.level.0 + self.figures[position].0
    }

    /// Goes on by a value that was `error` above what was expected.
    #[inline]
    pub(super) fn advance(&mut self, weights: &[f64], position: usize, error: f64) {
        let figure = &mut self.figures[position];
        match self.kind {
            Kind::None => self.level = turned(self.level, weights, error),
            Kind::Simple => *figure = turned(*figure, weights, error),
            Kind::Partial => {
                self.level = turned(self.level, weights, error);
                figure.0 += weights[2] * error;
            }
            Kind::Full => {
                self.level = turned(self.level, weights, error);
                *figure = turned(*figure, &weights[2..], error);
            }
        }
    }

    /// Passes over `y` from the first value to the last, handing errors to `told`.
    fn forward(&mut self, y: &[f64], weights: &[f64], mut told: impl FnMut(f64)) {
        let mut position = 0;
        for value in y {
            let error = value - self.expected(position);
            told(error);
            self.advance(weights, position, error);
            position = if position + 1 == self.season() {
                0
            } else {
                position + 1
            };
        }
    }

    /// Passes over `y` from the last value to the first.
    fn backward(&mut self, y: &[f64], weights: &[f64]) {
        let mut position = y.len() % self.season();
        for value in y.iter().rev() {
            position = if position == 0 { self.season() } else { position } - 1;
            let error = value - self.expected(position);
            self.advance(weights, position, error);
        }
    }

    /// The errors over `y` after the states before it were found by passing there and back; this is then the state
    /// after the last value.
    pub(super) fn errors(&mut self, y: &[f64], weights: &[f64]) -> Vec<f64> {
        self.forward(y, weights, |_| ());
        self.backward(y, weights);
        let mut errors = Vec::with_capacity(y.len());
        self.forward(y, weights, |error| errors.push(error));
        errors
    }
}

#[inline]
fn turned((level, potential): Complex, weights: &[f64], error: f64) -> Complex {
    let (real, imaginary) = (weights[0], weights[1]);
    (
        level - (1.0 - imaginary) * potential + (real - imaginary) * error,
        level + (1.0 - real) * potential + (real + imaginary) * error,
    )
}
