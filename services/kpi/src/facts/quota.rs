//! Quotas: rows over the days of a quota's period, one a version that holds within it.
//!
//! The first version holds from the beginning. One that holds from within the period cuts it in two: what was to be
//! reached before stands in the row before. One stated when the period is over corrects what held at its end.

use bellwether_domain::CivilDate;

use super::version::{self, Amount, Version};
use super::{Row, Rules};
use crate::table::{Column, Table};

/// What a version of a quota says. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The rep whose it is.
    pub owner: u32,
    /// The team whose it is.
    pub team: u32,
    /// The first day of the period, days since 1970-01-01.
    pub start: i32,
    /// The day after its last day.
    pub end: i32,
    /// The amount to reach.
    pub amount: Option<Amount>,
    /// The number of deals to win; [`crate::table::NULL`] = an amount is to be reached.
    pub count: i64,
}

/// Adds the rows of a quota.
pub fn derive(versions: &mut Vec<Version<Quota>>, code: u32, rules: &Rules<'_>, rows: &mut Vec<Row>) {
    let start_of = |day: i32| rules.zone.start_of_day(CivilDate::from_days(day)).as_micros();
    let mut held: Vec<(i64, Quota)> = version::living(versions)
        .iter()
        .filter_map(|version| Some((version.key.0, version.says?)))
        .collect();
    let Some((_, newest)) = held.last().copied() else {
        return;
    };
    held[0].0 = i64::MIN;
    let end = start_of(newest.end);
    held.truncate(held.partition_point(|(from, _)| *from < end));
    if let Some(last) = held.last_mut() {
        last.1 = newest;
    }
    for (number, (from, quota)) in held.iter().enumerate() {
        let until = held.get(number + 1).map_or(i64::MAX, |(next, _)| *next);
        let from = start_of(quota.start).max(*from);
        let to = start_of(quota.end).min(until);
        if from >= to {
            continue;
        }
        let mut row = rules.row(Table::Quotas, from, to);
        row.set(Column::Quota, code);
        row.set(Column::Owner, quota.owner);
        row.set(Column::Team, quota.team);
        super::life::put_amount(&mut row, quota.amount);
        row.set(Column::Count, quota.count);
        row.set(Column::StartDay, quota.start);
        row.set(Column::EndDay, quota.end);
        match rows.last_mut() {
            Some(last) if last.valid_to() == from && last.says_the_same(&row) => {
                last.set(Column::ValidTo, to);
            }
            _ => rows.push(row),
        }
    }
}
