//! Forecasts of odd series, of series that are the same but for their unit, and how often intervals hold.

use super::*;
use crate::series::simulate::simulate;

mod gaps;
mod walks;

fn gapless(values: &[f64], season: usize, ask: &Ask) -> Result<Forecast, Unfit> {
    forecast(&Series::full(values, season), ask)
}

fn is_sound(forecast: &Forecast, horizon: usize) -> bool {
    let ends = forecast.bands.iter().flat_map(|band| [&band.low, &band.high]);
    let mut all = std::iter::once(&forecast.mean).chain(ends);
    let ordered = forecast
        .bands
        .iter()
        .all(|band| band.low.iter().zip(&band.high).all(|(low, high)| low <= high));
    ordered && all.all(|values| values.len() == horizon && values.iter().all(|value| value.is_finite()))
}

#[test]
fn odd_series_get_a_forecast_or_a_reason() {
    let ask = Ask::ahead(6);
    let line: Vec<f64> = (0..30).map(f64::from).collect();
    let huge: Vec<f64> = (0..30)
        .map(|at| if at % 3 == 0 { 1e300 } else { -1e300 })
        .collect();
    let largest: Vec<f64> = (0..30)
        .map(|at| if at % 2 == 0 { f64::MAX } else { f64::MIN })
        .collect();
    let mut exploding: Vec<f64> = (0..30).map(|at| libm::pow(10.0, 10.0 * f64::from(at))).collect();
    exploding[3] = 0.0;
    let tiny = vec![5e-324; 30];
    for y in [
        line,
        huge,
        largest,
        exploding,
        tiny,
        vec![0.0; 30],
        vec![7.0; 30],
        vec![1.0, 2.0, 3.0],
    ] {
        for season in [0, 1, 4, 7, 12, 52] {
            let found = gapless(&y, season, &ask);
            assert!(
                found.as_ref().is_ok_and(|found| is_sound(found, 6)),
                "{season} {y:?}: {found:?}"
            );
        }
    }
    assert_eq!(gapless(&[], 1, &ask), Err(Unfit::Empty));
    assert_eq!(
        gapless(&[1.0], 1, &ask),
        Err(Unfit::TooShort { needed: 3, given: 1 })
    );
    assert_eq!(
        gapless(&[1.0, f64::INFINITY], 1, &ask),
        Err(Unfit::NotFinite { at: 1 })
    );
    assert_eq!(
        gapless(&[1.0, 2.0, 4.0], 1, &Ask::ahead(0)),
        Err(Unfit::NoHorizon)
    );
}

#[test]
fn all_missing_is_told_and_gaps_are_noted() {
    let ask = Ask::ahead(4);
    let missing = Series {
        values: vec![None; 20],
        seasons: vec![7],
    };
    assert_eq!(forecast(&missing, &ask), Err(Unfit::AllMissing));
    let mut values: Vec<Option<f64>> = (0..40).map(|at| Some(f64::from(at % 7))).collect();
    values[0] = None;
    values[11] = None;
    let found = forecast(
        &Series {
            values,
            seasons: vec![7],
        },
        &ask,
    )
    .unwrap();
    assert!(
        found.notes.contains(&Note::Skipped(1)) && found.notes.contains(&Note::Filled(1)),
        "{found:?}"
    );
}

#[test]
fn a_constant_goes_on() {
    for n in [3, 5, 9, 40, 60] {
        for value in [7.0, 0.1, -3.3, 1e-12, 123_456_789.123, 0.0] {
            for season in [1, 7, 12] {
                let found = gapless(&vec![value; n], season, &Ask::ahead(3)).unwrap();
                assert_eq!(found.mean, [value; 3], "{n} {season}");
                assert!(found.notes.contains(&Note::Constant));
                for band in &found.bands {
                    let width = band.high[0] - band.low[0];
                    assert!(
                        width <= 1e-8 * value.abs() && (width > 0.0) == (value != 0.0),
                        "{found:?}"
                    );
                }
            }
        }
    }
}

/// What comes exactly as it always did lies within intervals that are next to nothing.
#[test]
fn a_line_and_a_pattern_without_noise_are_held() {
    let figures = [3.0, 8.5, 1.1, 6.0, 7.0, 2.0, 4.4, 9.0, 5.0, 5.5, 1.0, 0.3];
    let mut all: Vec<(String, usize, Vec<f64>)> = Vec::new();
    for (base, slope) in [(0.0, 1.0), (0.3, 0.1), (1_000.0, -1.7), (-5.0, 0.333), (1e9, 7.0)] {
        let line = (0..72).map(|at| base + slope * f64::from(at)).collect();
        all.push((format!("line {base} {slope}"), 1, line));
        for season in [4, 7, 12] {
            let of = |at: usize| base + figures[at % season];
            all.push((format!("season {base}"), season, (0..72).map(of).collect()));
        }
    }
    for (name, season, y) in all {
        let (past, future) = y.split_at(60);
        let found = gapless(past, season, &Ask::ahead(12)).unwrap();
        let size = y.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        for band in &found.bands {
            for (step, came) in future.iter().enumerate() {
                let (low, high) = (band.low[step], band.high[step]);
                assert!(
                    low <= *came && *came <= high,
                    "{name} {season} {step}: {came} {low} {high}"
                );
                assert!(
                    high - low < 0.1 * size,
                    "{name} {season} {step}: {came} {low} {high}"
                );
            }
        }
    }
}

#[test]
fn bounds_are_kept() {
    let falling: Vec<f64> = (0..30).map(|at| 30.0 - f64::from(at)).collect();
    let found = gapless(&falling, 1, &Ask::ahead(12).within(Bounds::NonNegative)).unwrap();
    let all = |found: &Forecast, within: &dyn Fn(f64) -> bool| {
        let ends = found
            .bands
            .iter()
            .flat_map(|band| band.low.iter().chain(&band.high));
        found.mean.iter().chain(ends).all(|value| within(*value))
    };
    assert!(all(&found, &|value| value >= 0.0), "{found:?}");
    let rates: Vec<f64> = (0..40)
        .map(|at| 0.9 + 0.002 * f64::from(at) + 0.01 * f64::from(at % 3))
        .collect();
    let found = gapless(&rates, 1, &Ask::ahead(60).within(Bounds::Unit)).unwrap();
    assert!(all(&found, &|value| (0.0..=1.0).contains(&value)), "{found:?}");
    let odd = gapless(&[1.5; 9], 1, &Ask::ahead(2).within(Bounds::Unit));
    assert_eq!(odd, Err(Unfit::OutOfBounds { at: 0 }));
}

#[test]
fn a_mostly_empty_series_gets_the_mean_of_a_period() {
    let y: Vec<f64> = (0..60).map(|at| if at % 5 == 2 { 10.0 } else { 0.0 }).collect();
    let found = gapless(&y, 1, &Ask::ahead(5).within(Bounds::NonNegative)).unwrap();
    assert!(found.notes.contains(&Note::ZeroHeavy), "{found:?}");
    assert!((1.0..3.0).contains(&found.mean[0]), "{found:?}");
    assert_eq!((found.bands[0].low[0], found.bands[1].high[0]), (0.0, 10.0));
}

#[test]
fn another_unit_is_another_unit_and_nothing_else() {
    let made = simulate(5, 72, 12, 18);
    let once = gapless(&made.past, 12, &Ask::ahead(18)).unwrap();
    for unit in [1e-9, 0.001, 3.0, 86_400.0, 1e12] {
        let scaled: Vec<f64> = made.past.iter().map(|value| value * unit).collect();
        let again = gapless(&scaled, 12, &Ask::ahead(18)).unwrap();
        for (one, other) in once.mean.iter().zip(&again.mean) {
            assert!((one * unit / other - 1.0).abs() < 1e-3, "{unit}: {one} {other}");
        }
    }
    assert_eq!(once, gapless(&made.past, 12, &Ask::ahead(18)).unwrap());
}

#[test]
fn an_earlier_start_without_values_changes_nothing_but_the_note() {
    let made = simulate(11, 70, 12, 6);
    let once = gapless(&made.past, 12, &Ask::ahead(6)).unwrap();
    for empty in [1, 5, 12, 100] {
        let mut values = vec![None; empty];
        values.extend(made.past.iter().copied().map(Some));
        let series = Series {
            values,
            seasons: vec![12],
        };
        let again = forecast(&series, &Ask::ahead(6)).unwrap();
        assert_eq!((&once.mean, &once.bands), (&again.mean, &again.bands), "{empty}");
        assert!(again.notes.contains(&Note::Skipped(empty)));
    }
}

/// Below zero nothing multiplies, so that another zero is another zero and nothing else.
#[test]
fn another_zero_moves_the_forecast_by_as_much() {
    for (seed, season) in [(3, 1), (4, 4), (5, 7), (6, 12)] {
        let made = simulate(seed, 84, season, 12);
        let largest = made.past.iter().copied().fold(0.0, f64::max);
        let below = |by: f64| -> Vec<f64> { made.past.iter().map(|value| value - by * largest).collect() };
        let (one, other) = (
            gapless(&below(2.0), season, &Ask::ahead(12)).unwrap(),
            gapless(&below(3.0), season, &Ask::ahead(12)).unwrap(),
        );
        let width = one.bands[1].high[0] - one.bands[1].low[0];
        for (one, other) in one.mean.iter().zip(&other.mean) {
            assert!(
                (one - other - largest).abs() < 0.1 * width,
                "{seed}: {one} {other} {largest} {width}"
            );
        }
    }
}

#[test]
fn a_value_of_another_world_is_taken_for_a_gap() {
    let made = simulate(8, 90, 12, 12);
    let ask = Ask::ahead(12);
    for (at, odd) in [(0, 1e300), (40, 1e300), (40, -1e300), (89, f64::MAX), (50, 1e18)] {
        let mut values: Vec<Option<f64>> = made.past.iter().copied().map(Some).collect();
        let with = |value: Option<f64>, values: &mut Vec<Option<f64>>| {
            values[at] = value;
            let series = Series {
                values: values.clone(),
                seasons: vec![12],
            };
            forecast(&series, &ask).unwrap()
        };
        let found = with(Some(odd), &mut values);
        assert!(
            found.notes.contains(&Note::Tamed(vec![at])),
            "{at} {:?}",
            found.notes
        );
        if at > 0 {
            let gap = with(None, &mut values);
            assert_eq!((found.mean, found.bands), (gap.mean, gap.bands), "{at} {odd}");
        }
    }
}

#[test]
fn more_steps_change_nothing_about_the_first() {
    for (n, season) in [(90, 12), (30, 12), (60, 1), (15, 1), (100, 7), (40, 4)] {
        let made = simulate(9, n, season, 1);
        let first = |horizon: usize| {
            let found = gapless(&made.past, season, &Ask::ahead(horizon)).unwrap();
            let ends = found.bands.iter().map(|band| (band.low[0], band.high[0]));
            (found.mean[0], ends.collect::<Vec<_>>())
        };
        for horizon in [2, 6, 12, 40] {
            assert_eq!(first(1), first(horizon), "{n} {season} {horizon}");
        }
    }
}

#[test]
fn company_changes_intervals_only() {
    let all: Vec<Series> = (0..12)
        .map(|seed| Series::full(&simulate(seed, 60, 4, 8).past, 4))
        .collect();
    let ask = Ask::ahead(8);
    let together = forecast_all(&all, &ask);
    for (series, found) in all.iter().zip(&together) {
        assert_eq!(forecast(series, &ask).unwrap().mean, found.as_ref().unwrap().mean);
    }
}

/// Fresh seeds: not those that the factors were learned from.
#[test]
fn intervals_hold_what_they_promise() {
    let (mut held80, mut held95, mut all) = (0.0, 0.0, 0.0);
    for (which, (season, n, horizon)) in [(12, 80, 18), (4, 44, 8), (1, 60, 13), (7, 150, 14)]
        .into_iter()
        .enumerate()
    {
        for seed in 0..60 {
            let made = simulate(9_000_000 + 1_000 * which as u64 + seed, n, season, horizon);
            let found = gapless(&made.past, season, &Ask::ahead(horizon)).unwrap();
            let held = |band: &Band| {
                let ends = band.low.iter().zip(&band.high).zip(&made.future);
                ends.filter(|((low, high), came)| (*low..=*high).contains(came))
                    .count() as f64
            };
            held80 += held(&found.bands[0]);
            held95 += held(&found.bands[1]);
            all += horizon as f64;
        }
    }
    let (share80, share95) = (held80 / all, held95 / all);
    assert!((share80 - 0.8).abs() <= 0.03, "80 %: {share80}");
    assert!((share95 - 0.95).abs() <= 0.02, "95 %: {share95}");
}
