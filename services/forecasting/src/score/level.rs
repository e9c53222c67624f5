//! The level that probabilities are brought to when the world moves on.
//!
//! The rows learned from, in the order of time and each with the logit of a scorer that had not seen it, are cut into
//! blocks. By how much each block ended better than its logits say is taken as a level that walks at random, seen through
//! noise (a local level model, Harvey 1989): a Kalman filter gives the level of today, averaged over how fast the level may
//! walk by how well each pace explains the blocks. Where the level does not walk, that is the mean of all rows; where it
//! jumped, the newest rows. Whether to trust the newest rows alone, or to go on with a drift, is decided by a backtest: at
//! each of many days, would that have been nearer to what came after?

use libm::{exp, log, round};

use super::calibrate::{Held, SHIFT_PRIOR, mean_and_error, shift, total};
use super::logistic::probability;

/// How far the level may walk from block to block: variances of logits. The first means not at all.
const PACES: [f64; 8] = [0.0, 0.0005, 0.002, 0.006, 0.02, 0.06, 0.2, 0.6];
/// How much belief the level that does not walk starts with; the other paces share the rest.
const STANDS: f64 = 0.5;
/// How much noisier blocks may be than independent rows are: near copies end alike.
const NOISES: [f64; 3] = [1.0, 2.0, 4.0];
/// How far a drift is taken on, by rule: the share of the way to the middle of the rows to come.
const ONWARD: [f64; 2] = [0.5, 1.0];
/// How much less each older block counts where a drift is measured, and each older day where rules are compared.
const MEMORY: f64 = 0.88;
/// How strongly the shift of a block is held near 0, in curvature.
const BLOCK_PRIOR: f64 = 1.0;
/// The blocks that are the newest rows.
const NEWEST: usize = 3;
/// The variance of the level before any block is seen.
const BEFORE: f64 = 0.25;
/// How many standard errors a drift must have been worth.
const SURE: f64 = 1.5;
/// The farthest that a drift is taken on, in logits.
const FARTHEST: f64 = 0.5;
/// Rows of a block, at least.
const BLOCK: usize = 120;
/// The most blocks.
const BLOCKS: usize = 24;

/// The level for rows to come, when `ahead` times as many rows are to come; with words for it.
pub(super) fn level(held: Held<'_>, ahead: f64) -> (f64, String) {
    let blocks = (held.logits.len() / BLOCK).min(BLOCKS);
    if blocks < 6 {
        let all = shift(held.logits, held.outcomes, SHIFT_PRIOR);
        return (all, "all rows alike: too few to follow the newest".to_owned());
    }
    let course = Course::new(held, blocks, ahead);
    let rule = course.choose();
    (course.forecast(rule, blocks), rule.words())
}

/// How the level of rows to come follows from blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// That of the filter.
    Filtered,
    /// That of the last blocks alone.
    Newest,
    /// That of the filter, and a part of the drift to go on.
    Onward(f64),
}

impl Rule {
    fn words(self) -> String {
        match self {
            Self::Filtered => {
                "that of the newest rows, as far as it has moved by more than chance".to_owned()
            }
            Self::Newest => "that of the newest rows alone".to_owned(),
            Self::Onward(part) => {
                format!("that of the newest rows, and {part} of the drift of late to go on")
            }
        }
    }
}

/// Blocks of rows in the order of time.
struct Course<'a> {
    held: Held<'a>,
    /// Where each block begins, and where the last ends.
    edges: Vec<usize>,
    /// The shift of each block by itself, and its curvature.
    shifts: Vec<(f64, f64)>,
    ahead: f64,
}

impl<'a> Course<'a> {
    fn new(held: Held<'a>, blocks: usize, ahead: f64) -> Self {
        let rows = held.logits.len();
        let edges: Vec<usize> = (0..=blocks).map(|block| rows * block / blocks).collect();
        let shifts = edges.windows(2).map(|edge| {
            let (logits, outcomes) = (&held.logits[edge[0]..edge[1]], &held.outcomes[edge[0]..edge[1]]);
            let shift = shift(logits, outcomes, BLOCK_PRIOR);
            let bend = logits.iter().map(|logit| {
                let p = probability(logit + shift);
                p * (1.0 - p)
            });
            (shift, BLOCK_PRIOR + bend.sum::<f64>())
        });
        Self {
            shifts: shifts.collect(),
            held,
            edges,
            ahead,
        }
    }

    /// The rule to take: the filter's level, unless another was nearer to what came after by more than chance. A drift
    /// goes on only when that beat all that stands still.
    fn choose(&self) -> Rule {
        let mut best = (Rule::Filtered, self.backtest(Rule::Filtered));
        let newest = self.backtest(Rule::Newest);
        if mean_and_error(&gains(&best.1, &newest)).0 > 0.0 {
            best = (Rule::Newest, newest);
        }
        for part in ONWARD {
            let losses = self.backtest(Rule::Onward(part));
            let gains = gains(&best.1, &losses);
            let (mean, error) = mean_and_error(&gains);
            let lately: f64 = gains[gains.len() * 2 / 3..].iter().sum();
            // Days overlap, so that one error is less than it seems; and a drift that has ended must not go on.
            if mean > SURE * error && lately > 0.0 {
                best = (Rule::Onward(part), losses);
            }
        }
        best.0
    }

    /// The mean loss a row of what came after, seen from each day in the later part, older days counting less.
    fn backtest(&self, rule: Rule) -> Vec<f64> {
        let blocks = self.shifts.len();
        let first = (blocks * 2 / 5).max(3);
        let seen = (first..blocks).map(|now| {
            let shift = self.forecast(rule, now);
            let until = (now + self.horizon(now)).min(blocks);
            let rows = self.edges[now]..self.edges[until];
            let size = rows.len().max(1) as f64;
            let loss = total(&self.held.logits[rows.clone()], &self.held.outcomes[rows], shift) / size;
            loss * power(MEMORY, blocks - 1 - now)
        });
        seen.collect()
    }

    /// How many blocks are to come after the first `now`.
    fn horizon(&self, now: usize) -> usize {
        (round(self.ahead * now as f64) as usize).clamp(1, self.shifts.len())
    }

    /// The level for what comes after the first `now` blocks, by those alone.
    fn forecast(&self, rule: Rule, now: usize) -> f64 {
        let seen = &self.shifts[..now];
        match rule {
            Rule::Filtered => today(seen),
            Rule::Newest => newest(seen),
            Rule::Onward(part) => {
                let middle = 0.5 * (self.horizon(now) as f64 + 1.0);
                today(seen) + (part * middle * step(seen)).clamp(-FARTHEST, FARTHEST)
            }
        }
    }
}

fn gains(losses: &[f64], others: &[f64]) -> Vec<f64> {
    losses
        .iter()
        .zip(others)
        .map(|(loss, other)| loss - other)
        .collect()
}

/// The level of the last blocks alone.
fn newest(seen: &[(f64, f64)]) -> f64 {
    let last = &seen[seen.len().saturating_sub(NEWEST)..];
    let weight: f64 = last.iter().map(|(_, bend)| bend).sum();
    let sum: f64 = last.iter().map(|(shift, bend)| shift * bend).sum();
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// The level of today: that of the filter at each pace and noise, averaged by how well each explains the blocks.
fn today(seen: &[(f64, f64)]) -> f64 {
    let mut levels = Vec::with_capacity(PACES.len() * NOISES.len());
    for (at, pace) in PACES.into_iter().enumerate() {
        let before = if at == 0 {
            STANDS
        } else {
            (1.0 - STANDS) / (PACES.len() - 1) as f64
        };
        for noise in NOISES {
            let (level, explained) = filtered(seen, pace, noise);
            levels.push((level, explained + log(before)));
        }
    }
    let best = levels
        .iter()
        .map(|(_, belief)| *belief)
        .fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut weight) = (0.0, 0.0);
    for (level, belief) in levels {
        let w = exp(belief - best);
        sum += w * level;
        weight += w;
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// The level after the last block by a Kalman filter, and the logarithm of the likelihood of all blocks.
fn filtered(seen: &[(f64, f64)], pace: f64, noise: f64) -> (f64, f64) {
    let (mut level, mut variance, mut explained) = (0.0, BEFORE, 0.0);
    for (shift, bend) in seen {
        variance += pace;
        let of_block = variance + noise / bend;
        let off = shift - level;
        explained -= 0.5 * (log(of_block) + off * off / of_block);
        let gain = variance / of_block;
        level += gain * off;
        variance *= 1.0 - gain;
    }
    (level, explained)
}

/// The step from block to block of a line through shifts, newer ones counting more.
fn step(seen: &[(f64, f64)]) -> f64 {
    let (mut weight, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (back, (shift, bend)) in seen.iter().rev().enumerate() {
        let w = bend * power(MEMORY, back);
        let at = -(back as f64);
        weight += w;
        x += w * at;
        y += w * shift;
        xx += w * at * at;
        xy += w * at * shift;
    }
    let spread = weight * xx - x * x;
    if spread <= 1e-12 * weight * weight {
        return 0.0;
    }
    (weight * xy - x * y) / spread
}

fn power(base: f64, times: usize) -> f64 {
    (0..times).fold(1.0, |product, _| product * base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(row: usize, salt: u64) -> f64 {
        crate::frame::mix(row as u64 * 11 + salt) as f64 / u64::MAX as f64
    }

    /// Rows whose logits are what they are said to be, but for a shift by row.
    fn found(shift: impl Fn(usize) -> f64, ahead: f64) -> (f64, String) {
        let logits: Vec<f64> = (0..6000).map(|row| 6.0 * chance(row, 1) - 3.0).collect();
        let won = |row: usize| chance(row, 2) < probability(logits[row] + shift(row));
        let outcomes: Vec<bool> = (0..6000).map(won).collect();
        let held = Held {
            logits: &logits,
            outcomes: &outcomes,
        };
        level(held, ahead)
    }

    #[test]
    fn without_drift_the_level_stays() {
        let (found, rule) = found(|_| 0.0, 0.43);
        assert!(found.abs() < 0.1, "{found} {rule}");
    }

    #[test]
    fn a_jump_is_followed_early_and_late() {
        for jump in [3000, 5000] {
            let (found, rule) = found(|row| if row < jump { -0.2 } else { 0.6 }, 0.2);
            assert!((0.4..0.85).contains(&found), "{jump}: {found} {rule}");
        }
    }

    #[test]
    fn a_drift_goes_on() {
        // At the end the shift is 0.75; in the middle of the 2,580 rows to come it will be 1.07.
        let (found, rule) = found(|row| row as f64 / 4000.0 - 0.75, 0.43);
        assert!((0.7..1.4).contains(&found), "{found} {rule}");
    }

    #[test]
    fn one_class_and_nothing_stay_finite() {
        let held = Held {
            logits: &[1.0; 900],
            outcomes: &[true; 900],
        };
        assert!(level(held, 0.4).0.is_finite());
        let none = Held {
            logits: &[],
            outcomes: &[],
        };
        assert_eq!(level(none, 0.4).0, 0.0);
    }
}
