//! Forecasts that add up: rep -> team -> company.
//!
//! Each forecast is moved as little as its own uncertainty asks for, so that children sum to their parent: generalised
//! least squares with independent errors (the diagonal form of MinT: Wickramasuriya, Athanasopoulos & Hyndman 2019). In
//! a tree that takes two passes: from the leaves up, what a node says and what its children say are weighed; from the
//! root down, what is left over is shared out by variance.

use super::{Bounds, Forecast};

/// A forecast and whose part it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The place of the parent in the list; `None` at the top. Parents stand before their children.
    pub parent: Option<usize>,
    /// What was forecast for it by itself.
    pub forecast: Forecast,
}

/// Why forecasts cannot be made to add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A parent does not stand before its child.
    #[error("node {at}: its parent must stand before it")]
    ParentAfter {
        /// Which node.
        at: usize,
    },
    /// Not all forecasts look equally far ahead.
    #[error("node {at}: it is forecast for another number of periods than the first")]
    OtherHorizon {
        /// Which node.
        at: usize,
    },
}

/// Makes forecasts add up at every step: afterwards each parent's mean is the sum of its children's. Intervals move
/// with their means and keep their widths. With `NonNegative` bounds nothing is moved below zero.
///
/// # Errors
/// The nodes are no tree, or do not fit to each other.
pub fn reconcile(nodes: &mut [Node], bounds: Bounds) -> Result<(), Broken> {
    let horizon = nodes.first().map_or(0, |node| node.forecast.mean.len());
    for (at, node) in nodes.iter().enumerate() {
        if node.parent.is_some_and(|parent| parent >= at) {
            return Err(Broken::ParentAfter { at });
        }
        if node.forecast.mean.len() != horizon {
            return Err(Broken::OtherHorizon { at });
        }
    }
    let children = children(nodes);
    for step in 0..horizon {
        let said: Vec<(f64, f64)> = nodes
            .iter()
            .map(|node| (node.forecast.mean[step], variance(&node.forecast, step)))
            .collect();
        let agreed = agree(&said, &children, nodes, bounds);
        for (node, mean) in nodes.iter_mut().zip(agreed) {
            shift(&mut node.forecast, step, mean, bounds);
        }
    }
    Ok(())
}

fn children(nodes: &[Node]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        if let Some(parent) = node.parent {
            children[parent].push(at);
        }
    }
    children
}

/// From the width of the widest interval; without one, from the size of the forecast.
fn variance(forecast: &Forecast, step: usize) -> f64 {
    let widest = forecast
        .bands
        .iter()
        .max_by(|one, other| one.level.total_cmp(&other.level));
    let width = widest.map_or(forecast.mean[step].abs(), |band| band.high[step] - band.low[step]);
    let least = 1e-6 * forecast.mean[step].abs();
    let width = width.max(least).max(f64::MIN_POSITIVE.sqrt());
    (width * width).min(f64::MAX / 1e12)
}

fn agree(said: &[(f64, f64)], children: &[Vec<usize>], nodes: &[Node], bounds: Bounds) -> Vec<f64> {
    // Up: what a node and its children say, weighed by how sure they are.
    let mut known = said.to_vec();
    for at in (0..said.len()).rev() {
        if children[at].is_empty() {
            continue;
        }
        let sum: f64 = children[at].iter().map(|child| known[*child].0).sum();
        let spread: f64 = children[at].iter().map(|child| known[*child].1).sum();
        let (own, doubt) = said[at];
        let trust = spread / (spread + doubt);
        known[at] = (own * trust + sum * (1.0 - trust), doubt * trust);
    }
    // Down: what is left over goes to the children by how unsure they are.
    let mut agreed: Vec<f64> = known.iter().map(|(mean, _)| *mean).collect();
    for at in 0..said.len() {
        if nodes[at].parent.is_none() {
            agreed[at] = bounds_below(agreed[at], bounds);
        }
        if !children[at].is_empty() {
            let shares: Vec<(f64, f64)> = children[at].iter().map(|child| known[*child]).collect();
            for (child, mean) in children[at].iter().zip(shared(agreed[at], &shares, bounds)) {
                agreed[*child] = mean;
            }
        }
    }
    agreed
}

fn bounds_below(value: f64, bounds: Bounds) -> f64 {
    if bounds == Bounds::Free {
        value
    } else {
        value.max(0.0)
    }
}

/// Means that sum to `total`: what is left over is shared by variance, and nobody goes below zero who must not.
fn shared(total: f64, known: &[(f64, f64)], bounds: Bounds) -> Vec<f64> {
    let mut means: Vec<f64> = known.iter().map(|(mean, _)| *mean).collect();
    let mut open: Vec<bool> = vec![true; known.len()];
    for _ in 0..=known.len() {
        let spread: f64 = known
            .iter()
            .zip(&open)
            .filter(|(_, open)| **open)
            .map(|((_, variance), _)| variance)
            .sum();
        let left = total - means.iter().sum::<f64>();
        if spread <= 0.0 {
            break;
        }
        for (at, mean) in means.iter_mut().enumerate().filter(|(at, _)| open[*at]) {
            *mean += left * known[at].1 / spread;
        }
        if bounds == Bounds::Free || means.iter().all(|mean| *mean >= 0.0) {
            break;
        }
        for (mean, open) in means.iter_mut().zip(&mut open) {
            if *mean <= 0.0 {
                (*mean, *open) = (0.0, false);
            }
        }
    }
    means
}

fn shift(forecast: &mut Forecast, step: usize, mean: f64, bounds: Bounds) {
    let by = mean - forecast.mean[step];
    forecast.mean[step] = mean;
    let low_end = if bounds == Bounds::Free { f64::MIN } else { 0.0 };
    for band in &mut forecast.bands {
        band.low[step] = (band.low[step] + by).max(low_end).min(mean);
        band.high[step] = (band.high[step] + by).max(mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trend::Band;

    fn node(parent: Option<usize>, mean: f64, half: f64) -> Node {
        Node {
            parent,
            forecast: Forecast {
                mean: vec![mean; 2],
                bands: vec![Band {
                    level: 0.95,
                    low: vec![mean - half; 2],
                    high: vec![mean + half; 2],
                }],
                model: Vec::new(),
                notes: Vec::new(),
            },
        }
    }

    fn means(nodes: &[Node]) -> Vec<f64> {
        nodes.iter().map(|node| node.forecast.mean[0]).collect()
    }

    #[test]
    fn a_team_and_its_reps_by_hand() {
        // Variances 100, 100 and 200 by half-widths: 30 is left over between 150 and 120. Trust in the team's own is
        // 200 / (200 + 200): it becomes 135, and each rep gets half of 15.
        let half = |variance: f64| variance.sqrt() / 2.0;
        let mut nodes = [
            node(None, 150.0, half(200.0)),
            node(Some(0), 70.0, half(100.0)),
            node(Some(0), 50.0, half(100.0)),
        ];
        reconcile(&mut nodes, Bounds::Free).unwrap();
        for (mean, truth) in means(&nodes).iter().zip([135.0, 77.5, 57.5]) {
            assert!((mean - truth).abs() < 1e-9, "{:?}", means(&nodes));
        }
        let band = &nodes[1].forecast.bands[0];
        assert!((band.high[0] - band.low[0] - 10.0).abs() < 1e-9 && (band.low[0] - 72.5).abs() < 1e-9);
    }

    #[test]
    fn three_floors_add_up_and_stay_above_zero() {
        let mut nodes = vec![
            node(None, 10.0, 1.0),
            node(Some(0), 40.0, 9.0),
            node(Some(0), 5.0, 20.0),
        ];
        nodes.extend((0..6).map(|at| node(Some(1 + at % 2), 1.0 + 4.0 * at as f64, 3.0 + at as f64)));
        reconcile(&mut nodes, Bounds::NonNegative).unwrap();
        let means = means(&nodes);
        for at in 0..3 {
            let sum: f64 = (0..nodes.len())
                .filter(|child| nodes[*child].parent == Some(at))
                .map(|child| means[child])
                .sum();
            assert!((sum - means[at]).abs() < 1e-9, "{at}: {means:?}");
        }
        assert!(means.iter().all(|mean| *mean >= 0.0), "{means:?}");
    }

    #[test]
    fn what_is_no_tree_is_told() {
        let mut nodes = [node(Some(1), 1.0, 1.0), node(None, 1.0, 1.0)];
        assert_eq!(
            reconcile(&mut nodes, Bounds::Free),
            Err(Broken::ParentAfter { at: 0 })
        );
        let mut nodes = [node(None, 1.0, 1.0), node(Some(0), 1.0, 1.0)];
        nodes[1].forecast.mean.pop();
        assert_eq!(
            reconcile(&mut nodes, Bounds::Free),
            Err(Broken::OtherHorizon { at: 1 })
        );
        assert_eq!(reconcile(&mut [], Bounds::Free), Ok(()));
    }
}
