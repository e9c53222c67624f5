//! Rows that name the same version of the same record and say different things.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use bellwether_domain::RecordKind;
use prost::Message;

use super::input::Bindings;
use super::record::MappedRecord;
use super::row::Place;

/// The names of records, until one is met a second time. Equal hashes of different names only cost a second look.
#[derive(Debug, Default)]
pub(super) struct Names {
    seen: HashSet<u64>,
    repeat: bool,
}

impl Names {
    /// Notes the name that a row gives a record of a kind; a record that names itself counts as repeated.
    pub(super) fn note(&mut self, kind: RecordKind, named: bool, name: Option<Vec<Option<Vec<u8>>>>) {
        let Some(name) = name else {
            return;
        };
        self.repeat |= !named || !self.seen.insert(hash(&(kind, name)));
    }

    pub(super) fn repeat(&self) -> bool {
        self.repeat
    }
}

/// Records that stand in several rows with different content, by a hash of their name and version.
#[derive(Debug, Default)]
pub(super) struct Clashes {
    /// The first row of each record, and a hash of what it says.
    first: HashMap<u64, (Place, u64)>,
    /// The first row that says something else.
    second: HashMap<u64, Place>,
}

impl Clashes {
    pub(super) fn note(&mut self, record: &MappedRecord) {
        let Some(place) = record.places.first().copied() else {
            return;
        };
        let key = key(record);
        let content = hash(&record.record.encode_to_vec());
        match self.first.entry(key) {
            Entry::Vacant(free) => {
                free.insert((place, content));
            }
            Entry::Occupied(known) if known.get().1 != content => {
                self.second.entry(key).or_insert(place);
            }
            Entry::Occupied(_) => {}
        }
    }

    /// The same without the records that are told of once, or twice alike.
    pub(super) fn only_clashes(mut self) -> Self {
        self.first.retain(|key, _| self.second.contains_key(key));
        self
    }

    /// Why a row cannot be taken: another says something else of the same version of the same record.
    pub(super) fn of(&self, record: &MappedRecord, place: Place, bindings: &Bindings) -> Option<String> {
        let key = key(record);
        let second = *self.second.get(&key)?;
        let (first, _) = *self.first.get(&key)?;
        let other = if place == first { second } else { first };
        let file = bindings
            .files
            .iter()
            .find(|bound| bound.file == other.0)
            .map_or("", |bound| &bound.name);
        let id = &record.record.id;
        Some(format!(
            "`{id}` stands in {file} line {} too, with other values: which of them counts cannot be told",
            other.1
        ))
    }
}

/// Rows with an effective date or version of their own are different versions, not contradictions.
fn key(record: &MappedRecord) -> u64 {
    let message = &record.record;
    let at = message.effective_at.as_ref().map(|at| (at.seconds, at.nanos));
    hash(&(record.kind, &message.id, at, message.source_version))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
