//! Columns that know the end: filled in after the fact, or the target under another name.
//!
//! A column is judged by how much of the outcome it explains alone, each row from the others with the same value
//! (McFadden's share of the deviance). Real signals of sales data explain a tenth, rarely a third; what explains nearly
//! all was written down when the end was known.

use super::logistic::{logit, loss};
use super::recipe::{Grid, Track, UNSEEN};
use super::trees::{Binned, Binning};

/// Explaining more than this is named.
const SUSPICIOUS: f64 = 0.5;
/// Explaining more than this is taken out.
const LEAK: f64 = 0.9;
/// Rows below which nothing can be said.
const FEWEST: usize = 40;

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
    let binned: Binned = Binning::learn(grid).apply(grid);
    let shares = grid.tracks.iter().zip(binned.columns()).map(|(track, bins)| {
        let share = match track {
            Track::Numbers(_) => explained(bins.iter().map(|bin| u32::from(*bin)), outcomes),
            // Words are judged by themselves: those with few rows must not hide together.
            Track::Codes(codes) => explained(codes.iter().copied(), outcomes),
        };
        match share {
            share if share >= LEAK => Verdict::Leak(share),
            share if share >= SUSPICIOUS => Verdict::Suspicious(share),
            _ => Verdict::Clean,
        }
    });
    shares.collect()
}

fn explained(codes: impl Iterator<Item = u32> + Clone, outcomes: &[bool]) -> f64 {
    let rows = outcomes.len();
    let won = outcomes.iter().filter(|won| **won).count();
    if rows < FEWEST || won == 0 || won == rows {
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
    let (mut with, mut without) = (0.0, 0.0);
    for (code, won) in codes.zip(outcomes) {
        let (n, good) = counts[known(code)];
        let own = f64::from(u8::from(*won));
        let others = (good - own + rate) / n;
        with += loss(logit(others), *won);
        without += loss(logit(rate), *won);
    }
    1.0 - with / without
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
