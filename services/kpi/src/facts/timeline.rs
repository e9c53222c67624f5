//! A field over time: the points at which it took a value.

use bellwether_domain::{When, Zone};

use super::version::{Deal, Version};

/// From `at` on the field has `value`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point<T> {
    /// Microseconds; never before the record's creation or the point before.
    pub(super) at: i64,
    /// As the source wrote it, for entries of a history.
    pub(super) when: Option<When>,
    pub(super) value: T,
    /// Which living version states it.
    pub(super) version: usize,
}

impl<T> Point<T> {
    /// Whether a version states it by its plain field, not by an entry of a history.
    pub(super) fn plain(&self) -> bool {
        self.when.is_none()
    }
}

/// What the timelines of a record share.
pub(super) struct Frame<'a> {
    pub(super) versions: &'a [Version],
    /// From when each version holds: the first from creation.
    pub(super) starts: Vec<i64>,
    pub(super) zone: &'a Zone,
}

impl Frame<'_> {
    /// The timeline of a field with its history.
    pub(super) fn timeline<T: Copy + PartialEq>(
        &self,
        history: impl Fn(&Deal) -> &[(When, T)],
        plain: impl Fn(&Deal) -> T,
    ) -> Vec<Point<T>> {
        let created = self.starts[0];
        let deals = || self.versions.iter().map(|version| version.deal.as_ref());
        let told = deals().rposition(|deal| deal.is_some_and(|deal| !history(deal).is_empty()));
        let mut points: Vec<Point<T>> = Vec::new();
        if let Some(version) = told
            && let Some(deal) = &self.versions[version].deal
        {
            let mut before = created;
            for (when, value) in history(deal) {
                let at = when.start_in(self.zone).as_micros().max(before);
                before = at;
                points.push(Point {
                    at,
                    when: Some(*when),
                    value: *value,
                    version,
                });
            }
        }
        for (version, deal) in deals().enumerate().skip(told.map_or(0, |told| told + 1)) {
            let Some(value) = deal.map(&plain) else { continue };
            let last = points.last();
            if last.is_none_or(|last| last.value != value) {
                let at = last.map_or(created, |last| self.starts[version].max(last.at));
                points.push(Point {
                    at,
                    when: None,
                    value,
                    version,
                });
            }
        }
        points
    }
}

/// The value at an instant, its own instant included; before the first point the first value.
pub(super) fn value_at<T: Copy>(points: &[Point<T>], at: i64) -> T {
    let later = points.partition_point(|point| point.at <= at);
    points[later.saturating_sub(1)].value
}

/// The value that belongs to an event at `at` which was first told by a version that holds from `told_at`: an entry of
/// a history counts up to the event, what a version says by its plain field also up to that version.
pub(super) fn value_of_event<T: Copy>(points: &[Point<T>], at: i64, told_at: i64) -> T {
    let counts = |point: &&Point<T>| point.at <= at || point.plain() && point.at <= told_at;
    points.iter().rev().find(counts).unwrap_or(&points[0]).value
}
