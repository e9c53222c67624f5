//! What deals say of themselves besides money and stages, and what became of the ones created.

use super::*;

/// The values of some columns of the rows of a table, instants in days.
fn table<const N: usize>(rows: &[Row], table: Table, columns: [Column; N]) -> Vec<[i64; N]> {
    of(rows, table)
        .map(|row| columns.map(|column| row.get(column)))
        .collect()
}

#[test]
fn price_term_and_competitor_are_told_as_they_stood() {
    let first = Deal {
        list_amount: usd(130),
        term: Some(12),
        contacts: Some(0),
        competitor: 4,
        probability: Some(250_000),
        ..deal(ENGAGING)
    };
    let later = Deal {
        amount: usd(90),
        discount: usd(35),
        probability: None,
        stage: WON,
        closed: Some(day(9)),
        ..first.clone()
    };
    let rows = rows(vec![version(at(0), 1, first), version(at(9), 2, later)]);
    let columns = [
        Column::Amount,
        Column::ListAmount,
        Column::Discount,
        Column::Term,
        Column::Contacts,
        Column::Competitor,
    ];
    assert_eq!(
        (
            table(&rows, Table::OpenDeals, columns),
            table(&rows, Table::Closings, columns)
        ),
        (vec![[100, 130, 30, 12, 0, 4]], vec![[90, 130, 35, 12, 0, 4]])
    );
    assert_eq!(table(&rows, Table::OpenDeals, [Column::Probability]), [[250_000]]);
    assert_eq!(table(&rows, Table::Closings, [Column::CreatedAt]), [[at(0)]]);
    let foreign = Deal {
        list_amount: Some(Amount {
            minor: 130,
            currency: 2,
        }),
        ..deal(ENGAGING)
    };
    let rows = super::rows(vec![version(at(0), 1, foreign)]);
    assert_eq!(
        table(&rows, Table::OpenDeals, [Column::ListAmount, Column::Discount]),
        [[NULL, NULL]],
        "one currency a row"
    );
}

#[test]
fn the_chance_is_the_stages_where_the_source_tells_none() {
    let mut rows = Vec::new();
    let settings = Settings::default();
    let chance = |probability| Meaning {
        class: StageClass::Open,
        qualifies: false,
        index: 1,
        probability,
    };
    let meanings = HashMap::from([((0, PROSPECTING), chance(100_000)), ((0, ENGAGING), chance(NULL))]);
    let rules = Rules {
        zone: &Zone::utc(),
        clock: &BusinessClock::new(&settings),
        default_pipeline: 0,
        meanings: &meanings,
    };
    let mut versions = vec![
        version(at(0), 1, deal(PROSPECTING)),
        version(at(5), 2, deal(ENGAGING)),
    ];
    derive_deal(&mut versions, 1, at(500), &rules, &mut rows);
    assert_eq!(
        table(&rows, Table::OpenDeals, [Column::Probability]),
        [[100_000], [NULL]]
    );
}

#[test]
fn each_move_of_the_close_to_a_later_day_is_a_push() {
    let moved = Deal {
        expectations: vec![
            (day(0), Some(day(30))),
            (day(2), Some(day(40))),
            (day(4), Some(day(35))),
            (day(6), None),
            (day(8), Some(day(50))),
            (day(10), Some(day(60))),
        ],
        expected: Some(day(60)),
        ..deal(ENGAGING)
    };
    let rows = rows(vec![version(at(0), 1, moved)]);
    assert_eq!(
        table(&rows, Table::OpenDeals, [Column::Pushes]),
        [[0], [1], [1], [1], [1], [2]],
        "undated in between is no push"
    );
}

#[test]
fn a_win_taken_back_is_told_only_as_of_before() {
    let history = |stages: Vec<(When, u32)>, stage| Deal {
        stages,
        ..deal(stage)
    };
    let stages = vec![
        (day(0), PROSPECTING),
        (day(10), WON),
        (day(20), PROSPECTING),
        (day(30), LOST),
    ];
    let rows = rows(vec![version(at(0), 1, history(stages, LOST))]);
    let columns = [
        Column::ValidFrom,
        Column::ValidTo,
        Column::Since,
        Column::WonAt,
        Column::LostAt,
    ];
    let told = table(&rows, Table::CreatedDeals, columns).into_iter();
    let told: Vec<_> = told.map(|row| row.map(days)).collect();
    assert_eq!(
        told,
        [[0, 20, -9999, 10, -9999], [0, 9999, 20, -9999, 30]],
        "from, to, since, won, lost"
    );
    // As of any instant one row tells of the creation.
    let seen = |as_of: i64| {
        let holds = |row: &&Row| {
            row.valid_from() < as_of && as_of <= row.valid_to() && row.get(Column::Since) < as_of
        };
        of(&rows, Table::CreatedDeals).filter(holds).count()
    };
    assert!((1..60).all(|day| seen(at(day)) == 1));
    let spells = table(&rows, Table::StageSpells, columns).into_iter();
    let spells: Vec<_> = spells.map(|row| row.map(days)).collect();
    assert_eq!(
        spells,
        [
            [0, 20, -9999, 10, -9999],
            [0, 9999, 20, -9999, 30],
            [20, 9999, -9999, -9999, 30]
        ]
    );
}

#[test]
fn a_deal_that_was_qualified_later_tells_its_end_from_there() {
    let qualified = Deal {
        qualified: Some(day(5)),
        stage: LOST,
        closed: Some(day(9)),
        stages: vec![(day(0), PROSPECTING), (day(9), LOST)],
        ..deal(LOST)
    };
    let rows = rows(vec![version(at(0), 1, qualified)]);
    let columns = [Column::ValidFrom, Column::ValidTo, Column::LostAt, Column::Since];
    let told = table(&rows, Table::CreatedDeals, columns).into_iter();
    let told: Vec<_> = told.map(|row| row.map(days)).collect();
    assert_eq!(told, [[0, 5, -9999, -9999], [5, 9999, 9, -9999]]);
}
