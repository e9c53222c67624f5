//! Learns how wide intervals must be, from simulated series, and prints `src/trend/conformal/learned.rs`.
//!
//! `cargo run --release -p bellwether-forecasting --example learn_intervals > learned.rs`, then `rustfmt`. The same seeds give
//! the same table. No series of anybody is looked at.

use std::io::Write;

use bellwether_forecasting::measure::series::scale;
use bellwether_forecasting::series::Series;
use bellwether_forecasting::series::simulate::simulate;
use bellwether_forecasting::trend::conformal::{Case, Kind, LEVELS, Learned, STEPS, learn};
use bellwether_forecasting::trend::{Ask, Outlook};

/// Season, shortest and longest history, steps ahead; like months, quarters, weeks, days, hours and years come.
const SORTS: [(usize, usize, usize, usize); 20] = [
    (1, 12, 40, 6),
    (1, 20, 40, 13),
    (1, 41, 100, 13),
    (1, 101, 200, 18),
    (1, 201, 600, 26),
    (4, 16, 40, 8),
    (4, 41, 80, 8),
    (4, 101, 200, 12),
    (12, 30, 40, 12),
    (12, 41, 100, 18),
    (12, 101, 180, 18),
    (12, 201, 400, 24),
    (7, 21, 40, 14),
    (7, 41, 100, 28),
    (7, 101, 200, 28),
    (7, 201, 400, 56),
    (7, 401, 750, 56),
    (52, 110, 200, 26),
    (52, 201, 400, 26),
    (24, 201, 600, 48),
];

/// How many series of each sort.
const EACH: u64 = 600;

fn main() -> std::io::Result<()> {
    let mut cases = Vec::new();
    for (which, (season, shortest, longest, horizon)) in SORTS.into_iter().enumerate() {
        for seed in 0..EACH {
            let n = shortest + (seed as usize * 7_919) % (longest - shortest + 1);
            cases.extend(case(1_000_000 * which as u64 + seed, n, season, horizon));
        }
    }
    print(&learn(&cases), &mut std::io::stdout().lock())
}

fn case(seed: u64, n: usize, season: usize, horizon: usize) -> Option<Case> {
    let made = simulate(seed, n, season, horizon);
    let series = Series::full(&made.past, season);
    let unit = scale(&series.values, season)?;
    let ask = Ask::ahead(horizon);
    let outlook = Outlook::of(&series, &ask).ok()?;
    outlook.case(&made.future, unit)
}

fn print(learned: &Learned, out: &mut impl Write) -> std::io::Result<()> {
    let row = |values: &[f64; STEPS.len()]| {
        let texts: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
        format!("[{}],", texts.join(", "))
    };
    writeln!(
        out,
        "//! The learned factors; printed by `examples/learn_intervals.rs`, not to be edited by hand.\n"
    )?;
    writeln!(out, "use super::Learned;\n\n/// See [`Learned`].")?;
    writeln!(
        out,
        "pub(super) static TABLE: Learned = Learned {{\n    doubt: {:.3},\n    usual: [",
        learned.doubt
    )?;
    for values in &learned.usual {
        writeln!(out, "        {}", row(values))?;
    }
    writeln!(out, "    ],\n    tails: [")?;
    for values in &learned.tails {
        let texts: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
        writeln!(out, "        [{}],", texts.join(", "))?;
    }
    writeln!(out, "    ],\n    factors: [")?;
    for kind in 0..Kind::COUNT {
        writeln!(out, "        [")?;
        for rank in 0..LEVELS.len() {
            writeln!(out, "            {}", row(&learned.factors[kind][rank]))?;
        }
        writeln!(out, "        ],")?;
    }
    writeln!(out, "    ],\n}};")
}
