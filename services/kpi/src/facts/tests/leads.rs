//! What becomes of leads, and when they are answered.

use super::*;
use bellwether_domain::Instant;

const HOUR: i64 = DAY / 24;

fn lead() -> Lead {
    Lead {
        source: 1,
        owner: 7,
        created: Some(day(1)),
        ..Lead::default()
    }
}

/// The rows of the lead 1 with activities that answer it, its first change recorded on day 500.
fn rows_of(zone: &Zone, mut versions: Vec<Version<Lead>>, answers: &[i64]) -> Vec<Row> {
    let mut rows = Vec::new();
    let answers = answers.iter().copied();
    under(zone, |rules| {
        derive_lead(&mut versions, 1, at(500), answers, rules, &mut rows)
    });
    rows
}

fn of_versions(versions: Vec<Version<Lead>>) -> Vec<Row> {
    rows_of(&Zone::utc(), versions, &[])
}

/// `(from, to, step, next, reason)`.
fn steps(rows: &[Row]) -> Vec<(i64, i64, i64, i64, i64)> {
    of(rows, Table::LeadSteps)
        .map(|row| {
            let [step, reason] = [Column::Step, Column::DisqualifyReason].map(|column| row.get(column));
            let next = days(row.get(Column::NextAt));
            (days(row.valid_from()), days(row.valid_to()), step, next, reason)
        })
        .collect()
}

/// `(created, mql, sql, converted, disqualified, responded)`.
fn story(rows: &[Row]) -> [i64; 6] {
    let row = of(rows, Table::Leads).next().unwrap();
    let columns = [
        Column::ValidFrom,
        Column::MqlAt,
        Column::SqlAt,
        Column::ConvertedAt,
        Column::DisqualifiedAt,
        Column::RespondedAt,
    ];
    columns.map(|column| days(row.get(column)))
}

const NEVER: i64 = -9999;

#[test]
fn the_newest_version_says_when_steps_were_taken() {
    let first = Lead {
        mql: Some(day(4)),
        ..lead()
    };
    let second = Lead {
        mql: Some(day(3)),
        converted: Some(day(20)),
        ..lead()
    };
    let rows = of_versions(vec![version(at(1), 1, first), version(at(9), 2, second)]);
    assert_eq!(story(&rows), [1, 3, NEVER, 20, NEVER, NEVER]);
    // From mql straight to conversion: the step between is passed.
    assert_eq!(steps(&rows), [(3, 9999, 1, 20, 0), (20, 9999, 3, NEVER, 0)]);
}

#[test]
fn steps_before_creation_count_at_creation_and_a_step_back_in_time_at_its_step() {
    let odd = Lead {
        mql: Some(day(-5)),
        sql: Some(day(9)),
        converted: Some(day(6)),
        ..lead()
    };
    let rows = of_versions(vec![version(at(1), 1, odd)]);
    assert_eq!(story(&rows)[..4], [1, 1, 9, 6]);
    assert_eq!(
        steps(&rows),
        [(1, 9999, 1, 6, 0), (6, 9999, 3, NEVER, 0), (9, 9999, 2, 9, 0)]
    );
}

#[test]
fn a_lead_that_names_its_opportunity_was_converted_when_it_first_did() {
    let converted = Lead {
        has_deal: true,
        ..lead()
    };
    let versions = |last: Lead| {
        vec![
            version(at(1), 1, lead()),
            version(at(5), 2, converted),
            version(at(8), 3, lead()),
            version(at(12), 4, converted),
            version(at(30), 5, last),
        ]
    };
    assert_eq!(story(&of_versions(versions(converted)))[3], 12);
    assert_eq!(story(&of_versions(versions(lead())))[3], NEVER);
    assert_eq!(story(&of_versions(vec![version(at(400), 1, converted)]))[3], 1);
}

#[test]
fn a_lead_is_disqualified_while_a_reason_is_given() {
    let because = |disqualify_reason| Lead {
        disqualify_reason,
        ..lead()
    };
    let mut versions = vec![
        version(at(1), 1, lead()),
        version(at(5), 2, because(3)),
        version(at(7), 3, because(4)),
        version(at(9), 4, lead()),
    ];
    let rows = of_versions(versions.clone());
    assert_eq!(story(&rows)[4], NEVER);
    assert_eq!(
        steps(&rows),
        [(5, 9, 4, NEVER, 4)],
        "as of day 8 it was, and is no more"
    );
    versions.push(version(at(15), 5, because(6)));
    let rows = of_versions(versions);
    assert_eq!(story(&rows)[4], 15);
    assert_eq!(
        of(&rows, Table::Leads)
            .next()
            .unwrap()
            .get(Column::DisqualifyReason),
        6
    );
    assert_eq!(steps(&rows), [(5, 9, 4, NEVER, 4), (15, 9999, 4, NEVER, 6)]);
}

#[test]
fn a_lead_is_told_by_what_it_was_created_with_or_what_came_first() {
    let first = Lead { owner: 0, ..lead() };
    let assigned = Lead {
        owner: 8,
        source: 2,
        campaign: 5,
        ..lead()
    };
    let passed_on = Lead {
        owner: 9,
        mql: Some(day(25)),
        ..assigned
    };
    let rows = of_versions(vec![
        version(at(1), 1, first),
        version(at(3), 2, assigned),
        version(at(20), 3, passed_on),
    ]);
    let told = |table| {
        let row = of(&rows, table).next().unwrap();
        [Column::Owner, Column::Source, Column::Campaign].map(|column| row.get(column))
    };
    assert_eq!(told(Table::Leads), [8, 1, 5]);
    assert_eq!(told(Table::LeadSteps), [9, 2, 5], "a step by what held then");
}

#[test]
fn an_undated_lead_exists_from_what_is_told_of_it() {
    let undated = Lead {
        created: None,
        sql: Some(day(40)),
        ..lead()
    };
    assert_eq!(
        story(&of_versions(vec![version(at(0), 1, undated)]))[..3],
        [40, NEVER, 40]
    );
    let bare = Lead {
        created: None,
        ..lead()
    };
    assert_eq!(story(&of_versions(vec![version(at(0), 1, bare)]))[0], 500);
    let later = Lead {
        sql: Some(day(600)),
        ..bare
    };
    assert_eq!(
        story(&of_versions(vec![version(at(0), 1, later)]))[..3],
        [500, NEVER, 600]
    );
}

#[test]
fn the_first_answer_at_or_after_creation_counts_in_working_time() {
    // Created on Monday 2017-01-02 at 16:30 in New York, answered the next morning at 09:15.
    let zone = Zone::named("America/New_York").unwrap();
    let created = at(1) + 21 * HOUR + HOUR / 2;
    let instant = Lead {
        created: Some(When::At(Instant::from_micros(created))),
        ..lead()
    };
    let answered = |answers: &[i64]| {
        let rows = rows_of(&zone, vec![version(at(0), 1, instant)], answers);
        let row = of(&rows, Table::Leads).next().unwrap();
        let business = row.get(Column::RespondedBusiness);
        let waited = (business != NULL).then(|| (business - row.get(Column::CreatedBusiness)) / (HOUR / 60));
        (row.get(Column::RespondedAt), waited)
    };
    let morning = at(2) + 14 * HOUR + HOUR / 4;
    assert_eq!(answered(&[]), (NULL, None));
    assert_eq!(answered(&[at(9), morning, created - 1]), (morning, Some(45)));
    assert_eq!(answered(&[created]), (created, Some(0)));
    // The activity is dated by the day of creation, which began before the lead was there.
    let midnight = at(1) + 5 * HOUR;
    assert_eq!(answered(&[midnight, morning]), (created, Some(0)));
    assert_eq!(
        answered(&[midnight - DAY]),
        (NULL, None),
        "the day before does not count"
    );
}

#[test]
fn a_deleted_lead_leaves_no_rows() {
    assert!(of_versions(vec![version(at(1), 1, lead()), tombstone(at(2), 2)]).is_empty());
    let again = Lead {
        created: Some(day(9)),
        ..lead()
    };
    let rows = of_versions(vec![
        version(at(1), 1, lead()),
        tombstone(at(2), 2),
        version(at(9), 3, again),
    ]);
    assert_eq!(story(&rows)[0], 9);
}
