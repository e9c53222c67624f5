//! The parts of a tenant's state that a checkpoint holds; everything else follows from them.

use std::collections::HashMap;

use bellwether_contracts::ingestion::Change;
use bellwether_domain::Position;
use prost::Message as _;

use super::closed::Closed;
use super::column::Columns;
use super::live::Live;
use super::store::FactStore;
use super::touches::{TouchParts, Touches};
use super::versions::Logs;
use super::{DICTIONARIES, Dictionary, Input, TenantFacts, codec};
use crate::table::Table;

/// A table's rows as they are saved.
pub(crate) struct SavedTable {
    pub(crate) live: Columns,
    pub(crate) live_from: Vec<u32>,
    pub(crate) closed: Columns,
    pub(crate) closed_from: Vec<u32>,
    pub(crate) closed_to: Vec<u32>,
}

/// The parts read back.
pub(crate) struct Saved {
    pub(crate) position: Position,
    pub(crate) recorded: Vec<i64>,
    /// In the order of the dictionaries' numbers.
    pub(crate) dictionaries: Vec<Dictionary>,
    /// In the order of [`Table::ALL`].
    pub(crate) tables: Vec<SavedTable>,
    /// In the order of [`Logs::NAMES`].
    pub(crate) logs: Vec<(Vec<u8>, Vec<u64>)>,
    pub(crate) touches: TouchParts<Vec<u32>, Vec<i64>>,
    pub(crate) kept: Vec<u8>,
    /// Pipelines and stages in use.
    pub(crate) stages: Vec<(u32, u32)>,
}

impl TenantFacts {
    /// The state that was saved; `None` when its parts do not fit together.
    pub(crate) fn from_saved(saved: Saved) -> Option<Self> {
        if saved.recorded.len() as u64 != saved.position.seq || saved.tables.len() != Table::ALL.len() {
            return None;
        }
        let mut tables = Vec::with_capacity(saved.tables.len());
        for table in saved.tables {
            let live = Live::from_parts(table.live, table.live_from)?;
            tables.push((
                live,
                Closed::from_parts(table.closed, table.closed_from, table.closed_to)?,
            ));
        }
        let dictionaries: [Dictionary; DICTIONARIES] = saved.dictionaries.try_into().ok()?;
        let mut facts = Self {
            position: saved.position,
            recorded: saved.recorded,
            dictionaries,
            store: FactStore::default(),
            logs: Logs::from_parts(saved.logs)?,
            touches: Touches::from_parts(saved.touches)?,
            meanings: HashMap::new(),
            ..Self::default()
        };
        let mut rest = saved.kept.as_slice();
        while !rest.is_empty() {
            let (length, start) = codec::read_unsigned(rest)?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            let change = Change::decode(rest.get(start..end)?).ok()?;
            facts.recall(&Input::read(&change).ok()?);
            rest = &rest[end..];
        }
        facts.kept = saved.kept;
        for (pipeline, stage) in saved.stages {
            facts.note_stage(pipeline, stage);
        }
        facts.store = FactStore::from_tables(tables, |seq| facts.mark(seq));
        Some(facts)
    }

    pub(crate) fn recorded(&self) -> &[i64] {
        &self.recorded
    }

    pub(crate) fn dictionaries(&self) -> &[Dictionary] {
        &self.dictionaries
    }

    /// A table's live columns and `rec_from`.
    pub(crate) fn live_parts(&self, table: Table) -> (&Columns, &[u32]) {
        let live = &self.store.table(table).0;
        (&live.columns, &live.rec_from)
    }

    /// A table's closed columns, `rec_from` and `rec_to`.
    pub(crate) fn closed_parts(&self, table: Table) -> (&Columns, &[u32], &[u32]) {
        let closed = &self.store.table(table).1;
        (&closed.columns, &closed.rec_from, &closed.rec_to)
    }

    /// The versions of each kind of records: what it is called, bytes, and where each record's latest begins.
    pub(crate) fn log_parts(&self) -> impl Iterator<Item = (&'static str, (&[u8], &[u64]))> {
        Logs::NAMES.iter().copied().zip(self.logs.parts())
    }

    pub(crate) fn touch_parts(&self) -> TouchParts<&[u32], &[i64]> {
        self.touches.parts()
    }

    pub(crate) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Pipelines and stages in use, in order.
    pub(crate) fn stages(&self) -> Vec<(u32, u32)> {
        let mut stages: Vec<(u32, u32)> = self.meanings.keys().copied().collect();
        stages.sort_unstable();
        stages
    }
}
