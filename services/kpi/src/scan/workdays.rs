//! The working days that rows have in periods.

use bellwether_domain::settings::Settings;
use bellwether_domain::{CivilDate, Error, Instant, Result, Workdays, Zone};

use crate::table::{Morsel, Slice};

/// Days that are counted at most: some five hundred years.
const MOST_DAYS: i64 = 200_000;

/// Counts working days: weekdays with business hours that are no holidays.
#[derive(Debug, Clone)]
pub struct WorkingDays {
    /// Where the validity of the row stands.
    valid: (usize, usize),
    /// The days of each period, the second exclusive.
    periods: Vec<(i64, i64)>,
    zone: Zone,
    /// The first day that is counted.
    first: i64,
    /// How many working days there are before each day from the first on.
    before: Vec<i64>,
}

impl WorkingDays {
    /// Of rows whose validity stands there, in periods of civil days.
    #[must_use]
    pub fn new(valid: (usize, usize), periods: Vec<(i32, i32)>, settings: &Settings) -> Self {
        let periods: Vec<(i64, i64)> = periods
            .into_iter()
            .map(|(start, end)| (start.into(), end.into()))
            .collect();
        let asked = || periods.iter().filter(|(start, end)| start < end);
        let end = asked().map(|(_, end)| *end).max().unwrap_or(0);
        let start = asked().map(|(start, _)| *start).min().unwrap_or(0);
        let first = start.max(end - MOST_DAYS);
        let days = Workdays::new(settings);
        let mut before = vec![0];
        for day in first..end {
            let works = i32::try_from(day).is_ok_and(|day| days.works(CivilDate::from_days(day)));
            before.push(before[before.len() - 1] + i64::from(works));
        }
        Self {
            valid,
            periods,
            zone: settings.zone.clone(),
            first,
            before,
        }
    }

    /// Writes the first day of each row, and the day after its last.
    pub(super) fn write(&self, morsel: &Morsel<'_>, first: &mut Vec<i64>, end: &mut Vec<i64>) -> Result<()> {
        for (place, days) in [(self.valid.0, first), (self.valid.1, end)] {
            let Slice::I64(instants) = morsel.columns[place] else {
                return Err(Error::internal("validity is no number of microseconds"));
            };
            let day = |at: &i64| match *at {
                i64::MAX => i64::MAX,
                at => i64::from(self.zone.date_of(Instant::from_micros(at)).days()),
            };
            days.clear();
            days.extend(instants.iter().map(day));
        }
        Ok(())
    }

    /// How many working days of a row lie in a period.
    pub(super) fn of(&self, (first, end): (i64, i64), period: u32) -> i64 {
        let (start, stop) = self.periods[period as usize];
        let (from, to) = (first.max(start), end.min(stop));
        if from < to {
            self.until(to) - self.until(from)
        } else {
            0
        }
    }

    fn until(&self, day: i64) -> i64 {
        let place = usize::try_from(day - self.first).unwrap_or(0);
        self.before[place.min(self.before.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_and_holidays_are_no_working_days() {
        let settings = Settings {
            holidays: vec![
                CivilDate::from_days(17_167 + 8),
                CivilDate::from_days(17_167 + 13),
            ],
            ..Settings::default()
        };
        // 2017-01-01 is a Sunday; the two weeks from it have ten weekdays, of which Monday the 9th is a holiday, as is
        // Saturday the 14th.
        let day = 17_167;
        let days = WorkingDays::new((0, 1), vec![(day, day + 14), (day + 2, day + 4)], &settings);
        assert_eq!(days.of((0, i64::MAX), 0), 9);
        assert_eq!(days.of((i64::from(day) + 5, i64::from(day) + 9), 0), 1);
        assert_eq!(days.of((0, i64::MAX), 1), 2);
        assert_eq!(days.of((i64::from(day) + 10, i64::MAX), 1), 0);
    }
}
