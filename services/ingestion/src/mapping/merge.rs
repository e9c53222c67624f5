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
    for (part, place, said) in rows {
        parts.places.push(place);
        parts.wrong.extend(said.wrong);
        parts.broken_lists.extend(said.broken_lists);
        parts.entries.extend(said.entries);
        for filled in said.filled {
            let Some((first_part, first)) = chosen.get_mut(&filled.slot) else {
                chosen.insert(filled.slot.clone(), (part, filled));
                continue;
            };
            if first.bytes.is_none() {
                (*first_part, *first) = (part, filled);
            } else if *first_part == part && filled.bytes.is_some() && filled.bytes != first.bytes {
                let field = Arc::clone(filled.column.as_ref().unwrap_or(&filled.path));
                let reason = format!(
                    "differs from line {}, which speaks of the same record",
                    first.place.1
                );
                parts.wrong.push(Wrong { place, field, reason });
            }
        }
    }
    parts.filled = chosen.into_values().map(|(_, filled)| filled).collect();
    let key = |entry: &Entry| (entry.tag, entry.at.map(|at| at.start_in(&settings.zone)));
    parts
        .entries
        .sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.bytes.cmp(&b.bytes)));
    parts
}
