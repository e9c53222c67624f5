//! Files that rows are looked up in by key; each is read whole before the first record is made.

use std::collections::HashMap;
use std::sync::Arc;

use super::row::{Joined, Kept};
use super::spec::{Join, Mapping, Part};

/// A row of a looked-up file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookupRow {
    pub(super) file: Arc<str>,
    pub(super) line: u64,
    pub(super) cells: Box<Kept>,
}

/// The rows of a looked-up source by the value of one column.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    rows: HashMap<String, LookupRow>,
}

/// The lookups of a mapping, by source and key column.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    by_key: HashMap<(usize, usize), Lookup>,
}

impl Lookups {
    /// Empty tables for every join of a mapping.
    pub(super) fn of(mapping: &Mapping) -> Self {
        let joins = mapping.parts().flat_map(|(_, _, part)| &part.joins);
        Self {
            by_key: joins
                .map(|join| ((join.source, join.key), Lookup::default()))
                .collect(),
        }
    }

    /// Adds a row of a source to the tables that look it up; a row without key cannot be found and is passed over.
    ///
    /// # Errors
    /// A sentence when another row of the key says something else.
    pub(super) fn add(&mut self, source: usize, row: &LookupRow) -> Result<(), String> {
        for ((looked_up, key), lookup) in &mut self.by_key {
            if *looked_up != source {
                continue;
            }
            let Some(Some(value)) = row.cells.get(*key) else {
                continue;
            };
            let known = lookup.rows.entry(value.clone()).or_insert_with(|| row.clone());
            if known.cells != row.cells {
                return Err(format!(
                    "`{value}` stands with other values in {} line {} too",
                    known.file, known.line
                ));
            }
        }
        Ok(())
    }

    /// What the joins of a part find for a row.
    pub(super) fn find<'a>(&'a self, mapping: &Mapping, part: &Part, cells: &Kept) -> Vec<Joined<'a>> {
        part.joins
            .iter()
            .map(|join| self.one(mapping, join, cells))
            .collect()
    }

    fn one<'a>(&'a self, mapping: &Mapping, join: &Join, cells: &Kept) -> Joined<'a> {
        let Some(Some(key)) = cells.get(join.on) else {
            return Joined::Nothing;
        };
        let found = self
            .by_key
            .get(&(join.source, join.key))
            .and_then(|lookup| lookup.rows.get(key));
        match found {
            Some(row) => Joined::Row(row),
            None if join.refuses => {
                let source = &mapping.sources[join.source];
                let column = &source.columns[join.key].name;
                Joined::Refused(format!("`{key}` is not in column `{column}` of {}", source.name))
            }
            None => Joined::Nothing,
        }
    }
}
