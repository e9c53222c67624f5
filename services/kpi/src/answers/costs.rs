//! What questions cost the last time, so that cheap ones are not sent across the network.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Shapes that are remembered; when there are more, all are forgotten.
const MOST_SHAPES: usize = 4_096;

/// The last cost of questions by shape, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Costs {
    last: Mutex<HashMap<u64, u64>>,
}

impl Costs {
    pub(super) fn of(&self, shape: u64) -> Option<u64> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&shape)
            .copied()
    }

    pub(super) fn note(&self, shape: u64, micros: u64) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= MOST_SHAPES && !last.contains_key(&shape) {
            last.clear();
        }
        last.insert(shape, micros);
    }
}
