//! Fits beside answers that are known otherwise.

use super::*;

fn dense(rows: &[Vec<f64>]) -> Sparse {
    let mut sparse = Sparse::new(rows[0].len());
    for row in rows {
        sparse.push(
            row.iter()
                .enumerate()
                .map(|(column, value)| (column as u32, *value)),
        );
    }
    sparse
}

/// The weights (1,000 lbs) of the 32 cars of Motor Trend 1974 and whether each has a manual gear-box: `mtcars` of R.
const CARS: [(f64, bool); 32] = [
    (2.620, true),
    (2.875, true),
    (2.320, true),
    (3.215, false),
    (3.440, false),
    (3.460, false),
    (3.570, false),
    (3.190, false),
    (3.150, false),
    (3.440, false),
    (3.440, false),
    (4.070, false),
    (3.730, false),
    (3.780, false),
    (5.250, false),
    (5.424, false),
    (5.345, false),
    (2.200, true),
    (1.615, true),
    (1.835, true),
    (2.465, false),
    (3.520, false),
    (3.435, false),
    (3.840, false),
    (3.845, false),
    (1.935, true),
    (2.140, true),
    (1.513, true),
    (3.170, true),
    (2.770, true),
    (3.570, true),
    (2.780, true),
];

#[test]
fn a_textbook_fit_with_its_standard_errors() {
    // R: summary(glm(am ~ wt, binomial, mtcars)) prints 12.040 (4.510) and -4.024 (1.436).
    let rows = dense(&CARS.map(|(wt, _)| vec![wt]));
    let manual = CARS.map(|(_, manual)| manual);
    let fitted = fit(&rows, &manual, None, 0.0, None);
    assert!((fitted.intercept - 12.040).abs() < 5e-4, "{fitted:?}");
    assert!((fitted.coefficients[0] + 4.024).abs() < 5e-4, "{fitted:?}");
    let covariance = covariance(&rows, &manual, None, 0.0, &fitted).unwrap();
    assert!((covariance[0].sqrt() - 4.510).abs() < 1e-3, "{covariance:?}");
    assert!((covariance[3].sqrt() - 1.436).abs() < 1e-3, "{covariance:?}");
    assert!(covariance[1] < 0.0 && (covariance[1] - covariance[2]).abs() < 1e-9);
}

#[test]
fn a_table_of_two_by_two_gives_the_odds_ratio() {
    // 30 of 40 with it, 15 of 60 without: odds 3 and 1/3.
    let mut rows = Sparse::new(1);
    let mut won = Vec::new();
    for row in 0..100 {
        rows.push((row < 40).then_some((0, 1.0)));
        won.push(if row < 40 { row < 30 } else { row < 55 });
    }
    let fitted = fit(&rows, &won, None, 0.0, None);
    assert!((fitted.intercept - (1.0f64 / 3.0).ln()).abs() < 1e-6);
    assert!((fitted.coefficients[0] - 9.0f64.ln()).abs() < 1e-6);
}

#[test]
fn weights_count_as_rows() {
    let x: Vec<Vec<f64>> = (0..40)
        .map(|i| vec![f64::from(i % 7), f64::from(i % 3)])
        .collect();
    let won: Vec<bool> = (0..40).map(|i| (i * 5 + i / 3) % 4 < 2).collect();
    let weights: Vec<f64> = (0..40).map(|i| f64::from(1 + i % 3)).collect();
    let once = fit(&dense(&x), &won, Some(&weights), 0.7, None);
    let (mut long, mut long_won) = (Vec::new(), Vec::new());
    for i in 0..40 {
        for _ in 0..weights[i] as usize {
            long.push(x[i].clone());
            long_won.push(won[i]);
        }
    }
    let often = fit(&dense(&long), &long_won, None, 0.7, None);
    assert!((once.intercept - often.intercept).abs() < 1e-6);
    for (a, b) in once.coefficients.iter().zip(&often.coefficients) {
        assert!((a - b).abs() < 1e-6);
    }
}

#[test]
fn at_the_minimum_the_gradient_is_nothing() {
    let x: Vec<Vec<f64>> = (0..200)
        .map(|i| vec![(f64::from(i) * 0.7).sin(), f64::from(i % 5) - 2.0])
        .collect();
    let won: Vec<bool> = (0..200)
        .map(|i| (f64::from(i) * 0.7).sin() + f64::from(i % 3) > 0.8)
        .collect();
    let rows = dense(&x);
    let fitted = fit(&rows, &won, None, 2.5, None);
    let (gradient, _) = curvature(&rows, &won, None, 2.5, &fitted);
    assert!(gradient.iter().all(|part| part.abs() < 1e-3), "{gradient:?}");
}

#[test]
fn separable_rows_and_useless_columns_stay_finite() {
    let x: Vec<Vec<f64>> = (0..20)
        .map(|i| vec![f64::from(i), 0.0, 1.0, f64::from(i)])
        .collect();
    let won: Vec<bool> = (0..20).map(|i| i >= 10).collect();
    let fitted = fit(&dense(&x), &won, None, 0.5, None);
    assert!(fitted.coefficients.iter().all(|value| value.is_finite()));
    assert!(probability(fitted.logit(dense(&x).row(19))) > 0.9);
    let none = fit(&Sparse::new(2), &[], None, 1.0, None);
    assert_eq!(none.coefficients, [0.0, 0.0]);
    let huge = fit(
        &dense(&[vec![1e100], vec![-1e100], vec![1e100]]),
        &[true, false, false],
        None,
        1.0,
        None,
    );
    assert!(huge.coefficients[0].is_finite());
}

#[test]
fn logits_and_probabilities_turn_into_each_other() {
    for p in [1e-9, 0.2, 0.5, 0.99] {
        assert!((probability(logit(p)) - p).abs() < 1e-12);
    }
    assert!(probability(1e300) < 1.0 + 1e-15 && probability(f64::NEG_INFINITY) > 0.0);
    assert_eq!((logit(0.0), logit(1.0)), (-LARGEST_LOGIT, LARGEST_LOGIT));
    assert!(loss(800.0, false) == 800.0 && loss(800.0, true) < 1e-300);
}
