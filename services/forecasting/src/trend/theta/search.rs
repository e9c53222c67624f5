//! Least squares for a Theta model: the smoothing by search, the rest in closed form.

use super::line::Line;

/// The errors of the first values are left out of the sum: they tell of the start, not of the model.
pub(super) const SPENT: usize = 3;

/// The smoothing is searched for between these.
const ALPHA: (f64, f64) = (0.1, 0.99);

/// Steps of the first, coarse search.
const COARSE: usize = 12;

/// Steps of the second search, each of which shortens the bracket by the golden section.
const FINE: usize = 14;

/// The weight of the line when theta is 2.
const HALF: f64 = 0.5;

/// A fitted Theta model of a series without a season.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Best {
    pub(super) alpha: f64,
    /// `1 - 1 / theta`, 0 to 1.
    pub(super) weight: f64,
    /// The sum of squared errors but for those [`SPENT`].
    pub(super) squares: f64,
    /// One step ahead.
    pub(super) fitted: Vec<f64>,
    /// The level after the last value.
    level: f64,
    /// The line after the last value.
    line: Line,
}

/// The parts of the one-step forecasts that do not depend on the first level and the weight.
struct Parts {
    /// The level one step ahead, had it begun at 0.
    level: Vec<f64>,
    /// How much of the first level is still in it.
    left: Vec<f64>,
    /// What the line adds at full weight.
    line: Vec<f64>,
    last_level: f64,
    last_left: f64,
    last_line: Line,
}

/// The best model of `y`, which has more than [`SPENT`] values.
pub(super) fn best(y: &[f64], dynamic: bool, optimised: bool) -> Option<Best> {
    let lines = Lines::of(y, dynamic);
    let squares = |alpha: f64| -> f64 {
        let parts = lines.parts(y, alpha);
        parts.solved(y, optimised).2
    };
    let step = (ALPHA.1 - ALPHA.0) / COARSE as f64;
    let grid: Vec<f64> = (0..=COARSE).map(|at| ALPHA.0 + step * at as f64).collect();
    let mut least = (f64::INFINITY, ALPHA.0);
    for alpha in grid {
        let found = squares(alpha);
        if found < least.0 {
            least = (found, alpha);
        }
    }
    if !least.0.is_finite() {
        return None;
    }
    let alpha = golden(squares, least, step);
    Some(lines.parts(y, alpha).fitted(y, alpha, optimised))
}

/// The least of `of` within one `step` around the best point so far, by golden section.
fn golden(of: impl Fn(f64) -> f64, best: (f64, f64), step: f64) -> f64 {
    const RATIO: f64 = 0.618_033_988_749_894_8;
    let (mut low, mut high) = ((best.1 - step).max(ALPHA.0), (best.1 + step).min(ALPHA.1));
    let (mut left, mut right) = (high - RATIO * (high - low), low + RATIO * (high - low));
    let (mut at_left, mut at_right) = (of(left), of(right));
    for _ in 0..FINE {
        if at_left <= at_right {
            high = right;
            (right, at_right) = (left, at_left);
            left = high - RATIO * (high - low);
            at_left = of(left);
        } else {
            low = left;
            (left, at_left) = (right, at_right);
            right = low + RATIO * (high - low);
            at_right = of(right);
        }
    }
    let found = if at_left <= at_right {
        (at_left, left)
    } else {
        (at_right, right)
    };
    if found.0 < best.0 { found.1 } else { best.1 }
}

/// The line that stands when each value is forecast, and the one after the last value.
struct Lines {
    before: Vec<Line>,
    last: Line,
}

impl Lines {
    fn of(y: &[f64], dynamic: bool) -> Self {
        if !dynamic {
            let whole = Line::through(y);
            return Self {
                before: vec![whole; y.len()],
                last: whole,
            };
        }
        let mut line = Line::from(y[0]);
        let mut before = vec![line];
        for value in &y[1..] {
            before.push(line);
            line = line.with(*value);
        }
        Self { before, last: line }
    }

    fn parts(&self, y: &[f64], alpha: f64) -> Parts {
        let rest = 1.0 - alpha;
        let n = y.len();
        let mut parts = Parts {
            level: Vec::with_capacity(n),
            left: Vec::with_capacity(n),
            line: Vec::with_capacity(n),
            last_level: 0.0,
            last_left: 1.0,
            last_line: self.last,
        };
        let (mut level, mut power) = (0.0, 1.0);
        for (value, line) in y.iter().zip(&self.before) {
            parts.level.push(level);
            parts.left.push(power);
            parts.line.push(drift(*line, power, alpha));
            level = alpha * value + rest * level;
            power *= rest;
        }
        (parts.last_level, parts.last_left) = (level, power);
        parts
    }
}

/// What the line adds to the level at full weight, when `power` is `(1 - alpha)^(t - 1)`.
fn drift(line: Line, power: f64, alpha: f64) -> f64 {
    line.a * power + line.b * (1.0 - power * (1.0 - alpha)) / alpha
}

impl Parts {
    /// The first level, the weight of the line, and the sum of squares that they leave.
    fn solved(&self, y: &[f64], optimised: bool) -> (f64, f64, f64) {
        let mut sums = Sums::default();
        for (((value, level), left), line) in y
            .iter()
            .zip(&self.level)
            .zip(&self.left)
            .zip(&self.line)
            .skip(SPENT)
        {
            sums.add(value - level, *left, *line);
        }
        let weight = if optimised { sums.weight() } else { HALF };
        let level = sums.level(weight).unwrap_or(y[0]);
        (level, weight, sums.squares(level, weight))
    }

    fn fitted(&self, y: &[f64], alpha: f64, optimised: bool) -> Best {
        let (first, weight, squares) = self.solved(y, optimised);
        let mut fitted: Vec<f64> = (self.level.iter().zip(&self.left).zip(&self.line))
            .map(|((level, left), line)| level + left * first + weight * line)
            .collect();
        fitted[0] = y[0];
        Best {
            alpha,
            weight,
            squares,
            fitted,
            level: self.last_level + self.last_left * first,
            line: self.last_line,
        }
    }
}

/// Sums of squares and products: what is to be explained, what is left of the first level, and the line.
#[derive(Debug, Default)]
struct Sums {
    zz: f64,
    zx: f64,
    zd: f64,
    xx: f64,
    xd: f64,
    dd: f64,
}

impl Sums {
    fn add(&mut self, z: f64, x: f64, d: f64) {
        self.zz += z * z;
        self.zx += z * x;
        self.zd += z * d;
        self.xx += x * x;
        self.xd += x * d;
        self.dd += d * d;
    }

    /// The weight of the line by least squares together with the first level, kept to 0 to 1; one half where the two
    /// cannot be told apart.
    fn weight(&self) -> f64 {
        let apart = self.xx * self.dd - self.xd * self.xd;
        if apart <= 1e-12 * self.xx * self.dd || !apart.is_finite() {
            return HALF;
        }
        ((self.xx * self.zd - self.xd * self.zx) / apart).clamp(0.0, 1.0)
    }

    /// The first level for a given weight; `None` where nothing of it is left in the errors.
    fn level(&self, weight: f64) -> Option<f64> {
        (self.xx > 1e-12).then(|| (self.zx - weight * self.xd) / self.xx)
    }

    fn squares(&self, level: f64, weight: f64) -> f64 {
        let cross = 2.0 * (level * self.zx + weight * self.zd - level * weight * self.xd);
        let squares = self.zz - cross + level * level * self.xx + weight * weight * self.dd;
        squares.max(0.0)
    }
}

impl Best {
    /// The forecasts of `horizon` values after the `n`-th; each is taken for the value when the next is forecast.
    pub(super) fn ahead(&self, n: usize, dynamic: bool, horizon: usize) -> Vec<f64> {
        self.onward(self.level, self.line, n, dynamic)
            .take(horizon)
            .collect()
    }

    /// How much of an error in one value comes again 1 to `horizon` steps later.
    pub(super) fn answers(&self, n: usize, dynamic: bool, horizon: usize) -> Vec<f64> {
        let line = if dynamic { Line::shaken(n) } else { Line::from(0.0) };
        self.onward(self.alpha, line, n + 1, dynamic)
            .take(horizon)
            .collect()
    }

    fn onward(&self, level: f64, line: Line, n: usize, dynamic: bool) -> impl Iterator<Item = f64> + '_ {
        let rest = 1.0 - self.alpha;
        // The power is taken step by step, as it was over the history.
        let power = (0..n).fold(1.0, |power, _| power * rest);
        let mut state = (level, line, power);
        std::iter::repeat_with(move || {
            let (level, line, power) = state;
            let value = level + self.weight * drift(line, power, self.alpha);
            let next = if dynamic { line.with(value) } else { line };
            state = (self.alpha * value + rest * level, next, power * rest);
            value
        })
    }
}
