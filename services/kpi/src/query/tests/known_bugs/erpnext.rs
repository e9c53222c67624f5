//! ERPNext, reports of its CRM [O4].

use bellwether_domain::{Currency, Money};

use super::*;

/// Its first response time averages what is greater than 0: who never got an answer is not there.
#[test]
fn erpnext_leads_without_an_answer_wait_and_are_not_left_out() {
    // All on a Monday at 10:00; one is answered after 10 minutes, two never.
    let company = Company::of([
        lead("a", "2017-01-02T10:00:00Z", |_| {}),
        lead("b", "2017-01-02T10:00:00Z", |_| {}),
        lead("c", "2017-01-02T10:00:00Z", |_| {}),
        call("x", "a", "2017-01-02T10:10:00Z"),
    ]);
    let facts = company.facts();
    let january = |kpi| as_of(ranged(kpi, "2017-01-01", "2017-02-01"), "2017-01-31");
    assert_eq!(
        told(&facts, &january("lead_response_in_time")),
        "0.333333333333333333"
    );
    // Two of three wait: half of them has not been reached, and 10 minutes is not the answer.
    assert_eq!(told(&facts, &january("lead_response_median")), "not_reached");
    let mut answered = company;
    answered.tell([call("y", "b", "2017-01-02T11:00:00Z")]);
    assert_eq!(told(&answered.facts(), &january("lead_response_median")), "60");
}

/// It gives each of several assignees the full amount.
#[test]
fn erpnext_a_deal_of_two_reps_is_counted_once() {
    let split = |id: &str, major: &str, shares: &[(&str, &str)]| {
        let deal = sample::deal(id)
            .owner("ann")
            .created("2017-01-01")
            .won("2017-02-10", major);
        let credits = shares
            .iter()
            .map(|(rep, share)| bellwether_domain::record::Credit {
                rep_id: (*rep).to_owned(),
                share: (*share).to_owned(),
            });
        let credits = credits.collect();
        deal.with(|deal| deal.credits = credits).record()
    };
    let facts = Company::of([
        split("a", "100.01", &[("ann", "0.5"), ("bob", "0.5")]),
        split("b", "50", &[]),
    ])
    .facts();
    let february = |kpi| ranged(kpi, "2017-02-01", "2017-03-01");
    assert_eq!(told(&facts, &february("bookings")), "150.01");
    assert_eq!(told(&facts, &february("deals_won")), "2");
    // Money is split to the cent; the deal itself counts for one of them.
    let by_owner = |kpi| lines(&facts, &by(february(kpi), &["owner"]));
    assert_eq!(by_owner("bookings"), ["ann 100.01", "bob 50"]);
    assert_eq!(by_owner("deals_won"), ["ann 2"]);
}

/// Its cache of rates is keyed by the source currency only: the second target gets the rate of the first.
#[test]
fn erpnext_a_rate_is_of_a_pair_and_not_of_a_currency() {
    let euro = sample::deal("a").created("2017-01-01").won("2017-02-10", "0");
    let euro = euro.money(Money {
        minor: 10_000,
        currency: "EUR".parse().unwrap(),
    });
    let mut company = Company::of([
        sample::fx_rate("EUR", "USD", "2017-02-10", "1.1"),
        sample::fx_rate("EUR", "GBP", "2017-02-10", "0.9"),
        euro.record(),
    ]);
    let in_dollars = company.log.changes.len() as u64;
    company.settings(&Settings {
        currency: "GBP".parse::<Currency>().unwrap(),
        ..Settings::default()
    });
    let facts = company.facts();
    let ask = ranged("bookings", "2017-02-01", "2017-03-01");
    assert_eq!(told(&facts, &known(ask.clone(), in_dollars)), "110");
    assert_eq!(told(&facts, &ask), "90");
    assert_eq!(
        told(&facts, &known(ask, in_dollars)),
        "110",
        "again, in this order"
    );
}

/// Its pipeline is converted at today's rate, whatever the day of the report.
#[test]
fn erpnext_the_rate_is_that_of_the_day_and_not_todays() {
    let euro = |id: &str| {
        sample::deal(id).created("2017-01-01").money(Money {
            minor: 10_000,
            currency: "EUR".parse().unwrap(),
        })
    };
    let facts = Company::of([
        sample::fx_rate("EUR", "USD", "2017-02-10", "1.1"),
        sample::fx_rate("EUR", "USD", "2019-12-31", "2"),
        euro("open").record(),
        euro("won").entered("2017-02-10", "Won").record(),
    ])
    .facts();
    assert_eq!(
        told(&facts, &ranged("bookings", "2017-02-01", "2017-03-01")),
        "110"
    );
    let then = as_of(asked(&["pipeline_value"]), "2017-02-12");
    assert_eq!(told(&facts, &then), "110");
    assert_eq!(told(&facts, &asked(&["pipeline_value"])), "200");
}
