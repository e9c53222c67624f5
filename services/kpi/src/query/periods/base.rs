//! The periods that those of a question are compared with.

use bellwether_domain::period::{self, Period};
use bellwether_domain::{CivilDate, Error, ErrorReason, Instant, Result, When};

use super::super::when::Moment;
use super::super::{Ask, Base, Elapsed};
use super::{Span, buckets, elapsed, shown, spans};

/// For each period of a question the one that it is compared with, rising; `None` = there is none.
pub(in crate::query) fn base_spans(ask: &Ask, base: &Base, moment: &Moment) -> Result<Vec<Option<Span>>> {
    let Some(from) = ask.from else {
        let message = "a comparison needs a range: give `from`, and `to` unless as-of ends it";
        return Err(Error::invalid(ErrorReason::InvalidRange, "from", message));
    };
    if let Base::Range(from, to) = base {
        return another(ask, *from, *to, moment);
    }
    let calendar = &moment.settings.fiscal;
    if let Some(grain) = ask.grain {
        let (_, found) = buckets(ask, grain, moment)?;
        let before = |full: Period| match base {
            Base::LastYear => period::last_year(full, grain, calendar),
            Base::Previous | Base::Range(..) => Some(period::previous(full, grain, calendar)),
        };
        let span = |full: Period| {
            let found = before(full)?;
            let earlier = period::previous(found, grain, calendar);
            Some(beside(full, found, earlier, moment))
        };
        return Ok(found.into_iter().map(|bucket| span(bucket.full)).collect());
    }
    let zone = &moment.settings.zone;
    let start = from.start_in(zone);
    let end = ask.to.map_or(moment.as_of, |to| to.start_in(zone));
    if end <= start {
        let message =
            format!("the range has no `to` and as-of ({end}) is not after `from` ({start}): give `to`");
        return Err(Error::invalid(ErrorReason::InvalidRange, "to", message));
    }
    Ok(vec![Some(match (shown(start, zone), shown(end, zone)) {
        (When::Day(first), When::Day(last)) => {
            let found = match base {
                Base::LastYear => period::last_year_of_range(first, last, calendar),
                Base::Previous | Base::Range(..) => period::previous_of_range(first, last, calendar),
            };
            let earlier = period::previous_of_range(found.start, found.end, calendar);
            beside(Period::new(first, last), found, earlier, moment)
        }
        _ => by_instants((start, end), base, moment),
    })])
}

/// A whole period as what another one stands beside, cut to the part of that one that has passed.
fn beside(full: Period, found: Period, earlier: Period, moment: &Moment) -> Span {
    let (start, end) = elapsed(found, full, moment);
    Span {
        start: Some(start),
        end: Some(end),
        whole: Some(moment.settings.zone.start_of_day(found.end)),
        previous: Some(elapsed(earlier, full, moment)),
    }
}

/// A range that does not begin and end with a day.
fn by_instants((start, end): (Instant, Instant), base: &Base, moment: &Moment) -> Span {
    let length = end.as_micros() - start.as_micros();
    let passed = moment.as_of.clamp(start, end).as_micros() - start.as_micros();
    let zone = &moment.settings.zone;
    let first = match base {
        Base::LastYear => {
            let day: CivilDate = zone.date_of(start);
            let of_day = start.as_micros() - zone.start_of_day(day).as_micros();
            zone.start_of_day(period::same_day_last_year(day)).as_micros() + of_day
        }
        Base::Previous | Base::Range(..) => start.as_micros() - length,
    };
    let at = Instant::from_micros;
    Span {
        start: Some(at(first)),
        end: Some(at(first + passed)),
        whole: Some(at(first + length)),
        previous: Some((at(first - length), at(first - length + passed))),
    }
}

/// The error of a range that stands in the field `base.range` of a question.
fn in_range(mut error: Error) -> Error {
    for violation in &mut error.violations {
        violation.field.insert_str(0, "base.range.");
    }
    Error {
        code: error.code,
        ..Error::violations(error.reason, error.violations)
    }
}

/// Another range, cut into as many periods.
fn another(ask: &Ask, from: When, to: When, moment: &Moment) -> Result<Vec<Option<Span>>> {
    let other = Ask {
        from: Some(from),
        to: Some(to),
        // It is taken as it is.
        elapsed: Elapsed::CalendarDays,
        ..ask.clone()
    };
    let (own, found) = (spans(ask, moment)?, spans(&other, moment).map_err(in_range)?);
    if own.len() != found.len() {
        let message = format!(
            "the range from {from} to {to} has {} periods, the one that is asked has {}: give ranges of as many",
            found.len(),
            own.len()
        );
        return Err(Error::invalid(ErrorReason::InvalidRange, "base.range", message));
    }
    Ok(found.into_iter().map(Some).collect())
}
