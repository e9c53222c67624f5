//! Money spent: one row over the days of its period, as the newest version says.

use bellwether_domain::CivilDate;

use super::version::{self, Amount, Version};
use super::{Row, Rules, life};
use crate::table::{Column, Table};

/// What a version of a record of money spent says. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the fields of `domain::record::Spend` of the same names"
)]
pub struct Spend {
    pub category: u32,
    pub channel: u32,
    pub campaign: u32,
    pub amount: Amount,
    /// The first day of the period, days since 1970-01-01.
    pub start: i32,
    /// The day after its last day.
    pub end: i32,
}

/// Adds the row of money spent.
pub fn derive(versions: &mut Vec<Version<Spend>>, code: u32, rules: &Rules<'_>, rows: &mut Vec<Row>) {
    let Some(says) = version::newest(versions) else {
        return;
    };
    let start_of = |day: i32| rules.zone.start_of_day(CivilDate::from_days(day)).as_micros();
    let mut row = rules.row(Table::Spend, start_of(says.start), start_of(says.end));
    row.set(Column::Spend, code);
    row.set(Column::SpendCategory, says.category);
    row.set(Column::Channel, says.channel);
    row.set(Column::Campaign, says.campaign);
    life::put_amount(&mut row, Some(says.amount));
    row.set(Column::StartDay, says.start);
    row.set(Column::EndDay, says.end);
    rows.push(row);
}
