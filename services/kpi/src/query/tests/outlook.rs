//! What is said to come and what became of it, worked out by hand: forecast categories, weighted pipeline, cohorts and
//! curves of deals, dates that move, forecasts against what came.

use super::saas::sample;
use super::*;
use crate::table::{Column, Table};

const QUARTER: (&str, &str) = ("2017-01-01", "2017-04-01");

fn same(fixture: &Fixture, (from, to): (&str, &str), known: &[(&str, &str, u64)]) {
    for (kpi, expected, n) in known {
        let found = value(fixture, &ranged(kpi, from, to));
        assert_eq!(found, ((*expected).to_owned(), *n), "{kpi}");
    }
}

fn row(fixture: &mut Fixture, table: Table, spell: (&str, &str), told: &[(Column, &str)]) {
    fixture.row(table, spell, told);
}

#[test]
fn forecasts_add_what_is_open_in_a_category_to_what_is_won() {
    let mut fixture = Fixture::new(&[]);
    for (deal, category, cents, expected) in [
        ("D1", "commit", "10000", "2017-03-15"),
        ("D2", "most_likely", "2000", "2017-02-15"),
        ("D3", "best_case", "300", ""),
        ("D4", "pipeline", "40", "2017-03-31"),
        ("D5", "", "5", "2017-03-31"),
        ("D6", "omitted", "70000", "2017-03-31"),
        // Of the quarter after.
        ("D7", "commit", "900000", "2017-04-01"),
    ] {
        let told = [
            (Column::Deal, deal),
            (Column::Category, category),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
            (Column::ExpectedDay, expected),
        ];
        row(&mut fixture, Table::OpenDeals, ("2016-12-01", ""), &told);
    }
    let won = [
        (Column::Deal, "D8"),
        (Column::Owner, "Ann"),
        (Column::Outcome, "won"),
        (Column::Amount, "100000"),
        (Column::Currency, "USD"),
        (Column::Primary, "1"),
    ];
    row(&mut fixture, Table::Credits, ("2017-02-01", ""), &won);
    let known = [
        ("open_commit_value", "100", 1),
        ("open_most_likely_value", "20", 1),
        ("open_best_case_value", "3", 1),
        ("open_pipeline_only_value", "0.45", 2),
        ("open_omitted_value", "700", 1),
        ("forecast_commit", "1100", 1),
        ("forecast_most_likely", "1120", 2),
        ("forecast_best_case", "1123", 3),
        ("forecast_pipeline", "1123.45", 5),
    ];
    same(&fixture, QUARTER, &known);
}

#[test]
fn a_stage_weighs_as_many_deals_as_were_won_from_it() {
    let mut fixture = Fixture::new(&[]);
    for (deal, stage, cents, probability) in [
        ("A", "Offer", "10000", "900000"),
        ("B", "Offer", "30000", ""),
        ("C", "Talk", "5000", "200000"),
        ("D", "Talk", "4000", "100000"),
        ("E", "Talk", "1000", ""),
    ] {
        let told = [
            (Column::Deal, deal),
            (Column::Stage, stage),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
            (Column::Probability, probability),
        ];
        row(&mut fixture, Table::OpenDeals, ("2017-01-01", ""), &told);
    }
    // Of Offer 24 deals are closed, 15 of them won; of Talk 19, all won: too few to tell.
    for number in 0..43 {
        let stage = if number < 24 { "Offer" } else { "Talk" };
        let won = !(15..24).contains(&number);
        let deal = format!("P{number}");
        let end = if won { Column::WonAt } else { Column::LostAt };
        let told = [
            (Column::Deal, &*deal),
            (Column::Stage, stage),
            (Column::First, "1"),
            (end, "2017-02-10"),
        ];
        row(&mut fixture, Table::StageSpells, ("2016-08-01", ""), &told);
    }
    // Not closed yet by then, a second visit, and one of long ago.
    for (from, first, won) in [
        ("2016-08-01", "1", "2017-05-01"),
        ("2016-08-01", "0", "2017-01-05"),
        ("2015-08-01", "1", "2016-01-05"),
    ] {
        let told = [
            (Column::Deal, "X"),
            (Column::Stage, "Offer"),
            (Column::First, first),
            (Column::WonAt, won),
        ];
        row(&mut fixture, Table::StageSpells, (from, ""), &told);
    }
    // 400 x 15/24, and of Talk 50 x 20 % + 40 x 10 %.
    same(
        &fixture,
        QUARTER,
        &[
            ("weighted_pipeline", "264", 2),
            ("weighted_pipeline_crm", "104", 3),
        ],
    );
}

/// Deal, entered, won, lost.
const COHORT: [(&str, &str, &str, &str); 5] = [
    ("D1", "2017-01-01", "2017-01-31", ""),
    ("D2", "2017-01-01", "", "2017-02-10"),
    ("D3", "2017-01-01", "2017-03-02", ""),
    ("D4", "2017-01-01", "", ""),
    ("D5", "2017-01-11", "", ""),
];

#[test]
fn deals_are_followed_from_their_entry_on() {
    let mut fixture = Fixture::new(&[]);
    for (deal, entered, won, lost) in COHORT {
        let told = [(Column::Deal, deal), (Column::WonAt, won), (Column::LostAt, lost)];
        row(&mut fixture, Table::CreatedDeals, (entered, ""), &told);
    }
    let january = ("2017-01-01", "2017-02-01");
    // By the end of 2017 all 180 days are over: two of five were won.
    let known = [
        ("win_rate_cohort", "0.4", 5),
        ("win_rate_cohort_maturity", "1", 5),
        ("win_curve_90", "0.4", 5),
        ("win_curve_180", "0.4", 5),
    ];
    same(&fixture, january, &known);
    let interval = rows(&fixture, &ranged("win_rate_cohort", january.0, january.1))[0]
        .interval
        .clone();
    assert_eq!(interval, bellwether_stats::wilson(2, 5));
    // On 1 July the four of the first day are 181 days old, the fifth 171.
    let early = |kpi| value(&fixture, &as_of(ranged(kpi, january.0, january.1), "2017-06-30"));
    assert_eq!(early("win_rate_cohort"), ("0.5".to_owned(), 4));
    assert_eq!(early("win_rate_cohort_maturity").0, "0.8");
    let nothing = Fixture::new(&[]);
    for kpi in ["win_rate_cohort", "win_curve_90"] {
        assert_eq!(
            value(&nothing, &ranged(kpi, january.0, january.1)).0,
            "no_created_deals"
        );
    }
}

#[test]
fn dates_move_to_both_sides() {
    let mut fixture = Fixture::new(&[]);
    for (deal, from, to, expected, pushes) in [
        // Pushed by 30 and by 61 days.
        ("P1", "2016-12-01", "2017-02-01", "2017-03-20", "0"),
        ("P1", "2017-02-01", "", "2017-04-19", "1"),
        ("P2", "2016-12-01", "2017-03-15", "2017-03-01", "2"),
        ("P2", "2017-03-15", "", "2017-05-01", "3"),
        // Moved within the quarter.
        ("P3", "2016-12-01", "2017-01-15", "2017-01-31", "0"),
        ("P3", "2017-01-15", "", "2017-02-28", "1"),
        // Expected later: pulled in, won early, left as it was.
        ("L1", "2016-12-01", "2017-03-01", "2017-06-01", "0"),
        ("L1", "2017-03-01", "", "2017-03-30", "0"),
        ("L2", "2016-12-01", "2017-02-20", "2017-05-01", "0"),
        ("L3", "2016-12-01", "", "2017-05-01", "0"),
    ] {
        let told = [
            (Column::Deal, deal),
            (Column::Amount, "10000"),
            (Column::Currency, "USD"),
            (Column::ExpectedDay, expected),
            (Column::Pushes, pushes),
        ];
        row(&mut fixture, Table::OpenDeals, (from, to), &told);
    }
    for (deal, day, cents) in [("L2", "2017-02-20", "12000"), ("P9", "2017-02-21", "7000")] {
        let told = [
            (Column::Deal, deal),
            (Column::Outcome, "won"),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
        ];
        row(&mut fixture, Table::Closings, (day, ""), &told);
    }
    let known = [
        ("push_days", "45.5", 2),
        ("push_rate", "0.666666666666666667", 3),
        ("pull_in_rate", "0.666666666666666667", 3),
        // 1, 3, 1 and twice 0 over P1, P2, P3, L1 and L3.
        ("pushes_per_deal", "1", 5),
        ("open_deals_pushed_often", "0.2", 5),
        ("pipeline_yield", "0", 3),
    ];
    same(&fixture, QUARTER, &known);
    // Of the first half year all six are due: 600, and 120 of it came.
    same(
        &fixture,
        ("2017-01-01", "2017-07-01"),
        &[("pipeline_yield", "0.2", 6)],
    );
    same(
        &fixture,
        ("2017-07-01", "2018-01-01"),
        &[("coverage_needed", "5", 6)],
    );
    same(
        &fixture,
        ("2017-04-01", "2017-07-01"),
        &[("coverage_needed", "no_won_deals", 3)],
    );
}

#[test]
fn forecasts_are_held_against_what_came() {
    let mut fixture = Fixture::new(&[]);
    for (month, error, actual, inside) in [
        ("2017-01-01", "20000000", "100000000", "1000000"),
        ("2017-02-01", "-30000000", "150000000", "0"),
        ("2017-03-01", "0", "50000000", "1000000"),
    ] {
        sample(&mut fixture, "forecast.error", month, error);
        sample(&mut fixture, "forecast.actual", month, actual);
        sample(&mut fixture, "forecast.inside", month, inside);
    }
    let known = [
        // 20 + 30 of 300, and 20 - 30.
        ("forecast_wape", "0.166666666666666667", 3),
        ("forecast_bias", "-0.0333333333333333333", 3),
        ("forecast_coverage", "0.666666666666666667", 3),
    ];
    same(&fixture, QUARTER, &known);
    let interval = rows(&fixture, &ranged("forecast_coverage", QUARTER.0, QUARTER.1))[0]
        .interval
        .clone();
    assert_eq!(interval, bellwether_stats::wilson(2, 3));
    let nothing = Fixture::new(&[]);
    for kpi in ["forecast_wape", "forecast_bias", "forecast_coverage"] {
        assert_eq!(
            value(&nothing, &ranged(kpi, QUARTER.0, QUARTER.1)).0,
            "no_samples",
            "{kpi}"
        );
    }
}
