//! Small histories, written by hand, and the rows that they must give.

mod activities;
mod commerce;
mod credits;
mod deals;
mod holders;
mod leads;
mod stages;

use std::collections::HashMap;

use bellwether_domain::settings::{Settings, StageClass};
use bellwether_domain::{CivilDate, When, Zone};

use super::*;
use crate::table::{Column, EVER, NULL, Table};

const PROSPECTING: u32 = 1;
const ENGAGING: u32 = 2;
const WON: u32 = 3;
const LOST: u32 = 4;
const PAID: u32 = 5;

const DAY: i64 = 86_400_000_000;
/// 2017-01-01.
const YEAR: i32 = 17_167;

/// The day `n` days after 2017-01-01.
fn day(n: i32) -> When {
    When::Day(CivilDate::from_days(YEAR + n))
}

/// Its first instant in UTC.
fn at(n: i32) -> i64 {
    i64::from(YEAR + n) * DAY
}

fn usd(minor: i64) -> Option<Amount> {
    Some(Amount { minor, currency: 1 })
}

fn version<T>(effective: i64, seq: u64, says: T) -> Version<T> {
    Version {
        key: (effective, 0, seq),
        says: Some(says),
    }
}

fn tombstone<T>(effective: i64, seq: u64) -> Version<T> {
    Version {
        key: (effective, 0, seq),
        says: None,
    }
}

fn deal(stage: u32) -> Deal {
    Deal {
        stage,
        owner: 7,
        amount: usd(100),
        created: Some(day(0)),
        ..Deal::default()
    }
}

/// Rules with the five stages above, and what is derived under them.
fn under<T>(zone: &Zone, derive: impl FnOnce(&Rules<'_>) -> T) -> T {
    let meaning = |class, qualifies, index| Meaning {
        class,
        qualifies,
        index,
        probability: NULL,
    };
    let meanings = HashMap::from([
        ((0, PROSPECTING), meaning(StageClass::Open, false, 1)),
        ((0, ENGAGING), meaning(StageClass::Open, true, 2)),
        ((0, WON), meaning(StageClass::Won, false, 3)),
        ((0, LOST), meaning(StageClass::Lost, false, 4)),
        ((0, PAID), meaning(StageClass::Won, false, NULL)),
    ]);
    let settings = Settings {
        zone: zone.clone(),
        ..Settings::default()
    };
    derive(&Rules {
        zone,
        clock: &BusinessClock::new(&settings),
        default_pipeline: 9,
        meanings: &meanings,
    })
}

fn rows_in(zone: &Zone, mut versions: Vec<Version<Deal>>) -> Vec<Row> {
    let mut rows = Vec::new();
    under(zone, |rules| {
        derive_deal(&mut versions, 1, at(500), rules, &mut rows)
    });
    rows
}

fn rows(versions: Vec<Version<Deal>>) -> Vec<Row> {
    rows_in(&Zone::utc(), versions)
}

/// `(from, to, stage, amount)` in days of the rows of a table; 9999 = for ever.
fn told(rows: &[Row], table: Table) -> Vec<(i64, i64, u32, i64)> {
    of(rows, table)
        .map(|row| {
            let stage = u32::try_from(row.get(Column::Stage)).unwrap();
            (
                days(row.valid_from()),
                days(row.valid_to()),
                stage,
                row.get(Column::Amount),
            )
        })
        .collect()
}

/// Days after 2017-01-01; 9999 = for ever, -9999 = from ever or never.
fn days(micros: i64) -> i64 {
    match micros {
        i64::MAX => 9999,
        NULL | EVER => -9999,
        micros => (micros - at(0)) / DAY,
    }
}

fn of(rows: &[Row], table: Table) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| row.table() == table)
}

#[test]
fn a_plain_won_deal() {
    let history = vec![(day(0), ENGAGING), (day(40), WON)];
    let amounts = vec![(day(0), usd(100)), (day(40), usd(80))];
    let won = Deal {
        stages: history,
        amounts,
        closed: Some(day(40)),
        ..deal(WON)
    };
    let rows = rows(vec![version(at(0), 1, won)]);
    assert_eq!(told(&rows, Table::OpenDeals), [(0, 40, ENGAGING, 100)]);
    assert_eq!(told(&rows, Table::Closings), [(40, 9999, WON, 80)]);
    assert_eq!(told(&rows, Table::CreatedDeals), [(0, 9999, ENGAGING, 100)]);
    let closing = of(&rows, Table::Closings).next().unwrap();
    assert_eq!(
        [Column::Cycle, Column::Owner, Column::Pipeline, Column::Day].map(|column| closing.get(column)),
        [40 * DAY, 7, 9, i64::from(YEAR + 40)]
    );
    assert_eq!(
        closing.get(Column::Outcome),
        i64::from(outcome_code(StageClass::Won))
    );
}

#[test]
fn a_deal_known_only_when_won_was_open_before() {
    let rows = rows(vec![version(
        at(0),
        1,
        Deal {
            closed: Some(day(30)),
            ..deal(WON)
        },
    )]);
    assert_eq!(told(&rows, Table::OpenDeals), [(0, 30, 0, 100)]);
    assert_eq!(told(&rows, Table::Closings), [(30, 9999, WON, 100)]);
}

#[test]
fn a_reopened_deal_keeps_its_first_closing_until_then() {
    let history = vec![
        (day(0), ENGAGING),
        (day(10), WON),
        (day(20), PROSPECTING),
        (day(50), LOST),
    ];
    let lost = Deal {
        stages: history,
        closed: Some(day(45)),
        loss_reason: 3,
        ..deal(LOST)
    };
    let rows = rows(vec![version(at(0), 1, lost)]);
    assert_eq!(
        told(&rows, Table::Closings),
        [(10, 20, WON, 100), (45, 9999, LOST, 100)]
    );
    assert_eq!(
        told(&rows, Table::OpenDeals),
        [(0, 10, ENGAGING, 100), (20, 45, PROSPECTING, 100)]
    );
    let reasons: Vec<i64> = of(&rows, Table::Closings)
        .map(|row| row.get(Column::LossReason))
        .collect();
    assert_eq!(reasons, [0, 3]);
}

#[test]
fn the_stated_close_counts_and_is_corrected_by_a_later_version() {
    let open = version(at(0), 1, deal(ENGAGING));
    // Clicked on day 33, with the amount as signed; effective on day 31.
    let won = version(
        at(33),
        2,
        Deal {
            closed: Some(day(31)),
            amount: usd(90),
            ..deal(WON)
        },
    );
    let corrected = version(
        at(60),
        3,
        Deal {
            closed: Some(day(29)),
            amount: usd(90),
            loss_reason: 1,
            ..deal(WON)
        },
    );
    let first = rows(vec![open.clone(), won.clone()]);
    assert_eq!(told(&first, Table::Closings), [(31, 9999, WON, 90)]);
    assert_eq!(told(&first, Table::OpenDeals), [(0, 31, ENGAGING, 100)]);
    let second = rows(vec![corrected, open, won]);
    assert_eq!(told(&second, Table::Closings), [(29, 9999, WON, 90)]);
    assert_eq!(told(&second, Table::OpenDeals), [(0, 29, ENGAGING, 100)]);
}

#[test]
fn versions_reopen_too_and_close_at_the_statement_of_their_time() {
    let versions = vec![
        version(at(0), 1, deal(ENGAGING)),
        version(
            at(10),
            2,
            Deal {
                closed: Some(day(9)),
                ..deal(WON)
            },
        ),
        version(at(20), 3, deal(ENGAGING)),
        version(
            at(40),
            4,
            Deal {
                closed: Some(day(5)),
                ..deal(LOST)
            },
        ),
    ];
    let rows = rows(versions);
    // The second close is stated before the reopening: it counts from there.
    assert_eq!(
        told(&rows, Table::Closings),
        [(9, 20, WON, 100), (20, 9999, LOST, 100)]
    );
    assert_eq!(told(&rows, Table::OpenDeals), [(0, 9, ENGAGING, 100)]);
}

#[test]
fn closed_twice_without_reopening() {
    let history = vec![(day(0), ENGAGING), (day(10), WON), (day(20), LOST)];
    let twice = |closed| Deal {
        stages: history.clone(),
        closed,
        ..deal(LOST)
    };
    let closings = |closed| told(&rows(vec![version(at(0), 1, twice(closed))]), Table::Closings);
    assert_eq!(closings(None), [(10, 20, WON, 100), (20, 9999, LOST, 100)]);
    assert_eq!(closings(Some(day(5))), [(5, 9999, LOST, 100)]);
    assert_eq!(closings(Some(day(-5))), [(0, 9999, LOST, 100)]);
    let history = vec![(day(0), ENGAGING), (day(10), WON), (day(20), PAID)];
    let paid = Deal {
        stages: history,
        ..deal(PAID)
    };
    assert_eq!(
        told(&rows(vec![version(at(0), 1, paid)]), Table::Closings),
        [(10, 9999, WON, 100)]
    );
}

#[test]
fn tombstones_end_a_record_and_versions_after_them_revive_it() {
    let tombstone = tombstone(at(20), 3);
    let open = version(at(0), 1, deal(ENGAGING));
    assert!(rows(vec![open.clone(), tombstone.clone()]).is_empty());
    let revived = version(
        at(30),
        4,
        Deal {
            amount: usd(5),
            ..deal(PROSPECTING)
        },
    );
    let rows = rows(vec![open, revived, tombstone]);
    assert_eq!(told(&rows, Table::OpenDeals), [(0, 9999, PROSPECTING, 5)]);
    assert_eq!(told(&rows, Table::CreatedDeals), [(0, 9999, PROSPECTING, 5)]);
}

#[test]
fn of_equal_keys_the_later_change_counts_whatever_the_order() {
    let versions = vec![
        version(at(0), 9, deal(ENGAGING)),
        version(at(0), 4, deal(PROSPECTING)),
    ];
    assert_eq!(
        told(&rows(versions), Table::OpenDeals),
        [(0, 9999, ENGAGING, 100)]
    );
}

#[test]
fn an_undated_deal_exists_from_its_first_recorded_instant() {
    let rows = rows(vec![version(
        at(0),
        1,
        Deal {
            created: None,
            ..deal(PROSPECTING)
        },
    )]);
    assert_eq!(told(&rows, Table::OpenDeals), [(500, 9999, PROSPECTING, 100)]);
    assert_eq!(told(&rows, Table::CreatedDeals), [(500, 9999, PROSPECTING, 100)]);
}

#[test]
fn qualification_takes_the_place_of_creation() {
    let history = vec![(day(0), PROSPECTING), (day(15), ENGAGING)];
    let amounts = vec![(day(3), usd(50)), (day(15), usd(70))];
    let rows = rows(vec![version(
        at(0),
        1,
        Deal {
            stages: history,
            amounts,
            ..deal(ENGAGING)
        },
    )]);
    assert_eq!(
        told(&rows, Table::CreatedDeals),
        [(0, 15, PROSPECTING, 50), (15, 9999, ENGAGING, 70)]
    );
    let qualified: Vec<(i64, i64)> = of(&rows, Table::OpenDeals)
        .map(|row| (row.get(Column::Amount), row.get(Column::Qualified)))
        .collect();
    assert_eq!(qualified, [(50, 0), (70, 1)]);
}

#[test]
fn amounts_and_owners_split_the_open_interval_and_stay_with_their_history() {
    let amounts = vec![(day(0), usd(10)), (day(5), None), (day(9), usd(30))];
    let owners = vec![(day(0), 1), (day(5), 2)];
    let first = version(
        at(0),
        1,
        Deal {
            amounts,
            owners,
            ..deal(ENGAGING)
        },
    );
    let later = version(
        at(20),
        2,
        Deal {
            amount: usd(40),
            owner: 2,
            ..deal(ENGAGING)
        },
    );
    let rows = rows(vec![first, later]);
    let expected = [
        (0, 5, ENGAGING, 10),
        (5, 9, ENGAGING, NULL),
        (9, 20, ENGAGING, 30),
        (20, 9999, ENGAGING, 40),
    ];
    assert_eq!(told(&rows, Table::OpenDeals), expected);
    let owners: Vec<i64> = of(&rows, Table::OpenDeals)
        .map(|row| row.get(Column::Owner))
        .collect();
    assert_eq!(owners, [1, 2, 2, 2]);
}

#[test]
fn days_are_the_same_in_every_zone() {
    let history = vec![(day(0), ENGAGING), (day(90), WON)];
    let won = || {
        vec![version(
            at(0),
            1,
            Deal {
                stages: history.clone(),
                closed: Some(day(90)),
                ..deal(WON)
            },
        )]
    };
    let utc = rows(won());
    let york = rows_in(&Zone::named("America/New_York").unwrap(), won());
    let days = |rows: &[Row]| {
        rows.iter()
            .map(|row| (row.table(), row.day(), row.get(Column::Cycle)))
            .collect::<Vec<_>>()
    };
    assert_eq!(days(&utc), days(&york));
    assert_eq!(
        york[0].valid_from() - utc[0].valid_from(),
        4 * 3_600_000_000,
        "daylight saving time began"
    );
}

#[test]
fn won_lines_hold_while_the_closing_does() {
    let line = |product, amount| Line {
        product,
        family: 1,
        units: 2_000_000,
        amount,
    };
    let lines = vec![line(1, usd(30)), line(2, usd(60)), line(3, None)];
    let history = vec![(day(0), ENGAGING), (day(10), WON), (day(20), ENGAGING)];
    let rows = rows(vec![version(
        at(0),
        1,
        Deal {
            lines,
            stages: history,
            ..deal(ENGAGING)
        },
    )]);
    let parts: Vec<_> = of(&rows, Table::WonLines)
        .map(|row| {
            let [product, amount, units] =
                [Column::Product, Column::Amount, Column::Units].map(|column| row.get(column));
            (product, amount, units, row.valid_to())
        })
        .collect();
    assert_eq!(
        parts,
        [
            (1, 30, 2_000_000, at(20)),
            (2, 60, 2_000_000, at(20)),
            (3, 10, 2_000_000, at(20))
        ]
    );
    let main = of(&rows, Table::Closings).next().unwrap();
    assert_eq!(
        (main.get(Column::Product), main.get(Column::ProductFamily)),
        (2, 1)
    );
}

#[test]
fn a_stated_close_without_a_creation_counts_on_its_day_and_has_no_cycle() {
    let undated = Deal {
        created: None,
        closed: Some(day(40)),
        ..deal(WON)
    };
    let found = rows(vec![version(at(500), 1, undated)]);
    let closing = of(&found, Table::Closings).next().unwrap();
    assert_eq!(
        (
            closing.valid_from(),
            closing.get(Column::Cycle),
            closing.get(Column::Amount)
        ),
        (at(40), NULL, 100)
    );
    let bare = Deal {
        created: None,
        ..deal(PROSPECTING)
    };
    let found = rows(vec![version(at(500), 1, bare)]);
    assert_eq!(
        told(&found, Table::OpenDeals)[0].0,
        500,
        "it exists from its recorded instant"
    );
}
