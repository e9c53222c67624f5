//! One tree: leaves are split where it helps most, from sums by bin (Chen and Guestrin 2016; Ke and others 2017).

use serde::{Deserialize, Serialize};

use super::bins::{BINS, Binned};

/// How far a tree grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::score) struct Growth {
    /// The most leaves.
    pub(in crate::score) leaves: usize,
    /// The part of each tree's answer that is taken.
    pub(in crate::score) rate: f64,
    /// The fewest rows of a leaf.
    pub(in crate::score) fewest: u32,
    /// The ridge on a leaf's answer.
    pub(in crate::score) ridge: f64,
}

/// The ridge more when the bins of a split have no order: there are far more ways to split them.
const UNORDERED: f64 = 10.0;
/// The least curvature on each side.
const LEAST: f64 = 1e-3;

/// A tree; the first node is its root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

/// A node: what rows that come to it are worth, and where they go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) value: f64,
    pub(super) split: Option<Branch>,
}

/// Where rows go: left when the bit of their bin is set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Branch {
    pub(super) feature: u32,
    pub(super) left_bins: u64,
    pub(super) left: u32,
    pub(super) right: u32,
}

/// Sums over rows.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    slope: f64,
    bend: f64,
    rows: u32,
}

impl Sums {
    fn add(&mut self, other: Sums) {
        self.slope += other.slope;
        self.bend += other.bend;
        self.rows += other.rows;
    }

    fn less(self, other: Sums) -> Self {
        Self {
            slope: self.slope - other.slope,
            bend: self.bend - other.bend,
            rows: self.rows - other.rows,
        }
    }

    fn worth(self, ridge: f64) -> f64 {
        self.slope * self.slope / (self.bend + ridge)
    }
}

#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    feature: usize,
    left_bins: u64,
}

/// A leaf that may be split.
struct Leaf {
    node: usize,
    from: usize,
    to: usize,
    bins: Vec<Sums>,
    best: Option<Split>,
}

/// What a tree is grown from: slope and bend of the loss at each row, the rows and the features it may look at.
pub(super) struct Soil<'a> {
    pub(super) binned: &'a Binned,
    pub(super) slopes: &'a [[f64; 2]],
    pub(super) features: &'a [usize],
    pub(super) growth: &'a Growth,
}

impl Tree {
    /// The value of a row's leaf.
    pub(super) fn value(&self, binned: &Binned, row: usize) -> f64 {
        self.path(binned, row, |_, _| {})
    }

    /// The value of a row's leaf; tells on the way which feature moved it by how much.
    pub(super) fn path(&self, binned: &Binned, row: usize, mut moved: impl FnMut(usize, f64)) -> f64 {
        let mut node = &self.nodes[0];
        while let Some(branch) = &node.split {
            let bin = binned.columns[branch.feature as usize][row];
            let left = branch.left_bins >> bin & 1 == 1;
            let next = &self.nodes[if left { branch.left } else { branch.right } as usize];
            moved(branch.feature as usize, next.value - node.value);
            node = next;
        }
        node.value
    }
}

impl Soil<'_> {
    /// Grows a tree on some rows.
    pub(super) fn grow(&self, mut rows: Vec<u32>) -> Tree {
        let mut tree = Tree { nodes: Vec::new() };
        let root = self.leaf(&mut tree, 0, rows.len(), self.bins(&rows));
        let mut leaves = vec![root];
        while leaves.len() < self.growth.leaves {
            let Some(at) = widest(&leaves) else {
                break;
            };
            let leaf = leaves.swap_remove(at);
            if let Some(split) = leaf.best {
                let (left, right) = self.split(&mut tree, &mut rows, leaf, split);
                leaves.push(left);
                leaves.push(right);
            }
        }
        tree
    }

    fn leaf(&self, tree: &mut Tree, from: usize, to: usize, bins: Vec<Sums>) -> Leaf {
        // Each feature's bins hold all rows of the leaf.
        let mut sums = Sums::default();
        for bin in bins.iter().take(BINS) {
            sums.add(*bin);
        }
        tree.nodes.push(Node {
            value: -self.growth.rate * sums.slope / (sums.bend + self.growth.ridge),
            split: None,
        });
        let best = self.best(&bins, sums);
        Leaf {
            node: tree.nodes.len() - 1,
            from,
            to,
            bins,
            best,
        }
    }

    fn split(&self, tree: &mut Tree, rows: &mut [u32], leaf: Leaf, split: Split) -> (Leaf, Leaf) {
        let column = &self.binned.columns[self.features[split.feature]];
        let here = &mut rows[leaf.from..leaf.to];
        let goes_left = |row: &u32| split.left_bins >> column[*row as usize] & 1 == 1;
        let (lefts, rights): (Vec<u32>, Vec<u32>) = here.iter().copied().partition(goes_left);
        here[..lefts.len()].copy_from_slice(&lefts);
        here[lefts.len()..].copy_from_slice(&rights);
        let middle = leaf.from + lefts.len();
        // The sums of the larger side are those of both less those of the smaller.
        let less = |bins: &[Sums]| {
            leaf.bins
                .iter()
                .zip(bins)
                .map(|(all, part)| all.less(*part))
                .collect()
        };
        let (left_bins, right_bins) = if lefts.len() <= rights.len() {
            let bins = self.bins(&lefts);
            let rest = less(&bins);
            (bins, rest)
        } else {
            let bins = self.bins(&rights);
            (less(&bins), bins)
        };
        let left = self.leaf(tree, leaf.from, middle, left_bins);
        let right = self.leaf(tree, middle, leaf.to, right_bins);
        tree.nodes[leaf.node].split = Some(Branch {
            feature: self.features[split.feature] as u32,
            left_bins: split.left_bins,
            left: left.node as u32,
            right: right.node as u32,
        });
        (left, right)
    }

    fn bins(&self, rows: &[u32]) -> Vec<Sums> {
        let mut bins = vec![Sums::default(); self.features.len() * BINS];
        for (place, feature) in self.features.iter().enumerate() {
            let column = &self.binned.columns[*feature];
            let bins = &mut bins[place * BINS..(place + 1) * BINS];
            for row in rows {
                let [slope, bend] = self.slopes[*row as usize];
                let bin = &mut bins[usize::from(column[*row as usize]) % BINS];
                bin.slope += slope;
                bin.bend += bend;
                bin.rows += 1;
            }
        }
        bins
    }

    fn best(&self, bins: &[Sums], all: Sums) -> Option<Split> {
        let mut best: Option<Split> = None;
        if all.rows < 2 * self.growth.fewest {
            return None;
        }
        for (place, feature) in self.features.iter().enumerate() {
            let bins = &bins[place * BINS..(place + 1) * BINS];
            let found = if self.binned.ordered[*feature] {
                self.ordered(bins, all)
            } else {
                self.unordered(bins, all)
            };
            if let Some((gain, left_bins)) = found
                && best.is_none_or(|best| gain > best.gain)
            {
                best = Some(Split {
                    gain,
                    feature: place,
                    left_bins,
                });
            }
        }
        best
    }

    /// The best split of numbers: up to a bin, missing cells on either side.
    fn ordered(&self, bins: &[Sums], all: Sums) -> Option<(f64, u64)> {
        let mut best = None;
        let missing = bins[0];
        let mut left = Sums::default();
        let mut mask = 0u64;
        for (bin, sums) in bins.iter().enumerate().skip(1) {
            if sums.rows == 0 {
                // An empty bin goes with its neighbour below.
                mask |= 1 << bin;
                continue;
            }
            left.add(*sums);
            mask |= 1 << bin;
            self.consider(left, all, mask, 0.0, &mut best);
            if missing.rows > 0 {
                let mut both = left;
                both.add(missing);
                self.consider(both, all, mask | 1, 0.0, &mut best);
            }
        }
        best
    }

    /// The best split of words: in the order of how their rows ended, up to one (Fisher 1958).
    fn unordered(&self, bins: &[Sums], all: Sums) -> Option<(f64, u64)> {
        let mut order: Vec<usize> = (0..BINS).filter(|bin| bins[*bin].rows > 0).collect();
        let rank = |bin: usize| bins[bin].slope / (bins[bin].bend + UNORDERED);
        order.sort_by(|a, b| rank(*a).total_cmp(&rank(*b)).then(a.cmp(b)));
        let mut best = None;
        let mut left = Sums::default();
        let mut mask = 0u64;
        for bin in order {
            left.add(bins[bin]);
            mask |= 1 << bin;
            self.consider(left, all, mask, UNORDERED, &mut best);
        }
        best
    }

    fn consider(&self, left: Sums, all: Sums, mask: u64, more: f64, best: &mut Option<(f64, u64)>) {
        let right = all.less(left);
        let fewest = self.growth.fewest;
        if left.rows < fewest || right.rows < fewest || left.bend < LEAST || right.bend < LEAST {
            return;
        }
        let ridge = self.growth.ridge + more;
        let gain = left.worth(ridge) + right.worth(ridge) - all.worth(ridge);
        if gain > 1e-9 && best.is_none_or(|(most, _)| gain > most) {
            *best = Some((gain, mask));
        }
    }
}

/// The leaf whose split gains most, the first of equals.
fn widest(leaves: &[Leaf]) -> Option<usize> {
    let mut found: Option<(usize, f64)> = None;
    for (at, leaf) in leaves.iter().enumerate() {
        if let Some(split) = leaf.best
            && found.is_none_or(|(_, most)| split.gain > most)
        {
            found = Some((at, split.gain));
        }
    }
    found.map(|(at, _)| at)
}
