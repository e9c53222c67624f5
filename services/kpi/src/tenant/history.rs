//! The versions of an entity, and which of them hold as known at a sequence number.

use crate::facts::Key;

/// All versions of one entity (or exchange rate), in order of arrival; `None` = a tombstone.
#[derive(Debug, Clone)]
pub(crate) struct History<T> {
    versions: Vec<(Key, Option<T>)>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { versions: Vec::new() }
    }
}

impl<T> History<T> {
    pub(crate) fn add(&mut self, key: Key, state: Option<T>) {
        self.versions.push((key, state));
    }

    /// The living versions as known at `seq`, in order: of equal keys the later change counts, and only versions after
    /// the last tombstone live. None when the greatest version is a tombstone.
    pub(crate) fn living(&self, seq: u64) -> Vec<(i64, &T)> {
        let mut known: Vec<&(Key, Option<T>)> =
            self.versions.iter().filter(|(key, _)| key.2 <= seq).collect();
        known.sort_unstable_by_key(|(key, _)| *key);
        let mut living: Vec<(Key, &T)> = Vec::with_capacity(known.len());
        for (index, (key, state)) in known.iter().enumerate() {
            let replaced = known
                .get(index + 1)
                .is_some_and(|(next, _)| (next.0, next.1) == (key.0, key.1));
            match state {
                _ if replaced => {}
                Some(state) => living.push((*key, state)),
                None => living.clear(),
            }
        }
        living.into_iter().map(|(key, state)| (key.0, state)).collect()
    }

    /// The newest living version as known at `seq`.
    pub(crate) fn newest(&self, seq: u64) -> Option<&T> {
        if let [(key, state)] = self.versions.as_slice() {
            return state.as_ref().filter(|_| key.2 <= seq);
        }
        self.living(seq).pop().map(|(_, state)| state)
    }

    /// The key of the newest version as known at `seq`, living or not.
    pub(crate) fn newest_key(&self, seq: u64) -> Option<Key> {
        let known = self.versions.iter().map(|(key, _)| *key);
        known.filter(|key| key.2 <= seq).max()
    }

    /// Its versions, and whether each of them lives.
    pub(crate) fn keys(&self) -> Vec<(Key, bool)> {
        let versions = self.versions.iter();
        versions.map(|(key, state)| (*key, state.is_some())).collect()
    }

    /// Every state it ever had.
    pub(crate) fn states(&self) -> impl Iterator<Item = &T> {
        self.versions.iter().filter_map(|(_, state)| state.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_by_key_and_by_what_was_known() {
        let mut history = History::default();
        history.add((10, 0, 1), Some("a"));
        history.add((30, 0, 2), Some("c"));
        history.add((20, 0, 3), Some("b"));
        history.add((30, 0, 4), Some("d"));
        history.add((25, 0, 6), None);
        history.add((40, 0, 8), None);
        assert_eq!(history.living(2), [(10, &"a"), (30, &"c")]);
        assert_eq!(history.living(4), [(10, &"a"), (20, &"b"), (30, &"d")]);
        assert_eq!(history.living(7), [(30, &"d")]);
        assert_eq!(
            (history.newest(0), history.newest(5), history.newest(8)),
            (None, Some(&"d"), None)
        );
    }
}
