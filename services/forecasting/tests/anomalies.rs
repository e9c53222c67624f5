//! Anomalies put into public series of cash machines that are not in the repository: how many are found, and how often
//! something else is. Skipped, saying so, where the data are not there.

use std::fs::File;
use std::path::PathBuf;

use bellwether_forecasting::anomaly::{Kind, Watch, detect};
use bellwether_forecasting::evaluate::series::{Row, read};
use bellwether_forecasting::series::Series;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

fn rows() -> Option<Vec<Row>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/series/nn5.csv");
    let Ok(file) = File::open(&path) else {
        eprintln!("skipped: nn5.csv is not in the folder of shared data");
        return None;
    };
    Some(read(file).expect("a file of series"))
}

/// What was put into a series: the days of eight spikes and the first days of two shifts, and the day on which the second
/// one is over.
struct Put {
    spikes: Vec<usize>,
    shifts: [usize; 2],
    over: usize,
}

fn standard_deviation(values: &[Option<f64>]) -> f64 {
    let there: Vec<f64> = values.iter().copied().flatten().collect();
    let n = there.len() as f64;
    let mean = there.iter().sum::<f64>() / n;
    (there
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / n)
        .sqrt()
}

/// Spikes of 4 to 7 standard deviations of the series, shifts of 2.4 to 4.8, of which the second is over after three to
/// nine weeks.
fn put(values: &mut [Option<f64>], seed: u64) -> Put {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let (n, sd) = (values.len(), standard_deviation(values));
    let side = |dice: &mut ChaCha8Rng| if dice.random_range(0..2) == 0 { -1.0 } else { 1.0 };
    let shifts = [
        dice.random_range(n / 6..n / 3),
        dice.random_range(n / 2..n * 3 / 4),
    ];
    let over = (shifts[1] + dice.random_range(21..60)).min(n - 6);
    for (from, to) in [(shifts[0], n), (shifts[1], over)] {
        let by = side(&mut dice) * dice.random_range(2.4..4.8) * sd;
        values[from..to]
            .iter_mut()
            .flatten()
            .for_each(|value| *value += by);
    }
    let mut spikes: Vec<usize> = Vec::new();
    while spikes.len() < 8 {
        let at = dice.random_range(5..n - 2);
        let near = |other: &usize| other.abs_diff(at) < 8;
        if let Some(value) = values[at].filter(|_| !spikes.iter().chain(&shifts).chain([&over]).any(near)) {
            values[at] = Some(value + side(&mut dice) * dice.random_range(4.0..7.2) * sd);
            spikes.push(at);
        }
    }
    Put { spikes, shifts, over }
}

#[test]
fn what_was_put_into_cash_machines_is_found() {
    let Some(rows) = rows() else { return };
    let (mut hits, mut missed, mut false_alarms, mut points) = (0, 0, 0, 0);
    for (seed, row) in rows.into_iter().enumerate() {
        let mut values = row.values;
        let put = put(&mut values, seed as u64);
        points += values.len();
        let series = Series {
            values,
            seasons: vec![7],
        };
        let found = detect(&series, Watch::default()).expect("a series").anomalies;
        let near = |one: usize, other: usize| one.abs_diff(other) <= 5;
        let is_put = |kind: Kind, from: usize, to: usize| match kind {
            Kind::Spike => put.spikes.iter().any(|at| (from..=to).contains(at)),
            // The way back is no false alarm, and no hit.
            Kind::Shift => put.shifts.iter().chain([&put.over]).any(|at| near(*at, from)),
        };
        false_alarms += found
            .iter()
            .filter(|one| !is_put(one.kind, one.from, one.to))
            .count();
        let spike = |at: &&usize| {
            found
                .iter()
                .any(|one| one.kind == Kind::Spike && (one.from..=one.to).contains(*at))
        };
        let shift = |at: &&usize| {
            found
                .iter()
                .any(|one| one.kind == Kind::Shift && near(one.from, **at))
        };
        let of_this = put.spikes.iter().filter(spike).count() + put.shifts.iter().filter(shift).count();
        hits += of_this;
        missed += 10 - of_this;
    }
    let f1 = 2.0 * hits as f64 / (2 * hits + missed + false_alarms) as f64;
    let alarms = 200.0 * false_alarms as f64 / points as f64;
    eprintln!(
        "NN5: F1 {f1:.3}, {alarms:.2} false alarms in 200 points, true surprises of the data among them"
    );
    assert!(f1 >= 0.85 && alarms <= 1.0, "{f1} {alarms}");
}
