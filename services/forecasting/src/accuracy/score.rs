//! Errors and coverage of forecasts whose truth is known.

use std::collections::BTreeMap;

use super::{Band, By, Key, Served, share_of};

/// How good the forecasts of a row were.
#[derive(Debug, Clone, PartialEq)]
pub struct Accuracy {
    /// What they have in common.
    pub key: Key,
    /// How many were scored.
    pub n: usize,
    /// How many wait for their truth.
    pub waiting: usize,
    /// How many can never be scored, because what was said or what came is no finite number.
    pub unusable: usize,
    /// The sum of absolute errors over the sum of absolute values that came; absent when nothing came but zeros.
    pub wape: Option<f64>,
    /// The sum of `said - came` over the same: above 0 when too much was said.
    pub bias: Option<f64>,
    /// The mean absolute error, in the unit of what was forecast. Across units it means nothing.
    pub mae: Option<f64>,
    /// The mean absolute error in units of the history's mean seasonal difference (Hyndman & Koehler 2006), over the
    /// forecasts that kept it.
    pub mase: Option<f64>,
    /// What the intervals held, by level, lowest first.
    pub coverage: Vec<Coverage>,
}

/// What the intervals of one level held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coverage {
    /// What was promised, a share.
    pub level: f64,
    /// How many intervals were scored.
    pub n: usize,
    /// How many held what came.
    pub held: usize,
    /// `held / n`.
    pub share: f64,
    /// Where the share of all such intervals lies: the 95 % interval by Wilson, lower end. Forecasts of the same period
    /// miss together, so that it is rather too narrow.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Whether the promise is outside of that.
    pub broken: bool,
}

/// Scores what was served. Rows come in the order of their keys; the order of `served` changes no digit.
#[must_use]
pub fn accuracy(served: &[Served], by: By) -> Vec<Accuracy> {
    let mut rows: BTreeMap<Key, Vec<&Served>> = BTreeMap::new();
    for one in served {
        rows.entry(by.key(&one.of, &one.model, &one.owner, one.steps))
            .or_default()
            .push(one);
    }
    rows.into_iter().map(|(key, row)| scored(key, row)).collect()
}

fn scored(key: Key, mut row: Vec<&Served>) -> Accuracy {
    sort(&mut row);
    let pairs: Vec<(&Served, f64)> = row.iter().filter_map(|one| Some((*one, one.truth()?))).collect();
    let unusable = row.iter().filter(|one| one.unusable()).count();
    let errors = Errors::of(pairs.iter().map(|(one, came)| (one.said, *came)));
    let in_scale = pairs.iter().filter_map(|(one, came)| {
        let scale = one.scale.filter(|scale| *scale > 0.0 && scale.is_finite())?;
        Some((one.said / scale - came / scale).abs()).filter(|error| error.is_finite())
    });
    Accuracy {
        n: pairs.len(),
        waiting: row.len() - pairs.len() - unusable,
        unusable,
        wape: errors.wape(),
        bias: errors.bias(),
        mae: errors.mae(),
        mase: crate::measure::series::mean(in_scale),
        coverage: coverage(&pairs),
        key,
    }
}

/// By period, then by all else: sums must not depend on the order in which rows were stored.
pub(super) fn sort(row: &mut [&Served]) {
    row.sort_by(|one, other| {
        let order = |served: &Served| (served.due, served.made, served.steps);
        order(one)
            .cmp(&order(other))
            .then_with(|| one.of.cmp(&other.of))
            .then_with(|| one.model.cmp(&other.model))
            .then_with(|| one.owner.cmp(&other.owner))
            .then_with(|| one.said.total_cmp(&other.said))
            .then_with(|| {
                one.came
                    .unwrap_or(f64::NAN)
                    .total_cmp(&other.came.unwrap_or(f64::NAN))
            })
    });
}

/// Sums of errors, in units of the largest number: so none overflows.
pub(super) struct Errors {
    unit: f64,
    n: f64,
    off: f64,
    absolute: f64,
    came: f64,
}

impl Errors {
    /// Of what was said beside what came, all finite.
    pub(super) fn of(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let unit = pairs
            .clone()
            .fold(0.0_f64, |most, (said, came)| most.max(said.abs()).max(came.abs()));
        let mut sums = Self {
            unit,
            n: 0.0,
            off: 0.0,
            absolute: 0.0,
            came: 0.0,
        };
        for (said, came) in pairs {
            sums.n += 1.0;
            if unit > 0.0 {
                let off = said / unit - came / unit;
                sums.off += off;
                sums.absolute += off.abs();
                sums.came += (came / unit).abs();
            }
        }
        sums
    }

    pub(super) fn wape(&self) -> Option<f64> {
        (self.came > 0.0)
            .then(|| self.absolute / self.came)
            .filter(|wape| wape.is_finite())
    }

    pub(super) fn bias(&self) -> Option<f64> {
        (self.came > 0.0)
            .then(|| self.off / self.came)
            .filter(|bias| bias.is_finite())
    }

    fn mae(&self) -> Option<f64> {
        (self.n > 0.0).then(|| (self.absolute / self.n * self.unit).min(f64::MAX))
    }
}

fn coverage(pairs: &[(&Served, f64)]) -> Vec<Coverage> {
    // Levels that differ in the seventh digit are the same promise.
    let mut levels: BTreeMap<i64, (f64, usize, usize)> = BTreeMap::new();
    for (one, came) in pairs {
        for band in one.bands.iter().filter(|band| usable(band)) {
            let (_, n, held) = levels
                .entry((band.level * 1e6).round() as i64)
                .or_insert((band.level, 0, 0));
            *n += 1;
            *held += usize::from((band.low..=band.high).contains(came));
        }
    }
    let row = |(level, n, held): (f64, usize, usize)| {
        let (low, high) = share_of(held, n)?;
        Some(Coverage {
            level,
            n,
            held,
            share: held as f64 / n as f64,
            low,
            high,
            broken: !(low..=high).contains(&level),
        })
    };
    levels.into_values().filter_map(row).collect()
}

/// Whether an interval promises anything.
pub(super) fn usable(band: &Band) -> bool {
    band.level > 0.0 && band.level < 1.0 && band.low <= band.high
}
