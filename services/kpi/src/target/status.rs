//! What to think of a KPI beside its target: by rules with hysteresis, over the days that are closed.
//!
//! A status that depends on the one before it is found by going back until a day whose status does not, and then forward
//! again. So it follows from the records, and any replica comes to the same one, whether anybody looked in between or not.

use bellwether_domain::Result;
use bellwether_domain::exact::Exact;

use super::aim::Thresholds;
use super::likely::Bounds;

/// What to think of a KPI beside its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// All of the likely range is at `warn` or above.
    OnTrack,
    /// The likely range reaches both sides of `warn`.
    TooEarly,
    /// All of it is below `warn`.
    AtRisk,
    /// All of it is below `bad`.
    Off,
}

/// Why a status is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The period is over, and this is what came.
    Final,
    /// All of the likely range is on one side.
    Range,
    /// The likely range reaches both sides.
    RangeReachesBoth,
    /// Nothing tells a range: there are too few past periods to learn from, and the value has no interval.
    NoRange,
    /// Too few items to tell.
    FewItems,
    /// The period has not begun.
    NotBegun,
    /// It is kept: it has not gone far enough to change back.
    Held,
    /// There is no target.
    NoTarget,
    /// There is no value.
    NoValue,
    /// Neither way is better.
    NoDirection,
}

/// A status and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// `None` = there is nothing to judge.
    pub status: Option<Status>,
    /// Why.
    pub reason: Reason,
}

/// The status of a range, given the one before it.
#[must_use]
pub fn judge(range: &Bounds, thresholds: &Thresholds, before: Option<Status>) -> Status {
    let held = |in_force: bool| {
        if in_force {
            thresholds.hysteresis.clone()
        } else {
            Exact::zero()
        }
    };
    let below = |threshold: &Exact| range.high.as_ref().is_some_and(|high| high < threshold);
    if below(&(&thresholds.bad + &held(before == Some(Status::Off)))) {
        return Status::Off;
    }
    let worried = matches!(before, Some(Status::AtRisk | Status::Off));
    if below(&(&thresholds.warn + &held(worried))) {
        return Status::AtRisk;
    }
    if range.low.as_ref().is_some_and(|low| *low >= thresholds.warn) {
        return Status::OnTrack;
    }
    Status::TooEarly
}

/// The status of `now`; `earlier(1)` is the range at the end of the last closed day, `earlier(2)` at that of the day
/// before, and so on; `None` = there is none, or it lies further back than is looked.
///
/// # Errors
/// What `earlier` says.
pub fn settle(
    now: &Bounds,
    thresholds: &Thresholds,
    mut earlier: impl FnMut(usize) -> Result<Option<Bounds>>,
) -> Result<(Status, bool)> {
    let alone = judge(now, thresholds, None);
    if !depends(now, thresholds) {
        return Ok((alone, false));
    }
    let mut trail: Vec<Bounds> = Vec::new();
    while let Some(range) = earlier(trail.len() + 1)? {
        let more = depends(&range, thresholds);
        trail.push(range);
        if !more {
            break;
        }
    }
    let mut status = None;
    for range in trail.iter().rev() {
        status = Some(judge(range, thresholds, status));
    }
    let settled = judge(now, thresholds, status);
    Ok((settled, settled != alone))
}

/// Whether the status of a range depends on the one before it.
fn depends(range: &Bounds, thresholds: &Thresholds) -> bool {
    let alone = judge(range, thresholds, None);
    [Status::OnTrack, Status::TooEarly, Status::AtRisk, Status::Off]
        .into_iter()
        .any(|before| judge(range, thresholds, Some(before)) != alone)
}
