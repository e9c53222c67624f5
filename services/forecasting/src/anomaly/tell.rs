//! What was found, in the series' own unit and periods.

use super::detect::View;
use super::search::{Shift, stay};
use super::{Anomaly, Kind, Usual};

/// A shift that the next one takes back but for this share of it has come back.
const BACK: f64 = 0.4;
/// A new level is usual after so many periods, or twice as many as it must stay to be one.
const ADOPTED: usize = 14;

/// So many values between two spikes do not part them.
const BETWEEN: usize = 1;

/// A shift and when it was over.
struct Level {
    shift: Shift,
    /// The last period of it.
    to: usize,
    /// Whether the series came back after it.
    back: bool,
}

/// The anomalies, by their first period. `values` are those of the series from its first one on.
pub(super) fn anomalies(view: &View, values: &[Option<f64>], least: f64) -> Vec<Anomaly> {
    let levels = levels(view);
    let mut found: Vec<Anomaly> = runs(view)
        .into_iter()
        .map(|(from, to)| spike(view, values, from, to))
        .collect();
    found.extend(levels.iter().map(|level| shift(view, values, level)));
    let enough = |anomaly: &Anomaly| {
        let least = if anomaly.kind == Kind::Spike {
            2.0 * least
        } else {
            least
        };
        // Halves, so that the difference of two huge numbers stays a number.
        let off = (anomaly.actual / 2.0 - anomaly.expected / 2.0).abs();
        off > 0.0 && off >= least * (anomaly.expected / 2.0).abs()
    };
    found.retain(enough);
    found.sort_by_key(|anomaly| (anomaly.from, anomaly.kind, anomaly.to));
    found
}

/// What was to be expected of each period from the first value on.
pub(super) fn usual(view: &View) -> Vec<Option<Usual>> {
    let adopted = adopted(view);
    let mut steps: Vec<(usize, f64)> = Vec::new();
    let mut shifts = view.found.shifts.iter();
    for level in levels(view) {
        // What came back before it was usual never was; else it ends when it ends.
        let long = level.to + 1 - level.shift.at > adopted;
        let own = shifts.next().map_or(0.0, |shift| shift.by);
        if long || !level.back {
            steps.push((level.shift.at + adopted, own));
        }
        if level.back {
            let returned = shifts.next().map_or(0.0, |shift| shift.by);
            if long {
                steps.push((level.to + 1, returned));
            } else {
                // What the way back left of the difference.
                steps.push((level.to + 1 + adopted, own + returned));
            }
        }
    }
    let at = |at: usize| {
        let level: f64 = steps.iter().filter(|step| step.0 <= at).map(|step| step.1).sum();
        let look = view.looks[at];
        let middle = look.expected + level + view.season[at];
        let reach = view.limit * look.sd;
        Some(Usual {
            expected: view.ready.back(at, middle),
            low: view.ready.back(at, middle - reach),
            high: view.ready.back(at, middle + reach),
        })
    };
    (0..view.looks.len()).map(at).collect()
}

/// After how many periods a new level is usual.
fn adopted(view: &View) -> usize {
    ADOPTED.max(2 * stay(view.ready.seasons.first().copied().unwrap_or(1)))
}

/// The shifts with their ends: one that takes the one before back is its end.
fn levels(view: &View) -> Vec<Level> {
    let shifts = &view.found.shifts;
    let mut levels = Vec::new();
    let mut at = 0;
    while let Some(&shift) = shifts.get(at) {
        let next = shifts.get(at + 1);
        // What leaves a level that had long been usual does not come back: it is news again.
        let back = next.is_some_and(|next| {
            next.at - shift.at <= 2 * adopted(view) && (shift.by + next.by).abs() <= BACK * shift.by.abs()
        });
        levels.push(Level {
            shift,
            to: next.map_or(view.looks.len(), |next| next.at) - 1,
            back,
        });
        at += if back { 2 } else { 1 };
    }
    levels
}

/// Spikes on the same side with at most [`BETWEEN`] values between them are one.
fn runs(view: &View) -> Vec<(usize, usize)> {
    let side = |at: usize| view.steady[at] > view.looks[at].expected;
    let between = |from: usize, to: usize| (from + 1..to).filter(|&at| view.ready.there[at]).count();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &at in &view.found.spikes {
        match runs.last_mut() {
            Some(run) if side(run.1) == side(at) && between(run.1, at) <= BETWEEN => run.1 = at,
            _ => runs.push((at, at)),
        }
    }
    runs
}

fn spike(view: &View, values: &[Option<f64>], from: usize, to: usize) -> Anomaly {
    let level = |at: usize| shifted(&view.found.shifts, at);
    let off = |at: usize| (view.steady[at] - view.looks[at].expected) / view.looks[at].sd;
    let there = (from..=to).filter(|&at| values[at].is_some());
    let strength = there.map(off).fold(
        0.0,
        |most: f64, off| if off.abs() > most.abs() { off } else { most },
    );
    anomaly(view, values, Kind::Spike, (from, to), strength, level)
}

fn shift(view: &View, values: &[Option<f64>], level: &Level) -> Anomaly {
    let earlier = |at: usize| shifted(&view.found.shifts, at.min(level.shift.at.saturating_sub(1)));
    anomaly(
        view,
        values,
        Kind::Shift,
        (level.shift.at, level.to),
        level.shift.jump,
        earlier,
    )
}

/// By how much the shifts so far have moved the level.
fn shifted(shifts: &[Shift], at: usize) -> f64 {
    shifts
        .iter()
        .filter(|shift| shift.at <= at)
        .map(|shift| shift.by)
        .sum()
}

fn anomaly(
    view: &View,
    values: &[Option<f64>],
    kind: Kind,
    (from, to): (usize, usize),
    strength: f64,
    level: impl Fn(usize) -> f64,
) -> Anomaly {
    let (mut actual, mut expected, mut n) = (0.0, 0.0, 0.0);
    for (at, value) in values.iter().enumerate().take(to + 1).skip(from) {
        if let Some(value) = value {
            let usual = view.looks[at].expected + level(at) + view.season[at];
            // Running means, so that no sum overflows.
            n += 1.0;
            actual += value / n - actual / n;
            expected += view.ready.back(at, usual) / n - expected / n;
        }
    }
    let season = view.ready.seasons.first().copied().unwrap_or(1);
    let whole = (to + 1 - from).div_ceil(season) * season;
    let skipped = view.ready.skipped;
    Anomaly {
        kind,
        from: from + skipped,
        to: to + skipped,
        ongoing: to + 1 == values.len(),
        expected,
        actual,
        change: Some(actual / expected - 1.0).filter(|change| expected > 0.0 && change.is_finite()),
        strength,
        before: from.checked_sub(whole).map(|before| before + skipped),
    }
}
