//! Watches: each looks at the answer when something may have changed, and says what its course says.
//!
//! A watch does nothing while its client does not read: there is no task and no queue, so what it holds is the answer
//! that was sent last, which watches of one question share.

mod seats;

use std::sync::Arc;
use std::time::Duration;

use bellwether_contracts::convert::{instant_from_proto, position_from_proto};
use bellwether_contracts::kpi::{QueryKpisResponse, WatchKpisRequest, WatchKpisResponse, WatchPoint};
use bellwether_contracts::status::to_status;
use bellwether_domain::{Clock, Error, ErrorReason, Instant, Position, Result, TenantId};
use bellwether_runtime::Host;
use futures::stream::{BoxStream, StreamExt as _, unfold};
use tokio::time::sleep;
use tonic::Status;

use super::ask::in_query;
use crate::answers::key::AnswerKey;
use crate::answers::{Answers, Look, Pending, may_pass};
use crate::config::Config;
use crate::watch::{Course, Pace, Point, state_of};
use crate::worker::{Changes, Tenants};
use seats::{Seat, Seats};

/// So often the clock is asked whether the question has come to mean something else: timers do not know of clocks that
/// are set.
const TICK: Duration = Duration::from_secs(1);

/// The messages of a watch.
pub(super) type Messages = BoxStream<'static, std::result::Result<WatchKpisResponse, Status>>;

/// The watches of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Watches {
    tenants: Tenants,
    answers: Answers,
    clock: Arc<dyn Clock>,
    seats: Seats,
    pace: Pace,
}

/// What a client knew when its last watch ended.
#[derive(Debug)]
pub(super) struct After {
    position: Position,
    recorded_at: Option<Instant>,
    as_of: Option<prost_types::Timestamp>,
    state: Vec<u8>,
}

impl After {
    /// The point as it was handed back.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for what no message of a watch says.
    pub(super) fn read(point: &WatchPoint) -> Result<Self> {
        let wrong = |field: &str, text: String| Error::invalid(ErrorReason::InvalidField, field, text);
        let watermark = point.watermark.unwrap_or_default();
        let position = watermark.position.ok_or_else(|| {
            let text = "hand back `at` of the last message, or leave `after` out".to_owned();
            wrong("after.watermark.position", text)
        })?;
        let recorded_at = watermark.recorded_at.as_ref().map(instant_from_proto).transpose();
        let as_of = point.as_of.as_ref().map(instant_from_proto).transpose();
        as_of.map_err(|text| wrong("after.as_of", text))?;
        Ok(Self {
            position: position_from_proto(&position),
            recorded_at: recorded_at.map_err(|text| wrong("after.watermark.recorded_at", text))?,
            as_of: point.as_of,
            state: point.state.clone(),
        })
    }
}

impl Watches {
    pub(crate) fn new(host: &Host, tenants: Tenants, answers: Answers, config: &Config) -> Self {
        Self {
            tenants,
            answers,
            clock: Arc::clone(&host.clock),
            seats: Seats::new(config, &host.metrics),
            pace: Pace {
                min_interval: config.watch_min_interval_ms.max(1),
                heartbeat: config.watch_heartbeat_ms.max(1),
            },
        }
    }

    /// A place among the watches of a tenant.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` naming the limit.
    pub(super) fn enter(&self, tenant: &TenantId) -> Result<Seat> {
        self.seats.enter(tenant)
    }

    /// Begins a watch: its first answer is there when this returns, or the reason why there is none.
    ///
    /// # Errors
    /// As [`Answers::query`].
    pub(super) async fn begin(
        &self,
        seat: Seat,
        pending: Pending,
        asked: &WatchKpisRequest,
        after: Option<After>,
    ) -> Result<Messages> {
        let pending = Arc::new(pending);
        let changes = self.tenants.changes(pending.tenant()).await?;
        let first = self.answers.look(&pending, None).await?;
        let pace = Pace {
            min_interval: self.pace.min_interval.max(asked.min_interval_ms.into()),
            ..self.pace
        };
        let known = match &after {
            Some(after) => self.known(&pending, after, &first).await,
            None => None,
        };
        let course = match known {
            Some(known) => Course::resumed(pace, asked.full, known),
            None => Course::new(pace, asked.full),
        };
        let watch = Watch {
            of: self.clone(),
            pending,
            changes,
            course,
            seat,
            began: tokio::time::Instant::now(),
            looked: None,
            failing: None,
            key: None,
            until: first.until(),
            first: Some(first),
            ended: false,
        };
        Ok(unfold(watch, Watch::next).boxed())
    }

    /// The answer that a client has who comes back; `None` = it cannot be told any more.
    async fn known(&self, pending: &Pending, after: &After, newest: &Look) -> Option<Arc<QueryKpisResponse>> {
        let says = |answer: &QueryKpisResponse| state_of(&answer.values) == after.state;
        if let Some(answer) = newest.answer().filter(|answer| says(answer)) {
            return Some(Arc::clone(answer));
        }
        let now = newest.place().position;
        if after.position.epoch != now.epoch || after.position.seq > now.seq {
            return None;
        }
        let back = Arc::new(pending.back_at(after.position.seq, after.as_of));
        let look = self.answers.look(&back, None).await.ok()?;
        let forked = after.recorded_at.is_some() && after.recorded_at != look.place().recorded_at;
        let answer = look.answer().filter(|_| !forked)?;
        (after.state.is_empty() || says(answer)).then(|| Arc::clone(answer))
    }
}

/// One watch.
#[derive(Debug)]
struct Watch {
    of: Watches,
    pending: Arc<Pending>,
    changes: Changes,
    course: Course,
    seat: Seat,
    began: tokio::time::Instant,
    /// When the answer was last looked at, and since when that fails; as times of the course.
    looked: Option<u64>,
    failing: Option<u64>,
    /// The key of the answer that was seen last.
    key: Option<AnswerKey>,
    /// From then on the question means something else.
    until: Instant,
    /// What was seen before anybody read.
    first: Option<Look>,
    ended: bool,
}

impl Watch {
    async fn next(mut self) -> Option<(std::result::Result<WatchKpisResponse, Status>, Self)> {
        if self.ended {
            return None;
        }
        loop {
            self.pause().await;
            match self.look().await {
                Ok(Some(message)) => {
                    self.seat.spoke(message.kind());
                    return Some((Ok(message), self));
                }
                Ok(None) => self.rest().await,
                Err(error) => {
                    self.ended = true;
                    return Some((Err(to_status(&in_query(error))), self));
                }
            }
        }
    }

    /// The time of the course.
    fn time(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Until something may be said, and until the last look is long enough ago, whatever came of it.
    async fn pause(&self) {
        let floor = self.of.pace.min_interval;
        let again = self.looked.map_or(0, |looked| looked + floor);
        let at = self.course.not_before().max(again);
        sleep(Duration::from_millis(at.saturating_sub(self.time()))).await;
    }

    /// What is to be said of the newest state.
    async fn look(&mut self) -> Result<Option<WatchKpisResponse>> {
        let look = match self.first.take() {
            Some(look) => look,
            None => {
                self.changes.mark_seen();
                match self.of.answers.look(&self.pending, self.key).await {
                    Ok(look) => look,
                    Err(error) if may_pass(&error) && self.bears() => return Ok(None),
                    Err(error) => return Err(error),
                }
            }
        };
        let now = self.time();
        (self.looked, self.failing) = (Some(now), None);
        (self.key, self.until) = (Some(look.key()), look.until());
        let point = Point {
            position: look.place().position,
            recorded_at: look.place().recorded_at,
        };
        Ok(self
            .course
            .say(now, point, look.answer(), |value| look.show(value)))
    }

    /// Whether to go on although the answer cannot be had at present.
    fn bears(&mut self) -> bool {
        let now = self.time();
        self.looked = Some(now);
        let since = *self.failing.get_or_insert(now);
        now - since < self.of.pace.heartbeat
    }

    /// Until there is news, the question comes to mean something else, or a sign of life is due.
    async fn rest(&mut self) {
        loop {
            let due = self.course.heartbeat_at().saturating_sub(self.time());
            let left = self
                .until
                .as_micros()
                .saturating_sub(self.of.clock.now().as_micros());
            let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
            let step = TICK.min(Duration::from_millis(due)).min(left);
            if step.is_zero() {
                return;
            }
            tokio::select! {
                () = self.changes.news() => return,
                () = sleep(step) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwether_contracts::kpi::Watermark;
    use bellwether_contracts::types;
    use bellwether_domain::ErrorCode;

    use super::*;

    #[test]
    fn a_point_is_taken_back_as_it_was_given() {
        let position = types::Position { epoch: 3, seq: 9 };
        let point = |position, as_of| WatchPoint {
            watermark: Some(Watermark {
                position,
                recorded_at: None,
            }),
            as_of,
            state: vec![1, 2],
        };
        let after = After::read(&point(Some(position), None)).unwrap();
        assert_eq!(
            (after.position, after.state.as_slice()),
            (Position { epoch: 3, seq: 9 }, &[1, 2][..])
        );
        let never = prost_types::Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        };
        for (bad, field) in [
            (WatchPoint::default(), "after.watermark.position"),
            (point(None, None), "after.watermark.position"),
            (point(Some(position), Some(never)), "after.as_of"),
        ] {
            let error = After::read(&bad).unwrap_err();
            assert_eq!(
                (error.code, error.violations[0].field.as_str()),
                (ErrorCode::InvalidArgument, field)
            );
        }
    }
}
