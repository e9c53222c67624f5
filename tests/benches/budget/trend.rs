//! P13: made-up monthly series forecast by the whole ensemble with intervals, on one core.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use bellwether_tests::product::run_in;

use crate::row::{Must, Row, median};
use crate::say;

const RUNS: usize = 3;
/// As many as the monthly part of the M3 competition, and as long: 48 to 126 months, and what is held out.
const SERIES: u64 = 1_428;
const SHORTEST: u64 = 48;
const LONGEST: u64 = 126;
const AHEAD: u64 = 18;

/// Measures as a user would: with `forecast evaluate`, which forecasts on one thread and tells how long a series took.
pub(crate) fn measure() -> Result<Row> {
    let dir = tempfile::tempdir()?;
    fs::write(dir.path().join("months.csv"), months())?;
    let (mut took, mut owa) = (Vec::new(), 0.0);
    for run in 0..RUNS {
        let (ms, score) = evaluate(dir.path())?;
        say(&format!("P13 run {run}: {ms:.2} ms a series"));
        took.push(ms);
        owa = score;
    }
    Ok(Row {
        name: "P13".to_owned(),
        ours: median(&took),
        anchor: None,
        unit: "ms",
        must: Must::OursAtMost(10.0),
        runs: RUNS,
        note: format!(
            "a monthly series: the mean over {SERIES} made-up ones of {SHORTEST} to {LONGEST} months, forecast {AHEAD} months \
             ahead with 80 and 95 % intervals by `forecast evaluate`, one thread; OWA {owa:.3}, reading the file apart"
        ),
    })
}

fn evaluate(dir: &Path) -> Result<(f64, f64)> {
    let file = dir.join("months.csv").display().to_string();
    let ahead = AHEAD.to_string();
    let args = [
        "forecast",
        "evaluate",
        &file,
        "--horizon",
        &ahead,
        "--season",
        "12",
        "--output",
        "json",
    ];
    let done = run_in(dir, &args);
    ensure!(done.code == 0, "forecast evaluate failed: {}", done.err);
    let said = done.json();
    ensure!(
        said["series"] == SERIES && said["failures"] == 0,
        "not every series was forecast: {said}"
    );
    let number = |name: &str| {
        said[name]
            .as_f64()
            .with_context(|| format!("no {name} in {said}"))
    };
    Ok((number("ms_per_series")?, number("owa")?))
}

/// The file: levels that wander and climb, seasons that grow with them, and noise.
fn months() -> String {
    let mut text = "id,values\n".to_owned();
    for series in 0..SERIES {
        let mut dice = Dice(series);
        let n = SHORTEST + series * 7_919 % (LONGEST - SHORTEST + 1) + AHEAD;
        let (mut level, slope, wander) = (3_000.0, 20.0 * dice.off(), 60.0 * (1.0 + dice.off()));
        let season: Vec<f64> = (0..12).map(|_| 1.0 + 0.2 * dice.off()).collect();
        let noise = 0.04 * (1.0 + dice.off());
        let _ = write!(text, "m{series},");
        for at in 0..n {
            level = f64::max(level + slope + wander * dice.off(), 200.0);
            let value = level * season[(at % 12) as usize] * (1.0 + noise * dice.off());
            let gap = if at == 0 { "" } else { " " };
            let _ = write!(text, "{gap}{value:.1}");
        }
        text.push('\n');
    }
    text
}

/// Chance that is the same in every run (Steele, Lea & Flood 2014, `SplitMix`).
struct Dice(u64);

impl Dice {
    /// Between -1 and 1.
    fn off(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}
