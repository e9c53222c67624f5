//! Which rows are learned from, and which are measured on.

use super::shuffle::permutation;
use crate::frame::{Frame, mix};

/// Rows of a table in two parts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split {
    pub(super) train: Vec<usize>,
    pub(super) test: Vec<usize>,
    /// How they were split.
    pub(super) words: String,
}

/// Why there are no two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    /// A part would be empty.
    Few,
    /// All rows are of the same time.
    OneTime,
}

impl Split {
    /// The later rows by `times`, or a share by chance, rounded up. Rows of the same time stay together: the cut is at
    /// their beginning or end, whichever is nearer to the share.
    ///
    /// By chance, the last rows of numpy's permutation are measured on.
    ///
    /// # Errors
    /// When there are no two parts.
    pub(super) fn of(
        frame: &Frame,
        outcomes: &[bool],
        times: Option<&[f64]>,
        share: f64,
        seed: u64,
    ) -> Result<Self, Whole> {
        let rows = frame.rows();
        // 0.7 of 10 rows is 7, also where 0.3 * 10 is a little more than 3.
        let measured = (share * rows as f64 - 1e-9).ceil() as usize;
        if measured == 0 || measured >= rows {
            return Err(Whole::Few);
        }
        let asked = rows - measured;
        let (mut order, cut, words) = match times {
            Some(times) => {
                let order = by_time(frame, outcomes, times, seed);
                let cut = beside(&order, times, asked).ok_or(Whole::OneTime)?;
                (order, cut, by_time_in_words(rows, asked, cut))
            }
            None => (
                permutation(rows, seed),
                asked,
                format!(
                    "rows by chance are measured on, the last of numpy.random.default_rng({seed}).permutation({rows})"
                ),
            ),
        };
        let test = order.split_off(cut);
        Ok(Self {
            train: order,
            test,
            words,
        })
    }
}

/// The cut nearest to `asked` that has no two rows of the same time on its two sides, the earlier of two as near; nothing
/// when all rows are of one time.
fn beside(order: &[usize], times: &[f64], asked: usize) -> Option<usize> {
    let time = |at: usize| times[order[at]];
    let edge = |at: &usize| time(*at - 1).total_cmp(&time(*at)).is_ne();
    let before = (1..=asked).rev().find(edge);
    let after = (asked + 1..order.len()).find(edge);
    match (before, after) {
        (Some(before), Some(after)) if after - asked < asked - before => Some(after),
        (before, after) => before.or(after),
    }
}

fn by_time_in_words(rows: usize, asked: usize, cut: usize) -> String {
    if cut == asked {
        return "the latest rows are measured on".to_owned();
    }
    format!(
        "the latest rows are measured on: {} instead of {}, so that rows of the same time stay together",
        rows - cut,
        rows - asked
    )
}

/// Rows in the order of time; those at the same time in an order that follows from what stands in them.
fn by_time(frame: &Frame, outcomes: &[bool], times: &[f64], seed: u64) -> Vec<usize> {
    let digests = frame.digests(seed);
    let digest = |row: usize| mix(digests[row] ^ u64::from(outcomes[row]));
    let mut order: Vec<usize> = (0..frame.rows()).collect();
    order.sort_by(|a, b| {
        let by_time = times[*a].total_cmp(&times[*b]);
        by_time.then_with(|| digest(*a).cmp(&digest(*b)))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Column, Values};

    fn split(times: &[f64], share: f64) -> Result<Split, Whole> {
        let rows = times.len();
        let frame = Frame::new(vec![Column {
            name: "a".to_owned(),
            values: Values::Numbers((0..rows).map(|row| Some(row as f64)).collect()),
        }]);
        Split::of(&frame.unwrap(), &vec![true; rows], Some(times), share, 3)
    }

    #[test]
    fn rows_of_the_same_time_stay_together() {
        // Of 20 rows 8 are asked for; 9 of one time lie around that cut, from row 5 to 13.
        let times: Vec<f64> = (0..20)
            .map(|row| {
                if (5..14).contains(&row) {
                    5.0
                } else {
                    f64::from(row)
                }
            })
            .collect();
        let found = split(&times, 0.4).unwrap();
        assert_eq!((found.train.len(), found.test.len()), (14, 6));
        assert!(found.test.iter().all(|row| times[*row] > 5.0));
        assert!(found.words.contains("6 instead of 8"), "{}", found.words);
        // The beginning is nearer.
        assert_eq!(split(&times, 0.7).unwrap().train.len(), 5);
        // Without a tie there, the cut is where it was asked for.
        let plain = split(&times, 0.2).unwrap();
        assert_eq!((plain.train.len(), plain.words.contains("instead")), (16, false));
    }

    #[test]
    fn a_part_is_never_empty() {
        let times: Vec<f64> = (0..10).map(|row| f64::from(u8::from(row == 0))).collect();
        assert_eq!(split(&times, 0.5).unwrap().test, [0]);
        assert_eq!(split(&[2.0; 10], 0.5), Err(Whole::OneTime));
        assert_eq!(split(&[2.0], 0.5), Err(Whole::Few));
    }
}
