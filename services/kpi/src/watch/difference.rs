//! What differs between two answers to one question.
//!
//! A value's watermark, as-of and path are of the moment at which it is shown: they are no difference.

use std::collections::HashMap;

use bellwether_contracts::kpi::{GroupValue, KpiValue, KpiValueKey, Path};
use bellwether_contracts::types::DateOrTime;
use prost::Message as _;

/// Bytes of a state: enough that two answers never share one.
const STATE_BYTES: usize = 16;

/// What became of an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// The values that are new or say something else, by their places in the later answer.
    pub changed: Vec<usize>,
    /// The values that are no longer there.
    pub removed: Vec<KpiValueKey>,
}

impl Difference {
    /// Whether the answers say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }
}

/// What a value is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'a> {
    kpi: &'a str,
    start: Option<&'a DateOrTime>,
    end: Option<&'a DateOrTime>,
    group: &'a [GroupValue],
}

impl<'a> Key<'a> {
    fn of(value: &'a KpiValue) -> Self {
        Self {
            kpi: &value.kpi,
            start: value.period_start.as_ref(),
            end: value.period_end.as_ref(),
            group: &value.group,
        }
    }

    fn to_message(self) -> KpiValueKey {
        KpiValueKey {
            kpi: self.kpi.to_owned(),
            period_start: self.start.cloned(),
            period_end: self.end.cloned(),
            group: self.group.to_vec(),
        }
    }
}

/// What a value says, whenever it is shown.
fn essence(value: &KpiValue) -> KpiValue {
    KpiValue {
        as_of: None,
        watermark: None,
        path: Path::Unspecified.into(),
        path_reason: String::new(),
        ..value.clone()
    }
}

/// What differs in `after` from `before`. In an answer there is one value of each KPI, period and group.
#[must_use]
pub fn difference(before: &[KpiValue], after: &[KpiValue]) -> Difference {
    let mut known: HashMap<Key<'_>, &KpiValue> = before.iter().map(|value| (Key::of(value), value)).collect();
    let mut changed = Vec::new();
    for (place, value) in after.iter().enumerate() {
        let was = known.remove(&Key::of(value));
        if was.is_none_or(|was| essence(was) != essence(value)) {
            changed.push(place);
        }
    }
    // In the order of the answer, so that equal answers are told equally.
    let removed = before
        .iter()
        .map(Key::of)
        .filter(|key| known.contains_key(key))
        .map(Key::to_message)
        .collect();
    Difference { changed, removed }
}

/// A short name of what an answer says: equal for equal answers, whenever and from wherever they are shown.
#[must_use]
pub fn state_of(values: &[KpiValue]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    for value in values {
        hasher.update(&essence(value).encode_length_delimited_to_vec());
    }
    hasher.finalize().as_bytes()[..STATE_BYTES].to_vec()
}
