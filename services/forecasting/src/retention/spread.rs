//! The distribution of a sum over customers who share good and bad times.

use bellwether_stats::{normal_quantile, normal_share};

use super::Band;

/// Into how many equally likely times the future is cut.
const TIMES: usize = 41;

/// Factors on hazards in equally likely times, from the best to the worst: log-normal with mean 1 and a logarithm of
/// standard deviation `sd`.
pub(super) fn factors(sd: f64) -> Vec<f64> {
    let at = |place: usize| libm::exp(sd.min(2.0) * normal_quantile((place as f64 + 0.5) / TIMES as f64));
    let factors: Vec<f64> = (0..TIMES).map(at).collect();
    let mean = factors.iter().sum::<f64>() / TIMES as f64;
    factors.into_iter().map(|factor| factor / mean).collect()
}

/// How much the hazards of windows of `months` months vary together, as the variance of a factor with mean 1: what is
/// beyond chance in (left, expected) by month. `None` without three such windows.
pub(super) fn shared(by_month: &[(f64, f64)], months: usize) -> Option<f64> {
    if months == 0 || by_month.len() < 3 * months {
        return None;
    }
    let (mut beyond, mut squares) = (0.0, 0.0);
    for window in by_month.chunks_exact(months) {
        let (left, expected) = window
            .iter()
            .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        beyond += (left - expected) * (left - expected) - expected;
        squares += expected * expected;
    }
    (squares > 0.0).then(|| (beyond / squares).max(0.0))
}

/// Normal distributions, each as likely as the others.
#[derive(Clone, Debug)]
pub(super) struct Mixture {
    /// Mean and standard deviation.
    parts: Vec<(f64, f64)>,
    /// What the sum cannot be below or above.
    bounds: (f64, f64),
}

impl Mixture {
    /// Of means and variances.
    pub(super) fn new(parts: impl Iterator<Item = (f64, f64)>, bounds: (f64, f64)) -> Self {
        Self {
            parts: parts
                .map(|(mean, variance)| (mean, variance.max(0.0).sqrt()))
                .collect(),
            bounds,
        }
    }

    /// The mean.
    pub(super) fn mean(&self) -> f64 {
        let sum: f64 = self.parts.iter().map(|part| part.0).sum();
        (sum / self.parts.len().max(1) as f64).clamp(self.bounds.0, self.bounds.1)
    }

    /// What holds a share `level` of it, as much left out below as above.
    pub(super) fn band(&self, level: f64) -> Band {
        Band {
            level,
            low: self.quantile((1.0 - level) / 2.0),
            high: self.quantile((1.0 + level) / 2.0),
        }
    }

    fn quantile(&self, share: f64) -> f64 {
        let ends = |sign: f64| self.parts.iter().map(move |part| part.0 + sign * 9.0 * part.1);
        let mut low = ends(-1.0).fold(f64::INFINITY, f64::min);
        let mut high = ends(1.0).fold(f64::NEG_INFINITY, f64::max);
        for _ in 0..80 {
            let middle = low / 2.0 + high / 2.0;
            if self.below(middle) < share {
                low = middle;
            } else {
                high = middle;
            }
        }
        high.clamp(self.bounds.0, self.bounds.1)
    }

    fn below(&self, value: f64) -> f64 {
        let one = |(mean, sd): &(f64, f64)| {
            if *sd > 0.0 {
                normal_share((value - mean) / sd)
            } else {
                f64::from(u8::from(value >= *mean))
            }
        };
        self.parts.iter().map(one).sum::<f64>() / self.parts.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_of_a_normal_and_of_two() {
        let one = Mixture::new([(10.0, 4.0)].into_iter(), (0.0, 100.0));
        let band = one.band(0.95);
        assert!(
            (band.low - 6.080_072).abs() < 1e-5 && (band.high - 13.919_928).abs() < 1e-5,
            "{band:?}"
        );
        let two = Mixture::new([(10.0, 0.0), (20.0, 0.0)].into_iter(), (12.0, 100.0));
        assert_eq!((two.mean(), two.band(0.9).low), (15.0, 12.0));
        assert!((two.band(0.9).high - 20.0).abs() < 1e-9);
    }

    #[test]
    fn factors_have_mean_one_and_their_spread() {
        let factors = factors(0.3);
        let mean = factors.iter().sum::<f64>() / TIMES as f64;
        let variance = factors
            .iter()
            .map(|factor| (factor - mean) * (factor - mean))
            .sum::<f64>()
            / TIMES as f64;
        assert!(
            (mean - 1.0).abs() < 1e-12 && (variance.sqrt() - 0.3).abs() < 0.03,
            "{variance}"
        );
    }

    #[test]
    fn what_is_shared_is_what_chance_does_not_explain() {
        assert_eq!(shared(&[(4.0, 4.0); 12], 3), Some(0.0));
        assert_eq!(shared(&[(4.0, 4.0); 5], 2), None);
        // (20 - 10)² - 10 and (0 - 10)² - 10 over 200.
        assert_eq!(
            shared(&[(20.0, 10.0), (0.0, 10.0), (20.0, 10.0), (0.0, 10.0)], 1),
            Some(0.9)
        );
    }
}
