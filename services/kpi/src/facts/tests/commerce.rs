//! Subscriptions, contracts, orders, spend and samples, written by hand.

use super::*;

fn subscription(minor: i64, from: i32, to: Option<i32>) -> Subscription {
    Subscription {
        account: 2,
        product: 3,
        mrr: Amount { minor, currency: 1 },
        started: day(from),
        ended: to.map(day),
    }
}

/// From, to and amount of the rows of a subscription.
fn paid(mut versions: Vec<Version<Subscription>>) -> Vec<(i64, i64, i64)> {
    let mut rows = Vec::new();
    under(&Zone::utc(), |rules| {
        derive_subscription(&mut versions, 1, rules, &mut rows)
    });
    assert!(rows.is_sorted());
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
fn the_monthly_amount_changes_when_a_version_takes_effect() {
    let versions = vec![
        // The first version holds from the start, whenever it took effect.
        version(at(3), 1, subscription(100, 0, None)),
        version(at(31), 2, subscription(150, 0, None)),
        version(at(59), 3, subscription(150, 0, Some(90))),
    ];
    assert_eq!(paid(versions.clone()), [(0, 31, 100), (31, 90, 150)]);
    let late = version(at(20), 4, subscription(120, 0, None));
    let mut turned: Vec<_> = versions.into_iter().chain([late]).collect();
    turned.reverse();
    assert_eq!(paid(turned), [(0, 20, 100), (20, 31, 120), (31, 90, 150)]);
}

#[test]
fn what_takes_effect_at_the_end_changes_nothing_before_it() {
    let ended = version(at(60), 2, subscription(0, 0, Some(60)));
    assert_eq!(
        paid(vec![version(at(0), 1, subscription(100, 0, None)), ended.clone()]),
        [(0, 60, 100)]
    );
    let noticed_late = version(at(75), 2, subscription(0, 0, Some(60)));
    assert_eq!(
        paid(vec![version(at(0), 1, subscription(100, 0, None)), noticed_late]),
        [(0, 60, 100)]
    );
    assert_eq!(paid(vec![version(at(0), 1, subscription(100, 5, Some(5)))]), []);
    assert_eq!(
        paid(vec![version(at(0), 1, subscription(0, 5, None))]),
        [(5, 9999, 0)],
        "a trial is a row of nothing"
    );
}

#[test]
fn a_later_start_leaves_what_was_paid_before() {
    let versions = vec![
        version(at(0), 1, subscription(100, 0, Some(60))),
        version(at(90), 2, subscription(80, 90, None)),
        version(at(120), 3, subscription(90, 90, None)),
    ];
    assert_eq!(paid(versions), [(0, 60, 100), (90, 120, 80), (120, 9999, 90)]);
    let prolonged = vec![
        version(at(0), 1, subscription(100, 0, Some(60))),
        version(at(50), 2, subscription(100, 0, Some(120))),
    ];
    assert_eq!(paid(prolonged), [(0, 120, 100)]);
    let gone = vec![
        version(at(0), 1, subscription(100, 0, None)),
        tombstone(at(50), 2),
    ];
    assert_eq!(paid(gone), []);
}

#[test]
fn a_contract_is_told_over_time_and_its_checks_on_their_due_day() {
    let draft = Contract {
        account: 2,
        deal: 3,
        term: Some(12),
        checks: vec![Check {
            check: 1,
            due: YEAR + 20,
            done: None,
        }],
        ..Contract::default()
    };
    let signed = Contract {
        signed: Some(day(10)),
        document: true,
        checks: vec![
            Check {
                check: 1,
                due: YEAR + 20,
                done: Some(YEAR + 20),
            },
            Check {
                check: 2,
                due: YEAR + 30,
                done: Some(YEAR + 31),
            },
        ],
        ..draft.clone()
    };
    let mut versions = vec![version(at(5), 1, draft), version(at(12), 2, signed)];
    let mut rows = Vec::new();
    let zone = Zone::named("America/New_York").unwrap();
    under(&zone, |rules| {
        derive_contract(&mut versions, 9, at(500), rules, &mut rows)
    });
    let five_hours = 5 * 3_600_000_000;
    let told: Vec<_> = of(&rows, Table::Contracts)
        .map(|row| {
            (
                row.valid_from(),
                row.valid_to(),
                row.get(Column::SignedAt),
                row.get(Column::Document),
            )
        })
        .collect();
    let signed_at = at(10) + five_hours;
    assert_eq!(
        told,
        [(at(5), at(12), signed_at, 0), (at(12), i64::MAX, signed_at, 1)]
    );
    let checks: Vec<_> = of(&rows, Table::ContractChecks)
        .map(|row| {
            (
                row.valid_from(),
                row.day(),
                row.get(Column::Check),
                row.get(Column::DoneAt),
                row.get(Column::InTime),
                row.get(Column::Deal),
            )
        })
        .collect();
    assert_eq!(
        checks,
        [
            (at(21) + five_hours - 1, YEAR + 20, 1, at(20) + five_hours, 1, 3),
            (at(31) + five_hours - 1, YEAR + 30, 2, at(31) + five_hours, 0, 3)
        ]
    );
    assert!(rows.is_sorted());
}

fn ordered(order_type: u32, revenue: Option<Amount>) -> Vec<Row> {
    let line = |product, amount| Line {
        product,
        family: 0,
        units: 2_000_000,
        amount,
    };
    let says = Order {
        account: 2,
        deal: 0,
        order_type,
        at: day(4),
        revenue,
        lines: vec![line(5, usd(60)), line(6, None)],
    };
    let mut rows = Vec::new();
    let mut versions = vec![version(at(9), 1, says)];
    under(&Zone::utc(), |rules| {
        derive_order(&mut versions, 1, rules, &mut rows)
    });
    rows
}

#[test]
fn a_credit_note_takes_back_what_its_lines_say() {
    let told = |rows: &[Row]| -> Vec<(Table, i64, i64, i64)> {
        let of = |row: &Row| {
            (
                row.table(),
                row.get(Column::Product),
                row.get(Column::Amount),
                row.get(Column::Units),
            )
        };
        rows.iter().map(of).collect()
    };
    assert_eq!(
        told(&ordered(2, usd(100))),
        [
            (Table::Orders, 0, 100, 0),
            (Table::OrderLines, 5, 60, 2_000_000),
            (Table::OrderLines, 6, 40, 2_000_000)
        ]
    );
    assert_eq!(
        told(&ordered(CREDIT_NOTE, usd(100))),
        [
            (Table::Orders, 0, -100, 0),
            (Table::OrderLines, 5, -60, -2_000_000),
            (Table::OrderLines, 6, -40, -2_000_000)
        ]
    );
    let unknown = ordered(1, None);
    assert_eq!(
        (unknown[0].get(Column::Amount), unknown[0].get(Column::Currency)),
        (NULL, 0)
    );
    assert!(unknown.iter().all(|row| row.valid_from() == at(4)));
}

#[test]
fn spend_and_samples_are_as_their_newest_version_says() {
    let spend = |minor| Spend {
        category: 1,
        channel: 2,
        campaign: 3,
        amount: Amount { minor, currency: 1 },
        start: YEAR,
        end: YEAR + 31,
    };
    let mut versions = vec![version(at(40), 2, spend(500)), version(at(0), 1, spend(300))];
    let mut rows = Vec::new();
    under(&Zone::utc(), |rules| {
        derive_spend(&mut versions, 1, rules, &mut rows)
    });
    assert_eq!(told(&rows, Table::Spend), [(0, 31, 0, 500)]);
    let sample = Sample {
        metric: 1,
        owner: 2,
        account: 0,
        product: 0,
        channel: 3,
        campaign: 0,
        source: 0,
        team: 4,
        at: day(7),
        value: -1_500_000,
        weight: 1_000_000,
    };
    let mut versions = vec![
        version(at(7), 1, sample),
        tombstone(at(9), 3),
        version(at(8), 2, sample),
    ];
    let mut rows = Vec::new();
    under(&Zone::utc(), |rules| {
        derive_sample(&mut versions, 1, rules, &mut rows)
    });
    assert!(rows.is_empty(), "taken back");
    let mut versions = vec![version(at(7), 1, sample)];
    under(&Zone::utc(), |rules| {
        derive_sample(&mut versions, 1, rules, &mut rows)
    });
    let columns = [
        Column::Metric,
        Column::Owner,
        Column::Team,
        Column::Value,
        Column::Weight,
    ];
    assert_eq!(
        (
            days(rows[0].valid_from()),
            columns.map(|column| rows[0].get(column))
        ),
        (7, [1, 2, 4, -1_500_000, 1_000_000])
    );
}
