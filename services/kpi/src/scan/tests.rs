//! What a scan counts does not depend on how it goes about it.

use proptest::prelude::*;

use super::fixture::{Deal, Fixture};
use super::*;
use crate::expr::{BoundFilter, BoundValue};
use crate::table::Dict;

/// Won amounts and counts by owner and month-like windows, with values kept.
fn scan_of(fixture: &Fixture, owners: u64) -> TableScan {
    let columns = [
        Column::ValidFrom,
        Column::ValidTo,
        Column::Owner,
        Column::Outcome,
        Column::Amount,
        Column::Currency,
        Column::Day,
    ];
    let numbers = (0..fixture.dictionary(Dict::Rep).len())
        .map(|code| u32::try_from(code).unwrap())
        .collect();
    let won = fixture.dictionary(Dict::Outcome).code("won").unwrap_or(0);
    let windows: Vec<(i64, i64)> = ["2017-01-01", "2017-02-01", "2017-03-01", "2017-04-01"]
        .windows(2)
        .map(|pair| (fixture.micros(pair[0]), fixture.micros(pair[1])))
        .collect();
    let task = |collect| Task {
        filters: vec![BoundFilter::Code { column: 3, code: won }],
        quantity: Quantity::Number(BoundValue::Column(4)),
        keep: if collect { Keep::Values } else { Keep::Sum },
        money: Some(MoneyBy {
            currency: 5,
            home: fixture.dictionary(Dict::Currency).code("USD").unwrap_or(u32::MAX),
            day: Some(6),
        }),
    };
    TableScan {
        table: Table::Closings,
        columns: columns.to_vec(),
        cuts: vec![Cut {
            axis: Axis::Windows(Windows::new(&windows)),
            periods: 3,
            dimensions: vec![(Lookup::Code { column: 2, numbers }, owners)],
            filters: Vec::new(),
            due: None,
            valid: (0, 1),
            since: None,
            tasks: vec![task(false), task(true)],
        }],
    }
}

/// Open deals by owner at some instants.
fn stock_of(fixture: &Fixture, points: Vec<i64>) -> TableScan {
    let mut scan = scan_of(fixture, fixture.dictionary(Dict::Rep).len() as u64);
    scan.table = Table::OpenDeals;
    let cut = &mut scan.cuts[0];
    cut.periods = points.len() as u64;
    cut.axis = Axis::Points(points);
    for task in &mut cut.tasks {
        task.filters.clear();
    }
    scan
}

fn sorted(mut counted: Vec<Vec<Counted>>) -> String {
    let mut text = String::new();
    for task in counted.iter_mut().flatten() {
        let values = task.values.map(|cell, mut values| {
            values.sort_unstable();
            (cell, values)
        });
        task.foreign.values.sort_unstable();
        let mut cells: Vec<_> = task.cells.iter().collect();
        cells.sort_unstable_by_key(|(cell, _)| **cell);
        let mut sums: Vec<_> = task.foreign.sums.iter().collect();
        sums.sort_unstable();
        text.push_str(&format!(
            "{cells:?} {values:?} {:?} {sums:?} {:?}\n",
            task.codes, task.foreign.values
        ));
    }
    text
}

fn deals() -> impl Strategy<Value = Vec<Deal>> {
    let deal = (
        0..5_usize,
        0..3_usize,
        0..3_usize,
        proptest::option::of(-500_i64..500),
        0..2_usize,
    )
        .prop_map(|(day, outcome, owner, amount, currency)| Deal {
            closed: Some(
                [
                    "2017-01-01",
                    "2017-01-31",
                    "2017-02-01",
                    "2017-03-31",
                    "2017-04-01",
                ][day],
            ),
            outcome: ["won", "lost", "no_decision"][outcome],
            owner: ["Ann", "Bob", ""][owner],
            amount,
            currency: ["USD", "EUR"][currency],
            ..Deal::OPEN
        });
    proptest::collection::vec(deal, 0..60)
}

proptest! {
    #[test]
    fn order_morsels_threads_and_the_kind_of_cells_do_not_matter(deals in deals(), morsel in 1..20_usize) {
        let mut fixture = Fixture::new(&deals);
        let owners = fixture.dictionary(Dict::Rep).len() as u64;
        let as_of = fixture.micros("2018-01-01");
        let run = |fixture: &Fixture, threads, owners| {
            sorted(run_on(fixture, &scan_of(fixture, owners), 10, as_of, threads).unwrap())
        };
        let expected = run(&fixture, 1, owners);
        fixture.morsel = morsel;
        prop_assert_eq!(&run(&fixture, 4, owners), &expected);
        // So many groups that cells stand in a map; they are numbered the same, as there is one dimension.
        prop_assert_eq!(&run(&fixture, 2, 1 << 20), &expected);
        prop_assert_eq!(&run(&fixture.reversed(), 3, owners), &expected);
    }

    #[test]
    fn one_instant_counts_as_it_does_among_others(deals in deals(), hours in 0..2_400_i64) {
        let fixture = Fixture::new(&deals);
        let after = fixture.micros("2016-12-31");
        // Also exactly when deals are created and closed.
        let at = after + hours / 6 * 6 * 3_600_000_000;
        let run = |points| run(&fixture, &stock_of(&fixture, points), 10, i64::MAX, 1).unwrap();
        let (alone, among) = (run(vec![at]), run(vec![after, at]));
        for (alone, among) in alone[0].iter().zip(&among[0]) {
            let second = |cell: u64| (cell % 2 == 1).then_some(cell / 2);
            let cells = among.cells.iter().filter_map(|(cell, acc)| Some((second(*cell)?, *acc)));
            prop_assert_eq!(&cells.collect::<CellMap<_>>(), &alone.cells);
        }
    }
}

#[test]
fn a_failing_expression_fails_the_scan() {
    let fixture = Fixture::new(&[Deal::won("2017-01-05", 100)]);
    let mut scan = scan_of(&fixture, 2);
    let filter = crate::expr::filter(Table::Closings, "100 / (amount - 100) > 1").unwrap();
    let mut layout = crate::expr::Layout::default();
    for column in &scan.columns {
        layout.place(*column);
    }
    scan.cuts[0].tasks[0].filters = vec![filter.bind(&mut layout, &|dict| fixture.dictionary(dict))];
    let error = run(&fixture, &scan, 10, i64::MAX, 2).unwrap_err();
    assert!(error.message.contains("zero"), "{}", error.message);
}
