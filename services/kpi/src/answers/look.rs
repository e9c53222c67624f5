//! A look at the answer of a question: what it is, or that it is still the same.

use std::sync::Arc;

use bellwether_contracts::kpi::{KpiValue, Path, QueryKpisResponse};
use bellwether_domain::{Error, ErrorCode, Instant};

use super::kept::shown;
use super::key::{AnswerKey, Place};

/// What was seen.
#[derive(Debug)]
pub(crate) struct Look {
    place: Place,
    until: Instant,
    path: Path,
    answer: Option<Arc<QueryKpisResponse>>,
}

impl Look {
    /// The answer is the one that is known.
    pub(super) fn same(place: Place, until: Instant) -> Self {
        Self {
            place,
            until,
            path: Path::Unspecified,
            answer: None,
        }
    }

    /// The answer, and how it was come by.
    pub(super) fn found(place: Place, until: Instant, path: Path, answer: Arc<QueryKpisResponse>) -> Self {
        Self {
            place,
            until,
            path,
            answer: Some(answer),
        }
    }

    /// The key under which the answer stands.
    pub(crate) fn key(&self) -> AnswerKey {
        self.place.key
    }

    /// How much of the log it stands on.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// From then on the question means something else, whatever is recorded.
    pub(crate) fn until(&self) -> Instant {
        self.until
    }

    /// The answer; `None` = the one that is known. Its watermark is not filled in.
    pub(crate) fn answer(&self) -> Option<&Arc<QueryKpisResponse>> {
        self.answer.as_ref()
    }

    /// A value of the answer as it is shown: with the watermark, and how it was come by.
    pub(crate) fn show(&self, value: &KpiValue) -> KpiValue {
        shown(value, &self.place, self.path)
    }

    /// The answer as it is shown.
    pub(super) fn shown(&self) -> QueryKpisResponse {
        let values = self.answer.iter().flat_map(|answer| &answer.values);
        QueryKpisResponse {
            values: values.map(|value| self.show(value)).collect(),
            ..QueryKpisResponse::default()
        }
    }
}

/// Whether an error says something of the moment and not of the question.
pub(crate) fn may_pass(error: &Error) -> bool {
    matches!(
        error.code,
        ErrorCode::Unavailable | ErrorCode::Internal | ErrorCode::DeadlineExceeded
    )
}
