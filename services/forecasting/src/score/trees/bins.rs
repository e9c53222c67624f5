//! Features in at most 64 bins each, so that any split of them is one word of bits.

use serde::{Deserialize, Serialize};

use crate::score::recipe::{Grid, Track};

/// Bins of a feature; bin 0 holds the missing cells.
pub(in crate::score) const BINS: usize = 64;
/// Words that get a bin of their own: the others share the last.
const WORDS: usize = BINS - 2;
/// The bin of words with few rows and of words not seen.
const OTHER: u8 = 63;
/// Rows that a word needs for a bin of its own.
const FEWEST: usize = 8;

/// Where the bins of each feature lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::score) struct Binning {
    features: Vec<Cut>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Cut {
    /// Upper bounds, ascending: a number is in the first bin whose bound it does not exceed.
    Numbers(Vec<f64>),
    /// The bin of each code.
    Words(Vec<u8>),
}

/// Rows in bins, by feature.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::score) struct Binned {
    pub(super) columns: Vec<Vec<u8>>,
    /// Whether the bins of a feature have an order.
    pub(super) ordered: Vec<bool>,
    pub(in crate::score) rows: usize,
}

impl Binned {
    /// The bins of each feature.
    pub(in crate::score) fn columns(&self) -> impl Iterator<Item = &[u8]> {
        self.columns.iter().map(Vec::as_slice)
    }
}

impl Binning {
    /// The bins of features, learned from rows: numbers with about as many rows in each.
    pub(in crate::score) fn learn(grid: &Grid) -> Self {
        let features = grid.tracks.iter().map(|track| match track {
            Track::Numbers(cells) => Cut::Numbers(bounds(cells)),
            Track::Codes(codes) => Cut::Words(words(codes)),
        });
        Self {
            features: features.collect(),
        }
    }

    /// The bins of rows.
    pub(in crate::score) fn apply(&self, grid: &Grid) -> Binned {
        let pairs = || self.features.iter().zip(&grid.tracks);
        Binned {
            columns: pairs().map(|(cut, track)| column(cut, track)).collect(),
            ordered: pairs().map(|(cut, _)| matches!(cut, Cut::Numbers(_))).collect(),
            rows: grid.rows,
        }
    }
}

fn column(cut: &Cut, track: &Track) -> Vec<u8> {
    match (cut, track) {
        (Cut::Numbers(bounds), Track::Numbers(cells)) => {
            cells.iter().map(|number| number_bin(bounds, *number)).collect()
        }
        (Cut::Words(bins), Track::Codes(codes)) => {
            let bin = |code: &u32| bins.get(*code as usize).copied().unwrap_or(OTHER);
            codes.iter().map(bin).collect()
        }
        (_, Track::Numbers(cells)) => vec![0; cells.len()],
        (_, Track::Codes(codes)) => vec![0; codes.len()],
    }
}

fn number_bin(bounds: &[f64], number: f64) -> u8 {
    if number.is_nan() {
        return 0;
    }
    // At most 62 bounds: bins 1 to 63.
    bounds.partition_point(|bound| *bound < number) as u8 + 1
}

fn bounds(cells: &[f64]) -> Vec<f64> {
    let mut known: Vec<f64> = cells.iter().copied().filter(|number| !number.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let mut values = known.clone();
    values.dedup();
    if values.len() < BINS - 1 {
        values.pop();
        return values;
    }
    let mut bounds: Vec<f64> = (1..BINS - 1)
        .map(|bin| known[(known.len() * bin / (BINS - 1)).min(known.len() - 1)])
        .collect();
    bounds.dedup();
    // Nothing lies above the largest value.
    if bounds.last() == known.last() {
        bounds.pop();
    }
    bounds
}

fn words(codes: &[u32]) -> Vec<u8> {
    let known = || codes.iter().filter(|code| **code != crate::score::recipe::UNSEEN);
    let size = known().max().map_or(0, |most| *most as usize + 1);
    let mut counts = vec![0usize; size];
    for code in known() {
        counts[*code as usize] += 1;
    }
    let mut order: Vec<usize> = (1..size).filter(|code| counts[*code] >= FEWEST).collect();
    order.sort_by_key(|code| (std::cmp::Reverse(counts[*code]), *code));
    order.truncate(WORDS);
    let mut bins = vec![OTHER; size];
    if let Some(missing) = bins.first_mut() {
        *missing = 0;
    }
    for (code, bin) in order.into_iter().zip(1..) {
        bins[code] = bin;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_a_bin_each_and_many_share() {
        let few = bounds(&[3.0, 1.0, f64::NAN, 2.0, 1.0]);
        assert_eq!(few, [1.0, 2.0]);
        let bins: Vec<u8> = [f64::NAN, 0.0, 1.0, 1.5, 2.0, 9.0]
            .iter()
            .map(|n| number_bin(&few, *n))
            .collect();
        assert_eq!(bins, [0, 1, 1, 2, 2, 3]);
        let many: Vec<f64> = (0..10_000).map(f64::from).collect();
        let cuts = bounds(&many);
        assert_eq!(cuts.len(), BINS - 2);
        assert_eq!((number_bin(&cuts, -1.0), number_bin(&cuts, 1e300)), (1, 63));
        assert!(bounds(&[]).is_empty() && bounds(&[4.0; 9]).is_empty());
        let mostly = bounds(&[vec![0.0; 5000], many].concat());
        assert!(mostly.len() < BINS - 2 && mostly.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn rare_and_unseen_words_share_a_bin() {
        let codes: Vec<u32> = (0..30)
            .map(|row| if row < 20 { 1 + row % 2 } else { row })
            .chain([0])
            .collect();
        let bins = words(&codes);
        assert_eq!(&bins[..3], [0, 1, 2]);
        assert_eq!(bins[25], OTHER);
        let cut = Cut::Words(bins);
        assert_eq!(column(&cut, &Track::Codes(vec![u32::MAX, 1, 0])), [OTHER, 1, 0]);
    }
}
