//! The rows of a table that stand now: dense, with the rows of each record linked so that they can be taken back.

use crate::facts::Row;
use crate::table::{MORSEL_ROWS, Table};

use super::block::Block;
use super::column::{self, Columns};

/// The end of a chain.
const NONE: u32 = u32::MAX;

/// Live rows. Order carries no meaning: a row taken out is filled by the last.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) columns: Columns,
    pub(crate) rec_from: Vec<u32>,
    pub(crate) blocks: Vec<Block>,
    /// The next row of the same record.
    next: Vec<u32>,
    /// The first row of each record, by code.
    heads: Vec<u32>,
    /// Where the record's column stands.
    subject: usize,
}

impl Live {
    pub(crate) fn new(table: Table) -> Self {
        Self {
            subject: subject(table),
            columns: Columns::new(table),
            rec_from: Vec::new(),
            blocks: Vec::new(),
            next: Vec::new(),
            heads: Vec::new(),
        }
    }

    /// Rows read back; `None` when the parts do not fit together.
    pub(crate) fn from_parts(columns: Columns, rec_from: Vec<u32>) -> Option<Self> {
        if columns.len() != rec_from.len() || columns.len() >= NONE as usize {
            return None;
        }
        let mut live = Self {
            subject: subject(columns.table()),
            columns,
            rec_from,
            blocks: Vec::new(),
            next: Vec::new(),
            heads: Vec::new(),
        };
        for row in 0..live.rec_from.len() {
            live.link(row);
        }
        Some(live)
    }

    pub(crate) fn len(&self) -> usize {
        self.rec_from.len()
    }

    /// Adds a row; `false` when the table is full.
    pub(crate) fn push(&mut self, row: &Row, seq: u32) -> bool {
        if self.len() + 1 >= NONE as usize {
            return false;
        }
        self.columns.push(row);
        column::push(&mut self.rec_from, seq);
        self.link(self.len() - 1);
        true
    }

    /// The places of a record's rows.
    pub(crate) fn places(&self, code: u32) -> Vec<usize> {
        let mut places = Vec::new();
        let mut at = self.heads.get(code as usize).copied().unwrap_or(NONE);
        while at != NONE {
            places.push(at as usize);
            at = self.next[at as usize];
        }
        places
    }

    /// Takes a row out and gives its `rec_from`. The last row moves to its place.
    pub(crate) fn take(&mut self, place: usize) -> u32 {
        let last = self.len() - 1;
        self.relink(place, self.next[place]);
        if place != last {
            self.relink(last, u32::try_from(place).unwrap_or(NONE));
        }
        self.next.swap_remove(place);
        self.columns.swap_remove(place);
        let seq = self.rec_from.swap_remove(place);
        if place != last {
            let day = self.columns.day(place);
            self.blocks[place / MORSEL_ROWS].widen(day, self.rec_from[place]);
        }
        self.blocks.truncate(self.len().div_ceil(MORSEL_ROWS));
        seq
    }

    pub(crate) fn bytes(&self) -> usize {
        self.columns.bytes() + 4 * (self.rec_from.capacity() + self.next.capacity() + self.heads.capacity())
    }

    fn code(&self, place: usize) -> usize {
        self.columns.code(self.subject, place) as usize
    }

    /// Puts the row at `place`, the newest, at the front of its record's chain.
    fn link(&mut self, place: usize) {
        let code = self.code(place);
        while self.heads.len() <= code {
            column::push(&mut self.heads, NONE);
        }
        let here = u32::try_from(place).unwrap_or(NONE);
        column::push(&mut self.next, std::mem::replace(&mut self.heads[code], here));
        let (day, seq) = (self.columns.day(place), self.rec_from[place]);
        match self.blocks.get_mut(place / MORSEL_ROWS) {
            Some(block) => block.widen(day, seq),
            None => self.blocks.push(Block::of(day, seq)),
        }
    }

    /// Points what points at `place`, in the chain of its record, to `to` instead.
    fn relink(&mut self, place: usize, to: u32) {
        let code = self.code(place);
        let mut at = self.heads[code];
        if at as usize == place {
            self.heads[code] = to;
            return;
        }
        while self.next[at as usize] as usize != place {
            at = self.next[at as usize];
        }
        self.next[at as usize] = to;
    }
}

/// Where the column of a table's records stands.
fn subject(table: Table) -> usize {
    table.place(table.subject_column()).unwrap_or(0)
}
