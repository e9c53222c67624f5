//! The shock that deals share: what it makes of their chances, and of the sum of many of them.

use super::draw::Item;
use super::normal::t_quantile;

/// How many values of the shock.
pub(super) const STRATA: usize = 64;
/// Into how many classes of chance deals are put.
const CLASSES: usize = 400;

/// What all deals of a sum share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::pipeline) struct Shock {
    /// Standard deviation of the log of the common factor.
    pub sd: f64,
    /// Degrees of freedom of its t distribution, at least 3.
    pub freedom: f64,
}

/// Mean and variance of a sum of many deals, for each value of the shock.
pub(in crate::pipeline) struct Rest {
    pub means: Vec<f64>,
    pub variances: Vec<f64>,
}

impl Rest {
    pub(in crate::pipeline) fn of(items: &[Item], factors: &[f64]) -> Self {
        let mut classes = vec![(0.0, 0.0, 0.0, 0.0); CLASSES];
        let mut exact = 0.0;
        for item in items {
            // Finer classes for small chances, of which there are many.
            let class = ((libm::sqrt(item.chance) * CLASSES as f64) as usize).min(CLASSES - 1);
            let (sum, squares, variation, weight) = &mut classes[class];
            let square = item.size * item.size;
            *sum += item.size;
            *squares += square;
            *variation += square * item.variation * item.variation;
            *weight += item.size * item.chance;
            exact += item.size * item.chance;
        }
        let (mut means, mut variances) = (vec![0.0; factors.len()], vec![0.0; factors.len()]);
        for (sum, squares, variation, weight) in classes.into_iter().filter(|class| class.0 > 0.0) {
            let chances = conditional(weight / sum, factors);
            for (stratum, chance) in chances.into_iter().enumerate() {
                means[stratum] += chance * sum;
                variances[stratum] += chance * (1.0 - chance) * squares + chance * variation;
            }
        }
        let average: f64 = means.iter().sum::<f64>() / factors.len() as f64;
        if average > 0.0 {
            means.iter_mut().for_each(|mean| *mean *= exact / average);
        }
        Self { means, variances }
    }
}

/// A chance under each value of the shock; their mean is the chance, as near as chances below 1 allow.
pub(super) fn conditional(chance: f64, factors: &[f64]) -> Vec<f64> {
    if chance <= 0.0 || chance >= 1.0 {
        return vec![chance.clamp(0.0, 1.0); factors.len()];
    }
    let log_stays = libm::log1p(-chance);
    let mut chances: Vec<f64> = factors
        .iter()
        .map(|factor| -libm::expm1(factor * log_stays))
        .collect();
    let average: f64 = chances.iter().sum::<f64>() / factors.len() as f64;
    chances
        .iter_mut()
        .for_each(|one| *one = (*one * chance / average).min(1.0));
    chances
}

/// Values of the shock at equal steps of chance, rising, with mean 1.
pub(in crate::pipeline) fn shock_factors(shock: Shock) -> Vec<f64> {
    let at = |place: usize| {
        let t = t_quantile((place as f64 + 0.5) / STRATA as f64, shock.freedom.max(3.0));
        libm::exp((shock.sd * t).clamp(-4.0, 4.0))
    };
    let factors: Vec<f64> = (0..STRATA).map(at).collect();
    let mean: f64 = factors.iter().sum::<f64>() / STRATA as f64;
    factors.into_iter().map(|factor| factor / mean).collect()
}
