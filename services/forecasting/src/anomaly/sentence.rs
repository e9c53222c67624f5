//! An anomaly in words.

use super::{Anomaly, Kind};

/// The length of a series' periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
}

impl Period {
    fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// So many periods in words: whole weeks of days and whole days of hours as such.
    fn count(self, n: usize) -> String {
        match self {
            Self::Day if n.is_multiple_of(7) => Self::Week.count(n / 7),
            Self::Hour if n.is_multiple_of(24) => Self::Day.count(n / 24),
            _ if n == 1 => format!("one {}", self.name()),
            _ => format!("{n} {}s", self.name()),
        }
    }
}

/// The anomaly as a sentence without its subject: "dropped 15 % and stayed there for 2 weeks".
#[must_use]
pub fn sentence(anomaly: &Anomaly, period: Period) -> String {
    let up = anomaly.actual > anomaly.expected;
    // A hundred times as much is easier to see as two numbers.
    let size = anomaly.change.filter(|change| change.abs() < 100.0);
    let size = size.map(|change| format!("{} %", percent(change.abs() * 100.0)));
    let count = period.count(anomaly.periods());
    match (anomaly.kind, size) {
        (Kind::Shift, size) => {
            let moved = match (up, size) {
                (true, Some(size)) => format!("rose {size}"),
                (false, Some(size)) => format!("dropped {size}"),
                (true, None) => format!("rose to {} a {}", plain(anomaly.actual), period.name()),
                (false, None) => format!("dropped to {} a {}", plain(anomaly.actual), period.name()),
            };
            let stayed = if anomaly.ongoing { "has stayed" } else { "stayed" };
            format!("{moved} and {stayed} there for {count}")
        }
        (Kind::Spike, Some(size)) => {
            let side = if up { "above" } else { "below" };
            format!("was {size} {side} what was to be expected for {count}")
        }
        (Kind::Spike, None) => {
            format!(
                "was {} for {count} where {} was to be expected",
                plain(anomaly.actual),
                plain(anomaly.expected)
            )
        }
    }
}

/// Percent with the digits that matter.
fn percent(value: f64) -> String {
    if value < 9.95 {
        plain_with(value, 1)
    } else {
        plain_with(value, 0)
    }
}

/// A number of any size with about three digits.
fn plain(value: f64) -> String {
    match value.abs() {
        size if size >= 1e15 => format!("{value:.2e}"),
        size if size >= 100.0 => plain_with(value, 0),
        size if size >= 1.0 => plain_with(value, 1),
        _ => plain_with(value, 3),
    }
}

/// Rounded, without zeros at the end of the decimals and without a sign before 0.
fn plain_with(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anomaly(kind: Kind, periods: usize, expected: f64, actual: f64, ongoing: bool) -> Anomaly {
        Anomaly {
            kind,
            from: 10,
            to: 9 + periods,
            ongoing,
            expected,
            actual,
            change: (expected > 0.0).then(|| actual / expected - 1.0),
            strength: -8.0,
            before: None,
        }
    }

    #[test]
    fn sentences() {
        let drop = anomaly(Kind::Shift, 14, 200.0, 170.0, false);
        assert_eq!(
            sentence(&drop, Period::Day),
            "dropped 15 % and stayed there for 2 weeks"
        );
        let drop = anomaly(Kind::Shift, 1, 200.0, 195.2, true);
        assert_eq!(
            sentence(&drop, Period::Month),
            "dropped 2.4 % and has stayed there for one month"
        );
        let rise = anomaly(Kind::Shift, 5, 0.0, 12.34, true);
        assert_eq!(
            sentence(&rise, Period::Week),
            "rose to 12.3 a week and has stayed there for 5 weeks"
        );
        let spike = anomaly(Kind::Spike, 2, 10.0, 25.0, false);
        assert_eq!(
            sentence(&spike, Period::Hour),
            "was 150 % above what was to be expected for 2 hours"
        );
        let spike = anomaly(Kind::Spike, 48, -0.0001, -1e300, false);
        assert_eq!(
            sentence(&spike, Period::Hour),
            "was -1.00e300 for 2 days where 0 was to be expected"
        );
    }
}
