//! Populations that stay and ones that move, few rows and many.

use super::*;
use crate::frame::mix;

fn chance(row: usize, salt: u64) -> f64 {
    mix(mix(row as u64) ^ mix(salt)) as f64 / u64::MAX as f64
}

#[test]
fn the_same_population_has_no_index_and_another_has() {
    let numbers = |salt, shift: f64| (0..2000).map(|row| chance(row, salt) + shift).collect::<Vec<_>>();
    let shape = Shape::of_numbers(&numbers(1, 0.0));
    assert!(shape.index(&Track::Numbers(numbers(2, 0.0))) < 0.03);
    assert!(shape.index(&Track::Numbers(numbers(2, 0.5))) > ANOTHER);
    assert!(shape.index(&Track::Numbers(vec![f64::NAN; 10])).is_finite());
    assert!(shape.index(&Track::Numbers(Vec::new())).is_finite());
    let words = Shape::of(&Track::Codes((0..500).map(|row| row % 5).collect()));
    assert!(words.index(&Track::Codes((0..500).map(|row| row % 5).collect())) < 0.01);
    assert!(words.index(&Track::Codes(vec![UNSEEN; 500])) > ANOTHER);
}

#[test]
fn the_course_of_outcomes_raises_an_alarm_only_when_they_leave_what_was_said() {
    let scores: Vec<f64> = (0..3000).map(|row| 0.1 + 0.6 * chance(row, 3)).collect();
    let won = |shift: f64| -> Vec<bool> {
        let pairs = scores.iter().enumerate();
        pairs
            .map(|(row, p)| chance(row, 4) < p + if row >= 1500 { shift } else { 0.0 })
            .collect()
    };
    assert_eq!(course(&scores, &won(0.0)).since, None);
    let since = course(&scores, &won(0.15)).since.unwrap();
    assert!((1500..2200).contains(&since), "{since}");
    assert!(course(&scores, &won(-0.15)).below > ALARM);
}

/// Rows with scores from 0 to 1, more of them low.
fn scores(rows: usize, salt: u64) -> Vec<f64> {
    (0..rows).map(|row| chance(row, salt).powi(2)).collect()
}

#[test]
fn few_rows_of_the_same_population_raise_no_alarm() {
    const RUNS: u64 = 400;
    // Many scores of their own, and five that many rows share.
    let tied = |scores: Vec<f64>| -> Vec<f64> { scores.iter().map(|score| (score * 5.0).floor()).collect() };
    for (which, of) in [("plain", false), ("tied", true)] {
        let made = |rows, salt| {
            if of {
                tied(scores(rows, salt))
            } else {
                scores(rows, salt)
            }
        };
        for learned in [60, 1000] {
            for n in [1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 80, 100] {
                let alarm = |run: u64| {
                    let salt = mix(run) ^ mix(n as u64);
                    let shape = Shape::of_numbers(&made(learned, salt ^ 1));
                    shape.index(&Track::Numbers(made(n, salt ^ 2))) >= ANOTHER
                };
                let alarms = (0..RUNS).filter(|run| alarm(*run)).count();
                assert!(
                    alarms as f64 <= 0.02 * RUNS as f64,
                    "{which}: {alarms} of {RUNS} runs of {n} rows after {learned}"
                );
            }
        }
    }
}

#[test]
fn a_population_that_moved_raises_an_alarm() {
    for run in 0..200 {
        let shape = Shape::of_numbers(&scores(1000, mix(run) ^ 1));
        let moved: Vec<f64> = scores(200, mix(run) ^ 2)
            .iter()
            .map(|score| score.powf(0.35))
            .collect();
        let index = shape.index(&Track::Numbers(moved));
        assert!(index >= ANOTHER, "run {run}: {index}");
    }
}
