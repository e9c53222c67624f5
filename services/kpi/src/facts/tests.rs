//! Small histories, written by hand, and the rows that they must give.

use std::collections::HashMap;

use bellwether_domain::settings::StageClass;
use bellwether_domain::{CivilDate, When, Zone};

use super::*;
use crate::table::{NULL, Table};

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

fn version(effective: i64, seq: u64, deal: Deal) -> Version {
    Version {
        key: (effective, 0, seq),
        deal: Some(deal),
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

fn rows_in(zone: &Zone, mut versions: Vec<Version>) -> Vec<Row> {
    let meaning = |class, qualifies| Meaning { class, qualifies };
    let meanings = HashMap::from([
        ((0, PROSPECTING), meaning(StageClass::Open, false)),
        ((0, ENGAGING), meaning(StageClass::Open, true)),
        ((0, WON), meaning(StageClass::Won, false)),
        ((0, LOST), meaning(StageClass::Lost, false)),
        ((0, PAID), meaning(StageClass::Won, false)),
    ]);
    let rules = Rules {
        zone,
        default_pipeline: 9,
        meanings: &meanings,
    };
    let mut rows = Vec::new();
    derive(&mut versions, 1, at(500), &rules, &mut rows);
    rows
}

fn rows(versions: Vec<Version>) -> Vec<Row> {
    rows_in(&Zone::utc(), versions)
}

/// `(from, to, stage, amount)` in days of the rows of a table; 9999 = for ever.
fn told(rows: &[Row], table: Table) -> Vec<(i64, i64, u32, i64)> {
    let days = |micros: i64| {
        if micros == i64::MAX {
            9999
        } else {
            (micros - at(0)) / DAY
        }
    };
    rows.iter()
        .filter(|row| row.table == table)
        .map(|row| (days(row.valid_from), days(row.valid_to), row.stage, row.amount))
        .collect()
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
    let closing = rows.iter().find(|row| row.table == Table::Closings).unwrap();
    assert_eq!(
        (closing.cycle, closing.owner, closing.pipeline, closing.day),
        (40 * DAY, 7, 9, YEAR + 40)
    );
    assert_eq!(closing.outcome, outcome_code(StageClass::Won));
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
    let reasons: Vec<u32> = rows
        .iter()
        .filter(|row| row.table == Table::Closings)
        .map(|row| row.loss_reason)
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
    let tombstone = Version {
        key: (at(20), 0, 3),
        deal: None,
    };
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
    let qualified: Vec<(i64, u8)> = rows
        .iter()
        .filter(|row| row.table == Table::OpenDeals)
        .map(|row| (row.amount, row.qualified))
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
    let owners: Vec<u32> = rows
        .iter()
        .filter(|row| row.table == Table::OpenDeals)
        .map(|row| row.owner)
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
            .map(|row| (row.table, row.day, row.cycle))
            .collect::<Vec<_>>()
    };
    assert_eq!(days(&utc), days(&york));
    assert_eq!(
        york[0].valid_from - utc[0].valid_from,
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
    let lines: Vec<_> = rows.iter().filter(|row| row.table == Table::WonLines).collect();
    let parts: Vec<_> = lines
        .iter()
        .map(|row| (row.product, row.amount, row.units, row.valid_to))
        .collect();
    assert_eq!(
        parts,
        [
            (1, 30, 2_000_000, at(20)),
            (2, 60, 2_000_000, at(20)),
            (3, 10, 2_000_000, at(20))
        ]
    );
    let main = rows.iter().find(|row| row.table == Table::Closings).unwrap();
    assert_eq!((main.product, main.product_family), (2, 1));
}

#[test]
fn a_stated_close_without_a_creation_counts_on_its_day_and_has_no_cycle() {
    let undated = Deal {
        created: None,
        closed: Some(day(40)),
        ..deal(WON)
    };
    let found = rows(vec![version(at(500), 1, undated)]);
    let closing = found.iter().find(|row| row.table == Table::Closings).unwrap();
    assert_eq!(
        (closing.valid_from, closing.cycle, closing.amount),
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
