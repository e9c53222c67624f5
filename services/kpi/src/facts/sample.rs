//! Samples of other business numbers: one row at the instant that the newest version states.

use bellwether_domain::When;

use super::version::{self, Version};
use super::{Row, Rules};
use crate::table::{Column, Table};

/// What a version of a sample says. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the name of the number, and its dimensions of the same names"
)]
pub struct Sample {
    pub metric: u32,
    pub owner: u32,
    pub account: u32,
    pub product: u32,
    pub channel: u32,
    pub campaign: u32,
    pub source: u32,
    pub team: u32,
    pub at: When,
    /// Millionths.
    pub value: i64,
    /// Millionths, above 0.
    pub weight: i64,
}

/// Adds the row of a sample.
pub fn derive(versions: &mut Vec<Version<Sample>>, code: u32, rules: &Rules<'_>, rows: &mut Vec<Row>) {
    let Some(says) = version::newest(versions) else {
        return;
    };
    let mut row = rules.row(Table::Samples, says.at.start_in(rules.zone).as_micros(), i64::MAX);
    row.set(Column::Sample, code);
    row.set(Column::Metric, says.metric);
    row.set(Column::Owner, says.owner);
    row.set(Column::Account, says.account);
    row.set(Column::Product, says.product);
    row.set(Column::Channel, says.channel);
    row.set(Column::Campaign, says.campaign);
    row.set(Column::Source, says.source);
    row.set(Column::Team, says.team);
    row.set(Column::Value, says.value);
    row.set(Column::Weight, says.weight);
    rows.push(row);
}
