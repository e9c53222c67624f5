//! Business time: how many microseconds of working hours have passed at an instant.
//!
//! A clock counts from the first instant of 1970-01-01 in the tenant's zone, so that the working time between two
//! instants is `b(second) - b(first)`. It never runs backwards and never faster than the clock on the wall. Where the
//! wall clock is put forward or back inside working hours, what really passes counts: round-the-clock hours have 23 and
//! 25 hours on such days. An hour that the wall clock shows twice begins and ends at its first showing; one that it
//! leaves out has no length.

#[cfg(test)]
mod tests;
mod workdays;

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::settings::Settings;
use crate::time::{CivilDate, DAY_MICROS, Instant, Zone};

pub use workdays::Workdays;

/// Days on which a zone puts its clock forward or back are known from 1970 to this year; of later ones the 24 hours are
/// taken as they stand on the wall.
const LAST_YEAR: i16 = 2200;
const MINUTE_MICROS: i64 = 60_000_000;

/// Spans of a day, in microseconds after midnight: in order, apart from each other.
type Spans = Vec<(i64, i64)>;

/// Counts working time under a tenant's zone, business hours and holidays.
#[derive(Debug, Clone)]
pub struct BusinessClock {
    zone: Zone,
    /// Working spans by weekday, 0 = Monday.
    week: [Spans; 7],
    /// Working time on the weekdays before each, and of the whole week at the end.
    before: [i64; 8],
    /// Holidays in order, each with the working time that it and those before it take away.
    holidays: Vec<(i32, i64)>,
    /// Days on which the wall clock is changed, in order.
    odd: Vec<OddDay>,
    /// What the sums come to where the count begins.
    zero: i64,
}

/// A day on which the wall clock does not run from 0 to 24.
#[derive(Debug, Clone)]
struct OddDay {
    day: i32,
    /// The first instant of the day after.
    end: i64,
    /// Working spans as instants.
    spans: Spans,
    /// How much longer the working time of this and all odd days before it is than the wall clock shows.
    gained: i64,
}

impl BusinessClock {
    /// A clock of a tenant.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let week: [Spans; 7] = std::array::from_fn(|weekday| spans_of(settings, weekday));
        let mut before = [0; 8];
        for (weekday, spans) in week.iter().enumerate() {
            before[weekday + 1] = before[weekday] + length(spans);
        }
        let mut clock = Self {
            zone: settings.zone.clone(),
            week,
            before,
            holidays: Vec::new(),
            odd: Vec::new(),
            zero: 0,
        };
        let mut holidays: Vec<i32> = settings.holidays.iter().map(|day| day.days()).collect();
        holidays.sort_unstable();
        holidays.dedup();
        let mut taken = 0;
        for day in holidays {
            taken += length(&clock.week[weekday(day)]);
            clock.holidays.push((day, taken));
        }
        clock.find_odd_days();
        clock.zero = clock.until(0);
        clock
    }

    /// Working microseconds from the first instant of 1970-01-01 to an instant; before that, negative.
    #[must_use]
    pub fn b(&self, at: Instant) -> i64 {
        let wall = self.zone.to_datetime(at);
        let mut day = CivilDate::from_jiff(wall.date()).days();
        if let Some(odd) = self.odd_day(day) {
            if at.as_micros() < odd.end {
                return self.until(day) - self.zero + passed(&odd.spans, at.as_micros());
            }
            // The wall clock was put back over midnight: this is the day after, which shows the old day once more.
            day += 1;
            let spans = self.odd_day(day).map_or(&[][..], |odd| &odd.spans);
            return self.until(day) - self.zero + passed(spans, at.as_micros());
        }
        if self.is_holiday(day) {
            return self.until(day) - self.zero;
        }
        let time = wall.time();
        let seconds =
            i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        let micros = seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1_000;
        self.until(day) - self.zero + passed(&self.week[weekday(day)], micros)
    }

    /// The sum over all days before one: weeks, less holidays, and what changes of the wall clock add.
    fn until(&self, day: i32) -> i64 {
        let since_monday = i64::from(day) + 3;
        let weeks = since_monday.div_euclid(7) * self.before[7] + self.before[weekday(day)];
        let holidays = self.holidays.partition_point(|(holiday, _)| *holiday < day);
        let taken = holidays.checked_sub(1).map_or(0, |last| self.holidays[last].1);
        let odd = self.odd.partition_point(|odd| odd.day < day);
        let gained = odd.checked_sub(1).map_or(0, |last| self.odd[last].gained);
        weeks - taken + gained
    }

    fn is_holiday(&self, day: i32) -> bool {
        self.holidays
            .binary_search_by_key(&day, |(holiday, _)| *holiday)
            .is_ok()
    }

    fn odd_day(&self, day: i32) -> Option<&OddDay> {
        let place = self.odd.binary_search_by_key(&day, |odd| odd.day).ok()?;
        Some(&self.odd[place])
    }

    fn find_odd_days(&mut self) {
        let zone = self.zone.clone();
        let last = CivilDate::from_ymd(LAST_YEAR, 1, 1).map_or(0, CivilDate::days);
        let mut days: Vec<i32> = Vec::new();
        for change in zone.to_jiff().following(Timestamp::UNIX_EPOCH) {
            let at = Instant::from_micros(change.timestamp().as_microsecond());
            let (old, new) = (
                zone.date_of(Instant::from_micros(at.as_micros() - 1)).days(),
                zone.date_of(at).days(),
            );
            if new > last {
                break;
            }
            days.extend(old.min(new)..=old.max(new));
        }
        days.sort_unstable();
        days.dedup();
        let mut gained = 0;
        for day in days {
            let odd = self.odd(day, gained);
            gained = odd.gained;
            self.odd.push(odd);
        }
    }

    fn odd(&self, day: i32, gained: i64) -> OddDay {
        let start_of = |day| self.zone.start_of_day(CivilDate::from_days(day)).as_micros();
        let (start, end) = (start_of(day), start_of(day + 1));
        if self.is_holiday(day) {
            let spans = Vec::new();
            return OddDay {
                day,
                end,
                spans,
                gained,
            };
        }
        let wall = &self.week[weekday(day)];
        let instant = |micros: i64| {
            let minute = micros / MINUTE_MICROS;
            let at = if micros >= DAY_MICROS {
                end
            } else {
                first_showing(self.zone.to_jiff(), day, minute)
            };
            at.clamp(start, end)
        };
        let mut spans: Spans = Vec::with_capacity(wall.len());
        for (opens, closes) in wall {
            let opens = spans
                .last()
                .map_or(start, |(_, closed)| *closed)
                .max(instant(*opens));
            spans.push((opens, instant(*closes).max(opens)));
        }
        let gained = gained + length(&spans) - length(wall);
        OddDay {
            day,
            end,
            spans,
            gained,
        }
    }
}

/// When the wall clock first shows a minute of a day; of a minute that it leaves out, when it jumps over it.
fn first_showing(zone: &TimeZone, day: i32, minute: i64) -> i64 {
    let hour = i8::try_from(minute / 60).unwrap_or(0);
    let shown = CivilDate::from_days(day)
        .to_jiff()
        .at(hour, i8::try_from(minute % 60).unwrap_or(0), 0, 0);
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    let gap = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let earlier = ambiguous.earlier().unwrap_or(Timestamp::UNIX_EPOCH);
    let jump = || zone.following(earlier).next().map(|change| change.timestamp());
    let at = if gap { jump().unwrap_or(earlier) } else { earlier };
    at.as_microsecond()
}

/// The working spans of a weekday (0 = Monday), those that meet made one.
fn spans_of(settings: &Settings, weekday: usize) -> Spans {
    let mut days: Spans = settings
        .business_hours
        .iter()
        .filter(|day| usize::from(day.weekday) == weekday + 1 && day.opens < day.closes)
        .map(|day| {
            (
                i64::from(day.opens) * MINUTE_MICROS,
                i64::from(day.closes) * MINUTE_MICROS,
            )
        })
        .collect();
    days.sort_unstable();
    let mut spans: Spans = Vec::with_capacity(days.len());
    for (opens, closes) in days {
        let closes = closes.min(DAY_MICROS);
        match spans.last_mut() {
            Some(last) if opens <= last.1 => last.1 = last.1.max(closes),
            _ => spans.push((opens, closes)),
        }
    }
    spans
}

/// 0 = Monday; 1970-01-01 was a Thursday.
fn weekday(day: i32) -> usize {
    usize::try_from((i64::from(day) + 3).rem_euclid(7)).unwrap_or(0)
}

fn length(spans: &[(i64, i64)]) -> i64 {
    spans.iter().map(|(opens, closes)| closes - opens).sum()
}

/// How much of the spans lies before a point.
fn passed(spans: &[(i64, i64)], at: i64) -> i64 {
    spans
        .iter()
        .map(|(opens, closes)| at.clamp(*opens, *closes) - opens)
        .sum()
}
