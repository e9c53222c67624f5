//! Where the search for a form's parameters starts: states from a classical decomposition (Hyndman et al. 2008, section
//! 2.6.1), weights from a coarse net.

use super::form::{ALPHA, Cycle, Layout, Slope};
use super::refine::Point;
use crate::trend::classical::{Manner, Season};

/// What is tried for alpha, for beta as a share of alpha, and for gamma as a share of what alpha leaves.
const ALPHAS: [f64; 4] = [0.05, 0.2, 0.5, 0.85];
const BETAS: [f64; 2] = [0.02, 0.25];
const GAMMAS: [f64; 3] = [0.03, 0.3, 0.8];

/// What the damping starts at.
const PHI: f64 = 0.95;

/// A figure that multiplies starts no lower than this.
const LEAST_FIGURE: f64 = 0.01;

/// What a series looks like at its beginning.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Start {
    /// The level where there is no slope.
    flat: f64,
    /// The level and the slope where there is one.
    line: (f64, f64),
    /// The figures of the season but the last.
    figures: Vec<f64>,
}

impl Start {
    /// The start of `y` for a kind of season; `None` where such a season cannot be.
    pub(super) fn of(y: &[f64], season: usize, cycle: Cycle) -> Option<Self> {
        let manner = match cycle {
            Cycle::None => {
                return Some(Self::flat_of(y, Vec::new(), 1));
            }
            Cycle::Added => Manner::Added,
            Cycle::Multiplied => Manner::Multiplied,
        };
        let mut found = Season::of(y, season, manner)?;
        if manner == Manner::Multiplied {
            for figure in &mut found.figures {
                *figure = figure.max(LEAST_FIGURE);
            }
        }
        let adjusted = found.taken_from_all(y);
        found.figures.pop();
        Some(Self::flat_of(&adjusted, found.figures, season))
    }

    fn flat_of(adjusted: &[f64], figures: Vec<f64>, season: usize) -> Self {
        let first = &adjusted[..adjusted.len().min((2 * season).max(10))];
        let n = first.len() as f64;
        let mean = first.iter().sum::<f64>() / n;
        let middle = (n + 1.0) / 2.0;
        let (mut up, mut down) = (0.0, 0.0);
        for (at, value) in first.iter().enumerate() {
            let off = (at + 1) as f64 - middle;
            up += off * (value - mean);
            down += off * off;
        }
        let slope = if down > 0.0 { up / down } else { 0.0 };
        Self {
            flat: mean,
            line: (mean - slope * middle, slope),
            figures,
        }
    }

    /// The best point of the coarse net.
    pub(super) fn point(&self, layout: &Layout, y: &[f64]) -> Option<Point> {
        let mut best: Option<Point> = None;
        let betas = if layout.beta.is_some() {
            &BETAS[..]
        } else {
            &BETAS[..1]
        };
        let gammas = if layout.gamma.is_some() {
            &GAMMAS[..]
        } else {
            &GAMMAS[..1]
        };
        for alpha in ALPHAS {
            for beta in betas {
                for gamma in gammas {
                    let Some(point) = Point::of(layout, self.at(layout, alpha, *beta, *gamma), y) else {
                        continue;
                    };
                    if best.as_ref().is_none_or(|before| point.badness < before.badness) {
                        best = Some(point);
                    }
                }
            }
        }
        best
    }

    fn at(&self, layout: &Layout, alpha: f64, beta: f64, gamma: f64) -> Vec<f64> {
        let mut at = vec![0.0; layout.figures];
        at[ALPHA] = alpha;
        let shares = [(layout.beta, beta), (layout.gamma, gamma), (layout.phi, PHI)];
        for (place, value) in shares {
            if let Some(place) = place {
                at[place] = value;
            }
        }
        at[layout.level] = self.flat;
        if let Some(place) = layout.slope {
            (at[layout.level], at[place]) = self.line;
        }
        at.extend_from_slice(&self.figures);
        at
    }
}

/// The point of one form as a start of another that differs in its slope only.
pub(super) fn handed_on(from: &Layout, at: &[f64], to: &Layout) -> Vec<f64> {
    let mut point = vec![0.0; to.figures];
    point[ALPHA] = at[ALPHA];
    let places = [
        (from.beta, to.beta, BETAS[0]),
        (from.gamma, to.gamma, GAMMAS[0]),
        (from.phi, to.phi, PHI),
        (Some(from.level), Some(to.level), 0.0),
        (from.slope, to.slope, 0.0),
    ];
    for (old, new, otherwise) in places {
        if let Some(new) = new {
            point[new] = old.map_or(otherwise, |old| at[old]);
        }
    }
    if to.form.slope == Slope::None
        && let Some(slope) = from.slope
    {
        // Without a slope the level must start where the slope would have brought it.
        point[to.level] += from.weights(at).phi * at[slope];
    }
    point.extend_from_slice(&at[from.figures..]);
    point
}

#[cfg(test)]
mod tests {
    use super::super::form::Form;
    use super::*;

    #[test]
    fn a_clean_series_starts_where_it_starts() {
        let y: Vec<f64> = (0..24)
            .map(|t| 1.0 + 0.02 * f64::from(t) + [0.1, -0.2, 0.1][t as usize % 3])
            .collect();
        let start = Start::of(&y, 3, Cycle::Added).unwrap();
        assert!(
            (start.line.0 - 0.98).abs() < 1e-9 && (start.line.1 - 0.02).abs() < 1e-9,
            "{start:?}"
        );
        assert!((start.figures[0] - 0.1).abs() < 1e-9 && (start.figures[1] + 0.2).abs() < 1e-9);
        assert_eq!(start.figures.len(), 2);
        assert_eq!(Start::of(&y[..5], 3, Cycle::Added), None);
    }

    #[test]
    fn a_point_is_handed_on() {
        let damped = Layout::of(Form::named("ETS(A,Ad,A)").unwrap(), 3);
        let at = [0.3, 0.2, 0.1, 0.9, 1.0, 0.5, 0.01, 0.02];
        let straight = Layout::of(Form::named("ETS(A,A,A)").unwrap(), 3);
        assert_eq!(
            handed_on(&damped, &at, &straight),
            [0.3, 0.2, 0.1, 1.0, 0.5, 0.01, 0.02]
        );
        let flat = Layout::of(Form::named("ETS(A,N,A)").unwrap(), 3);
        assert_eq!(handed_on(&damped, &at, &flat), [0.3, 0.1, 1.45, 0.01, 0.02]);
        let back = handed_on(&flat, &[0.3, 0.1, 1.45, 0.01, 0.02], &damped);
        assert_eq!(back, [0.3, 0.02, 0.1, 0.95, 1.45, 0.0, 0.01, 0.02]);
    }
}
