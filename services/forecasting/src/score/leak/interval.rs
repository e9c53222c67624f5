//! Numbers that part the two ends at one place: all of one end above a threshold, or within one interval.
//!
//! Bins by rank need rows by the hundred before they tell such a number from a strong one; one interval has two bounds
//! only, so that some forty rows do. It is learned from some rows and judged on others.

use super::relative;

/// Parts of the cross-validation.
const PARTS: usize = 5;
/// What a row is: outside of the interval, inside, or without a number.
const PLACES: [u32; 3] = [0, 1, 2];

/// How well a number parts the ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parting {
    /// The chance that a row of the one end has the larger number than a row of the other, whichever way is more, 0.5 to
    /// 1; missing cells all below or all above.
    pub(super) auc: f64,
    /// The share of the outcome that one interval explains on rows held out, 0 to 1.
    pub(super) share: f64,
}

/// How well `cells` part `outcomes`; NaN where missing.
pub(super) fn parting(cells: &[f64], outcomes: &[bool]) -> Parting {
    let mut order: Vec<usize> = (0..cells.len()).filter(|row| !cells[*row].is_nan()).collect();
    order.sort_by(|a, b| cells[*a].total_cmp(&cells[*b]));
    let part = |row: usize| row % PARTS;
    let bounds: Vec<Option<(f64, f64)>> = (0..PARTS)
        .map(|held| {
            let learn = order.iter().copied().filter(|row| part(*row) != held);
            interval(learn, cells, outcomes)
        })
        .collect();
    let place = |row: usize| match bounds[part(row)] {
        _ if cells[row].is_nan() => PLACES[2],
        Some((low, high)) if (low..=high).contains(&cells[row]) => PLACES[1],
        _ => PLACES[0],
    };
    Parting {
        auc: auc(&order, cells, outcomes),
        share: relative((0..cells.len()).map(place), outcomes),
    }
}

/// The interval that most rows of one end and fewest of the other lie in, whichever end is parted better; its bounds lie
/// half-way to the next rows. Nothing without rows.
fn interval(order: impl Iterator<Item = usize>, cells: &[f64], outcomes: &[bool]) -> Option<(f64, f64)> {
    // Rows with the same number stand together: how many more ended well than not.
    let mut steps: Vec<(f64, i64)> = Vec::new();
    for row in order {
        let more = if outcomes[row] { 1 } else { -1 };
        match steps.last_mut() {
            Some((value, sum)) if *value == cells[row] => *sum += more,
            _ => steps.push((cells[row], more)),
        }
    }
    let good: i64 = steps.iter().map(|(_, more)| more).sum();
    let (most, well) = densest(steps.iter().map(|(_, more)| *more))?;
    let (least, other) = densest(steps.iter().map(|(_, more)| -more))?;
    // Rows on the wrong side are those of the end less what the interval gains; that of the other end has `good` fewer.
    let (first, last) = if most - good >= least { well } else { other };
    let half = |a: f64, b: f64| a + (b - a) / 2.0;
    let low = first
        .checked_sub(1)
        .map_or(f64::NEG_INFINITY, |before| half(steps[before].0, steps[first].0));
    let high = steps
        .get(last + 1)
        .map_or(f64::INFINITY, |after| half(steps[last].0, after.0));
    Some((low, high))
}

/// The run with the largest sum, and that sum (Kadane's walk).
fn densest(steps: impl Iterator<Item = i64>) -> Option<(i64, (usize, usize))> {
    let mut best: Option<(i64, (usize, usize))> = None;
    let (mut sum, mut from) = (0, 0);
    for (at, step) in steps.enumerate() {
        if sum <= 0 {
            (sum, from) = (0, at);
        }
        sum += step;
        if best.is_none_or(|(most, _)| sum > most) {
            best = Some((sum, (from, at)));
        }
    }
    best
}

/// The area under the curve of a number, whichever way it points and wherever missing cells make it larger (Mann and
/// Whitney 1947, ties by half); one half when an end has no row.
fn auc(order: &[usize], cells: &[f64], outcomes: &[bool]) -> f64 {
    let won = outcomes.iter().filter(|won| **won).count() as f64;
    let lost = outcomes.len() as f64 - won;
    if won == 0.0 || lost == 0.0 {
        return 0.5;
    }
    // Pairs of a row that ended well with one below it that did not, among rows with a number.
    let (mut below, mut known_won, mut pairs) = (0.0, 0.0, 0.0);
    let same = |a: &usize, b: &usize| cells[*a] == cells[*b];
    for group in order.chunk_by(same) {
        let good = group.iter().filter(|row| outcomes[**row]).count() as f64;
        let other = group.len() as f64 - good;
        pairs += good * (below + 0.5 * other);
        below += other;
        known_won += good;
    }
    let (gone_won, gone_lost) = (won - known_won, lost - below);
    let tied = 0.5 * gone_won * gone_lost;
    let areas = [
        pairs + known_won * gone_lost + tied,
        pairs + gone_won * below + tied,
    ];
    areas
        .map(|pairs| pairs / (won * lost))
        .map(|area| area.max(1.0 - area))
        .into_iter()
        .fold(0.5, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_that_of_all_pairs() {
        let cells = [1.0, 2.0, 2.0, 3.0, f64::NAN, 0.5];
        let outcomes = [false, true, false, true, true, false];
        let order = [5, 0, 1, 2, 3];
        // Missing above: of 9 pairs 8.5 are in order.
        assert_eq!(auc(&order, &cells, &outcomes), 8.5 / 9.0);
        assert_eq!(auc(&order, &cells, &outcomes.map(|won| !won)), 8.5 / 9.0);
        assert_eq!(auc(&order, &cells, &[true; 6]), 0.5);
    }

    #[test]
    fn an_interval_lies_between_the_ends() {
        let cells: Vec<f64> = (0..60).map(f64::from).collect();
        let inside: Vec<bool> = (0..60).map(|row| (20..40).contains(&row)).collect();
        assert_eq!(interval(0..60, &cells, &inside), Some((19.5, 39.5)));
        let outside: Vec<bool> = inside.iter().map(|won| !won).collect();
        assert_eq!(interval(0..60, &cells, &outside), Some((19.5, 39.5)));
        let above: Vec<bool> = (0..60).map(|row| row >= 20).collect();
        assert_eq!(interval(0..60, &cells, &above), Some((19.5, f64::INFINITY)));
        assert_eq!(interval(0..0, &cells, &above), None);
        let huge = [-crate::frame::LARGEST, crate::frame::LARGEST];
        assert_eq!(interval(0..2, &huge, &[false, true]), Some((0.0, f64::INFINITY)));
    }
}
