//! Orders, invoices and credit notes as their newest version says, with their product lines. What a credit note takes back
//! has the opposite sign: revenue, amounts of lines and units.

use bellwether_domain::When;

use super::version::{self, Amount, Line, Version};
use super::{Row, Rules, life, lines};
use crate::table::{Column, Table};

/// The code of a credit note in [`crate::table::Dict::OrderType`].
pub const CREDIT_NOTE: u32 = 3;

/// What a version of an order says. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the fields of `domain::record::Order` of the same names"
)]
pub struct Order {
    pub account: u32,
    pub deal: u32,
    pub order_type: u32,
    pub at: When,
    /// Before its sign.
    pub revenue: Option<Amount>,
    pub lines: Vec<Line>,
}

/// Adds the rows of an order and of its lines, in the order of their content.
pub fn derive(versions: &mut Vec<Version<Order>>, code: u32, rules: &Rules<'_>, rows: &mut Vec<Row>) {
    let start = rows.len();
    let Some(says) = version::newest(versions) else {
        return;
    };
    let sign = if says.order_type == CREDIT_NOTE { -1 } else { 1 };
    let signed = |amount: Option<Amount>| {
        amount.map(|amount| Amount {
            minor: sign * amount.minor,
            ..amount
        })
    };
    let at = says.at.start_in(rules.zone).as_micros();
    let mut row = rules.row(Table::Orders, at, i64::MAX);
    row.set(Column::Order, code);
    row.set(Column::Account, says.account);
    row.set(Column::Deal, says.deal);
    row.set(Column::OrderType, says.order_type);
    life::put_amount(&mut row, signed(says.revenue));
    let parts = lines::parts(&says.lines, says.revenue);
    for (line, part) in says.lines.iter().zip(parts) {
        let mut row = row.of_table(Table::OrderLines);
        row.set(Column::Product, line.product);
        row.set(Column::ProductFamily, line.family);
        row.set(Column::Units, sign * line.units);
        life::put_amount(&mut row, signed(part));
        rows.push(row);
    }
    rows.push(row);
    rows[start..].sort_unstable();
}
