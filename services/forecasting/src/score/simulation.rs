//! Made-up companies of which the truth is known: do the probabilities hold, also where the world moves on?

use super::*;
use crate::frame::{Column, Values, mix};
use crate::measure::scores::score as measured;

fn chance(row: usize, salt: u64) -> f64 {
    mix(mix(row as u64) ^ mix(salt)) as f64 / u64::MAX as f64
}

/// A company: deals by source, product, size and rep; `level` moves all chances with time from 0 to 1.
fn company(seed: u64, rows: usize, level: impl Fn(f64) -> f64) -> (Frame, Vec<bool>, Vec<f64>, Vec<f64>) {
    let pick = |row: usize, salt: u64, n: usize| ((chance(row, seed ^ salt) * n as f64) as usize).min(n - 1);
    let word = |name: &str, salt: u64, n: usize| Column {
        name: name.to_owned(),
        values: Values::Words(
            (0..rows)
                .map(|row| Some(format!("{name} {}", pick(row, salt, n))))
                .collect(),
        ),
    };
    let amount = |row: usize| libm::exp(7.0 + 3.0 * chance(row, seed ^ 4));
    let effect = |salt: u64, at: usize| 2.4 * chance(at, seed ^ salt ^ 0xff) - 1.2;
    let truth = |row: usize| {
        let size = (libm::log(amount(row)) - 8.5) / 1.5;
        let (source, product) = (pick(row, 1, 5), pick(row, 2, 7));
        let rep = 0.5 * effect(3, pick(row, 3, 40));
        let both = if source == 0 && product < 3 { 1.0 } else { 0.0 };
        let at = row as f64 / rows as f64;
        level(at) + effect(1, source) + effect(2, product) + rep - 0.7 * size * size + both
    };
    let frame = Frame::new(vec![
        word("source", 1, 5),
        word("product", 2, 7),
        word("rep", 3, 40),
        Column {
            name: "amount".to_owned(),
            values: Values::Numbers((0..rows).map(|row| Some(amount(row))).collect()),
        },
    ])
    .unwrap();
    let truths: Vec<f64> = (0..rows).map(|row| logistic::probability(truth(row))).collect();
    let outcomes = (0..rows).map(|row| chance(row, seed ^ 5) < truths[row]).collect();
    let times = (0..rows).map(|row| row as f64).collect();
    (frame, outcomes, times, truths)
}

/// Learns from the first 70 %; calibration error against the truth and count error on the rest.
fn later(seed: u64, level: impl Fn(f64) -> f64) -> (f64, f64, f64) {
    let rows = 6000;
    let (frame, outcomes, times, truths) = company(seed, rows, level);
    let cut = rows * 7 / 10;
    let (train, test): (Vec<usize>, Vec<usize>) = (0..rows).partition(|row| *row < cut);
    let sample = Sample {
        frame: &frame.take(&train),
        outcomes: &outcomes[..cut],
        times: Some(&times[..cut]),
    };
    let plan = Plan {
        seed,
        ahead: 3.0 / 7.0,
    };
    let model = fit(&sample, &plan).unwrap();
    let said = model.probabilities(&frame.take(&test));
    let scored = measured(&said, &outcomes[cut..]).unwrap();
    let off: f64 = said
        .iter()
        .zip(&truths[cut..])
        .map(|(said, truth)| (said - truth).abs())
        .sum();
    (scored.ece, scored.count_error.unwrap(), off / said.len() as f64)
}

#[test]
fn probabilities_hold_in_a_world_that_stands_still() {
    let mut errors = Vec::new();
    for seed in 1..=4 {
        let (ece, count, off) = later(seed, |_| 0.2);
        assert!(off < 0.06, "company {seed}: {off} from the truth on average");
        assert!(count < 0.06, "company {seed}: count error {count}");
        errors.push(ece);
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(mean <= 0.03, "{errors:?}");
}

/// A drift that goes on after the rows learned from can be foreseen in part only.
#[test]
fn probabilities_hold_where_the_level_moves() {
    let mut errors = Vec::new();
    for seed in 5..=7 {
        let (ece, _, _) = later(seed, |at| 1.6 * at - 0.8);
        errors.push(ece);
    }
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(mean <= 0.05, "{errors:?}");
}
