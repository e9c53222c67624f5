//! Theta models against answers by hand, against a slow search, and on bad input.

use super::search::best;
use super::*;

const KINDS: [Theta; 5] = [
    Theta::Standard,
    Theta::Optimised,
    Theta::Dynamic,
    Theta::DynamicOptimised,
    Theta::Automatic,
];

/// Monthly values with a season, a trend and noise that is the same everywhere.
fn monthly(n: usize) -> Vec<f64> {
    let mut state = 12_345_u64;
    (0..n)
        .map(|t| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let noise = (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5;
            let season = [0.9, 0.85, 1.0, 1.05, 1.1, 1.2, 1.15, 1.1, 1.0, 0.95, 0.8, 0.9][t % 12];
            (200.0 + 1.5 * t as f64) * season * (1.0 + 0.1 * noise)
        })
        .collect()
}

/// One step ahead by the formulas as they are printed, from the first level on.
fn by_the_book(y: &[f64], alpha: f64, first: f64, weight: f64) -> Vec<f64> {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let rising = y
        .iter()
        .enumerate()
        .map(|(at, value)| (at + 1) as f64 * value)
        .sum::<f64>()
        / n;
    let b = 6.0 * (2.0 * rising - (n + 1.0) * mean) / (n * n - 1.0);
    let a = mean - (n + 1.0) * b / 2.0;
    let mut level = first;
    y.iter()
        .enumerate()
        .map(|(at, value)| {
            let left = libm::pow(1.0 - alpha, at as f64);
            let forecast = level + weight * (a * left + b * (1.0 - left * (1.0 - alpha)) / alpha);
            level = alpha * value + (1.0 - alpha) * level;
            forecast
        })
        .collect()
}

fn squares(y: &[f64], fitted: &[f64]) -> f64 {
    y.iter()
        .zip(fitted)
        .skip(SPENT)
        .map(|(value, fitted)| (value - fitted) * (value - fitted))
        .sum()
}

#[test]
fn nothing_in_reach_is_better_than_what_is_found() {
    let y: Vec<f64> = monthly(48).iter().map(|value| value / 512.0).collect();
    let found = best(&y, false, true).unwrap();
    assert!((squares(&y, &found.fitted) - found.squares).abs() < 1e-10);
    for alpha in 0..=10 {
        for weight in 0..=10 {
            for first in 0..=40 {
                let (alpha, weight) = (0.1 + 0.089 * f64::from(alpha), f64::from(weight) / 10.0);
                let slow = by_the_book(&y, alpha, f64::from(first) / 40.0, weight);
                assert!(
                    squares(&y, &slow) >= found.squares - 1e-12,
                    "{alpha} {weight} {first}"
                );
            }
        }
    }
}

#[test]
fn a_line_goes_on_as_a_line() {
    let y: Vec<f64> = (0..30).map(|t| 10.0 + 3.0 * f64::from(t)).collect();
    let fitted = Theta::DynamicOptimised.fit(&y, 1, 6).unwrap();
    for (step, value) in fitted.mean.iter().enumerate() {
        let truth = 10.0 + 3.0 * (30 + step) as f64;
        assert!((value - truth).abs() < 0.02 * truth, "{fitted:?}");
    }
    // With theta = 2 the forecast rises by half the slope of the line (Hyndman & Billah 2003).
    let fitted = Theta::Standard.fit(&y, 1, 6).unwrap();
    for pair in fitted.mean.windows(2) {
        assert!((pair[1] - pair[0] - 1.5).abs() < 1e-6, "{fitted:?}");
    }
}

#[test]
fn a_season_is_found_and_put_on_again() {
    let y = monthly(96);
    for kind in KINDS {
        let fitted = kind.fit(&y, 12, 18).unwrap();
        let truth = |t: usize| {
            (200.0 + 1.5 * t as f64)
                * [0.9, 0.85, 1.0, 1.05, 1.1, 1.2, 1.15, 1.1, 1.0, 0.95, 0.8, 0.9][t % 12]
        };
        for (step, value) in fitted.mean.iter().enumerate() {
            let truth = truth(96 + step);
            assert!(
                (value / truth - 1.0).abs() < 0.08,
                "{kind:?} {step}: {value} for {truth}"
            );
        }
        assert_eq!((fitted.fitted.len(), fitted.sd.len()), (96, 18));
        assert!(fitted.sd[0] > 0.0);
    }
}

#[test]
fn the_automatic_one_is_no_worse_than_any() {
    for y in [monthly(60), monthly(25), monthly(96).split_off(40)] {
        let y: Vec<f64> = y.iter().map(|value| value / 512.0).collect();
        let (_, least) = Theta::Automatic.least(&y).unwrap();
        for kind in KINDS {
            let (_, single) = kind.least(&y).unwrap();
            assert!(least.squares <= single.squares + 1e-9, "{kind:?}");
        }
    }
}

#[test]
fn scale_does_not_matter_and_neither_does_the_sign_of_a_shift_without_season() {
    let y = monthly(60);
    for kind in KINDS {
        let one = kind.fit(&y, 12, 12).unwrap();
        for factor in [2.0, 1_000.0, 1e-9, 1e200] {
            let scaled: Vec<f64> = y.iter().map(|value| value * factor).collect();
            let other = kind.fit(&scaled, 12, 12).unwrap();
            for (a, b) in one
                .mean
                .iter()
                .chain(&one.sd)
                .zip(other.mean.iter().chain(&other.sd))
            {
                assert!(
                    (a * factor - b).abs() <= 1e-6 * b.abs(),
                    "{kind:?} by {factor}: {a} and {b}"
                );
            }
            assert_eq!(one.name, other.name);
        }
    }
}

#[test]
fn bad_input_is_answered_or_refused_but_never_panics() {
    let long: Vec<Vec<f64>> = vec![
        vec![1e300; 40],
        (0..40)
            .map(|t| if t % 2 == 0 { 1.7e308 } else { -1.7e308 })
            .collect(),
        (0..40).map(|t| libm::pow(10.0, 7.0 * f64::from(t))).collect(),
        vec![0.0; 40],
        (0..40).map(|t| if t == 39 { 1.0 } else { 0.0 }).collect(),
        (0..40).map(|t| 5e-324 * f64::from(t)).collect(),
        (0..40).map(|t| -f64::from(t)).collect(),
    ];
    for y in &long {
        for kind in KINDS {
            for season in [0, 1, 2, 7, 12, 40, usize::MAX] {
                let fitted = kind.fit(y, season, 24).unwrap();
                assert_eq!(fitted.mean.len(), 24);
                let all = fitted.mean.iter().chain(&fitted.sd).chain(&fitted.fitted);
                assert!(
                    all.clone().all(|value| value.is_finite()),
                    "{kind:?} {season} {y:?}"
                );
                assert!(fitted.sd.iter().all(|sd| *sd >= 0.0));
            }
        }
    }
    assert_eq!(Theta::Automatic.fit(&[], 1, 2), Err(Unfit::Empty));
    assert_eq!(
        Theta::Automatic.fit(&[1.0; 5], 1, 2),
        Err(Unfit::TooShort { needed: 6, given: 5 })
    );
    assert_eq!(
        Theta::Automatic.fit(&[f64::INFINITY; 9], 1, 2),
        Err(Unfit::NotFinite { at: 0 })
    );
    assert_eq!(
        Theta::Automatic.fit(&monthly(30), 12, 0).unwrap().mean,
        Vec::<f64>::new()
    );
}
