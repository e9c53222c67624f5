//! How long a record has been open, beside how long those took that ended: what is still open tells of its end.
//!
//! A scorer learns from what was known when a record came. Of one that is still open after `t` days,
//! odds(well | open at t) = odds(well) * S1(t) / S0(t) (Bayes), where S1 and S0 are the shares of those that end well, and
//! otherwise, that take longer than `t`. Both come from the incidences of the two ends (O. Aalen and S. Johansen 1978,
//! Scandinavian Journal of Statistics 5:141-150), so that the open ones count for as long as they are known. Records of
//! about the same score are compared with each other (N. Mantel and W. Haenszel 1959): what the score knows already is not
//! told twice.

use crate::score::{Reason, Score};

/// The feature, as reasons name it.
pub(super) const FEATURE: &str = crate::score::DAYS_OPEN;
/// Ages at which it is reckoned, in equal shares of those that ended; between them lies a line.
const KNOTS: usize = 20;
/// The fewest that must have been open at an age for it to be told of; beyond, the last one holds.
const FEWEST_OPEN: f64 = 20.0;
/// Groups of about the same score at most, and the fewest of each end in one.
const GROUPS: usize = 5;
const FEWEST_EACH: usize = 20;
/// How many standard errors it must be off somewhere. By chance that is so of one sample in about 30.
const TELLING: f64 = 3.0;

/// A record: how it ended, after how many days, and how it was scored at its beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Life {
    /// Days from its beginning to its end; of an open one so far.
    pub(super) days: f64,
    /// Whether it ended well; nothing = it is open.
    pub(super) end: Option<bool>,
    /// The logit of its score.
    pub(super) logit: f64,
}

/// What days add to the logit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Age {
    /// Days and what they add, in the order of days.
    knots: Vec<(f64, f64)>,
}

impl Age {
    /// Learns; `None` when how long a record has been open tells nothing.
    pub(super) fn learn(lives: &[Life]) -> Option<Self> {
        let mut lives = lives.to_vec();
        lives.retain(|life| life.days.is_finite() && life.logit.is_finite());
        let knots = knots(&lives);
        let mut found = vec![Sum::default(); knots.len()];
        for group in groups(&mut lives) {
            add(group, &knots, &mut found);
        }
        found.retain(|sum| sum.open >= FEWEST_OPEN);
        let off = |sum: &Sum| sum.moves.abs() / sum.variance.sqrt();
        if !found.iter().any(|sum| sum.variance > 0.0 && off(sum) >= TELLING) {
            return None;
        }
        let told = knots.iter().zip(&found).map(|(days, sum)| (*days, sum.shrunk()));
        Some(Self {
            knots: std::iter::once((0.0, 0.0)).chain(told).collect(),
        })
    }

    /// What so many days add to the logit.
    fn moves(&self, days: f64) -> f64 {
        let after = self.knots.partition_point(|(known, _)| *known <= days);
        match (
            after.checked_sub(1).map(|at| self.knots[at]),
            self.knots.get(after),
        ) {
            (Some((from, low)), Some((to, high))) => low + (high - low) * (days - from) / (to - from),
            (Some((_, last)), None) => last,
            (None, _) => 0.0,
        }
    }

    /// A score of a record that has been open for so many days.
    pub(super) fn tell(&self, score: Score, days: f64) -> Score {
        let days = days.max(0.0).floor();
        score.and(Reason {
            column: FEATURE.to_owned(),
            value: Some(format!("{days}")),
            contribution: self.moves(days),
        })
    }
}

/// The ages at which it is reckoned.
fn knots(lives: &[Life]) -> Vec<f64> {
    let mut days: Vec<f64> = lives
        .iter()
        .filter(|life| life.end.is_some())
        .map(|life| life.days)
        .collect();
    days.sort_by(f64::total_cmp);
    let mut knots: Vec<f64> = (1..KNOTS)
        .filter_map(|at| days.get(days.len() * at / KNOTS).copied())
        .filter(|days| *days > 0.0)
        .collect();
    knots.dedup();
    knots
}

/// Groups of about the same score, each with enough of both ends.
fn groups(lives: &mut [Life]) -> impl Iterator<Item = &mut [Life]> {
    let (mut well, mut ended) = (0, 0);
    for end in lives.iter().filter_map(|life| life.end) {
        ended += 1;
        well += usize::from(end);
    }
    // Half of a share, as scores part the ends.
    let groups = (well.min(ended - well) / (2 * FEWEST_EACH)).clamp(1, GROUPS);
    lives.sort_by(|one, other| one.logit.total_cmp(&other.logit));
    let size = lives.len().div_ceil(groups).max(1);
    lives.chunks_mut(size)
}

/// What groups tell of an age.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    weight: f64,
    /// The mean over groups, and its variance.
    moves: f64,
    variance: f64,
    /// How many took longer.
    open: f64,
}

impl Sum {
    /// Adds what a group tells.
    fn and(&mut self, weight: f64, moves: f64, variance: f64, open: f64) {
        let all = self.weight + weight;
        let (before, own) = (self.weight / all, weight / all);
        self.moves = self.moves * before + moves * own;
        self.variance = self.variance * before * before + variance * own * own;
        self.weight = all;
        self.open += open;
    }

    /// The mean, held near 0 where chance explains it (W. James and C. Stein 1961, the part above 0).
    fn shrunk(&self) -> f64 {
        let square = self.moves * self.moves;
        if square > self.variance {
            self.moves * (1.0 - self.variance / square)
        } else {
            0.0
        }
    }
}

/// Adds what a group tells of each age.
fn add(group: &mut [Life], knots: &[f64], found: &mut [Sum]) {
    let of = |end: bool| group.iter().filter(|life| life.end == Some(end)).count() as f64;
    let (well, other) = (of(true), of(false));
    if well < 1.0 || other < 1.0 {
        return;
    }
    group.sort_by(|one, other| {
        let by_days = one.days.total_cmp(&other.days);
        by_days.then_with(|| one.end.is_none().cmp(&other.end.is_none()))
    });
    for (at, [longer_well, longer_other]) in longer(group, knots).into_iter().enumerate() {
        let (moved_well, one) = logarithm(longer_well, well);
        let (moved_other, two) = logarithm(longer_other, other);
        let weight = well * other / (well + other);
        let open = longer_well * well + longer_other * other;
        found[at].and(weight, moved_well - moved_other, one + two, open);
    }
}

/// The logarithm of a share of `n` with its variance, half a record beside it, so that no share is 0.
fn logarithm(share: f64, n: f64) -> (f64, f64) {
    let share = (share * n + 0.5) / (n + 0.5);
    (libm::log(share), (1.0 - share) / (share * n) + 0.25 / (n * n))
}

/// Of those that end well, and otherwise, the shares that take longer than each age. Lives are in the order of days.
fn longer(lives: &[Life], knots: &[f64]) -> Vec<[f64; 2]> {
    let mut ended = [0.0_f64; 2];
    let mut open = 1.0_f64;
    let mut at_risk = lives.len() as f64;
    let mut lives = lives.iter().peekable();
    let mut step = |until: f64| {
        while let Some(life) = lives.next_if(|life| life.days <= until) {
            if let Some(end) = life.end {
                let part = open / at_risk;
                ended[usize::from(!end)] += part;
                open -= part;
            }
            at_risk -= 1.0;
        }
        ended
    };
    let by_age: Vec<[f64; 2]> = knots.iter().map(|days| step(*days)).collect();
    let all = step(f64::INFINITY);
    let left = |which: usize, by: f64| {
        if all[which] > 0.0 {
            (1.0 - by / all[which]).clamp(0.0, 1.0)
        } else {
            1.0
        }
    };
    by_age
        .into_iter()
        .map(|[well, other]| [left(0, well), left(1, other)])
        .collect()
}

#[cfg(test)]
mod tests;
