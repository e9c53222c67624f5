//! Series of which one can see what must be found, and series that make no sense.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::series::Series;
use crate::trend::Unfit;

/// Ten weeks and more of days around 200: a week's pattern, and noise of 2.
fn days(n: usize) -> Vec<f64> {
    let week = [10.0, 4.0, 0.0, 3.0, 12.0, -30.0, -40.0];
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    (0..n)
        .map(|at| 200.0 + week[at % 7] + dice.random_range(-3.5..3.5))
        .collect()
}

fn found(values: &[f64], season: usize) -> Vec<Anomaly> {
    detect(&Series::full(values, season), Watch::default())
        .unwrap()
        .anomalies
}

#[test]
fn a_level_that_dropped_for_two_weeks() {
    let mut y = days(140);
    y[80..94].iter_mut().for_each(|value| *value -= 30.0);
    let all = found(&y, 7);
    assert_eq!(all.len(), 1, "{all:?}");
    let drop = &all[0];
    assert_eq!(
        (drop.kind, drop.from, drop.to, drop.ongoing, drop.before),
        (Kind::Shift, 80, 93, false, Some(66))
    );
    assert!((drop.change.unwrap() + 0.15).abs() < 0.01, "{drop:?}");
    assert_eq!(
        sentence(drop, Period::Day),
        "dropped 15 % and stayed there for 2 weeks"
    );
}

#[test]
fn a_level_that_is_still_there_and_becomes_usual() {
    let mut y = days(140);
    y[90..].iter_mut().for_each(|value| *value += 60.0);
    let all = detect(&Series::full(&y, 7), Watch::default()).unwrap();
    let rise = &all.anomalies[0];
    assert_eq!(
        (all.anomalies.len(), rise.kind, rise.from, rise.to, rise.ongoing),
        (1, Kind::Shift, 90, 139, true)
    );
    assert!((rise.actual - rise.expected - 60.0).abs() < 5.0, "{rise:?}");
    let off = |at: usize| y[at] - all.usual[at].unwrap().expected;
    assert!(off(89).abs() < 10.0 && (off(95) - 60.0).abs() < 12.0 && off(135).abs() < 12.0);
    assert_eq!(all.usual.len(), 140);
    assert_eq!(all.seasons, [7]);
}

#[test]
fn spikes_on_their_days_and_not_where_the_season_has_them() {
    let mut y = days(140);
    y[50] -= 90.0;
    y[100] += 70.0;
    y[101] += 80.0;
    let all = found(&y, 7);
    let places: Vec<_> = all
        .iter()
        .map(|one| (one.kind, one.from, one.to, one.strength > 0.0))
        .collect();
    assert_eq!(
        places,
        [(Kind::Spike, 50, 50, false), (Kind::Spike, 100, 101, true)]
    );
    assert!((all[1].actual - all[1].expected - 75.0).abs() < 8.0, "{all:?}");
    assert_eq!(all[0].before, Some(43), "the same day of the week before");
}

#[test]
fn a_lone_last_value_is_a_spike_that_goes_on() {
    let mut y = days(140);
    y[139] += 90.0;
    let all = found(&y, 7);
    assert_eq!((all.len(), all[0].kind, all[0].ongoing), (1, Kind::Spike, true));
}

#[test]
fn periods_that_have_not_closed_say_nothing() {
    let mut y = days(140);
    y[60] += 90.0;
    let closed = detect(&Series::full(&y, 7), Watch::default()).unwrap();
    y.extend([0.0, 1e300]);
    let watch = Watch {
        open: 2,
        ..Watch::default()
    };
    assert_eq!(detect(&Series::full(&y, 7), watch).unwrap(), closed);
}

#[test]
fn the_unit_does_not_matter() {
    let mut y = days(140);
    y[60] += 90.0;
    y[100..].iter_mut().for_each(|value| *value -= 50.0);
    let places = |y: &[f64]| -> Vec<_> {
        found(y, 7)
            .iter()
            .map(|one| (one.kind, one.from, one.to))
            .collect()
    };
    let all = places(&y);
    assert_eq!(all.len(), 2, "{all:?}");
    for times in [1e-9, 1024.0, 1e290] {
        let other: Vec<f64> = y.iter().map(|value| value * times).collect();
        assert_eq!(places(&other), all, "{times}");
    }
}

#[test]
fn growth_in_percent_is_no_anomaly_and_a_drop_out_of_it_is_one() {
    let mut dice = ChaCha8Rng::seed_from_u64(9);
    let mut y: Vec<f64> = (0..72)
        .map(|at| {
            100.0
                * libm::exp(0.04 * f64::from(at))
                * [1.3, 0.9, 0.8, 1.0][at as usize % 4]
                * dice.random_range(0.97..1.03)
        })
        .collect();
    assert_eq!(found(&y, 4), []);
    y[60] *= 0.7;
    let all = found(&y, 4);
    assert_eq!((all.len(), all[0].from, all[0].to), (1, 60, 60), "{all:?}");
    assert!((all[0].change.unwrap() + 0.3).abs() < 0.04);
}

#[test]
fn gaps_are_no_anomalies() {
    let mut values: Vec<Option<f64>> = days(140).into_iter().map(Some).collect();
    values[..3].fill(None);
    values[40..47].fill(None);
    values[90] = values[90].map(|value| value - 90.0);
    let series = Series {
        values,
        seasons: vec![7],
    };
    let all = detect(&series, Watch::default()).unwrap();
    assert_eq!(all.anomalies.iter().map(|one| one.from).collect::<Vec<_>>(), [90]);
    assert_eq!((all.usual[2], all.usual[43].is_some()), (None, true));
    let usual = all.usual[43].unwrap();
    assert!(usual.low < usual.expected && usual.expected < usual.high);
}

#[test]
fn senseless_series_have_an_answer() {
    let of = |values: &[Option<f64>]| {
        let series = Series {
            values: values.to_vec(),
            seasons: vec![7],
        };
        detect(&series, Watch::default())
    };
    assert_eq!(of(&[]), Err(Unfit::Empty));
    assert_eq!(of(&[None; 9]), Err(Unfit::AllMissing));
    assert_eq!(
        of(&[Some(1.0), Some(f64::INFINITY)]),
        Err(Unfit::NotFinite { at: 1 })
    );
    for n in [1, 2, 7, 50] {
        let flat = of(&vec![Some(4.0); n]).unwrap();
        assert!(flat.anomalies.is_empty() && flat.usual.len() == n, "{n}");
    }
    let zeros = of(&[Some(0.0); 60]).unwrap();
    assert!(zeros.anomalies.is_empty());
    for huge in [f64::MAX, f64::MIN, 5e-324, 1e300] {
        let mut values: Vec<Option<f64>> = days(60).into_iter().map(Some).collect();
        values[30] = Some(huge);
        values[50] = Some(-huge);
        let all = of(&values).unwrap();
        let sound =
            |one: &Anomaly| one.actual.is_finite() && one.expected.is_finite() && one.strength.is_finite();
        assert!(all.anomalies.iter().all(sound), "{all:?}");
        let finite =
            |usual: &Usual| usual.expected.is_finite() && usual.low.is_finite() && usual.high.is_finite();
        assert!(all.usual.iter().flatten().all(finite));
    }
    let watch = Watch {
        open: 99,
        limit: f64::NAN,
        least: f64::NAN,
    };
    assert_eq!(detect(&Series::full(&[1.0], 0), watch), Err(Unfit::Empty));
    assert!(detect(&Series::full(&days(60), 0), Watch { open: 0, ..watch }).is_ok());
}

#[test]
fn what_always_was_the_same_and_changed_once() {
    let mut y = vec![10.0; 60];
    y[40] = 50.0;
    let all = found(&y, 7);
    assert_eq!(
        all.iter().map(|one| (one.kind, one.from)).collect::<Vec<_>>(),
        [(Kind::Spike, 40)]
    );
    let mut y = vec![10.0; 60];
    y[30..].fill(14.0);
    let all = found(&y, 1);
    assert_eq!(
        all.iter()
            .map(|one| (one.kind, one.from, one.to))
            .collect::<Vec<_>>(),
        [(Kind::Shift, 30, 59)]
    );
}

#[test]
fn drivers_are_the_parts_that_moved() {
    let mut north = days(140);
    let south: Vec<f64> = days(140).iter().map(|value| value / 2.0).collect();
    north[80..94].iter_mut().for_each(|value| *value *= 0.6);
    let sum: Vec<f64> = north.iter().zip(&south).map(|(one, other)| one + other).collect();
    let drop = &found(&sum, 7)[0];
    let part = |name: &str, values: &[f64]| {
        (
            name.to_owned(),
            values.iter().copied().map(Some).collect::<Vec<_>>(),
        )
    };
    let parts = [part("south", &south), part("north", &north), part("new", &[])];
    let all = drivers(drop, &parts, 7);
    assert_eq!(all.iter().map(|one| &*one.name).collect::<Vec<_>>()[0], "north");
    let shares: f64 = all.iter().filter_map(|one| one.share).sum();
    assert!(
        (shares - 1.0).abs() < 1e-9 && all[0].share.unwrap() > 0.95,
        "{all:?}"
    );
    assert!((all[0].actual / all[0].usual - 0.6).abs() < 0.02);
    assert!(drivers(drop, &[], 0).is_empty());
    let still = drivers(drop, &[part("nothing", &[])], 7);
    assert_eq!(still[0].share, None);
}

#[test]
fn no_series_is_too_odd() {
    let mut dice = ChaCha8Rng::seed_from_u64(11);
    let odd = [0.0, 1.0, 1.0, 1.0, -1.0, 1e-300, 1e300, -1e300, f64::MAX, 7.0];
    for _ in 0..3_000 {
        let n = dice.random_range(1..70);
        let share = dice.random_range(0.0..1.0);
        let values: Vec<Option<f64>> = (0..n)
            .map(|_| {
                let value = odd[dice.random_range(0..odd.len())];
                (dice.random_range(0.0..1.0) < share).then_some(value)
            })
            .collect();
        let series = Series {
            values,
            seasons: vec![[0, 1, 2, 3, 7, 12, 24, 168, usize::MAX][dice.random_range(0..9)]],
        };
        let watch = Watch {
            open: dice.random_range(0..3),
            limit: 3.0,
            least: 0.0,
        };
        if let Ok(found) = detect(&series, watch) {
            let sound = |one: &Anomaly| {
                one.from <= one.to
                    && one.to < series.values.len()
                    && [one.actual, one.expected, one.strength]
                        .into_iter()
                        .all(f64::is_finite)
                    && one.change.is_none_or(f64::is_finite)
                    && !sentence(one, Period::Day).contains("inf")
            };
            assert!(found.anomalies.iter().all(sound), "{found:?} of {series:?}");
            let finite = |usual: &Usual| {
                [usual.expected, usual.low, usual.high]
                    .into_iter()
                    .all(f64::is_finite)
            };
            assert!(
                found.usual.iter().flatten().all(finite),
                "{found:?} of {series:?}"
            );
        }
    }
}
