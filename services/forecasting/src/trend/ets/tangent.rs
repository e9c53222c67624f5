//! The slopes of a form's errors in all of its parameters, by differentiating each step forward.
//!
//! With them the search for the best point is a problem of least squares (Gauss, Levenberg, Marquardt): additive errors
//! are one as they are; relative errors are one after each is multiplied by the geometric mean of what was expected,
//! since `n ln(sum of squares) + 2 sum of ln(expected)` is `n ln` of the sum of those squares.

use super::form::{ALPHA, Cycle, Errors, Layout};
use super::pass::{State, Step};

/// The longest season that a form may have, in values, as in R. Longer ones are better taken off first.
pub(super) const LONGEST: usize = 24;

/// Room for all parameters: at most 4 weights, a level, a slope and `LONGEST - 1` figures.
pub(super) const ROOM: usize = 32;

type Slopes = [f64; ROOM];

/// Sums over all values of products of slopes, from which a step is solved.
#[derive(Debug, Clone)]
pub(super) struct Normal {
    /// Products of the errors' slopes; the lower half is filled.
    pub(super) matrix: Box<[Slopes; ROOM]>,
    /// Products of errors and their slopes: half the slope of the sum of squares.
    pub(super) pull: Slopes,
}

/// The slopes of what a form knows.
struct Tangent {
    level: Slopes,
    slope: Slopes,
    figures: Vec<Slopes>,
}

impl Tangent {
    fn first(layout: &Layout) -> Self {
        let mut first = Self {
            level: [0.0; ROOM],
            slope: [0.0; ROOM],
            figures: vec![[0.0; ROOM]; layout.season],
        };
        first.level[layout.level] = 1.0;
        if let Some(place) = layout.slope {
            first.slope[place] = 1.0;
        }
        for at in 0..layout.season - 1 {
            first.figures[at][layout.figures + at] = 1.0;
            first.figures[layout.season - 1][layout.figures + at] = -1.0;
        }
        first
    }

    /// The slopes of the level with its slope, but for the damping's own.
    fn base(&self, phi: f64, into: &mut [f64]) {
        for ((base, level), slope) in into.iter_mut().zip(&self.level).zip(&self.slope) {
            *base = level + phi * slope;
        }
    }
}

/// How a step's parts answer to the base and the figure.
struct Answers {
    /// What is expected, to the base and to the figure.
    expected: (f64, f64),
    /// What moves the level, to the figure; to the base it is -1.
    off: f64,
    /// What moves the figure, to the base; to the figure it is -1.
    figure_off: f64,
}

impl Answers {
    fn of(cycle: Cycle, step: &Step, y: f64) -> Self {
        match cycle {
            Cycle::None => Self {
                expected: (1.0, 0.0),
                off: 0.0,
                figure_off: 0.0,
            },
            Cycle::Added => Self {
                expected: (1.0, 1.0),
                off: -1.0,
                figure_off: -1.0,
            },
            Cycle::Multiplied => Self {
                expected: (step.figure, step.base),
                off: -y / (step.figure * step.figure),
                figure_off: -y / (step.base * step.base),
            },
        }
    }
}

/// The sums at the point `at`; `None` where the form cannot stand.
pub(super) fn normal(layout: &Layout, at: &[f64], y: &[f64]) -> Option<Normal> {
    let weights = layout.weights(at);
    let cycle = layout.form.cycle;
    let seasonal = cycle != Cycle::None;
    // Whole lanes of four: what lies behind the last parameter stays zero.
    let width = layout.count.next_multiple_of(4);
    let mut state = State::first(layout, at);
    let mut tangent = Tangent::first(layout);
    let mut sums = Sums::new(layout.form.errors);
    let (mut base, mut expected) = ([0.0; ROOM], [0.0; ROOM]);
    let mut position = 0;
    for value in y {
        let before = (state.level, state.slope, state.figures[position]);
        let step = Step::of(cycle, before, weights.phi, *value)?;
        let answers = Answers::of(cycle, &step, *value);
        tangent.base(weights.phi, &mut base[..width]);
        if let Some(place) = layout.phi {
            base[place] += state.slope;
        }
        let figure = &mut tangent.figures[position][..width];
        let (to_base, to_figure) = answers.expected;
        for ((expected, base), figure) in expected.iter_mut().zip(&base[..width]).zip(figure.iter()) {
            *expected = to_base * base + to_figure * figure;
        }
        sums.add(*value, step.expected, &expected[..width])?;
        let states = tangent.level[..width].iter_mut().zip(&mut tangent.slope[..width]);
        for (((level, slope), base), figure) in states.zip(&base[..width]).zip(figure.iter()) {
            let off = answers.off * figure - base;
            *level = base + weights.alpha * off;
            *slope = weights.phi * *slope + weights.beta * off;
        }
        if seasonal {
            for (figure, base) in figure.iter_mut().zip(&base[..width]) {
                let off = answers.figure_off * base - *figure;
                *figure += weights.gamma * off;
            }
        }
        turn_weights(layout, at, (&state, &step), &mut tangent, position);
        state.advance(&weights, position, &step);
        position = if position + 1 == layout.season {
            0
        } else {
            position + 1
        };
    }
    Some(sums.closed())
}

/// Adds what the weights themselves, when turned, do to the new state.
fn turn_weights(
    layout: &Layout,
    at: &[f64],
    (before, step): (&State, &Step),
    tangent: &mut Tangent,
    position: usize,
) {
    let alpha = at[ALPHA];
    tangent.level[ALPHA] += step.off;
    if let Some(place) = layout.beta {
        tangent.slope[ALPHA] += at[place] * step.off;
        tangent.slope[place] += alpha * step.off;
    }
    if let Some(place) = layout.phi {
        tangent.slope[place] += before.slope;
    }
    if let Some(place) = layout.gamma {
        tangent.figures[position][ALPHA] -= at[place] * step.figure_off;
        tangent.figures[position][place] += (1.0 - alpha) * step.figure_off;
    }
}

/// What is summed over all values.
struct Sums {
    relative: bool,
    normal: Normal,
    /// Slopes of the logarithms of what was expected.
    logs: Slopes,
    squares: f64,
    count: f64,
}

impl Sums {
    fn new(errors: Errors) -> Self {
        Self {
            relative: errors == Errors::Multiplied,
            normal: Normal {
                matrix: Box::new([[0.0; ROOM]; ROOM]),
                pull: [0.0; ROOM],
            },
            logs: [0.0; ROOM],
            squares: 0.0,
            count: 0.0,
        }
    }

    /// Adds a value, what was expected, and the slopes of that.
    fn add(&mut self, y: f64, expected: f64, slopes: &[f64]) -> Option<()> {
        let (mut error, mut turn) = (y - expected, -1.0);
        if self.relative {
            if expected <= 0.0 {
                return None;
            }
            let inverse = 1.0 / expected;
            for (sum, slope) in self.logs.iter_mut().zip(slopes) {
                *sum += slope * inverse;
            }
            error *= inverse;
            turn = -y * inverse * inverse;
        }
        self.squares += error * error;
        self.count += 1.0;
        let rows = self.normal.matrix.iter_mut().zip(&mut self.normal.pull);
        for (row, ((sums, pull), slope)) in rows.zip(slopes).enumerate() {
            let own = slope * turn;
            *pull += own * error;
            let own = own * turn;
            for (sum, slope) in sums[..=row].iter_mut().zip(slopes) {
                *sum += own * slope;
            }
        }
        Some(())
    }

    /// The sums, after each relative error is multiplied by the geometric mean (which itself has slopes; the mean as a
    /// common factor is left out, since it changes no step).
    fn closed(mut self) -> Normal {
        if !self.relative {
            return self.normal;
        }
        let mean = self.logs.map(|sum| sum / self.count);
        let pull = self.normal.pull;
        for (row, sums) in self.normal.matrix.iter_mut().enumerate() {
            let (own, turned) = (mean[row], pull[row] + self.squares * mean[row]);
            for ((sum, mean), pull) in sums[..=row].iter_mut().zip(&mean).zip(&pull) {
                *sum += turned * mean + own * pull;
            }
            self.normal.pull[row] = turned;
        }
        self.normal
    }
}

#[cfg(test)]
mod tests;
