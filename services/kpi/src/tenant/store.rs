//! The fact tables of a tenant: live rows, closed rows, and the one way to change and to scan them.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};

use super::Part;
use super::closed::Closed;
use super::column::{Columns, Wide};
use super::live::Live;
use super::marks::{Days, Mark};
use crate::facts::Row;
use crate::table::{Column, Dict, MORSEL_ROWS, Morsel, Table};

/// Records that are looked at in one go, so that the facts are not locked for long where most have no rows.
const STEP: u32 = 65_536;

/// Which rows a scan wants.
pub(crate) struct Wanted<'a> {
    pub(crate) columns: &'a [Column],
    pub(crate) days: Option<RangeInclusive<i32>>,
    pub(crate) seq: u64,
    pub(crate) part: Part,
}

/// All fact tables.
#[derive(Debug)]
pub(crate) struct FactStore {
    tables: Vec<(Live, Closed)>,
    /// Which change touched which days of each table last.
    days: [Days; Table::ALL.len()],
}

impl Default for FactStore {
    fn default() -> Self {
        Self {
            tables: Table::ALL
                .map(|table| (Live::new(table), Closed::new(table)))
                .into(),
            days: Default::default(),
        }
    }
}

impl FactStore {
    /// Tables read back, in the order of [`Table::ALL`]; `mark` gives the mark of a change.
    pub(crate) fn from_tables(tables: Vec<(Live, Closed)>, mark: impl Fn(u64) -> Mark) -> Self {
        let mut days: [Days; Table::ALL.len()] = Default::default();
        for ((live, closed), days) in tables.iter().zip(&mut days) {
            let mut touch = |columns: &Columns, seqs: &[u32]| {
                for (place, seq) in seqs.iter().enumerate() {
                    days.touch(columns.day(place), mark(u64::from(*seq)));
                }
            };
            touch(&live.columns, &live.rec_from);
            // A closed row was added before it was taken back.
            touch(&closed.columns, &closed.rec_to);
        }
        Self { tables, days }
    }

    pub(crate) fn days(&self) -> &[Days; Table::ALL.len()] {
        &self.days
    }

    pub(crate) fn table(&self, table: Table) -> &(Live, Closed) {
        &self.tables[table as usize]
    }

    /// From `seq` (of that mark) on the rows of a record are `rows` (sorted): stored rows that differ are closed, new
    /// ones added, and equal ones stay as they are. Only tables of `subject` are touched; `code` is the record's.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when a table is full.
    pub(crate) fn replace(
        &mut self,
        (subject, code): (Dict, u32),
        rows: &[Row],
        seq: u32,
        mark: Mark,
    ) -> Result<()> {
        let mut rest = rows;
        let tables = Table::ALL.into_iter().zip(&mut self.tables).zip(&mut self.days);
        let tables = tables.filter(|((table, _), _)| table.subject() == subject);
        for ((table, (live, closed)), days) in tables {
            let (new, others) = rest.split_at(rest.partition_point(|row| row.table() <= table));
            rest = others;
            let mut stored: Vec<(Row, usize)> = live
                .places(code)
                .into_iter()
                .map(|place| (live.columns.row(place), place))
                .collect();
            stored.sort_unstable();
            let (gone, added) = differences(&stored, new);
            let touched = gone.iter().map(|(row, _)| row.day());
            touched
                .chain(added.iter().map(|row| row.day()))
                .for_each(|day| days.touch(day, mark));
            let mut gone: Vec<&(Row, usize)> = gone;
            // From the back: the row that fills a gap is then never one that is still to be taken out.
            gone.sort_unstable_by_key(|(_, place)| std::cmp::Reverse(*place));
            let mut taken: Vec<(&Row, u32)> = Vec::with_capacity(gone.len());
            for (row, place) in gone {
                taken.push((row, live.take(*place)));
            }
            taken.sort_unstable();
            for (row, from) in taken {
                closed.push(row, from, seq);
            }
            for row in added {
                if !live.push(row, seq) {
                    let message = format!("table {} is full: no more than 4 billion rows", table.name());
                    return Err(Error::new(
                        ErrorCode::ResourceExhausted,
                        ErrorReason::StorageFull,
                        message,
                    ));
                }
            }
        }
        Ok(())
    }

    /// Hands out the rows that are recorded at a sequence number.
    pub(crate) fn scan(&self, table: Table, wanted: &Wanted<'_>, sink: &mut dyn FnMut(&Morsel<'_>)) {
        let (live, closed) = self.table(table);
        let places: Vec<usize> = wanted
            .columns
            .iter()
            .filter_map(|column| live.columns.place(*column))
            .collect();
        let seq = u32::try_from(wanted.seq).unwrap_or(u32::MAX);
        let mut scan = Scan {
            places,
            wide: vec![Wide::default(); wanted.columns.len()],
            recorded: Vec::new(),
            sink,
        };
        let mine = |unit: usize| unit % wanted.part.of.max(1) == wanted.part.index;
        for (index, block) in live.blocks.iter().enumerate() {
            if !mine(index) || block.first_seq > seq || !block.may_hold(wanted.days.as_ref()) {
                continue;
            }
            let rows = morsel(index, live.len());
            if block.last_seq <= seq {
                scan.hand_out(&live.columns, rows, None);
            } else {
                let from = &live.rec_from[rows.clone()];
                scan.hand_out(
                    &live.columns,
                    rows,
                    Some(&mut from.iter().map(|from| *from <= seq)),
                );
            }
        }
        // Closed rows are ordered by `rec_to`: those before were gone already.
        let start = closed.rec_to.partition_point(|to| *to <= seq);
        for (index, block) in closed.blocks.iter().enumerate().skip(start / MORSEL_ROWS) {
            if !mine(index) || block.first_seq > seq || !block.may_hold(wanted.days.as_ref()) {
                continue;
            }
            let rows = morsel(index, closed.len());
            let known = closed.rec_from[rows.clone()]
                .iter()
                .zip(&closed.rec_to[rows.clone()]);
            let mut known = known.map(|(from, to)| *from <= seq && seq < *to);
            scan.hand_out(&closed.columns, rows, Some(&mut known));
        }
    }

    /// The rows recorded at a sequence number of some records, by record, then by content, until there are `most` of them,
    /// and the code of the record to go on with.
    pub(crate) fn records(&self, table: Table, codes: Range<u32>, seq: u64, most: usize) -> (Vec<Row>, u32) {
        let (live, closed) = self.table(table);
        let seq = u32::try_from(seq).unwrap_or(u32::MAX);
        let end = codes.end.min(codes.start.saturating_add(STEP));
        let gone = closed.known(codes.start..end, seq);
        let mut gone = gone.iter().peekable();
        let mut rows: Vec<Row> = Vec::new();
        for code in codes.start..end {
            let first = rows.len();
            let stand = live.places(code);
            let stand = stand.iter().filter(|place| live.rec_from[**place] <= seq);
            rows.extend(stand.map(|place| live.columns.row(*place)));
            while let Some((_, place)) = gone.next_if(|(of, _)| *of == code) {
                rows.push(closed.columns.row(*place));
            }
            rows[first..].sort_unstable();
            if rows.len() >= most {
                return (rows, code + 1);
            }
        }
        (rows, end)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.tables
            .iter()
            .map(|(live, closed)| live.bytes() + closed.bytes())
            .sum()
    }
}

struct Scan<'a, 'b> {
    places: Vec<usize>,
    wide: Vec<Wide>,
    recorded: Vec<bool>,
    sink: &'a mut (dyn FnMut(&Morsel<'_>) + 'b),
}

impl Scan<'_, '_> {
    fn hand_out(
        &mut self,
        columns: &Columns,
        rows: Range<usize>,
        recorded: Option<&mut dyn Iterator<Item = bool>>,
    ) {
        let masked = recorded.is_some();
        self.recorded.clear();
        self.recorded.extend(recorded.into_iter().flatten());
        if masked && !self.recorded.contains(&true) {
            return;
        }
        let morsel = Morsel {
            rows: rows.len(),
            columns: columns.slices(&self.places, rows, &mut self.wide),
            recorded: masked.then_some(self.recorded.as_slice()),
        };
        (self.sink)(&morsel);
    }
}

pub(super) fn morsel(index: usize, rows: usize) -> Range<usize> {
    index * MORSEL_ROWS..((index + 1) * MORSEL_ROWS).min(rows)
}

/// Which stored rows are no longer among the new ones, and which new ones are not stored yet; both sorted, with repeats.
fn differences<'a>(stored: &'a [(Row, usize)], new: &'a [Row]) -> (Vec<&'a (Row, usize)>, Vec<&'a Row>) {
    let (mut gone, mut added) = (Vec::new(), Vec::new());
    let (mut stored, mut new) = (stored.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (stored.peek(), new.peek()) {
            (None, None) => return (gone, added),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some(row)) => old.cmp(row),
        };
        match order {
            Ordering::Less => gone.extend(stored.next()),
            Ordering::Greater => added.extend(new.next()),
            Ordering::Equal => {
                stored.next();
                new.next();
            }
        }
    }
}
