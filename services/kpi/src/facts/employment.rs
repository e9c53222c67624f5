//! Employment: from the first to the last day that the newest version states, cut where role or sales model change.
//!
//! Without a first day it holds from ever, without a last day for good. The first version holds from the beginning.

use bellwether_domain::CivilDate;

use super::timeline::{Frame, value_at};
use super::version::{self, Version};
use super::{Row, Rules};
use crate::table::{Column, EVER, Table};

/// What a version of a rep says of the rep's work. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Employment {
    /// The role.
    pub role: u32,
    /// The sales model.
    pub sales_model: u32,
    /// The first day, days since 1970-01-01.
    pub start: Option<i32>,
    /// The last day.
    pub end: Option<i32>,
}

/// Adds the rows of a rep's employment.
pub fn derive(versions: &mut Vec<Version<Employment>>, rep: u32, rules: &Rules<'_>, rows: &mut Vec<Row>) {
    let living = version::living(versions);
    let Some(newest) = living.last().and_then(|version| version.says) else {
        return;
    };
    let start_of = |day: i32| rules.zone.start_of_day(CivilDate::from_days(day)).as_micros();
    let from = newest.start.map_or(EVER, start_of);
    let to = newest.end.map_or(i64::MAX, |end| start_of(end.saturating_add(1)));
    let frame = Frame::new(living, from, rules.zone);
    let roles = frame.plain(|says| (says.role, says.sales_model));
    let mut cuts: Vec<i64> = roles.iter().map(|point| point.at).filter(|at| *at < to).collect();
    cuts.dedup();
    for (number, cut) in cuts.iter().enumerate() {
        let (role, sales_model) = value_at(&roles, *cut);
        let mut row = rules.row(
            Table::Employment,
            *cut,
            cuts.get(number + 1).copied().unwrap_or(to),
        );
        row.set(Column::Owner, rep);
        row.set(Column::Role, role);
        row.set(Column::SalesModel, sales_model);
        if newest.start.is_some() {
            row.set(Column::StartedAt, from);
        }
        match rows.last_mut() {
            Some(last) if last.says_the_same(&row) => last.set(Column::ValidTo, row.valid_to()),
            _ => rows.push(row),
        }
    }
}
