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

impl Split {
    /// The later rows by `times`, or a share by chance, rounded up; nothing when a part would be empty.
    ///
    /// By chance, the last rows of numpy's permutation are measured on.
    pub(super) fn of(
        frame: &Frame,
        outcomes: &[bool],
        times: Option<&[f64]>,
        share: f64,
        seed: u64,
    ) -> Option<Self> {
        let rows = frame.rows();
        let (mut order, words) = match times {
            Some(times) => (
                by_time(frame, outcomes, times, seed),
                "the latest rows are measured on".to_owned(),
            ),
            None => (
                permutation(rows, seed),
                format!(
                    "rows by chance are measured on, the last of numpy.random.default_rng({seed}).permutation({rows})"
                ),
            ),
        };
        // 0.7 of 10 rows is 7, also where 0.3 * 10 is a little more than 3.
        let measured = (share * rows as f64 - 1e-9).ceil() as usize;
        if measured == 0 || measured >= rows {
            return None;
        }
        let test = order.split_off(rows - measured);
        Some(Self {
            train: order,
            test,
            words,
        })
    }
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
