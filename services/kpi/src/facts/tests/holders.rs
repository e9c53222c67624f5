//! Quotas and employment: intervals, and how later versions cut them.

use super::*;

fn quota(minor: i64) -> Quota {
    Quota {
        owner: 7,
        team: 0,
        start: YEAR,
        end: YEAR + 90,
        amount: usd(minor),
        count: NULL,
    }
}

/// `(from, to, amount)`.
fn quotas(mut versions: Vec<Version<Quota>>) -> Vec<(i64, i64, i64)> {
    let mut rows = Vec::new();
    under(&Zone::utc(), |rules| {
        derive_quota(&mut versions, 3, rules, &mut rows)
    });
    for row in &rows {
        assert_eq!(
            [Column::Quota, Column::Owner].map(|column| row.get(column)),
            [3, 7]
        );
        assert!(row.get(Column::StartDay) < row.get(Column::EndDay));
    }
    rows.iter()
        .map(|row| {
            (
                days(row.valid_from()),
                days(row.valid_to()),
                row.get(Column::Amount),
            )
        })
        .collect()
}

#[test]
fn a_quota_holds_over_its_days_whenever_it_is_stated() {
    for stated in [-100, 0, 20, 400] {
        assert_eq!(quotas(vec![version(at(stated), 1, quota(100))]), [(0, 90, 100)]);
    }
    assert!(quotas(vec![version(at(0), 1, quota(100)), tombstone(at(10), 2)]).is_empty());
    let empty = Quota {
        end: YEAR,
        ..quota(1)
    };
    assert!(quotas(vec![version(at(0), 1, empty)]).is_empty());
}

#[test]
fn a_change_within_the_period_holds_from_then_on_and_one_after_it_corrects_the_end() {
    let first = || version(at(0), 1, quota(100));
    let second = || version(at(30), 2, quota(120));
    assert_eq!(quotas(vec![second(), first()]), [(0, 30, 100), (30, 90, 120)]);
    let unchanged = version(at(40), 3, quota(120));
    assert_eq!(
        quotas(vec![first(), second(), unchanged]),
        [(0, 30, 100), (30, 90, 120)]
    );
    let late = || version(at(200), 4, quota(150));
    assert_eq!(quotas(vec![first(), late()]), [(0, 90, 150)]);
    assert_eq!(
        quotas(vec![first(), second(), late()]),
        [(0, 30, 100), (30, 90, 150)]
    );
    let longer = Quota {
        end: YEAR + 120,
        ..quota(160)
    };
    assert_eq!(
        quotas(vec![first(), version(at(60), 5, longer)]),
        [(0, 60, 100), (60, 120, 160)]
    );
}

/// `(from, to, role, started)`.
fn employment(mut versions: Vec<Version<Employment>>) -> Vec<(i64, i64, i64, i64)> {
    let mut rows = Vec::new();
    under(&Zone::utc(), |rules| {
        derive_employment(&mut versions, 7, rules, &mut rows)
    });
    rows.iter()
        .map(|row| {
            assert_eq!(row.get(Column::Owner), 7);
            let started = days(row.get(Column::StartedAt));
            (
                days(row.valid_from()),
                days(row.valid_to()),
                row.get(Column::Role),
                started,
            )
        })
        .collect()
}

#[test]
fn employment_ends_after_its_last_day_and_is_cut_by_roles() {
    let from = |role, start: Option<i32>, end: Option<i32>| Employment {
        role,
        sales_model: 1,
        start: start.map(|day| YEAR + day),
        end: end.map(|day| YEAR + day),
    };
    let first = |role, start, end| vec![version(at(0), 1, from(role, start, end))];
    assert_eq!(employment(first(1, Some(5), None)), [(5, 9999, 1, 5)]);
    assert_eq!(employment(first(1, Some(5), Some(9))), [(5, 10, 1, 5)]);
    assert_eq!(employment(first(1, None, Some(9))), [(-9999, 10, 1, -9999)]);
    assert!(employment(first(1, Some(9), Some(5))).is_empty());
    let mut versions = first(1, Some(5), None);
    versions.push(version(at(20), 2, from(2, Some(4), None)));
    assert_eq!(
        employment(versions.clone()),
        [(4, 20, 1, 4), (20, 9999, 2, 4)],
        "the newest version says when it began"
    );
    versions.push(version(at(50), 3, from(3, Some(4), Some(39))));
    assert_eq!(
        employment(versions.clone()),
        [(4, 20, 1, 4), (20, 40, 2, 4)],
        "the third role came too late"
    );
    versions.push(tombstone(at(60), 4));
    assert!(employment(versions).is_empty());
}
