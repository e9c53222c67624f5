//! The moment of a question: what was known, in which zone, up to when events count.

use bellwether_domain::settings::Settings;
use bellwether_domain::{BusinessClock, Error, ErrorCode, ErrorReason, Instant, Result, When, Workdays};

use super::{Ask, Elapsed, KnownAt};
use crate::scan::FactSource;

/// A question's place in both times.
#[derive(Debug)]
pub(super) struct Moment {
    /// Changes up to here are known.
    pub(super) seq: u64,
    /// The settings as known then.
    pub(super) settings: Settings,
    /// Events before this count.
    pub(super) as_of: Instant,
    /// The tenant's working days, where the elapsed part of a running period is counted in them.
    pub(super) workdays: Option<Workdays>,
}

impl Moment {
    /// The last civil day of which something counts, days since 1970-01-01.
    pub(super) fn last_day(&self) -> i32 {
        let last = Instant::from_micros(self.as_of.as_micros().saturating_sub(1));
        self.settings.zone.date_of(last).days()
    }
}

impl Moment {
    /// As-of by the clock that counts the tenant's working hours, microseconds.
    pub(super) fn business(&self) -> i64 {
        BusinessClock::new(&self.settings).b(self.as_of)
    }

    /// The moment of what is known at `seq`, under the settings as known then; `by_minute` when what is asked grows
    /// older while nothing happens.
    pub(super) fn new(seq: u64, settings: Settings, ask: &Ask, by_minute: bool, now: Instant) -> Self {
        let as_of = match ask.as_of {
            Some(When::At(at)) => at,
            Some(When::Day(day)) => settings.zone.start_of_day(day.plus_days(1)),
            None => current(&settings, by_minute, now).1,
        };
        let workdays = (ask.elapsed == Elapsed::WorkingDays).then(|| Workdays::new(&settings));
        Self {
            seq,
            settings,
            as_of,
            workdays,
        }
    }
}

/// The minute of an instant, or its civil day in the tenant's zone: start and end.
pub(super) fn current(settings: &Settings, by_minute: bool, now: Instant) -> (Instant, Instant) {
    const MINUTE: i64 = 60_000_000;
    if by_minute {
        let start = now.as_micros().div_euclid(MINUTE) * MINUTE;
        return (Instant::from_micros(start), Instant::from_micros(start + MINUTE));
    }
    let day = settings.zone.date_of(now);
    (
        settings.zone.start_of_day(day),
        settings.zone.start_of_day(day.plus_days(1)),
    )
}

/// Up to which change of the log things are known.
pub(super) fn known(source: &dyn FactSource, known_at: Option<KnownAt>, now: Instant) -> Result<u64> {
    let head = source.position().seq;
    let beyond = |message: String| {
        Error::new(
            ErrorCode::OutOfRange,
            ErrorReason::BeyondHorizon,
            format!("known_at: {message}"),
        )
    };
    match known_at {
        None => Ok(head),
        Some(KnownAt::Seq(seq)) if seq > head => Err(beyond(format!(
            "the log stands at {head}, before {seq}: ask for {head} or less"
        ))),
        Some(KnownAt::Seq(seq)) => Ok(seq),
        Some(KnownAt::Instant(at)) => {
            // What will be known then is not known yet; the end of today stands for everything known so far.
            let zone = &source.settings(head).zone;
            let midnight = zone.start_of_day(zone.date_of(now).plus_days(1));
            if at > midnight {
                return Err(beyond(format!("{at} has not come yet: ask for today or before")));
            }
            Ok(source.seq_at(at))
        }
    }
}
