//! Rows of one or several files that make one record together.
//!
//! The result does not depend on the order of rows and files: a field is taken from the part that the mapping names
//! first, rows of one part must agree, and entries of lists are put in the order of their instants.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_domain::settings::Settings;

use super::record::{MappedRecord, Parts};
use super::row::{Entry, Filled, Place, Said, Slot, Wrong};
use super::spec::RecordSpec;

/// The rows so far, by id of the record.
#[derive(Debug, Default)]
pub(super) struct Merge {
    records: BTreeMap<String, Vec<(usize, Place, Said)>>,
    /// Rows without an id belong to no other row.
    nameless: Vec<(usize, Place, Said)>,
}

impl Merge {
    /// Adds what a row says, as the part of that number.
    pub(super) fn add(&mut self, part: usize, place: Place, said: Said) {
        if said.id.is_empty() {
            self.nameless.push((part, place, said));
        } else {
            self.records
                .entry(said.id.clone())
                .or_default()
                .push((part, place, said));
        }
    }

    /// The records, by id, and those that are refused with the rows they would have been made from.
    pub(super) fn finish(
        self,
        spec: &RecordSpec,
        settings: &Settings,
    ) -> impl Iterator<Item = Result<MappedRecord, (Vec<Place>, Vec<Wrong>)>> {
        let nameless = self.nameless.into_iter().map(|row| vec![row]);
        self.records.into_values().chain(nameless).map(move |rows| {
            let places: Vec<Place> = rows.iter().map(|(_, place, _)| *place).collect();
            combine(rows, settings)
                .build(spec.kind, spec.target, settings)
                .map_err(|wrong| (places, wrong))
        })
    }
}

fn combine(mut rows: Vec<(usize, Place, Said)>, settings: &Settings) -> Parts {
    rows.sort_by_key(|(part, place, _)| (*part, *place));
    let mut parts = Parts::default();
    let mut chosen: BTreeMap<Slot, (usize, Filled)> = BTreeMap::new();
    let mut named: BTreeMap<(u32, Arc<str>), (usize, Entry)> = BTreeMap::new();
    for (part, place, said) in rows {
        parts.places.push(place);
        parts.wrong.extend(said.wrong);
        parts.broken_lists.extend(said.broken_lists);
        for entry in said.entries {
            match &entry.name {
                None => parts.entries.push(entry),
                Some(name) => {
                    let key = (entry.tag, Arc::clone(name));
                    parts.wrong.extend(agree(&mut named, key, part, entry));
                }
            }
        }
        for filled in said.filled {
            let Some((first_part, first)) = chosen.get_mut(&filled.slot) else {
                chosen.insert(filled.slot.clone(), (part, filled));
                continue;
            };
            if first.bytes.is_none() {
                (*first_part, *first) = (part, filled);
            } else if *first_part == part && filled.bytes.is_some() && filled.bytes != first.bytes {
                let field = filled.column.as_ref().unwrap_or(&filled.path);
                parts.wrong.push(differs(field, place, first.place));
            }
        }
    }
    parts.filled = chosen.into_values().map(|(_, filled)| filled).collect();
    parts.entries.extend(named.into_values().map(|(_, entry)| entry));
    let key = |entry: &Entry| (entry.tag, entry.at.map(|at| at.start_in(&settings.zone)));
    parts
        .entries
        .sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.bytes.cmp(&b.bytes)));
    parts
}

/// Keeps an entry of a map unless its name is taken, as with fields: the part that is named first counts, and rows of one
/// part must agree.
fn agree(
    named: &mut BTreeMap<(u32, Arc<str>), (usize, Entry)>,
    key: (u32, Arc<str>),
    part: usize,
    entry: Entry,
) -> Option<Wrong> {
    let Some((first_part, first)) = named.get(&key) else {
        named.insert(key, (part, entry));
        return None;
    };
    let apart = *first_part == part && entry.bytes != first.bytes;
    apart.then(|| {
        let field = entry.columns.first().map_or(&entry.path, |(_, column)| column);
        differs(field, entry.place, first.place)
    })
}

fn differs(field: &Arc<str>, place: Place, first: Place) -> Wrong {
    let field = Arc::clone(field);
    let reason = format!("differs from line {}, which speaks of the same record", first.1);
    Wrong { place, field, reason }
}
