//! Time as a scan sees it: windows that events fall into, and instants at which intervals hold.

use std::ops::RangeInclusive;

use bellwether_domain::time::DAY_MICROS;

use super::steps::{Steps, View};

/// How rows find their periods.
#[derive(Debug, Clone)]
pub enum Axis {
    /// Flows: the window that holds `valid_from`, of rows that stand at as-of.
    Windows(Windows),
    /// Flows in windows that overlap, half-open: every window that holds `valid_from`. Starts and ends rise.
    Overlapping(Vec<(i64, i64)>),
    /// Intervals at any time in windows, half-open: every window that meets the row's validity. Starts and ends rise.
    Meeting(Vec<(i64, i64)>),
    /// Stocks: every one of these instants (rising, repeats allowed) at which the row holds.
    Points(Vec<i64>),
}

/// Half-open windows in time, in microseconds: rising and apart from each other.
#[derive(Debug, Clone)]
pub struct Windows {
    /// Where windows begin and end.
    steps: Steps,
    /// After so many of these the period whose window it is.
    periods: Vec<u32>,
}

/// No period.
pub(super) const NONE: u32 = u32::MAX;

impl Windows {
    /// Windows by period; one that is empty (`end <= start`) holds nothing. They must be rising and disjoint.
    #[must_use]
    pub fn new(periods: &[(i64, i64)]) -> Self {
        let mut steps = Vec::new();
        let mut after = vec![NONE];
        for (period, (start, end)) in (0_u32..).zip(periods).filter(|(_, (start, end))| start < end) {
            if steps.last() == Some(start) {
                after.pop();
            } else {
                steps.push(*start);
            }
            after.push(period);
            steps.push(*end);
            after.push(NONE);
        }
        Self {
            steps: Steps::new(steps),
            periods: after,
        }
    }

    /// The period of the window that holds an instant.
    #[must_use]
    pub fn find(&self, at: i64) -> Option<u32> {
        let period = self.finder().place(at);
        (period != NONE).then_some(period)
    }

    /// What a loop needs to find periods, at hand.
    pub(super) fn finder(&self) -> Finder<'_> {
        Finder {
            steps: self.steps.view(),
            periods: &self.periods,
        }
    }

    /// The window, when it is the only one.
    pub(super) fn only(&self) -> Option<(i64, i64, u32)> {
        match (self.steps.instants(), self.periods.as_slice()) {
            ([start, end], [_, period, _]) => Some((*start, *end, *period)),
            _ => None,
        }
    }

    /// From the start of the first window to the end of the last; `None` = there is none.
    fn bounds(&self) -> Option<(i64, i64)> {
        let instants = self.steps.instants();
        Some((*instants.first()?, *instants.last()?))
    }
}

/// Windows as a loop keeps them at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finder<'a> {
    steps: View<'a>,
    periods: &'a [u32],
}

impl Finder<'_> {
    /// The period of the window that holds an instant, or [`NONE`].
    #[inline]
    pub(super) fn place(self, at: i64) -> u32 {
        self.periods[self.steps.rank(at)]
    }
}

/// Instants at which a stock stands, and how many of them lie at or before another instant.
#[derive(Debug)]
pub(super) struct Stands {
    steps: Steps,
    /// After so many different instants the number of all.
    counts: Vec<u32>,
}

impl Stands {
    /// Of instants that rise, with repeats.
    pub(super) fn new(points: &[i64]) -> Self {
        let mut counts = vec![0];
        for (count, point) in (1_u32..).zip(points) {
            if count > 1 && points[count as usize - 2] == *point {
                counts.pop();
            }
            counts.push(count);
        }
        Self {
            steps: Steps::new(points.iter().copied()),
            counts,
        }
    }

    /// What a loop needs to count them, at hand.
    pub(super) fn counter(&self) -> Counter<'_> {
        Counter {
            steps: self.steps.view(),
            counts: &self.counts,
        }
    }
}

/// [`Stands`] as a loop keeps them at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counter<'a> {
    steps: View<'a>,
    counts: &'a [u32],
}

impl Counter<'_> {
    /// How many lie at or before an instant.
    #[inline]
    pub(super) fn up_to(self, at: i64) -> u32 {
        self.counts[self.steps.rank(at)]
    }
}

/// The civil days, in whatever zone, of the rows that cuts along these axes can count; `None` = there can be none.
pub(crate) fn days<'a>(axes: impl IntoIterator<Item = &'a Axis>) -> Option<RangeInclusive<i32>> {
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for axis in axes {
        match axis {
            Axis::Windows(windows) => {
                if let Some((first, last)) = windows.bounds() {
                    low = low.min(first);
                    high = high.max(last);
                }
            }
            Axis::Overlapping(windows) => {
                for (start, end) in windows.iter().filter(|(start, end)| start < end) {
                    low = low.min(*start);
                    high = high.max(*end);
                }
            }
            Axis::Meeting(windows) => {
                low = i64::MIN;
                high = high.max(windows.iter().map(|(_, end)| *end).max().unwrap_or(i64::MIN));
            }
            Axis::Points(points) => {
                low = i64::MIN;
                high = high.max(points.last().copied().unwrap_or(i64::MIN));
            }
        }
    }
    // The civil day of an instant is at most a day away from its day in UTC.
    let day = |micros: i64, slack: i64| {
        let day = micros.div_euclid(DAY_MICROS) + slack;
        i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX })
    };
    (low <= high).then(|| day(low, -1)..=day(high, 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn open_ended_windows_hold_everything_up_to_their_end() {
        let windows = Windows::new(&[(i64::MIN, 100)]);
        assert_eq!(
            [i64::MIN, -5, 99, 100].map(|at| windows.find(at)),
            [Some(0), Some(0), Some(0), None]
        );
        assert_eq!(Windows::new(&[(5, 5), (9, 3)]).find(5), None);
    }

    #[test]
    fn a_stock_that_stands_twice_at_an_instant_is_counted_twice() {
        let stands = Stands::new(&[i64::MIN, 3, 3, 7, 7]);
        assert_eq!(
            [i64::MIN, 2, 3, 6, 7, 9].map(|at| stands.counter().up_to(at)),
            [1, 1, 3, 3, 5, 5]
        );
        assert_eq!(Stands::new(&[]).counter().up_to(0), 0);
    }

    proptest! {
        #[test]
        fn an_instant_finds_the_window_that_holds_it(
            steps in proptest::collection::vec((0_i64..50, 0_i64..40_000), 1..60), at in -10_i64..1_500_000,
        ) {
            let mut end = 0;
            let mut periods = Vec::new();
            for (gap, length) in steps {
                let start = end + gap;
                end = start + length;
                periods.push((start, end));
            }
            let expected = periods.iter().position(|(start, end)| *start <= at && at < *end);
            prop_assert_eq!(Windows::new(&periods).find(at).map(|period| period as usize), expected);
        }
    }
}
