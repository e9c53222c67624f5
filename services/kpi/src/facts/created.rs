//! When a deal was created, and what became of it.
//!
//! A win or loss that is taken back is told as of instants before that, and not as of later ones: the event stays, so
//! what it tells from then on is a further row of the same instant, with `since`.

use bellwether_domain::settings::StageClass;

use super::Row;
use super::life::{Life, put_amount};
use super::spells::Spells;
use super::timeline::value_at;
use crate::table::{Column, Table};

/// What became of a deal, as of instants after `since` and up to `until`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fate {
    since: i64,
    until: i64,
    /// When it closed, and in which column that stands.
    closed: Option<(i64, Column)>,
}

impl Fate {
    /// What an event row of the deal tells of it; `None` = the row does not hold then.
    pub(super) fn told(&self, event: &Row) -> Option<Row> {
        let (from, until) = (event.valid_from(), event.valid_to().min(self.until));
        if until <= self.since.max(from) {
            return None;
        }
        let mut row = event.clone();
        row.set(Column::ValidTo, until);
        if self.since > from {
            row.set(Column::Since, self.since);
        }
        if let Some((closed, column)) = self.closed.filter(|(closed, _)| *closed < until) {
            row.set(column, closed);
        }
        Some(row)
    }
}

impl Life<'_> {
    /// The row at creation, and the row at qualification that takes its place.
    pub(super) fn created(&self, spells: &Spells, rows: &mut Vec<Row>) {
        let at = self.created_at;
        let fates = fates(spells);
        match self.qualified {
            Some((qualified, same_day)) if qualified <= at => {
                self.event((at, i64::MAX), same_day, &fates, rows);
            }
            Some((qualified, same_day)) => {
                self.event((at, qualified), at, &fates, rows);
                self.event((qualified, i64::MAX), same_day, &fates, rows);
            }
            None => self.event((at, i64::MAX), at, &fates, rows),
        }
    }

    fn event(&self, (from, to): (i64, i64), same_day: i64, fates: &[Fate], rows: &mut Vec<Row>) {
        let mut row = self.row(Table::CreatedDeals, from, to, self.frame.version_at(from));
        row.set(Column::Stage, self.stage_at(from));
        row.set(Column::Owner, self.owner_at(from));
        put_amount(&mut row, value_at(&self.amounts, same_day));
        rows.extend(fates.iter().filter_map(|fate| fate.told(&row)));
    }
}

/// What became of a deal, in the order in which it is told.
pub(super) fn fates(spells: &Spells) -> Vec<Fate> {
    let mut fates = Vec::with_capacity(spells.closings.len() + 1);
    let mut since = i64::MIN;
    for closing in &spells.closings {
        let column = match closing.class {
            StageClass::Won => Column::WonAt,
            _ => Column::LostAt,
        };
        fates.push(Fate {
            since,
            until: closing.to,
            closed: Some((closing.from, column)),
        });
        since = closing.to;
    }
    if since < i64::MAX {
        fates.push(Fate {
            since,
            until: i64::MAX,
            closed: None,
        });
    }
    fates
}
