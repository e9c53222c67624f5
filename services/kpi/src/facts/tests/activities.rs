//! Activities: what a row says, and which ones answer a lead.

use super::*;

fn call(at: When) -> Activity {
    Activity {
        activity_type: 1,
        rep: 7,
        lead: 4,
        deal: 5,
        account: 6,
        at,
        duration: 60_000_000,
        completed: true,
        direction: OUTBOUND,
        automatic: false,
        outcome: 3,
    }
}

#[test]
fn the_newest_version_says_when_it_took_place() {
    let moved = Activity {
        completed: false,
        ..call(day(8))
    };
    let mut versions = vec![version(at(9), 2, moved), version(at(3), 1, call(day(3)))];
    let mut rows = Vec::new();
    let zone = Zone::named("Asia/Kathmandu").unwrap();
    let newest = under(&zone, |rules| derive_activity(&mut versions, 2, rules, &mut rows));
    assert_eq!((newest, rows.len()), (Some(moved), 1));
    let start = at(8) - (5 * 60 + 45) * 60_000_000;
    assert_eq!(
        (rows[0].valid_from(), rows[0].valid_to(), rows[0].day()),
        (start, i64::MAX, YEAR + 8)
    );
    let columns = [
        Column::Activity,
        Column::Owner,
        Column::Lead,
        Column::Deal,
        Column::Account,
        Column::ActivityType,
        Column::Direction,
        Column::ActivityOutcome,
        Column::Automatic,
        Column::Completed,
        Column::Duration,
    ];
    assert_eq!(
        columns.map(|column| rows[0].get(column)),
        [2, 7, 4, 5, 6, 1, 2, 3, 0, 0, 60_000_000]
    );
    versions.push(tombstone(at(9), 3));
    rows.clear();
    assert_eq!(
        under(&zone, |rules| derive_activity(&mut versions, 2, rules, &mut rows)),
        None
    );
    assert!(rows.is_empty());
}

#[test]
fn only_what_a_person_did_of_their_own_accord_is_an_answer() {
    let call = call(day(1));
    assert!(call.answers());
    let planned = Activity {
        completed: false,
        ..call
    };
    let machine = Activity {
        automatic: true,
        ..call
    };
    let inbound = Activity { direction: 1, ..call };
    let unknown = Activity { direction: 0, ..call };
    assert!(![planned, machine, inbound, unknown].iter().any(Activity::answers));
}
