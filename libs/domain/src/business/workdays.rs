//! Working days: weekdays with business hours that are no holidays.

#[cfg(test)]
mod tests;

use super::weekday;
use crate::period::Period;
use crate::settings::Settings;
use crate::time::CivilDate;

/// Tells a tenant's working days from its other days, and counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workdays {
    /// Whether a weekday is one, 0 = Monday.
    week: [bool; 7],
    /// Holidays that would be working days, in order.
    holidays: Vec<i32>,
}

impl Workdays {
    /// Those of a tenant. A weekday works where its business hours are longer than nothing.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let hours = &settings.business_hours;
        let week: [bool; 7] = std::array::from_fn(|weekday| {
            hours
                .iter()
                .any(|hours| usize::from(hours.weekday) == weekday + 1 && hours.opens < hours.closes)
        });
        let holidays = settings.holidays.iter().map(|day| day.days());
        let mut holidays: Vec<i32> = holidays.filter(|day| week[weekday(*day)]).collect();
        holidays.sort_unstable();
        holidays.dedup();
        Self { week, holidays }
    }

    /// Whether a day is one.
    #[must_use]
    pub fn works(&self, day: CivilDate) -> bool {
        self.week[weekday(day.days())] && self.holidays.binary_search(&day.days()).is_err()
    }

    /// How many there are in a period.
    #[must_use]
    pub fn count(&self, period: Period) -> i32 {
        if period.is_empty() {
            return 0;
        }
        self.until(period.end.days()) - self.until(period.start.days())
    }

    /// The working day of this number in a period, from 1 on; `None` = it has fewer.
    #[must_use]
    pub fn nth(&self, period: Period, number: i32) -> Option<CivilDate> {
        if number < 1 || self.count(period) < number {
            return None;
        }
        let (mut low, mut high) = (period.start.days(), period.end.days());
        let wanted = self.until(low) + number;
        // The first day up to whose end so many have passed.
        while low < high {
            let middle = low + (high - low) / 2;
            if self.until(middle + 1) < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(CivilDate::from_days(low))
    }

    /// How many there are before a day, counted from some Monday on.
    fn until(&self, day: i32) -> i32 {
        let place = weekday(day);
        let working = |days: &[bool]| i32::try_from(days.iter().filter(|works| **works).count()).unwrap_or(0);
        // 1969-12-29 was a Monday.
        let weeks = (day + 3).div_euclid(7);
        let holidays = self.holidays.partition_point(|holiday| *holiday < day);
        weeks * working(&self.week) + working(&self.week[..place]) - i32::try_from(holidays).unwrap_or(0)
    }
}
