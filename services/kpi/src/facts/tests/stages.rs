//! Stays in stages, expected closes and forecast categories.

use super::*;

/// `(from, left, advanced, stage, next stage, outcome, first)` of the stays, as they are told in the end.
fn stays(rows: &[Row]) -> Vec<(i64, i64, i64, [i64; 4])> {
    let columns = [Column::Stage, Column::NextStage, Column::Outcome, Column::First];
    of(rows, Table::StageSpells)
        .filter(|row| row.valid_to() == i64::MAX)
        .map(|row| {
            let (left, advanced) = (row.get(Column::LeftAt), row.get(Column::AdvancedAt));
            let words = columns.map(|column| row.get(column));
            (days(row.valid_from()), days(left), days(advanced), words)
        })
        .collect()
}

fn through(stages: Vec<(When, u32)>) -> Vec<Row> {
    let last = stages[stages.len() - 1].1;
    rows(vec![version(at(0), 1, Deal { stages, ..deal(last) })])
}

const P: i64 = PROSPECTING as i64;
const E: i64 = ENGAGING as i64;

#[test]
fn a_stage_lasts_until_the_next_or_the_close() {
    let history = vec![(day(0), PROSPECTING), (day(10), ENGAGING), (day(40), WON)];
    let won = through(history);
    assert_eq!(
        stays(&won),
        [(0, 10, 10, [P, E, 0, 1]), (10, 40, 40, [E, WON.into(), 1, 1])]
    );
    let first = of(&won, Table::StageSpells).next().unwrap();
    let told = [Column::Owner, Column::Pipeline, Column::StageIndex].map(|column| first.get(column));
    assert_eq!(told, [7, 9, 1]);
    let open = through(vec![(day(0), ENGAGING)]);
    assert_eq!(stays(&open), [(0, -9999, -9999, [E, 0, 0, 1])]);
    let lost = through(vec![(day(0), ENGAGING), (day(5), LOST)]);
    assert_eq!(
        stays(&lost),
        [(0, 5, -9999, [E, LOST.into(), 2, 1])],
        "the lost do not advance"
    );
}

#[test]
fn steps_back_do_not_undo_an_advance_and_a_return_is_no_first_time() {
    let history = vec![
        (day(0), ENGAGING),
        (day(10), PROSPECTING),
        (day(20), ENGAGING),
        (day(30), ENGAGING),
    ];
    assert_eq!(
        stays(&through(history)),
        [
            (0, 10, -9999, [E, P, 0, 1]),
            (10, 20, 20, [P, E, 0, 1]),
            (20, -9999, -9999, [E, 0, 0, 0]),
        ],
        "an entry into the same stage again is no new stay"
    );
}

#[test]
fn a_skipped_stage_counts_as_passed_and_a_reopening_begins_a_new_stay() {
    let history = vec![(day(0), PROSPECTING), (day(10), WON), (day(20), PROSPECTING)];
    assert_eq!(
        stays(&through(history)),
        [
            (0, 10, 10, [P, WON.into(), 1, 1]),
            (20, -9999, -9999, [P, 0, 0, 0])
        ]
    );
}

#[test]
fn a_stay_ends_at_the_stated_close_and_there_is_none_in_an_unknown_stage() {
    let open = version(at(0), 1, deal(ENGAGING));
    let won = Deal {
        closed: Some(day(31)),
        ..deal(WON)
    };
    let rows = super::rows(vec![open, version(at(33), 2, won.clone())]);
    assert_eq!(stays(&rows), [(0, 31, 31, [E, WON.into(), 1, 1])]);
    assert!(stays(&super::rows(vec![version(at(0), 1, won)])).is_empty());
}

#[test]
fn two_entries_of_one_day_are_the_later_one() {
    let history = vec![(day(0), PROSPECTING), (day(5), ENGAGING), (day(5), PROSPECTING)];
    assert_eq!(stays(&through(history)), [(0, -9999, -9999, [P, 0, 0, 1])]);
}

#[test]
fn expected_closes_and_categories_cut_what_is_open() {
    let first = Deal {
        expectations: vec![(day(0), Some(day(30))), (day(10), None), (day(15), Some(day(60)))],
        expected: Some(day(60)),
        category: 2,
        ..deal(ENGAGING)
    };
    let later = Deal {
        expectations: Vec::new(),
        category: 5,
        ..first.clone()
    };
    let rows = rows(vec![version(at(0), 1, first), version(at(20), 2, later)]);
    let open: Vec<_> = of(&rows, Table::OpenDeals)
        .map(|row| {
            let expected = days(row.get(Column::ExpectedDay));
            (
                days(row.valid_from()),
                days(row.valid_to()),
                expected,
                row.get(Column::Category),
            )
        })
        .collect();
    assert_eq!(
        open,
        [
            (0, 10, 30, 2),
            (10, 15, -9999, 2),
            (15, 20, 60, 2),
            (20, 9999, 60, 5)
        ]
    );
    assert_eq!(
        stays(&rows),
        [(0, -9999, -9999, [E, 0, 0, 1])],
        "they are no stays of their own"
    );
}
