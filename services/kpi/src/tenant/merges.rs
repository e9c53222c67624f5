//! Who answers for leads and accounts that were merged away: other records go on naming them.

use std::collections::HashMap;

use crate::facts::Key;

/// The merges of the records of a kind. A record is merged while its newest version is a tombstone that names a
/// survivor; one that is written again is there again.
#[derive(Debug, Default)]
pub(crate) struct Merges {
    /// By code: the tombstones that name a survivor, and its code.
    into: HashMap<u32, Vec<(Key, u32)>>,
    /// Who was ever merged into a record, by its code.
    losers: HashMap<u32, Vec<u32>>,
}

impl Merges {
    /// A tombstone of `loser` names a survivor.
    pub(crate) fn add(&mut self, loser: u32, key: Key, survivor: u32) {
        self.into.entry(loser).or_default().push((key, survivor));
        let losers = self.losers.entry(survivor).or_default();
        if !losers.contains(&loser) {
            losers.push(loser);
        }
    }

    /// The survivor that the newest version of a record, of a key, names; `None` = it names none.
    pub(crate) fn survivor(&self, loser: u32, newest: impl FnOnce() -> Option<Key>) -> Option<u32> {
        let merges = self.into.get(&loser)?;
        let key = newest()?;
        let found = merges.iter().find(|(one, _)| *one == key);
        found.map(|(_, survivor)| *survivor)
    }

    /// The tombstones of a record that name a survivor.
    pub(super) fn tombstones(&self, loser: u32) -> &[(Key, u32)] {
        self.into.get(&loser).map_or(&[], Vec::as_slice)
    }

    /// Who was ever merged into a record.
    pub(crate) fn losers(&self, survivor: u32) -> &[u32] {
        self.losers.get(&survivor).map_or(&[], Vec::as_slice)
    }

    /// Everybody who was ever merged into another.
    pub(crate) fn all(&self) -> impl Iterator<Item = u32> {
        self.into.keys().copied()
    }
}
