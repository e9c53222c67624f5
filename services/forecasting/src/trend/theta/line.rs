//! The line that a Theta model leans on.

/// A line `a + b t` through values whose first has t = 1, and their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) a: f64,
    pub(super) b: f64,
    mean: f64,
    count: usize,
}

impl Line {
    /// The line of least squares through all of `y`.
    pub(super) fn through(y: &[f64]) -> Self {
        y.iter()
            .skip(1)
            .fold(Self::from(y[0]), |line, value| line.with(*value))
    }

    /// The line of one value: flat.
    pub(super) fn from(value: f64) -> Self {
        Self {
            a: value,
            b: 0.0,
            mean: value,
            count: 1,
        }
    }

    /// The line of least squares through one value more, by the recursion of Fiorucci et al. (2016), equations 21 to 23.
    pub(super) fn with(self, value: f64) -> Self {
        let count = self.count as f64;
        let mean = (count * self.mean + value) / (count + 1.0);
        let b = ((count - 1.0) * self.b + 6.0 * (value - self.mean) / (count + 1.0)) / (count + 2.0);
        Self {
            a: mean - b * (count + 2.0) / 2.0,
            b,
            mean,
            count: self.count + 1,
        }
    }

    /// What one more unit in value `count + 1` does to a line of `count` values.
    pub(super) fn shaken(count: usize) -> Self {
        Self {
            a: 0.0,
            b: 0.0,
            mean: 0.0,
            count,
        }
        .with(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recursion_gives_the_line_of_least_squares() {
        let y = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        for n in 2..=y.len() {
            let line = Line::through(&y[..n]);
            let mean_t = (n + 1) as f64 / 2.0;
            let mean = y[..n].iter().sum::<f64>() / n as f64;
            let (mut up, mut down) = (0.0, 0.0);
            for (at, value) in y[..n].iter().enumerate() {
                let t = (at + 1) as f64 - mean_t;
                up += t * (value - mean);
                down += t * t;
            }
            assert!((line.b - up / down).abs() < 1e-12, "{n}: {line:?}");
            assert!((line.a - (mean - line.b * mean_t)).abs() < 1e-12, "{n}: {line:?}");
        }
    }

    #[test]
    fn a_shake_is_the_difference_of_two_lines() {
        let y = [3.0, 1.0, 4.0, 1.0, 5.0];
        let (one, other) = (Line::through(&y).with(2.0), Line::through(&y).with(3.0));
        let shaken = Line::shaken(5);
        assert!((other.a - one.a - shaken.a).abs() < 1e-12);
        assert!((other.b - one.b - shaken.b).abs() < 1e-12);
    }
}
