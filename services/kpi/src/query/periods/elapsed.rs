//! How much of a period counts beside one that still runs (R8).

use bellwether_domain::period::{self, Period};
use bellwether_domain::{CivilDate, Instant, Workdays, Zone};

use super::super::when::Moment;

/// A previous period in instants; while the present one runs, cut to the part of it that has passed (R8): as many civil or
/// working days, and of the running day the same time.
pub(super) fn elapsed(previous: Period, full: Period, moment: &Moment) -> (Instant, Instant) {
    let zone = &moment.settings.zone;
    let at = |day: CivilDate| zone.start_of_day(day);
    let (start, end) = (at(previous.start), at(previous.end));
    if moment.as_of >= at(full.end) {
        return (start, end);
    }
    if moment.as_of <= at(full.start) {
        return (start, start);
    }
    let today = zone.date_of(moment.as_of);
    let of_today = moment.as_of.as_micros() - at(today).as_micros();
    let cut = if let Some(workdays) = &moment.workdays {
        let passed = Period::new(full.start, today);
        worked(workdays, previous, passed, of_today, zone).unwrap_or(end)
    } else {
        let days = period::cut_to_elapsed(previous, full, today);
        Instant::from_micros(at(days.end).as_micros() + of_today)
    };
    (start, cut.min(end))
}

/// Where as many working days of a period are over as lie in the days that have passed and, where the day after those is one
/// that runs, as much of the next; `None` = it has fewer.
fn worked(
    workdays: &Workdays,
    previous: Period,
    passed: Period,
    of_today: i64,
    zone: &Zone,
) -> Option<Instant> {
    let done = workdays.count(passed);
    if of_today > 0 && workdays.works(passed.end) {
        let running = workdays.nth(previous, done + 1)?;
        let at = zone.start_of_day(running).as_micros() + of_today;
        // A day may be an hour longer than the other.
        return Some(Instant::from_micros(at).min(zone.start_of_day(running.plus_days(1))));
    }
    let over = match done {
        0 => previous.start,
        _ => workdays.nth(previous, done)?.plus_days(1),
    };
    Some(zone.start_of_day(over))
}
