//! Rows that were replaced or taken back, in the order in which that happened: what earlier sequence numbers knew.

use std::ops::Range;

use crate::facts::Row;
use crate::table::{MORSEL_ROWS, Table};

use super::block::Block;
use super::column::{self, Columns};

/// Closed rows, ordered by `rec_to`; only ever added to.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) columns: Columns,
    pub(crate) rec_from: Vec<u32>,
    pub(crate) rec_to: Vec<u32>,
    pub(crate) blocks: Vec<Block>,
}

impl Closed {
    pub(crate) fn new(table: Table) -> Self {
        Self {
            columns: Columns::new(table),
            rec_from: Vec::new(),
            rec_to: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Rows read back; `None` when the parts do not fit together.
    pub(crate) fn from_parts(columns: Columns, rec_from: Vec<u32>, rec_to: Vec<u32>) -> Option<Self> {
        if columns.len() != rec_from.len() || columns.len() != rec_to.len() || !rec_to.is_sorted() {
            return None;
        }
        let mut closed = Self {
            columns,
            rec_from,
            rec_to,
            blocks: Vec::new(),
        };
        for place in 0..closed.rec_from.len() {
            closed.note(place, closed.columns.day(place));
        }
        Some(closed)
    }

    pub(crate) fn len(&self) -> usize {
        self.rec_from.len()
    }

    /// Adds a row that was known from `from` and is no longer at `to`.
    pub(crate) fn push(&mut self, row: &Row, from: u32, to: u32) {
        self.columns.push(row);
        column::push(&mut self.rec_from, from);
        column::push(&mut self.rec_to, to);
        self.note(self.rec_from.len() - 1, row.day());
    }

    /// The rows of some records that were known at a sequence number: the record's code and the place, in that order.
    pub(crate) fn known(&self, codes: Range<u32>, seq: u32) -> Vec<(u32, usize)> {
        let table = self.columns.table();
        let subject = table.place(table.subject_column()).unwrap_or(0);
        // Those before were gone already.
        let start = self.rec_to.partition_point(|to| *to <= seq);
        let known = (start..self.len()).filter(|place| self.rec_from[*place] <= seq);
        let coded = known.map(|place| (self.columns.code(subject, place), place));
        let mut found: Vec<(u32, usize)> = coded.filter(|(code, _)| codes.contains(code)).collect();
        found.sort_unstable();
        found
    }

    fn note(&mut self, place: usize, day: i32) {
        match self.blocks.get_mut(place / MORSEL_ROWS) {
            Some(block) => block.widen(day, self.rec_from[place]),
            None => self.blocks.push(Block::of(day, self.rec_from[place])),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.columns.bytes() + 4 * (self.rec_from.capacity() + self.rec_to.capacity())
    }
}
