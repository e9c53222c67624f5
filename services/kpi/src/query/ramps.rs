//! When reps came to reach their quotas: rows of [`Table::Ramps`], made at the question, as of its instant.
//!
//! A period of a rep's own quota is *reached* once it is over and what the rep was credited with in it comes to 80 % of it,
//! at the rates of the events' days. The rep has *ramped* at the end of the first period that is reached and directly
//! followed by another one that is. Whoever was never given a quota is not to ramp, and has no row.

mod periods;

use std::collections::HashMap;
use std::ops::RangeInclusive;

use bellwether_domain::{Error, Instant, Result};

use super::when::Moment;
use crate::facts::Row;
use crate::scan::{FactRows, FactSource};
use crate::table::{Column, Morsel, NULL, Slice, Table};
use crate::tenant::Part;

/// The rows, one a rep, in the order of reps.
#[derive(Debug, Default)]
pub(super) struct Ramps {
    instants: HashMap<Column, Vec<i64>>,
    days: Vec<i32>,
    codes: HashMap<Column, Vec<u32>>,
}

/// A rep's time here.
struct Spell {
    started: i64,
    left: i64,
    role: u32,
    sales_model: u32,
    /// From when it has that role.
    since: i64,
}

impl Ramps {
    /// As of the moment of a question.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn new(source: &dyn FactSource, moment: &Moment) -> Result<Self> {
        let spells = spells(source, moment)?;
        let mut periods = periods::periods(source, moment, &spells)?;
        periods::credit(source, moment, &mut periods)?;
        let mut ramps = Self::default();
        for (rep, periods) in &periods {
            let spell = &spells[rep];
            ramps.add(*rep, spell, periods::ramped_at(periods, spell.started), moment);
        }
        Ok(ramps)
    }

    fn add(&mut self, rep: u32, spell: &Spell, ramped_at: i64, moment: &Moment) {
        let instants = [
            (Column::ValidFrom, spell.started),
            (Column::ValidTo, i64::MAX),
            (Column::StartedAt, spell.started),
            (Column::RampedAt, ramped_at),
            (Column::LeftAt, spell.left),
        ];
        for (column, at) in instants {
            self.instants.entry(column).or_default().push(at);
        }
        let codes = [
            (Column::Owner, rep),
            (Column::Role, spell.role),
            (Column::SalesModel, spell.sales_model),
        ];
        for (column, code) in codes {
            self.codes.entry(column).or_default().push(code);
        }
        let day = moment.settings.zone.date_of(Instant::from_micros(spell.started));
        self.days.push(day.days());
    }

    /// The rows as those of a store are.
    pub(super) fn rows(&self) -> Vec<Row> {
        let row = |place: usize| {
            let mut row = Row::new(Table::Ramps);
            for column in Table::Ramps.columns() {
                let value = match self.slice(*column) {
                    Slice::I64(values) => values.get(place).copied(),
                    Slice::I32(values) => values.get(place).copied().map(i64::from),
                    Slice::Code(values) => values.get(place).copied().map(i64::from),
                    Slice::U8(values) => values.get(place).copied().map(i64::from),
                };
                row.set(*column, value.unwrap_or(NULL));
            }
            row
        };
        (0..self.days.len()).map(row).collect()
    }

    fn slice(&self, column: Column) -> Slice<'_> {
        match column {
            Column::Day => Slice::I32(&self.days),
            Column::Owner | Column::Role | Column::SalesModel => {
                Slice::Code(self.codes.get(&column).map_or(&[], Vec::as_slice))
            }
            column => Slice::I64(self.instants.get(&column).map_or(&[], Vec::as_slice)),
        }
    }
}

impl FactRows for Ramps {
    fn live_rows(&self, _: Table) -> usize {
        self.days.len()
    }

    fn scan_part(
        &self,
        _: Table,
        columns: &[Column],
        _: Option<RangeInclusive<i32>>,
        _: u64,
        _: Part,
        sink: &mut dyn FnMut(&Morsel<'_>),
    ) {
        // Reps are few: they are one morsel.
        sink(&Morsel {
            rows: self.days.len(),
            columns: columns.iter().map(|column| self.slice(*column)).collect(),
            recorded: None,
        });
    }
}

/// When each rep came and left, and the role at first; reps whose first day is not known are left out.
fn spells(source: &dyn FactSource, moment: &Moment) -> Result<HashMap<u32, Spell>> {
    let columns = [
        Column::ValidFrom,
        Column::ValidTo,
        Column::StartedAt,
        Column::Owner,
        Column::Role,
        Column::SalesModel,
    ];
    let mut spells: HashMap<u32, Spell> = HashMap::new();
    let take = |morsel: &Morsel<'_>, row: usize| -> Option<()> {
        let [from, to, started] = std::array::from_fn(|place| instant(morsel, place, row));
        let [owner, role, sales_model] = std::array::from_fn(|place| code(morsel, place + 3, row));
        let (from, to, started) = (from?, to?, started?);
        if started == NULL {
            return Some(());
        }
        let left = if to == i64::MAX { NULL } else { to };
        let spell = spells.entry(owner?).or_insert(Spell {
            started,
            left,
            role: role?,
            sales_model: sales_model?,
            since: from,
        });
        if from < spell.since {
            (spell.role, spell.sales_model, spell.since) = (role?, sales_model?, from);
        }
        // One of the rows is the last; an open one has no end.
        spell.left = match (spell.left, left) {
            (NULL, _) | (_, NULL) => NULL,
            (one, other) => one.max(other),
        };
        Some(())
    };
    each(source, (Table::Employment, &columns), None, moment, take)?;
    Ok(spells)
}

/// Hands over every row of a table that is recorded; those of other days than asked for may be left out.
fn each(
    source: &dyn FactSource,
    (table, columns): (Table, &[Column]),
    days: Option<RangeInclusive<i32>>,
    moment: &Moment,
    mut take: impl FnMut(&Morsel<'_>, usize) -> Option<()>,
) -> Result<()> {
    let mut failed = false;
    source.scan_part(table, columns, days, moment.seq, Part::WHOLE, &mut |morsel| {
        for row in 0..morsel.rows {
            if morsel.recorded.is_none_or(|recorded| recorded[row]) {
                failed |= take(morsel, row).is_none();
            }
        }
    });
    if failed {
        return Err(Error::internal(format!(
            "`{}` lacks the columns that ramps are made of",
            table.name()
        )));
    }
    Ok(())
}

fn instant(morsel: &Morsel<'_>, place: usize, row: usize) -> Option<i64> {
    match *morsel.columns.get(place)? {
        Slice::I64(instants) => Some(instants[row]),
        _ => None,
    }
}

fn code(morsel: &Morsel<'_>, place: usize, row: usize) -> Option<u32> {
    match *morsel.columns.get(place)? {
        Slice::Code(codes) => Some(codes[row]),
        _ => None,
    }
}
