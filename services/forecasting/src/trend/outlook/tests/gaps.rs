//! Intervals of series of which much is missing.

use super::*;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

fn normal(dice: &mut ChaCha8Rng) -> f64 {
    let (size, turn): (f64, f64) = (
        dice.random_range(f64::MIN_POSITIVE..1.0),
        dice.random_range(0.0..1.0),
    );
    (-2.0 * libm::log(size)).sqrt() * libm::cos(2.0 * std::f64::consts::PI * turn)
}

/// Of what came after each series, the shares within 80 and 95 %.
fn held(all: &[(Series, Vec<f64>)], horizon: usize) -> [f64; 2] {
    let series: Vec<Series> = all.iter().map(|(series, _)| series.clone()).collect();
    let mut held = [0.0; 2];
    let mut count = 0.0;
    for (found, (_, came)) in forecast_all(&series, &Ask::ahead(horizon)).iter().zip(all) {
        let Ok(found) = found else { continue };
        assert!(is_sound(found, horizon));
        count += horizon as f64;
        for (held, band) in held.iter_mut().zip(&found.bands) {
            let ends = band.low.iter().zip(&band.high).zip(came);
            *held += ends
                .filter(|((low, high), came)| (*low..=*high).contains(came))
                .count() as f64;
        }
    }
    held.map(|held| held / count)
}

/// Independent values around 100, `n` known ones of which some are gone, and 12 that came.
fn noise(
    seed: u64,
    n: usize,
    season: usize,
    gone: impl Fn(&mut ChaCha8Rng, usize) -> bool,
) -> (Series, Vec<f64>) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n)
        .map(|at| {
            let value = 100.0 + 10.0 * normal(&mut dice);
            (!gone(&mut dice, at)).then_some(value)
        })
        .collect();
    let came = (0..12).map(|_| 100.0 + 10.0 * normal(&mut dice)).collect();
    let seasons = vec![season];
    (Series { values, seasons }, came)
}

#[test]
fn intervals_hold_where_values_are_missing() {
    for season in [1, 12] {
        for share in [0.2, 0.4, 0.6] {
            let all: Vec<_> = (0..150)
                .map(|seed| {
                    noise(31_000 + seed, 96, season, |dice, _| {
                        dice.random_range(0.0..1.0) < share
                    })
                })
                .collect();
            let [at80, at95] = held(&all, 12);
            // Where most is missing, earlier origins had a dozen values to go by, and what was missed there is more than
            // will be: rather too wide.
            let widest = if share > 0.5 { 0.9 } else { 0.88 };
            assert!(
                (0.76..=widest).contains(&at80) && (0.93..=0.992).contains(&at95),
                "{season} {share}: {at80} {at95}"
            );
            // A series by itself has no others to learn from, and is rather too wide than too narrow.
            let alone: Vec<[f64; 2]> = all[..60]
                .iter()
                .map(|one| held(std::slice::from_ref(one), 12))
                .collect();
            let mean = |which: usize| alone.iter().map(|held| held[which]).sum::<f64>() / alone.len() as f64;
            assert!(mean(0) > 0.76 && mean(1) > 0.93, "{season} {share}: {alone:?}");
        }
    }
}

#[test]
fn intervals_hold_where_simulated_values_are_missing() {
    for (season, n) in [(1, 80), (12, 96)] {
        for share in [0.2, 0.4, 0.6] {
            let of = |seed: u64| {
                let made = simulate(41_000_000 + seed, n, season, 12);
                let mut dice = ChaCha8Rng::seed_from_u64(seed);
                let values = made
                    .past
                    .iter()
                    .map(|value| (dice.random_range(0.0..1.0) >= share).then_some(*value));
                let values = values.collect();
                let seasons = vec![season];
                (Series { values, seasons }, made.future)
            };
            let all: Vec<_> = (0..150).map(of).collect();
            let [at80, at95] = held(&all, 12);
            assert!(
                (0.74..=0.87).contains(&at80) && (0.9..=0.985).contains(&at95),
                "{season} {share}: {at80} {at95}"
            );
        }
    }
}

/// The distance since the last value is a distance ahead.
#[test]
fn a_year_without_values_is_a_year_further_ahead() {
    for season in [1, 12] {
        let all: Vec<_> = (0..62)
            .map(|seed| noise(51_000 + seed, 364, season, |_, at| at > seed as usize))
            .collect();
        let [at80, at95] = held(&all, 12);
        assert!(at80 > 0.76 && at95 > 0.93, "{season}: {at80} {at95}");
    }
    let made = simulate(5, 60, 12, 6);
    let mut values: Vec<Option<f64>> = made.past.iter().copied().map(Some).collect();
    let known = |values: &[Option<f64>], horizon: usize| {
        let series = Series {
            values: values.to_vec(),
            seasons: vec![12],
        };
        forecast(&series, &Ask::ahead(horizon))
    };
    let whole = known(&values, 18).unwrap();
    values.extend([None; 6]);
    let later = known(&values, 12).unwrap();
    assert_eq!(later.mean, whole.mean[6..]);
    for (later, whole) in later.bands.iter().zip(&whole.bands) {
        assert_eq!(
            (&later.low[..], &later.high[..]),
            (&whole.low[6..], &whole.high[6..])
        );
    }
    assert!(later.notes.contains(&Note::Filled(6)));
    values.extend(vec![None; 5_000]);
    let told = known(&values, 12).unwrap_err();
    assert_eq!(
        told,
        Unfit::LongAgo {
            behind: 5_006,
            most: 5_000
        }
    );
}
