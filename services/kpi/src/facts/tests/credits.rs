//! Credits: who gets what of a won deal, and whose the deal is.

use super::*;

fn split(stage: u32, minor: i64, credits: &[(u32, i64)]) -> Deal {
    Deal {
        amount: usd(minor),
        credits: credits.to_vec(),
        ..deal(stage)
    }
}

/// Owner, amount, share and whether it is the primary one, of the credits.
fn credits(rows: &[Row]) -> Vec<(i64, i64, i64, i64)> {
    let columns = [Column::Owner, Column::Amount, Column::Share, Column::Primary];
    of(rows, Table::Credits)
        .map(|row| columns.map(|column| row.get(column)).into())
        .collect()
}

fn owners(rows: &[Row], table: Table) -> Vec<i64> {
    of(rows, table).map(|row| row.get(Column::Owner)).collect()
}

#[test]
fn parts_of_a_won_deal_sum_to_it() {
    let thirds = [(4, 333_333), (5, 333_333), (6, 333_334)];
    let rows = rows(vec![version(at(0), 1, split(WON, 100, &thirds))]);
    assert_eq!(
        credits(&rows),
        [(4, 33, 333_333, 0), (5, 33, 333_333, 0), (6, 34, 333_334, 1)]
    );
    assert_eq!(owners(&rows, Table::Closings), [6]);
    assert_eq!(owners(&rows, Table::CreatedDeals), [6]);
    // Of equal shares the first id is the primary one and gets the odd cent.
    let halves = super::rows(vec![version(
        at(0),
        1,
        split(WON, 7, &[(9, 500_000), (3, 500_000)]),
    )]);
    assert_eq!(credits(&halves), [(3, 3, 500_000, 0), (9, 4, 500_000, 1)]);
}

#[test]
fn a_deal_without_a_split_is_its_owners() {
    let rows = rows(vec![version(at(0), 1, deal(WON))]);
    assert_eq!(credits(&rows), [(7, 100, 1_000_000, 1)]);
    let lost = super::rows(vec![version(at(0), 1, split(LOST, 100, &[(4, 1_000_000)]))]);
    assert!(credits(&lost).is_empty());
    assert_eq!(owners(&lost, Table::Closings), [4]);
    let unpriced = Deal {
        amount: None,
        ..split(WON, 0, &[(4, 400_000), (5, 600_000)])
    };
    let unpriced = super::rows(vec![version(at(0), 1, unpriced)]);
    assert_eq!(credits(&unpriced), [(4, NULL, 400_000, 0), (5, NULL, 600_000, 1)]);
    assert!(of(&unpriced, Table::Credits).all(|row| row.get(Column::Currency) == 0));
}

#[test]
fn credits_hold_from_their_version_and_count_at_the_close() {
    let rows = rows(vec![
        version(at(0), 1, deal(ENGAGING)),
        version(at(10), 2, split(ENGAGING, 100, &[(4, 1_000_000)])),
        version(at(20), 3, split(WON, 100, &[(4, 250_000), (5, 750_000)])),
        version(at(30), 4, split(WON, 100, &[(6, 1_000_000)])),
    ]);
    assert_eq!(owners(&rows, Table::OpenDeals), [7, 4]);
    assert_eq!(credits(&rows), [(4, 25, 250_000, 0), (5, 75, 750_000, 1)]);
    assert_eq!(
        owners(&rows, Table::Closings),
        [5],
        "what was split later is not of the close"
    );
    assert_eq!(
        told(&rows, Table::Credits),
        [(20, 9999, WON, 25), (20, 9999, WON, 75)]
    );
}
