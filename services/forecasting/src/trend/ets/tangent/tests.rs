//! Slopes against small differences.

use super::super::form::Form;
use super::super::pass::run;
use super::*;

const SERIES: [f64; 16] = [
    0.50, 0.62, 0.41, 0.55, 0.58, 0.70, 0.44, 0.60, 0.61, 0.78, 0.50, 0.66, 0.70, 0.81, 0.52, 0.75,
];

fn point(layout: &Layout) -> Vec<f64> {
    let mut point = vec![0.3];
    point.extend(layout.beta.map(|_| 0.4));
    point.extend(layout.gamma.map(|_| 0.2));
    point.extend(layout.phi.map(|_| 0.9));
    point.push(0.5);
    point.extend(layout.slope.map(|_| 0.01));
    let figure = if layout.form.cycle == Cycle::Multiplied {
        1.0
    } else {
        0.0
    };
    point.extend(
        [0.02, 0.13, -0.16]
            .iter()
            .map(|off| figure + off)
            .take(layout.season - 1),
    );
    point
}

/// The slope of `n ln(S) + 2 sum ln` is `n / S` times twice the pull: against small differences.
#[test]
fn the_pull_is_the_slope_of_the_badness_in_every_form() {
    for form in Form::all() {
        let layout = Layout::of(form, 4);
        let at = point(&layout);
        let sums = normal(&layout, &at, &SERIES).unwrap();
        let squares = run(&layout, &at, &SERIES, |_| ()).unwrap().squares;
        for place in 0..layout.count {
            let beside = |step: f64| {
                let mut at = at.clone();
                at[place] += step;
                run(&layout, &at, &SERIES, |_| ()).unwrap().badness
            };
            let slope = (beside(1e-6) - beside(-1e-6)) / 2e-6;
            let told = 2.0 * SERIES.len() as f64 * sums.pull[place] / squares;
            assert!(
                (slope - told).abs() < 1e-4 * (1.0 + slope.abs()),
                "{form:?} {place}: {slope} {told}"
            );
        }
    }
}

/// The matrix is that of the slopes of the single errors, each by small differences.
#[test]
fn the_matrix_is_made_of_the_errors_slopes() {
    let layout = Layout::of(Form::named("ETS(A,Ad,A)").unwrap(), 4);
    let at = point(&layout);
    let sums = normal(&layout, &at, &SERIES).unwrap();
    let errors = |at: &[f64]| {
        let mut told = Vec::new();
        run(&layout, at, &SERIES, |value| told.push(value)).unwrap();
        told
    };
    let slopes: Vec<Vec<f64>> = (0..layout.count)
        .map(|place| {
            let (mut up, mut down) = (at.clone(), at.clone());
            up[place] += 1e-6;
            down[place] -= 1e-6;
            errors(&up)
                .iter()
                .zip(errors(&down))
                .map(|(a, b)| (a - b) / 2e-6)
                .collect()
        })
        .collect();
    for row in 0..layout.count {
        for column in 0..=row {
            let product: f64 = slopes[row].iter().zip(&slopes[column]).map(|(a, b)| a * b).sum();
            let told = sums.matrix[row][column];
            assert!(
                (product - told).abs() < 1e-5 * (1.0 + told.abs()),
                "{row} {column}: {product} {told}"
            );
        }
    }
}
