//! The largest groups, and all others as one.

use bellwether_domain::ErrorReason;
use proptest::prelude::*;

use super::*;
use crate::scan::fixture::Deal;
use crate::table::{Column, Table};

fn top(ask: Ask, most: usize, by: &str) -> Ask {
    Ask {
        top: Some(Top {
            most,
            by: by.to_owned(),
            range: None,
        }),
        ..ask
    }
}

fn company() -> Fixture {
    let won = |owner, amount| Deal {
        owner,
        ..Deal::won("2017-02-01", amount)
    };
    let lost = |owner| Deal {
        owner,
        ..Deal::lost("2017-02-02", "price")
    };
    Fixture::new(&[
        won("Ann", 50_000),
        lost("Ann"),
        won("Bob", 10_000),
        won("Bob", 20_000),
        won("Cy", 7_000),
        lost("Cy"),
        lost("Cy"),
        won("Dee", 1_000),
        won("", 3_000),
    ])
}

/// As `table`, with the rest by its name.
fn told(fixture: &Fixture, ask: &Ask) -> Vec<String> {
    let line = |row: &Row| {
        let mut names: Vec<&str> = row
            .group
            .iter()
            .map(|(_, name)| name.as_deref().unwrap_or("null"))
            .collect();
        if row.rest {
            names[0] = "rest";
        }
        format!("{} {} {}", names.join("/"), text(row), row.n)
    };
    rows(fixture, ask).iter().map(line).collect()
}

#[test]
fn the_rest_is_counted_anew_from_its_rows() {
    let fixture = company();
    let ask = |kpi: &str| by(ranged(kpi, "2017-01-01", "2018-01-01"), &["owner"]);
    assert_eq!(
        told(&fixture, &top(ask("bookings"), 2, "")),
        ["Ann 500 1", "Bob 300 2", "rest 110 3"]
    );
    // Of Cy's, Dee's and nobody's deals: 3 of 5 won, half of 3 amounts below 30.00. No mean of their rates or medians.
    assert_eq!(
        told(&fixture, &top(ask("win_rate"), 2, "bookings")),
        ["Ann 0.5 2", "Bob 1 2", "rest 0.6 5"]
    );
    assert_eq!(
        told(&fixture, &top(ask("median_deal_size"), 2, "bookings")),
        ["Ann 500 1", "Bob 150 2", "rest 30 3"]
    );
    // Those without an owner are a group like any other; more than there are leave no rest.
    assert_eq!(
        told(&fixture, &top(ask("deals_lost"), 2, "")),
        ["Ann 1 1", "Cy 2 2"]
    );
    assert_eq!(told(&fixture, &top(ask("bookings"), 4, "")).len(), 5);
    assert_eq!(told(&fixture, &top(ask("bookings"), 4, ""))[3], "null 30 1");
    assert_eq!(told(&fixture, &top(ask("bookings"), 9, "")).len(), 5);
}

#[test]
fn the_largest_are_those_of_the_whole_range() {
    let won = |owner, day, amount| Deal {
        owner,
        ..Deal::won(day, amount)
    };
    let fixture = Fixture::new(&[won("Ann", "2017-01-15", 900), won("Bob", "2017-02-15", 500)]);
    let ask = by(ranged("bookings", "2017-01-01", "2017-03-01"), &["owner"]);
    let monthly = cut(top(ask, 1, ""), Grain::Month);
    assert_eq!(
        told(&fixture, &monthly),
        ["Ann 9 1", "rest 0 0", "Ann 0 0", "rest 5 1"]
    );
    // Over a range of its own.
    let february = Ask {
        top: Some(Top {
            most: 1,
            by: String::new(),
            range: Some((Some("2017-02-01".parse().unwrap()), None)),
        }),
        ..monthly
    };
    assert_eq!(
        told(&fixture, &february),
        ["Bob 0 0", "rest 9 1", "Bob 5 1", "rest 0 0"]
    );
}

#[test]
fn only_the_first_dimension_has_a_rest_and_a_cell_of_it_can_be_asked_for() {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    let fixture = company();
    let ask = top(by(asked(&["bookings"]), &["owner", "account"]), 1, "");
    assert_eq!(told(&fixture, &ask), ["Ann/Acme 500 1", "rest/Acme 410 5"]);
    for row in rows(&fixture, &ask) {
        let found = cell(&fixture, &CATALOGUE, &ask, &named(&row), now(), 1).unwrap();
        assert_eq!(format!("{found:?}"), format!("{:?}", Some(&row)));
    }
    let rest = [Named::Rest, Named::Name("Acme".to_owned())];
    let found = contributors(&fixture, &CATALOGUE, &ask, &rest, now(), 1)
        .unwrap()
        .unwrap();
    assert_eq!(found.list.len(), 5);
    let no_rest = [Named::Rest, Named::Missing];
    let plain = by(asked(&["bookings"]), &["owner", "account"]);
    assert!(
        cell(&fixture, &CATALOGUE, &plain, &no_rest, now(), 1)
            .unwrap()
            .is_none()
    );
}

#[test]
fn both_sides_of_a_comparison_have_the_same_groups() {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    let won = |owner, day, amount| Deal {
        owner,
        ..Deal::won(day, amount)
    };
    let fixture = Fixture::new(&[
        won("Ann", "2017-01-15", 100),
        won("Bob", "2017-01-15", 900),
        won("Ann", "2017-02-15", 500),
        won("Bob", "2017-02-15", 200),
    ]);
    let ask = top(
        by(ranged("bookings", "2017-02-01", "2017-03-01"), &["owner"]),
        1,
        "",
    );
    let both = answer_both(&fixture, &CATALOGUE, &ask, &Base::Previous, now(), 1).unwrap();
    let shown: Vec<(bool, String, String)> = both
        .pairs
        .iter()
        .map(|pair| (pair.now.rest, text(&pair.now), text(pair.base.as_ref().unwrap())))
        .collect();
    assert_eq!(
        shown,
        [
            (false, "5".to_owned(), "1".to_owned()),
            (true, "2".to_owned(), "9".to_owned())
        ]
    );
}

#[test]
fn the_largest_are_found_among_more_groups_than_an_answer_holds() {
    let mut fixture = company();
    fixture.morsel = 4_096;
    for account in 0..MOST_ROWS {
        let account = format!("account {account}");
        let told = [(Column::Account, account.as_str()), (Column::Outcome, "lost")];
        fixture.row(Table::Closings, ("2017-02-01", ""), &told);
    }
    let ask = by(asked(&["deals_lost"]), &["account"]);
    assert_eq!(refused(&fixture, &ask).violations[0].field, "group_by");
    assert_eq!(told(&fixture, &top(ask, 1, "")), ["Acme 3 3", "rest 40000 40000"]);
}

#[test]
fn what_cannot_be_ranked_is_refused() {
    let fixture = company();
    let ask = by(asked(&["bookings"]), &["owner"]);
    for (ask, field) in [
        (top(ask.clone(), 0, ""), "top.n"),
        (top(ask.clone(), 1_001, ""), "top.n"),
        (top(asked(&["bookings"]), 3, ""), "top"),
        (top(ask.clone(), 3, "loss_reason_mix"), "top.by"),
    ] {
        let error = refused(&fixture, &ask);
        assert_eq!(
            (error.reason, error.violations[0].field.as_str()),
            (ErrorReason::InvalidField, field)
        );
    }
    assert_eq!(
        refused(&fixture, &top(ask, 3, "bookins")).reason,
        ErrorReason::UnknownKpi
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn groups_and_their_rest_sum_to_the_whole(
        deals in proptest::collection::vec((0..6_usize, 0..3_usize, proptest::option::of(1..500_i64), any::<bool>()), 0..40),
        most in 1..7_usize,
        grained in any::<bool>(),
    ) {
        let deals: Vec<Deal> = deals
            .iter()
            .map(|(owner, day, amount, won)| Deal {
                owner: ["Ann", "Bob", "Cy", "Dee", "Eve", ""][*owner],
                closed: Some(["2017-01-31", "2017-02-01", "2017-03-15"][*day]),
                outcome: if *won { "won" } else { "lost" },
                amount: *amount,
                ..Deal::OPEN
            })
            .collect();
        let fixture = Fixture::new(&deals);
        for kpi in ["deals_won", "bookings", "lost_value"] {
            let ask = ranged(kpi, "2017-01-01", "2017-04-01");
            let ask = if grained { cut(ask, Grain::Month) } else { ask };
            let whole = rows(&fixture, &ask);
            let grouped = rows(&fixture, &top(by(ask, &["owner"]), most, "bookings"));
            for period in &whole {
                let parts = grouped.iter().filter(|row| row.start == period.start);
                let sum: f64 = parts.filter_map(|row| text(row).parse::<f64>().ok()).sum();
                let all = text(period).parse::<f64>().unwrap_or(0.0);
                prop_assert!((sum - all).abs() < 1e-9, "{} {} {}", kpi, sum, all);
            }
            prop_assert!(grouped.iter().filter(|row| row.rest).count() <= whole.len());
        }
    }
}
