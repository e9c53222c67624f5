//! What a client has been told, and when it may be told more. It keeps one answer and no queue: whoever asks late is told
//! of the newest state only.
//!
//! Times are milliseconds since the watch began.

use std::sync::Arc;

use bellwether_contracts::convert::{instant_to_proto, position_to_proto};
use bellwether_contracts::kpi::{
    KpiValue, QueryKpisResponse, WatchKind, WatchKpisResponse, WatchPoint, Watermark,
};
use bellwether_domain::{Instant, Position};

use super::difference::{Difference, difference, state_of};

/// How often a client hears something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// At least so long lies between two messages, in milliseconds.
    pub min_interval: u64,
    /// After so long without a message one says that nothing changed, in milliseconds.
    pub heartbeat: u64,
}

/// How much of the log an answer stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The position.
    pub position: Position,
    /// When its change was recorded.
    pub recorded_at: Option<Instant>,
}

/// What a client knows.
#[derive(Debug)]
struct Told {
    answer: Arc<QueryKpisResponse>,
    state: Vec<u8>,
}

impl Told {
    fn new(answer: Arc<QueryKpisResponse>) -> Self {
        let state = state_of(&answer.values);
        Self { answer, state }
    }

    fn at(&self, point: Point) -> WatchPoint {
        WatchPoint {
            watermark: Some(Watermark {
                position: Some(position_to_proto(point.position)),
                recorded_at: point.recorded_at.map(instant_to_proto),
            }),
            as_of: as_of(&self.answer),
            state: self.state.clone(),
        }
    }
}

/// The as-of of an answer: that of each of its values.
fn as_of(answer: &QueryKpisResponse) -> Option<prost_types::Timestamp> {
    answer.values.first().and_then(|value| value.as_of)
}

/// The course of one watch.
#[derive(Debug)]
pub struct Course {
    pace: Pace,
    full: bool,
    told: Option<Told>,
    /// When the last message went out; for a resumed watch, when it began.
    spoke: Option<u64>,
}

impl Course {
    /// A watch of a client that knows nothing yet; with `full` it is told all values whenever one changed.
    #[must_use]
    pub fn new(pace: Pace, full: bool) -> Self {
        Self {
            pace,
            full,
            told: None,
            spoke: None,
        }
    }

    /// A watch of a client that knows an answer already.
    #[must_use]
    pub fn resumed(pace: Pace, full: bool, known: Arc<QueryKpisResponse>) -> Self {
        Self {
            told: Some(Told::new(known)),
            ..Self::new(pace, full)
        }
    }

    /// Before this nothing may be said.
    #[must_use]
    pub fn not_before(&self) -> u64 {
        self.spoke.map_or(0, |spoke| spoke + self.pace.min_interval)
    }

    /// At this time something is to be said even if nothing changes.
    #[must_use]
    pub fn heartbeat_at(&self) -> u64 {
        let silent = self.pace.heartbeat.max(self.pace.min_interval);
        self.spoke.unwrap_or(0) + silent
    }

    /// What to say at `now` when the answer is `newest` (`None` = the one that was seen last), known at `point`; `show`
    /// gives a value as it is sent. Not to be asked before [`Self::not_before`].
    pub fn say(
        &mut self,
        now: u64,
        point: Point,
        newest: Option<&Arc<QueryKpisResponse>>,
        show: impl Fn(&KpiValue) -> KpiValue,
    ) -> Option<WatchKpisResponse> {
        let due = now >= self.heartbeat_at();
        let (kind, values, removed) = match (&self.told, newest) {
            (Some(_), None) if due => (WatchKind::Heartbeat, Vec::new(), Vec::new()),
            (_, None) => return None,
            (None, Some(newest)) => {
                self.told = Some(Told::new(Arc::clone(newest)));
                (
                    WatchKind::Complete,
                    newest.values.iter().map(show).collect(),
                    Vec::new(),
                )
            }
            (Some(told), Some(newest)) => {
                let found = difference(&told.answer.values, &newest.values);
                let moved = as_of(&told.answer) != as_of(newest);
                self.take_in(newest, &found);
                if !found.is_empty() && self.full {
                    (
                        WatchKind::Complete,
                        newest.values.iter().map(show).collect(),
                        Vec::new(),
                    )
                } else if !found.is_empty() {
                    let changed = found.changed.iter().map(|place| show(&newest.values[*place]));
                    (WatchKind::Changes, changed.collect(), found.removed)
                } else if moved || due {
                    (WatchKind::Heartbeat, Vec::new(), Vec::new())
                } else {
                    return None;
                }
            }
        };
        self.spoke = Some(now);
        let at = self.told.as_ref().map(|told| told.at(point));
        Some(WatchKpisResponse {
            kind: kind.into(),
            at,
            values,
            removed,
        })
    }

    fn take_in(&mut self, newest: &Arc<QueryKpisResponse>, found: &Difference) {
        match &mut self.told {
            // It says the same, so its name is the same as well.
            Some(told) if found.is_empty() => told.answer = Arc::clone(newest),
            told => *told = Some(Told::new(Arc::clone(newest))),
        }
    }
}
