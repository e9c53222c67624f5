//! Logistic regression with a ridge, fitted by Newton's method on sparse rows.
//!
//! Minimises `sum of w * logloss + ridge / 2 * |coefficients|^2`; the intercept is free. With the ridge above 0 there is
//! one minimum, also for separable data (Hoerl and Kennard 1970; le Cessie and van Houwelingen 1992).

use libm::{exp, log1p};
use serde::{Deserialize, Serialize};

/// Steps that Newton's method may take; it is near its end after 5 to 8.
const STEPS: usize = 40;
/// The largest logit that is told apart: 1 - 1 / (1 + e^-35) is below the precision of a double.
pub const LARGEST_LOGIT: f64 = 35.0;

/// Rows of which most cells are 0, stored by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Sparse {
    starts: Vec<usize>,
    cells: Vec<(u32, f64)>,
    width: usize,
}

impl Sparse {
    /// A matrix without rows, `width` columns wide.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            starts: vec![0],
            cells: Vec::new(),
            width,
        }
    }

    /// Adds a row of (column, value), columns below the width and each at most once.
    pub fn push(&mut self, row: impl IntoIterator<Item = (u32, f64)>) {
        let width = self.width;
        let known = row.into_iter().filter(|(column, _)| (*column as usize) < width);
        self.cells.extend(known);
        self.starts.push(self.cells.len());
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// A row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[(u32, f64)] {
        &self.cells[self.starts[row]..self.starts[row + 1]]
    }
}

/// What was fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// The logit of a row of zeros.
    pub intercept: f64,
    /// The logit that one unit of each column adds.
    pub coefficients: Vec<f64>,
}

impl Logistic {
    /// The logit of a row.
    #[must_use]
    pub fn logit(&self, row: &[(u32, f64)]) -> f64 {
        row.iter().fold(self.intercept, |sum, (column, value)| {
            sum + self.coefficients[*column as usize] * value
        })
    }
}

/// The probability of a logit.
#[must_use]
pub fn probability(logit: f64) -> f64 {
    let logit = logit.clamp(-LARGEST_LOGIT, LARGEST_LOGIT);
    1.0 / (1.0 + exp(-logit))
}

/// The logit of a probability, within [`LARGEST_LOGIT`].
#[must_use]
pub fn logit(probability: f64) -> f64 {
    if probability <= 0.0 {
        return -LARGEST_LOGIT;
    }
    if probability >= 1.0 {
        return LARGEST_LOGIT;
    }
    (libm::log(probability) - log1p(-probability)).clamp(-LARGEST_LOGIT, LARGEST_LOGIT)
}

/// The loss of a logit beside what happened, in nats.
#[must_use]
pub fn loss(logit: f64, won: bool) -> f64 {
    let against = if won { -logit } else { logit };
    // ln(1 + e^x) without overflow.
    if against > 0.0 {
        against + log1p(exp(-against))
    } else {
        log1p(exp(against))
    }
}

/// Fits to rows, what they ended as and their weights (1 each when there are none), from `start` when there is one.
/// Without rows everything is 0.
#[must_use]
pub fn fit(
    rows: &Sparse,
    outcomes: &[bool],
    weights: Option<&[f64]>,
    ridge: f64,
    start: Option<&Logistic>,
) -> Logistic {
    let mut now = start.cloned().unwrap_or_else(|| Logistic {
        intercept: 0.0,
        coefficients: vec![0.0; rows.width()],
    });
    let mut loss_now = objective(rows, outcomes, weights, ridge, &now);
    for _ in 0..STEPS {
        let (gradient, mut curve) = curvature(rows, outcomes, weights, ridge, &now);
        let size = gradient.len();
        if !factor(&mut curve, size) {
            break;
        }
        let step = solve(&curve, &gradient);
        let Some((next, loss_next)) = along(&now, &step, loss_now, |at| {
            objective(rows, outcomes, weights, ridge, at)
        }) else {
            break;
        };
        let gain = loss_now - loss_next;
        (now, loss_now) = (next, loss_next);
        if gain <= 1e-10 * (1.0 + loss_now) {
            break;
        }
    }
    now
}

/// The covariance of intercept and coefficients, in this order, by rows: the inverse of the curvature at the fit.
/// Absent when the curvature has no inverse.
#[must_use]
pub fn covariance(
    rows: &Sparse,
    outcomes: &[bool],
    weights: Option<&[f64]>,
    ridge: f64,
    fitted: &Logistic,
) -> Option<Vec<f64>> {
    let (_, mut curve) = curvature(rows, outcomes, weights, ridge, fitted);
    let size = rows.width() + 1;
    if !factor(&mut curve, size) {
        return None;
    }
    let mut inverse = vec![0.0; size * size];
    for column in 0..size {
        let mut unit = vec![0.0; size];
        unit[column] = 1.0;
        for (row, value) in solve(&curve, &unit).into_iter().enumerate() {
            inverse[row * size + column] = value;
        }
    }
    Some(inverse)
}

/// The longest of the step, its half, its quarter ... that lowers the objective.
fn along(
    now: &Logistic,
    step: &[f64],
    loss_now: f64,
    objective: impl Fn(&Logistic) -> f64,
) -> Option<(Logistic, f64)> {
    let mut part = 1.0;
    for _ in 0..30 {
        let coefficients = now.coefficients.iter().zip(&step[1..]);
        let next = Logistic {
            intercept: now.intercept - part * step[0],
            coefficients: coefficients.map(|(old, step)| old - part * step).collect(),
        };
        let loss_next = objective(&next);
        if loss_next < loss_now {
            return Some((next, loss_next));
        }
        part *= 0.5;
    }
    None
}

fn objective(rows: &Sparse, outcomes: &[bool], weights: Option<&[f64]>, ridge: f64, at: &Logistic) -> f64 {
    let mut total = 0.0;
    for (row, won) in outcomes.iter().enumerate() {
        total += weight(weights, row) * loss(at.logit(rows.row(row)), *won);
    }
    let squares: f64 = at.coefficients.iter().map(|value| value * value).sum();
    total + 0.5 * ridge * squares
}

/// Gradient, and the lower half of the curvature by rows; the intercept comes first.
fn curvature(
    rows: &Sparse,
    outcomes: &[bool],
    weights: Option<&[f64]>,
    ridge: f64,
    at: &Logistic,
) -> (Vec<f64>, Vec<f64>) {
    let size = rows.width() + 1;
    let mut gradient = vec![0.0; size];
    let mut curve = vec![0.0; size * size];
    for (row, won) in outcomes.iter().enumerate() {
        let cells = rows.row(row);
        let p = probability(at.logit(cells));
        let w = weight(weights, row);
        let off = w * (p - f64::from(u8::from(*won)));
        let bend = w * p * (1.0 - p);
        gradient[0] += off;
        curve[0] += bend;
        for (place, (column, value)) in cells.iter().enumerate() {
            let i = *column as usize + 1;
            gradient[i] += off * value;
            let bent = bend * value;
            curve[i * size] += bent;
            for (other, second) in &cells[..=place] {
                let j = *other as usize + 1;
                let (low, high) = if j > i { (j, i) } else { (i, j) };
                curve[low * size + high] += bent * second;
            }
        }
    }
    for (column, value) in at.coefficients.iter().enumerate() {
        let i = column + 1;
        gradient[i] += ridge * value;
        curve[i * size + i] += ridge;
    }
    (gradient, curve)
}

fn weight(weights: Option<&[f64]>, row: usize) -> f64 {
    weights.map_or(1.0, |weights| weights[row])
}

/// Cholesky's factor of the lower half, in place; false when the matrix is not positive definite.
fn factor(matrix: &mut [f64], size: usize) -> bool {
    for i in 0..size {
        for j in 0..=i {
            let (row_i, row_j) = (i * size, j * size);
            let mut sum = matrix[row_i + j];
            for k in 0..j {
                sum -= matrix[row_i + k] * matrix[row_j + k];
            }
            if i == j {
                // What is lost to rounding beside the diagonal itself is no curvature at all.
                if sum <= 1e-14 * matrix[row_i + i].max(f64::MIN_POSITIVE) {
                    return false;
                }
                matrix[row_i + i] = libm::sqrt(sum);
            } else {
                matrix[row_i + j] = sum / matrix[row_j + j];
            }
        }
    }
    true
}

fn solve(factor: &[f64], right: &[f64]) -> Vec<f64> {
    let size = right.len();
    let mut x = right.to_vec();
    for i in 0..size {
        let row = &factor[i * size..i * size + i];
        let known: f64 = row.iter().zip(&x).map(|(l, x)| l * x).sum();
        x[i] = (x[i] - known) / factor[i * size + i];
    }
    for i in (0..size).rev() {
        x[i] /= factor[i * size + i];
        let found = x[i];
        for (j, value) in x.iter_mut().enumerate().take(i) {
            *value -= factor[i * size + j] * found;
        }
    }
    x
}

#[cfg(test)]
mod tests;
