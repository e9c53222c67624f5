//! The scorer to beat: a logistic regression on numbers that may bend and on one column a word.
//!
//! A number enters as itself (its logarithm when it is skewed), standardised and held within what was seen, with hinges
//! at quantiles so that its effect may bend; a missing one has a column of its own. What each feature adds to the logit
//! is counted from the mean of the rows that were learned from.

use serde::{Deserialize, Serialize};

use super::logistic::{Logistic, Sparse};
use super::recipe::{Grid, Track};

mod number;

use number::NumberCoding;
pub(super) use number::quantile;

/// Rows that a word needs for a column of its own.
const FEWEST: usize = 8;
/// The most columns of words that one feature gets.
const WIDEST: usize = 80;
/// The most columns in all; the words with the fewest rows go first.
const WIDEST_ALL: usize = 500;

/// How features become columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Encoder {
    codings: Vec<Coding>,
    width: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Coding {
    Number(NumberCoding),
    Words {
        /// The column of each code; 0 = the missing cell.
        columns: Vec<Option<u32>>,
        /// The column of words with few rows, and of words not seen.
        other: Option<u32>,
    },
}

/// A fitted scorer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Linear {
    encoder: Encoder,
    model: Logistic,
    /// What each feature adds on average.
    means: Vec<f64>,
}

impl Encoder {
    /// How to code features, learned from rows.
    pub(super) fn learn(grid: &Grid) -> Self {
        let fewest = fewest(grid);
        let mut width = 0;
        let mut codings = Vec::with_capacity(grid.tracks.len());
        for track in &grid.tracks {
            codings.push(match track {
                Track::Numbers(cells) => Coding::Number(NumberCoding::learn(cells, &mut width)),
                Track::Codes(codes) => words(codes, fewest, &mut width),
            });
        }
        Self {
            codings,
            width: width as usize,
        }
    }

    /// The columns of rows.
    pub(super) fn encode(&self, grid: &Grid) -> Sparse {
        let mut rows = Sparse::new(self.width);
        let mut cells = Vec::new();
        for row in 0..grid.rows {
            cells.clear();
            for (coding, track) in self.codings.iter().zip(&grid.tracks) {
                coding.cells(track, row, &mut cells);
            }
            rows.push(cells.iter().copied());
        }
        rows
    }
}

impl Linear {
    /// A scorer from its parts; `rows` are those that it was fitted to.
    pub(super) fn new(encoder: Encoder, model: Logistic, grid: &Grid) -> Self {
        let mut linear = Self {
            means: vec![0.0; encoder.codings.len()],
            encoder,
            model,
        };
        let mut sums = vec![0.0; linear.means.len()];
        let mut cells = Vec::new();
        for row in 0..grid.rows {
            for (sum, part) in sums.iter_mut().zip(linear.parts(grid, row, &mut cells)) {
                *sum += part;
            }
        }
        let rows = grid.rows.max(1) as f64;
        linear.means = sums.into_iter().map(|sum| sum / rows).collect();
        linear
    }

    /// The logit of a row that is like the mean in everything.
    pub(super) fn base(&self) -> f64 {
        self.model.intercept + self.means.iter().sum::<f64>()
    }

    /// What each feature of a row adds to the base; a word that was never seen adds nothing.
    pub(super) fn contributions(&self, grid: &Grid, row: usize, into: &mut [f64], weight: f64) {
        let mut cells = Vec::new();
        for (feature, part) in self.parts(grid, row, &mut cells).into_iter().enumerate() {
            if !self.encoder.codings[feature].blank(&grid.tracks[feature], row) {
                into[feature] += weight * (part - self.means[feature]);
            }
        }
    }

    fn parts(&self, grid: &Grid, row: usize, cells: &mut Vec<(u32, f64)>) -> Vec<f64> {
        let pairs = self.encoder.codings.iter().zip(&grid.tracks);
        pairs
            .map(|(coding, track)| {
                cells.clear();
                coding.cells(track, row, cells);
                cells.iter().fold(0.0, |sum, (column, value)| {
                    sum + self.model.coefficients[*column as usize] * value
                })
            })
            .collect()
    }
}

impl Coding {
    fn cells(&self, track: &Track, row: usize, into: &mut Vec<(u32, f64)>) {
        match (self, track) {
            (Self::Number(coding), Track::Numbers(cells)) => coding.cells(cells[row], into),
            (Self::Words { columns, other }, Track::Codes(codes)) => {
                let column = columns.get(codes[row] as usize).copied().flatten();
                into.extend(column.or(*other).map(|column| (column, 1.0)));
            }
            _ => {}
        }
    }

    /// Whether a row says nothing that was learned from.
    fn blank(&self, track: &Track, row: usize) -> bool {
        match (self, track) {
            (Self::Number(coding), Track::Numbers(cells)) => cells[row].is_nan() && coding.missing.is_none(),
            (Self::Words { columns, other }, Track::Codes(codes)) => {
                other.is_none() && columns.get(codes[row] as usize).copied().flatten().is_none()
            }
            _ => true,
        }
    }
}

/// The fewest rows that a word needs so that all columns together are not too many.
fn fewest(grid: &Grid) -> usize {
    let mut counts: Vec<usize> = Vec::new();
    for track in &grid.tracks {
        if let Track::Codes(codes) = track {
            counts.extend(count(codes).into_iter().filter(|count| *count >= FEWEST));
        }
    }
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts.get(WIDEST_ALL).map_or(FEWEST, |count| count + 1)
}

fn count(codes: &[u32]) -> Vec<usize> {
    let known = || codes.iter().filter(|code| **code != super::recipe::UNSEEN);
    let size = known().max().map_or(0, |most| *most as usize + 1);
    let mut counts = vec![0; size];
    for code in known() {
        counts[*code as usize] += 1;
    }
    counts
}

fn words(codes: &[u32], fewest: usize, width: &mut u32) -> Coding {
    let counts = count(codes);
    let mut order: Vec<usize> = (0..counts.len()).filter(|code| counts[*code] >= fewest).collect();
    order.sort_by_key(|code| (std::cmp::Reverse(counts[*code]), *code));
    order.truncate(WIDEST);
    let mut columns = vec![None; counts.len()];
    order.sort_unstable();
    for code in &order {
        columns[*code] = Some(*width);
        *width += 1;
    }
    let kept: usize = order.iter().map(|code| counts[*code]).sum();
    let rest = codes.len() - kept;
    let other = (rest >= FEWEST).then_some(*width);
    *width += u32::from(other.is_some());
    Coding::Words { columns, other }
}

#[cfg(test)]
mod tests {
    use super::super::logistic::fit;
    use super::*;

    fn fitted(grid: &Grid, outcomes: &[bool]) -> (Linear, Vec<f64>) {
        let encoder = Encoder::learn(grid);
        let rows = encoder.encode(grid);
        let model = fit(&rows, outcomes, None, 1.0, None);
        let logits = (0..grid.rows).map(|row| model.logit(rows.row(row))).collect();
        (Linear::new(encoder, model, grid), logits)
    }

    fn sample() -> (Grid, Vec<bool>) {
        let rows = 400usize;
        let chance =
            |row: usize, salt: u64| crate::frame::mix(row as u64 * 7 + salt) as f64 / u64::MAX as f64;
        let amount = (0..rows).map(|row| {
            if row % 9 == 0 {
                f64::NAN
            } else {
                (chance(row, 1) * 12.0).exp()
            }
        });
        let grid = Grid {
            tracks: vec![
                Track::Numbers(amount.collect()),
                Track::Codes((0..rows).map(|row| (row % 5) as u32).collect()),
            ],
            rows,
        };
        let outcomes = (0..rows)
            .map(|row| chance(row, 2) < 0.2 + 0.1 * (row % 5) as f64)
            .collect();
        (grid, outcomes)
    }

    #[test]
    fn contributions_sum_to_the_logit() {
        let (grid, outcomes) = sample();
        let (linear, logits) = fitted(&grid, &outcomes);
        for (row, logit) in logits.iter().enumerate() {
            let mut parts = vec![0.0; 2];
            linear.contributions(&grid, row, &mut parts, 1.0);
            let sum = linear.base() + parts[0] + parts[1];
            assert!((sum - logit).abs() < 1e-9, "{sum} {logit}");
        }
    }

    #[test]
    fn a_word_never_seen_adds_nothing() {
        let (grid, outcomes) = sample();
        let (linear, _) = fitted(&grid, &outcomes);
        let other = Grid {
            tracks: vec![
                Track::Numbers(vec![1e100]),
                Track::Codes(vec![super::super::recipe::UNSEEN]),
            ],
            rows: 1,
        };
        let mut parts = vec![0.0; 2];
        linear.contributions(&other, 0, &mut parts, 1.0);
        assert!(parts[0].is_finite());
        assert_eq!(parts[1], 0.0);
    }
}
