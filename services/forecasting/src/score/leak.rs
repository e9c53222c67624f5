//! Columns that know the end: filled in after the fact, or the target under another name.
//!
//! A column is judged by how much of the outcome it explains alone, each row from the others with the same value
//! (McFadden's share of the deviance), beside what groups of that size would explain if each had one end only: a split
//! without an error is one with few rows as well as with many. Numbers are judged in bins, and by one interval. Real
//! signals of sales data explain a tenth, rarely a third; what explains nearly all was written down when the end was known.

use super::logistic::{logit, loss};
use super::recipe::{Grid, Track, UNSEEN};
use super::trees::{Binned, Binning};

mod interval;

use interval::parting;

/// Explaining more than this is named.
const SUSPICIOUS: f64 = 0.5;
/// Explaining more than this is taken out.
const LEAK: f64 = 0.9;
/// A number with more than this area under its curve is taken out as well: where few end well, the rows between two ends
/// weigh much in the deviance though they are few.
const PARTED: f64 = 0.999;
/// Rows, and rows of each end, below which nothing can be said.
const FEWEST: usize = 40;
const FEWEST_EACH: usize = 8;
/// What groups must be able to explain at most, to be judged by it: those of single rows explain nothing.
const TELLING: f64 = 0.5;

/// Rows of the other end that should be among those that have a cell (or have none), were it filled in without regard to
/// the end; where there is none of them instead, that is by chance in one of 20,000 columns.
const AWAITED: f64 = 10.0;

/// What is to be thought of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// A column like others.
    Clean,
    /// It explains this share of the outcome: whoever reads it should ask when it is filled in.
    Suspicious(f64),
    /// It explains this share of the outcome: it cannot be known beforehand.
    Leak(f64),
}

/// The share of the deviance that each track explains alone, judged.
pub(super) fn judge(grid: &Grid, outcomes: &[bool]) -> Vec<Verdict> {
    let won = outcomes.iter().filter(|won| **won).count();
    if outcomes.len() < FEWEST || won.min(outcomes.len() - won) < FEWEST_EACH {
        return vec![Verdict::Clean; grid.tracks.len()];
    }
    let binned: Binned = Binning::learn(grid).apply(grid);
    let verdicts = grid.tracks.iter().zip(binned.columns()).map(|(track, bins)| {
        let (share, parted) = match track {
            Track::Numbers(cells) => {
                let parting = parting(cells, outcomes);
                let share = relative(bins.iter().map(|bin| u32::from(*bin)), outcomes);
                let share = share.max(parting.share);
                (share, share >= SUSPICIOUS && parting.auc >= PARTED)
            }
            // Words are judged by themselves: those with few rows must not hide together.
            Track::Codes(codes) => (relative(codes.iter().copied(), outcomes), false),
        };
        match share {
            share if parted || share >= LEAK => Verdict::Leak(share),
            share if share >= SUSPICIOUS || filled_by_end(track, outcomes) => {
                Verdict::Suspicious(share.max(0.0))
            }
            _ => Verdict::Clean,
        }
    });
    verdicts.collect()
}

/// Whether a track has cells for rows of one end only, or lacks them for one end only: a reason why deals were lost, which
/// not all of those have.
fn filled_by_end(track: &Track, outcomes: &[bool]) -> bool {
    let mut counts = [[0.0f64; 2]; 2];
    let mut count = |row: usize, known: bool| counts[usize::from(known)][usize::from(outcomes[row])] += 1.0;
    match track {
        Track::Numbers(cells) => (0..cells.len()).for_each(|row| count(row, !cells[row].is_nan())),
        Track::Codes(codes) => (0..codes.len()).for_each(|row| count(row, codes[row] != 0)),
    }
    let rows = outcomes.len() as f64;
    let ends = [0, 1].map(|end| counts[0][end] + counts[1][end]);
    let alike = |filled: &[f64; 2]| {
        let all = filled[0] + filled[1];
        [0, 1]
            .into_iter()
            .any(|end| filled[end] == 0.0 && all * ends[end] / rows >= AWAITED)
    };
    counts.iter().any(alike)
}

/// The share of the deviance that groups of rows explain, each row from the others of its group, of what they would
/// explain if each group had one end only; at most 1, and 0 where groups of that size cannot explain much.
fn relative(codes: impl Iterator<Item = u32> + Clone, outcomes: &[bool]) -> f64 {
    let rows = outcomes.len();
    let won = outcomes.iter().filter(|won| **won).count();
    if won == 0 || won == rows {
        return 0.0;
    }
    let known = |code: u32| if code == UNSEEN { 0 } else { code as usize };
    let size = codes.clone().map(known).max().map_or(0, |most| most + 1);
    let mut counts = vec![(0.0f64, 0.0f64); size];
    for (code, won) in codes.clone().zip(outcomes) {
        counts[known(code)].0 += 1.0;
        counts[known(code)].1 += f64::from(u8::from(*won));
    }
    let rate = won as f64 / rows as f64;
    let (mut with, mut without, mut least) = (0.0, 0.0, 0.0);
    for (code, won) in codes.zip(outcomes) {
        let (n, good) = counts[known(code)];
        let own = f64::from(u8::from(*won));
        let others = |good: f64| logit((good - own + rate) / n);
        with += loss(others(good), *won);
        least += loss(others(n * own), *won);
        without += loss(logit(rate), *won);
    }
    if without - least < TELLING * without {
        return 0.0;
    }
    ((without - with) / (without - least)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(tracks: Vec<Track>) -> Grid {
        Grid { tracks, rows: 600 }
    }

    #[test]
    fn the_target_under_other_names_is_a_leak_and_an_identifier_is_not() {
        let outcomes: Vec<bool> = (0..600u64)
            .map(|row| crate::frame::mix(row).is_multiple_of(3))
            .collect();
        let amount = |(row, won): (usize, &bool)| if *won { 100.0 + row as f64 } else { 0.0 };
        let reason = |won: &bool| if *won { 0 } else { 1 };
        let noisy = |(row, won): (usize, &bool)| if row % 20 == 0 { 0 } else { 1 + u32::from(*won) };
        let grid = grid(vec![
            Track::Numbers(outcomes.iter().enumerate().map(amount).collect()),
            Track::Codes(outcomes.iter().map(reason).collect()),
            Track::Codes(outcomes.iter().enumerate().map(noisy).collect()),
            Track::Codes((1..=600).collect()),
            Track::Numbers((0..600).map(|row| f64::from(row % 50)).collect()),
        ]);
        let verdicts = judge(&grid, &outcomes);
        assert!(matches!(verdicts[0], Verdict::Leak(_)), "{verdicts:?}");
        assert!(matches!(verdicts[1], Verdict::Leak(_)), "{verdicts:?}");
        assert!(
            matches!(verdicts[2], Verdict::Leak(_) | Verdict::Suspicious(_)),
            "{verdicts:?}"
        );
        assert_eq!(verdicts[3..], [Verdict::Clean, Verdict::Clean], "{verdicts:?}");
    }

    fn chance(row: usize, salt: u64) -> f64 {
        crate::frame::mix(row as u64 * 131 + salt) as f64 / u64::MAX as f64
    }

    /// Roughly normal, mean 0, variance 1 (Irwin-Hall of 12).
    fn normal(row: usize, salt: u64) -> f64 {
        (0..12).map(|at| chance(row * 12 + at, salt)).sum::<f64>() - 6.0
    }

    fn ends(rows: usize, rate: f64, salt: u64) -> Vec<bool> {
        (0..rows).map(|row| chance(row, salt) < rate).collect()
    }

    fn of(tracks: Vec<Track>, outcomes: &[bool]) -> Vec<Verdict> {
        let rows = outcomes.len();
        judge(&Grid { tracks, rows }, outcomes)
    }

    fn numbers(outcomes: &[bool], of: impl Fn(usize, bool) -> f64) -> Track {
        let rows = outcomes.iter().enumerate();
        Track::Numbers(rows.map(|(row, won)| of(row, *won)).collect())
    }

    #[test]
    fn a_number_that_parts_the_ends_is_a_leak_in_few_rows_and_in_many() {
        for (rows, rate) in [
            (42, 0.5),
            (70, 0.3),
            (140, 0.5),
            (280, 0.5),
            (2100, 0.5),
            (2100, 0.01),
            (900, 0.02),
        ] {
            let outcomes = ends(rows, rate, 1);
            let above = |row, won| 100.0 * f64::from(u8::from(won)) + 50.0 * chance(row, 2);
            let tracks = vec![
                numbers(&outcomes, above),
                numbers(&outcomes, |row, won| -above(row, won)),
                // Within an interval.
                numbers(&outcomes, |row, won| {
                    above(row, won) + if !won && row % 2 == 0 { 200.0 } else { 0.0 }
                }),
                // Missing unless won, or any number.
                numbers(&outcomes, |row, won| if won { chance(row, 3) } else { f64::NAN }),
            ];
            let verdicts = of(tracks, &outcomes);
            assert!(
                verdicts.iter().all(|verdict| matches!(verdict, Verdict::Leak(_))),
                "{rows} at {rate}: {verdicts:?}"
            );
        }
    }

    #[test]
    fn words_that_belong_to_one_end_each_are_a_leak_though_they_have_few_rows() {
        for (rows, rate) in [(42, 0.5), (420, 0.5), (2100, 0.5), (2100, 0.02)] {
            let outcomes = ends(rows, rate, 4);
            let words = (rows / 16).max(2) as f64;
            let word = |(row, won): (usize, &bool)| {
                let words = words * if *won { 2.0 * rate } else { 2.0 - 2.0 * rate };
                1 + 2 * (chance(row, 5) * words) as u32 + u32::from(*won)
            };
            let codes = outcomes.iter().enumerate().map(word).collect();
            let verdict = of(vec![Track::Codes(codes)], &outcomes)[0];
            assert!(
                matches!(verdict, Verdict::Leak(_)),
                "{rows} at {rate}: {verdict:?}"
            );
        }
    }

    #[test]
    fn a_column_filled_for_one_end_only_is_suspicious() {
        let outcomes = ends(420, 0.5, 7);
        let reason = |(row, won): (usize, &bool)| {
            let told = !won && chance(row, 8) < 0.4;
            if told { 1 + row as u32 % 3 } else { 0 }
        };
        let noise = |row: usize| u32::from(chance(row, 9) < 0.3);
        let tracks = vec![
            Track::Codes(outcomes.iter().enumerate().map(reason).collect()),
            numbers(&outcomes, |row, won| {
                if won && chance(row, 8) < 0.4 {
                    5.0
                } else {
                    f64::NAN
                }
            }),
            Track::Codes((0..420).map(noise).collect()),
            numbers(
                &outcomes,
                |row, _| if row == 3 { f64::NAN } else { chance(row, 10) },
            ),
        ];
        let verdicts = of(tracks, &outcomes);
        let suspicious = |verdict: &Verdict| matches!(verdict, Verdict::Suspicious(_));
        assert!(verdicts[..2].iter().all(suspicious), "{verdicts:?}");
        assert_eq!(verdicts[2..], [Verdict::Clean, Verdict::Clean]);
    }

    #[test]
    fn strong_and_empty_columns_are_no_leaks() {
        for salt in 0..40 {
            for (rows, rate) in [(60, 0.5), (140, 0.3), (700, 0.2), (2100, 0.02)] {
                let outcomes = ends(rows, rate, 10 + salt);
                let apart = |row, won| normal(row, 60 + salt) + 2.33 * f64::from(u8::from(won));
                let stage =
                    |(row, won): (usize, &bool)| 1 + u32::from((chance(row, 200 + salt) < 0.08) ^ *won);
                let pair = |row: usize| 1 + (chance(row, 300 + salt) * rows as f64 / 2.0) as u32;
                let tracks = vec![
                    // The area under the curve of this is 0.95.
                    numbers(&outcomes, apart),
                    Track::Codes(outcomes.iter().enumerate().map(stage).collect()),
                    // Words of about two rows, one row, and a number of noise.
                    Track::Codes((0..rows).map(pair).collect()),
                    Track::Codes((1..=rows as u32).collect()),
                    numbers(&outcomes, |row, _| chance(row, 400 + salt)),
                ];
                let verdicts = of(tracks, &outcomes);
                let leak = |verdict: &Verdict| matches!(verdict, Verdict::Leak(_));
                assert!(
                    !verdicts.iter().any(leak),
                    "{rows} at {rate}, {salt}: {verdicts:?}"
                );
                assert_eq!(verdicts[2..], [Verdict::Clean; 3], "{rows} at {rate}, {salt}");
            }
        }
    }

    #[test]
    fn nothing_is_said_of_few_rows_or_one_class() {
        let few = Grid {
            tracks: vec![Track::Codes(vec![0, 1])],
            rows: 2,
        };
        assert_eq!(judge(&few, &[false, true]), [Verdict::Clean]);
        let one = grid(vec![Track::Numbers(vec![f64::NAN; 600])]);
        assert_eq!(judge(&one, &[true; 600]), [Verdict::Clean]);
    }
}
