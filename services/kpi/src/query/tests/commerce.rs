//! What follows a win and how records are kept, worked out by hand: contracts, orders, discounts, hygiene, accounts.

use super::*;
use crate::scan::fixture::Deal;
use crate::table::{Column, Table};

const QUARTER: (&str, &str) = ("2017-01-01", "2017-04-01");

fn same(fixture: &Fixture, known: &[(&str, &str, u64)]) {
    for (kpi, expected, n) in known {
        let found = value(fixture, &ranged(kpi, QUARTER.0, QUARTER.1));
        assert_eq!(found, ((*expected).to_owned(), *n), "{kpi}");
    }
}

#[test]
fn contracts_are_complete_when_signed_and_on_file() {
    let mut fixture = Fixture::new(&[]);
    for deal in ["D1", "D2", "D3", "D4"] {
        let told = [(Column::Deal, deal), (Column::Outcome, "won")];
        fixture.row(Table::Closings, ("2017-02-01", ""), &told);
    }
    for (contract, deal, signed, document) in [
        ("C1", "D1", "2017-02-03", "1"),
        ("C2", "D2", "2017-02-03", "0"),
        // Signed in April, not signed, and of no deal.
        ("C3", "D3", "2017-04-02", "1"),
        ("C4", "D4", "", "0"),
        ("C5", "", "2017-01-05", "1"),
    ] {
        let told = [
            (Column::Contract, contract),
            (Column::Deal, deal),
            (Column::SignedAt, signed),
            (Column::Document, document),
        ];
        fixture.row(Table::Contracts, ("2017-01-02", ""), &told);
    }
    for (check, due, in_time) in [
        ("credit", "2017-02-10", "1"),
        ("terms", "2017-03-10", "0"),
        ("tax", "2017-04-10", "1"),
    ] {
        let told = [
            (Column::Contract, "C1"),
            (Column::Check, check),
            (Column::InTime, in_time),
        ];
        fixture.row(Table::ContractChecks, (due, ""), &told);
    }
    let known = [
        ("deals_contracted", "0.25", 4),
        ("contracts_complete", "0.4", 5),
        ("checks_on_time", "0.5", 2),
    ];
    same(&fixture, &known);
    let none = [
        ("deals_contracted", "no_won_deals", 0),
        ("contracts_complete", "no_contracts", 0),
        ("checks_on_time", "no_checks", 0),
    ];
    same(&Fixture::new(&[]), &none);
}

#[test]
fn revenue_is_what_orders_bring_less_what_is_given_back() {
    let mut fixture = Fixture::new(&[]);
    for (order, account, kind, day, cents) in [
        ("O1", "Acme", "order", "2016-12-10", "10000"),
        ("O2", "Acme", "order", "2017-01-10", "12000"),
        ("O3", "Acme", "invoice", "2017-02-10", "6000"),
        ("O4", "Bolt", "order", "2017-03-10", "3000"),
        ("O5", "Acme", "credit_note", "2017-03-20", "-1000"),
        ("O6", "Bolt", "order", "2017-03-21", ""),
    ] {
        let told = [
            (Column::Order, order),
            (Column::Account, account),
            (Column::OrderType, kind),
            (Column::Amount, cents),
            (Column::Currency, if cents.is_empty() { "" } else { "USD" }),
        ];
        fixture.row(Table::Orders, (day, ""), &told);
    }
    let known = [
        ("recognised_revenue", "200", 4),
        // 200 against 100 of the quarter before.
        ("recognised_revenue_growth", "1", 4),
        ("orders_placed", "4", 4),
        ("average_order_value", "70", 3),
        ("order_frequency", "2", 2),
    ];
    same(&fixture, &known);
    let none = [
        ("recognised_revenue", "0", 0),
        ("recognised_revenue_growth", "no_base", 0),
        ("average_order_value", "no_orders", 0),
        ("order_frequency", "no_orders", 0),
    ];
    same(&Fixture::new(&[]), &none);
}

#[test]
fn customers_buy_again_or_do_not() {
    let won = |account, day| Deal {
        account,
        ..Deal::won(day, 100)
    };
    let fixture = Fixture::new(&[
        won("Acme", "2016-11-01"),
        won("Acme", "2017-02-01"),
        won("Bolt", "2016-12-01"),
        won("Cog", "2017-02-01"),
        won("", "2017-02-01"),
    ]);
    same(
        &fixture,
        &[("customer_repurchase", "0.5", 2), ("new_customers", "1", 1)],
    );
}

#[test]
fn deals_tell_how_they_were_made() {
    let mut fixture = Fixture::new(&[]);
    for (deal, listed, off, contacts) in [
        ("D1", "10000", "1000", "3"),
        ("D2", "30000", "9000", "1"),
        ("D3", "", "", ""),
    ] {
        let told = [
            (Column::Deal, deal),
            (Column::Outcome, "won"),
            (Column::Currency, "USD"),
            (Column::ListAmount, listed),
            (Column::Discount, off),
            (Column::Contacts, contacts),
        ];
        fixture.row(Table::Closings, ("2017-02-01", ""), &told);
    }
    same(
        &fixture,
        &[("discount_rate", "0.25", 2), ("contacts_per_deal", "2", 2)],
    );
}

#[test]
fn records_lack_what_they_lack() {
    let mut fixture = Fixture::new(&[]);
    for (deal, account, owner, cents, expected, contacts) in [
        ("D1", "Acme", "Ann", "100", "2017-05-01", "2"),
        ("D2", "Acme", "Ann", "100", "", "0"),
        ("D3", "Bolt", "", "100", "2017-05-01", ""),
        ("D4", "Cog", "Ann", "", "2017-05-01", "1"),
    ] {
        let told = [
            (Column::Deal, deal),
            (Column::Account, account),
            (Column::Owner, owner),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
            (Column::ExpectedDay, expected),
            (Column::Contacts, contacts),
        ];
        fixture.row(Table::OpenDeals, ("2016-12-01", ""), &told);
    }
    for (lead, account, source) in [("L1", "Acme", "web"), ("L2", "Acme", ""), ("L3", "Bolt", "web")] {
        let told = [
            (Column::Lead, lead),
            (Column::Account, account),
            (Column::Source, source),
        ];
        fixture.row(Table::Leads, ("2017-02-01", ""), &told);
        let step = [
            (Column::Lead, lead),
            (Column::Account, account),
            (Column::Step, "mql"),
        ];
        fixture.row(Table::LeadSteps, ("2017-02-05", ""), &step);
    }
    for (activity, day, deal, account, automatic) in [
        ("A1", "2017-03-20", "D1", "Acme", "0"),
        ("A2", "2017-03-20", "D3", "Bolt", "1"),
        ("A3", "2017-01-20", "D4", "Cog", "0"),
        ("A4", "2017-03-25", "", "", "0"),
    ] {
        let told = [
            (Column::Activity, activity),
            (Column::Deal, deal),
            (Column::Account, account),
            (Column::Automatic, automatic),
            (Column::Completed, "1"),
        ];
        fixture.row(Table::Activities, (day, ""), &told);
    }
    let known = [
        ("open_deals_complete", "0.25", 4),
        ("open_deals_without_contacts", "0.5", 4),
        // Only D1 was touched by a person in March.
        ("open_deals_untouched", "0.75", 4),
        ("leads_without_source", "0.333333333333333333", 3),
        ("activities_without_account", "0.25", 4),
        ("possible_duplicate_leads", "0.5", 2),
        ("possible_duplicate_deals", "0.333333333333333333", 3),
        ("marketing_qualified_accounts", "2", 2),
        // Acme and Cog of Acme, Bolt and Cog.
        ("account_engagement", "0.666666666666666667", 3),
    ];
    same(&fixture, &known);
}

#[test]
fn touches_are_those_of_the_deals_won() {
    let mut fixture = Fixture::new(&[]);
    for (deal, outcome) in [("D1", "won"), ("D2", "won"), ("D3", "lost")] {
        let told = [(Column::Deal, deal), (Column::Outcome, outcome)];
        fixture.row(Table::Closings, ("2017-02-01", ""), &told);
    }
    for (number, day, deal) in [
        ("1", "2016-10-01", "D1"),
        ("2", "2017-01-01", "D1"),
        ("3", "2017-01-02", "D1"),
        ("4", "2017-01-03", "D3"),
    ] {
        let told = [
            (Column::Activity, number),
            (Column::Deal, deal),
            (Column::Completed, "1"),
        ];
        fixture.row(Table::Activities, (day, ""), &told);
    }
    same(
        &fixture,
        &[("touches_per_win", "1.5", 2), ("activities_per_win", "1.5", 2)],
    );
}

#[test]
fn money_goes_to_whom_it_is_credited_and_deals_to_the_primary_owner() {
    let mut fixture = Fixture::new(&[]);
    let told = |owner, cents| {
        [
            (Column::Deal, "D1"),
            (Column::Owner, owner),
            (Column::Outcome, "won"),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
        ]
    };
    fixture.row(Table::Closings, ("2017-02-01", ""), &told("Ann", "10000"));
    for (owner, cents, primary) in [("Ann", "6000", "1"), ("Bob", "4000", "0")] {
        let told = [&told(owner, cents)[..], &[(Column::Primary, primary)]].concat();
        fixture.row(Table::Credits, ("2017-02-01", ""), &told);
    }
    let quarter = |kpi| ranged(kpi, QUARTER.0, QUARTER.1);
    assert_eq!(value(&fixture, &quarter("bookings")), ("100".to_owned(), 1));
    assert_eq!(
        table(&fixture, &by(quarter("bookings"), &["owner"])),
        ["2017-01-01 Ann 60 1", "2017-01-01 Bob 40 0"]
    );
    assert_eq!(
        table(&fixture, &by(quarter("deals_won"), &["owner"])),
        ["2017-01-01 Ann 1 1"]
    );
}

#[test]
fn work_is_counted_by_the_working_day() {
    let mut fixture = Fixture::new(&[]);
    // February 2017 has 20 working days; Bob is there from the 13th on, for 12 of them.
    for (owner, from) in [("Ann", "2016-01-01"), ("Bob", "2017-02-13")] {
        fixture.row(Table::Employment, (from, ""), &[(Column::Owner, owner)]);
    }
    for number in 0..16 {
        let name = format!("A{number}");
        let kind = if number < 8 { "call" } else { "meeting" };
        let told = [
            (Column::Activity, &*name),
            (Column::Owner, "Ann"),
            (Column::ActivityType, kind),
            (Column::Completed, "1"),
        ];
        fixture.row(Table::Activities, ("2017-02-14", ""), &told);
    }
    let february = ranged("activity_rate", "2017-02-01", "2017-03-01");
    assert_eq!(value(&fixture, &february), ("0.5".to_owned(), 16));
    assert_eq!(
        table(&fixture, &by(february, &["owner"])),
        ["2017-01-01 Ann 0.8 16", "2017-01-01 Bob 0 0"].map(|line| line.replace("-01-01", "-02-01"))
    );
    assert_eq!(
        value(&Fixture::new(&[]), &ranged("activity_rate", QUARTER.0, QUARTER.1)).0,
        "no_reps"
    );
}
