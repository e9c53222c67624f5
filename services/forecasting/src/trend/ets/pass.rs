//! One pass of a form over a series: what it would have said at each value, and how likely the values were.

use super::form::{Cycle, Errors, Layout, Weights};

/// Below this, nothing is divided by: the point is not one that a form can stand at.
const LEAST_DIVISOR: f64 = 1e-10;

/// What a form knows at an instant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) level: f64,
    pub(super) slope: f64,
    /// By position in the season, the first being that of the first value; one figure that does nothing without a
    /// season.
    pub(super) figures: Vec<f64>,
}

/// What came of a pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// Minus twice the logarithm of the likelihood, but for a constant that depends on the number of values only.
    pub(super) badness: f64,
    /// The state after the last value.
    pub(super) state: State,
    /// The sum of squared errors; of relative errors where they multiply.
    pub(super) squares: f64,
}

/// One value: what was expected, what was off, and what the state makes of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The level with its slope: what is expected without the season.
    pub(super) base: f64,
    pub(super) figure: f64,
    pub(super) expected: f64,
    /// What moves level and slope.
    pub(super) off: f64,
    /// What moves the figure.
    pub(super) figure_off: f64,
}

impl Step {
    /// The step of `y` from a level, a slope and a figure; `None` where something would be divided by nothing.
    #[inline]
    pub(super) fn of(
        cycle: Cycle,
        (level, slope, figure): (f64, f64, f64),
        phi: f64,
        y: f64,
    ) -> Option<Self> {
        let base = level + phi * slope;
        let (expected, off, figure_off) = match cycle {
            Cycle::None => (base, y - base, 0.0),
            Cycle::Added => {
                let expected = base + figure;
                (expected, y - expected, y - expected)
            }
            Cycle::Multiplied if figure > LEAST_DIVISOR && base > LEAST_DIVISOR => {
                (base * figure, y / figure - base, y / base - figure)
            }
            Cycle::Multiplied => return None,
        };
        Some(Self {
            base,
            figure,
            expected,
            off,
            figure_off,
        })
    }
}

/// The sum of logarithms of positive numbers, by way of their product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Logs {
    sum: f64,
    product: f64,
}

impl Logs {
    pub(super) fn new() -> Self {
        Self {
            sum: 0.0,
            product: 1.0,
        }
    }

    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        self.product *= value;
        if !(1e-100..=1e100).contains(&self.product) {
            self.sum += libm::log(self.product);
            self.product = 1.0;
        }
    }

    pub(super) fn sum(self) -> f64 {
        self.sum + libm::log(self.product)
    }
}

/// `n ln(squares)`, and twice the sum of logarithms where errors multiply. Errors below a millionth of a millionth of
/// the largest value count as no better than that: a perfect fit is not infinitely good.
pub(super) fn badness(n: usize, squares: f64, logs: f64) -> f64 {
    n as f64 * libm::log(squares.max(1e-24 * n as f64)) + 2.0 * logs
}

impl State {
    /// The state before the first value.
    pub(super) fn first(layout: &Layout, at: &[f64]) -> Self {
        let figures = if layout.form.cycle == Cycle::None {
            vec![0.0]
        } else {
            let free = &at[layout.figures..];
            let last = layout.whole() - free.iter().sum::<f64>();
            free.iter().copied().chain([last]).collect()
        };
        Self {
            level: at[layout.level],
            slope: layout.slope.map_or(0.0, |place| at[place]),
            figures,
        }
    }

    #[inline]
    pub(super) fn advance(&mut self, weights: &Weights, position: usize, step: &Step) {
        self.level = step.base + weights.alpha * step.off;
        self.slope = weights.phi * self.slope + weights.beta * step.off;
        self.figures[position] += weights.gamma * step.figure_off;
    }
}

/// Passes over `y` from the point `at`, handing what was expected to `told`. `None` where the form cannot stand.
pub(super) fn run(layout: &Layout, at: &[f64], y: &[f64], mut told: impl FnMut(f64)) -> Option<Run> {
    let weights = layout.weights(at);
    let cycle = layout.form.cycle;
    let relative = layout.form.errors == Errors::Multiplied;
    let mut state = State::first(layout, at);
    let (mut squares, mut logs, mut position) = (0.0, Logs::new(), 0);
    for value in y {
        let before = (state.level, state.slope, state.figures[position]);
        let step = Step::of(cycle, before, weights.phi, *value)?;
        let mut error = value - step.expected;
        if relative {
            if step.expected <= LEAST_DIVISOR {
                return None;
            }
            logs.add(step.expected);
            error /= step.expected;
        }
        squares += error * error;
        told(step.expected);
        state.advance(&weights, position, &step);
        position = if position + 1 == layout.season {
            0
        } else {
            position + 1
        };
    }
    let badness = badness(y.len(), squares, logs.sum());
    (squares.is_finite() && badness.is_finite()).then_some(Run {
        badness,
        state,
        squares,
    })
}

#[cfg(test)]
mod tests {
    use super::super::form::Form;
    use super::*;

    #[test]
    fn simple_smoothing_is_that_by_hand() {
        let layout = Layout::of(Form::named("ETS(A,N,N)").unwrap(), 1);
        let mut told = Vec::new();
        let run = run(&layout, &[0.5, 2.0], &[4.0, 1.0, 3.0], |value| told.push(value)).unwrap();
        assert_eq!(told, [2.0, 3.0, 2.0]);
        assert_eq!(run.state.level, 2.5);
        assert_eq!(run.squares, 4.0 + 4.0 + 1.0);
        assert!((run.badness - 3.0 * 9.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_season_that_multiplies_is_that_by_hand() {
        // Level 10, slope 1, figures 1.2 and 0.8; alpha = 0.5, beta = 0.25, gamma = 0.1.
        let layout = Layout::of(Form::named("ETS(M,A,M)").unwrap(), 2);
        let mut told = Vec::new();
        let at = [0.5, 0.5, 0.2, 10.0, 1.0, 1.2];
        let run = run(&layout, &at, &[12.0, 10.0], |value| told.push(value)).unwrap();
        // First: 11 * 1.2 = 13.2; 12 / 1.2 - 11 = -1, so level 10.5 and slope 0.75; figure 1.2 + 0.1 (12 / 11 - 1.2).
        // Second: 11.25 * 0.8 = 9; 10 / 0.8 - 11.25 = 1.25, so level 11.875, slope 1.0625.
        assert!((told[0] - 13.2).abs() < 1e-12 && (told[1] - 9.0).abs() < 1e-12);
        assert!((run.state.level - 11.875).abs() < 1e-12);
        assert!((run.state.slope - 1.0625).abs() < 1e-12);
        assert!((run.state.figures[0] - (1.2 + 0.1 * (12.0 / 11.0 - 1.2))).abs() < 1e-12);
        assert!((run.state.figures[1] - (0.8 + 0.1 * (10.0 / 11.25 - 0.8))).abs() < 1e-12);
        let squares = (1.2 / 13.2) * (1.2 / 13.2) + 1.0 / 81.0;
        assert!((run.squares - squares).abs() < 1e-12);
        let badness = 2.0 * squares.ln() + 2.0 * (13.2_f64.ln() + 9.0_f64.ln());
        assert!((run.badness - badness).abs() < 1e-12);
    }

    #[test]
    fn a_long_product_does_not_run_away() {
        let mut logs = Logs::new();
        for _ in 0..1_000 {
            logs.add(1e-9);
        }
        assert!((logs.sum() - 1_000.0 * (1e-9_f64).ln()).abs() < 1e-6);
    }

    #[test]
    fn where_a_form_cannot_stand_it_says_nothing() {
        let layout = Layout::of(Form::named("ETS(M,N,N)").unwrap(), 1);
        assert_eq!(run(&layout, &[0.5, -1.0], &[4.0, 1.0], |_| ()), None);
        let layout = Layout::of(Form::named("ETS(A,N,N)").unwrap(), 1);
        assert_eq!(run(&layout, &[0.5, f64::INFINITY], &[4.0, 1.0], |_| ()), None);
    }
}
