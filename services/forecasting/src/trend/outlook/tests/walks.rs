//! Series that wander without a season: where they begin, models are off by far more than ever after.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Values that move by about 10 a step, so many known and as many as the horizon to come.
fn walks(count: usize, n: usize, horizon: usize) -> Vec<(Series, Vec<f64>)> {
    let mut dice = ChaCha8Rng::seed_from_u64(n as u64);
    let mut step = || 10.0 * ((0..12).map(|_| dice.random_range(0.0..1.0_f64)).sum::<f64>() - 6.0);
    let mut walk = || {
        let mut level = 1_000.0;
        let all: Vec<f64> = std::iter::repeat_with(|| {
            level += step();
            level
        })
        .take(n + horizon)
        .collect();
        (Series::full(&all[..n], 1), all[n..].to_vec())
    };
    std::iter::repeat_with(&mut walk).take(count).collect()
}

#[test]
fn intervals_of_what_wanders_hold() {
    let ask = Ask {
        levels: vec![0.8, 0.95],
        ..Ask::ahead(12)
    };
    for n in [60, 250] {
        let made = walks(150, n, 12);
        let series: Vec<Series> = made.iter().map(|(series, _)| series.clone()).collect();
        let mut held = [0.0; 2];
        for (forecast, (_, came)) in forecast_all(&series, &ask).into_iter().zip(&made) {
            for (held, band) in held.iter_mut().zip(&forecast.unwrap().bands) {
                let ends = band.low.iter().zip(&band.high).zip(came);
                let within = ends.filter(|((low, high), came)| *low <= came && came <= high);
                *held += within.count() as f64 / (12.0 * 150.0);
            }
        }
        assert!(
            (0.75..=0.86).contains(&held[0]) && (0.92..=0.98).contains(&held[1]),
            "{n}: {held:?}"
        );
    }
}

#[test]
fn what_models_miss_at_the_start_hides_the_shape_of_no_error() {
    let (series, _) = &walks(1, 250, 12)[0];
    let ask = Ask::ahead(12);
    let outlook = Outlook::of(series, &ask).unwrap();
    let rest = &outlook.combined.rest;
    let usual = (rest.iter().map(|rest| rest * rest).sum::<f64>() / rest.len() as f64).sqrt();
    assert!(rest.iter().all(|rest| rest.abs() < 6.0 * usual), "{rest:?}");
    assert!(rest[..5].iter().all(|rest| *rest == 0.0) && rest[5] != 0.0);
}
