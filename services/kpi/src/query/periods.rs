//! The periods of a question, what came before each, and how their ends are shown.

use bellwether_domain::period::{self, Bucket, Grain, Period};
use bellwether_domain::{Error, ErrorReason, Instant, Result, When, Zone};

use super::when::Moment;
use super::{Ask, Elapsed, MOST_PERIODS};

mod base;
mod elapsed;

pub(super) use base::base_spans;
use elapsed::elapsed;

/// One period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// Its start; `None` = from the beginning.
    pub(super) start: Option<Instant>,
    /// Its end, exclusive; `None` = up to as-of.
    pub(super) end: Option<Instant>,
    /// Its end when it has passed, where `end` is cut before it.
    pub(super) whole: Option<Instant>,
    /// The previous period, cut to the elapsed part while this one runs; `None` = there is none.
    pub(super) previous: Option<(Instant, Instant)>,
}

impl Span {
    /// Its window up to as-of, in microseconds.
    pub(super) fn window(&self, as_of: Instant) -> (i64, i64) {
        let end = self.end.map_or(as_of, |end| end.min(as_of));
        (self.start.unwrap_or(Instant::MIN).as_micros(), end.as_micros())
    }
}

/// A bound as it is shown: a day where it is the first instant of one.
pub(super) fn shown(at: Instant, zone: &Zone) -> When {
    let day = zone.date_of(at);
    if zone.start_of_day(day) == at {
        When::Day(day)
    } else {
        When::At(at)
    }
}

/// The periods of a question, in order.
pub(super) fn spans(ask: &Ask, moment: &Moment) -> Result<Vec<Span>> {
    let zone = &moment.settings.zone;
    let start = ask.from.map(|from| from.start_in(zone));
    let end = ask.to.map(|to| to.start_in(zone));
    if let (Some(start), Some(end), Some(from), Some(to)) = (start, end, ask.from, ask.to)
        && end <= start
    {
        let message =
            format!("the range from {from} to {to} is empty: `to` is exclusive and must come after `from`");
        return Err(Error::invalid(ErrorReason::InvalidRange, "to", message));
    }
    match ask.grain {
        None => {
            whole_days(ask, start, end, zone)?;
            Ok(vec![whole(start, end, moment)])
        }
        Some(grain) => cut(ask, grain, moment),
    }
}

/// Refuses to count working days of a range that begins or ends within a day, or ends where as-of is: that one never runs.
fn whole_days(ask: &Ask, start: Option<Instant>, end: Option<Instant>, zone: &Zone) -> Result<()> {
    if ask.elapsed == Elapsed::WorkingDays && end.is_none() {
        let message = "working days are counted of a period that has an end: give `to`, or a grain";
        return Err(Error::invalid(ErrorReason::InvalidRange, "elapsed", message));
    }
    let within = |at: &Instant| matches!(shown(*at, zone), When::At(_));
    match start.into_iter().chain(end).find(within) {
        Some(at) if ask.elapsed == Elapsed::WorkingDays => {
            let message = format!(
                "working days are counted of a range of whole days, and {at} lies within one: give days"
            );
            Err(Error::invalid(ErrorReason::InvalidRange, "elapsed", message))
        }
        _ => Ok(()),
    }
}

/// The range as one period.
fn whole(start: Option<Instant>, end: Option<Instant>, moment: &Moment) -> Span {
    let zone = &moment.settings.zone;
    let to = end.unwrap_or(moment.as_of);
    let previous = start
        .filter(|start| *start < to)
        .map(|from| match (shown(from, zone), shown(to, zone)) {
            (When::Day(first), When::Day(last)) => {
                let before = period::previous_of_range(first, last, &moment.settings.fiscal);
                elapsed(before, Period::new(first, last), moment)
            }
            _ => {
                let length = to.as_micros() - from.as_micros();
                let before = Instant::from_micros(from.as_micros() - length);
                let passed = moment.as_of.min(to).max(from).as_micros() - from.as_micros();
                (before, Instant::from_micros(before.as_micros() + passed))
            }
        });
    Span {
        start,
        end,
        whole: None,
        previous,
    }
}

/// The range cut by a grain.
fn cut(ask: &Ask, grain: Grain, moment: &Moment) -> Result<Vec<Span>> {
    let zone = &moment.settings.zone;
    let calendar = &moment.settings.fiscal;
    let ((start, end), buckets) = buckets(ask, grain, moment)?;
    let span = |bucket: Bucket| Span {
        start: Some(zone.start_of_day(bucket.period.start).max(start)),
        end: Some(zone.start_of_day(bucket.period.end).min(end)),
        whole: None,
        previous: Some(elapsed(
            period::previous(bucket.full, grain, calendar),
            bucket.full,
            moment,
        )),
    };
    Ok(buckets.into_iter().map(span).collect())
}

/// The bounds of the range, and the periods of a grain in it.
fn buckets(ask: &Ask, grain: Grain, moment: &Moment) -> Result<((Instant, Instant), Vec<Bucket>)> {
    let zone = &moment.settings.zone;
    let calendar = &moment.settings.fiscal;
    let Some(start) = ask.from.map(|from| from.start_in(zone)) else {
        let message = format!(
            "the grain {} needs a range: give `from`, and `to` unless as-of ends it",
            grain.name()
        );
        return Err(Error::invalid(ErrorReason::InvalidRange, "from", message));
    };
    let end = ask.to.map_or(moment.as_of, |to| to.start_in(zone));
    if end <= start {
        let message =
            format!("the range has no `to` and as-of ({end}) is not after `from` ({start}): give `to`");
        return Err(Error::invalid(ErrorReason::InvalidRange, "to", message));
    }
    let first = zone.date_of(start);
    let last = zone
        .date_of(Instant::from_micros(end.as_micros() - 1))
        .plus_days(1);
    let count = period::count_periods(first, last, grain, calendar);
    if count > MOST_PERIODS {
        let message = format!(
            "{count} periods of a {} are too many: at most {MOST_PERIODS} in one answer, take a coarser grain",
            grain.name()
        );
        return Err(Error::invalid(ErrorReason::InvalidRange, "grain", message));
    }
    Ok(((start, end), period::periods(first, last, grain, calendar)))
}
