//! Days and moments of the demo's company.

use bellwether_contracts::convert::{instant_to_proto, when_to_proto};
use bellwether_contracts::types::DateOrTime;
use bellwether_domain::period::{FiscalCalendar, Grain, Period, period_of};
use bellwether_domain::{CivilDate, Instant, When, Zone};

/// A day, counted from 1970-01-01.
pub(super) type Day = i32;

/// The first minute of the company's working day, after midnight.
const OPENS: u16 = 9 * 60;
/// Minutes in a working day.
const LENGTH: u16 = 8 * 60;

/// A minute of a day, in the company's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    /// The day.
    pub(super) day: Day,
    /// Minutes after midnight.
    pub(super) minute: u16,
}

impl Moment {
    /// A moment in the working hours of a day; `part` from 0 to 1 tells when.
    pub(super) fn at_work(day: Day, part: f64) -> Self {
        let minute = OPENS + (f64::from(LENGTH) * part.clamp(0.0, 1.0)) as u16;
        Self { day, minute }
    }

    /// This moment, or the minute after `earlier` when that is later: what follows never comes before.
    pub(super) fn after(self, earlier: Self) -> Self {
        let next = Self {
            minute: earlier.minute + 1,
            ..earlier
        };
        self.max(next)
    }

    /// `minutes` of work later; evenings and weekends do not count.
    pub(super) fn plus_work(self, minutes: f64) -> Self {
        let since_opening = f64::from(self.minute.saturating_sub(OPENS)) + minutes;
        let days = (since_opening / f64::from(LENGTH)).floor();
        let mut day = self.day;
        for _ in 0..(days as i32).clamp(0, 400) {
            day = workday_from(day + 1);
        }
        Self::at_work(day, since_opening / f64::from(LENGTH) - days)
    }

    /// The instant, in the company's zone.
    pub(super) fn instant(self, zone: &Zone) -> Instant {
        let midnight = zone.start_of_day(CivilDate::from_days(self.day));
        Instant::from_micros(midnight.as_micros() + i64::from(self.minute) * 60_000_000)
    }

    /// The instant as a record's field.
    pub(super) fn field(self, zone: &Zone) -> Option<DateOrTime> {
        Some(when_to_proto(When::At(self.instant(zone))))
    }

    /// The instant as a record's `effective_at`.
    pub(super) fn effective(self, zone: &Zone) -> Option<prost_types::Timestamp> {
        Some(instant_to_proto(self.instant(zone)))
    }
}

/// A day as a record's field.
pub(super) fn day_field(day: Day) -> Option<DateOrTime> {
    Some(when_to_proto(When::Day(CivilDate::from_days(day))))
}

/// A day as YYYY-MM-DD.
pub(super) fn text(day: Day) -> String {
    CivilDate::from_days(day).to_string()
}

/// Whether a day is none of Saturday and Sunday.
pub(super) fn is_workday(day: Day) -> bool {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7) < 5
}

/// The day itself, or the Monday after.
pub(super) fn workday_from(day: Day) -> Day {
    (day..).find(|day| is_workday(*day)).unwrap_or(day)
}

/// The day itself, or the Friday before.
pub(super) fn workday_up_to(day: Day) -> Day {
    (day - 2..=day).rev().find(|day| is_workday(*day)).unwrap_or(day)
}

/// The month of a day, 1 to 12.
pub(super) fn month(day: Day) -> i8 {
    CivilDate::from_days(day).to_jiff().month()
}

/// The quarter that holds a day.
pub(super) fn quarter(day: Day) -> Period {
    period_of(
        CivilDate::from_days(day),
        Grain::Quarter,
        &FiscalCalendar::default(),
    )
}

/// The last day of the month that holds a day.
pub(super) fn month_end(day: Day) -> Day {
    let month = period_of(
        CivilDate::from_days(day),
        Grain::Month,
        &FiscalCalendar::default(),
    );
    month.end.days() - 1
}

/// The name of the quarter that holds a day, such as `2026-Q3`.
pub(super) fn quarter_name(day: Day) -> String {
    let start = quarter(day).start.to_jiff();
    format!("{}-Q{}", start.year(), (start.month() + 2) / 3)
}

/// How busy people are in the month of a day, 1 on average: slow summers and Decembers.
pub(super) fn season(day: Day) -> f64 {
    const BY_MONTH: [f64; 12] = [
        1.08, 1.05, 1.12, 1.02, 1.04, 1.0, 0.8, 0.76, 1.16, 1.12, 1.05, 0.72,
    ];
    let month = usize::try_from(month(day)).unwrap_or(1);
    BY_MONTH[(month - 1) % 12]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse::<CivilDate>().unwrap().days()
    }

    #[test]
    fn work_stops_for_the_weekend() {
        let friday = Moment::at_work(day("2026-11-20"), 1.0);
        let monday = friday.plus_work(30.0);
        assert_eq!((monday.day, monday.minute), (day("2026-11-23"), 9 * 60 + 30));
        assert_eq!(workday_up_to(day("2026-11-22")), day("2026-11-20"));
        assert_eq!(workday_from(day("2026-11-21")), day("2026-11-23"));
    }

    #[test]
    fn what_follows_never_comes_before() {
        let first = Moment::at_work(day("2026-11-20"), 0.5);
        let next = Moment::at_work(day("2026-11-20"), 0.1).after(first);
        assert!(next > first);
    }

    #[test]
    fn quarters_have_names() {
        assert_eq!(quarter_name(day("2026-11-21")), "2026-Q4");
        assert_eq!(text(month_end(day("2024-02-01"))), "2024-02-29");
    }
}
