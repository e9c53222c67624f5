//! The search for the point at which a form explains a series best: steps of Levenberg and Marquardt within bounds.

use super::form::Layout;
use super::pass::run;
use super::tangent::{Normal, ROOM, normal};

/// The most steps of one search. Few on purpose: the first ones find what matters, later ones fit the starting states to
/// the noise. Searching to the very end (40 steps) forecast NN3 and NN5 one to two per cent worse.
pub(super) const STEPS: usize = 3;

/// A search ends when a step gains less than this, in units of minus twice the logarithm of the likelihood. Criteria of
/// two forms that differ by less are the same.
const GAIN: f64 = 2e-3;

/// How often a step that gained nothing is shortened before the search gives up.
const SHORTER: usize = 7;

/// A point and how bad it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub(super) at: Vec<f64>,
    pub(super) badness: f64,
}

impl Point {
    /// The point `at`, drawn into the bounds; `None` where the form cannot stand.
    pub(super) fn of(layout: &Layout, mut at: Vec<f64>, y: &[f64]) -> Option<Self> {
        layout.clamp(&mut at);
        let badness = run(layout, &at, y, |_| ())?.badness;
        Some(Self { at, badness })
    }
}

/// The best point that is found downhill from `from` in so many steps.
pub(super) fn refine(layout: &Layout, from: Point, y: &[f64], steps: usize) -> Point {
    let mut best = from;
    let mut damping = 1e-2;
    for _ in 0..steps {
        let Some(sums) = normal(layout, &best.at, y) else {
            break;
        };
        let Some((next, found)) = downhill(layout, &best, &sums, damping, y) else {
            break;
        };
        damping = found;
        let gain = best.badness - next.badness;
        best = next;
        if gain < GAIN {
            break;
        }
    }
    best
}

/// A better point and the damping to go on with.
fn downhill(layout: &Layout, from: &Point, sums: &Normal, damping: f64, y: &[f64]) -> Option<(Point, f64)> {
    let free: Vec<usize> = (0..layout.count)
        .filter(|place| is_free(layout, from, sums, *place))
        .collect();
    let mut damping = damping;
    for _ in 0..SHORTER {
        let mut at = from.at.clone();
        if step(&mut at, &free, sums, damping).is_some()
            && let Some(next) = Point::of(layout, at, y)
            && next.badness < from.badness
        {
            return Some((next, (damping / 8.0).max(1e-7)));
        }
        damping *= 6.0;
    }
    None
}

/// Whether a parameter can go where it is pulled to: not one that stands at its bound and is pulled across.
fn is_free(layout: &Layout, from: &Point, sums: &Normal, place: usize) -> bool {
    let (least, most) = layout.bounds(place);
    let (value, pull) = (from.at[place], sums.pull[place]);
    !(value <= least && pull > 0.0 || value >= most && pull < 0.0)
}

/// Moves the free parameters of `at` by the solution of `(M + damping diag M) step = -pull` (Cholesky); `None` when
/// that cannot be solved.
fn step(at: &mut [f64], free: &[usize], sums: &Normal, damping: f64) -> Option<()> {
    let n = free.len();
    let mut root = [[0.0_f64; ROOM]; ROOM];
    let mut moves = [0.0_f64; ROOM];
    for (row, own) in free.iter().enumerate() {
        for (column, other) in free[..=row].iter().enumerate() {
            let product: f64 = root[row][..column]
                .iter()
                .zip(&root[column][..column])
                .map(|(a, b)| a * b)
                .sum();
            let entry = sums.matrix[*own][*other];
            if column < row {
                root[row][column] = (entry - product) / root[column][column];
            } else {
                let left = entry * (1.0 + damping) + f64::MIN_POSITIVE - product;
                if !(left > 0.0 && left.is_finite()) {
                    return None;
                }
                root[row][row] = left.sqrt();
            }
        }
        let product: f64 = root[row][..row].iter().zip(&moves).map(|(a, b)| a * b).sum();
        moves[row] = (-sums.pull[*own] - product) / root[row][row];
    }
    for row in (0..n).rev() {
        let product: f64 = (row + 1..n).map(|below| root[below][row] * moves[below]).sum();
        moves[row] = (moves[row] - product) / root[row][row];
    }
    for (place, by) in free.iter().zip(&moves) {
        at[*place] += by;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::form::Form;
    use super::*;

    #[test]
    fn a_step_solves_the_equations() {
        let mut sums = Normal {
            matrix: Box::new([[0.0; ROOM]; ROOM]),
            pull: [0.0; ROOM],
        };
        // [[4, 2], [2, 3]] x = -[2, -1] has x = [-1, 1].
        (sums.matrix[0][0], sums.matrix[2][0], sums.matrix[2][2]) = (4.0, 2.0, 3.0);
        (sums.pull[0], sums.pull[2]) = (2.0, -1.0);
        let mut at = [10.0, 20.0, 30.0];
        step(&mut at, &[0, 2], &sums, 0.0).unwrap();
        assert!((at[0] - 9.0).abs() < 1e-12 && (at[2] - 31.0).abs() < 1e-12 && at[1] == 20.0);
    }

    /// Simple smoothing has one weight and one level: a fine net over both finds nothing better.
    #[test]
    fn nothing_on_a_fine_net_is_better() {
        let y = [
            0.31, 0.42, 0.35, 0.55, 0.48, 0.60, 0.52, 0.71, 0.66, 0.62, 0.80, 0.74,
        ];
        for name in ["ETS(A,N,N)", "ETS(M,N,N)"] {
            let layout = Layout::of(Form::named(name).unwrap(), 1);
            let start = Point::of(&layout, vec![0.3, 0.4], &y).unwrap();
            let found = refine(&layout, start, &y, 40);
            for alpha in 0..=100 {
                for level in 0..=100 {
                    let at = vec![f64::from(alpha) / 100.0, 0.1 + f64::from(level) / 200.0];
                    let Some(net) = Point::of(&layout, at, &y) else {
                        continue;
                    };
                    assert!(net.badness > found.badness - 1e-3, "{name}: {net:?} {found:?}");
                }
            }
        }
    }

    #[test]
    fn bounds_hold_and_do_not_stop_the_others() {
        // A walk that never turns: alpha wants to be beyond its bound, the level is still found.
        let y: Vec<f64> = (0..20).map(|t| 0.1 + 0.04 * f64::from(t)).collect();
        let layout = Layout::of(Form::named("ETS(A,N,N)").unwrap(), 1);
        let found = refine(&layout, Point::of(&layout, vec![0.2, 0.9], &y).unwrap(), &y, 40);
        assert!((found.at[0] - 0.9999).abs() < 1e-9, "{found:?}");
        assert!((found.at[1] - 0.1).abs() < 0.01, "{found:?}");
    }
}
