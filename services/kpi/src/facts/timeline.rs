//! A field over time: the points at which it took a value.

use bellwether_domain::{When, Zone};

use super::version::Version;

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
pub(super) struct Frame<'a, T> {
    pub(super) versions: &'a [Version<T>],
    /// From when each version holds: the first from creation.
    pub(super) starts: Vec<i64>,
    pub(super) zone: &'a Zone,
}

impl<'a, T> Frame<'a, T> {
    /// The frame of living versions, at least one, of a record that came to be at an instant.
    pub(super) fn new(versions: &'a [Version<T>], created_at: i64, zone: &'a Zone) -> Self {
        let mut starts: Vec<i64> = versions
            .iter()
            .map(|version| version.key.0.max(created_at))
            .collect();
        starts[0] = created_at;
        Self {
            versions,
            starts,
            zone,
        }
    }

    /// Which version holds at an instant.
    pub(super) fn version_at(&self, at: i64) -> usize {
        self.starts
            .partition_point(|start| *start <= at)
            .saturating_sub(1)
    }

    /// The timeline of a field without a history.
    pub(super) fn plain<V: Copy + PartialEq>(&self, plain: impl Fn(&T) -> V) -> Vec<Point<V>> {
        self.timeline(|_| &[], plain)
    }

    /// The timeline of a field with its history.
    pub(super) fn timeline<V: Copy + PartialEq>(
        &self,
        history: impl Fn(&T) -> &[(When, V)],
        plain: impl Fn(&T) -> V,
    ) -> Vec<Point<V>> {
        let created = self.starts[0];
        let all = || self.versions.iter().map(|version| version.says.as_ref());
        let told = all().rposition(|says| says.is_some_and(|says| !history(says).is_empty()));
        let mut points: Vec<Point<V>> = Vec::new();
        if let Some(version) = told
            && let Some(says) = &self.versions[version].says
        {
            let mut before = created;
            for (when, value) in history(says) {
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
        for (version, says) in all().enumerate().skip(told.map_or(0, |told| told + 1)) {
            let Some(value) = says.map(&plain) else { continue };
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
