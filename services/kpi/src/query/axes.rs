//! In which windows and at which instants the measures of a question count.

use bellwether_domain::{BusinessClock, Instant};

use super::periods::Span;
use super::when::Moment;
use crate::catalogue::{Aggregate, At, Class, CurrencyPolicy, Due, Edge, Rows, Stretch, Timing, Window};
use crate::scan::{Axis, Windows};

/// The periods of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Periods {
    window: Window,
    stands: Stands,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Throughout,
    During,
    /// During the whole period, also while it runs.
    Whole,
    AtStart,
    AtEnd,
}

impl Periods {
    /// Those in which a measure is counted.
    pub(super) fn of(rows: &Rows) -> Self {
        let stands = match (rows.class, rows.at) {
            (Class::Stock, At::Start) => Stands::AtStart,
            (Class::Stock, At::During) if rows.aggregate == Aggregate::Spread => Stands::Whole,
            (Class::Stock, At::During) => Stands::During,
            (Class::Stock, _) => Stands::AtEnd,
            _ => Stands::Throughout,
        };
        Self {
            window: rows.window,
            stands,
        }
    }

    /// How rows find them.
    pub(super) fn axis(self, spans: &[Span], moment: &Moment) -> Axis {
        let bounds = spans.iter().map(|span| bounds(span, self.window, moment));
        match self.stands {
            // Where there is no period there is nothing in it.
            Stands::Throughout => {
                let windows: Vec<(i64, i64)> = bounds.map(|bounds| bounds.unwrap_or((0, 0))).collect();
                match self.window {
                    Window::Rolling(_) | Window::Before | Window::Ever => Axis::Overlapping(windows),
                    Window::This | Window::Previous => Axis::Windows(Windows::new(&windows)),
                }
            }
            Stands::During => Axis::Meeting(bounds.map(|bounds| bounds.unwrap_or((0, 0))).collect()),
            Stands::Whole => Axis::Meeting(self.whole(spans, moment)),
            Stands::AtStart => Axis::Points(
                bounds
                    .map(|bounds| bounds.map_or(i64::MIN, |(start, end)| start.min(end)))
                    .collect(),
            ),
            Stands::AtEnd => Axis::Points(
                bounds
                    .map(|bounds| bounds.map_or(i64::MIN, |(_, end)| end))
                    .collect(),
            ),
        }
    }

    /// The instants at which a stock stands, by the clock that its ages are told by.
    pub(super) fn points(self, spans: &[Span], moment: &Moment, clock: Timing) -> Vec<i64> {
        let Axis::Points(points) = self.axis(spans, moment) else {
            return vec![i64::MIN; spans.len()];
        };
        match clock {
            Timing::Elapsed => points,
            Timing::Business => {
                let business = BusinessClock::new(&moment.settings);
                let at = |point: &i64| match point {
                    // There is no period, and nothing in it.
                    &i64::MIN => i64::MIN,
                    point => business.b(Instant::from_micros(*point)),
                };
                points.iter().map(at).collect()
            }
        }
    }

    /// The periods as they are when they have passed.
    fn whole(self, spans: &[Span], moment: &Moment) -> Vec<(i64, i64)> {
        let whole = |span: &Span| {
            let (start, end) = bounds(span, self.window, moment)?;
            Some((start, whole_end(span, self.window, end)))
        };
        spans.iter().map(|span| whole(span).unwrap_or((0, 0))).collect()
    }

    /// The same in civil days.
    pub(super) fn days(self, spans: &[Span], moment: &Moment) -> Vec<(i32, i32)> {
        let day = |at: i64| match at {
            i64::MIN => i32::MIN,
            at => moment.settings.zone.date_of(Instant::from_micros(at)).days(),
        };
        let windows = self.whole(spans, moment).into_iter();
        windows.map(|(start, end)| (day(start), day(end))).collect()
    }

    /// The periods in civil days, up to as-of.
    pub(super) fn days_so_far(self, spans: &[Span], moment: &Moment) -> Vec<(i32, i32)> {
        let day = |at: i64| match at {
            i64::MIN => i32::MIN,
            at => moment.settings.zone.date_of(Instant::from_micros(at)).days(),
        };
        let of = |span: &Span| bounds(span, self.window, moment).unwrap_or((0, 0));
        spans
            .iter()
            .map(of)
            .map(|(start, end)| (day(start), day(end)))
            .collect()
    }

    /// The days whose exchange rates count where a measure takes those at an edge of its periods: the last before the edge.
    pub(super) fn rate_days(self, policy: CurrencyPolicy, spans: &[Span], moment: &Moment) -> Vec<i32> {
        let last = |at: i64| {
            let before = Instant::from_micros(at.saturating_sub(1));
            moment.settings.zone.date_of(before).days()
        };
        let day = |span: &Span| match bounds(span, self.window, moment) {
            Some((start, end)) if policy == CurrencyPolicy::Start && start > i64::MIN => last(start.min(end)),
            Some((_, end)) => last(end),
            None => moment.last_day(),
        };
        spans.iter().map(day).collect()
    }

    /// Between which instants a second instant must lie, by period: edges are those of whole periods, also of one that
    /// still runs.
    pub(super) fn due(self, due: &Due, spans: &[Span], moment: &Moment) -> Vec<(i64, i64)> {
        let edge = |edge: Edge, span: &Span| {
            let (start, end) = bounds(span, self.window, moment)?;
            Some(match edge {
                Edge::Start => start,
                Edge::Now => end,
                Edge::AsOf => moment.as_of.as_micros(),
                Edge::End => whole_end(span, self.window, end),
            })
        };
        let of = |span: &Span| {
            let from = due.from.map_or(Some(i64::MIN), |from| edge(from, span));
            let before = due.before.map_or(Some(i64::MAX), |before| edge(before, span));
            from.zip(before).unwrap_or((0, 0))
        };
        spans.iter().map(of).collect()
    }
}

/// The end of a window, not cut by as-of.
fn whole_end(span: &Span, window: Window, end: i64) -> i64 {
    match window {
        Window::Previous | Window::Before | Window::Ever => end,
        Window::This | Window::Rolling(_) => span.whole.or(span.end).map_or(end, Instant::as_micros),
    }
}

/// The window of a period in microseconds, up to as-of; `None` = there is none.
fn bounds(span: &Span, window: Window, moment: &Moment) -> Option<(i64, i64)> {
    match window {
        Window::This => Some(span.window(moment.as_of)),
        Window::Previous => span
            .previous
            .map(|(start, end)| (start.as_micros(), end.min(moment.as_of).as_micros())),
        Window::Before => span
            .start
            .map(|start| (i64::MIN, start.min(moment.as_of).as_micros())),
        Window::Ever => Some((i64::MIN, moment.as_of.as_micros())),
        Window::Rolling(stretch) => {
            let (_, end) = span.window(moment.as_of);
            Some((before(stretch, end, moment), end))
        }
    }
}

/// The instant so long before another, at the same time of day.
fn before(stretch: Stretch, end: i64, moment: &Moment) -> i64 {
    let zone = &moment.settings.zone;
    let day = zone.date_of(Instant::from_micros(end));
    let of_day = end - zone.start_of_day(day).as_micros();
    zone.start_of_day(stretch.before(day)).as_micros() + of_day
}
