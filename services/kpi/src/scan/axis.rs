//! Time as a scan sees it: windows that events fall into, and instants at which intervals hold.

use std::ops::RangeInclusive;

use bellwether_domain::time::DAY_MICROS;

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
    /// Start, end and period of each that is not empty.
    windows: Vec<(i64, i64, u32)>,
    /// For each slice of time the first window that ends after the slice starts.
    slices: Vec<u32>,
    /// How long a slice is, as a power of two of microseconds.
    shift: u32,
}

/// Slices a window: enough that a slice seldom meets more than two windows.
const SLICES_PER_WINDOW: usize = 4;
const MOST_SLICES: usize = 1 << 16;

impl Windows {
    /// Windows by period; one that is empty (`end <= start`) holds nothing. They must be rising and disjoint.
    #[must_use]
    pub fn new(periods: &[(i64, i64)]) -> Self {
        let windows: Vec<(i64, i64, u32)> = (0_u32..)
            .zip(periods)
            .filter(|(_, (start, end))| start < end)
            .map(|(period, (start, end))| (*start, *end, period))
            .collect();
        let (mut slices, mut shift) = (Vec::new(), 0);
        if let ([(first, ..), _, ..], Some((_, last, _))) = (windows.as_slice(), windows.last()) {
            let span = last.saturating_sub(*first);
            let most = (windows.len() * SLICES_PER_WINDOW).min(MOST_SLICES) as i64;
            while span >> shift >= most {
                shift += 1;
            }
            let mut window = 0;
            for slice in 0..=span >> shift {
                let start = first + (slice << shift);
                while window + 1 < windows.len() && windows[window].1 <= start {
                    window += 1;
                }
                slices.push(u32::try_from(window).unwrap_or(u32::MAX));
            }
        }
        Self {
            windows,
            slices,
            shift,
        }
    }

    /// The period of the window that holds an instant.
    #[must_use]
    #[inline]
    pub fn find(&self, at: i64) -> Option<u32> {
        let (first, last) = (self.windows.first()?, self.windows.last()?);
        if at < first.0 || at >= last.1 {
            return None;
        }
        let mut window = match self
            .slices
            .get(((at.wrapping_sub(first.0)) >> self.shift) as usize)
        {
            Some(window) if !self.slices.is_empty() => *window as usize,
            _ => 0,
        };
        while self.windows[window].1 <= at {
            window += 1;
        }
        let (start, _, period) = self.windows[window];
        (start <= at).then_some(period)
    }
}

/// The civil days, in whatever zone, of the rows that cuts along these axes can count; `None` = there can be none.
pub(crate) fn days<'a>(axes: impl IntoIterator<Item = &'a Axis>) -> Option<RangeInclusive<i32>> {
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for axis in axes {
        match axis {
            Axis::Windows(windows) => {
                if let (Some(first), Some(last)) = (windows.windows.first(), windows.windows.last()) {
                    low = low.min(first.0);
                    high = high.max(last.1);
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
