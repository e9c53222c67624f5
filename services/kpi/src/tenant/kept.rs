//! What is kept ready: made once for each state of knowledge, and all let go when there is too much of it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// At most `MOST` values, each of them cheap to clone.
#[derive(Debug)]
pub(super) struct Kept<K, V, const MOST: usize> {
    values: Mutex<HashMap<K, V>>,
}

impl<K, V, const MOST: usize> Default for Kept<K, V, MOST> {
    fn default() -> Self {
        Self {
            values: Mutex::default(),
        }
    }
}

impl<K: Eq + Hash, V: Clone, const MOST: usize> Kept<K, V, MOST> {
    /// The value of a key, which is made when it is not there. Nobody waits for one that is made: two who need the same at once
    /// both make it.
    pub(super) fn get(&self, key: K, make: impl FnOnce() -> V) -> V {
        let values = || self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = values().get(&key) {
            return value.clone();
        }
        let value = make();
        let mut values = values();
        if values.len() >= MOST {
            values.clear();
        }
        values.insert(key, value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_and_nobody_waits_for_it() {
        let kept: Kept<u8, u8, 2> = Kept::default();
        // Who makes a value may ask for others: nothing is locked meanwhile.
        assert_eq!(kept.get(1, || kept.get(2, || 20) + 1), 21);
        assert_eq!((kept.get(1, || 0), kept.get(2, || 0)), (21, 20));
    }

    #[test]
    fn no_more_are_kept_than_may_be() {
        let kept: Kept<u8, u8, 2> = Kept::default();
        for key in 0..5 {
            kept.get(key, || key);
        }
        assert!(kept.values.lock().unwrap().len() <= 2);
        assert_eq!((kept.get(4, || 9), kept.get(0, || 9)), (4, 9));
    }
}
