//! Customers: accounts that were merged, and those below others; what counts whatever the group is.

use super::*;
use crate::scan::fixture::Deal;
use crate::table::{Column, Table};

/// New customers: those with a first win in the period.
const NEW: &str = "
    unit: count
    formula: new
    items: { what: new customers, measure: new }
    measures:
      - name: new
        class: nested
        per: customer
        aggregate: count
        formula: wins > 0 and before = 0
        measures:
          - { name: wins, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
          - { name: before, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\", window: before, whole: true }
";

fn won(account: &'static str, owner: &'static str, closed: &'static str) -> Deal {
    Deal {
        account,
        owner,
        ..Deal::won(closed, 10_000)
    }
}

fn company() -> Fixture {
    let mut fixture = Fixture::new(&[
        won("Acme", "Ann", "2016-11-01"),
        won("Acme", "Bob", "2017-02-01"),
        won("Bolt", "Bob", "2017-02-01"),
        won("Bolt East", "Ann", "2017-03-01"),
        won("Acme Sons", "Bob", "2017-04-01"),
        won("Core", "Ann", "2017-05-01"),
    ]);
    // Bolt East was merged into Bolt; Acme Sons is below Acme.
    fixture.folds = vec![("Bolt East", "Bolt", false), ("Acme Sons", "Acme", true)];
    fixture
}

#[test]
fn a_first_win_is_that_of_the_topmost_account() {
    assert_eq!(told(&company(), NEW, &spring()), ["2 2"], "Bolt and Core");
    let merged = NEW.replace("per: customer", "per: account");
    assert_eq!(told(&company(), &merged, &spring()), ["3 3"], "and Acme Sons");
    assert_eq!(
        told(&company(), NEW, &cut(spring(), Grain::Month)),
        ["0 0", "1 1", "0 0", "0 0", "1 1"]
    );
}

#[test]
fn what_counts_as_a_whole_is_the_same_for_each_group_and_filter() {
    // Bob's win of Acme is no first one, as Ann won Acme before.
    let by_owner = told(&company(), NEW, &by(spring(), &["owner"]));
    assert_eq!(by_owner, ["Ann 2 2", "Bob 1 1"]);
    let bob = filtered(spring(), "owner", "Bob");
    assert_eq!(told(&company(), NEW, &bob), ["1 1"]);
    let narrow = NEW.replace(", whole: true", "");
    assert_eq!(
        told(&company(), &narrow, &bob),
        ["2 2"],
        "as seen from Bob's deals alone"
    );
    let months = cut(by(spring(), &["owner"]), Grain::Month);
    assert_eq!(
        told(&company(), NEW, &months),
        told(&company().reversed(), NEW, &months)
    );
}

#[test]
fn a_whole_measure_belongs_into_a_nested_one_that_tells_groups() {
    let refused = |keys: &str| {
        let error = tried_with(&company(), keys, &spring()).unwrap_err();
        error.message
    };
    let flat = "
    unit: count
    formula: n
    items: { what: deals, measure: n }
    measures:
      - { name: n, table: closings, class: flow, aggregate: count, whole: true }
";
    assert!(refused(flat).contains("has no use for it"), "{}", refused(flat));
    let all = NEW.replace(
        "filter: \"outcome = 'won'\" }\n          - { name: before",
        "whole: true }\n          - { name: before",
    );
    assert!(refused(&all).contains("cannot be `whole`"), "{}", refused(&all));
    let nowhere = NEW
        .replace("closings", "quotas")
        .replace("outcome = 'won'", "amount > 0");
    assert!(
        refused(&nowhere).contains("name a column of codes"),
        "{}",
        refused(&nowhere)
    );
}

/// Adds a subscription that is paid from one day to another.
fn pay(fixture: &mut Fixture, account: &str, (from, to): (&str, &str), amount: &str, currency: &str) {
    let told = [
        (Column::Subscription, account),
        (Column::Account, account),
        (Column::Amount, amount),
        (Column::Currency, currency),
    ];
    fixture.row(Table::Subscriptions, (from, to), &told);
}

/// What of a period's start is kept by customers, never more than each had.
const GROSS: &str = "
    unit: ratio
    currency: constant
    formula: kept / base
    items: { what: customers at the start, measure: base }
    measures:
      - name: base
        class: nested
        per: customer
        aggregate: sum
        of: money
        where: start > 0
        formula: start
        none: no_base
        measures:
          - { name: start, table: subscriptions, class: stock, aggregate: sum, expression: amount, at: start }
      - name: kept
        class: nested
        per: customer
        aggregate: sum
        of: money
        where: start > 0
        formula: min(start, end)
        measures:
          - { name: start, table: subscriptions, class: stock, aggregate: sum, expression: amount, at: start }
          - { name: end, table: subscriptions, class: stock, aggregate: sum, expression: amount, at: end }
";

#[test]
fn what_moves_within_a_customer_is_neither_lost_nor_won() {
    let mut fixture = Fixture::new(&[]);
    pay(&mut fixture, "Acme", ("2016-01-01", "2017-03-01"), "10000", "USD");
    pay(&mut fixture, "Acme Sons", ("2017-03-01", ""), "10000", "USD");
    pay(&mut fixture, "Bolt", ("2016-01-01", "2017-04-01"), "6000", "USD");
    pay(&mut fixture, "Bolt", ("2017-04-01", ""), "4000", "USD");
    pay(&mut fixture, "Core", ("2017-02-01", ""), "9000", "USD");
    // A merged account's own subscription goes on under the survivor.
    pay(
        &mut fixture,
        "Bolt East",
        ("2016-06-01", "2017-02-01"),
        "4000",
        "USD",
    );
    fixture.folds = vec![("Bolt East", "Bolt", false), ("Acme Sons", "Acme", true)];
    // 100 of 100, and 40 of 60 + 40.
    assert_eq!(told(&fixture, GROSS, &spring()), ["0.7 2"]);
    let split = GROSS.replace("per: customer", "per: account");
    assert_eq!(
        told(&fixture, &split, &spring()),
        ["0.2 2"],
        "Acme's went to another account"
    );
}

/// Accounts that bought.
const BUYERS: &str = "
    unit: count
    formula: buyers
    items: { what: accounts, measure: buyers }
    measures:
      - { name: buyers, table: closings, class: flow, aggregate: distinct, expression: account, filter: \"outcome = 'won'\" }
";

#[test]
fn an_account_that_was_merged_is_told_apart_from_none() {
    // Acme, Bolt, Acme Sons and Core; Bolt East is Bolt.
    assert_eq!(told(&company(), BUYERS, &spring()), ["4 4"]);
}
