//! The weights that leave the least errors: least squares by small differences, within bounds.

use super::pass::{Kind, State};

/// The most weights there are.
const MOST: usize = 4;

/// The most steps of a search.
const STEPS: usize = 8;

/// A search ends when a step gains less than this share of the sum of squares.
const GAIN: f64 = 1e-4;

/// By how much weights are moved to see what becomes of the errors.
const NUDGE: f64 = 1e-6;

/// A fitted kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) weights: Vec<f64>,
    pub(super) squares: f64,
    /// AICc.
    pub(super) criterion: f64,
    pub(super) fitted: Vec<f64>,
    /// After the last value.
    pub(super) state: State,
}

/// Every kind that can be fitted, the best first.
pub(super) fn choices(y: &[f64], season: usize) -> Vec<Choice> {
    let mut all: Vec<Choice> = Kind::ALL
        .into_iter()
        .filter_map(|kind| single(y, season, kind))
        .collect();
    all.retain(|choice| choice.criterion.is_finite());
    all.sort_by(|one, other| one.criterion.total_cmp(&other.criterion));
    all
}

/// One kind.
pub(super) fn single(y: &[f64], season: usize, kind: Kind) -> Option<Choice> {
    let first = State::first(y, season, kind)?;
    let errors = |weights: &[f64]| {
        let mut state = first.clone();
        let errors = state.errors(y, weights);
        let squares: f64 = errors.iter().map(|error| error * error).sum();
        squares.is_finite().then_some(Passed {
            state,
            errors,
            squares,
        })
    };
    let (weights, passed) = least(kind, errors)?;
    let (n, k) = (y.len() as f64, (weights.len() + 1) as f64);
    if n - k - 1.0 <= 0.0 {
        return None;
    }
    let badness = n * libm::log(passed.squares.max(1e-24 * n));
    Some(Choice {
        squares: passed.squares,
        criterion: badness + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0),
        fitted: y
            .iter()
            .zip(&passed.errors)
            .map(|(value, error)| value - error)
            .collect(),
        state: passed.state,
        weights,
    })
}

/// What came of passing over a series.
struct Passed {
    state: State,
    errors: Vec<f64>,
    squares: f64,
}

/// The weights with the least sum of squares that are found from the best of a coarse net.
fn least(kind: Kind, errors: impl Fn(&[f64]) -> Option<Passed>) -> Option<(Vec<f64>, Passed)> {
    let mut best: Option<(Vec<f64>, Passed)> = None;
    let start: Vec<f64> = kind.weights().iter().map(|(start, _, _)| *start).collect();
    for real in [start[0], 0.4, 0.8, 1.1] {
        for imaginary in [start[1], 0.7, 1.2] {
            let mut weights = start.clone();
            (weights[0], weights[1]) = (real, imaginary);
            if let Some(passed) = errors(&weights)
                && best
                    .as_ref()
                    .is_none_or(|(_, before)| passed.squares < before.squares)
            {
                best = Some((weights, passed));
            }
        }
    }
    let mut best = best?;
    let mut damping = 1e-3;
    for _ in 0..STEPS {
        let slopes: Option<Vec<Vec<f64>>> = (0..best.0.len())
            .map(|which| {
                let mut weights = best.0.clone();
                weights[which] += NUDGE;
                let beside = errors(&weights)?;
                Some(
                    beside
                        .errors
                        .iter()
                        .zip(&best.1.errors)
                        .map(|(a, b)| (a - b) / NUDGE)
                        .collect(),
                )
            })
            .collect();
        let Some((next, found)) = downhill(kind, &best, &slopes?, damping, &errors) else {
            break;
        };
        damping = found;
        let gain = (best.1.squares - next.1.squares) / best.1.squares.max(f64::MIN_POSITIVE);
        best = next;
        if gain < GAIN {
            break;
        }
    }
    Some(best)
}

/// Better weights, and the damping to go on with.
fn downhill(
    kind: Kind,
    from: &(Vec<f64>, Passed),
    slopes: &[Vec<f64>],
    damping: f64,
    errors: &impl Fn(&[f64]) -> Option<Passed>,
) -> Option<((Vec<f64>, Passed), f64)> {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut damping = damping;
    for _ in 0..6 {
        let mut matrix = [[0.0; MOST]; MOST];
        let mut pull = [0.0; MOST];
        for (row, own) in slopes.iter().enumerate() {
            for (column, other) in slopes.iter().enumerate() {
                matrix[row][column] = product(own, other);
            }
            matrix[row][row] = matrix[row][row] * (1.0 + damping) + f64::MIN_POSITIVE;
            pull[row] = -product(own, &from.1.errors);
        }
        if let Some(step) = solved(matrix, pull, slopes.len()) {
            let bounds = kind.weights().iter();
            let weights: Vec<f64> = (from.0.iter().zip(step).zip(bounds))
                .map(|((weight, step), (_, least, most))| (weight + step).clamp(*least, *most))
                .collect();
            if let Some(passed) = errors(&weights)
                && passed.squares < from.1.squares
            {
                return Some(((weights, passed), (damping / 8.0).max(1e-7)));
            }
        }
        damping *= 8.0;
    }
    None
}

/// Solves `matrix x = right` of the first `n` rows, which is positive definite (elimination without exchange).
fn solved(mut matrix: [[f64; MOST]; MOST], mut right: [f64; MOST], n: usize) -> Option<[f64; MOST]> {
    for pivot in 0..n {
        let divisor = matrix[pivot][pivot];
        if !(divisor > 0.0 && divisor.is_finite()) {
            return None;
        }
        let own = matrix[pivot];
        for row in pivot + 1..n {
            let factor = matrix[row][pivot] / divisor;
            for (value, own) in matrix[row].iter_mut().zip(own) {
                *value -= factor * own;
            }
            right[row] -= factor * right[pivot];
        }
    }
    let mut found = [0.0; MOST];
    for row in (0..n).rev() {
        let below: f64 = matrix[row][row + 1..n]
            .iter()
            .zip(&found[row + 1..n])
            .map(|(a, x)| a * x)
            .sum();
        found[row] = (right[row] - below) / matrix[row][row];
    }
    found.iter().all(|value| value.is_finite()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved() {
        let mut matrix = [[0.0; MOST]; MOST];
        (matrix[0][0], matrix[0][1], matrix[1][0], matrix[1][1]) = (4.0, 2.0, 2.0, 3.0);
        let found = solved(matrix, [2.0, 5.0, 9.0, 9.0], 2).unwrap();
        assert!((found[0] + 0.5).abs() < 1e-12 && (found[1] - 2.0).abs() < 1e-12);
        assert_eq!(solved([[0.0; MOST]; MOST], [1.0; MOST], 2), None);
    }
}
