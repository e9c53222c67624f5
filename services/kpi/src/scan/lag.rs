//! How long rows waited for an end, as an instant A sees it: an end at or after A has not happened.

use bellwether_domain::time::DAY_MICROS;
use bellwether_domain::{Error, Instant, Result, Zone};

use crate::table::{Morsel, NULL, Slice};

/// What is asked of how long a row waited.
#[derive(Debug, Clone)]
pub struct Lag {
    /// Where the column of the start stands.
    pub start: usize,
    /// Where that of the end stands.
    pub end: usize,
    /// Where that of the end's instant stands: the same, unless the two before count business time.
    pub happened: usize,
    /// Where that of the instant of another end stands.
    pub competes: Option<usize>,
    /// The instant A, microseconds.
    pub as_of: i64,
    /// The same by the clock of start and end.
    pub clock: i64,
    /// Where civil days are not 24 hours: two starts of days lie whole days apart.
    pub zone: Option<Zone>,
    /// The window: 1 for an end within it, 0 for none; null while it has not passed. `None` = a [`Wait`].
    pub within: Option<i64>,
}

/// How long a row waited, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait {
    /// Microseconds; below 0 where the end was recorded before the start.
    pub lag: i64,
    /// What ended it.
    pub ended: Ended,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// The end that is asked for.
    This,
    /// Another end.
    Other,
    /// Nothing yet.
    No,
}

impl Wait {
    /// As a whole number, in order.
    fn code(self) -> i64 {
        const MOST: i64 = i64::MAX / 4 - 1;
        self.lag.clamp(-MOST, MOST) * 4 + self.ended as i64
    }

    /// From that number.
    #[must_use]
    pub fn from_code(code: i64) -> Self {
        let ended = match code.rem_euclid(4) {
            0 => Ended::This,
            1 => Ended::Other,
            _ => Ended::No,
        };
        Self {
            lag: code.div_euclid(4),
            ended,
        }
    }
}

impl Lag {
    /// Writes what is asked for every row of a morsel.
    pub(super) fn write(&self, morsel: &Morsel<'_>, into: &mut Vec<i64>) -> Result<()> {
        let column = |place: usize| match morsel.columns[place] {
            Slice::I64(instants) => Ok(instants),
            _ => Err(Error::internal("a lag needs columns of instants")),
        };
        let (start, end, happened) = (column(self.start)?, column(self.end)?, column(self.happened)?);
        let competes = self.competes.map(column).transpose()?;
        into.clear();
        for row in 0..morsel.rows {
            let other = competes.map_or(NULL, |competes| competes[row]);
            into.push(self.of(start[row], end[row], happened[row], other));
        }
        Ok(())
    }

    fn of(&self, start: i64, end: i64, happened: i64, other: i64) -> i64 {
        if start == NULL {
            return NULL;
        }
        let ended = end != NULL && happened != NULL && happened < self.as_of;
        let beaten = other != NULL && other < self.as_of && (!ended || other < happened);
        let (to, ended) = match (ended, beaten) {
            (_, true) => (other, Ended::Other),
            (true, false) => (end, Ended::This),
            (false, false) => (self.clock, Ended::No),
        };
        let lag = self.between(start, to);
        let Some(within) = self.within else {
            return Wait { lag, ended }.code();
        };
        if self.between(start, self.clock) < within {
            return NULL;
        }
        i64::from(ended == Ended::This && lag <= within)
    }

    fn between(&self, from: i64, to: i64) -> i64 {
        between(self.zone.as_ref(), from, to)
    }
}

/// From one instant to another; where a zone is given, between two starts of civil days whole days.
fn between(zone: Option<&Zone>, from: i64, to: i64) -> i64 {
    const CHANGE: i64 = 2 * 3_600_000_000;
    let lag = to.saturating_sub(from);
    let Some(zone) = zone else {
        return lag;
    };
    let days = (lag.saturating_add(DAY_MICROS / 2)).div_euclid(DAY_MICROS);
    let off = (lag - days * DAY_MICROS).abs();
    let midnight = |at: i64| {
        let at = Instant::from_micros(at);
        zone.start_of_day(zone.date_of(at)) == at
    };
    if off != 0 && off <= CHANGE && midnight(from) && midnight(to) {
        return days * DAY_MICROS;
    }
    lag
}

/// How long ago an instant of a row was when a stock stands.
#[derive(Debug, Clone)]
pub struct Age {
    /// Where the column of the instant stands.
    pub column: usize,
    /// When the stock of each period stands, by the clock of the column.
    pub points: Vec<i64>,
    /// As of a [`Lag`].
    pub zone: Option<Zone>,
}

impl Age {
    /// The age of a row in a period; null where the instant is missing or yet to come.
    pub(super) fn of(&self, instant: i64, period: u32) -> i64 {
        let point = self.points[period as usize];
        if instant == NULL || instant > point {
            return NULL;
        }
        between(self.zone.as_ref(), instant, point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = DAY_MICROS;

    fn lag(within: Option<i64>) -> Lag {
        Lag {
            start: 0,
            end: 0,
            happened: 0,
            competes: None,
            as_of: 100 * DAY,
            clock: 100 * DAY,
            zone: None,
            within,
        }
    }

    #[test]
    fn an_end_at_or_after_the_instant_has_not_happened() {
        let wait = |start, end, other| Wait::from_code(lag(None).of(start, end, end, other));
        let is = |lag, ended| Wait { lag, ended };
        assert_eq!(wait(10 * DAY, 40 * DAY, NULL), is(30 * DAY, Ended::This));
        assert_eq!(wait(10 * DAY, 100 * DAY, NULL), is(90 * DAY, Ended::No));
        assert_eq!(wait(10 * DAY, NULL, NULL), is(90 * DAY, Ended::No));
        assert_eq!(wait(10 * DAY, NULL, 20 * DAY), is(10 * DAY, Ended::Other));
        assert_eq!(wait(10 * DAY, 40 * DAY, 20 * DAY), is(10 * DAY, Ended::Other));
        assert_eq!(wait(10 * DAY, 40 * DAY, 60 * DAY), is(30 * DAY, Ended::This));
        assert_eq!(wait(10 * DAY, 9 * DAY, NULL), is(-DAY, Ended::This));
        assert_eq!(lag(None).of(NULL, 9 * DAY, 9 * DAY, NULL), NULL);
    }

    #[test]
    fn a_window_counts_once_it_has_passed() {
        let of = |start, end| lag(Some(30 * DAY)).of(start, end, end, NULL);
        assert_eq!(of(70 * DAY, 99 * DAY), 1);
        assert_eq!(of(70 * DAY, NULL), 0);
        assert_eq!(of(70 * DAY + 1, 71 * DAY), NULL);
        assert_eq!((of(10 * DAY, 40 * DAY), of(10 * DAY, 40 * DAY + 1)), (1, 0));
    }

    #[test]
    fn civil_days_are_days_where_the_clocks_change() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let at = |text: &str| {
            text.parse::<bellwether_domain::When>()
                .unwrap()
                .start_in(&zone)
                .as_micros()
        };
        let (winter, summer) = (at("2017-03-01"), at("2017-04-30"));
        assert_ne!((summer - winter) % DAY, 0);
        let lag = Lag {
            zone: Some(zone.clone()),
            ..lag(None)
        };
        assert_eq!(lag.between(winter, summer), 60 * DAY);
        assert_eq!(lag.between(winter + 5, summer), summer - winter - 5);
        assert_eq!(lag.between(winter, winter + 3_600_000_000), 3_600_000_000);
    }
}
