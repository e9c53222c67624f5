//! What different tables tell of the same deals, subscriptions and orders, whatever happened to them.

use std::collections::HashMap;

use super::*;
use crate::table::{NULL, Slice};

/// The rows of a table as known at the end: of each the values of some columns.
fn rows<const N: usize>(facts: &TenantFacts, table: Table, columns: [Column; N]) -> Vec<[i64; N]> {
    let mut found = Vec::new();
    facts.scan(table, &columns, None, u64::MAX, &mut |morsel| {
        for row in (0..morsel.rows).filter(|row| morsel.recorded.is_none_or(|known| known[*row])) {
            found.push(std::array::from_fn(|column| match morsel.columns[column] {
                Slice::I64(values) => values[row],
                Slice::I32(values) => values[row].into(),
                Slice::Code(values) => values[row].into(),
                Slice::U8(values) => values[row].into(),
            }));
        }
    });
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn tables_agree_about_deals(steps in prop::collection::vec(step(), 1..80)) {
        let log = log_of(&steps);
        let facts = log.replay(log.changes.len());
        let key = [Column::Deal, Column::ValidFrom, Column::ValidTo];
        // Credits sum to the deal, its owner is the primary one, and there is one.
        let [deal, from, to] = key;
        let mut credited: HashMap<[i64; 3], (i64, i64, Vec<i64>)> = HashMap::new();
        let columns = [deal, from, to, Column::Amount, Column::Share, Column::Owner, Column::Primary];
        for [deal, from, to, amount, share, owner, primary] in rows(&facts, Table::Credits, columns) {
            let one = credited.entry([deal, from, to]).or_default();
            one.0 = if amount == NULL { NULL } else { one.0 + amount };
            one.1 += share;
            one.2.extend((primary != 0).then_some(owner));
        }
        let won = facts.dictionary(Dict::Outcome).code("won").map_or(-1, i64::from);
        let columns = [deal, from, to, Column::Amount, Column::Owner, Column::Outcome];
        for [deal, from, to, amount, owner, outcome] in rows(&facts, Table::Closings, columns) {
            let found = credited.remove(&[deal, from, to]);
            let expected = (outcome == won).then(|| (amount, 1_000_000, vec![owner]));
            prop_assert_eq!(found, expected);
        }
        prop_assert!(credited.is_empty());
        // As of any instant a deal was created once, and won or lost as its closings say.
        let columns = [deal, from, to, Column::Since, Column::WonAt, Column::LostAt];
        let created = rows(&facts, Table::CreatedDeals, columns);
        let columns = [deal, from, to, Column::Outcome];
        let closings = rows(&facts, Table::Closings, columns);
        for day in 0..50 {
            let as_of = hour(day * 24 + 12).as_micros();
            let mut told: HashMap<i64, (i64, i64)> = HashMap::new();
            for [deal, from, to, since, won_at, lost_at] in &created {
                if *from < as_of && as_of <= *to && *since < as_of {
                    let happened = |at: i64| if at < as_of { at } else { NULL };
                    let fate = (happened(*won_at), happened(*lost_at));
                    prop_assert_eq!(told.insert(*deal, fate), None, "deal {} twice as of day {}", deal, day);
                }
            }
            for (deal, (won_at, lost_at)) in told {
                let held = closings.iter().find(|[one, from, to, _]| *one == deal && *from < as_of && as_of <= *to);
                let expected = match held {
                    Some([_, from, _, outcome]) if *outcome == won => (*from, NULL),
                    Some([_, from, ..]) => (NULL, *from),
                    None => (NULL, NULL),
                };
                prop_assert_eq!((won_at, lost_at), expected, "deal {} as of day {}", deal, day);
            }
        }
    }

    #[test]
    fn what_is_paid_at_any_time_is_paid_once_and_lines_sum_to_their_order(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let log = log_of(&steps);
        let facts = log.replay(log.changes.len());
        let columns = [Column::Subscription, Column::ValidFrom, Column::ValidTo, Column::StartedAt];
        let mut paid = rows(&facts, Table::Subscriptions, columns);
        paid.sort_unstable();
        prop_assert!(paid.iter().all(|[_, from, to, started]| started <= from && from < to));
        prop_assert!(paid.windows(2).all(|two| two[0][0] != two[1][0] || two[0][2] <= two[1][1]));
        let columns = [Column::Contract, Column::ValidFrom, Column::ValidTo];
        let mut contracts = rows(&facts, Table::Contracts, columns);
        contracts.sort_unstable();
        let follows = |two: &[[i64; 3]]| {
            two[0][0] != two[1][0] || (two[0][2] == two[1][1] && two[1][2] > two[0][2])
        };
        prop_assert!(contracts.windows(2).all(follows));
        let mut lines: HashMap<i64, i64> = HashMap::new();
        for [order, amount] in rows(&facts, Table::OrderLines, [Column::Order, Column::Amount]) {
            let sum = lines.entry(order).or_default();
            *sum = if amount == NULL { NULL } else { *sum + amount };
        }
        for [order, amount] in rows(&facts, Table::Orders, [Column::Order, Column::Amount]) {
            if let Some(sum) = lines.get(&order).filter(|_| amount != NULL) {
                prop_assert_eq!(*sum, amount);
            }
        }
    }
}
