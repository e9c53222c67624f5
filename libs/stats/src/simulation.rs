//! Samples from known distributions, and how often an interval holds what they were drawn from: for tests.

use bellwether_domain::exact::Exact;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws that are the same on every machine.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Between 0 and 1, neither of them.
    pub(crate) fn uniform(&mut self) -> f64 {
        1.0 - self.0.random::<f64>() + f64::MIN_POSITIVE
    }

    /// Standard normal, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    /// Amounts as sales have them: the logarithm is normal.
    pub(crate) fn amount(&mut self, spread: f64) -> f64 {
        libm::exp(spread * self.normal())
    }

    /// Waiting times of mean 1.
    pub(crate) fn waiting(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// How many waits of mean 1 fit into a time.
    pub(crate) fn events(&mut self, time: f64) -> u64 {
        let (mut count, mut passed) = (0, self.waiting());
        while passed <= time {
            count += 1;
            passed += self.waiting();
        }
        count
    }
}

/// A float as whole millionths: what sums of squares are exact for.
pub(crate) fn millionths(value: f64) -> i64 {
    (value * 1e6).round() as i64
}

/// The sums of the products of every two columns of rows of whole numbers.
pub(crate) fn products<const N: usize>(rows: &[[i64; N]]) -> [[Exact; N]; N] {
    let sum = |i: usize, j: usize| {
        rows.iter()
            .map(|row| i128::from(row[i]) * i128::from(row[j]))
            .sum::<i128>()
    };
    std::array::from_fn(|i| std::array::from_fn(|j| Exact::from(sum(i, j))))
}

/// The sums of the columns.
pub(crate) fn sums<const N: usize>(rows: &[[i64; N]]) -> [Exact; N] {
    std::array::from_fn(|i| Exact::from(rows.iter().map(|row| i128::from(row[i])).sum::<i128>()))
}

/// The coverage of an interval at each point of a grid of parameters.
pub(crate) struct Coverage {
    of: &'static str,
    points: Vec<f64>,
}

impl Coverage {
    pub(crate) fn new(of: &'static str) -> Self {
        Self {
            of,
            points: Vec::new(),
        }
    }

    /// A point whose coverage is known.
    pub(crate) fn point(&mut self, coverage: f64) {
        self.points.push(coverage);
    }

    /// A point where it is simulated: `holds` draws a sample and says whether its interval held the truth.
    pub(crate) fn simulate(&mut self, runs: u32, mut holds: impl FnMut() -> bool) {
        let held = (0..runs).filter(|_| holds()).count();
        self.points.push(held as f64 / f64::from(runs));
    }

    /// The mean and the minimum over the grid, also printed.
    pub(crate) fn report(&self) -> (f64, f64) {
        let mean = self.points.iter().sum::<f64>() / self.points.len() as f64;
        let least = self.points.iter().copied().fold(1.0, f64::min);
        println!(
            "coverage of {}: mean {:.2} %, minimum {:.2} % over {} points",
            self.of,
            mean * 100.0,
            least * 100.0,
            self.points.len()
        );
        (mean, least)
    }

    /// That the mean is within a point of 95 %.
    pub(crate) fn assert_nominal(&self) {
        let (mean, _) = self.report();
        assert!((mean - 0.95).abs() <= 0.01, "{}: {mean}", self.of);
    }

    /// That the interval is conservative: nowhere below 95 %.
    pub(crate) fn assert_at_least_nominal(&self) {
        let (_, least) = self.report();
        assert!(least >= 0.95 - 1e-9, "{}: {least}", self.of);
    }
}
