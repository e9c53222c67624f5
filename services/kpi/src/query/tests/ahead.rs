//! Known answers, worked out by hand, of the KPIs that look ahead or at people: what is due, pushed and covered, stages,
//! quotas, reps, buyers.

use bellwether_domain::CivilDate;

use super::*;
use crate::scan::fixture::Deal;
use crate::table::{Column, Table};

const QUARTER: (&str, &str) = ("2017-01-01", "2017-04-01");

fn quarter(kpi: &str) -> Ask {
    ranged(kpi, QUARTER.0, QUARTER.1)
}

fn january(kpi: &str) -> Ask {
    ranged(kpi, "2017-01-01", "2017-02-01")
}

/// Deal, open from and to, cents, expected close.
type Open = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const OPEN: [Open; 8] = [
    // Due at the start of the quarter: won, pushed in March, left to lie, lost.
    ("D1", "2016-12-01", "2017-02-10", "10000", "2017-02-15"),
    ("D2", "2016-12-01", "2017-03-15", "20000", "2017-03-01"),
    ("D2", "2017-03-15", "", "20000", "2017-05-01"),
    ("D3", "2016-12-01", "", "30000", "2017-03-20"),
    ("D4", "2016-12-01", "2017-01-20", "40000", "2017-01-31"),
    // Without a date, and two that came in later.
    ("D5", "2016-12-01", "", "5000", ""),
    ("D6", "2017-02-01", "", "7000", "2017-03-10"),
    ("D7", "2017-01-05", "2017-03-01", "9000", "2017-02-28"),
];

/// Ann won 100 with D1 and 90 with D7; her quota of the quarter is 100. Bob's is 40, their team's 140.
fn firm() -> Fixture {
    let mut fixture = Fixture::new(&[]);
    for (deal, from, to, cents, expected) in OPEN {
        let told = [
            (Column::Deal, deal),
            (Column::Owner, "Ann"),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
            (Column::ExpectedDay, expected),
        ];
        fixture.row(Table::OpenDeals, (from, to), &told);
        if !(deal == "D2" && to.is_empty()) {
            fixture.row(Table::CreatedDeals, (from, ""), &told[..4]);
        }
    }
    for (deal, closed, cents, outcome) in [
        ("D1", "2017-02-10", "10000", "won"),
        ("D7", "2017-03-01", "9000", "won"),
        ("D4", "2017-01-20", "40000", "lost"),
    ] {
        let told = [
            (Column::Deal, deal),
            (Column::Owner, "Ann"),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
            (Column::Outcome, outcome),
        ];
        fixture.row(Table::Closings, (closed, ""), &told);
        if outcome == "won" {
            fixture.row(Table::Credits, (closed, ""), &told);
        }
    }
    let day = |text: &str| text.parse::<CivilDate>().unwrap().days().to_string();
    for (owner, team, cents) in [("Ann", "", "10000"), ("Bob", "", "4000"), ("", "East", "14000")] {
        let told = [
            (Column::Owner, owner),
            (Column::Team, team),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
            (Column::StartDay, &day(QUARTER.0)),
            (Column::EndDay, &day(QUARTER.1)),
        ];
        fixture.row(Table::Quotas, QUARTER, &told);
    }
    // What the east is to win is what Ann and Bob are to, not as much again.
    fixture.in_team("Ann", "East");
    fixture.in_team("Bob", "East");
    for (owner, from, to) in [
        ("Ann", "2016-01-01", ""),
        ("Bob", "2016-01-01", "2017-02-15"),
        ("Cy", "2017-05-01", ""),
    ] {
        fixture.row(Table::Employment, (from, to), &[(Column::Owner, owner)]);
    }
    for number in 0..5 {
        let told = [
            (Column::Activity, format!("A{number}")),
            (Column::Completed, "1".to_owned()),
        ];
        let told: Vec<(Column, &str)> = told
            .iter()
            .map(|(column, text)| (*column, text.as_str()))
            .collect();
        fixture.row(Table::Activities, ("2017-02-01", ""), &told);
    }
    fixture
}

fn same(fixture: &Fixture, known: &[(&str, &str, u64)]) {
    for (kpi, expected, n) in known {
        assert_eq!(
            value(fixture, &quarter(kpi)),
            ((*expected).to_owned(), *n),
            "{kpi}"
        );
    }
}

#[test]
fn what_is_due_moves_or_does_not() {
    let known = [
        // At the end D2, D3, D5 and D6 are open; D3 and D6 are late, D5 has no date.
        ("pipeline_value_due", "420", 3),
        ("open_deals_overdue", "0.5", 4),
        ("open_deals_undated", "0.25", 4),
        ("push_rate", "0.25", 4),
        ("slip_rate", "0.5", 4),
        ("created_and_won", "90", 1),
    ];
    same(&firm(), &known);
    let interval = rows(&firm(), &quarter("push_rate"))[0].interval.clone();
    assert_eq!(interval, bellwether_stats::wilson(1, 4));
    let nothing = Fixture::new(&[]);
    let empty = [
        ("pipeline_value_due", "0", 0),
        ("open_deals_overdue", "no_open_deals", 0),
        ("open_deals_undated", "no_open_deals", 0),
        ("push_rate", "no_base", 0),
        ("slip_rate", "no_base", 0),
        ("created_and_won", "0", 0),
        ("pipeline_coverage", "no_quota", 0),
    ];
    same(&nothing, &empty);
}

#[test]
fn quotas_are_spread_over_their_days_and_a_teams_own_counts_before_its_reps() {
    let known = [
        ("quota", "140", 1),
        ("quota_attainment", "1.35714285714285714", 1),
        ("reps_attaining", "0.5", 2),
        ("bookings_per_rep", "95", 2),
        ("activities_per_rep", "2.5", 2),
        // 140 are to be won, 190 were.
        ("pipeline_coverage", "quota_met", 3),
    ];
    same(&firm(), &known);
    // Of January: 31 of 90 days of 140 are 48.22, nothing is won yet, and only D5 is due.
    assert_eq!(value(&firm(), &january("quota")), ("48.22".to_owned(), 1));
    // By owner those of reps are told apart.
    let by_owner = by(january("quota"), &["owner"]);
    assert_eq!(
        table(&firm(), &by_owner),
        ["2017-01-01 Ann 34.44 1", "2017-01-01 Bob 13.78 1"]
    );
    assert_eq!(
        value(&firm(), &january("pipeline_coverage")),
        ("1.03691414350891746".to_owned(), 1)
    );
    let nothing = Fixture::new(&[Deal::won("2017-02-01", 100)]);
    let empty = [
        ("quota", "no_quota", 0),
        ("quota_attainment", "no_quota", 0),
        ("reps_attaining", "no_quota", 0),
        ("bookings_per_rep", "no_reps", 0),
        ("activities_per_rep", "no_reps", 0),
    ];
    same(&nothing, &empty);
}

#[test]
fn stages_are_told_one_by_one() {
    let mut fixture = Fixture::new(&[]);
    for (deal, stage, from, left, advanced) in [
        ("D1", "Talk", "2017-01-02", "2017-01-12", "2017-01-12"),
        ("D1", "Offer", "2017-01-12", "2017-02-11", "2017-02-11"),
        // Lost from there, and there still.
        ("D2", "Talk", "2017-01-03", "2017-02-02", ""),
        ("D3", "Talk", "2017-01-04", "", ""),
    ] {
        let told = [
            (Column::Deal, deal),
            (Column::Stage, stage),
            (Column::LeftAt, left),
            (Column::AdvancedAt, advanced),
            (Column::First, "1"),
        ];
        fixture.row(Table::StageSpells, (from, ""), &told);
    }
    assert_eq!(
        table(&fixture, &january("stage_conversion")),
        ["2017-01-01 Offer 1 1", "2017-01-01 Talk 0.333333333333333333 3"]
    );
    assert_eq!(
        table(&fixture, &january("time_in_stage")),
        ["2017-01-01 Offer 30 1", "2017-01-01 Talk 30 3"]
    );
    let early = as_of(january("time_in_stage"), "2017-01-20");
    assert_eq!(
        table(&fixture, &early),
        ["2017-01-01 Offer not_reached 1", "2017-01-01 Talk not_reached 3"]
    );
}

#[test]
fn buyers_are_accounts() {
    let of = |account| Deal {
        account,
        ..Deal::won("2017-02-01", 100)
    };
    let fixture = Fixture::new(&[
        of("Acme"),
        of("Acme"),
        of("Bolt"),
        of(""),
        Deal::lost("2017-02-01", ""),
    ]);
    let known = [
        ("customers_won", "2", 2),
        ("purchase_frequency", "1.5", 2),
        ("repeat_buyers", "0.5", 2),
    ];
    same(&fixture, &known);
    let empty = [
        ("customers_won", "0", 0),
        ("purchase_frequency", "no_won_deals", 0),
        ("repeat_buyers", "no_won_deals", 0),
    ];
    same(&Fixture::new(&[]), &empty);
}
