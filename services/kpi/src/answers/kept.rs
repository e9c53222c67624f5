//! Answers as they are kept: without watermark, path and reason, which are those of the moment at which they are shown.

use std::mem::size_of;
use std::sync::Arc;

use bellwether_contracts::convert::{instant_to_proto, position_to_proto};
use bellwether_contracts::kpi::{GroupValue, KpiValue, Path, QueryKpisResponse, Watermark};
use moka::sync::Cache;
use prost::Message as _;

use super::key::{AnswerKey, Place};

/// What an entry weighs besides its answer: key, counters and pointers of the cache.
const ENTRY_BYTES: usize = 256;

/// Answers in this process, by key; the least useful go first when there are too many bytes.
#[derive(Debug)]
pub(super) struct Memory {
    answers: Option<Cache<AnswerKey, Arc<QueryKpisResponse>>>,
}

impl Memory {
    /// At most so many bytes; 0 = nothing is kept.
    pub(super) fn new(bytes: u64) -> Self {
        let cache = || {
            Cache::builder()
                .max_capacity(bytes)
                .weigher(|_, answer: &Arc<QueryKpisResponse>| weight(answer))
                .build()
        };
        Self {
            answers: (bytes > 0).then(cache),
        }
    }

    pub(super) fn get(&self, key: &AnswerKey) -> Option<Arc<QueryKpisResponse>> {
        self.answers.as_ref()?.get(key)
    }

    pub(super) fn put(&self, key: AnswerKey, answer: &Arc<QueryKpisResponse>) {
        if let Some(answers) = &self.answers {
            answers.insert(key, Arc::clone(answer));
        }
    }
}

fn weight(answer: &QueryKpisResponse) -> u32 {
    let groups: usize = answer.values.iter().map(|value| value.group.len()).sum();
    let structs = answer.values.len() * size_of::<KpiValue>() + groups * size_of::<GroupValue>();
    u32::try_from(ENTRY_BYTES + structs + answer.encoded_len()).unwrap_or(u32::MAX)
}

/// The answer without what depends on when it is shown.
pub(super) fn bare(answer: &QueryKpisResponse) -> QueryKpisResponse {
    let bare = |value: &KpiValue| KpiValue {
        watermark: None,
        path: Path::Unspecified.into(),
        path_reason: String::new(),
        ..value.clone()
    };
    QueryKpisResponse {
        values: answer.values.iter().map(bare).collect(),
        ..QueryKpisResponse::default()
    }
}

/// A value as it is shown: with the watermark of `place`, and how it was come by. What was computed says so itself.
pub(super) fn shown(value: &KpiValue, place: &Place, path: Path) -> KpiValue {
    let reason = match path {
        Path::Memory => "kept in memory: nothing that it reads has changed",
        Path::Shared => "another process computed it: nothing that it reads has changed",
        Path::Scan | Path::Unspecified => "",
    };
    let mut shown = value.clone();
    shown.watermark = Some(Watermark {
        position: Some(position_to_proto(place.position)),
        recorded_at: place.recorded_at.map(instant_to_proto),
    });
    if path != Path::Scan {
        shown.path = path.into();
        reason.clone_into(&mut shown.path_reason);
    }
    shown
}
