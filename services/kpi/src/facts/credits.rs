//! Who is credited with a won deal: shares of its amount that sum to it, to the minor unit (R10).

use bellwether_stats::largest_remainder;

use super::version::Amount;
use super::{Row, life};
use crate::table::{Column, NULL, Table};

/// All of a deal, in millionths.
const WHOLE: i64 = 1_000_000;

/// The rep of the largest share, of equal ones the first; `None` = there are no credits.
pub(super) fn primary(credits: &[(u32, i64)]) -> Option<u32> {
    // Of several that are the largest `max_by_key` gives the last.
    let largest = credits.iter().rev().max_by_key(|(_, share)| *share);
    largest.map(|(rep, _)| *rep)
}

/// Adds a row for each rep credited with a won closing, else one for its owner. `closing` carries what they share.
pub(super) fn credited(closing: &Row, credits: &[(u32, i64)], amount: Option<Amount>, rows: &mut Vec<Row>) {
    let mut whole = closing.of_table(Table::Credits);
    whole.set(Column::Share, WHOLE);
    whole.set(Column::Primary, true);
    let Some(primary) = primary(credits) else {
        rows.push(whole);
        return;
    };
    let shares: Vec<u64> = credits
        .iter()
        .map(|(_, share)| u64::try_from(*share).unwrap_or(0))
        .collect();
    let parts = amount.and_then(|amount| largest_remainder(amount.minor.into(), &shares));
    for (place, (rep, share)) in credits.iter().enumerate() {
        let mut row = whole.clone();
        row.set(Column::Owner, *rep);
        row.set(Column::Share, *share);
        row.set(Column::Primary, *rep == primary);
        let part = parts.as_ref().and_then(|parts| i64::try_from(parts[place]).ok());
        life::put_amount(
            &mut row,
            amount.map(|amount| Amount {
                minor: part.unwrap_or(NULL),
                ..amount
            }),
        );
        rows.push(row);
    }
}
