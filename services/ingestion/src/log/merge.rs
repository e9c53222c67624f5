//! Merges: which tombstones a merge writes, and what is said of a record that was merged away.

use bellwether_contracts::convert::position_to_proto;
use bellwether_contracts::ingestion::MergeRecordsResponse;
use bellwether_domain::{Error, ErrorReason, RecordKey, Result, Violation};

use super::no_such_record;
use super::planner::{Content, Planner};

impl Planner {
    /// Tells that the current version of a record is a tombstone that names a survivor.
    pub(crate) fn know_merge(&mut self, key: &RecordKey, survivor: &str) {
        if let Some(slot) = self.slots.get_mut(key) {
            slot.merged_into = Some(survivor.to_owned());
            self.follows(key, survivor);
        }
    }

    /// Notes that a record may have been merged into another; whether it still is, its slot says.
    fn follows(&mut self, key: &RecordKey, survivor: &str) {
        let survivor = RecordKey {
            kind: key.kind,
            id: survivor.to_owned(),
        };
        self.followers.entry(survivor).or_default().insert(key.clone());
    }

    pub(super) fn merge(
        &mut self,
        survivor: &RecordKey,
        losers: Vec<RecordKey>,
    ) -> Result<MergeRecordsResponse> {
        self.check_merge(survivor, &losers)?;
        let mut followers = Vec::new();
        for loser in &losers {
            followers.extend(self.followers.get(loser).into_iter().flatten().cloned());
        }
        followers.retain(|key| {
            let into = self.slots.get(key).and_then(|slot| slot.merged_into.as_ref());
            into.is_some_and(|into| losers.iter().any(|loser| loser.id == *into))
        });
        followers.sort_unstable();
        followers.dedup();
        let count = u32::try_from(followers.len()).unwrap_or(u32::MAX);
        let seqs = losers
            .into_iter()
            .map(|loser| self.write_merge(loser, survivor))
            .collect();
        for follower in followers {
            self.write_merge(follower, survivor);
        }
        Ok(MergeRecordsResponse {
            position: Some(position_to_proto(self.position())),
            seqs,
            followers: count,
        })
    }

    fn write_merge(&mut self, loser: RecordKey, survivor: &RecordKey) -> u64 {
        self.follows(&loser, &survivor.id);
        self.write(loser, Content::tombstone(Some(survivor.id.clone())))
    }

    /// All of them must be there.
    fn check_merge(&self, survivor: &RecordKey, losers: &[RecordKey]) -> Result<()> {
        let named = std::iter::once(("survivor_id".to_owned(), survivor));
        let losers = losers.iter().enumerate();
        let named = named.chain(losers.map(|(at, key)| (format!("loser_ids[{at}]"), key)));
        let missing: Vec<Violation> = named
            .filter_map(|(field, key)| Some(Violation::new(field, self.missing(key)?.message)))
            .collect();
        let Some(first) = missing.first() else {
            return Ok(());
        };
        let message = format!("{}: {}; nothing was merged", first.field, first.message);
        Err(Error::not_found(ErrorReason::RecordNotFound, message).with_violations(missing))
    }

    /// What to say of a record that is not there; `None` when it is.
    pub(super) fn missing(&self, key: &RecordKey) -> Option<Error> {
        let slot = self.slots.get(key);
        if slot.and_then(|slot| slot.head?.hash).is_some() {
            return None;
        }
        let survivor = slot.and_then(|slot| slot.merged_into.as_deref());
        Some(survivor.map_or_else(|| no_such_record(key), |survivor| merged_away(key, survivor)))
    }
}

/// The answer about a record that was merged into another.
pub(crate) fn merged_away(key: &RecordKey, survivor: &str) -> Error {
    let message = format!(
        "there is no {key} any more: it was merged into {} `{survivor}`",
        key.kind
    );
    Error::not_found(ErrorReason::RecordNotFound, message)
}
