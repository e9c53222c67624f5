//! The fields that the tenant declared, record by record and over time.
//!
//! Most records have none, so only those that ever had one are kept here: their versions, from the first that is known.

mod note;

use std::collections::HashMap;

pub(super) use note::{bare, fields};

use super::history::History;
use super::kept::Kept;
use super::{Dictionary, Effective};
use crate::facts::Key;
use crate::table::Dict;

/// Arrays kept ready, at most.
const MAX_ARRAYS: usize = 64;

/// Names and values of the fields of a version.
pub(crate) type Fields = Vec<(String, String)>;

/// Codes of names and values.
type Coded = Vec<(u32, u32)>;

/// A field of records of a kind, as it was after so many changes of it and of the records that stand for them.
type ArrayKey = (Dict, u32, [usize; 3]);

/// What records have in declared fields.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    names: Dictionary,
    values: Dictionary,
    records: HashMap<(Dict, u32), History<Coded>>,
    /// The changes of records that are kept here, rising.
    touched: Vec<u64>,
    arrays: Kept<ArrayKey, Effective, MAX_ARRAYS>,
}

impl Declared {
    /// Whether anything is kept of a record.
    pub(crate) fn knows(&self, record: (Dict, u32)) -> bool {
        self.records.contains_key(&record)
    }

    /// A version of a record; `None` = a tombstone.
    pub(crate) fn add(&mut self, record: (Dict, u32), key: Key, fields: Option<&Fields>) {
        let state = fields.map(|fields| {
            let coded = fields
                .iter()
                .map(|(name, value)| (self.names.intern(name), self.values.intern(value)));
            coded.collect()
        });
        self.records.entry(record).or_default().add(key, state);
        if self.touched.last().is_none_or(|last| *last < key.2) {
            self.touched.push(key.2);
        }
    }

    /// The last change; 0 = none.
    pub(crate) fn touched(&self) -> u64 {
        self.touched.last().copied().unwrap_or(0)
    }

    /// The values of all fields.
    pub(crate) fn values(&self) -> &Dictionary {
        &self.values
    }

    /// A field over time as known at `seq`, of `entities` records; `standing` = who stands for a record that was merged
    /// away, after so many changes. Kept until what it tells of changes.
    pub(crate) fn array(
        &self,
        (of, field): (Dict, &str),
        seq: u64,
        entities: usize,
        (standing, changes): (impl Fn(u32) -> Option<u32>, usize),
    ) -> Effective {
        let Some(name) = self.names.code(field).filter(|name| *name != 0) else {
            return Effective::new(std::iter::empty());
        };
        let touched = self.touched.partition_point(|change| *change <= seq);
        let key = (of, name, [touched, entities, changes]);
        let points = |code: usize| {
            let code = u32::try_from(code).unwrap_or(u32::MAX);
            let code = standing(code).unwrap_or(code);
            let Some(history) = self.records.get(&(of, code)) else {
                return Vec::new();
            };
            let value = |fields: &[(u32, u32)]| {
                let found = fields.iter().find(|(one, _)| *one == name);
                found.map_or(0, |(_, value)| *value)
            };
            let living = history.living(seq).into_iter();
            living.map(|(at, fields)| (at, value(fields))).collect()
        };
        self.arrays.get(key, || Effective::new((0..entities).map(points)))
    }

    /// Memory that it holds, about, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.names.bytes() + self.values.bytes() + 160 * self.records.len() + 32 * self.touched.len()
    }
}
