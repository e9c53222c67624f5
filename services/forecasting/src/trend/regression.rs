//! What the newest changes say about the next ones: autoregression of the differences.

use super::classical::Season;
use super::{Fitted, Model, Unfit};

/// Autoregression of first differences (an integrated one in the terms of Box & Jenkins), on the classically
/// deseasonalised series where there is a season. The order is chosen by AICc, coefficients are those of Yule and
/// Walker (Levinson 1947, Durbin 1960), which are always stable; the drift is shrunk by its own uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AutoRegression;

/// The most lags.
const LAGS: usize = 12;

/// The fewest values.
const LEAST: usize = 8;

impl Model for AutoRegression {
    fn name(&self) -> &'static str {
        "autoregression"
    }

    fn fit(&self, y: &[f64], season: usize, horizon: usize) -> Result<Fitted, Unfit> {
        if let Some(at) = y.iter().position(|value| !value.is_finite()) {
            return Err(Unfit::NotFinite { at });
        }
        if y.len() < LEAST {
            return Err(Unfit::TooShort {
                needed: LEAST,
                given: y.len(),
            });
        }
        let pattern = Season::if_any(y, season);
        let level = pattern
            .as_ref()
            .map_or_else(|| y.to_vec(), |pattern| pattern.taken_from_all(y));
        let mut found = integrated(&level, horizon);
        if let Some(pattern) = &pattern {
            for (at, value) in found.fitted.iter_mut().enumerate() {
                *value = pattern.put_on(*value, at);
            }
            for step in 0..horizon {
                let at = y.len() + step;
                found.mean[step] = pattern.put_on(found.mean[step], at);
                found.sd[step] = pattern.widened(found.sd[step], at);
            }
            found.parameters += season;
        }
        let sound = |values: &[f64]| values.iter().all(|value| value.is_finite());
        if sound(&found.fitted) && sound(&found.mean) && sound(&found.sd) {
            Ok(found)
        } else {
            Err(Unfit::NotFound)
        }
    }
}

fn integrated(y: &[f64], horizon: usize) -> Fitted {
    let changes: Vec<f64> = y.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let n = changes.len() as f64;
    let mean = changes.iter().sum::<f64>() / n;
    let spread = changes
        .iter()
        .map(|change| (change - mean) * (change - mean))
        .sum::<f64>()
        / n;
    // Only what of the mean change stands out of its error is believed.
    let doubt = spread / n;
    let drift = if mean == 0.0 {
        0.0
    } else {
        mean * (1.0 - doubt / (mean * mean)).max(0.0)
    };
    let centred: Vec<f64> = changes.iter().map(|change| change - drift).collect();
    let (weights, variance) = order_and_weights(&centred);
    let next = |past: &[f64]| -> f64 {
        weights
            .iter()
            .zip(past.iter().rev())
            .map(|(weight, change)| weight * change)
            .sum()
    };
    let mut fitted = vec![y[0]];
    fitted.extend((0..centred.len()).map(|at| y[at] + drift + next(&centred[..at])));
    let mut path = centred;
    let mut level = y[y.len() - 1];
    let mut mean = Vec::with_capacity(horizon);
    for _ in 0..horizon {
        let change = next(&path);
        path.push(change);
        level += drift + change;
        mean.push(level);
    }
    Fitted {
        name: "autoregression",
        fitted,
        mean,
        sd: spread_ahead(&weights, variance, horizon),
        parameters: weights.len() + 1,
    }
}

/// The coefficients of the order with the least AICc, and the variance of what they leave over.
fn order_and_weights(changes: &[f64]) -> (Vec<f64>, f64) {
    let n = changes.len();
    let covariance = |lag: usize| -> f64 {
        changes[lag..]
            .iter()
            .zip(changes)
            .map(|(a, b)| a * b)
            .sum::<f64>()
            / n as f64
    };
    let mut variance = covariance(0);
    let mut weights: Vec<f64> = Vec::new();
    let mut best = (criterion(variance, n, 0), Vec::new(), variance);
    if variance <= 0.0 {
        return (Vec::new(), 0.0);
    }
    for order in 1..=LAGS.min(n / 4) {
        let known: f64 = weights
            .iter()
            .enumerate()
            .map(|(at, weight)| weight * covariance(order - 1 - at))
            .sum();
        let partial = (covariance(order) - known) / variance;
        let reversed: Vec<f64> = weights.iter().rev().copied().collect();
        for (weight, other) in weights.iter_mut().zip(reversed) {
            *weight -= partial * other;
        }
        weights.push(partial);
        variance *= 1.0 - partial * partial;
        if variance.is_nan() || variance <= 0.0 {
            break;
        }
        let value = criterion(variance, n, order);
        if value < best.0 {
            best = (value, weights.clone(), variance);
        }
    }
    (best.1, best.2)
}

/// Akaike's criterion, corrected for small samples (Hurvich & Tsai 1989).
fn criterion(variance: f64, n: usize, order: usize) -> f64 {
    let (n, k) = (n as f64, order as f64 + 2.0);
    n * libm::log(variance.max(f64::MIN_POSITIVE)) + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0).max(1.0)
}

/// Standard deviations by step: the sum of squares of what a shock does to the level.
fn spread_ahead(weights: &[f64], variance: f64, horizon: usize) -> Vec<f64> {
    let mut response: Vec<f64> = Vec::with_capacity(horizon);
    let (mut on_level, mut squares) = (0.0, 0.0);
    let mut sd = Vec::with_capacity(horizon);
    for step in 0..horizon {
        let change = if step == 0 {
            1.0
        } else {
            weights
                .iter()
                .zip(response.iter().rev())
                .map(|(weight, before)| weight * before)
                .sum()
        };
        response.push(change);
        on_level += change;
        squares += on_level * on_level;
        sd.push((variance * squares).sqrt());
    }
    sd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_take_turns_are_continued() {
        let y: Vec<f64> = (0..60).map(|at| if at % 2 == 0 { 1.0 } else { 2.0 }).collect();
        let found = AutoRegression.fit(&y, 1, 4).unwrap();
        for (step, mean) in found.mean.iter().enumerate() {
            let truth = if step % 2 == 0 { 1.0 } else { 2.0 };
            assert!((mean - truth).abs() < 0.2, "{step}: {mean}");
        }
    }

    #[test]
    fn a_line_goes_on() {
        let y: Vec<f64> = (0..30).map(|at| 1.0 + 0.1 * f64::from(at)).collect();
        let found = AutoRegression.fit(&y, 1, 5).unwrap();
        assert!((found.mean[4] - 4.4).abs() < 1e-6, "{:?}", found.mean);
        assert_eq!(found.fitted.len(), 30);
    }

    #[test]
    fn odd_series_get_an_answer_or_a_reason() {
        assert!(AutoRegression.fit(&[1.0; 7], 1, 3).is_err());
        assert_eq!(
            AutoRegression.fit(&[1.0, f64::NAN], 1, 3),
            Err(Unfit::NotFinite { at: 1 })
        );
        let constant = AutoRegression.fit(&[3.0; 20], 1, 3).unwrap();
        assert_eq!((constant.mean, constant.sd), (vec![3.0; 3], vec![0.0; 3]));
        let huge: Vec<f64> = (0..20)
            .map(|at| if at % 2 == 0 { 1e308 } else { -1e308 })
            .collect();
        assert_eq!(AutoRegression.fit(&huge, 1, 3), Err(Unfit::NotFound));
    }
}
