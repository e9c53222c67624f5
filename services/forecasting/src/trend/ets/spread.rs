//! What a fitted form says about the values to come, and how far off that may be.
//!
//! The variances are those of Hyndman et al. (2008), chapter 6: tables 6.2 (class 1) and 6.3 (class 2), and for a
//! season that multiplies the close approximation of section 6.4.3.

use super::form::{Cycle, Errors, Layout, Slope, Weights};
use super::pass::Run;
use super::refine::Point;

/// Variances are cut off here, so that a form that runs away over a long horizon still answers with numbers.
const MOST: f64 = 1e200;

/// Means and standard deviations by step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ahead {
    pub(super) mean: Vec<f64>,
    pub(super) sd: Vec<f64>,
}

/// The forecasts of `horizon` values after the `n` that `run` passed over.
pub(super) fn ahead(layout: &Layout, point: &Point, run: &Run, n: usize, horizon: usize) -> Ahead {
    let weights = layout.weights(&point.at);
    let reaches = reaches(layout, &weights, horizon);
    let base: Vec<f64> = reaches
        .iter()
        .map(|reach| run.state.level + reach * run.state.slope)
        .collect();
    let figures: Vec<f64> = (0..horizon)
        .map(|step| run.state.figures[(n + step) % layout.season])
        .collect();
    let cycle = layout.form.cycle;
    let mean: Vec<f64> = (base.iter().zip(&figures))
        .map(|(base, figure)| {
            if cycle == Cycle::Multiplied {
                base * figure
            } else {
                base + figure
            }
        })
        .collect();
    let variance = run.squares / n.saturating_sub(layout.charged()).max(1) as f64;
    // What one unit of error does so many steps later; the season's part is apart where it multiplies.
    let answers: Vec<f64> = (reaches.iter().enumerate())
        .map(|(step, reach)| {
            let again = cycle == Cycle::Added && (step + 1) % layout.season == 0;
            weights.alpha + weights.beta * reach + if again { weights.gamma } else { 0.0 }
        })
        .collect();
    let variances = match (layout.form.errors, cycle) {
        (Errors::Added, _) => added(variance, &answers),
        (Errors::Multiplied, Cycle::None | Cycle::Added) => {
            let spread = multiplied(variance, &answers, &mean);
            spread
                .iter()
                .zip(&mean)
                .map(|(spread, mean)| (1.0 + variance) * spread - mean * mean)
                .collect()
        }
        (Errors::Multiplied, Cycle::Multiplied) => {
            let spread = multiplied(variance, &answers, &base);
            together(
                layout,
                variance,
                weights.gamma,
                [&answers, &base, &spread, &figures],
            )
        }
    };
    let sd = variances
        .iter()
        .map(|variance: &f64| variance.clamp(0.0, MOST).sqrt())
        .collect();
    Ahead { mean, sd }
}

/// Class 3: the spread of what is expected without the season, times that of the figures (section 6.4.3), and twice the
/// covariance, which the approximation of the book leaves out: an error moves the level and its figure together.
fn together(layout: &Layout, variance: f64, gamma: f64, parts: [&[f64]; 4]) -> Vec<f64> {
    let [answers, base, spread, figures] = parts;
    let again = 1.0 + gamma * gamma * variance;
    (0..base.len())
        .map(|step| {
            let seasons = step / layout.season;
            let turned = (0..seasons).fold(1.0, |turned: f64, _| (turned * again).min(MOST));
            let shared: f64 = (1..=seasons)
                .map(|back| back * layout.season)
                .map(|back| answers[back - 1] * base[step - back])
                .sum();
            let apart = spread[step] * (1.0 + variance) * turned - base[step] * base[step];
            figures[step] * figures[step] * (apart + 2.0 * gamma * variance * shared * base[step])
        })
        .collect()
}

/// How many slopes are in the level after each step: the step itself, less where the slope fades.
fn reaches(layout: &Layout, weights: &Weights, horizon: usize) -> Vec<f64> {
    let mut fade = 1.0;
    let mut reach = 0.0;
    (0..horizon)
        .map(|_| {
            if layout.form.slope != Slope::None {
                fade *= weights.phi;
                reach += fade;
            }
            reach
        })
        .collect()
}

/// Class 1: `variance * (1 + sum of squared answers before)`.
fn added(variance: f64, answers: &[f64]) -> Vec<f64> {
    let mut sum = 1.0;
    answers
        .iter()
        .map(|answer| {
            let now = (variance * sum).min(MOST);
            sum = (sum + answer * answer).min(MOST);
            now
        })
        .collect()
}

/// Class 2: the expected squares of what is forecast, `theta(h) = mean(h)^2 + variance * sum of answer(j)^2
/// theta(h - j)`.
fn multiplied(variance: f64, answers: &[f64], mean: &[f64]) -> Vec<f64> {
    let squared: Vec<f64> = answers.iter().map(|answer| answer * answer).collect();
    let mut spread: Vec<f64> = Vec::with_capacity(mean.len());
    for value in mean {
        let before: f64 = squared
            .iter()
            .zip(spread.iter().rev())
            .map(|(answer, spread)| answer * spread)
            .sum();
        spread.push((value * value + variance * before).min(MOST));
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::super::form::Form;
    use super::super::pass::run;
    use super::*;

    const SERIES: [f64; 12] = [0.5, 0.62, 0.41, 0.55, 0.58, 0.7, 0.44, 0.6, 0.61, 0.78, 0.5, 0.66];

    fn told(name: &str, at: &[f64], horizon: usize) -> (Ahead, f64, Layout) {
        let layout = Layout::of(Form::named(name).unwrap(), 4);
        let mut run = run(&layout, at, &SERIES, |_| ()).unwrap();
        // Errors a third as large: approximations are close where variances are small.
        run.squares /= 9.0;
        let point = Point {
            at: at.to_vec(),
            badness: run.badness,
        };
        let variance = run.squares / (12 - layout.charged()).max(1) as f64;
        (ahead(&layout, &point, &run, 12, horizon), variance, layout)
    }

    #[test]
    fn simple_smoothing_spreads_as_in_the_book() {
        let (ahead, variance, _) = told("ETS(A,N,N)", &[0.3, 0.5], 5);
        for (step, sd) in ahead.sd.iter().enumerate() {
            let truth = variance * (1.0 + 0.09 * step as f64);
            assert!((sd * sd - truth).abs() < 1e-12);
        }
        assert!(ahead.mean.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_straight_slope_spreads_as_in_the_book() {
        // 1 + (h - 1) (alpha^2 + alpha beta h + beta^2 h (2 h - 1) / 6), with alpha 0.3 and beta 0.06.
        let (ahead, variance, _) = told("ETS(A,A,N)", &[0.3, 0.2, 0.5, 0.01], 6);
        for (step, sd) in ahead.sd.iter().enumerate() {
            let h = (step + 1) as f64;
            let grown = 0.09 + 0.018 * h + 0.0036 * h * (2.0 * h - 1.0) / 6.0;
            assert!((sd * sd - variance * (1.0 + (h - 1.0) * grown)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_season_that_is_added_spreads_as_in_the_book() {
        // 1 + alpha^2 (h - 1) + gamma k (2 alpha + gamma), k whole seasons before h; gamma = 0.2 * 0.7.
        let (ahead, variance, _) = told("ETS(A,N,A)", &[0.3, 0.2, 0.5, 0.02, 0.13, -0.16], 10);
        for (step, sd) in ahead.sd.iter().enumerate() {
            let k = (step / 4) as f64;
            let truth = variance * (1.0 + 0.09 * step as f64 + 0.14 * k * (0.6 + 0.14));
            assert!((sd * sd - truth).abs() < 1e-12, "{step}");
        }
    }

    /// Relative errors without any smoothing: the spread is that of the next value alone.
    #[test]
    fn relative_errors_spread_with_the_level() {
        let (ahead, variance, _) = told("ETS(M,N,M)", &[1e-9, 1e-9, 0.55, 1.0, 1.2, 0.8], 8);
        for (mean, sd) in ahead.mean.iter().zip(&ahead.sd) {
            assert!((sd / mean - variance.sqrt()).abs() < 1e-6);
        }
    }

    /// The variances of a form with relative errors against many made-up futures.
    #[test]
    fn made_up_futures_spread_as_is_told() {
        let at = [0.4, 0.2, 0.3, 0.9, 0.55, 0.01, 0.9, 1.15, 0.8];
        let (ahead, variance, layout) = told("ETS(M,Ad,M)", &at, 9);
        let start = run(&layout, &at, &SERIES, |_| ()).unwrap().state;
        let weights = layout.weights(&at);
        let mut seed = 7_u64;
        let mut uniform = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        let futures = 20_000;
        let mut sums = vec![(0.0, 0.0); 9];
        for _ in 0..futures {
            let mut state = start.clone();
            for (step, sum) in sums.iter_mut().enumerate() {
                let position = step % 4;
                let base = state.level + weights.phi * state.slope;
                let error = ((0..12).map(|_| uniform()).sum::<f64>() - 6.0) * variance.sqrt();
                let value = base * state.figures[position] * (1.0 + error);
                sum.0 += value;
                sum.1 += value * value;
                state.level = base * (1.0 + weights.alpha * error);
                state.slope = weights.phi * state.slope + weights.beta * base * error;
                state.figures[position] *= 1.0 + weights.gamma * error;
            }
        }
        for (step, (sum, squares)) in sums.into_iter().enumerate() {
            let mean = sum / f64::from(futures);
            let sd = (squares / f64::from(futures) - mean * mean).sqrt();
            assert!(
                (mean / ahead.mean[step] - 1.0).abs() < 0.03,
                "{step}: {mean} {ahead:?}"
            );
            assert!((sd / ahead.sd[step] - 1.0).abs() < 0.05, "{step}: {sd} {ahead:?}");
        }
    }
}
