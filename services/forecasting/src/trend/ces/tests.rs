//! Complex smoothing by hand, on made-up series and on bad input.

use super::pass::State;
use super::*;

fn monthly(n: usize, noise: f64) -> Vec<f64> {
    let mut state = 99_u64;
    (0..n)
        .map(|t| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let random = (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5;
            let season = [
                -20.0, -30.0, 0.0, 10.0, 20.0, 40.0, 30.0, 20.0, 0.0, -10.0, -40.0, -20.0,
            ][t % 12];
            200.0 + season + noise * random
        })
        .collect()
}

#[test]
fn a_step_is_that_of_the_formulas() {
    let mut state = State::first(&[10.0; 12], 1, Kind::None).unwrap();
    assert_eq!(state.expected(0), 10.0);
    // l = 10 - (1 - 0.8) (10 / 1.1) + (1.2 - 0.8) 2; after it c = 10 + (1 - 1.2) (10 / 1.1) + (1.2 + 0.8) 2.
    state.advance(&[1.2, 0.8], 0, 2.0);
    let level = 10.0 - 2.0 / 1.1 + 0.8;
    let potential = 10.0 - 2.0 / 1.1 + 4.0;
    assert!((state.expected(0) - level).abs() < 1e-12);
    state.advance(&[1.2, 0.8], 0, 0.0);
    assert!((state.expected(0) - (level - 0.2 * potential)).abs() < 1e-12);
}

#[test]
fn a_season_goes_on() {
    for noise in [0.0, 20.0] {
        let y = monthly(96, noise);
        let fitted = Ces::auto().fit(&y, 12, 18).unwrap();
        assert_ne!(fitted.name, "CES(N)");
        let truth = monthly(114, 0.0).split_off(96);
        for (value, truth) in fitted.mean.iter().zip(truth) {
            assert!(
                (value - truth).abs() < 3.0 + noise,
                "{noise}: {value} for {truth}"
            );
        }
    }
}

#[test]
fn an_error_comes_again_as_it_does_when_the_value_is_moved() {
    let y = monthly(60, 15.0);
    for kind in Kind::ALL {
        let best = single(&y, 12, kind).unwrap();
        let told = told(&best, &y, 15);
        let (mut one, mut other) = (best.state.clone(), best.state.clone());
        let mut sum = 1.0;
        for step in 0..15 {
            let position = (60 + step) % one.season();
            let variance = told.sd[0] * told.sd[0];
            assert!(
                (told.sd[step] * told.sd[step] - variance * sum).abs() < 1e-9 * variance * sum,
                "{kind:?} {step}"
            );
            one.advance(&best.weights, position, 0.0);
            other.advance(&best.weights, position, if step == 0 { 1.0 } else { 0.0 });
            let next = (position + 1) % one.season();
            sum += (other.expected(next) - one.expected(next)) * (other.expected(next) - one.expected(next));
        }
    }
}

#[test]
fn scale_does_not_matter() {
    let y = monthly(60, 20.0);
    let one = Ces::auto().fit(&y, 12, 12).unwrap();
    for factor in [4.0, 1e-9, 1e200] {
        let scaled: Vec<f64> = y.iter().map(|value| value * factor).collect();
        let other = Ces::auto().fit(&scaled, 12, 12).unwrap();
        assert_eq!(one.name, other.name);
        for (a, b) in one
            .mean
            .iter()
            .chain(&one.sd)
            .zip(other.mean.iter().chain(&other.sd))
        {
            assert!(
                (a * factor - b).abs() <= 1e-3 * b.abs(),
                "by {factor}: {a} and {b}"
            );
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
        (0..40).map(|t| f64::from(t % 4)).collect(),
    ];
    for y in &long {
        for season in [0, 1, 2, 4, 12, 20, 40, usize::MAX] {
            let fitted = Ces::auto().fit(y, season, 24).unwrap();
            let all = fitted.mean.iter().chain(&fitted.sd).chain(&fitted.fitted);
            assert!(all.clone().all(|value| value.is_finite()), "{season} {y:?}");
            assert_eq!(
                (fitted.mean.len(), fitted.sd.len(), fitted.fitted.len()),
                (24, 24, 40)
            );
        }
    }
    assert_eq!(Ces::auto().fit(&[], 1, 2), Err(Unfit::Empty));
    assert_eq!(
        Ces::auto().fit(&[1.0; 7], 1, 2),
        Err(Unfit::TooShort { needed: 8, given: 7 })
    );
}
