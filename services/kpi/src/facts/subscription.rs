//! Subscriptions: rows of what was paid a month, over the time in which it was.
//!
//! A subscription is paid from when its newest version says until when that says. A version that states a start at or after
//! the end stated before begins a further stretch, and the one before it stays. In a stretch the amount (account and
//! product too) is that of its first version from its start on, and of every later one from when that takes effect; one
//! that takes effect at its end or later changes nothing in it.

use bellwether_domain::When;

use super::version::{self, Amount, Version};
use super::{Row, Rules, life};
use crate::table::{Column, Table};

/// What a version of a subscription says. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the fields of `domain::record::Subscription` of the same names"
)]
pub struct Subscription {
    pub account: u32,
    pub product: u32,
    pub mrr: Amount,
    pub started: When,
    pub ended: Option<When>,
}

/// A time in which it was paid, and the versions that tell of it: from `first`, before the next stretch's.
struct Stretch {
    from: i64,
    to: i64,
    first: usize,
}

/// Adds the rows of a subscription.
pub fn derive(versions: &mut Vec<Version<Subscription>>, code: u32, rules: &Rules<'_>, rows: &mut Vec<Row>) {
    let start = rows.len();
    let living = version::living(versions);
    let told: Vec<(i64, Subscription)> = living
        .iter()
        .filter_map(|version| Some((version.key.0, version.says?)))
        .collect();
    let stretches = stretches(&told, rules);
    let mut before = i64::MIN;
    for (number, stretch) in stretches.iter().enumerate() {
        let last = stretches.get(number + 1).map_or(told.len(), |next| next.first);
        let from = stretch.from.max(before);
        before = stretch.to;
        let mut at = from;
        for version in stretch.first..last {
            let next = match told.get(version + 1) {
                Some((effective, _)) if version + 1 < last => (*effective).clamp(at, stretch.to.max(at)),
                _ => stretch.to,
            };
            if at < next {
                let row = row(&told[version].1, (at, next), from, code, rules);
                match rows[start..].last_mut() {
                    Some(last) if last.valid_to() == at && last.says_the_same(&row) => {
                        last.set(Column::ValidTo, next);
                    }
                    _ => rows.push(row),
                }
            }
            at = next;
        }
    }
}

fn row(says: &Subscription, (from, to): (i64, i64), started: i64, code: u32, rules: &Rules<'_>) -> Row {
    let mut row = rules.row(Table::Subscriptions, from, to);
    row.set(Column::Subscription, code);
    row.set(Column::Account, says.account);
    row.set(Column::Product, says.product);
    life::put_amount(&mut row, Some(says.mrr));
    row.set(Column::StartedAt, started);
    row
}

fn stretches(told: &[(i64, Subscription)], rules: &Rules<'_>) -> Vec<Stretch> {
    let start_of = |when: When| when.start_in(rules.zone).as_micros();
    let mut stretches: Vec<Stretch> = Vec::new();
    for (first, (_, says)) in told.iter().enumerate() {
        let from = start_of(says.started);
        let to = says.ended.map_or(i64::MAX, start_of);
        match stretches.last_mut() {
            Some(last) if from < last.to || last.from == last.to => (last.from, last.to) = (from, to),
            _ => stretches.push(Stretch { from, to, first }),
        }
    }
    stretches
}
